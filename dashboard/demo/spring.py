"""自查申报 (附2·四·1): self-assessments, applications and their review, in April."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from dashboard.demo import words
from dashboard.demo.cast import YEARS, Cast
from dashboard.demo.ladder import Ladder
from dashboard.demo.marks import Marks, mark_sheet, self_marks
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.streams import Flags, Floats, Ints, chance, drawn, some_of, stream

# What share of the branches applies, by year: for the highest level, the next one, and any other that is competed for.
APPLYING = (
    (0.035, 0.025, 0.045, 0.055, 0.065, 0.075),
    (0.135, 0.15, 0.165, 0.18, 0.20, 0.22),
    (0.9,) * YEARS,
)


@dataclass(frozen=True)
class Season:
    """One year of the subdistrict: `k` is its number from 0, `previous` the levels held (indexes)."""

    seed: int
    cast: Cast
    ladder: Ladder
    k: int
    previous: Ints

    @property
    def year(self) -> int:
        return self.ladder.rulebook.first_year + self.k

    @property
    def current(self) -> bool:
        """Whether the year is still under way."""
        return self.k == YEARS - 1

    @property
    def there(self) -> Flags:
        return np.asarray(self.cast.branches.there(self.k), dtype=bool)

    @property
    def strength(self) -> Floats:
        return np.asarray(self.cast.branches.strength[:, self.k], dtype=np.float64)

    def stream(self, topic: str) -> np.random.Generator:
        return stream(self.seed, topic, self.k)

    @property
    def new_estate(self) -> Flags:
        """Branches founded together this year."""
        branches = self.cast.branches
        return np.asarray(self.there & branches.estate & (branches.founded == self.k), dtype=bool)


@dataclass(frozen=True)
class Spring:
    """Levels (indexes): applied for (0: none), claimed by the self-assessment, and really reached."""

    applied: Ints
    claim: Ints
    reached: Ints
    marks: Marks
    sheets: list[Sheet]


def spring(season: Season) -> Spring:
    """Everything that is handed in in April."""
    rng, ladder, branches = season.stream("spring"), season.ladder, season.cast.branches
    n = len(branches)
    reached = ladder.reached(season.strength + rng.normal(0, 0.35, n))
    claim = np.minimum(reached + chance(rng, branches.lenient, n), ladder.top)
    claim = np.where(chance(rng, 0.95, n), np.maximum(claim, season.previous), claim)
    deferred = np.zeros(n, bool)
    if season.k == 0:
        deferred[drawn(rng, season.there, max(1, round(0.05 * n)), np.exp(-season.strength))] = True
    climbing = _climbing(season, rng)
    applied = _applied(season, reached, ~deferred, climbing, rng)
    ready = np.isin(applied, ladder.competed) & chance(rng, 0.35, n)
    reached = np.where(ready, np.maximum(reached, applied), reached)  # many have worked towards what they apply for
    willing = chance(rng, 0.94, n) | season.new_estate | climbing
    claim = np.where(willing, np.maximum(claim, applied), claim)
    modest = np.isin(applied, ladder.competed) & chance(rng, 0.93, n)
    claim = np.where(modest, np.minimum(claim, applied), claim)  # who could claim more would apply for more
    blanks = np.where(applied > 0, 0.02, 0.12) if season.current else np.full(n, 0.004)
    marks = self_marks(ladder, branches.sector, claim, season.strength, blanks, rng)
    rating = season.there & ((applied > 0) | chance(rng, 0.95, n))
    sheets = [
        mark_sheet(ladder, branches.ids, branches.sector, marks, rating, year=season.year, stage="self", rng=rng),
        _applications(season, applied, climbing),
        sheet(
            "deferrals",
            branch_id=branches.ids[deferred],
            year=np.full(int(deferred.sum()), season.year),
            reason=some_of(rng, words.DEFERRALS, int(deferred.sum())),
        ),
    ]
    return Spring(applied, claim, np.minimum(reached, claim), marks, sheets)


def _climbing(season: Season, rng: np.random.Generator) -> Flags:
    """Branches that lost everything, or never had a star, and this year apply for a level that is competed for."""
    climbing = np.zeros(len(season.previous), bool)
    if season.current and season.ladder.competed:
        without = season.there & (season.previous == 0) & ~season.new_estate
        climbing[drawn(rng, without, max(2, round(0.02 * len(without))), np.exp(season.strength))] = True
    return climbing


def _applied(season: Season, reached: Ints, free: Flags, climbing: Flags, rng: np.random.Generator) -> Ints:
    ladder, held, there = season.ladder, season.previous, season.there
    n = len(held)
    applied = np.zeros(n, np.int64)
    applied[climbing] = min(ladder.competed, default=0)
    eager = season.strength + rng.normal(0, 0.45, n)
    for i, level in enumerate(ladder.competed):
        wanted = round(APPLYING[min(i, 2)][season.k] * int(there.sum()))
        able = there & free & ~season.new_estate & (held < level) & (applied == 0)
        leap = np.maximum(level - 1 - held, 0) * (0.6 if season.k else 0.0)
        pushed = 2.0 * _pushed(season, able, rng) if i else 0.0
        appeal = np.where(able, eager - leap + pushed, -np.inf)
        chosen = np.argsort(-appeal, kind="stable")[: min(wanted, int(able.sum()))]
        applied[chosen] = level
    if ladder.entry:
        lowest = min(ladder.entry)
        ready = chance(rng, np.where(reached >= lowest, 0.97, 0.6 if season.k else 0.85), n) | season.new_estate
        applied = np.where(there & free & (held == 0) & (applied == 0) & ready, lowest, applied)
        if season.k == 0:  # a branch that was dissolved later on, or had been, and applied all the same
            applied = np.where(~season.cast.branches.active, lowest, applied)
    again = there & (held > 0) & (applied == 0) & chance(rng, 0.03, n)
    return np.where(again, held, applied)


def _pushed(season: Season, able: Flags, rng: np.random.Generator) -> Flags:
    """Branches of the few communities that this year put forward more of their many branches than they may."""
    superiors, superior = season.cast.superiors, season.cast.branches.superior
    capped = np.isin(superiors.kinds, list(season.ladder.capped))
    size = np.bincount(superior[able & (superior >= 0)], minlength=len(capped)).astype(np.float64)
    return np.isin(superior, drawn(rng, capped, -(-int(capped.sum()) // 6), size**3))


def _applications(season: Season, applied: Ints, climbing: Flags) -> Sheet:
    rng, branches = season.stream("applications"), season.cast.branches
    n = len(branches)
    month, day = season.ladder.rulebook.application.deadline
    deadline = np.datetime64(date(season.year, month, day))
    handed_in = deadline - np.minimum(np.floor(rng.exponential(6.5, n)).astype(np.int64), 28)
    fixed = season.new_estate | climbing
    unlucky = drawn(rng, (applied > 0) & branches.active & ~fixed, n)  # in random order; each meets one mishap at most
    count = int((applied > 0).sum())
    late, excused = max(1, round(0.03 * count)), max(1, round(0.012 * count))
    returned = max(1, round(0.03 * count))
    pending = max(1, round(0.03 * count)) if season.current else 0
    groups = np.split(unlucky, np.cumsum([late, excused, returned, pending]))
    handed_in[np.concatenate(groups[:2])] = deadline + rng.integers(1, 13, len(np.concatenate(groups[:2])))
    review = np.full(n, "approved", dtype=object)
    supervised = branches.superior >= 0
    review[groups[2]] = np.where(supervised[groups[2]], "returned", "approved")
    review[groups[3]] = np.where(supervised[groups[3]], "pending", "approved")
    reasons = np.full(n, None, dtype=object)
    excuses = words.CURRENT_EXCEPTIONS if season.current else words.EXCEPTIONS
    reasons[groups[1]] = some_of(rng, excuses, len(groups[1]))
    rows = applied > 0
    return sheet(
        "applications",
        branch_id=branches.ids[rows],
        year=np.full(count, season.year),
        level=season.ladder.values[applied[rows]],
        submitted_on=handed_in[rows],
        review=review[rows],
        priority=_priorities(season, applied, climbing, rng)[rows],
        exception=reasons[rows],
    )


def _priorities(season: Season, applied: Ints, climbing: Flags, rng: np.random.Generator) -> Floats:
    """推荐顺序 within a superior and level; some superiors give none."""
    branches, superiors = season.cast.branches, season.cast.superiors
    appeal = season.strength + rng.normal(0, 0.5, len(applied)) + 9.0 * climbing
    capped = np.isin(superiors.kinds, list(season.ladder.capped)) & chance(rng, 0.8, len(superiors.ids))
    priorities = np.full(len(applied), np.nan)
    for s in np.flatnonzero(capped):
        for level in season.ladder.competed:
            mine = np.flatnonzero((branches.superior == s) & (applied == level))
            priorities[mine[np.argsort(-appeal[mine], kind="stable")]] = np.arange(1, len(mine) + 1)
    return priorities

"""Spot checks, rechecks and acceptance inspections, in September and October (附2·四·2)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from dashboard.demo.marks import inspected_marks, mark_sheet
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.spring import Season, Spring
from dashboard.demo.streams import Flags, Floats, Ints, Texts, chance, drawn
from dashboard.rules.rulebook import Sampling

_MERIT = (66.0, 78.0, 86.0, 91.5)  # the usual score of an inspection that finds no level, the lowest … the highest


@dataclass(frozen=True)
class Autumn:
    """What inspections left: branches with a failed recheck, and the rows."""

    recheck_failed: Flags
    candidates: Flags
    sheets: list[Sheet]


def autumn(season: Season, april: Spring, accepted: Flags) -> Autumn:
    """Every inspection of the year. `accepted` says whose application was accepted."""
    rng, ladder = season.stream("autumn"), season.ladder
    level = np.where(accepted, april.applied, 0)
    new = accepted & (season.previous == 0) & np.isin(level, ladder.entry)
    candidates = accepted & np.isin(level, ladder.competed) & (level > season.previous)
    checked, failed = _spot_checks(season, new)
    seen = _seen(season, candidates, rng)
    found = np.where(failed, 0, np.where(checked, np.maximum(april.reached, level), april.reached))
    found = np.minimum(found, april.claim)
    recheck, recheck_failed, rechecks = _rechecks(season, april, candidates)
    recorded = seen & chance(rng, 0.5, len(seen))
    marked = checked | (seen & ~(recorded & chance(rng, 0.15, len(seen))))
    branches, grip = season.cast.branches, _grip(season)
    marks = inspected_marks(ladder, branches.sector, april.marks, april.claim, found, grip, rng)
    sheets = [
        mark_sheet(ladder, branches.ids, branches.sector, marks, marked, year=season.year, stage="inspection", rng=rng),
        _inspections(season, "spot_check", checked, ~failed, rng),
        _inspections(season, "recheck", recheck, ~recheck_failed, rng),
        _inspections(
            season,
            "acceptance",
            seen,
            found >= level,
            rng,
            level_met=np.where(recorded, ladder.values[found], np.nan),
            score=_scores(season, found, rng),
        ),
        rechecks,
    ]
    return Autumn(recheck_failed, candidates, sheets)


def _grip(season: Season) -> Floats:
    """How much an inspector takes off: more where the superior let branches rate themselves kindly."""
    return 0.6 + 1.3 * season.cast.branches.lenient


def sample(season: Season, kind: str, among: Flags, settings: Sampling) -> Flags:
    """The branches with the smallest tickets of each superior; a ticket is the SHA-256 of `SEED,BRANCH_ID`."""
    branches = season.cast.branches
    public = f"{season.year}-{kind}-{season.seed}"
    strata: dict[int, list[tuple[str, int]]] = {}
    for b in np.flatnonzero(among):
        ticket = hashlib.sha256(f"{public},{branches.ids[b]}".encode()).hexdigest()
        strata.setdefault(int(branches.superior[b]), []).append((ticket, int(b)))
    chosen = np.zeros(len(branches), bool)
    for tickets in strata.values():
        n = max(settings.min_per_superior, math.ceil(settings.rate * len(tickets)))
        chosen[[b for _, b in sorted(tickets)[:n]]] = True
    return chosen


def _spot_checks(season: Season, new: Flags) -> tuple[Flags, Flags]:
    """Who is checked, and who fails: few, and enough of them for a collective sanction only where an estate is new."""
    rng, branches = season.stream("spot_checks"), season.cast.branches
    checked = sample(season, "spot_check", new, season.ladder.rulebook.inspection.spot_check)
    unsure = np.zeros(len(new), bool)
    unsure[drawn(rng, checked, max(1, round(0.07 * checked.sum())), np.exp(-3 * season.strength))] = True
    kinds, limit = season.cast.superiors.kinds, season.ladder.sanction_failures
    estates = set(branches.superior[season.new_estate & new].tolist())
    failed = np.zeros(len(new), bool)
    for s in range(-1, len(kinds)):
        of_superior = branches.superior == s
        if s in estates:
            failed[drawn(rng, of_superior & checked, limit, 1.0 + season.new_estate)] = True
        elif s >= 0 and kinds[s] in season.ladder.sanctioned:
            failed[np.flatnonzero(of_superior & unsure)[: limit - 1]] = True
        else:
            failed |= of_superior & unsure
    return checked, failed


def _rechecks(season: Season, april: Spring, candidates: Flags) -> tuple[Flags, Flags, Sheet]:
    """复检: of the branches that hold a star, about one in twenty of those drawn fails."""
    rng, ladder, branches = season.stream("rechecks"), season.ladder, season.cast.branches
    held, holders = season.previous, season.there & (season.previous > 0)
    checked = sample(season, "recheck", holders, ladder.rulebook.inspection.recheck)
    ease = season.strength - ladder.cuts[np.maximum(held, 1) - 1]
    failed = np.zeros(len(held), bool)
    if checked.any():
        failed[drawn(rng, checked & ~candidates, max(1, round(0.045 * checked.sum())), np.exp(-2 * ease))] = True
    marked = checked & (april.claim >= held) & (failed | chance(rng, 0.5, len(held)))
    found = np.minimum(np.where(failed, held - 1, held), april.claim).clip(0)
    marks = inspected_marks(ladder, branches.sector, april.marks, april.claim, found, _grip(season), rng)
    rows = mark_sheet(ladder, branches.ids, branches.sector, marks, marked, year=season.year, stage="recheck", rng=rng)
    return checked, failed, rows


def _seen(season: Season, candidates: Flags, rng: np.random.Generator) -> Flags:
    """Candidates inspected by now: all in a finished year, most in the one under way."""
    if not season.current:
        return candidates
    n = len(candidates)
    waiting = candidates & chance(rng, 0.1, n)
    without = candidates & (season.previous == 0)
    waiting[without] = False
    waiting[drawn(rng, without, max(1, int(without.sum()) // 3))] = True
    return candidates & ~waiting


def _scores(season: Season, found: Ints, rng: np.random.Generator) -> Floats:
    """Points of the jury, in steps of a half, mostly whole ones."""
    usual = np.interp(found / season.ladder.top, np.linspace(0, 1, len(_MERIT)), _MERIT)
    raw = usual + 1.2 * np.clip(season.strength - 0.7, -1.5, 2) + rng.normal(0, 1.7, len(found))
    halves = np.round(2 * raw.clip(45, 99)) / 2
    return np.where(chance(rng, 0.6, len(raw)), np.round(halves), halves)


def _inspections(
    season: Season,
    kind: str,
    rows: Flags,
    passed: Flags,
    rng: np.random.Generator,
    *,
    level_met: Floats | None = None,
    score: Floats | None = None,
) -> Sheet:
    n = int(rows.sum())
    blank = np.full(len(rows), np.nan)
    return sheet(
        "inspections",
        branch_id=season.cast.branches.ids[rows],
        year=np.full(n, season.year),
        kind=np.full(n, kind, dtype=object),
        outcome=np.where(passed[rows], "pass", "fail").astype(object),
        level_met=(blank if level_met is None else level_met)[rows],
        score=(blank if score is None else score)[rows],
        inspected_on=_days(season, kind, n, rng),
    )


def _days(season: Season, kind: str, n: int, rng: np.random.Generator) -> Texts:
    """Working days; acceptance inspections begin after the holiday, and this year's go on."""
    year, last = season.year, 20 if season.current else 28
    first, until = (
        (date(year, 10, 8), date(year, 10, last)) if kind == "acceptance" else (date(year, 9, 5), date(year, 9, 29))
    )
    days = [first + timedelta(days=i) for i in range((until - first).days + 1)]
    if kind != "acceptance":
        days += [date(year, 10, day) for day in range(8, 19)]
    working = np.array([day for day in days if day.weekday() < 5], dtype=object)
    return working[rng.integers(len(working), size=n)]

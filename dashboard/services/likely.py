"""What a year is likely to bring each branch: its marks may not survive inspection, and places are few.

An estimate. The year is decided by its own rules in many drawn worlds (`rules.award`). What is known stays as it is;
what is still to come is drawn: inspections by how self-assessments fared in earlier years (`services.survival`),
scores, spot checks, rechecks and vetoes as they were seen in those years (`services.assumptions`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.terms import AwardShape, Ordering, row, schema
from dashboard.services.appraisals import measured_of
from dashboard.services.assumptions import Assumptions, Flags, Floats, Ints, assumed
from dashboard.services.ground import Ground, prepare
from dashboard.services.survival import Sheets, Survival, Year
from dashboard.services.worlds import Draws, Worlds, stream
from dashboard.store import queries
from dashboard.store.connection import Store
from dashboard.store.engine import number, run_levels

WORLDS = 200
LEARN_FROM = 5  # how many of the last finished years
_UNSEEN = 0.5  # worlds for each level that no draw shows while the year is open (Jeffreys)
_SHRINK = 2.0  # inspections with which a branch's usual deviation is smoothed


@dataclass(frozen=True, slots=True)
class Supposed:
    """A branch is taken to apply, in time and approved, for a level with the marks that meet it; levels are values."""

    level: int
    met: int
    marks: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier years teach: each with its sheets and facts, and what was measured on the last of them. It is what
    takes long, and the same whoever is taken to apply."""

    years: tuple[tuple[int, Year, pa.Table], ...]
    assumptions: Assumptions


@dataclass(frozen=True)
class Likely:
    """The chances of every active branch (`branches`: its row).

    `chances` is branches × levels, none first, of the result; `met` branches × levels of an inspection that finds at
    least the level. `rivals` are, by level value, the middle pool and the middle number of branches chosen from it.
    `learnt` holds what earlier years taught, out of the `past`.
    """

    year: int
    values: tuple[int, ...]
    branches: Mapping[str, int]
    chances: Floats
    met: Floats
    rivals: Mapping[int, tuple[int, int]]
    worlds: int
    learnt: Survival
    sheets: Sheets
    past: Past

    @property
    def years(self) -> tuple[int, ...]:
        """The earlier years that it was learnt from."""
        return tuple(year for year, _, _ in self.past.years)

    def of(self, branch_id: str) -> dict[int, float]:
        """The chances of a branch by level value; they add up to 1. One that is not active gets nothing."""
        at = self.branches.get(branch_id)
        certain = [1.0, *(0.0 for _ in self.values[1:])]
        return dict(zip(self.values, certain if at is None else self.chances[at].tolist(), strict=True))


def likely(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    ground: Ground,
    supposed: Mapping[str, Supposed] | None = None,
    *,
    past: Past | None = None,
    april: bool = False,
) -> Likely:
    """The chances of every branch in the year of the ground.

    Args:
        ground: the facts under the standards of `rulebook`.
        supposed: branches that are taken to apply.
        past: what earlier years teach, if it is at hand.
        april: forget what came after applications closed.

    Raises:
        RulesError: a quota has no published year up to the year.
    """
    require(viewer, "view_results")
    rechecked = frozenset() if april else queries.rechecked(store, ground.year)
    ground = in_april(ground) if april else ground
    past = past or past_of(store, rulebook, viewer, ground)
    supposed = supposed or {}
    levels = len(rulebook.level_values)
    sheets = _sheets(store, rulebook, ground, supposed)
    learnt = Survival.learn([year for _, year, _ in past.years], sheets)
    assumptions = replace(past.assumptions, replications=WORLDS)
    plain = Worlds.of(_applying(ground.facts, supposed, rulebook, ground.year), rulebook, assumptions)
    worlds = Underway.of_year(plain, ground, learnt, sheets, rechecked)
    worlds = worlds.as_seen([facts for _, _, facts in past.years])
    shape = AwardShape.of(rulebook)
    settings = row(rulebook, 0, ground.year, projected=False)
    terms = pa.Table.from_pylist(
        [settings | {"scenario": world, "world": world} for world in range(worlds.count)], schema=schema(levels)
    )
    rows = run_levels(
        store, shape, number(store, worlds.facts(ground.year, worlds.held), levels, Ordering.of(rulebook)), terms
    )
    one_each = rows.take(pa.array(np.unique(rows.column("scenario"), return_index=True)[1]))
    awarded = np.zeros(worlds.strength.size, np.int64)
    awarded[np.asarray(rows.column("n"))] = rows.column("awarded")
    by_world = awarded.reshape(worlds.strength.shape)
    return Likely(
        year=ground.year,
        values=(0, *rulebook.level_values),
        branches={str(branch): n for n, branch in enumerate(worlds.base.column("branch_id").to_pylist())},
        chances=_shares(by_world, worlds.reachable.astype(np.float64) * (_UNSEEN if worlds.open else 0.0)),
        met=worlds.met,
        rivals={
            rulebook.level_values[i - 1]: (_middle(one_each, f"pool_{i}"), _middle(one_each, f"selected_{i}"))
            for i in sorted(shape.competed)
        },
        worlds=worlds.count,
        learnt=learnt,
        sheets=sheets,
        past=past,
    )


def past_of(store: Store, rulebook: Rulebook, viewer: Viewer, ground: Ground) -> Past:
    """What the years before that of a ground teach."""
    years = learn(store, rulebook, viewer, ground.year)
    return Past(years, assumed(store, rulebook, viewer, ground.year, ground))


def _shares(by_world: Ints, unseen: Floats) -> Floats:
    """Branches × levels: how often each level came out, as if it had come out `unseen` times more."""
    counts = np.stack([(by_world == level).sum(axis=0) for level in range(unseen.shape[1])], axis=1) + unseen
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _middle(rows: pa.Table, name: str) -> int:
    counts = [count or 0 for count in rows.column(name).to_pylist()]
    return int(np.median(counts)) if counts else 0


def in_april(ground: Ground) -> Ground:
    """The ground as it was when applications closed: without inspections, incidents and decisions."""
    facts = ground.facts
    unknown: dict[str, object] = {
        "recheck_failed": False,
        "rectification_failed": False,
        "committee_incidents": 0,
        "member_incidents": 0,
        "criteria_met": 0,
    }
    unknown |= dict.fromkeys(("inspected_level", "score", "spot_check", "acceptance"))
    unknown |= {name: None for name in facts.column_names if name.startswith("decision_")}
    for name, value in unknown.items():
        at = facts.schema.get_field_index(name)
        column = pa.nulls(len(facts), facts.schema.field(at).type)
        if value is not None:
            column = pa.repeat(pa.scalar(value, facts.schema.field(at).type), len(facts))
        facts = facts.set_column(at, facts.schema.field(at), column)
    return Ground(ground.year, True, ground.revision, facts)


def learn(store: Store, rulebook: Rulebook, viewer: Viewer, before: int) -> tuple[tuple[int, Year, pa.Table], ...]:
    """The last finished years, with their sheets and facts."""
    return tuple(_history(store, rulebook, viewer, before))


def _history(store: Store, rulebook: Rulebook, viewer: Viewer, before: int) -> Iterator[tuple[int, Year, pa.Table]]:
    rated = sorted({int(found["year"]) for found in queries.award_counts(store) if found["year"] < before})
    for year in rated[-LEARN_FROM:]:
        ground = prepare(store, rulebook, viewer, year, "final")
        applied = np.asarray(pc.fill_null(ground.facts.column("applied_level"), 0), dtype=np.int64)
        inspected = np.asarray(pc.fill_null(ground.facts.column("inspected_level"), -1), dtype=np.int64)
        competed = np.isin(applied, AwardShape.of(rulebook).competed)
        seen = competed & (inspected >= 0)
        sheets = _sheets(store, rulebook, ground, {})
        yield year, Year(sheets, applied * competed, seen, inspected >= applied), ground.facts


def _sheets(store: Store, rulebook: Rulebook, ground: Ground, supposed: Mapping[str, Supposed]) -> Sheets:
    """The marks of the year of a ground, appraisals included, in the order of its facts."""
    found = queries.marks_by_stage(store, ground.year)
    stated, inspected = found.get("self", {}), found.get("inspection", {})
    sheets = {branch for branch, _ in stated}
    for mark in measured_of(store, rulebook, ground.year):
        if mark.stage == "self" and mark.branch_id in sheets:
            stated[mark.branch_id, mark.criterion] = float(mark.value)
    stated = {key: value for key, value in stated.items() if key[0] not in supposed} | {
        (branch, criterion): value
        for branch, found_marks in supposed.items()
        for criterion, value in found_marks.marks.items()
        if value is not None
    }
    facts = ground.facts.select(["branch_id", "superior_id", "sector"]).to_pylist()
    branches = [(f["branch_id"], f["superior_id"], f["sector"]) for f in facts]
    return Sheets.of(rulebook, branches, stated, inspected)


@dataclass(frozen=True)
class Underway(Worlds):
    """The worlds of a year under way. `chances` are those of an inspection to find at least a level (branches ×
    levels); `open` says that checks and incidents are still to come; scores are `usual` by level found, and `own` by
    branch, with a `spread`. `unmended` is the share of the holders of a star that fail an order to rectify;
    `rechecked` says whose recheck is known."""

    chances: Floats
    open: bool
    usual: Floats
    own: Floats
    spread: float
    unmended: float
    rechecked: Flags

    @classmethod
    def of_year(
        cls, plain: Worlds, ground: Ground, learnt: Survival, sheets: Sheets, rechecked: Collection[str]
    ) -> Underway:
        """From the worlds of the facts."""
        at = {branch: n for n, branch in enumerate(sheets.branches)}
        ids = plain.base.column("branch_id").to_pylist()
        order = [at[branch] for branch in ids]
        return cls(
            **vars(plain), chances=learnt.chances(sheets)[order], open=ground.projected,
            usual=np.full(len(plain.rulebook.level_values) + 1, np.nan), own=np.zeros(len(order)), spread=0.0,
            unmended=0.0, rechecked=np.array([branch in rechecked for branch in ids], dtype=bool),
        )  # fmt: skip

    def as_seen(self, years: list[pa.Table]) -> Underway:
        """The same with the scores and the failed rectifications that earlier years lead one to expect."""
        held = [np.asarray(pc.greater(facts.column("previous_level"), 0)) for facts in years]
        failed = [np.asarray(facts.column("rectification_failed")) for facts in years]
        holders = sum(int(flags.sum()) for flags in held)
        count = sum(int((had & bad).sum()) for had, bad in zip(held, failed, strict=True))
        return replace(self, unmended=count / holders if holders else 0.0)._with_scores(years)

    def _with_scores(self, years: list[pa.Table]) -> Underway:
        rows = [
            (f["branch_id"], f["inspected_level"], float(f["score"]))
            for facts in years
            for f in facts.select(["branch_id", "inspected_level", "score"]).to_pylist()
            if f["score"] is not None and f["inspected_level"] is not None
        ]
        if not rows:
            return self
        everyone = np.array([score for _, _, score in rows])
        usual = np.array(
            [
                np.mean([score for _, found, score in rows if found == level] or [everyone.mean()])
                for level in range(len(self.usual))
            ]
        )
        off: dict[str, list[float]] = {}
        for branch, found, score in rows:
            off.setdefault(branch, []).append(score - usual[found])
        own = np.array(
            [sum(off.get(b, ())) / (len(off.get(b, ())) + _SHRINK) for b in self.base.column("branch_id").to_pylist()]
        )
        spread = float(np.std([score - usual[found] for _, found, score in rows]))
        return replace(self, usual=usual, own=own, spread=spread)

    @property
    def held(self) -> Ints:
        """The levels held before the year, in every world."""
        return np.repeat(self._known("previous_level", 0)[None, :], self.count, axis=0)

    @property
    def reachable(self) -> Flags:
        """Branches × levels, none first: what a branch can still come to: at most the level held or applied for, and
        nothing after a veto."""
        veto = self.rulebook.veto
        vetoed = (self._known("committee_incidents", 0) >= veto.committee) | (
            self._known("member_incidents", 0) >= veto.members
        )
        most = np.where(vetoed, 0, np.maximum(self._known("previous_level", 0), self._known("applied_level", 0)))
        return np.asarray(np.arange(self.chances.shape[1] + 1)[None, :] <= most[:, None])

    @property
    def met(self) -> Floats:
        """Branches × levels: the chance that the inspection finds at least the level; certain where there was one."""
        known = self._known("inspected_level", -1)[:, None]
        found = known >= np.arange(1, self.chances.shape[1] + 1)[None, :]
        return np.where(known >= 0, found.astype(np.float64), self.chances)

    def facts(self, year: int, held: Ints) -> pa.Table:
        """The facts of the year: what is known, and drawn what is not."""
        draws = Draws.of(self.assumptions.seed, year, *held.shape)
        applied = np.repeat(self._known("applied_level", 0)[None, :], self.count, axis=0)
        competed = np.isin(applied, AwardShape.of(self.rulebook).competed)
        known = np.repeat(self._known("inspected_level", -1)[None, :], self.count, axis=0)
        drawn = (draws.inspection[:, :, None] < self.chances[None, :, :]).sum(axis=2)
        inspected = np.where(known >= 0, known, np.where(competed, drawn, -1))
        columns: dict[str, object] = {
            "inspected_level": np.ma.masked_less(inspected, 0),
            "score": self._scores(draws, inspected),
            "review": _approved(self.base, self.count),
        }
        if self.open:
            vetoed = draws.incident < self.assumptions.vetoed
            columns |= {
                "spot_check": self._known_or(draws, np.where(held == 0, applied, 0)),
                "recheck_failed": self._flag("recheck_failed")
                | (self._recheck_failed(draws, held) & ~self.rechecked[None, :]),
                "rectification_failed": self._flag("rectification_failed")
                | (held > 0)
                & (stream(self.assumptions.seed, "rectification", year).random(held.shape) < self.unmended),
                "committee_incidents": np.maximum(
                    np.where(vetoed, self.rulebook.veto.committee, 0), self._known("committee_incidents", 0)[None, :]
                ),
            }
        return self._with_known(columns)

    def _flag(self, name: str) -> Flags:
        return np.asarray(self.base.column(name), dtype=bool)[None, :]

    def _known_or(self, draws: Draws, applied: Ints) -> pa.Array:
        """Spot checks: known outcomes, and drawn ones of the others."""
        known = pa.array(self.base.column("spot_check").to_pylist() * self.count, pa.string())
        return pc.coalesce(known, self._spot_checks(draws, applied))

    def _known(self, name: str, otherwise: int) -> Ints:
        return np.asarray(pc.fill_null(self.base.column(name), otherwise), dtype=np.int64)

    def _scores(self, draws: Draws, inspected: Ints) -> np.ma.MaskedArray[tuple[int, ...], np.dtype[np.float64]]:
        """Known scores, and for other inspections what is usual; nothing where nothing was ever scored."""
        given = np.array([np.nan if s is None else float(s) for s in self.base.column("score").to_pylist()])
        expected = self.usual[np.maximum(inspected, 0)] + self.own[None, :] + self.spread * draws.noise
        scores = np.where(np.isnan(given)[None, :], expected.round(4), given[None, :])
        return np.ma.masked_array(np.nan_to_num(scores), (inspected < 0) | np.isnan(scores))

    def _with_known(self, columns: Mapping[str, object]) -> pa.Table:
        rows = pa.array(np.tile(np.arange(len(self.base)), self.count))
        known = {
            name: self.base.column(name).take(rows)
            for name in self.base.column_names
            if name not in columns and name not in ("n", "world")
        }
        return self._table({**known, **columns})


def _applying(facts: pa.Table, supposed: Mapping[str, Supposed], rulebook: Rulebook, year: int) -> pa.Table:
    """Facts in which some branches have applied, in time and approved."""
    if not supposed:
        return facts
    values = (0, *rulebook.level_values)
    rows = facts.to_pylist()
    for found in rows:
        if applies := supposed.get(found["branch_id"]):
            found |= {
                "applied_level": values.index(applies.level),
                "self_level": values.index(applies.met),
                "submitted_on": date(year, *rulebook.application.deadline),
                "review": "approved",
            }
    return pa.Table.from_pylist(rows, schema=facts.schema)


def _approved(base: pa.Table, worlds: int) -> pa.Array:
    """A review that is still to come is taken to approve."""
    reviews = ["approved" if review == "pending" else review for review in base.column("review").to_pylist()]
    return pa.array(reviews * worlds, pa.string())

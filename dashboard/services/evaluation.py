"""Rate every branch of a year, and record the awards (附2·二 to 附2·四)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError
from dashboard.rules.award import PER_LEVEL
from dashboard.rules.basis import clause_of
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.terms import AwardShape, Ordering, terms
from dashboard.services.ground import Ground, Stage, prepare
from dashboard.store.awards import record
from dashboard.store.connection import Revision, Store
from dashboard.store.engine import number, run_awards


@dataclass(frozen=True, slots=True)
class LevelOutcome:
    """One level that is competed for. `quota` and `places` are None where there is no quota.

    `applicants`: accepted applications; `pool`: those whose inspection met the level, and who came down from above;
    `selected`: branches given the level this year; `tied`: branches in an undecided tie at the cut; `binding`:
    `supply` when the pool fits the places, else `fallback` when the shortfall ratio set them, else `quota`.
    """

    level: int
    quota: int | None
    applicants: int
    pool: int
    places: int | None
    selected: int
    tied: int
    binding: Literal["supply", "fallback", "quota"]


@dataclass(frozen=True, slots=True)
class BranchResult:
    """The result of one branch. Levels are values (0, 3, 4, 5); `level_met` is the inspected level that counted."""

    branch_id: str
    previous_level: int
    self_level: int
    applied_level: int | None
    application_status: str | None
    level_met: int | None
    awarded_level: int
    basis: str
    clause: str
    competed_at: int | None
    merit_rank: int | None


@dataclass(frozen=True)
class Evaluation:
    """One year of awards.

    `table` holds a row for each branch, ordered by id, with the columns of `rules.award.awards`, levels as values.
    `fingerprint` names the rules, `revision` the data.
    """

    year: int
    stage: Literal["projected", "final"]
    fingerprint: str
    revision: Revision
    levels: tuple[LevelOutcome, ...]
    table: pa.Table
    clauses: dict[str, str]

    def level(self, level: int) -> LevelOutcome | None:
        """How a level was filled; None where it is not competed for."""
        return next((outcome for outcome in self.levels if outcome.level == level), None)

    def branches(self) -> list[BranchResult]:
        """Every branch, ordered by id."""
        return [self._result(row) for row in self.table.select(_RESULT_COLUMNS).to_pylist()]

    def rows(self) -> list[dict[str, object]]:
        """Every branch as commands and files tell it: the keys of `PUBLIC`."""
        return [{name: getattr(result, name) for name in PUBLIC} for result in self.branches()]

    def branch(self, branch_id: str) -> BranchResult | None:
        """One branch, or None if there is none of that id."""
        found = self.table.filter(pc.field("branch_id") == branch_id).select(_RESULT_COLUMNS).to_pylist()
        return self._result(found[0]) if found else None

    def _result(self, row: dict[str, object]) -> BranchResult:
        renamed = {_RENAMED.get(k, k): v for k, v in row.items()}
        clause = self.clauses.get(str(row["basis"]), "")
        return BranchResult(clause=clause, **renamed)  # type: ignore[arg-type]


PUBLIC = (
    "branch_id",
    "previous_level",
    "self_level",
    "applied_level",
    "application_status",
    "level_met",
    "awarded_level",
    "basis",
    "clause",
)
_RENAMED = {"inspected": "level_met", "awarded": "awarded_level"}
_RESULT_COLUMNS = [
    "branch_id",
    "previous_level",
    "self_level",
    "applied_level",
    "application_status",
    "inspected",
    "awarded",
    "basis",
    "competed_at",
    "merit_rank",
]
_LEVEL_COLUMNS = ("previous_level", "self_level", "applied_level", "inspected", "awarded", "competed_at")


def evaluate(store: Store, rulebook: Rulebook, viewer: Viewer, year: int, stage: Stage = "auto") -> Evaluation:
    """Rate every branch of `year`.

    `auto` is `final` once the year has any acceptance inspection, else `projected`. Changes nothing.

    Raises:
        RulesError: a quota has no published year up to `year`.
    """
    return rate_one(store, prepare(store, rulebook, viewer, year, stage), rulebook)


def rate_one(store: Store, ground: Ground, rulebook: Rulebook) -> Evaluation:
    """The awards that one rulebook gives on a ground."""
    return rate(store, ground, [rulebook])[0]


def rate(store: Store, ground: Ground, rulebooks: Sequence[Rulebook]) -> list[Evaluation]:
    """The awards that several rulebooks of one shape and ordering give on the same ground, in one query."""
    shape = AwardShape.of(rulebooks[0])
    numbered = number(store, ground.facts, shape.levels, Ordering.of(rulebooks[0]))
    rows = run_awards(store, shape, numbered, terms(rulebooks, ground.year, projected=ground.projected))
    results = []
    for n, rulebook in enumerate(rulebooks):
        own = rows.filter(pc.field("scenario") == n) if len(rulebooks) > 1 else rows
        results.append(
            Evaluation(
                year=ground.year,
                stage=ground.stage,
                fingerprint=rulebook.fingerprint,
                revision=ground.revision,
                levels=outcomes_of(_first_row(own, shape), shape, rulebook.level_values),
                table=_as_values(own, rulebook.level_values).sort_by("branch_id"),
                clauses=clause_of(rulebook),
            )
        )
    return results


def _first_row(rows: pa.Table, shape: AwardShape) -> dict[str, object]:
    """What all rows of a scenario say alike; nothing where there are no branches."""
    columns = [f"{name}_{index}" for index in shape.competed for name in PER_LEVEL]
    first: list[dict[str, object]] = rows.slice(0, 1).select(columns).to_pylist()
    return first[0] if first else {}


def _as_values(rows: pa.Table, values: tuple[int, ...]) -> pa.Table:
    """Level indexes as the values that users know."""
    lookup = pa.array([0, *values], pa.int32())
    for name in _LEVEL_COLUMNS:
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, name, lookup.take(rows.column(name).combine_chunks()))
    return rows


def outcomes_of(row: Mapping[str, object], shape: AwardShape, values: tuple[int, ...]) -> tuple[LevelOutcome, ...]:
    """How each level was filled, from the columns of `rules.award.PER_LEVEL`, lowest level first."""

    def whole(name: str, index: int) -> int | None:
        found = row.get(f"{name}_{index}")
        return None if found is None else int(str(found))

    outcomes = []
    for index in sorted(shape.competed):
        pool, limit = whole("pool", index) or 0, whole("places", index)
        fits = limit is None or pool <= limit
        outcomes.append(
            LevelOutcome(
                level=values[index - 1],
                quota=whole("quota", index),
                applicants=whole("applicants", index) or 0,
                pool=pool,
                places=limit,
                selected=whole("selected", index) or 0,
                tied=whole("tied", index) or 0,
                binding="supply" if fits else "fallback" if row.get(f"fallback_{index}") else "quota",
            )
        )
    return tuple(outcomes)


def record_awards(store: Store, viewer: Viewer, evaluation: Evaluation) -> int:
    """Record the awards of an evaluation; returns how many branches it covers.

    Raises:
        StoreError: the data changed since the evaluation was made.
    """
    require(viewer, "record_awards")
    if store.revision().version != evaluation.revision.version:
        raise StoreError.of("store.changed_meanwhile")
    rows = evaluation.table.select(["branch_id", "awarded", "basis"])
    record(store, rows, year=evaluation.year, stage=evaluation.stage, rules=evaluation.fingerprint)
    return len(rows)

"""What another decision would do: baseline beside scenario, branch by branch. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, LevelOutcome, rate_one
from dashboard.services.ground import Ground, ground_for
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a branch has its level: basis, status of its application, the last level that it competed for and its place
    there, and the level that its inspection met."""

    level: int
    basis: str
    application_status: str | None
    competed_at: int | None
    merit_rank: int | None
    level_met: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """A branch whose level differs, with its standing under both; `clause` is the one behind the new basis."""

    branch_id: str
    was: Standing
    now: Standing
    clause: str

    @property
    def before(self) -> int:
        return self.was.level

    @property
    def after(self) -> int:
        return self.now.level

    @property
    def basis(self) -> str:
        return self.now.basis


@dataclass(frozen=True)
class Side:
    """One of the two: an evaluation, with the stars that it gives by level."""

    rulebook: Rulebook
    evaluation: Evaluation

    @cached_property
    def stars(self) -> Mapping[int, int]:
        """Branches by level, without those that have none; every level is there."""
        counts = Counter(self.evaluation.table.column("awarded").to_pylist())
        return {value: counts[value] for value in self.rulebook.level_values}

    @property
    def total(self) -> int:
        return sum(self.stars.values())

    @property
    def quota_levels(self) -> tuple[LevelOutcome, ...]:
        """Levels that have a quota, ascending."""
        return tuple(o for o in self.evaluation.levels if o.quota is not None)


@dataclass(frozen=True)
class Simulation:
    """Baseline beside scenario, on the same data. `moves` are ordered by branch id."""

    year: int
    stage: str
    baseline: Side
    scenario: Side
    moves: tuple[Move, ...]

    @property
    def risers_first(self) -> list[Move]:
        """Everyone who moves: those who rise first, to the highest level first."""
        return sorted(self.moves, key=lambda m: (m.after < m.before, -m.after, m.branch_id))


def simulate(
    store: Store,
    baseline: Rulebook,
    scenario: Rulebook,
    viewer: Viewer,
    ground: Ground,
    before: Evaluation | None = None,
) -> Simulation:
    """Rate a year by two rulebooks.

    Args:
        ground: the facts under the standards of `baseline`.
        before: the evaluation by `baseline`, where it is at hand.

    Raises:
        RulesError: a quota has no published year up to the year of the ground.
        StoreError: the data changed since the ground was prepared, and the scenario has standards of its own.
    """
    require(viewer, "simulate")
    first = before or rate_one(store, ground, baseline)
    if scenario.fingerprint == baseline.fingerprint:
        second = first
    else:
        second = rate_one(store, ground_for(store, scenario, viewer, baseline, ground), scenario)
    return Simulation(
        year=ground.year,
        stage=ground.stage,
        baseline=Side(baseline, first),
        scenario=Side(scenario, second),
        moves=moves(first, second),
    )


def moves(first: Evaluation, second: Evaluation) -> tuple[Move, ...]:
    """The branches whose level differs. Both hold the same branches in the order of their ids."""
    if first is second:
        return ()
    a, b = first.table, second.table
    differs = pc.not_equal(a.column("awarded"), b.column("awarded"))
    return tuple(
        Move(branch_id, was, now, second.clauses.get(now.basis, ""))
        for (branch_id, was), (_, now) in zip(_standings(a.filter(differs)), _standings(b.filter(differs)), strict=True)
    )


def _standings(table: pa.Table) -> Iterator[tuple[str, Standing]]:
    columns = ["branch_id", "awarded", "basis", "application_status", "competed_at", "merit_rank", "inspected"]
    for row in table.select(columns).to_pylist():
        branch_id, *rest = row.values()
        yield branch_id, Standing(*rest)

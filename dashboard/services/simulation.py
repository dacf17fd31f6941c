"""What another decision would do: baseline beside scenario, branch by branch. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, LevelOutcome, rate
from dashboard.services.ground import Ground, prepare, same_ground
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Move:
    """A branch whose level differs. `basis_before` and `basis` say why it has the one and the other."""

    branch_id: str
    before: int
    after: int
    basis_before: str
    basis: str
    clause: str


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
    """
    require(viewer, "simulate")
    first = before or rate_one(store, baseline, ground)
    if scenario.fingerprint == baseline.fingerprint:
        second = first
    else:
        seen = ground if same_ground(baseline, scenario) else _own_ground(store, scenario, viewer, ground)
        second = rate_one(store, scenario, seen)
    return Simulation(
        year=ground.year,
        stage=ground.stage,
        baseline=Side(baseline, first),
        scenario=Side(scenario, second),
        moves=_moves(first, second),
    )


def _own_ground(store: Store, rulebook: Rulebook, viewer: Viewer, ground: Ground) -> Ground:
    return prepare(store, rulebook, viewer, ground.year, "projected" if ground.projected else "final")


def rate_one(store: Store, rulebook: Rulebook, ground: Ground) -> Evaluation:
    """The evaluation of one rulebook on a ground."""
    return rate(
        ground.facts, [rulebook], ground.year, projected=ground.projected, store=store, revision=ground.revision
    )[0]


def _moves(first: Evaluation, second: Evaluation) -> tuple[Move, ...]:
    """Both tables hold the same branches in the order of their ids."""
    if first is second:
        return ()
    a, b = first.table, second.table
    differs = pc.not_equal(a.column("awarded"), b.column("awarded"))
    columns = ["branch_id", "awarded", "basis"]
    before, after = _rows(a.filter(differs), columns), _rows(b.filter(differs), columns)
    return tuple(
        Move(
            branch_id=str(now["branch_id"]),
            before=int(str(was["awarded"])),
            after=int(str(now["awarded"])),
            basis_before=str(was["basis"]),
            basis=str(now["basis"]),
            clause=second.clauses.get(str(now["basis"]), ""),
        )
        for was, now in zip(before, after, strict=True)
    )


def _rows(table: pa.Table, columns: list[str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.select(columns).to_pylist()
    return rows

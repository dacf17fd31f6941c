"""Many scenarios at once: what each value of one parameter, or each pair of two, would come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import RulesError
from dashboard.rules.adjustable import Adjustable, graft
from dashboard.rules.paths import freeze
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.rules.terms import AwardShape, Ordering, terms
from dashboard.services.domain import write_value
from dashboard.services.evaluation import Evaluation, LevelOutcome, outcomes_of, rate
from dashboard.services.ground import Ground, ground_for, same_ground
from dashboard.store.connection import Store
from dashboard.store.engine import number, run_summary

T = TypeVar("T")
GRID = 40  # most values of a parameter in a map of two


@dataclass(frozen=True, slots=True)
class Totals:
    """What one scenario comes to.

    `stars` counts branches by level value (without 0); `branches` the active ones; `changed` those whose level differs
    from the reference; `bare` superiors without any star, by kind; `funding` yuan a year, None while no amount is set.
    """

    stars: Mapping[int, int]
    branches: int
    changed: int
    bare: Mapping[str, int]
    levels: tuple[LevelOutcome, ...]
    funding: float | None

    @property
    def total(self) -> int:
        return sum(self.stars.values())

    @property
    def coverage(self) -> float:
        """The share of active branches that hold a star."""
        return self.total / self.branches if self.branches else 0.0

    def level(self, level: int) -> LevelOutcome | None:
        """How a level was filled; None where it is not competed for."""
        return next((outcome for outcome in self.levels if outcome.level == level), None)


@dataclass(frozen=True)
class Axis:
    """A parameter with the values to try, in order."""

    adjustable: Adjustable
    values: tuple[object, ...]

    @cached_property
    def written(self) -> tuple[object, ...]:
        """The values as `--set` and scenario files write them."""
        return tuple(write_value(value) for value in self.values)


@dataclass(frozen=True)
class Sweep:
    """The totals at each value of an axis; None where the rules would refuse the value."""

    axis: Axis
    totals: tuple[Totals | None, ...]


@dataclass(frozen=True)
class Grid:
    """The totals at each pair of values: `rows[i][j]` is at `across.values[i]`, `along.values[j]`."""

    across: Axis
    along: Axis
    rows: tuple[tuple[Totals, ...], ...]


def variants(rulebook: Rulebook, axis: Axis) -> tuple[Rulebook | None, ...]:
    """The rulebook at each value of the axis; None where the rules would refuse it."""
    item = axis.adjustable
    numbers = item.kind in ("whole", "share") and item.at[0] != "standards"
    if numbers or item.path == "application.deadline":  # whatever the kind allows, the rules allow
        return tuple(graft(rulebook, item.at, value) for value in axis.values)
    return tuple(_checked(rulebook, item.path, value) for value in axis.values)


def _checked(rulebook: Rulebook, path: str, value: object) -> Rulebook | None:
    try:
        return apply(rulebook, [Change(path, freeze(write_value(value)))])
    except RulesError:
        return None


def sweep(
    store: Store, viewer: Viewer, ground: Ground, rulebook: Rulebook, axes: Sequence[Axis], reference: Evaluation
) -> tuple[Sweep, ...]:
    """Try each value of each axis on its own, all in one query where their form allows.

    Args:
        ground: the facts under the standards of `rulebook`.
        reference: the evaluation that `changed` counts against.
    """
    require(viewer, "simulate")
    tried = [variants(rulebook, axis) for axis in axes]
    flat = [book for books in tried for book in books if book is not None]
    found = iter(run_many(store, viewer, ground, rulebook, flat, reference))
    return tuple(
        Sweep(axis, tuple(None if book is None else next(found) for book in books))
        for axis, books in zip(axes, tried, strict=True)
    )


def grid(
    store: Store, viewer: Viewer, ground: Ground, rulebook: Rulebook, across: Axis, along: Axis, reference: Evaluation
) -> Grid:
    """Try each pair of values of two parameters. Neither may be a requirement of a standard.

    Raises:
        RulesError: both are the same parameter.
    """
    require(viewer, "simulate")
    if across.adjustable.path == along.adjustable.path:
        raise RulesError.of("rules.set_twice", across.adjustable.path, other=along.adjustable.path)
    books = [
        graft(outer, along.adjustable.at, value)
        for outer in variants(rulebook, across)
        if outer is not None
        for value in along.values
    ]
    found = run_many(store, viewer, ground, rulebook, books, reference)
    width = len(along.values)
    return Grid(across, along, tuple(tuple(found[i : i + width]) for i in range(0, len(found), width)))


def run_many(
    store: Store,
    viewer: Viewer,
    ground: Ground,
    base: Rulebook,
    rulebooks: Sequence[Rulebook],
    reference: Evaluation,
) -> list[Totals]:
    """The totals of each rulebook, in order; one query for those of the same form, ordering and standards.

    Raises:
        RulesError: a quota has no published year up to the year of the ground.
    """
    require(viewer, "simulate")
    return _by_form(store, viewer, ground, base, rulebooks, lambda own, seen: _run_alike(store, seen, own, reference))


def evaluate_many(
    store: Store, viewer: Viewer, ground: Ground, base: Rulebook, rulebooks: Sequence[Rulebook]
) -> list[Evaluation]:
    """The evaluation of each rulebook, in order, as `run_many` does for totals."""
    require(viewer, "simulate")
    return _by_form(store, viewer, ground, base, rulebooks, lambda own, seen: rate(store, seen, own))


def _by_form(
    store: Store,
    viewer: Viewer,
    ground: Ground,
    base: Rulebook,
    rulebooks: Sequence[Rulebook],
    run: Callable[[list[Rulebook], Ground], Iterable[T]],
) -> list[T]:
    """What `run` gives for each rulebook, in order; it takes those of one form, ordering and standards at once."""
    results: dict[int, T] = {}
    for members in _alike(base, rulebooks):
        own = [rulebooks[n] for n in members]
        seen = ground_for(store, own[0], viewer, base, ground)
        results |= zip(members, run(own, seen), strict=True)
    return [results[n] for n in range(len(rulebooks))]


def _alike(base: Rulebook, rulebooks: Sequence[Rulebook]) -> Iterator[list[int]]:
    """Numbers of the rulebooks that can share a query."""
    groups: list[tuple[Rulebook, AwardShape, Ordering, list[int]]] = []
    for n, book in enumerate(rulebooks):
        shape, ordering = AwardShape.of(book), Ordering.of(book)
        for first, its_shape, its_ordering, members in groups:
            if (shape, ordering) == (its_shape, its_ordering) and same_ground(first, book):
                members.append(n)
                break
        else:
            groups.append((base if same_ground(base, book) else book, shape, ordering, [n]))
    return (members for *_, members in groups)


def _run_alike(store: Store, ground: Ground, rulebooks: Sequence[Rulebook], reference: Evaluation) -> Iterable[Totals]:
    shape = AwardShape.of(rulebooks[0])
    numbered = number(store, ground.facts, shape.levels, Ordering.of(rulebooks[0]))
    settings = terms(rulebooks, ground.year, projected=ground.projected)
    rows = run_summary(store, shape, numbered, settings, reference_of(reference, rulebooks[0])).to_pylist()
    found = rows or [dict.fromkeys(rows_of(shape), 0)] * len(rulebooks)  # no branches, no rows
    return (totals_of(row, shape, book) for row, book in zip(found, rulebooks, strict=True))


def rows_of(shape: AwardShape) -> list[str]:
    """The columns of `rules.summary` that count something."""
    return ["branches", "changed", *(f"at_{i}" for i in range(shape.levels + 1)), *(f"bare_{k}" for k in shape.kinds)]


def totals_of(row: Mapping[str, object], shape: AwardShape, rulebook: Rulebook) -> Totals:
    """One row of `rules.summary` under its rulebook."""
    values = rulebook.level_values
    stars = {value: _int(row[f"at_{i}"]) for i, value in enumerate(values, 1)}
    return Totals(
        stars=stars,
        branches=_int(row["branches"]),
        changed=_int(row["changed"]),
        bare={kind: _int(row[f"bare_{kind}"]) for kind in shape.kinds},
        levels=outcomes_of(row, shape, values),
        funding=funding(rulebook, stars),
    )


def funding(rulebook: Rulebook, stars: Mapping[int, int]) -> float | None:
    """Yuan a year for these stars (附2·五·1); None while no amount is set."""
    amounts = {rulebook.levels[key].value: n for key, n in rulebook.consequences.funding.items() if n is not None}
    return float(sum(stars.get(level, 0) * amount for level, amount in amounts.items())) if amounts else None


def reference_of(evaluation: Evaluation, rulebook: Rulebook) -> pa.Table:
    """The levels of an evaluation by number of the branch, as indexes (`rules.summary.REFERENCE`)."""
    index = {value: i for i, value in enumerate((0, *rulebook.level_values))}
    awarded = [index.get(value, -1) for value in evaluation.table.column("awarded").to_pylist()]
    return pa.table({"n": pa.array(range(len(awarded)), pa.int64()), "awarded": pa.array(awarded, pa.int32())})


def _int(value: object) -> int:
    return int(str(value or 0))

"""The years ahead: quota, supply and stars under stated assumptions, with a band from many drawn worlds.

Every later year is decided by the rules that decide any year (`rules.award`); only its facts are drawn
(`services.worlds`). All worlds of a year are one query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Quota, Rulebook
from dashboard.rules.summary import LEVELS_ONLY
from dashboard.rules.terms import AwardShape, Ordering, row, schema
from dashboard.services.assumptions import Assumptions, Ints
from dashboard.services.evaluation import Evaluation
from dashboard.services.ground import Ground
from dashboard.services.sweep import funding
from dashboard.services.worlds import Worlds
from dashboard.store.connection import Store
from dashboard.store.engine import number, run_levels

UNTIL = 2030
MOST_YEARS = 30

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Band:
    """The 10th, 50th and 90th percentile over all worlds: each is the value of one world (nearest rank)."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Sequence[Number]) -> Band:
        """The band of the values of all worlds, at least one."""
        ordered = sorted(values)
        low, middle, high = (ordered[-(-percent * len(ordered) // 100) - 1] for percent in (10, 50, 90))
        return cls(low, middle, high)


@dataclass(frozen=True)
class YearAhead:
    """One year. Levels are values, counts are active branches; `quota` and `supply` speak of the levels competed for.

    Attributes:
        quota: places of the level, None without a quota (附2·三); the middle one where it is a share.
        stars: branches at the level, also those recognised on application.
        total: branches with any star.
        supply: how many could fill the quota: the pool, and the branches that hold the level already and keep it
            (those only where the quota counts holders).
        coverage: the share of branches that hold a star (附2·三·1).
        funding: yuan in the year (附2·五·1), None while no amount is set.
    """

    year: int
    quota: Mapping[int, int | None]
    stars: Mapping[int, Band]
    total: Band
    supply: Mapping[int, Band]
    coverage: Band
    funding: Band | None


@dataclass(frozen=True)
class Outlook:
    """The year of the evaluation, which is certain (low = middle = high), and those after it.

    `outgrown`: for each level with a quota the first year in which the middle supply is below the quota, None if that
    does not happen.
    """

    assumptions: Assumptions
    years: tuple[YearAhead, ...]
    outgrown: Mapping[int, int | None]


def look_ahead(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    ground: Ground,
    evaluation: Evaluation,
    assumptions: Assumptions,
    until: int = UNTIL,
) -> Outlook:
    """The years from that of the evaluation to `until`. Changes nothing.

    Two rulebooks with the same assumptions meet the same random numbers, so their outlooks differ by the rules only.

    Args:
        ground: the facts under the standards of `rulebook`.
        evaluation: of the ground by `rulebook`; every world begins with its levels, and a branch in an undecided
            tie with the one that it holds meanwhile.

    Raises:
        RulesError: a quota has no published year up to one of the years.
        UserError: `until` is more than 30 years away.
    """
    require(viewer, "simulate")
    if until > ground.year + MOST_YEARS:
        raise UserError.of("outlook.until", "until", value=until, last=ground.year + MOST_YEARS)
    worlds = Worlds.of(ground.facts, rulebook, assumptions)
    decided = _as_evaluated(evaluation, worlds)
    years = [_year_ahead(rulebook, decided)]
    held = np.repeat(decided.awarded, worlds.count, axis=0)
    for year in range(ground.year + 1, until + 1):
        decided = _decide(store, worlds, year, held)
        years.append(_year_ahead(rulebook, decided))
        held = decided.awarded
    return Outlook(assumptions, tuple(years), _outgrown(years))


@dataclass(frozen=True)
class _Decided:
    """A year in all worlds: levels `awarded` (indexes, worlds × branches), and for each level competed for (by value)
    the quota, and by world the pool and the branches given the level."""

    year: int
    awarded: Ints
    quota: Mapping[int, int | None]
    pool: Mapping[int, Ints]
    selected: Mapping[int, Ints]


def _as_evaluated(evaluation: Evaluation, worlds: Worlds) -> _Decided:
    """The year of the evaluation, as one world."""
    return _Decided(
        year=evaluation.year,
        awarded=worlds.levels(evaluation),
        quota={found.level: found.quota for found in evaluation.levels},
        pool={found.level: np.array([found.pool]) for found in evaluation.levels},
        selected={found.level: np.array([found.selected]) for found in evaluation.levels},
    )


def _decide(store: Store, worlds: Worlds, year: int, held: Ints) -> _Decided:
    """The awards of a year in every world, by the rules."""
    rulebook, shape = worlds.rulebook, AwardShape.of(worlds.rulebook)
    settings = row(rulebook, 0, year, projected=False)
    terms = pa.Table.from_pylist(
        [settings | {"scenario": world, "world": world} for world in range(worlds.count)], schema=schema(shape.levels)
    )
    numbered = number(store, worlds.facts(year, held), shape.levels, Ordering.of(rulebook))
    rows = run_levels(store, shape, numbered, terms)
    awarded = np.zeros(held.size, np.int64)
    awarded[np.asarray(rows.column("n"))] = rows.column("awarded")
    one_each = rows.take(pa.array(np.unique(rows.column("scenario"), return_index=True)[1]))
    levels = {rulebook.level_values[i - 1]: i for i in sorted(shape.competed)}
    quota, pool, selected = (
        {level: _counts(one_each.column(f"{name}_{i}"), worlds.count) for level, i in levels.items()}
        for name in LEVELS_ONLY
    )
    return _Decided(
        year=year,
        awarded=awarded.reshape(held.shape),
        quota={
            level: _quota(rulebook.quotas.get(rulebook.level_keys[i - 1]), settings.get(f"quota_{i}"), quota[level])
            for level, i in levels.items()
        },
        pool=pool,
        selected=selected,
    )


def _quota(quota: Quota | None, places: object, by_world: Ints) -> int | None:
    """The quota of a level: its places, or the middle over the worlds where it is a share of what they count."""
    if quota is None:
        return None
    return int(Band.of(by_world.tolist()).middle) if quota.share else int(str(places))


def _counts(column: pa.ChunkedArray, worlds: int) -> Ints:
    """A count of each world; 0 where there is none, or no branch at all."""
    found = np.asarray(pc.fill_null(column.cast(pa.int64()), 0))
    return found if len(found) else np.zeros(worlds, np.int64)


def _year_ahead(rulebook: Rulebook, decided: _Decided) -> YearAhead:
    """The bands of a year over its worlds."""
    awarded = decided.awarded
    stars = {level: (awarded == i).sum(axis=1) for i, level in enumerate(rulebook.level_values, 1)}
    total, branches = (awarded > 0).sum(axis=1), max(awarded.shape[1], 1)
    holders_count = {
        rulebook.levels[key].value for key, quota in rulebook.quotas.items() if quota and quota.counts == "holders"
    }
    supply = {
        level: pool + (stars[level] - decided.selected[level] if level in holders_count else 0)
        for level, pool in decided.pool.items()
    }
    money = [
        funding(rulebook, dict(zip(stars, counts, strict=True))) for counts in np.transpose([*stars.values()]).tolist()
    ]
    paid = [amount for amount in money if amount is not None]
    return YearAhead(
        year=decided.year,
        quota=decided.quota,
        stars={level: Band.of(counts.tolist()) for level, counts in stars.items()},
        total=Band.of(total.tolist()),
        supply={level: Band.of(counts.tolist()) for level, counts in supply.items()},
        coverage=Band.of((total / branches).tolist()),
        funding=Band.of(paid) if paid else None,
    )


def _outgrown(years: Sequence[YearAhead]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for ahead in years:
        for level, quota in ahead.quota.items():
            if quota is not None and found.get(level) is None:
                found[level] = ahead.year if ahead.supply[level].middle < quota else None
    return found

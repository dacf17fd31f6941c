"""The awards of a year from its facts: many branches in one scenario, and many scenarios in one query."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from bench.made_up import YEAR, make_facts
from bench.measure import Cost, measure
from dashboard.rules.award import awards
from dashboard.rules.level import Shape
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.rules.terms import AwardShape, Ordering, terms
from dashboard.services.evaluation import rate
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.engine import compile_sql, in_one_world, number, run_awards

SIZES = (200, 10_000, 100_000)
SWEPT = 200  # branches in each scenario of the sweep
PLACES, RATIOS = range(11, 51), range(60, 100)  # places of the lowest competed level, and percent of its applicants

# The floor: the same rows through the same door, with nothing worked out.
FLOOR = "SELECT facts.*, terms.scenario FROM facts CROSS JOIN terms"


def run() -> dict[str, object]:
    """A year at each size, the cost of compiling its expression, and a sweep over places and shortfall ratio."""
    rulebook = load(ROOT / "rules.yaml")
    with Store(None) as store:
        compiling = _compile(rulebook)
        years = [_year(store, rulebook, branches) for branches in SIZES]
        return {"floor": FLOOR, "compiling": compiling, "years": years, "sweep": _sweep(store, rulebook)}


def _compile(rulebook: Rulebook) -> dict[str, object]:
    """From the rulebook's shape to SQL, with nothing kept from before; the first time warms up the libraries."""
    shape = AwardShape.of(rulebook)

    def cold() -> str:
        awards.cache_clear()
        return compile_sql(awards(shape))

    first, _ = measure(cold, runs=1)
    again, sql = measure(cold)
    return {"first": first._asdict(), "again": again._asdict(), "characters": len(sql)}


def _year(store: Store, rulebook: Rulebook, branches: int) -> dict[str, object]:
    print(f"  {branches:,} branches …", file=sys.stderr, flush=True)
    facts = in_one_world(make_facts(Shape.of(rulebook), branches))
    settings = terms([rulebook], YEAR, projected=False)
    shape = AwardShape.of(rulebook)
    floor = _floor(store, facts, settings)
    query, rows = measure(lambda: _awards(store, shape, rulebook, facts, settings))
    revision = store.revision()
    whole, _ = measure(lambda: rate(facts, [rulebook], YEAR, projected=False, store=store, revision=revision))
    return {
        "branches": branches,
        "floor": floor._asdict(),
        "query": query._asdict(),
        "evaluation": whole._asdict(),
        "ratio": query.wall / floor.wall,
        "bases": {row["values"]: row["counts"] for row in pc.value_counts(rows.column("basis")).to_pylist()},
    }


def _sweep(store: Store, rulebook: Rulebook) -> dict[str, object]:
    facts = in_one_world(make_facts(Shape.of(rulebook), SWEPT))
    shape = AwardShape.of(rulebook)
    key = rulebook.level_keys[min(shape.competed) - 1]
    changes = [
        (Change(f"quotas.{key}.places.{rulebook.first_year}", places), Change(f"quotas.{key}.shortfall.ratio", f"{r}%"))
        for places in PLACES
        for r in RATIOS
    ]
    print(f"  {len(changes):,} scenarios …", file=sys.stderr, flush=True)
    making, scenarios = measure(lambda: [apply(rulebook, change) for change in changes], runs=1)
    listing, settings = measure(lambda: terms(scenarios, YEAR, projected=False))
    query, rows = measure(lambda: _awards(store, shape, rulebook, facts, settings))
    floor = _floor(store, facts, settings)
    _check(store, facts, scenarios, rows)
    return {
        "branches": SWEPT,
        "places": len(PLACES),
        "ratios": len(RATIOS),
        "scenarios": len(scenarios),
        "rows": len(rows),
        "different": len({tuple(row.values()) for row in _totals(rows).drop(["scenario"]).to_pylist()}),
        "making": making._asdict(),
        "terms": listing._asdict(),
        "floor": floor._asdict(),
        "query": query._asdict(),
        "ratio": query.wall / floor.wall,
        "one_by_one": _one_by_one(store, facts, scenarios)._asdict(),
    }


def _awards(store: Store, shape: AwardShape, rulebook: Rulebook, facts: pa.Table, settings: pa.Table) -> pa.Table:
    return run_awards(store, shape, number(store, facts, shape.levels, Ordering.of(rulebook)), settings)


def _floor(store: Store, facts: pa.Table, settings: pa.Table) -> Cost:
    return measure(lambda: store.query(FLOOR, relations={"facts": facts, "terms": settings}))[0]


def _totals(rows: pa.Table) -> pa.Table:
    """For each scenario: branches at each level."""
    levels = pc.unique(rows.column("awarded")).to_pylist()
    for level in sorted(levels):
        rows = rows.append_column(f"at_{level}", pc.cast(pc.equal(rows.column("awarded"), level), pa.int64()))
    return rows.group_by("scenario").aggregate([(f"at_{level}", "sum") for level in sorted(levels)])


def _check(store: Store, facts: pa.Table, scenarios: Sequence[Rulebook], rows: pa.Table) -> None:
    """Scenarios here and there give on their own what they give in the sweep."""
    columns = ["branch_id", "awarded", "basis", "merit_rank"]
    for n in range(0, len(scenarios), len(scenarios) // 7):
        settings = terms([scenarios[n]], YEAR, projected=False)
        alone = _awards(store, AwardShape.of(scenarios[n]), scenarios[n], facts, settings)
        swept = rows.filter(pc.equal(rows.column("scenario"), n))
        same = alone.select(columns).sort_by("branch_id").equals(swept.select(columns).sort_by("branch_id"))
        assert same, f"scenario {n} gives something else in the sweep than on its own"


def _one_by_one(store: Store, facts: pa.Table, scenarios: Sequence[Rulebook]) -> Cost:
    """The mean cost of a scenario that is run on its own, times their number."""
    few = scenarios[:: len(scenarios) // 20]
    tables = [terms([scenario], YEAR, projected=False) for scenario in few]
    shape = AwardShape.of(scenarios[0])
    cost, _ = measure(lambda: [_awards(store, shape, few[0], facts, table) for table in tables], runs=1)
    return Cost(cost.wall * len(scenarios) / len(few), cost.cpu * len(scenarios) / len(few), cost.runs)

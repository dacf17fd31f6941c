"""The awards of a year from its facts."""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.compute as pc

from bench.made_up import YEAR, make_facts
from bench.measure import Cost, measure
from dashboard.rules.award import awards, year_of
from dashboard.rules.level import Shape
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.terms import AwardShape, Ordering, terms
from dashboard.services.evaluation import rate_one
from dashboard.services.ground import Ground
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.engine import compile_sql, in_one_world, number, run_awards

SIZES = (200, 10_000, 100_000)

# The floor: the same rows through the same door, with nothing worked out.
FLOOR = "SELECT facts.*, terms.scenario FROM facts CROSS JOIN terms"


def run() -> dict[str, object]:
    """A year at each size, and the cost of compiling its expression."""
    rulebook = load(ROOT / "rules.yaml")
    with Store(None) as store:
        compiling = _compile(rulebook)
        years = [_year(store, rulebook, branches) for branches in SIZES]
        return {"floor": FLOOR, "compiling": compiling, "years": years}


def _compile(rulebook: Rulebook) -> dict[str, object]:
    """From the rulebook's shape to SQL, with nothing kept from before; the first time warms up the libraries."""
    shape = AwardShape.of(rulebook)

    def cold() -> str:
        awards.cache_clear()
        year_of.cache_clear()
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
    ground = Ground(YEAR, False, store.revision(), facts)
    whole, _ = measure(lambda: rate_one(store, ground, rulebook))
    return {
        "branches": branches,
        "floor": floor._asdict(),
        "query": query._asdict(),
        "evaluation": whole._asdict(),
        "ratio": query.wall / floor.wall,
        "bases": {row["values"]: row["counts"] for row in pc.value_counts(rows.column("basis")).to_pylist()},
    }


def _awards(store: Store, shape: AwardShape, rulebook: Rulebook, facts: pa.Table, settings: pa.Table) -> pa.Table:
    return run_awards(store, shape, number(store, facts, shape.levels, Ordering.of(rulebook)), settings)


def _floor(store: Store, facts: pa.Table, settings: pa.Table) -> Cost:
    return measure(lambda: store.query(FLOOR, relations={"facts": facts, "terms": settings}))[0]

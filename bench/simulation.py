"""The simulation: one scenario, a map of 1,600, all that one screen asks, beside re-evaluating in a loop."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.made_up import YEAR, make_facts
from bench.measure import Cost, measure
from dashboard.auth.viewer import OPERATOR
from dashboard.demo.fill import fill
from dashboard.rules.adjustable import adjustables, find
from dashboard.rules.level import Shape
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.assumptions import assumed
from dashboard.services.domain import domain
from dashboard.services.evaluation import rate_one
from dashboard.services.ground import Ground, prepare
from dashboard.services.outlook import look_ahead
from dashboard.services.readings import ambiguities
from dashboard.services.simulation import simulate
from dashboard.services.sweep import Axis, Grid, grid, sweep
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.engine import compile_all, in_one_world

BRANCHES, MANY = 200, 100_000
DEMO_YEAR = 2022
SIDE = 40  # values of each parameter of the map
SAMPLE = 40  # scenarios of the map that are re-evaluated one by one
CHANGE = Change(f"quotas.five_star.places.{DEMO_YEAR}", 20)


def run() -> dict[str, object]:
    """Warm costs on a demo of 200 branches, and of a scenario on 100,000 made-up ones."""
    rulebook = load(ROOT / "rules.yaml")
    compile_all(rulebook)
    with TemporaryDirectory() as folder, Store(Path(folder) / "demo.duckdb") as store:
        fill(store, rulebook, OPERATOR, branches=BRANCHES, votes=0)
        found = _demo(store, rulebook)
    with Store(None) as store:
        return {"branches": BRANCHES, "many_branches": MANY, **found, "many": _many(store, rulebook)._asdict()}


def _demo(store: Store, rulebook: Rulebook) -> dict[str, object]:
    preparing, ground = measure(lambda: prepare(store, rulebook, OPERATOR, DEMO_YEAR))
    before = rate_one(store, ground, rulebook)
    applying, scenario = measure(lambda: apply(rulebook, [CHANGE]))
    one, both = measure(lambda: simulate(store, rulebook, scenario, OPERATOR, ground, before))
    print(f"  a map of {SIDE} × {SIDE} …", file=sys.stderr, flush=True)
    places, ratio = f"quotas.four_star.places.{DEMO_YEAR}", "quotas.four_star.shortfall.ratio"
    across, along = (
        Axis(a, domain(a, rulebook, before, most=SIDE)) for p in (places, ratio) if (a := find(rulebook, p, DEMO_YEAR))
    )
    mapping, found = measure(lambda: grid(store, OPERATOR, ground, rulebook, across, along, before))
    loop = _one_by_one(store, rulebook, ground, found)
    usual = [a for a in adjustables(rulebook, DEMO_YEAR) if a.path in (places, ratio) or "caps" in a.path]
    axes = [Axis(a, domain(a, rulebook, before)) for a in usual if a.kind != "several"]
    turning, _ = measure(lambda: sweep(store, OPERATOR, ground, rulebook, axes, before))
    reading, _ = measure(lambda: ambiguities(store, OPERATOR, ground, rulebook, before))
    assumptions = assumed(store, rulebook, OPERATOR, DEMO_YEAR, ground)
    ahead, _ = measure(lambda: look_ahead(store, rulebook, OPERATOR, ground, before, assumptions))
    return {
        "moves": len(both.moves),
        "scenarios": SIDE * SIDE,
        "swept": sum(len(axis.values) for axis in axes),
        "worlds": assumptions.replications,
        "facts": preparing._asdict(),
        "applying": applying._asdict(),
        "scenario": one._asdict(),
        "map": mapping._asdict(),
        "loop": loop._asdict(),
        "ratio": loop.cpu / mapping.cpu,
        "turning": turning._asdict(),
        "readings": reading._asdict(),
        "ahead": ahead._asdict(),
    }


def _one_by_one(store: Store, rulebook: Rulebook, ground: Ground, found: Grid) -> Cost:
    """Each scenario of a sample made and rated on its own, times their number; the stars must be those of the map."""
    pairs = [(i, j) for i in range(len(found.rows)) for j in range(len(found.rows[i]))]
    some = pairs[:: len(pairs) // SAMPLE]

    def work() -> list[int]:
        totals = []
        for i, j in some:
            changes = [
                Change(axis.adjustable.path, axis.written[n]) for axis, n in ((found.across, i), (found.along, j))
            ]
            awarded = rate_one(store, ground, apply(rulebook, changes)).table.column("awarded").to_pylist()
            totals.append(sum(level > 0 for level in awarded))
        return totals

    cost, totals = measure(work, runs=1)
    assert totals == [found.rows[i][j].total for i, j in some], "the map and the loop disagree"
    scale = len(pairs) / len(some)
    return Cost(cost.wall * scale, cost.cpu * scale, cost.runs)


def _many(store: Store, rulebook: Rulebook) -> Cost:
    """Baseline and scenario on very many branches."""
    print(f"  {MANY:,} branches …", file=sys.stderr, flush=True)
    ground = Ground(YEAR, False, store.revision(), in_one_world(make_facts(Shape.of(rulebook), MANY)))
    before = rate_one(store, ground, rulebook)
    scenario = apply(rulebook, [Change("quotas.five_star.places.2017", 900)])
    return measure(lambda: simulate(store, rulebook, scenario, OPERATOR, ground, before))[0]

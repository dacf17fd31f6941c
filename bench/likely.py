"""The likely rating: what an estimate costs, and how good it was on the finished years of three demos."""

from __future__ import annotations

import sys

from bench.measure import measure
from dashboard.auth.viewer import OPERATOR
from dashboard.demo.cast import YEARS
from dashboard.demo.fill import fill
from dashboard.rules.load import load
from dashboard.services.calibration import calibration
from dashboard.services.ground import prepare
from dashboard.services.likely import likely
from dashboard.settings import ROOT
from dashboard.store.connection import Store

SEEDS = (2022, 7, 31)


def run() -> dict[str, object]:
    """Each seed makes another subdistrict; the cost is that of the first."""
    rulebook = load(ROOT / "rules.yaml")
    scores, bins, cost = [], [], None
    for seed in SEEDS:
        print(f"  seed {seed} …", file=sys.stderr, flush=True)
        with Store(None) as store:
            fill(store, rulebook, OPERATOR, votes=100, seed=seed)
            if cost is None:
                ground = prepare(store, rulebook, OPERATOR, rulebook.first_year + YEARS - 1)
                cost, found = measure(lambda: likely(store, rulebook, OPERATOR, ground, april=True))  # noqa: B023
            told = calibration(store, rulebook, OPERATOR)
        scores += [{"seed": seed, **_fields(score)} for score in told.scores]
        bins += [{"seed": seed, **_fields(b)} for b in told.bins]
    assert cost is not None
    return {"estimate": cost._asdict(), "branches": len(found.branches), "worlds": found.worlds} | {
        "scores": scores,
        "bins": bins,
    }


def _fields(item: object) -> dict[str, object]:
    return {name: getattr(item, name) for name in type(item).__dataclass_fields__}  # type: ignore[attr-defined]

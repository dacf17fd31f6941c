"""Reports on a made-up subdistrict whose names try to be something else than text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario, apply
from dashboard.services.briefing import Report
from dashboard.services.briefing import report as gather
from dashboard.services.ground import prepare
from dashboard.services.readings import ambiguities
from dashboard.services.simulation import simulate
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.subdistrict import expand

YEAR = 2017
FORMULA, MARKUP, LONG = "=1+1", "<b>&\"'", "长" * 60
SUPERIOR = "@SUM(A1:A9)"
HARD = (FORMULA, MARKUP, LONG, SUPERIOR)
TWO_PLACES = "quotas.four_star.places.2017=2"


def applicant(name: str, score: int) -> dict[str, Any]:
    return {"id": name, "superior": SUPERIOR, "applies": 4, "inspected": 4, "score": score}


# In force four of five win a place (80 % of five applications); with two places the third and the fourth lose theirs.
BRANCHES: tuple[dict[str, Any], ...] = (
    applicant("甲支部", 95),
    applicant(LONG, 94),
    applicant(FORMULA, 93),
    applicant(MARKUP, 92),
    applicant("乙支部", 91),
    {"id": "丙支部", "superior": "机关党总支", "kind": "organ", "held": 3},
    {"id": "丁支部", "active": False},
)


def make(
    rulebook: Rulebook,
    sets: Sequence[str] = (TWO_PLACES,),
    branches: Sequence[dict[str, Any]] = BRANCHES,
    *,
    name: str = "",
    note: str = "",
    author: str = "",
) -> Report:
    """A report from a store in memory, with a cap that leaves room for every application."""
    baseline = apply(rulebook, [Change("application.caps.four_star", None)])
    changes = tuple(Change.parse(text) for text in sets)
    book = apply(baseline, changes)
    with Store(None) as store:
        if branches:
            load_tables(store, baseline, expand(baseline, YEAR, branches))
        ground = prepare(store, baseline, OPERATOR, YEAR)
        both = simulate(store, baseline, book, OPERATOR, ground)
        doubts = ambiguities(store, OPERATOR, ground, book, both.scenario.evaluation)
        scenario = Scenario(name, changes, note, author, baseline.fingerprint)
        return gather(store, OPERATOR, scenario, both, doubts)

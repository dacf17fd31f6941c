"""A small subdistrict whose inspections are done: a tie for the last five-star place, and something of everything."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services import deciding, publishing, runs
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.publishing import Notice
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.services.year import YEAR, set_day
from tests.subdistrict import expand

BRANCHES: list[dict[str, Any]] = [
    {"id": "A1", "superior": "S1", "applies": 5, "inspected": 5, "score": 95},
    {"id": "A2", "superior": "S1", "applies": 5, "inspected": 5, "score": 90},
    {"id": "A3", "superior": "S2", "applies": 5, "inspected": 5, "score": 90},
    {"id": "A4", "superior": "S2", "applies": 3, "check": "pass"},
    {"id": "A5", "superior": "S2", "held": 4, "recheck": "fail"},
    {"id": "A6", "superior": "S1"},
    {"id": "A7", "superior": "S1", "applies": 4, "inspected": 4, "score": 80, "committee": 1},
    {"id": "A8", "superior": "S1", "applies": 4, "inspected": 3, "score": 60},
    {"id": "A9", "superior": "S1", "held": 3, "active": False},
]


def two_places(rulebook: Rulebook) -> Rulebook:
    """Rules with two five-star places in the year, for three that meet it, and one four-star place."""
    return changed(rulebook, f"quotas.five_star.places.{YEAR}=2", f"quotas.four_star.places.{YEAR}=1")


def finish(store: Store, rulebook: Rulebook, day: str = f"{YEAR}-11-10") -> Rulebook:
    """Fill a store; returns the rules by which A2 and A3 tie for the second place."""
    load_tables(store, rulebook, expand(rulebook, YEAR, BRANCHES))
    set_day(store, day)
    return two_places(rulebook)


def rated(store: Store, rulebook: Rulebook) -> Evaluation:
    return evaluate(store, rulebook, OPERATOR, YEAR)


def untie(store: Store, rulebook: Rulebook, winner: str = "A3") -> None:
    deciding.decide(store, OPERATOR, rated(store, rulebook), 5, [winner], "连续三年进步")


def notice(first: str = f"{YEAR}-11-10", last: str = f"{YEAR}-11-16") -> Notice:
    return Notice(date.fromisoformat(first), date.fromisoformat(last), "各社区公开栏", "组织办 0510-0000")


def announced(store: Store, rulebook: Rulebook) -> int:
    """The tie decided, a run kept and announced; returns its number."""
    untie(store, rulebook)
    run_id = runs.keep(store, rulebook, OPERATOR, YEAR)
    publishing.announce(store, rulebook, OPERATOR, run_id, notice())
    return run_id


def final(store: Store, rulebook: Rulebook) -> int:
    """The same, and final after the notice."""
    run_id = announced(store, rulebook)
    set_day(store, f"{YEAR}-11-17")
    publishing.finalise(store, rulebook, OPERATOR, run_id)
    return run_id

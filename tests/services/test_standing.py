"""How far a year has come: the step now due, whose turn it is, who is late, and what concerns all at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.rules.rulebook import Rulebook
from dashboard.services.agenda import agenda
from dashboard.services.evaluation import evaluate
from dashboard.services.overview import overview
from dashboard.services.standing import Standing, Turn
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.services.test_agenda import DEADLINE, FINAL, LAST_OF_SEPTEMBER, OCTOBER, applied, run, sql
from tests.services.year import YEAR, set_day, settle

# The day, and: phase, done, asked, opens, due. B1 and B2 have applied, B4 has not, B3 was inspected.
STANDINGS: Mapping[str, tuple[object, ...]] = {
    "03-31": ("apply", 2, 4, date(YEAR, 4, 1), DEADLINE),
    "04-30": ("apply", 2, 4, date(YEAR, 4, 1), DEADLINE),
    "05-01": ("review", 1, 2, None, LAST_OF_SEPTEMBER),
    "10-01": ("inspect", 1, 2, date(YEAR, 10, 1), OCTOBER),
}


@pytest.mark.parametrize("day", STANDINGS)
def test_how_far_the_step_now_due_has_come(store: Store, rulebook: Rulebook, day: str) -> None:
    settle(store, rulebook)
    applied("approved")(store, rulebook)
    applied("pending", branch="B2")(store, rulebook)
    load_tables(
        store, rulebook, {"inspections": [{"branch_id": "B3", "year": YEAR, "kind": "recheck", "outcome": "pass"}]}
    )
    set_day(store, f"{YEAR}-{day}")
    found = agenda(store, rulebook, VISITOR, evaluate(store, rulebook, VISITOR, YEAR)).standing
    assert found == Standing(*STANDINGS[day])  # type: ignore[arg-type]


def test_after_the_year_plans_are_due_and_before_its_result_nothing(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook)
    set_day(store, f"{YEAR}-11-10")
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    assert agenda(store, rulebook, VISITOR, evaluation).standing is None
    run(**FINAL)(store, rulebook)
    sql("INSERT INTO improvement_plans VALUES ('B1', ?, '补短板', NULL, now())", YEAR)(store, rulebook)
    found = agenda(store, rulebook, VISITOR, evaluate(store, rulebook, VISITOR, YEAR))
    assert found.standing == Standing("plan", 1, 4, None, None)


def test_whose_turn_it_is_who_is_late_and_what_concerns_all_at_once(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook)
    applied("pending")(store, rulebook)
    load_tables(store, rulebook, {"awards": [{"branch_id": b, "year": YEAR - 1, "level": 3} for b in ("B3", "B4")]})
    set_day(store, f"{YEAR}-11-03")
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    found = agenda(store, rulebook, VISITOR, evaluation)
    assert found.turns == (Turn("branch", 1, 1), Turn("superior", 1, 1), Turn("office", 0, 0), Turn("group", 0, 0))
    assert found.late == ("B1", "B2")
    (draw,) = found.together
    assert (draw.step, draw.branches, draw.late, draw.actor) == ("draw", 2, 3, "group")
    assert [(pile.key, pile.counts) for pile in found.steps] == [("rate_self", {"late": 1}), ("review", {"late": 1})]
    assert [(pile.key, pile.counts) for pile in found.superiors] == [
        ("S1", {"late": 2}), ("S2", {"done": 1}), (None, {"done": 1}),
    ]  # fmt: skip
    late = next(each for each in overview(store, rulebook, VISITOR, evaluation).attention if each.concern == "late")
    assert (late.count, late.branch_ids) == (2, ("B1", "B2"))


def test_who_may_not_see_the_progress_sees_the_overview_without_it(
    store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(store, rulebook, f"{YEAR}-11-03")
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    monkeypatch.setitem(accounts.GRANTS, "public", frozenset({"view_results"}))
    assert "late" in {each.concern for each in overview(store, rulebook, VISITOR, evaluation).attention}
    concerns = {each.concern for each in overview(store, rulebook, Viewer("x", "public"), evaluation).attention}
    assert "late" not in concerns

"""整改方案: handed in once the year is final, replaced by a later one, and who owes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import improving
from dashboard.services.agenda import next_steps
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.improving import Owed, Term
from dashboard.services.texts import STATEMENT
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import codes, load_tables
from tests.services.year import YEAR, make_final, set_day, settle

DUE = date(YEAR + 1, 4, 30)
PLAN = "原因：会议不足。解决办法：按季召开。"


@pytest.fixture
def ended(store: Store, rulebook: Rulebook) -> Store:
    """The year is final on 20 December: B1 and B2 have no star, B3 has three, B4 is on no record."""
    settle(store, rulebook, f"{YEAR}-12-20")
    levels = {"B1": 0, "B2": 0, "B3": 3, "B9": 0}
    load_tables(
        store, rulebook, {"awards": [{"branch_id": b, "year": YEAR, "level": level} for b, level in levels.items()]}
    )
    make_final(store)
    return store


def reopen(store: Store) -> None:
    with store.write("test") as cursor:
        cursor.execute("UPDATE award_runs SET reopened_at = now()")


def hand_in(store: Store, branch: str = "B1", plan: str = PLAN, due: date | None = DUE, year: int = YEAR) -> None:
    improving.hand_in(store, OPERATOR, branch, year, plan, due)


def refused(store: Store, act: Callable[[], None]) -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        act()
    assert store.revision().version == version
    return codes(caught.value)


def evaluated(store: Store, rulebook: Rulebook) -> Evaluation:
    return evaluate(store, rulebook, OPERATOR, YEAR)


def owed(store: Store, rulebook: Rulebook) -> dict[str, Owed]:
    found = improving.of_year(store, OPERATOR, evaluated(store, rulebook))
    assert found is not None
    return {each.branch.branch_id: each for each in found}


def test_a_plan_is_handed_in_once_and_replaced_with_what_it_said_on_record(ended: Store, rulebook: Rulebook) -> None:
    for _ in range(3):
        hand_in(ended, plan=f"  {PLAN}\n")
    hand_in(ended, plan="改为按月召开", due=date(YEAR + 1, 6, 30))
    plan = owed(ended, rulebook)["B1"].plan
    assert plan is not None
    assert (plan.plan, plan.due_on, plan.year) == ("改为按月召开", date(YEAR + 1, 6, 30), YEAR)
    lines = [line for line in proceedings.of_branch(ended, "B1", YEAR) if line["action"] == "plan_handed_in"]
    assert [(line["reason"], line["detail"]) for line in lines] == [
        (PLAN, {"due_on": f"{YEAR + 1}-04-30"}), ("改为按月召开", {"due_on": f"{YEAR + 1}-06-30"}),
    ]  # fmt: skip


def test_the_next_step_is_the_plan_until_it_is_handed_in(ended: Store, rulebook: Rulebook) -> None:
    def steps() -> list[str]:
        return [t.step for t in next_steps(ended, rulebook, OPERATOR, evaluated(ended, rulebook), "B1")]

    assert steps() == ["plan"]
    hand_in(ended)
    assert steps() == ["over"]


def test_who_owes_one_those_that_have_not_handed_it_in_first(ended: Store, rulebook: Rulebook) -> None:
    assert list(owed(ended, rulebook)) == ["B1", "B2", "B4"]
    hand_in(ended, "B1", due=date(YEAR + 1, 9, 1))
    hand_in(ended, "B2", due=date(YEAR, 12, 31))
    assert [(b, each.plan is not None, each.overdue) for b, each in owed(ended, rulebook).items()] == [
        ("B4", False, False), ("B2", True, False), ("B1", True, False),
    ]  # fmt: skip
    set_day(ended, f"{YEAR + 1}-01-01")
    assert [b for b, each in owed(ended, rulebook).items() if each.overdue] == ["B2"]


def test_only_branches_without_a_star_hand_in(ended: Store) -> None:
    assert refused(ended, lambda: hand_in(ended, "B3")) == ["plan.has_star"]
    assert refused(ended, lambda: hand_in(ended, "B9")) == ["plan.inactive"]
    assert refused(ended, lambda: hand_in(ended, "B0")) == ["branch.unknown"]


def test_only_once_the_year_is_final(ended: Store, rulebook: Rulebook) -> None:
    assert refused(ended, lambda: hand_in(ended, year=YEAR - 1, due=date(YEAR, 12, 31))) == ["plan.not_final"]
    reopen(ended)
    assert refused(ended, lambda: hand_in(ended)) == ["plan.not_final"]
    assert improving.of_year(ended, OPERATOR, evaluated(ended, rulebook)) is None
    assert improving.of_branch(ended, OPERATOR, evaluated(ended, rulebook), "B1") is None


@pytest.mark.parametrize("due", [None, date(YEAR, 12, 19), date(YEAR + 2, 1, 1)])
def test_a_plan_names_a_day_up_to_the_end_of_the_next_year(ended: Store, due: date | None) -> None:
    assert refused(ended, lambda: hand_in(ended, due=due)) == ["plan.day"]


@pytest.mark.parametrize("due", [date(YEAR, 12, 20), date(YEAR + 1, 12, 31)])
def test_the_first_and_the_last_day_are_days_to_name(ended: Store, due: date) -> None:
    hand_in(ended, due=due)


def test_a_year_long_past_takes_no_plan(ended: Store) -> None:
    set_day(ended, f"{YEAR + 2}-01-01")
    assert refused(ended, lambda: hand_in(ended)) == ["plan.other_year"]


@pytest.mark.parametrize("plan", ["", " \n", "x" * (STATEMENT + 1), "a\x00b"])
def test_a_plan_says_something_that_a_file_can_hold(ended: Store, plan: str) -> None:
    assert refused(ended, lambda: hand_in(ended, plan=plan)) == ["plan.plan_wanted"]


@pytest.mark.parametrize(
    ("day", "first", "usual"),
    [
        (f"{YEAR}-12-20", date(YEAR, 12, 20), DUE),
        (f"{YEAR + 1}-04-30", DUE, DUE),
        (f"{YEAR + 1}-05-01", date(YEAR + 1, 5, 1), date(YEAR + 1, 12, 31)),
    ],
)
def test_the_day_proposed_is_the_next_deadline_of_applications(
    store: Store, rulebook: Rulebook, day: str, first: date, usual: date
) -> None:
    settle(store, rulebook, day)
    assert improving.term(store, rulebook, YEAR) == Term(first, date(YEAR + 1, 12, 31), usual)


def test_a_branch_sees_its_own(ended: Store, rulebook: Rulebook) -> None:
    evaluation = evaluated(ended, rulebook)
    found = improving.of_branch(ended, OPERATOR, evaluation, "B1")
    assert found is not None
    assert found.plan is None
    assert improving.of_branch(ended, OPERATOR, evaluation, "B3") is None
    hand_in(ended)
    assert improving.of_branch(ended, OPERATOR, evaluation, "B1") == owed(ended, rulebook)["B1"]


def test_a_branch_that_waits_a_year_owes_none_and_may_hand_one_in(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook, "2017-12-20")
    load_tables(store, rulebook, {"deferrals": [{"branch_id": "B1", "year": 2017, "reason": "刚成立"}]})
    make_final(store, 2017)
    evaluation = evaluate(store, rulebook, OPERATOR, 2017)

    def listed() -> set[str]:
        return {each.branch.branch_id for each in improving.of_year(store, OPERATOR, evaluation) or ()}

    assert "B1" not in listed()
    hand_in(store, year=2017, due=date(2018, 4, 30))
    assert "B1" in listed()


def test_who_may(ended: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = evaluated(ended, rulebook)
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_branch"}))
    reader = Viewer("x", "branch")
    assert improving.of_branch(ended, reader, evaluation, "B1")
    with pytest.raises(NotAllowed):
        improving.of_year(ended, reader, evaluation)
    with pytest.raises(NotAllowed):
        improving.hand_in(ended, reader, "B1", YEAR, PLAN, DUE)
    with pytest.raises(NotAllowed):
        improving.of_branch(ended, Viewer("x", "nobody"), evaluation, "B1")

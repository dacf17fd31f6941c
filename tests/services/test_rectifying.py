"""责令整改: ordered once, answered by the branch, closed with a finding, and what failing costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import rectifying
from dashboard.services.evaluation import evaluate
from dashboard.services.rectifying import Proposed
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.rectifying import Notice
from tests.helpers import codes, load_tables
from tests.services.year import make_final
from tests.subdistrict import expand

YEAR = 2022
DUE = date(YEAR, 11, 15)
BRANCHES: list[dict[str, Any]] = [
    {"id": "B1", "superior": "S1", "held": 4},
    {"id": "down", "superior": "S1", "held": 5, "recheck": "fail"},
    {"id": "up", "superior": "S1", "held": 3, "applies": 4, "inspected": 4, "acceptance": "pass", "score": 90},
    {"id": "unfit", "superior": "S1", "held": 4, "applies": 5, "inspected": 4, "acceptance": "fail", "score": 70},
    {"id": "vetoed", "superior": "S1", "held": 4, "committee": 1},
    {"id": "old", "superior": "S1", "held": 3, "rectification": "open"},
    {"id": "old2", "superior": "S1", "held": 3, "rectification": "open"},
    {"id": "none", "superior": "S1"},
    {"id": "gone", "superior": "S1", "held": 3, "active": False, "recheck": "fail"},
]


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    load_tables(store, rulebook, expand(rulebook, YEAR, BRANCHES))
    with store.transaction() as cursor:
        cursor.execute("INSERT INTO properties VALUES ('as_of', '2022-10-20')")
    return store


def issue(store: Store, branch: str = "B1", **other: Any) -> None:
    values: dict[str, Any] = {"because": "台账不全", "demands": "一个月内补齐", "due_on": DUE} | other
    rectifying.issue(store, OPERATOR, branch, values.pop("year", YEAR), **values)


def notice(store: Store, branch: str = "B1") -> Notice:
    found = rectifying.of_branch(store, OPERATOR, branch, YEAR)
    assert found is not None
    return found.notice


def refused(store: Store, act: Callable[[], None]) -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        act()
    assert store.revision().version == version
    return codes(caught.value)


def actions(store: Store, branch: str = "B1") -> list[str]:
    return [line["action"] for line in proceedings.of_branch(store, branch, YEAR)]


def test_from_the_notice_to_the_finding(held: Store, rulebook: Rulebook) -> None:
    for _ in range(3):
        issue(held)
    for _ in range(3):
        rectifying.answer(held, OPERATOR, "B1", YEAR, "已补齐 8 月台账")
    rectifying.answer(held, OPERATOR, "B1", YEAR, "已全部补齐")
    found = notice(held)
    assert (found.issued_on, found.due_on, found.outcome) == (date(YEAR, 10, 20), DUE, "open")
    assert (found.because, found.demands, found.reply) == ("台账不全", "一个月内补齐", "已全部补齐")
    assert found.replied_at is not None
    for _ in range(3):
        rectifying.close(held, OPERATOR, "B1", YEAR, "failed", "复查仍缺党费台账")
    assert (notice(held).outcome, notice(held).finding) == ("failed", "复查仍缺党费台账")
    after = evaluate(held, rulebook, OPERATOR, YEAR).branch("B1")
    assert after is not None
    assert (after.awarded_level, after.basis) == (3, "downgraded_rectification")
    assert actions(held) == [
        "rectification_ordered", "rectification_answered", "rectification_answered", "rectification_closed",
    ]  # fmt: skip


def test_one_notice_a_branch_a_year(held: Store) -> None:
    issue(held)
    assert refused(held, lambda: issue(held, demands="另外要求")) == ["rectification.there_is_one"]


def test_an_imported_rectification_gets_its_notice_later_and_may_end_without(held: Store) -> None:
    assert (notice(held, "old").because, notice(held, "old").issued_on) == (None, None)
    rectifying.answer(held, OPERATOR, "old", YEAR, "已整改")
    issue(held, "old")
    assert (notice(held, "old").because, notice(held, "old").due_on) == ("台账不全", DUE)
    assert notice(held, "old").reply == "已整改"
    rectifying.close(held, OPERATOR, "old2", YEAR, "met", "已达标")
    assert (notice(held, "old2").outcome, notice(held, "old2").finding) == ("met", "已达标")


def test_a_wrong_finding_and_a_wrong_notice_are_taken_back_with_a_reason(held: Store) -> None:
    issue(held)
    rectifying.close(held, OPERATOR, "B1", YEAR, "met", "已达标")
    assert refused(held, lambda: rectifying.withdraw(held, OPERATOR, "B1", YEAR, "误发")) == ["rectification.not_open"]
    for _ in range(2):
        rectifying.reopen(held, OPERATOR, "B1", YEAR, "认定有误")
    assert (notice(held).outcome, notice(held).finding, notice(held).closed_at) == ("open", None, None)
    for _ in range(2):
        rectifying.withdraw(held, OPERATOR, "B1", YEAR, "发错支部")
    assert rectifying.of_branch(held, OPERATOR, "B1", YEAR) is None
    line = proceedings.of_branch(held, "B1", YEAR)[-1]
    assert (line["reason"], line["detail"]["demands"]) == ("发错支部", "一个月内补齐")
    assert actions(held)[-3:] == ["rectification_closed", "rectification_reopened", "rectification_withdrawn"]


def test_overdue_ones_come_first(held: Store) -> None:
    issue(held)
    issue(held, "up", due_on=date(YEAR, 10, 20))
    issue(held, "none")
    rectifying.close(held, OPERATOR, "none", YEAR, "met", "已达标")
    found = rectifying.of_year(held, OPERATOR, YEAR)
    assert [(each.notice.branch_id, each.overdue) for each in found] == [
        ("old", True), ("old2", True), ("up", False), ("B1", False), ("none", False),
    ]  # fmt: skip


def test_failed_inspections_propose_branches_without_a_notice(held: Store, rulebook: Rulebook) -> None:
    evaluation = evaluate(held, rulebook, OPERATOR, YEAR)
    assert rectifying.proposed(held, OPERATOR, evaluation) == (
        Proposed("down", ("recheck",)), Proposed("unfit", ("acceptance",)),
    )  # fmt: skip
    issue(held, "down")
    assert [p.branch_id for p in rectifying.proposed(held, OPERATOR, evaluation)] == ["unfit"]


def test_what_failing_costs_is_what_it_then_costs(held: Store, rulebook: Rulebook) -> None:
    costs = rectifying.if_failed(held, rulebook, OPERATOR, evaluate(held, rulebook, OPERATOR, YEAR))
    assert set(costs) == {"B1", "down", "up", "unfit", "vetoed", "old", "old2", "gone"}
    assert costs["down"][0] == costs["down"][1]  # never two downgrades in one year
    assert costs["up"] == (4, 0)
    assert costs["vetoed"] == (0, 0)
    for branch, (now, then) in costs.items():
        with held.transaction() as cursor:
            cursor.execute("DELETE FROM rectifications")
            cursor.execute("INSERT INTO rectifications VALUES (?, ?, '2022-11-15', 'failed')", [branch, YEAR])
        after = evaluate(held, rulebook, OPERATOR, YEAR).branch(branch)
        assert after is not None
        assert after.awarded_level == then <= now


def test_what_is_wrong_is_told(held: Store) -> None:
    long = "长" * 4001
    for wrong, code in (
        ({"because": " "}, "because_wanted"),
        ({"because": long}, "because_wanted"),
        ({"demands": ""}, "demands_wanted"),
        ({"due_on": date(YEAR, 10, 19)}, "past"),
        ({"branch": "gone"}, "inactive"),
        ({"year": YEAR - 2}, "other_year"),
        ({"year": YEAR + 1}, "other_year"),
    ):
        assert refused(held, lambda wrong=wrong: issue(held, **wrong)) == [f"rectification.{code}"]  # type: ignore[misc]
    assert refused(held, lambda: issue(held, "nowhere")) == ["branch.unknown"]
    assert refused(held, lambda: rectifying.answer(held, OPERATOR, "B1", YEAR, "x")) == ["rectification.not_open"]
    assert refused(held, lambda: rectifying.close(held, OPERATOR, "B1", YEAR, "met", "x")) == ["rectification.not_open"]
    assert refused(held, lambda: rectifying.reopen(held, OPERATOR, "B1", YEAR, "x")) == ["rectification.gone"]
    issue(held)
    assert refused(held, lambda: rectifying.answer(held, OPERATOR, "B1", YEAR, "")) == ["rectification.reply_wanted"]
    assert refused(held, lambda: rectifying.close(held, OPERATOR, "B1", YEAR, "met", "")) == [
        "rectification.finding_wanted"
    ]
    rectifying.close(held, OPERATOR, "B1", YEAR, "met", "已达标")
    assert refused(held, lambda: rectifying.close(held, OPERATOR, "B1", YEAR, "failed", "未达标")) == [
        "rectification.not_open"
    ]
    assert refused(held, lambda: rectifying.answer(held, OPERATOR, "B1", YEAR, "补充")) == ["rectification.not_open"]


def test_a_final_year_takes_no_change(held: Store) -> None:
    issue(held)
    make_final(held)
    for act in (
        lambda: issue(held, "up"),
        lambda: rectifying.answer(held, OPERATOR, "B1", YEAR, "x"),
        lambda: rectifying.close(held, OPERATOR, "B1", YEAR, "met", "x"),
        lambda: rectifying.reopen(held, OPERATOR, "B1", YEAR, "x"),
        lambda: rectifying.withdraw(held, OPERATOR, "B1", YEAR, "x"),
    ):
        assert refused(held, act) == ["year.frozen"]


def test_a_branch_may_answer_and_no_more(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(held)
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_branch", "answer_rectification"}))
    branch = Viewer("x", "branch")
    rectifying.answer(held, branch, "B1", YEAR, "已整改")
    assert rectifying.of_branch(held, branch, "B1", YEAR)
    for call in (
        lambda: rectifying.issue(held, branch, "up", YEAR, "x", "y", DUE),
        lambda: rectifying.close(held, branch, "B1", YEAR, "met", "x"),
        lambda: rectifying.reopen(held, branch, "B1", YEAR, "x"),
        lambda: rectifying.withdraw(held, branch, "B1", YEAR, "x"),
        lambda: rectifying.of_year(held, branch, YEAR),
        lambda: rectifying.proposed(held, branch, evaluate(held, rulebook, OPERATOR, YEAR)),
    ):
        with pytest.raises(NotAllowed):
            call()

"""补报与延期: allowed by the office with a reason, in the years in which the rules allow it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.terms import deferral_years
from dashboard.services import permits
from dashboard.services.evaluation import evaluate
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.services.year import YEAR, full_marks, set_day, settle

FIRST = 2017


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    """In May; B1 has applied on 2 May, B3 in time."""
    settle(store, rulebook, f"{YEAR}-05-10")
    load_tables(
        store,
        rulebook,
        {
            "applications": [
                {"branch_id": "B1", "year": YEAR, "level": 3, "submitted_on": f"{YEAR}-05-02", "review": "approved"},
                {"branch_id": "B3", "year": YEAR, "level": 3, "submitted_on": f"{YEAR}-04-30", "review": "approved"},
            ],
            "marks": full_marks(rulebook, "B1"),
        },
    )
    return store


def status(store: Store, rulebook: Rulebook, branch: str = "B1") -> str | None:
    found = evaluate(store, rulebook, VISITOR, YEAR).branch(branch)
    return found.application_status if found else None


def actions(store: Store, branch: str, year: int = YEAR) -> list[tuple[str, str]]:
    return [(line["action"], line["reason"]) for line in proceedings.of_branch(store, branch, year)]


def refusal(act: Callable[[], object]) -> list[str]:
    with pytest.raises(UserError) as refused:
        act()
    return codes(refused.value)


def test_an_application_that_came_late_counts_once_it_is_allowed(held: Store, rulebook: Rulebook) -> None:
    assert status(held, rulebook) == "late"
    for _ in range(3):
        permits.allow_late(held, rulebook, VISITOR, "B1", YEAR, " 书记住院 ")
    assert status(held, rulebook) == "accepted"
    assert actions(held, "B1") == [("exception_granted", "书记住院")]
    assert [tuple(each) for each in permits.permits(held, rulebook, VISITOR, YEAR).exceptions] == [("B1", "书记住院")]
    assert refusal(lambda: permits.allow_late(held, rulebook, VISITOR, "B1", YEAR, "另一个")) == ["permit.there_is_one"]


def test_a_permission_in_use_is_not_taken_back(held: Store, rulebook: Rulebook) -> None:
    permits.allow_late(held, rulebook, VISITOR, "B1", YEAR, "书记住院")
    assert refusal(lambda: permits.disallow_late(held, VISITOR, "B1", YEAR, "不实")) == ["permit.in_use"]
    with held.write("test") as cursor:
        cursor.execute("UPDATE applications SET review = 'pending' WHERE branch_id = 'B1'")
    for _ in range(2):
        permits.disallow_late(held, VISITOR, "B1", YEAR, "不实")
    assert status(held, rulebook) == "late"
    assert permits.permits(held, rulebook, VISITOR, YEAR).exceptions == ()
    assert actions(held, "B1") == [("exception_granted", "书记住院"), ("exception_withdrawn", "不实")]


def test_a_permission_comes_before_the_application(held: Store, rulebook: Rulebook) -> None:
    permits.allow_late(held, rulebook, VISITOR, "B2", YEAR, "换届")
    permits.disallow_late(held, VISITOR, "B2", YEAR, "已撤回请求")
    permits.allow_late(held, rulebook, VISITOR, "B2", YEAR, "换届")
    assert [each.branch_id for each in permits.permits(held, rulebook, VISITOR, YEAR).exceptions] == ["B2"]


def test_an_imported_exception_is_listed_and_taken_back(held: Store, rulebook: Rulebook) -> None:
    row = {"branch_id": "B1", "year": YEAR, "level": 3, "submitted_on": f"{YEAR}-05-02", "review": "pending"}
    load_tables(held, rulebook, {"applications": [row | {"exception": "导入的理由"}]})
    assert [tuple(e) for e in permits.permits(held, rulebook, VISITOR, YEAR).exceptions] == [("B1", "导入的理由")]
    permits.disallow_late(held, VISITOR, "B1", YEAR, "录入有误")
    assert permits.permits(held, rulebook, VISITOR, YEAR).exceptions == ()


def test_what_is_refused(held: Store, rulebook: Rulebook) -> None:
    def allow(branch: str, reason: str = "理由", year: int = YEAR) -> Callable[[], object]:
        return lambda: permits.allow_late(held, rulebook, VISITOR, branch, year, reason)

    assert refusal(allow("B3")) == ["permit.in_time"]
    assert refusal(allow("B9")) == ["permit.inactive"]
    assert refusal(allow("B0")) == ["branch.unknown"]
    assert refusal(allow("B2", " ")) == ["permit.reason_wanted"]
    assert refusal(allow("B2", "长" * 201)) == ["permit.reason_wanted"]
    assert refusal(allow("B2", year=YEAR - 1)) == ["review.other_year"]
    assert actions(held, "B2") == []


def test_a_deferral_holds_in_the_years_of_the_rules_alone(store: Store, rulebook: Rulebook) -> None:
    assert list(deferral_years(rulebook)) == [FIRST, FIRST + 1]
    assert list(deferral_years(changed(rulebook, "coverage.deferral_years=0"))) == [FIRST]
    settle(store, rulebook, f"{FIRST}-04-20")
    for _ in range(3):
        permits.defer(store, rulebook, VISITOR, "B1", FIRST, "刚成立")
    found = evaluate(store, rulebook, VISITOR, FIRST).branch("B1")
    assert found is not None
    assert found.basis == "deferred"
    assert refusal(lambda: permits.defer(store, rulebook, VISITOR, "B1", FIRST, "另一个")) == ["permit.there_is_one"]
    for _ in range(2):
        permits.end_deferral(store, VISITOR, "B1", FIRST, "已能申报")
    assert actions(store, "B1", FIRST) == [("deferred", "刚成立"), ("deferral_withdrawn", "已能申报")]
    assert permits.permits(store, rulebook, VISITOR, FIRST).deferrals == ()
    set_day(store, f"{YEAR}-04-20")
    assert refusal(lambda: permits.defer(store, rulebook, VISITOR, "B1", YEAR, "理由")) == ["permit.no_deferral"]
    assert not permits.permits(store, rulebook, VISITOR, YEAR).deferral


def test_who_has_applied_defers_nothing(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook, f"{FIRST}-04-20")
    row = {"branch_id": "B1", "year": FIRST, "level": 3, "submitted_on": f"{FIRST}-04-20", "review": "pending"}
    load_tables(store, rulebook, {"applications": [row]})
    assert refusal(lambda: permits.defer(store, rulebook, VISITOR, "B1", FIRST, "理由")) == ["permit.has_applied"]


def test_who_may(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "superior", frozenset({"view_results", "review"}))
    superior = Viewer("x", "superior")
    assert permits.permits(held, rulebook, superior, YEAR).exceptions == ()
    calls: list[Callable[[], None]] = [
        lambda: permits.allow_late(held, rulebook, superior, "B2", YEAR, "理由"),
        lambda: permits.disallow_late(held, superior, "B2", YEAR, "理由"),
        lambda: permits.defer(held, rulebook, superior, "B2", YEAR, "理由"),
        lambda: permits.end_deferral(held, superior, "B2", YEAR, "理由"),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()

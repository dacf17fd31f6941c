"""申报审核: item by item, once, on what was seen; under the caps by the rules' own status."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import review_results
from dashboard.services.applying import application_of
from dashboard.services.dossier import Dossier, look
from dashboard.services.evaluation import evaluate
from dashboard.services.reviewing import Desk, desks, if_approved, movable
from dashboard.services.sheets import Change, Stage, save
from dashboard.services.texts import STATEMENT
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import Rows, codes, load_tables
from tests.services.year import YEAR, full_marks, make_final, set_day, settle

NEIGHBOURS = ("C1", "C2", "C3")


def applications(*rows: tuple[str, int], **other: object) -> Rows:
    return [
        {"branch_id": branch, "year": YEAR, "level": level, "submitted_on": f"{YEAR}-04-1{n}", "review": "pending"}
        | other
        for n, (branch, level) in enumerate(rows)
    ]


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    """B1 and three neighbours of one community apply for five stars, B3 of an organ and B4 without a superior for four;
    c12 of B1 is not met."""
    settle(store, rulebook)
    others: Rows = [{"branch_id": b, "name": f"邻居{b}", "superior_id": "S1", "sector": "two_new"} for b in NEIGHBOURS]
    marks = [row for b in ("B3", "B4", *NEIGHBOURS) for row in full_marks(rulebook, b)]
    load_tables(
        store,
        rulebook,
        {
            "branches": others,
            "applications": applications(("C1", 5), ("C2", 5), ("C3", 5), ("B1", 5), ("B3", 4), ("B4", 4)),
            "marks": [*marks, *full_marks(rulebook, "B1", c12=0)],
        },
    )
    return store


def at(store: Store, rulebook: Rulebook, superior: str | None = "S1") -> Desk:
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    then = if_approved(store, rulebook, VISITOR, evaluation)
    return next(d for d in desks(store, rulebook, VISITOR, evaluation, then) if d.superior_id == superior)


def seen(store: Store, rulebook: Rulebook, branch: str = "C1") -> Dossier:
    return look(store, rulebook, VISITOR, branch, YEAR)


def approve(store: Store, rulebook: Rulebook, branch: str = "C1", remark: str = "") -> None:
    mark = seen(store, rulebook, branch).fingerprint
    review_results.approve(store, rulebook, VISITOR, branch, YEAR, mark, remark)


def give_back(store: Store, rulebook: Rulebook, branch: str = "C1", reason: str = "台账不全") -> None:
    mark = seen(store, rulebook, branch).fingerprint
    review_results.send_back(store, rulebook, VISITOR, branch, YEAR, mark, reason)


def type_in(store: Store, rulebook: Rulebook, *changes: Change, branch: str = "C1", stage: Stage = "review") -> None:
    done = save(store, rulebook, VISITOR, branch, YEAR, stage, changes)
    assert not done.refused
    assert not done.conflicts


def review_of(store: Store, branch: str = "C1") -> str:
    found = application_of(store, VISITOR, branch, YEAR)
    assert found is not None
    return found.review


def lines(store: Store, branch: str = "C1") -> list[tuple[str, str]]:
    return [(line["action"], line["reason"]) for line in proceedings.of_branch(store, branch, YEAR)]


def refusal(act: Callable[[], object]) -> list[str]:
    with pytest.raises(UserError) as refused:
        act()
    return codes(refused.value)


def test_a_desk_says_how_applications_stand_and_what_approving_them_all_would_give(
    held: Store, rulebook: Rulebook
) -> None:
    desk = at(held, rulebook)
    assert [(c.branch.branch_id, c.status, c.then) for c in desk.cases] == [
        ("C1", "pending", "accepted"),
        ("C2", "pending", "accepted"),
        ("C3", "pending", "over_cap"),
        ("B1", "pending", "self_unmet"),
    ]
    assert desk.caps == {5: 2, 4: 4}
    assert (desk.superior, [(a.branch.branch_id, a.why) for a in desk.absent]) == (
        "红枫社区党委",
        [("B2", "not_yet"), ("B9", "inactive")],
    )
    assert at(held, rulebook, "S2").caps == {}
    own = at(held, rulebook, None)
    assert [(c.branch.branch_id, c.status) for c in own.cases] == [("B4", "accepted")]


@pytest.mark.parametrize(
    ("day", "extra", "why"),
    [
        (f"{YEAR}-04-30", {}, "not_yet"),
        (f"{YEAR}-05-01", {}, "missed"),
        (f"{YEAR}-05-01", {"awards": [{"branch_id": "B2", "year": YEAR - 1, "level": 3}]}, "holds"),
    ],
)
def test_why_a_branch_has_not_applied(
    held: Store, rulebook: Rulebook, day: str, extra: dict[str, Rows], why: str
) -> None:
    set_day(held, day)
    load_tables(held, rulebook, extra)
    absent = {each.branch.branch_id: each.why for each in at(held, rulebook).absent}
    assert absent == {"B2": why, "B9": "inactive"}


def test_what_does_not_meet_the_level_is_told_item_by_item(held: Store, rulebook: Rulebook) -> None:
    before = full_marks(rulebook, "B1", year=YEAR - 1, c11=9)
    load_tables(held, rulebook, {"marks": before})
    found = seen(held, rulebook, "B1")
    assert [line.criterion.id for line in found.lines if line.short] == ["c12"]
    assert {line.criterion.id: dict(line.moved) for line in found.lines if line.moved} == {
        "c11": {"self": 9.0},
        "c12": {"self": 1.0},
    }
    assert (found.met, found.found, found.unmet, found.remarks) == (0, 0, True, ())


def test_approving_hands_in_what_was_found_and_counts_by_the_rules(held: Store, rulebook: Rulebook) -> None:
    type_in(held, rulebook, Change("c11", "value", None, 4), Change("c11", "note", None, "查了签到表"))
    assert seen(held, rulebook).remarks[0].found
    approve(held, rulebook)
    assert {c.branch.branch_id: c.status for c in at(held, rulebook).cases}["C1"] == "accepted"
    (line,) = proceedings.of_branch(held, "C1", YEAR)
    assert (line["action"], line["detail"]["level_found"]) == ("approved", 5)
    assert line["detail"]["differences"] == [{"criterion": "c11", "own": 4.0, "found": 4.0, "note": "查了签到表"}]
    with held.read() as cursor:
        assert cursor.execute("SELECT criterion, value, note FROM review_findings").fetchall() == [
            ("c11", 4.0, "查了签到表")
        ]
        assert cursor.execute("SELECT count(*) FROM sheet_entries").fetchone() == (0,)


def test_three_clicks_are_one_decision(held: Store, rulebook: Rulebook) -> None:
    mark, version = seen(held, rulebook).fingerprint, held.revision().version
    for _ in range(3):
        review_results.approve(held, rulebook, VISITOR, "C1", YEAR, mark)
        review_results.send_back(held, rulebook, VISITOR, "C2", YEAR, seen(held, rulebook, "C2").fingerprint, "缺台账")
    assert held.revision().version == version + 2
    assert lines(held) == [("approved", "")]
    assert lines(held, "C2") == [("returned", "缺台账")]


def test_a_decision_stands_on_what_was_seen(held: Store, rulebook: Rulebook) -> None:
    """Whatever changed since: the findings, the level, the marks handed in again, or another decision."""
    mark = seen(held, rulebook).fingerprint

    def decide() -> None:
        review_results.approve(held, rulebook, VISITOR, "C1", YEAR, mark)

    type_in(held, rulebook, Change("c11", "value", None, 4))
    assert refusal(decide) == ["review.changed"]
    type_in(held, rulebook, Change("c11", "value", 4, None))
    with held.write("test") as cursor:
        cursor.execute("UPDATE applications SET level = 4 WHERE branch_id = 'C1'")
    assert refusal(decide) == ["review.changed"]
    with held.write("test") as cursor:
        cursor.execute("UPDATE applications SET level = 5 WHERE branch_id = 'C1'")
        cursor.execute("UPDATE marks SET note = '改过' WHERE branch_id = 'C1' AND criterion = 'c01'")
    assert refusal(decide) == ["review.changed"]
    give_back(held, rulebook)
    assert refusal(lambda: approve(held, rulebook)) == ["review.changed"]
    assert refusal(lambda: give_back(held, rulebook, reason="另一个理由")) == ["review.changed"]
    assert lines(held) == [("returned", "台账不全")]


def test_what_was_found_short_is_approved_only_with_a_remark(held: Store, rulebook: Rulebook) -> None:
    type_in(held, rulebook, Change("c02", "value", None, 0))
    found = seen(held, rulebook)
    assert (found.met, found.found, [line.criterion.id for line in found.remarks]) == (5, 0, ["c02"])
    assert refusal(lambda: approve(held, rulebook)) == ["review.unmet"]
    assert review_of(held) == "pending"
    approve(held, rulebook, remark="已当场整改")
    assert lines(held) == [("approved", "已当场整改")]


def test_returning_takes_a_reason(held: Store, rulebook: Rulebook) -> None:
    for reason in ("", "   ", "长" * (STATEMENT + 1), "坏\x00字"):
        assert refusal(partial(give_back, held, rulebook, reason=reason)) == ["review.reason_wanted"]
    assert review_of(held) == "pending"


def test_an_approval_is_taken_back_until_an_inspection_has_begun(held: Store, rulebook: Rulebook) -> None:
    approve(held, rulebook)
    for _ in range(2):
        review_results.take_back(held, VISITOR, "C1", YEAR, "台账有疑问")
    assert review_of(held) == "pending"
    assert lines(held) == [("approved", ""), ("approval_withdrawn", "台账有疑问")]
    assert refusal(lambda: review_results.take_back(held, VISITOR, "C1", YEAR, "又一次")) == ["review.changed"]
    approve(held, rulebook)
    type_in(held, rulebook, Change("c01", "value", None, 1), stage="inspection")
    assert seen(held, rulebook).inspected
    assert refusal(lambda: review_results.take_back(held, VISITOR, "C1", YEAR, "太晚")) == ["review.inspected"]


def test_the_order_decides_who_is_within_the_cap(held: Store, rulebook: Rulebook) -> None:
    for branch in NEIGHBOURS:
        approve(held, rulebook, branch)

    def order(shown: list[str], wanted: list[str]) -> None:
        review_results.reorder(held, VISITOR, "S1", YEAR, 5, shown, wanted)

    def standing() -> list[tuple[str, str]]:
        return [(c.branch.branch_id, c.status) for c in at(held, rulebook).reviewed("approved")]

    assert standing() == [("C1", "accepted"), ("C2", "accepted"), ("C3", "over_cap")]
    for _ in range(3):
        order(["C1", "C2", "C3"], ["C3", "C1", "C2"])
    assert standing() == [("C3", "accepted"), ("C1", "accepted"), ("C2", "over_cap")]
    assert [action for action, _ in lines(held, "C3")] == ["approved", "reordered"]
    assert proceedings.of_branch(held, "C3", YEAR)[-1]["detail"] == {"level": 5, "before": 3, "place": 1}
    for stale, wanted in (
        (["C1", "C2", "C3"], ["C2", "C1", "C3"]),
        (["C3", "C1", "C2"], ["C1", "C2"]),
        (["C3", "C1", "C2"], ["C1", "C2", "B1"]),
    ):
        assert refusal(partial(order, stale, wanted)) == ["review.changed"]
    type_in(held, rulebook, Change("c01", "value", None, 1), branch="C2", stage="inspection")
    assert refusal(lambda: order(["C3", "C1", "C2"], ["C1", "C3", "C2"])) == ["review.inspected"]


def test_an_order_without_a_change_is_kept_once(held: Store, rulebook: Rulebook) -> None:
    """Numbering what had no numbers is a change of the data, and of no branch's place."""
    for branch in NEIGHBOURS:
        approve(held, rulebook, branch)
    for _ in range(2):
        review_results.reorder(held, VISITOR, "S1", YEAR, 5, NEIGHBOURS, NEIGHBOURS)
    assert [action for action, _ in lines(held)] == ["approved"]
    assert [c.application.priority for c in at(held, rulebook).reviewed("approved")] == [1, 2, 3]


def test_the_order_may_be_changed_where_several_share_a_cap_and_nothing_has_begun(
    held: Store, rulebook: Rulebook
) -> None:
    def levels(superior: str = "S1") -> frozenset[int]:
        return movable(held, VISITOR, at(held, rulebook, superior), YEAR)

    approve(held, rulebook, "C1")
    approve(held, rulebook, "B3")
    assert (levels(), levels("S2")) == (frozenset(), frozenset())
    approve(held, rulebook, "C2")
    assert levels() == {5}
    set_day(held, f"{YEAR + 1}-01-02")
    assert levels() == frozenset()
    set_day(held, f"{YEAR}-10-02")
    assert levels() == {5}
    type_in(held, rulebook, Change("c01", "value", None, 1), branch="C2", stage="inspection")
    assert levels() == frozenset()
    type_in(held, rulebook, Change("c01", "value", 1, None), branch="C2", stage="inspection")
    assert levels() == {5}
    make_final(held)
    assert levels() == frozenset()


def test_a_branch_without_a_superior_is_not_reviewed(held: Store, rulebook: Rulebook) -> None:
    assert refusal(lambda: approve(held, rulebook, "B4")) == ["review.no_superior"]
    assert refusal(lambda: give_back(held, rulebook, "B4")) == ["review.no_superior"]


def test_who_has_not_applied_has_nothing_to_review(held: Store, rulebook: Rulebook) -> None:
    assert refusal(lambda: seen(held, rulebook, "B2")) == ["review.gone"]


def test_another_year_and_a_final_year_are_closed(held: Store, rulebook: Rulebook) -> None:
    approve(held, rulebook, "C2")
    acts: tuple[Callable[[], object], ...] = (
        lambda: approve(held, rulebook),
        lambda: give_back(held, rulebook),
        lambda: review_results.take_back(held, VISITOR, "C2", YEAR, "理由"),
        lambda: review_results.reorder(held, VISITOR, "S1", YEAR, 5, ["C2"], ["C2"]),
    )
    set_day(held, f"{YEAR + 1}-01-02")
    assert [refusal(act) for act in acts] == [["review.other_year"]] * 4
    set_day(held, f"{YEAR}-12-30")
    make_final(held)
    assert [refusal(act) for act in acts] == [["year.frozen"]] * 4
    assert review_of(held) == "pending"


def test_who_may(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_branch", "view_results"}))
    reader, mark = Viewer("x", "reader"), seen(held, rulebook).fingerprint
    for call in (
        lambda: review_results.approve(held, rulebook, reader, "C1", YEAR, mark),
        lambda: review_results.send_back(held, rulebook, reader, "C1", YEAR, mark, "理由"),
        lambda: review_results.take_back(held, reader, "C1", YEAR, "理由"),
        lambda: review_results.reorder(held, reader, "S1", YEAR, 5, ["C1"], ["C1"]),
        lambda: look(held, rulebook, Viewer("x", "nobody"), "C1", YEAR),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert lines(held) == []

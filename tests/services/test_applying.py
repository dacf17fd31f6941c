"""申报: in time, once, with the sheet that was seen, and with what speaks against it said beforehand."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.applying import application_of, apply, prepare_application, withdraw
from dashboard.services.evaluation import evaluate
from dashboard.services.sheets import Change, read_sheet, save
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import Rows, codes, load_tables
from tests.services.year import YEAR, full_marks, set_day, settle


@pytest.fixture
def subdistrict(store: Store, rulebook: Rulebook) -> Store:
    settle(store, rulebook)
    fill(store, rulebook, "B1")
    return store


def fill(store: Store, rulebook: Rulebook, branch: str, c12: float = 1) -> None:
    """Type a whole sheet."""
    marks = full_marks(rulebook, branch, c12=c12)
    changes = [Change(str(row["criterion"]), "value", None, row["value"]) for row in marks]
    assert not save(store, rulebook, VISITOR, branch, YEAR, "self", changes).refused


def send(store: Store, rulebook: Rulebook, branch: str = "B1", level: int = 4) -> None:
    seen = read_sheet(store, rulebook, VISITOR, branch, YEAR, "self").fingerprint
    apply(store, rulebook, VISITOR, branch, YEAR, level, seen)


def review(store: Store, outcome: str, branch: str = "B1") -> None:
    with store.write("test") as cursor:
        cursor.execute("UPDATE applications SET review = ? WHERE branch_id = ?", [outcome, branch])


def grant(store: Store, branch: str = "B1") -> None:
    with store.write("test") as cursor:
        cursor.execute("INSERT INTO exceptions VALUES (?, ?, '书记住院')", [branch, YEAR])


def actions(store: Store, branch: str = "B1") -> list[str]:
    return [line["action"] for line in proceedings.of_branch(store, branch, YEAR)]


def test_an_application_hands_in_the_sheet_and_counts_by_the_rules(subdistrict: Store, rulebook: Rulebook) -> None:
    send(subdistrict, rulebook)
    found = application_of(subdistrict, VISITOR, "B1", YEAR)
    assert found is not None
    assert found._asdict() == {
        "level": 4,
        "submitted_on": date(YEAR, 4, 20),
        "review": "pending",
        "priority": None,
        "exception": None,
    }
    result = evaluate(subdistrict, rulebook, VISITOR, YEAR).branch("B1")
    assert result is not None
    assert (result.self_level, result.application_status) == (5, "pending")


def test_three_clicks_are_one_application(subdistrict: Store, rulebook: Rulebook) -> None:
    for _ in range(3):
        send(subdistrict, rulebook)
    assert actions(subdistrict) == ["applied"]
    send(subdistrict, rulebook, level=5)
    assert actions(subdistrict) == ["applied", "applied"]


def test_an_application_stands_on_the_sheet_that_was_seen(subdistrict: Store, rulebook: Rulebook) -> None:
    seen = read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").fingerprint
    save(subdistrict, rulebook, VISITOR, "B1", YEAR, "self", [Change("c01", "value", 1, 0)])
    with pytest.raises(UserError) as refused:
        apply(subdistrict, rulebook, VISITOR, "B1", YEAR, 4, seen)
    assert codes(refused.value) == ["apply.changed"]
    assert application_of(subdistrict, VISITOR, "B1", YEAR) is None


def test_a_branch_without_a_superior_reviews_itself(subdistrict: Store, rulebook: Rulebook) -> None:
    fill(subdistrict, rulebook, "B4")
    send(subdistrict, rulebook, "B4")
    result = evaluate(subdistrict, rulebook, VISITOR, YEAR).branch("B4")
    assert result is not None
    assert result.application_status == "accepted"
    withdraw(subdistrict, VISITOR, "B4", YEAR)
    assert application_of(subdistrict, VISITOR, "B4", YEAR) is None


def test_nothing_can_be_applied_for_after_the_deadline_but_by_exception(subdistrict: Store, rulebook: Rulebook) -> None:
    set_day(subdistrict, f"{YEAR}-05-01")
    with pytest.raises(UserError) as refused:
        send(subdistrict, rulebook)
    assert codes(refused.value) == ["apply.closed"]
    assert prepare_application(subdistrict, rulebook, VISITOR, "B1", YEAR).late
    grant(subdistrict)
    ready = prepare_application(subdistrict, rulebook, VISITOR, "B1", YEAR)
    assert (ready.late, ready.excepted) == (False, True)
    send(subdistrict, rulebook)
    found = application_of(subdistrict, VISITOR, "B1", YEAR)
    assert found is not None
    assert (found.submitted_on, found.exception) == (date(YEAR, 5, 1), "书记住院")
    review(subdistrict, "approved")
    result = evaluate(subdistrict, rulebook, VISITOR, YEAR).branch("B1")
    assert result is not None
    assert result.application_status == "accepted"


def test_the_last_day_is_in_time(subdistrict: Store, rulebook: Rulebook) -> None:
    set_day(subdistrict, f"{YEAR}-04-30")
    send(subdistrict, rulebook)
    assert application_of(subdistrict, VISITOR, "B1", YEAR) is not None


def test_what_was_returned_may_be_mended_after_the_deadline_and_not_raised(
    subdistrict: Store, rulebook: Rulebook
) -> None:
    send(subdistrict, rulebook)
    review(subdistrict, "returned")
    set_day(subdistrict, f"{YEAR}-05-06")
    with pytest.raises(UserError):
        send(subdistrict, rulebook, level=5)
    save(subdistrict, rulebook, VISITOR, "B1", YEAR, "self", [Change("c01", "note", None, "已补台账")])
    send(subdistrict, rulebook)
    found = application_of(subdistrict, VISITOR, "B1", YEAR)
    assert found is not None
    assert (found.submitted_on, found.review) == (date(YEAR, 4, 20), "pending")


def test_what_the_superior_approved_stays_as_it_is(subdistrict: Store, rulebook: Rulebook) -> None:
    send(subdistrict, rulebook)
    review(subdistrict, "approved")
    for act in (
        lambda: send(subdistrict, rulebook, level=5),
        lambda: withdraw(subdistrict, VISITOR, "B1", YEAR),
        lambda: save(subdistrict, rulebook, VISITOR, "B1", YEAR, "self", [Change("c01", "value", 1, 0)]),
    ):
        with pytest.raises(UserError) as refused:
            act()
        assert codes(refused.value) == ["sheet.locked_approved"]


def test_an_application_taken_back_leaves_the_self_assessment(subdistrict: Store, rulebook: Rulebook) -> None:
    send(subdistrict, rulebook)
    for _ in range(2):
        withdraw(subdistrict, VISITOR, "B1", YEAR)
    assert application_of(subdistrict, VISITOR, "B1", YEAR) is None
    assert actions(subdistrict) == ["applied", "withdrawn"]
    assert read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").answered == 42


@pytest.mark.parametrize(("level", "code"), [(2, "apply.level"), (0, "apply.level")])
def test_a_level_that_does_not_exist_is_refused(subdistrict: Store, rulebook: Rulebook, level: int, code: str) -> None:
    with pytest.raises(UserError) as refused:
        send(subdistrict, rulebook, level=level)
    assert codes(refused.value) == [code]


def test_an_empty_sheet_cannot_be_handed_in(subdistrict: Store, rulebook: Rulebook) -> None:
    with pytest.raises(UserError) as refused:
        send(subdistrict, rulebook, "B2")
    assert codes(refused.value) == ["apply.nothing_answered"]


def test_what_speaks_against_an_application_is_what_the_rules_would_say(subdistrict: Store, rulebook: Rulebook) -> None:
    """The status said beforehand is the one that the application gets once it is handed in and approved."""
    caps = rulebook.application.caps.by_level["five_star"]
    others: Rows = [
        {"branch_id": f"C{n}", "name": f"邻居{n}", "superior_id": "S1", "sector": "two_new"} for n in range(caps)
    ]
    applied: Rows = [
        {"branch_id": f"C{n}", "year": YEAR, "level": 5, "submitted_on": f"{YEAR}-04-01", "review": "approved"}
        for n in range(caps)
    ]
    marks = [row for other in others for row in full_marks(rulebook, str(other["branch_id"]))]
    awards: Rows = [{"branch_id": "B1", "year": YEAR - 1, "level": 3}]
    load_tables(subdistrict, rulebook, {"branches": others, "applications": applied, "marks": marks, "awards": awards})
    fill(subdistrict, rulebook, "B2", c12=0)
    said: dict[tuple[str, int], str] = {}
    for branch in ("B1", "B2"):
        ready = prepare_application(subdistrict, rulebook, VISITOR, branch, YEAR)
        said |= {(branch, prospect.level): prospect.status for prospect in ready.prospects}
        assert [prospect.changes_nothing for prospect in ready.prospects] == [branch == "B1", False, False]
    assert said["B1", 5] == "over_cap"
    assert {said["B2", level] for level in (3, 4, 5)} == {"self_unmet"}
    for (branch, level), status in said.items():
        send(subdistrict, rulebook, branch, level)
        review(subdistrict, "approved", branch)
        result = evaluate(subdistrict, rulebook, VISITOR, YEAR).branch(branch)
        assert result is not None
        assert result.application_status == status, (branch, level)
        review(subdistrict, "pending", branch)
        withdraw(subdistrict, VISITOR, branch, YEAR)

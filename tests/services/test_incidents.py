"""Incidents: entered once, corrected and withdrawn with a reason, and how far a branch is from the veto."""

from __future__ import annotations

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import incidents
from dashboard.services.evaluation import evaluate
from dashboard.services.incidents import Distance
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.incidents import IncidentRow
from tests.helpers import codes, load_tables
from tests.services.year import make_final
from tests.subdistrict import expand

YEAR = 2022
FOUND = IncidentRow("i1", "B1", YEAR, "member", "M1", True, "涉嫌严重违纪违法，接受审查调查")


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    tables = expand(rulebook, YEAR, [{"id": "B1", "superior": "S1", "held": 4}, {"id": "B2", "superior": "S1"}])
    members = [("M1", "张三", "B1"), ("M2", "李四", "B1"), ("M3", "王五", "B2")]
    tables["members"] = [
        {"member_id": m, "name": name, "branch_id": branch, "status": "full", "in_subdistrict": 1}
        for m, name, branch in members
    ]
    load_tables(store, rulebook, tables)
    return store


def distance(store: Store, rulebook: Rulebook, branch: str = "B1") -> Distance:
    return incidents.distances(store, rulebook, OPERATOR, evaluate(store, rulebook, OPERATOR, YEAR))[branch]


def actions(store: Store) -> list[str]:
    return [line["action"] for line in proceedings.of_branch(store, "B1", YEAR)]


def refused(store: Store, row: IncidentRow, because: str | None = None) -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        if because is None:
            incidents.record(store, OPERATOR, row)
        else:
            incidents.correct(store, OPERATOR, row, because)
    assert store.revision().version == version
    return codes(caught.value)


def test_one_more_member_and_the_star_is_gone(held: Store, rulebook: Rulebook) -> None:
    assert distance(held, rulebook) == Distance("B1", 0, 1, 0, 2, vetoed=False, previous_level=4)
    incidents.record(held, OPERATOR, FOUND)
    incidents.record(held, OPERATOR, FOUND._replace(incident_id="i2"))  # the same member again
    assert distance(held, rulebook) == Distance("B1", 0, 1, 1, 2, vetoed=False, previous_level=4)
    incidents.record(held, OPERATOR, FOUND._replace(incident_id="i3", member_id="M2", severe=False))
    assert not distance(held, rulebook).vetoed
    incidents.correct(held, OPERATOR, FOUND._replace(incident_id="i3", member_id="M2"), "经核实，情节严重")
    assert distance(held, rulebook) == Distance("B1", 0, 1, 2, 2, vetoed=True, previous_level=4)
    incidents.withdraw(held, OPERATOR, "i3", "查否")
    assert not distance(held, rulebook).vetoed
    assert not distance(held, rulebook, "B2").vetoed
    incidents.record(held, OPERATOR, IncidentRow("i4", "B1", YEAR, "committee", None, True, "受党内严重警告处分"))
    assert distance(held, rulebook).vetoed


def test_sent_three_times_is_entered_once(held: Store) -> None:
    for _ in range(3):
        incidents.record(held, OPERATOR, FOUND)
    assert [(i.row, i.member) for i in incidents.of_year(held, OPERATOR, YEAR)] == [(FOUND, "张三")]
    assert actions(held) == ["incident_recorded"]
    assert refused(held, FOUND._replace(severe=False)) == ["incident.there_is_one"]


def test_a_correction_says_what_was_before(held: Store) -> None:
    incidents.record(held, OPERATOR, FOUND)
    assert refused(held, FOUND._replace(severe=False), " ") == ["incident.because_wanted"]
    for _ in range(2):
        incidents.correct(held, OPERATOR, FOUND._replace(severe=False), "情节较轻")
    line = proceedings.of_branch(held, "B1", YEAR)[-1]
    assert (line["action"], line["reason"]) == ("incident_corrected", "情节较轻")
    assert (line["detail"]["severe"], line["detail"]["before"]["severe"]) == (False, True)
    assert actions(held) == ["incident_recorded", "incident_corrected"]
    assert refused(held, FOUND._replace(branch_id="B2", member_id="M3"), "换支部") == ["incident.gone"]


def test_a_member_who_left_may_still_be_named_where_he_was(held: Store) -> None:
    incidents.record(held, OPERATOR, FOUND)
    with held.transaction() as cursor:
        cursor.execute("UPDATE members SET branch_id = 'B2' WHERE member_id = 'M1'")
    incidents.correct(held, OPERATOR, FOUND._replace(note="查实"), "补充情况")
    assert refused(held, FOUND._replace(incident_id="i2")) == ["incident.other_member"]


def test_what_was_withdrawn_stays_in_the_proceedings(held: Store) -> None:
    incidents.record(held, OPERATOR, FOUND)
    with pytest.raises(UserError) as caught:
        incidents.withdraw(held, OPERATOR, "i1", "")
    assert codes(caught.value) == ["incident.because_wanted"]
    for _ in range(3):
        incidents.withdraw(held, OPERATOR, "i1", "重复录入")
    assert incidents.of_year(held, OPERATOR, YEAR) == ()
    line = proceedings.of_branch(held, "B1", YEAR)[-1]
    assert (line["reason"], line["detail"]["note"], line["detail"]["member_id"]) == ("重复录入", FOUND.note, "M1")
    assert actions(held) == ["incident_recorded", "incident_withdrawn"]


def test_what_is_wrong_is_told(held: Store) -> None:
    assert refused(held, FOUND._replace(branch_id="nowhere")) == ["branch.unknown"]
    assert refused(held, FOUND._replace(member_id="M3")) == ["incident.other_member"]
    assert refused(held, FOUND._replace(subject="")) == ["incident.subject_wanted"]
    for note in (None, "  ", "长" * 4001, "a\x00b"):
        assert refused(held, FOUND._replace(note=note)) == ["incident.note_wanted"]


def test_a_final_year_takes_none(held: Store) -> None:
    incidents.record(held, OPERATOR, FOUND)
    make_final(held)
    assert refused(held, FOUND._replace(incident_id="i2")) == ["year.frozen"]
    assert refused(held, FOUND._replace(severe=False), "改") == ["year.frozen"]
    with pytest.raises(UserError) as caught:
        incidents.withdraw(held, OPERATOR, "i1", "撤")
    assert codes(caught.value) == ["year.frozen"]


def test_who_may(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "view_incidents"}))
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_results", "view_branch"}))
    reader, outside = Viewer("x", "reader"), Viewer("x", "branch")
    evaluation = evaluate(held, rulebook, OPERATOR, YEAR)
    assert incidents.distances(held, rulebook, reader, evaluation)
    for call in (
        lambda: incidents.record(held, reader, FOUND),
        lambda: incidents.correct(held, reader, FOUND, "x"),
        lambda: incidents.withdraw(held, reader, "i1", "x"),
        lambda: incidents.of_year(held, outside, YEAR),
        lambda: incidents.members_of(held, outside, "B1"),
        lambda: incidents.distances(held, rulebook, outside, evaluation),
    ):
        with pytest.raises(NotAllowed):
            call()

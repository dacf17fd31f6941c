"""公示与定稿: announced as it is, objected to, final once nothing is open; then nothing of the year changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import get_args

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.appraisal import Round
from dashboard.rules.rulebook import Rulebook
from dashboard.services import (
    appraisals,
    deciding,
    drawing,
    evaluation,
    incidents,
    permits,
    publishing,
    rectifying,
    runs,
    sheets,
)
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.incidents import IncidentRow
from dashboard.store.runs import ObjectionRow
from tests.helpers import changed, codes, load_tables
from tests.services.finished import announced, final, finish, notice, rated, untie
from tests.services.year import YEAR, set_day

OBJECTION = ObjectionRow("o1", 1, "A2", date(YEAR, 11, 11), "第二党支部", "得分有误", None, None, None)


@pytest.fixture
def rules(store: Store, rulebook: Rulebook) -> Rulebook:
    return finish(store, rulebook)


def refusal(store: Store, act: Callable[[], object]) -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        act()
    assert store.revision().version == version
    return codes(caught.value)


def state(store: Store, run_id: int = 1) -> str:
    return runs.read(store, OPERATOR, run_id).run.state


def awards(store: Store) -> dict[str, tuple[int, str]]:
    rows = store.query("SELECT branch_id, level, basis FROM awards WHERE year = ?", [YEAR]).to_pylist()
    return {row["branch_id"]: (row["level"], row["basis"]) for row in rows}


def test_from_the_notice_to_the_final_year(store: Store, rules: Rulebook) -> None:
    run_id = announced(store, rules)
    publishing.announce(store, rules, OPERATOR, run_id, notice())  # once more
    assert state(store) == "announced"
    assert awards(store) == {}
    assert refusal(store, lambda: publishing.finalise(store, rules, OPERATOR, run_id)) == ["run.notice_runs"]
    set_day(store, f"{YEAR}-11-17")
    for _ in range(3):
        publishing.finalise(store, rules, OPERATOR, run_id)
    assert state(store) == "final"
    assert awards(store) == {r.branch_id: (r.awarded_level, r.basis) for r in rated(store, rules).branches()}
    assert [line["action"] for line in proceedings.of_branch(store, "A3", YEAR)] == ["tie_decided", "rated"]
    assert proceedings.of_branch(store, "A9", YEAR) == []


def test_what_is_open_is_not_announced(store: Store, rules: Rulebook) -> None:
    tied = runs.keep(store, rules, OPERATOR, YEAR)
    assert refusal(store, lambda: publishing.announce(store, rules, OPERATOR, tied, notice())) == ["run.tied"]
    untie(store, rules)
    projected = runs.keep(store, rules, OPERATOR, YEAR, "projected")
    assert refusal(store, lambda: publishing.announce(store, rules, OPERATOR, projected, notice())) == ["run.projected"]
    good = runs.keep(store, rules, OPERATOR, YEAR)
    other = changed(rules, "cascade=false")
    assert refusal(store, lambda: publishing.announce(store, other, OPERATOR, good, notice())) == ["run.rules_changed"]
    publishing.announce(store, rules, OPERATOR, good, notice())
    again = runs.keep(store, rules, OPERATOR, YEAR, "projected")
    assert refusal(store, lambda: publishing.announce(store, rules, OPERATOR, again, notice())) == [
        "run.other_announced"
    ]


def test_a_result_that_data_has_overtaken_is_neither_announced_nor_final(store: Store, rules: Rulebook) -> None:
    untie(store, rules)
    old = runs.keep(store, rules, OPERATOR, YEAR)
    load_tables(
        store, rules, {"inspections": [{"branch_id": "A4", "year": YEAR, "kind": "spot_check", "outcome": "fail"}]}
    )
    assert refusal(store, lambda: publishing.announce(store, rules, OPERATOR, old, notice())) == ["run.result_changed"]
    new = runs.keep(store, rules, OPERATOR, YEAR)
    publishing.announce(store, rules, OPERATOR, new, notice())
    load_tables(
        store, rules, {"inspections": [{"branch_id": "A4", "year": YEAR, "kind": "spot_check", "outcome": "pass"}]}
    )
    set_day(store, f"{YEAR}-11-17")
    assert refusal(store, lambda: publishing.finalise(store, rules, OPERATOR, new)) == ["run.result_changed"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"last": date(YEAR, 11, 9)}, ["run.notice_ends_first"]),
        ({"first": date(YEAR, 11, 1), "last": date(YEAR, 11, 9)}, ["run.notice_is_over"]),
        ({"scope": " ", "contact": ""}, ["run.scope_wanted", "run.contact_wanted"]),
    ],
)
def test_a_notice_says_when_where_and_whom(
    store: Store, rules: Rulebook, change: dict[str, object], expected: list[str]
) -> None:
    untie(store, rules)
    run_id = runs.keep(store, rules, OPERATOR, YEAR)
    bad = replace(notice(), **change)  # type: ignore[arg-type]
    assert refusal(store, lambda: publishing.announce(store, rules, OPERATOR, run_id, bad)) == expected


def test_an_objection_is_answered_before_the_end(store: Store, rules: Rulebook) -> None:
    run_id = announced(store, rules)
    set_day(store, f"{YEAR}-11-12")
    for _ in range(3):
        publishing.object_to(store, OPERATOR, OBJECTION)
    [found] = publishing.objections(store, OPERATOR, run_id)
    assert found == OBJECTION
    set_day(store, f"{YEAR}-11-17")
    assert refusal(store, lambda: publishing.finalise(store, rules, OPERATOR, run_id)) == ["run.objections_open"]
    for bad, code in (((None, "已核"), "run.verdict_wanted"), (("dismissed", " "), "run.finding_wanted")):
        assert refusal(store, partial(publishing.answer, store, OPERATOR, run_id, "o1", *bad)) == [code]
    publishing.answer(store, OPERATOR, run_id, "o1", "upheld", "确有误")
    assert refusal(store, lambda: publishing.finalise(store, rules, OPERATOR, run_id)) == ["run.objections_upheld"]
    publishing.answer(store, OPERATOR, run_id, "o1", "dismissed", "复核无误")
    publishing.finalise(store, rules, OPERATOR, run_id)
    assert [line["action"] for line in proceedings.of_branch(store, "A2", YEAR)][-3:] == [
        "objection_answered",
        "objection_answered",
        "rated",
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"raised_by": " "}, "run.raised_by_wanted"),
        ({"statement": ""}, "run.statement_wanted"),
        ({"branch_id": "nobody"}, "branch.unknown"),
        ({"received_on": date(YEAR, 11, 9)}, "run.received_on"),
        ({"received_on": date(YEAR, 12, 1)}, "run.received_on"),
        ({"run_id": 9}, "run.not_announced"),
    ],
)
def test_an_objection_that_is_none_is_refused(
    store: Store, rules: Rulebook, change: dict[str, object], code: str
) -> None:
    announced(store, rules)
    set_day(store, f"{YEAR}-11-12")
    bad = OBJECTION._replace(**change)  # type: ignore[arg-type]
    assert refusal(store, lambda: publishing.object_to(store, OPERATOR, bad)) == [code]


def test_an_announcement_taken_back_makes_way_for_another(store: Store, rules: Rulebook) -> None:
    run_id = announced(store, rules)
    assert refusal(store, lambda: publishing.withdraw(store, OPERATOR, run_id, "")) == ["run.because_wanted"]
    for _ in range(2):
        publishing.withdraw(store, OPERATOR, run_id, "异议成立")
    assert state(store) == "withdrawn"
    deciding.withdraw(store, OPERATOR, YEAR, 5, "异议成立")
    untie(store, rules, "A2")
    second = runs.keep(store, rules, OPERATOR, YEAR)
    publishing.announce(store, rules, OPERATOR, second, notice())
    assert [run.state for run in runs.of_year(store, OPERATOR, YEAR)] == ["announced", "withdrawn"]


def test_a_final_year_is_reopened_with_a_reason_unless_a_later_one_rests_on_it(store: Store, rules: Rulebook) -> None:
    run_id = final(store, rules)
    assert refusal(store, lambda: publishing.withdraw(store, OPERATOR, run_id, "理由")) == ["run.not_announced"]
    with store.write("test") as cursor:
        cursor.execute(
            "INSERT INTO award_runs BY NAME SELECT * REPLACE (2 AS run_id, year + 1 AS year) FROM award_runs"
        )
    assert refusal(store, lambda: publishing.reopen(store, OPERATOR, run_id, "更正")) == ["run.later_final"]
    publishing.reopen(store, OPERATOR, 2, "更正")
    for _ in range(2):
        publishing.reopen(store, OPERATOR, run_id, "更正")
    assert state(store) == "reopened"
    assert awards(store)["A3"] == (5, "selected")  # until another result takes its place
    again = runs.keep(store, rules, OPERATOR, YEAR)
    assert again == 3


def test_nothing_that_a_final_year_rests_on_changes(store: Store, rules: Rulebook) -> None:
    draw = evaluation.evaluate(store, rules, OPERATOR, YEAR)
    drawing.freeze(store, rules, OPERATOR, draw, "recheck")
    run_id = final(store, rules)
    found = rated(store, rules)
    ballot = Round("r1", "satisfaction", YEAR, "A1", None, None, 10, 10, 10, {"satisfied": 10}, None, None)
    incident = IncidentRow("i9", "A1", YEAR, "committee", None, True, "说明")
    rows = {"branch_id": "A1", "year": YEAR}
    acts: list[Callable[[], object]] = [
        lambda: runs.keep(store, rules, OPERATOR, YEAR),
        lambda: deciding.withdraw(store, OPERATOR, YEAR, 5, "理由"),
        lambda: evaluation.record_awards(store, OPERATOR, found),
        lambda: incidents.record(store, OPERATOR, incident),
        lambda: rectifying.issue(store, OPERATOR, "A1", YEAR, "原因", "要求", date(YEAR, 12, 20)),
        lambda: permits.allow_late(store, rules, OPERATOR, "A6", YEAR, "理由"),
        lambda: drawing.say_seed(store, OPERATOR, 1, "种子"),
        lambda: drawing.abandon(store, OPERATOR, 1, "理由"),
        lambda: drawing.freeze(store, rules, OPERATOR, found, "recheck"),
        lambda: appraisals.record(store, rules, OPERATOR, ballot),
    ]
    for act in acts:
        assert refusal(store, act) == ["year.frozen"]
    change = sheets.Change("c01", "value", None, 1)
    for stage in get_args(sheets.Stage):
        save = partial(sheets.save, store, rules, OPERATOR, "A6", YEAR, stage, [change])
        assert refusal(store, save) == ["sheet.locked_final"]
    imported: dict[str, dict[str, object]] = {
        "awards": {**rows, "level": 3},
        "marks": {**rows, "stage": "self", "criterion": "c01", "value": 0},
        "applications": {**rows, "level": 3, "submitted_on": f"{YEAR}-04-01", "review": "approved"},
        "inspections": {**rows, "kind": "acceptance", "score": 1},
        "incidents": {**rows, "incident_id": "i9", "subject": "committee", "severe": 1},
        "rectifications": {**rows, "due_on": f"{YEAR}-06-01", "outcome": "failed"},
        "deferrals": {**rows, "reason": "理由"},
        "decisions": {**rows, "level": 5, "outcome": "selected", "reason": "理由"},
    }
    for table, row in imported.items():
        assert refusal(store, partial(load_tables, store, rules, {table: [row]})) == ["import.year_final"]
    assert state(store, run_id) == "final"


def test_what_a_final_year_says_already_and_other_years_come_in(store: Store, rules: Rulebook) -> None:
    final(store, rules)
    same = {"branch_id": "A4", "year": YEAR, "kind": "spot_check", "outcome": "pass"}
    counts = load_tables(store, rules, {"inspections": [same, {**same, "year": YEAR - 1}]})
    assert (counts["inspections"].unchanged, counts["inspections"].added) == (1, 1)
    moved = {"incident_id": "A7-committee-0", "branch_id": "A7", "year": YEAR + 1, "subject": "committee", "severe": 1}
    with pytest.raises(UserError) as caught:
        load_tables(store, rules, {"incidents": [moved]})
    [problem] = caught.value.problems
    assert (problem.code, problem.where, problem.values) == (
        "import.year_final",
        "incidents.csv:2:year",
        {"year": YEAR},
    )


def test_who_may(store: Store, rules: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = announced(store, rules)
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_results", "view_branch"}))
    branch = Viewer("x", "branch")
    calls: list[Callable[[], object]] = [
        lambda: runs.keep(store, rules, branch, YEAR),
        lambda: runs.data_of(store, branch, YEAR),
        lambda: publishing.announce(store, rules, branch, run_id, notice()),
        lambda: publishing.withdraw(store, branch, run_id, "理由"),
        lambda: publishing.objections(store, branch, run_id),
        lambda: publishing.object_to(store, branch, OBJECTION),
        lambda: publishing.answer(store, branch, run_id, "o1", "upheld", "理由"),
        lambda: publishing.finalise(store, rules, branch, run_id),
        lambda: publishing.reopen(store, branch, run_id, "理由"),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert runs.of_year(store, branch, YEAR)

"""Results of checks: who is inspected, what follows from the marks, recorded once, corrected with a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import drawing, inspection_results
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.inspecting import Kind, Standing, Task, look, sanctions, tasks
from dashboard.services.inspection_results import Finding
from dashboard.services.sheets import Change, save
from dashboard.store import proceedings, sheets
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.services.year import make_final
from tests.subdistrict import expand, marks_meeting

YEAR = 2022
DAY = date(YEAR, 10, 12)
BRANCHES: list[dict[str, Any]] = [
    {"id": "new4", "superior": "S1", "applies": 4},
    {"id": "up5", "superior": "S2", "held": 4, "applies": 5},
    {"id": "new3", "superior": "S1", "applies": 3},
    {"id": "same", "superior": "S1", "held": 4, "applies": 4},
    {"id": "late5", "superior": "S1", "applies": 5, "on": "2022-05-01"},
    {"id": "back4", "superior": "S1", "applies": 4, "review": "returned"},
    {"id": "holds3", "superior": "S2", "held": 3},
]
GOOD = Finding("pass", DAY, Decimal("92.5"))
_RATED: dict[Any, Evaluation] = {}


def serve(store: Store, rulebook: Rulebook, branches: list[dict[str, Any]], today: str = "2022-10-20") -> Store:
    load_tables(store, rulebook, expand(rulebook, YEAR, branches))
    with store.transaction() as cursor:
        cursor.execute("INSERT INTO properties VALUES ('as_of', ?)", [today])
    return store


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    return serve(store, rulebook, BRANCHES)


def rated(store: Store, rulebook: Rulebook) -> Evaluation:
    """The evaluation of the data as it is, made once as on the screens."""
    key = (store, rulebook.fingerprint, store.revision().version)
    if key not in _RATED:
        _RATED.clear()
        _RATED[key] = evaluate(store, rulebook, OPERATOR, YEAR)
    return _RATED[key]


def every(store: Store, rulebook: Rulebook) -> dict[tuple[str, str], Task]:
    return {
        (task.branch.branch_id, task.kind): task
        for task in tasks(store, rulebook, OPERATOR, rated(store, rulebook))
    }  # fmt: skip


def standing(store: Store, rulebook: Rulebook, branch: str, kind: Kind = "acceptance") -> Standing:
    return look(store, rulebook, OPERATOR, rated(store, rulebook), branch, kind)


def fill_in(store: Store, rulebook: Rulebook, branch: str, level: int, stage: Any = "inspection") -> None:
    """Type the marks of a level into a sheet."""
    before = sheets.entries(store, branch, YEAR, stage) or sheets.handed_in(store, branch, YEAR, stage)
    now = marks_meeting(rulebook, level)
    changes = [
        Change(c, "value", before.get(c, {}).get("value"), now.get(c))
        for c in {**before, **now}
    ]  # fmt: skip
    assert not save(store, rulebook, OPERATOR, branch, YEAR, stage, changes).conflicts


def finish(store: Store, rulebook: Rulebook, branch: str, found: Finding = GOOD, kind: Kind = "acceptance") -> None:
    inspection_results.finish(store, rulebook, OPERATOR, rated(store, rulebook), branch, kind, found)


def correct(store: Store, rulebook: Rulebook, branch: str, found: Finding, kind: Kind = "acceptance") -> None:
    inspection_results.correct(store, rulebook, OPERATOR, rated(store, rulebook), branch, kind, found)


def refused(store: Store, rulebook: Rulebook, branch: str, found: Finding, kind: Kind = "acceptance") -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        finish(store, rulebook, branch, found, kind)
    assert store.revision().version == version
    return codes(caught.value)


def draw(store: Store, rulebook: Rulebook, kind: drawing.Kind) -> None:
    drawing.freeze(store, rulebook, OPERATOR, rated(store, rulebook), kind)
    drawing.say_seed(store, OPERATOR, drawing.draws(store, OPERATOR, YEAR)[0].draw_id, "x")


def test_every_accepted_application_for_a_competed_level_is_inspected(held: Store, rulebook: Rulebook) -> None:
    assert set(every(held, rulebook)) == {("new4", "acceptance"), ("up5", "acceptance")}
    assert every(held, rulebook)["up5", "acceptance"].target == 5


def test_those_drawn_are_checked_until_the_draw_is_given_up(held: Store, rulebook: Rulebook) -> None:
    draw(held, rulebook, "spot_check")
    draw(held, rulebook, "recheck")
    found = every(held, rulebook)
    checks = {key: task.target for key, task in found.items() if task.kind != "acceptance"}
    drawn = {t.branch_id for t in drawing.draws(held, OPERATOR, YEAR)[0].tickets if t.drawn}
    assert checks == {("new3", "spot_check"): 3} | {(b, "recheck"): 3 if b == "holds3" else 4 for b in drawn}
    drawing.abandon(held, OPERATOR, drawing.draws(held, OPERATOR, YEAR)[0].draw_id, "名单有误")
    assert ("new3", "spot_check") in every(held, rulebook)
    assert not [key for key in every(held, rulebook) if key[1] == "recheck"]


def test_a_result_that_was_imported_is_done_though_nobody_drew_it(held: Store, rulebook: Rulebook) -> None:
    row = {"branch_id": "holds3", "year": YEAR, "kind": "recheck", "outcome": "fail"}
    load_tables(held, rulebook, {"inspections": [row]})
    assert every(held, rulebook)["holds3", "recheck"].state == "done"


def test_a_sheet_begins_with_its_first_mark_and_ends_with_the_result(held: Store, rulebook: Rulebook) -> None:
    assert every(held, rulebook)["new4", "acceptance"].state == "to_do"
    save(held, rulebook, OPERATOR, "new4", YEAR, "inspection", [Change("c01", "value", None, "1")])
    task = every(held, rulebook)["new4", "acceptance"]
    assert (task.state, task.answered, task.items, task.typed) == ("begun", 1, 42, 1)
    fill_in(held, rulebook, "new4", 4)
    finish(held, rulebook, "new4")
    task = every(held, rulebook)["new4", "acceptance"]
    assert (task.state, task.answered, task.typed) == ("done", 26, 0)


def test_the_marks_propose_the_outcome_of_an_acceptance(held: Store, rulebook: Rulebook) -> None:
    assert standing(held, rulebook, "new4").proposed is None
    for level, proposed in ((3, "fail"), (4, "pass"), (5, "pass"), (3, "fail")):
        fill_in(held, rulebook, "new4", level)
        found = standing(held, rulebook, "new4")
        assert found.marks is not None
        assert (found.marks.level_met, found.proposed) == (level, proposed)
        assert found.blank == 42 - len(marks_meeting(rulebook, level))


def test_a_recheck_is_held_to_the_level_held_and_fills_in_its_own_sheet(held: Store, rulebook: Rulebook) -> None:
    draw(held, rulebook, "recheck")
    branch = next(b for b, kind in every(held, rulebook) if kind == "recheck")
    level = every(held, rulebook)[branch, "recheck"].target
    assert level is not None
    fill_in(held, rulebook, branch, level, "inspection")
    assert standing(held, rulebook, branch, "recheck").marks is None
    fill_in(held, rulebook, branch, level, "recheck")
    assert standing(held, rulebook, branch, "recheck").proposed == "pass"
    finish(held, rulebook, branch, Finding("pass", DAY), "recheck")
    assert sheets.entries(held, branch, YEAR, "inspection")
    assert not sheets.entries(held, branch, YEAR, "recheck")


def test_the_marks_that_were_typed_decide_once_handed_in(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 3)
    finish(held, rulebook, "new4", replace(GOOD, outcome="fail", score=Decimal(70)))
    after = rated(held, rulebook).branch("new4")
    assert after is not None
    assert (after.level_met, after.awarded_level, after.basis) == (3, 3, "cascaded")
    with held.read() as cursor:
        row = cursor.execute("SELECT outcome, level_met, score, inspected_on FROM inspections").fetchone()
    assert row == ("fail", None, Decimal(70), DAY)
    (line,) = proceedings.of_branch(held, "new4", YEAR)
    assert line["action"] == "inspected"
    assert {k: line["detail"][k] for k in ("kind", "outcome", "score", "marks")} == {
        "kind": "acceptance", "outcome": "fail", "score": "70", "marks": 13,
    }  # fmt: skip


def test_without_a_list_the_level_is_stated(held: Store, rulebook: Rulebook) -> None:
    assert refused(held, rulebook, "new4", GOOD) == ["inspection.level_wanted"]
    assert refused(held, rulebook, "new4", replace(GOOD, level=7)) == ["inspection.level_wanted"]
    assert refused(held, rulebook, "new4", replace(GOOD, level=3)) == ["inspection.contradicts_fail"]
    finish(held, rulebook, "new4", replace(GOOD, level=4))
    after = rated(held, rulebook).branch("new4")
    assert after is not None
    assert (after.level_met, after.basis) == (4, "selected")


def test_a_level_is_not_stated_beside_a_list(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 4)
    assert refused(held, rulebook, "new4", replace(GOOD, level=4)) == ["inspection.level_or_list"]


def test_an_outcome_against_the_marks_takes_a_remark(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 4)
    assert refused(held, rulebook, "new4", replace(GOOD, outcome="fail")) == ["inspection.contradicts_pass"]
    finish(held, rulebook, "new4", replace(GOOD, outcome="fail", remark="台账系补记"))
    assert proceedings.of_branch(held, "new4", YEAR)[0]["reason"] == "台账系补记"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"score": None}, "score_wanted"),
    ({"score": Decimal("92.55")}, "score"),
    ({"score": Decimal("100.1")}, "score"),
    ({"score": Decimal("-0.1")}, "score"),
    ({"score": Decimal("NaN")}, "score"),
    ({"inspected_on": None}, "day"),
    ({"inspected_on": date(YEAR, 10, 21)}, "day"),
    ({"inspected_on": date(YEAR - 1, 12, 31)}, "day"),
    ({"outcome": None}, "outcome_wanted"),
    ({"remark": "长" * 201}, "remark_long"),
]


def test_what_is_wrong_is_told_and_nothing_is_handed_in(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 4)
    for wrong, code in WRONG:
        assert refused(held, rulebook, "new4", replace(GOOD, **wrong)) == [f"inspection.{code}"]
    assert refused(held, rulebook, "new4", Finding("fail", None)) == [
        "inspection.day", "inspection.score_wanted", "inspection.contradicts_pass",
    ]  # fmt: skip
    assert sheets.entries(held, "new4", YEAR, "inspection")


def test_a_check_needs_neither_score_nor_list(held: Store, rulebook: Rulebook) -> None:
    draw(held, rulebook, "spot_check")
    finish(held, rulebook, "new3", Finding("fail", DAY), "spot_check")
    after = rated(held, rulebook).branch("new3")
    assert after is not None
    assert after.basis == "spot_check_failed"


def test_nobody_is_inspected_who_need_not_be(held: Store, rulebook: Rulebook) -> None:
    for branch in ("same", "late5", "back4", "new3", "nowhere"):
        assert refused(held, rulebook, branch, GOOD) == ["inspection.not_due"]


def test_sent_three_times_is_recorded_once(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 4)
    evaluation = rated(held, rulebook)
    send = partial(inspection_results.finish, held, rulebook, OPERATOR, evaluation, "new4", "acceptance", GOOD)
    with ThreadPoolExecutor(3) as pool:
        for sent in [pool.submit(send) for _ in range(3)]:
            sent.result()
    assert len(proceedings.of_branch(held, "new4", YEAR)) == 1


def test_the_second_inspector_is_told_and_overwrites_nothing(held: Store, rulebook: Rulebook) -> None:
    fill_in(held, rulebook, "new4", 4)
    finish(held, rulebook, "new4")
    for other in (replace(GOOD, score=Decimal(60)), replace(GOOD, remark="另有看法")):
        assert refused(held, rulebook, "new4", other) == ["inspection.done_already"]
    fill_in(held, rulebook, "new4", 5)
    assert refused(held, rulebook, "new4", GOOD) == ["inspection.done_already"]
    assert standing(held, rulebook, "new4").task.result == (
        "pass", None, Decimal("92.5"), DAY,
    )  # fmt: skip


def test_a_correction_takes_a_reason_and_hands_in_what_was_typed_since(held: Store, rulebook: Rulebook) -> None:
    with pytest.raises(UserError) as caught:
        correct(held, rulebook, "new4", replace(GOOD, remark="误录"))
    assert codes(caught.value) == ["inspection.none_yet"]
    finish(held, rulebook, "new4", replace(GOOD, level=4))
    with pytest.raises(UserError) as caught:
        correct(held, rulebook, "new4", replace(GOOD, score=Decimal(88), level=4, remark=" "))
    assert codes(caught.value) == ["inspection.reason_wanted"]
    fill_in(held, rulebook, "new4", 3)
    for _ in range(3):
        correct(held, rulebook, "new4", Finding("fail", DAY, Decimal("61.5"), remark="复核后改正"))
    found = standing(held, rulebook, "new4")
    assert [line.action for line in found.lines] == ["inspected", "inspection_corrected"]
    assert found.lines[1].reason == "复核后改正"
    assert found.lines[1].before == ("pass", 4, Decimal("92.5"), DAY)
    assert found.task.result == ("fail", None, Decimal("61.5"), DAY)
    assert found.task.typed == 0


def test_a_final_year_and_a_past_one_stay_as_they_are(held: Store, rulebook: Rulebook) -> None:
    make_final(held)
    assert refused(held, rulebook, "new4", replace(GOOD, level=4)) == ["sheet.locked_final"]
    with held.transaction() as cursor:
        cursor.execute("DELETE FROM award_runs")
        cursor.execute("UPDATE properties SET value = '2024-10-20' WHERE name = 'as_of'")
    assert refused(held, rulebook, "new4", replace(GOOD, level=4)) == ["sheet.locked_other_year"]


@pytest.mark.parametrize("counts", ["three_star", "any"])
def test_a_sanction_is_said_as_the_evaluation_applies_it(store: Store, rulebook: Rulebook, counts: str) -> None:
    book = changed(rulebook, f"inspection.collective_sanction.counts={counts}")
    serve(
        store,
        book,
        [
            {"id": "A1", "superior": "S1", "applies": 3, "check": "fail"},
            {"id": "A2", "superior": "S1", "applies": 4, "inspected": 0, "acceptance": "fail", "score": 50},
            {"id": "A3", "superior": "S1", "applies": 3},
            {"id": "B1", "superior": "S2", "applies": 3, "check": "fail"},
            {"id": "B2", "superior": "S2", "applies": 3, "check": "fail"},
            {"id": "B3", "superior": "S2", "applies": 3},
            {"id": "B4", "superior": "S2", "applies": 3, "on": "2022-05-03", "check": "fail"},
            {"id": "C1", "superior": "S3", "kind": "organ", "applies": 3, "check": "fail"},
            {"id": "C2", "superior": "S3", "applies": 3, "check": "fail"},
        ],
    )
    evaluation = rated(store, book)
    found = {s.superior_id: s for s in sanctions(book, OPERATOR, evaluation, every(store, book).values())}
    assert {superior: (s.failed, s.struck) for superior, s in found.items()} == {
        "S2": (2, ("B3",)),
        "S1": (2, ("A3",)) if counts == "any" else (1, ()),
    }
    assert {s for s, each in found.items() if each.holds} == {"S2"} | ({"S1"} if counts == "any" else set())
    assert standing(store, book, "B2", "spot_check").sanction == found["S2"]


def test_who_may(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "view_branch"}))
    reader, evaluation = Viewer("x", "reader"), rated(held, rulebook)
    assert tasks(held, rulebook, reader, evaluation)
    assert look(held, rulebook, reader, evaluation, "new4", "acceptance")
    for act in (inspection_results.finish, inspection_results.correct):
        with pytest.raises(NotAllowed):
            act(held, rulebook, reader, evaluation, "new4", "acceptance", replace(GOOD, remark="x"))
    with pytest.raises(NotAllowed):
        tasks(held, rulebook, Viewer("x", "nobody"), evaluation)

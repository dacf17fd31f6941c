"""进度: every step of a branch, whose turn it is, its day, and who is late, on chosen days of a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import permits
from dashboard.services.agenda import agenda, next_steps
from dashboard.services.evaluation import evaluate
from dashboard.services.sheets import Change, save
from dashboard.services.steps import _WHOSE, STEPS, TOGETHER, Todo, Year
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import Rows, changed, codes, load_tables
from tests.services.year import YEAR, full_marks, keep_run, set_day, settle

Prepare = Callable[[Store, Rulebook], None]
DEADLINE, LAST_OF_SEPTEMBER = date(YEAR, 4, 30), date(YEAR, 9, 30)
OCTOBER, NOTICE = date(YEAR, 10, 31), date(YEAR, 11, 30)


def tables(**given: Rows) -> Prepare:
    def prepare(store: Store, rulebook: Rulebook) -> None:
        load_tables(store, rulebook, given)

    return prepare


def both(*acts: Prepare) -> Prepare:
    def prepare(store: Store, rulebook: Rulebook) -> None:
        for act in acts:
            act(store, rulebook)

    return prepare


def sql(text: str, *values: object) -> Prepare:
    def prepare(store: Store, _: Rulebook) -> None:
        with store.write("test") as cursor:
            cursor.execute(text, list(values))

    return prepare


def applied(review: str, level: int = 4, on: str = f"{YEAR}-04-20", branch: str = "B1", **other: object) -> Prepare:
    row = {"branch_id": branch, "year": YEAR, "level": level, "submitted_on": on, "review": review} | other

    def prepare(store: Store, rulebook: Rulebook) -> None:
        load_tables(store, rulebook, {"applications": [row], "marks": full_marks(rulebook, branch)})

    return prepare


def typed(*criteria: str) -> Prepare:
    def prepare(store: Store, rulebook: Rulebook) -> None:
        set_day(store, f"{YEAR}-04-01")
        save(store, rulebook, VISITOR, "B1", YEAR, "self", [Change(c, "value", None, 1) for c in criteria])

    return prepare


def whole(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"marks": full_marks(rulebook, "B1")})


def returned(day: str) -> Prepare:
    return both(
        applied("returned"),
        sql(
            "INSERT INTO proceedings VALUES (1, 'B1', ?, ?, '', 'returned', '台账不全', '{}')", YEAR, f"{day} 01:00:00"
        ),
    )


def ordered(*, replied: bool = False) -> Prepare:
    reply = f"TIMESTAMP '{YEAR}-08-25 01:00:00'" if replied else "NULL"
    return both(
        tables(
            awards=[{"branch_id": "B1", "year": YEAR - 1, "level": 3}],
            rectifications=[{"branch_id": "B1", "year": YEAR, "due_on": f"{YEAR}-08-31", "outcome": "open"}],
        ),
        sql(
            "INSERT INTO rectification_notices (branch_id, year, issued_on, because, demands, replied_at)"
            f" VALUES ('B1', ?, ?, '会议不足', '补足', {reply})",
            YEAR,
            date(YEAR, 8, 1),
        ),
    )


def drawn(kind: str) -> Prepare:
    return sql(
        "INSERT INTO draws (draw_id, year, kind, frozen_at, frozen_by, list, fingerprint, rate, min_per_superior,"
        " rules, seed, drawn_at) VALUES (1, ?, ?, now(), '', 'S1,B1\n', '', '1', 1, '', 'x', now())",
        YEAR,
        kind,
    )


def run(**columns: object) -> Prepare:
    return lambda store, _: keep_run(store, columns)


HOLDER = tables(awards=[{"branch_id": "B1", "year": YEAR - 1, "level": 3}])
TIE = both(
    *(applied("approved", 5, branch=b) for b in ("B1", "B2", "B3", "B4")),
    tables(
        inspections=[
            {"branch_id": b, "year": YEAR, "kind": "acceptance", "level_met": 5, "score": 90}
            for b in ("B1", "B2", "B3", "B4")
        ]
    ),
)
ANNOUNCED = {"announced_at": f"{YEAR}-11-21 01:00:00", "notice_to": date(YEAR, 11, 28)}
FINAL = {**ANNOUNCED, "final_at": f"{YEAR}-12-01 01:00:00"}


def nothing(_: Store, __: Rulebook) -> None: ...


# What is on record, the day, and: step, state, actor, due, days late, days waiting.
CASES: Mapping[str, tuple[Prepare, str, tuple[object, ...]]] = {
    "before April": (nothing, "03-31", ("rate_self", "ahead", "branch", DEADLINE, 0, None)),
    "in April": (nothing, "04-01", ("rate_self", "now", "branch", DEADLINE, 0, None)),
    "on the last day": (nothing, "04-30", ("rate_self", "now", "branch", DEADLINE, 0, None)),
    "a day late": (nothing, "05-01", ("rate_self", "late", "branch", DEADLINE, 1, None)),
    "begun": (typed("c01", "c02"), "04-20", ("finish_self", "now", "branch", DEADLINE, 0, None)),
    "all answered": (whole, "05-03", ("apply", "late", "branch", DEADLINE, 3, None)),
    "allowed late": (
        lambda store, book: permits.allow_late(store, book, VISITOR, "B1", YEAR, "书记住院"),
        "05-03",
        ("rate_self", "now", "branch", None, 0, None),
    ),
    "a holder in April": (HOLDER, "04-20", ("may_apply", "may", "branch", DEADLINE, 0, None)),
    "a holder before April": (HOLDER, "02-20", ("may_apply", "ahead", "branch", DEADLINE, 0, None)),
    "a holder of the highest level in April": (
        tables(awards=[{"branch_id": "B1", "year": YEAR - 1, "level": 5}]),
        "04-20",
        ("draw", "ahead", "group", OCTOBER, 0, None),
    ),
    "a holder in May": (HOLDER, "05-20", ("draw", "ahead", "group", OCTOBER, 0, None)),
    "to be reviewed": (applied("pending"), "05-20", ("review", "now", "superior", LAST_OF_SEPTEMBER, 0, 30)),
    "not reviewed in time": (applied("pending"), "10-02", ("review", "late", "superior", LAST_OF_SEPTEMBER, 2, 165)),
    "returned in April": (returned(f"{YEAR}-04-25"), "05-02", ("mend", "late", "branch", DEADLINE, 2, 7)),
    "returned in May": (returned(f"{YEAR}-05-05"), "05-08", ("mend", "now", "branch", None, 0, 3)),
    "returned, nobody knows when": (applied("returned"), "05-01", ("mend", "late", "branch", DEADLINE, 1, None)),
    "too late": (applied("approved", on=f"{YEAR}-05-02"), "05-12", ("permit", "now", "office", None, 0, 10)),
    "approved and not met": (
        both(
            applied("approved"),
            sql("UPDATE marks SET value = 0 WHERE branch_id = 'B1' AND criterion = 'c12'"),
        ),
        "05-12",
        ("unmet", "now", "superior", LAST_OF_SEPTEMBER, 0, None),
    ),
    "to answer": (ordered(), "08-30", ("reply", "now", "branch", date(YEAR, 8, 31), 0, 29)),
    "not answered in time": (ordered(), "09-05", ("reply", "late", "branch", date(YEAR, 8, 31), 5, 35)),
    "answered": (ordered(replied=True), "09-05", ("close", "late", "office", date(YEAR, 8, 31), 5, 11)),
    "accepted, in summer": (applied("approved"), "07-01", ("acceptance", "ahead", "group", OCTOBER, 0, None)),
    "accepted, in October": (applied("approved"), "10-08", ("acceptance", "now", "group", OCTOBER, 0, None)),
    "accepted, in November": (applied("approved"), "11-03", ("acceptance", "late", "group", OCTOBER, 3, None)),
    "before the draw": (applied("approved", 3), "10-08", ("draw", "now", "group", OCTOBER, 0, None)),
    "drawn": (
        both(applied("approved", 3), drawn("spot_check")),
        "10-08",
        ("spot_check", "now", "group", OCTOBER, 0, None),
    ),
    "not drawn": (
        both(
            applied("approved", 3),
            tables(inspections=[{"branch_id": "B2", "year": YEAR, "kind": "spot_check", "outcome": "pass"}]),
        ),
        "10-08",
        ("result", "ahead", "group", NOTICE, 0, None),
    ),
    "to be rechecked": (both(HOLDER, drawn("recheck")), "10-08", ("recheck", "now", "group", OCTOBER, 0, None)),
    "a tie": (TIE, "11-08", ("tie", "now", "group", NOTICE, 0, None)),
    "vetoed": (
        both(
            applied("pending"),
            tables(
                incidents=[
                    {"incident_id": "I1", "branch_id": "B1", "year": YEAR, "subject": "committee", "severe": 1},
                ]
            ),
        ),
        "12-02",
        ("result", "late", "group", NOTICE, 2, None),
    ),
    "no standard": (
        sql("UPDATE branches SET sector = 'unknown' WHERE branch_id = 'B1'"),
        "04-20",
        ("exempt", "done", None, None, 0, None),
    ),
    "announced": (run(**ANNOUNCED), "11-25", ("notice", "now", "office", date(YEAR, 11, 28), 0, 4)),
    "after the notice": (run(**ANNOUNCED), "11-30", ("finalise", "now", "group", date(YEAR, 12, 31), 0, 2)),
    "final without a star": (run(**FINAL), "12-20", ("plan", "now", "branch", None, 0, 19)),
    "final with a plan": (
        both(
            run(**FINAL),
            sql("INSERT INTO improvement_plans VALUES ('B1', ?, '补短板', NULL, now())", YEAR),
        ),
        "12-20",
        ("over", "done", None, None, 0, None),
    ),
    "final with a star": (both(HOLDER, run(**FINAL)), "12-20", ("over", "done", None, None, 0, None)),
    "withdrawn": (
        run(**ANNOUNCED, withdrawn_at=f"{YEAR}-11-22 01:00:00"),
        "11-25",
        ("rate_self", "late", "branch", DEADLINE, 209, None),
    ),
    "reopened": (
        both(HOLDER, run(**FINAL, reopened_at=f"{YEAR}-12-05 01:00:00")),
        "12-20",
        ("draw", "late", "group", OCTOBER, 50, None),
    ),
    "an earlier year on record": (
        tables(awards=[{"branch_id": "B2", "year": YEAR, "level": 3}]),
        "12-20",
        ("over", "done", None, None, 0, None),
    ),
}


def todos(store: Store, rulebook: Rulebook, branch: str = "B1") -> tuple[Todo, ...]:
    return next_steps(store, rulebook, VISITOR, evaluate(store, rulebook, VISITOR, YEAR), branch)


@pytest.mark.parametrize("case", CASES)
def test_the_next_step(store: Store, rulebook: Rulebook, case: str) -> None:
    prepare, day, expected = CASES[case]
    settle(store, rulebook)
    prepare(store, changed(rulebook, "quotas.five_star.places.2017=3"))
    set_day(store, f"{YEAR}-{day}")
    found = todos(store, rulebook)[0]
    assert (found.step, found.state, found.actor, found.due, found.late, found.waiting) == expected


def test_every_step_is_tested() -> None:
    tested = {expected[0] for _, _, expected in CASES.values()} | {"deferred"}
    assert tested == set(STEPS)
    assert {step for step in STEPS if step not in _WHOSE} == {"deferred", "exempt", "over"}
    assert set(_WHOSE) >= TOGETHER


def test_a_deferred_branch_has_nothing_to_do(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook, "2017-06-20")
    load_tables(store, rulebook, {"deferrals": [{"branch_id": "B1", "year": 2017, "reason": "刚成立"}]})
    (found,) = next_steps(store, rulebook, VISITOR, evaluate(store, rulebook, VISITOR, 2017), "B1")
    assert (found.step, found.state, found.late) == ("deferred", "done", 0)


def test_how_far_a_self_assessment_has_come(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook)
    typed("c01", "c02")(store, rulebook)
    load_tables(store, rulebook, {"marks": full_marks(rulebook, "B1")[:2]})
    save(store, rulebook, VISITOR, "B1", YEAR, "self", [Change("c02", "value", 1, None)])
    (found,) = todos(store, rulebook)
    assert (found.step, found.answered, found.items) == ("finish_self", 1, 42)


def test_the_most_urgent_step_comes_first(store: Store, rulebook: Rulebook) -> None:
    """A branch that holds a star, rises, is rechecked, and has to rectify."""
    settle(store, rulebook)
    both(ordered(), applied("approved", 4), drawn("recheck"))(store, rulebook)
    set_day(store, f"{YEAR}-09-02")
    assert [(t.step, t.state) for t in todos(store, rulebook)] == [
        ("reply", "late"),
        ("acceptance", "ahead"),
        ("recheck", "ahead"),
    ]
    set_day(store, f"{YEAR}-08-02")
    assert [t.step for t in todos(store, rulebook)] == ["reply", "acceptance", "recheck"]


def test_every_active_branch_is_in_the_agenda_and_its_own_page_says_the_same(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook)
    both(ordered(), applied("pending", branch="B2"))(store, rulebook)
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    found = agenda(store, rulebook, VISITOR, evaluation)
    assert {t.branch.branch_id for t in found.todos} == {"B1", "B2", "B3", "B4"}
    for branch in ("B1", "B2", "B3", "B4"):
        own = tuple(t for t in found.todos if t.branch.branch_id == branch)
        assert own == next_steps(store, rulebook, VISITOR, evaluation, branch)
    assert next_steps(store, rulebook, VISITOR, evaluation, "B9") == ()
    with pytest.raises(UserError) as refused:
        next_steps(store, rulebook, VISITOR, evaluation, "B0")
    assert codes(refused.value) == ["branch.unknown"]


def test_what_was_read_of_the_year_serves_again_while_branches_type(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook)
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    known = Year.read(store, rulebook, VISITOR, evaluation)
    assert next_steps(store, rulebook, VISITOR, evaluation, "B1", known=known)[0].step == "rate_self"
    version = store.revision().version
    save(store, rulebook, VISITOR, "B1", YEAR, "self", [Change("c01", "value", None, 1)])
    assert store.revision().version == version
    assert next_steps(store, rulebook, VISITOR, evaluation, "B1", known=known)[0].step == "finish_self"
    assert agenda(store, rulebook, VISITOR, evaluation, known=known) == agenda(store, rulebook, VISITOR, evaluation)


def test_a_calendar_without_the_usual_months_still_has_the_deadline(store: Store, rulebook: Rulebook) -> None:
    settle(store, rulebook, f"{YEAR}-05-02")
    bare = rulebook.model_copy(update={"calendar": ()})
    applied("pending", branch="B2")(store, rulebook)
    assert [(t.step, t.due, t.late) for t in todos(store, bare)] == [("rate_self", DEADLINE, 2)]
    assert [(t.step, t.due, t.late) for t in todos(store, bare, "B2")] == [("review", None, 0)]


def test_who_may(store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(store, rulebook)
    evaluation = evaluate(store, rulebook, VISITOR, YEAR)
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_branch", "view_results"}))
    assert next_steps(store, rulebook, Viewer("x", "branch"), evaluation, "B1")
    with pytest.raises(NotAllowed):
        agenda(store, rulebook, Viewer("x", "branch"), evaluation)
    with pytest.raises(NotAllowed):
        next_steps(store, rulebook, Viewer("x", "nobody"), evaluation, "B1")


def test_what_was_done_is_told_in_order_and_incidents_only_to_whom_they_concern(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.services.timeline import timeline

    with store.write("test") as cursor:
        proceedings.note(cursor, "B1", YEAR, "applied", "张三", level=4)
        proceedings.note(cursor, "B1", YEAR, "incident_recorded", "纪检")
        proceedings.note(cursor, "B1", YEAR, "returned", "李四", "台账不全", level=4)
        proceedings.note(cursor, "B1", YEAR - 1, "applied", "张三", level=3)
    told = timeline(store, VISITOR, "B1", YEAR)
    assert [(line.action, line.who, line.reason) for line in told] == [
        ("applied", "张三", ""),
        ("incident_recorded", "纪检", ""),
        ("returned", "李四", "台账不全"),
    ]
    assert told[0].detail == {"level": 4}
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_branch"}))
    assert [line.action for line in timeline(store, Viewer("x", "branch"), "B1", YEAR)] == ["applied", "returned"]
    with pytest.raises(NotAllowed):
        timeline(store, Viewer("x", "nobody"), "B1", YEAR)

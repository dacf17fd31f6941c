"""The timetable and what pages of a branch say of it, by Streamlit's own test client."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import OPERATOR, VISITOR
from dashboard.documents.lists import csv_list
from dashboard.rules.load import load
from dashboard.services import improving, rectifying, runs
from dashboard.services.agenda import Agenda, agenda
from dashboard.services.evaluation import evaluate, record_awards
from dashboard.services.sheets import Change, save
from dashboard.services.standing import own
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.services.year import set_day
from tests.ui.serving import open_page, press, said

YEAR = 2022
BOOK = load(ROOT / "rules.yaml")


def progress() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import progress

    with shell.guard():
        progress.show()


def rating() -> None:
    import streamlit as st

    from dashboard.ui import shell
    from dashboard.ui.navigation import pages
    from dashboard.ui.screens import rating

    st.session_state["pages"] = {name: page for group in pages().values() for name, page in group.items()}
    with shell.guard():
        rating.show()


def branch() -> None:
    import streamlit as st

    from dashboard.ui import shell
    from dashboard.ui.navigation import pages
    from dashboard.ui.screens import branch

    st.session_state["pages"] = {name: page for group in pages().values() for name, page in group.items()}
    with shell.guard():
        branch.show()


def conduct() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import conduct

    with shell.guard():
        conduct.show()


def opened(page: Callable[[], None] = progress, **query: str) -> AppTest:
    app = open_page(page, **{"year": str(YEAR), **query})
    assert [error.value for error in app.error] == []
    return app


def standing(store: Store) -> Agenda:
    return agenda(store, BOOK, OPERATOR, evaluate(store, BOOK, OPERATOR, YEAR))


def table(app: AppTest) -> str:
    return next((e.proto.body for e in app.get("html") if "<table" in e.proto.body), "")


def rows(app: AppTest) -> int:
    return table(app).count("<tr>") - 1


def links(app: AppTest) -> dict[str, str]:
    """The links of a page, by what they say."""
    return {e.proto.label: f"{e.proto.page}?{e.proto.query_string}" for e in app.get("page_link")}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_answer_comes_first(served: Store, language: str) -> None:
    found = standing(served)
    app = opened(lang=language)
    values = [metric.value for metric in app.metric]
    assert values[0].split()[0] == str(len(found.late))
    assert found.standing is not None
    assert values[1] == f"{found.standing.done} / {found.standing.asked}"
    assert values[2:] == [str(turn.branches) for turn in found.turns]
    assert found.late


def test_what_is_one_act_for_all_is_said_once(served: Store) -> None:
    found = standing(served)
    (together,) = found.together
    assert together.step == "result"
    assert together.branches > 20
    app = opened()
    assert said(app).count("综合考评和公示") == 1
    assert "综合考评和公示" not in table(app)
    assert rows(app) == len(own(found.todos))


def test_filters_narrow_the_list_and_stand_in_the_address(served: Store) -> None:
    app = opened(urgency="late")
    found = own(standing(served).todos)
    late = [todo for todo in found if todo.state == "late"]
    assert rows(app) == len(late) < len(found)
    app.multiselect(key="url_turn").set_value(["superior"]).run()
    assert rows(app) == len([todo for todo in late if todo.actor == "superior"])
    assert app.query_params["turn"] == "superior"
    assert app.query_params["urgency"] == "late"
    other = next(todo.step for todo in found if todo.actor == "group")
    app.multiselect(key="url_step").set_value([other]).run()
    assert "没有符合条件的事项" in said(app)


def test_a_link_with_a_filter_is_not_narrowed_by_what_the_session_kept(served: Store) -> None:
    app = AppTest.from_function(progress, default_timeout=90)
    app.session_state["kept_turn"] = ["office"]
    app.session_state["kept_step"] = ["permit"]
    app.query_params["year"], app.query_params["urgency"] = str(YEAR), "late"
    app.run()
    assert rows(app) == len([todo for todo in own(standing(served).todos) if todo.state == "late"])


def test_names_are_shown_as_they_are_and_link_to_the_branch(served: Store) -> None:
    first = own(standing(served).todos)[0].branch.branch_id
    with served.write("test") as cursor:
        cursor.execute("UPDATE branches SET name = '=<b>&第一' WHERE branch_id = ?", [first])
    html = table(opened())
    assert f'<a href="branch?branch={first}&amp;year={YEAR}&amp;lang=zh_CN"' in html
    assert ">=&lt;b&gt;&amp;第一<" in html


def test_the_file_holds_the_list_shown(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []

    def keep(header: Sequence[str], lines: Iterable[Sequence[str | int | None]]) -> bytes:
        kept.append(csv_list(header, lines))
        return kept[-1]

    monkeypatch.setattr("dashboard.ui.progress.listing.csv_list", keep)
    opened(urgency="late")
    header, *lines = csv.reader(io.StringIO(kept[-1].decode("utf-8-sig")))
    assert header[0] == "党支部"
    late = [todo for todo in own(standing(served).todos) if todo.state == "late"]
    assert {line[0] for line in lines} == {todo.branch.name for todo in late}
    assert {int(line[header.index("逾期天数")]) for line in lines} == {todo.late for todo in late}


def test_a_year_that_is_over_says_so(served: Store) -> None:
    app = opened(year="2020")
    assert "2020 年度已全部办结" in said(app)
    assert not app.metric


def test_what_is_typed_counts_within_a_minute(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.ui.progress import results

    clock = [0]
    monkeypatch.setattr(results, "bucket", lambda: clock[0])
    set_day(served, f"{YEAR}-04-20")
    todo = next(t for t in standing(served).todos if t.step in ("finish_self", "apply", "rate_self"))
    chosen = todo.branch.branch_id
    with served.write("test") as cursor:
        cursor.execute("DELETE FROM marks WHERE branch_id = ? AND year = ?", [chosen, YEAR])

    def begin() -> int:
        return sum(t.step == "rate_self" for t in results.agenda(YEAR).agenda.todos)

    before = begin()
    save(served, BOOK, VISITOR, chosen, YEAR, "self", [Change("c01", "value", None, 1)])
    assert begin() == before
    assert results.next_steps(chosen, YEAR)[0].step == "finish_self"
    clock[0] = 1
    assert begin() == before - 1


def test_the_overview_leads_to_those_that_are_late(served: Store) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    count = len(standing(served).late)
    link = links(app)[f"{count} 个支部逾期未办"]
    assert link.startswith("progress?")
    assert "urgency=late" in link


def test_a_secretary_sees_the_next_step_first_and_where_to_take_it(served: Store) -> None:
    todo = next(t for t in own(standing(served).todos) if t.actor == "branch" and t.state == "late")
    chosen = todo.branch.branch_id
    app = opened(branch, branch=chosen)
    assert app.subheader[0].value == "下一步"
    assert f"逾期 {todo.late} 天" in said(app)
    link = links(app)["去自评申报"]
    assert link.startswith("rating?")
    assert f"branch={chosen}" in link
    assert f"year={YEAR}" in link
    there = opened(rating, branch=chosen)
    assert f"逾期 {todo.late} 天" in said(there)
    assert "去自评申报" not in links(there)


def test_an_inspection_is_opened_from_the_page_of_its_branch(served: Store) -> None:
    todo = next(t for t in own(standing(served).todos) if t.step == "acceptance")
    link = links(opened(branch, branch=todo.branch.branch_id))["去录入验收结果"]
    assert f"task=acceptance.{todo.branch.branch_id}" in link


def test_a_notice_is_answered_on_the_page_of_the_branch(served: Store) -> None:
    rectifying.issue(served, OPERATOR, "B001", YEAR, "台账不全", "补齐", date(YEAR, 12, 1))
    app = opened(rating, branch="B001")
    assert "台账不全" in said(app)
    app.text_area[0].set_value("已补齐")
    press(app, "提交答复")
    found = rectifying.of_branch(served, OPERATOR, "B001", YEAR)
    assert found is not None
    assert found.notice.reply == "已补齐"


@pytest.fixture
def ended(served: Store) -> Store:
    """The year is final on 20 December."""
    record_awards(served, OPERATOR, evaluate(served, BOOK, OPERATOR, YEAR))
    runs.keep(served, BOOK, OPERATOR, YEAR)
    with served.write("test") as cursor:
        cursor.execute("UPDATE award_runs SET announced_at = ?, final_at = ?", [f"{YEAR}-12-01", f"{YEAR}-12-10"])
    set_day(served, f"{YEAR}-12-20")
    return served


def test_from_the_next_step_to_the_plan_to_the_list_of_the_office(ended: Store) -> None:
    owed = improving.of_year(ended, OPERATOR, evaluate(ended, BOOK, OPERATOR, YEAR))
    assert owed
    chosen, name = owed[0].branch.branch_id, owed[0].branch.name
    app = opened(rating, branch=chosen)
    assert "提交整改方案" in said(app)
    press(app, "提交整改方案")
    assert any("请写明原因和解决办法" in error.value for error in app.error)
    app.text_area[0].set_value("原因：*会议*不足\n解决办法：按季召开")
    press(app, "提交整改方案")
    assert "整改方案已提交" in said(app)
    assert app.text_area[0].value == "原因：*会议*不足\n解决办法：按季召开"
    office = opened(conduct, view="plans")
    assert f"{len(owed)} 个支部应交整改方案，已交 1 个" in said(office)
    assert name in said(office)
    assert r"\*会议\*不足" in said(office)


def test_no_plan_is_asked_for_before_the_year_is_final(served: Store) -> None:
    assert "还没有最终审定" in said(opened(conduct, view="plans"))
    assert "整改方案" not in said(opened(rating, branch="B001"))

"""An inspection on the screen: recorded, corrected with a reason, refused, and done by somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services import drawing, inspection_results
from dashboard.services.evaluation import evaluate
from dashboard.services.inspection_results import Finding
from dashboard.services.sheets import Change, save
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.inspecting import Result, results
from tests.helpers import load_tables
from tests.services.year import set_day
from tests.subdistrict import expand, marks_meeting
from tests.ui.serving import open_page, press, said, serve

YEAR = 2022
DAY = date(YEAR, 10, 20)
BRANCHES = [
    {"id": "四星支部", "superior": "S1", "applies": 4},
    {"id": "五星支部", "superior": "S1", "held": 4, "applies": 5},
    {"id": "三星一", "superior": "S1", "applies": 3},
    {"id": "三星二", "superior": "S1", "applies": 3},
]


def page() -> None:
    import streamlit as st

    from dashboard.ui import shell
    from dashboard.ui.navigation import pages
    from dashboard.ui.screens import inspecting

    st.session_state["pages"] = {name: found for group in pages().values() for name, found in group.items()}
    with shell.guard():
        inspecting.show()


@pytest.fixture
def october(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rulebook: Rulebook) -> Iterator[Store]:
    with serve(monkeypatch, tmp_path / "store.duckdb") as store:
        load_tables(store, rulebook, expand(rulebook, YEAR, BRANCHES))
        set_day(store, DAY.isoformat())
        yield store


def opened(task: str = "acceptance.四星支部", **query: str) -> AppTest:
    app = open_page(page, **{"year": str(YEAR), "task": task, **query})
    assert [error.value for error in app.error] == []
    return app


def listed(**query: str) -> AppTest:
    return open_page(page, **{"year": str(YEAR), **query})


def recorded(store: Store, branch: str = "四星支部", kind: str = "acceptance") -> Result | None:
    return results(store, YEAR).get((branch, kind))


def fill_in(store: Store, rulebook: Rulebook, level: int, branch: str = "四星支部") -> None:
    changes = [Change(c, "value", None, value) for c, value in marks_meeting(rulebook, level).items()]
    assert not save(store, rulebook, VISITOR, branch, YEAR, "inspection", changes).refused


def conclude(app: AppTest, *, score: float | None = 88.5, outcome: str = "pass", **other: str) -> None:
    """Fill in the conclusion and send it; `other` are texts of fields by the start of their keys."""
    app.number_input[0].set_value(score)
    app.radio[0].set_value(outcome)
    for start, text in other.items():
        next(field for field in app.text_input if str(field.key).startswith(start)).set_value(text)
    press(app, "提交更正" if recorded_on(app) else "提交结果")


def recorded_on(app: AppTest) -> bool:
    return any(button.label == "提交更正" for button in app.button)


def at_the_conclusion(app: AppTest) -> AppTest:
    """As after the button below the sheet, which the client presses."""
    app.session_state["inspecting_ready"] = f"acceptance.四星支部.{YEAR}"
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_list_opens_what_is_touched(october: Store, language: str) -> None:
    app = listed(lang=language)
    buttons = {button.label: button for button in app.button}
    assert {"四星支部", "五星支部"} <= set(buttons)
    buttons["四星支部"].click().run()
    assert app.query_params["task"] == "acceptance.四星支部"
    assert ("评估验收：四星支部" if language == "zh_CN" else "四星支部") in said(app)
    assert ("申报四星" if language == "zh_CN" else "Four\\-star") in said(app)


def test_without_a_draw_the_page_says_where_it_is_made(october: Store) -> None:
    assert "先在“抽查”页抽签" in said(listed(view="spot_check"))


def test_a_sheet_is_recorded_with_what_it_comes_to(october: Store, rulebook: Rulebook) -> None:
    fill_in(october, rulebook, 4)
    app = at_the_conclusion(opened())
    assert "达到的星级：**四星**" in said(app)
    assert "建议结论：**合格**" in said(app)
    conclude(app)
    assert recorded(october) == Result("pass", None, Decimal("88.5"), DAY)
    text = said(app)
    assert "检查结果已提交" in text
    assert "得分 88\\.5" in text
    assert "各项结果达到的星级：四星" in text
    rated = evaluate(october, rulebook, VISITOR, YEAR).branch("四星支部")
    assert rated is not None
    assert rated.level_met == 4


def test_without_a_list_the_level_is_stated(october: Store) -> None:
    app = opened()
    press(app, "不逐项填写，直接下结论")
    conclude(app)
    assert recorded(october) is None
    assert any("认定" in error.value for error in app.error)
    next(box for box in app.selectbox if str(box.key).startswith("level_")).set_value(4)
    conclude(app)
    assert recorded(october) == Result("pass", 4, Decimal("88.5"), DAY)


@pytest.mark.parametrize(
    ("score", "outcome", "told"),
    [(None, "pass", "请填写得分"), (88.5, "fail", "请在备注中写明原因"), (88.55, "pass", "一位小数")],
)
def test_what_is_refused_is_said_and_changes_nothing(
    october: Store, rulebook: Rulebook, score: float | None, outcome: str, told: str
) -> None:
    fill_in(october, rulebook, 4)
    app, version = at_the_conclusion(opened()), october.revision().version
    conclude(app, score=score, outcome=outcome)
    assert told in "".join(error.value for error in app.error)
    assert (recorded(october), october.revision().version) == (None, version)
    # what was filled in still stands there
    assert (app.number_input[0].value, app.radio[0].value) == (score, outcome)


def test_a_correction_takes_a_reason_and_keeps_what_was(october: Store, rulebook: Rulebook) -> None:
    fill_in(october, rulebook, 4)
    conclude(at_the_conclusion(opened()))
    app = opened()
    app.toggle[0].set_value(True).run()
    conclude(app, score=90)
    assert "请写明更正理由" in "".join(error.value for error in app.error)
    assert recorded(october) == Result("pass", None, Decimal("88.5"), DAY)
    conclude(app, score=90, remark="看错了得分表")
    assert recorded(october) == Result("pass", None, Decimal(90), DAY)
    text = said(app)
    assert "已更正" in text
    assert "更正前：合格，得分 88\\.5" in text
    assert "看错了得分表" in text
    actions = [line["action"] for line in proceedings.of_branch(october, "四星支部", YEAR)]
    assert actions == ["inspected", "inspection_corrected"]


def test_what_somebody_else_recorded_meanwhile_is_told_and_stands(october: Store, rulebook: Rulebook) -> None:
    fill_in(october, rulebook, 4)
    app = at_the_conclusion(opened())
    finding = Finding("pass", DAY, Decimal(70))
    rated = evaluate(october, rulebook, VISITOR, YEAR)
    inspection_results.finish(october, rulebook, VISITOR, rated, "四星支部", "acceptance", finding)
    conclude(app, score=95)
    assert "刚在别处录入或更正" in said(app)
    assert "得分 70" in said(app)
    assert recorded(october) == Result("pass", None, Decimal(70), DAY)
    app.run()
    assert "刚在别处录入或更正" not in said(app)


def test_two_failed_spot_checks_are_told_before_the_third(october: Store, rulebook: Rulebook) -> None:
    drawing.freeze(october, rulebook, VISITOR, evaluate(october, rulebook, VISITOR, YEAR), "spot_check")
    drawing.say_seed(october, VISITOR, 1, "x")
    drawn = [ticket.branch_id for ticket in drawing.draws(october, VISITOR, YEAR)[0].tickets if ticket.drawn]
    app = opened(f"spot_check.{drawn[0]}")
    press(app, "不逐项填写，直接下结论")
    app.radio[0].set_value("fail")
    press(app, "提交结果")
    assert recorded(october, drawn[0], "spot_check") == Result("fail", None, None, DAY)
    assert "1 个未通过" in said(app)


def test_what_is_not_to_be_inspected_says_so(october: Store) -> None:
    app = open_page(page, year=str(YEAR), task="recheck.三星一")
    assert len(app.error) == 1
    assert not app.radio

"""Incidents and notices on the screen: entered, corrected, withdrawn, closed, and what a refusal says and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services import incidents, rectifying
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.incidents import IncidentRow
from dashboard.store.rectifying import Notice
from tests.helpers import load_tables
from tests.services.year import set_day
from tests.subdistrict import expand
from tests.ui.serving import open_page, press, said, serve

YEAR = 2022
BRANCHES: list[dict[str, Any]] = [
    {"id": "持四星", "superior": "S1", "held": 4},
    {"id": "复检没过", "superior": "S1", "held": 3, "recheck": "fail"},
    {"id": "无星支部", "superior": "S1"},
]
MEMBERS = [("M1", "张三", "持四星"), ("M2", "李四", "持四星"), ("M3", "王五", "无星支部")]


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import conduct

    with shell.guard():
        conduct.show()


@pytest.fixture
def october(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rulebook: Rulebook) -> Iterator[Store]:
    tables = expand(rulebook, YEAR, BRANCHES)
    tables["members"] = [
        {"member_id": m, "name": name, "branch_id": branch, "status": "full", "in_subdistrict": 1}
        for m, name, branch in MEMBERS
    ]
    with serve(monkeypatch, tmp_path / "store.duckdb") as store:
        load_tables(store, rulebook, tables)
        set_day(store, f"{YEAR}-10-20")
        yield store


def opened(view: str = "incidents", **query: str) -> AppTest:
    app = open_page(page, **{"year": str(YEAR), "view": view, **query})
    assert [error.value for error in app.error] == []
    return app


def field(fields: Any, start: str) -> Any:
    """The first of some widgets whose label starts so."""
    return next(each for each in fields if each.label.startswith(start))


def actions(store: Store, branch: str = "持四星") -> list[str]:
    return [line["action"] for line in proceedings.of_branch(store, branch, YEAR)]


# incidents


def kept(store: Store) -> list[IncidentRow]:
    return [each.row for each in incidents.of_year(store, VISITOR, YEAR)]


def enter(app: AppTest, subject: str | None, member: str | None = None, note: str = "接受审查调查") -> None:
    """Choose the branch, fill in the form and send it."""
    field(app.selectbox, "党支部").set_value("持四星").run()
    if subject:
        field(app.radio, "涉及").set_value(subject)
    field(app.selectbox, "姓名").set_value(member)
    field(app.text_area, "事由").set_value(note)
    press(app, "录入")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", ["incidents", "rectification"])
def test_a_year_without_any_says_what_to_do(october: Store, view: str, language: str) -> None:
    text = said(opened(view, lang=language))
    nothing = {"incidents": ("今年还没有违纪违法记录", "Nothing is on record"),
               "rectification": ("今年还没有下达整改通知", "No notice has been issued")}  # fmt: skip
    assert nothing[view][language == "en"] in text
    assert "0 条记录" not in text


def test_two_members_take_the_star_and_a_withdrawal_gives_it_back(october: Store) -> None:
    app = opened()
    enter(app, "member", "M1")
    assert "已录入" in said(app)
    assert "涉及党员 1 名（满 2 名即否决）" in said(app)
    enter(app, "member", "M1", "又查明一起")
    assert "涉及党员 1 名" in said(app), "the same member counts once"
    enter(app, "member", "M2")
    assert "一票否决：当年取消星级" in said(app)
    assert "上年四星" in said(app)
    assert len(kept(october)) == 3
    second = next(row for row in kept(october) if row.member_id == "M2")
    field(app.selectbox, "记录").set_value(second.incident_id).run()
    press(app, "撤销")
    assert "请写明理由" in "".join(error.value for error in app.error)
    assert len(kept(october)) == 3
    field(app.text_input, "理由").set_value("查实不是本支部党员")
    press(app, "撤销")
    assert "已撤销" in said(app)
    assert "刚在别处" not in said(app)
    assert "涉及党员 1 名" in said(app)
    assert actions(october)[-1] == "incident_withdrawn"


def test_a_correction_with_a_reason_takes_the_place(october: Store) -> None:
    app = opened()
    enter(app, "committee", "M1")
    assert "一票否决" in said(app)
    (row,) = kept(october)
    field(app.selectbox, "记录").set_value(row.incident_id).run()
    next(radio for radio in app.radio if radio.key == f"severe_{row.incident_id}").set_value(False)
    field(app.text_input, "理由").set_value("复核后认定情节一般")
    press(app, "更正")
    assert "已更正" in said(app)
    assert "未到一票否决" in said(app)
    assert kept(october) == [row._replace(severe=False)]


@pytest.mark.parametrize(
    ("subject", "note", "told"), [(None, "有问题", "请选择涉及的是班子成员还是党员"), ("member", " ", "事由")]
)
def test_a_refused_incident_is_said_and_changes_nothing(
    october: Store, subject: str | None, note: str, told: str
) -> None:
    app, version = opened(), october.revision().version
    enter(app, subject, None, note)
    assert told in "".join(error.value for error in app.error)
    assert (kept(october), october.revision().version) == ([], version)
    assert field(app.text_area, "事由").value == note


def test_an_incident_withdrawn_elsewhere_is_told(october: Store) -> None:
    app = opened()
    enter(app, "member", "M1")
    enter(app, "member", "M2")
    first, second = kept(october)
    field(app.selectbox, "记录").set_value(first.incident_id).run()
    incidents.withdraw(october, VISITOR, first.incident_id, "重复录入")
    field(app.text_input, "理由").set_value("写错了")
    press(app, "更正")
    assert "刚在别处被撤销" in said(app)
    assert kept(october) == [second]
    app.run()
    assert "刚在别处被撤销" not in said(app)


# notices


def notice(store: Store, branch: str = "复检没过") -> Notice | None:
    found = rectifying.of_branch(store, VISITOR, branch, YEAR)
    return found.notice if found else None


def issue(app: AppTest, demands: str = "一个月内补齐台账") -> None:
    field(app.selectbox, "党支部").set_value("复检没过").run()
    field(app.text_area, "整改要求").set_value(demands)
    press(app, "下达通知")


def act(app: AppTest) -> None:
    """Open the form of the notice."""
    app.toggle[0].set_value(True).run()
    assert not app.exception


def test_from_the_notice_over_the_reply_to_the_end(october: Store) -> None:
    app = opened("rectification")
    assert "检查不合格的 1 个支部排在名单最前" in said(app)
    issue(app)
    assert "整改通知已下达" in said(app)
    there = notice(october)
    assert there is not None
    assert (there.because, there.demands, there.due_on) == ("复检不合格", "一个月内补齐台账", date(YEAR, 11, 19))
    rectifying.answer(october, VISITOR, "复检没过", YEAR, "台账已补齐")
    app = opened("rectification")
    assert "台账已补齐" in said(app)
    act(app)
    press(app, "认定")
    assert "已达标" in "".join(error.value for error in app.error), "an outcome is wanted"
    field(app.radio, "整改结果").set_value("met")
    field(app.text_area, "认定依据").set_value("现场核对，台账齐全")
    press(app, "认定")
    text = said(app)
    assert "整改结果已认定" in text
    assert "现场核对，台账齐全" in text
    assert "刚在别处" not in text
    assert not app.toggle[0].value, "the form for the next step opens when it is asked for"
    act(app)
    press(app, "重新认定")
    assert "理由" in "".join(error.value for error in app.error)
    field(app.text_input, "理由").set_value("群众反映不实")
    press(app, "重新认定")
    assert "已恢复为整改中" in said(app)
    act(app)
    field(app.text_input, "理由").set_value("检查结果已更正")
    next(button for button in app.button if button.label == "撤销通知").click().run()
    assert "通知已撤销" in said(app)
    assert notice(october) is None
    assert actions(october, "复检没过") == [
        f"rectification_{done}" for done in ("ordered", "answered", "closed", "reopened", "withdrawn")
    ]


def test_a_failed_rectification_says_beforehand_what_it_costs(october: Store) -> None:
    app = opened("rectification")
    field(app.selectbox, "党支部").set_value("持四星").run()
    assert "由“四星”变为“三星”" in said(app)
    field(app.selectbox, "党支部").set_value("复检没过").run()
    assert "当年星级也不再变动" in said(app)


def test_a_refused_notice_is_said_and_changes_nothing(october: Store) -> None:
    app, version = opened("rectification"), october.revision().version
    issue(app, "  ")
    assert "整改要求" in "".join(error.value for error in app.error)
    assert (notice(october), october.revision().version) == (None, version)
    assert field(app.text_area, "原因").value == "复检不合格"


def test_a_notice_closed_elsewhere_is_told_and_stays_closed(october: Store) -> None:
    app = opened("rectification")
    issue(app)
    act(app)
    rectifying.close(october, VISITOR, "复检没过", YEAR, "met", "已核对")
    field(app.radio, "整改结果").set_value("failed")
    field(app.text_area, "认定依据").set_value("没有整改")
    press(app, "认定")
    assert "刚在别处认定或重新打开" in said(app)
    there = notice(october)
    assert there is not None
    assert (there.outcome, there.finding) == ("met", "已核对")
    app.run()
    assert "刚在别处" not in said(app)

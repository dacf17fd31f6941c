"""申报审核 on the screen in April, by Streamlit's own test client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import VISITOR
from dashboard.i18n.catalogue import messages
from dashboard.rules.rulebook import Rulebook
from dashboard.services import evidence, permits, review_results
from dashboard.services.applying import application_of
from dashboard.services.dossier import look
from dashboard.services.sheets import Change, Stage, save
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import Rows, load_tables
from tests.services.year import YEAR, full_marks, set_day, settle
from tests.ui.serving import open_page, press, said, serve

NEIGHBOURS = ("C1", "C2", "C3")


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import reviewing

    with shell.guard():
        reviewing.show()


def rating() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import rating

    shell.page = lambda name: f"https://example.invalid/{name}"  # AppTest knows no navigation
    with shell.guard():
        rating.show()


@pytest.fixture
def april(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rulebook: Rulebook) -> Iterator[Store]:
    """B1 and three neighbours of one community apply for five stars; c12 of B1 is not met. B2 has not applied, B4 has
    no superior."""
    with serve(monkeypatch, tmp_path / "april.duckdb") as store:
        settle(store, rulebook)
        others: Rows = [
            {"branch_id": b, "name": f"邻居{b}*支部", "superior_id": "S1", "sector": "two_new"} for b in NEIGHBOURS
        ]
        marks = [row for b in ("B4", *NEIGHBOURS) for row in full_marks(rulebook, b)]
        applied: Rows = [
            {"branch_id": b, "year": YEAR, "level": 5, "submitted_on": f"{YEAR}-04-1{n}", "review": "pending"}
            for n, b in enumerate((*NEIGHBOURS, "B1", "B4"))
        ]
        tables = {"branches": others, "applications": applied, "marks": [*marks, *full_marks(rulebook, "B1", c12=0)]}
        load_tables(store, rulebook, tables)
        yield store


def opened(**query: str) -> AppTest:
    return open_page(page, **query)


def approve(store: Store, rulebook: Rulebook, branch: str, remark: str = "") -> None:
    seen = look(store, rulebook, VISITOR, branch, YEAR).fingerprint
    review_results.approve(store, rulebook, VISITOR, branch, YEAR, seen, remark)


def review_of(store: Store, branch: str) -> str:
    found = application_of(store, VISITOR, branch, YEAR)
    assert found is not None
    return found.review


def actions(store: Store, branch: str) -> list[tuple[str, str]]:
    return [(line["action"], line["reason"]) for line in proceedings.of_branch(store, branch, YEAR)]


def type_in(store: Store, rulebook: Rulebook, change: Change, branch: str = "C1", stage: Stage = "review") -> None:
    assert save(store, rulebook, VISITOR, branch, YEAR, stage, [change]).kept


def wrong(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("query", [{}, {"view": "permits"}, {"desk": "-"}, {"task": "B1"}, {"task": "B4"}])
def test_every_view_opens_without_a_raw_key(april: Store, query: dict[str, str], language: str) -> None:
    app = opened(lang=language, **query)
    assert wrong(app) == []
    assert not [part for part in said(app).split() if part in messages("zh_CN")]


def test_the_desk_begins_with_what_waits(april: Store) -> None:
    text = said(opened())
    assert "待审核 **4**　已通过 **0**　已退回 **0**　未申报 **2**" in text
    assert "等得最久的已 10 天" in text
    assert "4月10日提交，已等 10 天" in text
    assert text.count(":red[超出限额]") == 1
    assert text.count(":red[自评未达标]") == 1
    assert "第二党支部" in text
    assert text.index("待审核 4 个") < text.index("已通过 0 个")


def test_a_superior_is_kept_in_the_address(april: Store) -> None:
    app = opened()
    assert app.query_params["desk"] == "S1"
    app.selectbox(key="url_desk").select("S2").run()
    assert app.query_params["desk"] == "S2"
    assert "没有待审核的申报" in said(app)


def test_an_application_is_opened_read_and_approved(april: Store, rulebook: Rulebook) -> None:
    app = opened()
    app.button(key="open_C1").click().run()
    assert app.query_params["task"] == "C1"
    assert "按现有情况，审核通过后即可受理。" in said(app)
    assert "没有出入" in said(app)
    press(app, "审核通过")
    assert "task" not in app.query_params
    assert [line.value for line in app.success] == ["已通过：邻居C1\\*支部申报五星。"]
    assert review_of(april, "C1") == "approved"
    assert actions(april, "C1") == [("approved", "")]


def test_what_differs_is_shown_first_and_all_on_demand(april: Store, rulebook: Rulebook) -> None:
    load_tables(april, rulebook, {"marks": full_marks(rulebook, "B1", year=YEAR - 1, c11=9)})
    type_in(april, rulebook, Change("c02", "note", None, "查 https://a.cn/x(1) 属实"), branch="B1")
    type_in(april, rulebook, Change("c20", "value", 1, 0), branch="B1", stage="self")
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 50
    file = evidence.add_file(april, rulebook, VISITOR, "B1", YEAR, "self", "c12", "台账.png", png)
    app = opened(task="B1")
    text = said(app)
    assert "低于申报要求 1 项，与上年不同 2 项，核查有出入 0 项" in text
    assert ":red-badge[低于要求]" in text
    assert f"[台账\\.png](/api/evidence/{file.file_id})" in text
    assert "(https://a.cn/x%281%29)" in text
    assert "又改了 1 项" in text
    assert "**3**　" not in text
    app.pills(key="reviewing_show_B1").set_value("all").run()
    assert "**3**　" in said(app)


def test_what_was_found_short_is_approved_only_with_a_remark(april: Store, rulebook: Rulebook) -> None:
    type_in(april, rulebook, Change("c02", "value", None, 0))
    app = opened(task="C1")
    assert "自评结果：**五星**　核查结果：**无星级**" in said(app)
    press(app, "审核通过")
    assert any("请写明理由" in line for line in wrong(app))
    assert review_of(april, "C1") == "pending"
    app.text_area[0].set_value("已当场整改")
    press(app, "审核通过")
    assert actions(april, "C1") == [("approved", "已当场整改")]


def test_returning_takes_a_reason_which_is_then_shown(april: Store) -> None:
    app = opened(task="C1")
    press(app, "退回支部")
    assert any("请写明理由" in line for line in wrong(app))
    app.text_area[0].set_value("台账不全")
    press(app, "退回支部")
    assert review_of(april, "C1") == "returned"
    assert "退回理由：台账不全" in said(app)
    app.button(key="open_C1").click().run()
    assert "理由：台账不全" in said(app)
    assert "审核通过" not in [button.label for button in app.button]
    assert "办理记录（1 条）" in [box.label for box in app.expander]
    assert "退回五星申报：台账不全" in said(app)
    secretary = open_page(rating, branch="C1")
    assert "上级党组织退回了申报，理由：台账不全" in said(secretary)


@pytest.mark.parametrize("button", ["审核通过", "退回支部"])
def test_a_decision_on_what_has_changed_is_a_sentence_and_changes_nothing(
    april: Store, rulebook: Rulebook, button: str
) -> None:
    app = opened(task="C1")
    app.text_area[0].set_value("看过了")
    type_in(april, rulebook, Change("c11", "value", None, 4))
    version = april.revision().version
    press(app, button)
    assert any("内容有变动" in line for line in wrong(app))
    assert (review_of(april, "C1"), actions(april, "C1"), april.revision().version) == ("pending", [], version)
    assert app.text_area[0].value == "看过了"
    press(app, button)
    assert len(actions(april, "C1")) == 1


def test_an_approval_is_taken_back(april: Store, rulebook: Rulebook) -> None:
    approve(april, rulebook, "C1")
    app = opened(task="C1")
    app.text_input[0].set_value("台账有疑问")
    press(app, "取消通过")
    assert review_of(april, "C1") == "pending"
    assert "恢复为待审核" in said(app)
    approve(april, rulebook, "C1")
    type_in(april, rulebook, Change("c01", "value", None, 1), stage="inspection")
    app = opened(task="C1")
    assert "检查已经开始" in said(app)
    assert "取消通过" not in [button.label for button in app.button]


def test_the_order_decides_who_is_within_the_cap(april: Store, rulebook: Rulebook) -> None:
    for branch in NEIGHBOURS:
        approve(april, rulebook, branch)
    app = opened()
    assert "限额 2 个，已用 2 个" in said(app)
    assert said(app).count("限额 2 个到此为止") == 1
    assert app.button(key="up_C1").disabled
    assert app.button(key="down_C3").disabled
    app.button(key="up_C3").click().run()
    assert not app.exception
    assert actions(april, "C3")[-1][0] == "reordered"
    labels = [button.label for button in app.button if (button.key or "").startswith("open_C")]
    assert labels == ["1　邻居C1\\*支部", "2　邻居C3\\*支部", "3　邻居C2\\*支部"]


def test_an_order_that_somebody_changed_is_not_overwritten(april: Store, rulebook: Rulebook) -> None:
    for branch in NEIGHBOURS:
        approve(april, rulebook, branch)
    app = opened()
    review_results.reorder(april, VISITOR, "S1", YEAR, 5, NEIGHBOURS, ["C3", "C2", "C1"])
    version = april.revision().version
    app.button(key="up_C3").click().run()
    assert any("内容有变动" in line for line in wrong(app))
    assert april.revision().version == version


def test_no_order_is_offered_once_an_inspection_has_begun(april: Store, rulebook: Rulebook) -> None:
    for branch in NEIGHBOURS:
        approve(april, rulebook, branch)
    type_in(april, rulebook, Change("c01", "value", None, 1), branch="C2", stage="inspection")
    app = opened()
    assert "推荐顺序已不能调整" in said(app)
    assert not [button for button in app.button if button.label in ("上移", "下移")]


def test_a_branch_without_a_superior_and_another_year_have_nothing_to_decide(april: Store) -> None:
    assert "由支部自行审核" in said(opened(task="B4"))
    set_day(april, f"{YEAR + 1}-01-05")
    app = opened(task="C1", year=str(YEAR))
    assert f"{YEAR} 年度不在填报期" in said(app)
    assert "审核通过" not in [button.label for button in app.button]


def test_who_has_not_applied_and_who_is_not_there(april: Store) -> None:
    assert any("没有申报" in line for line in wrong(opened(task="B2")))
    app = opened(task="B0")
    assert wrong(app) == []
    assert "待审核 4 个" in said(app)


def test_the_office_lets_a_branch_apply_late_and_takes_it_back(april: Store, rulebook: Rulebook) -> None:
    set_day(april, f"{YEAR}-05-10")
    app = opened(view="permits")
    press(app, "准予补报")
    assert any("请选择支部" in line for line in wrong(app))
    box = app.selectbox(key=f"permit_give_late_{YEAR}_branch")
    assert box.options[0] == "第二党支部（逾期未申报）"
    box.select("B2")
    app.text_input(key=f"permit_give_late_{YEAR}_reason").set_value("书记住院")
    press(app, "准予补报")
    assert [line.value for line in app.success] == ["已准予补报：第二党支部。"]
    assert "**第二党支部**（尚未申报）：书记住院" in said(app)
    app.selectbox(key=f"permit_take_late_{YEAR}_branch").select("B2")
    press(app, "取消")
    assert any("请写明理由" in line for line in wrong(app))
    app.text_input(key=f"permit_take_late_{YEAR}_reason").set_value("不实")
    press(app, "取消")
    assert permits.permits(april, rulebook, VISITOR, YEAR).exceptions == ()
    assert actions(april, "B2") == [("exception_granted", "书记住院"), ("exception_withdrawn", "不实")]


def test_deferral_is_offered_where_the_rules_allow_it(april: Store, rulebook: Rulebook) -> None:
    assert f"{YEAR} 年度不适用延期申报" in said(opened(view="permits"))
    set_day(april, "2017-04-20")
    app = opened(view="permits", year="2017")
    app.selectbox(key="permit_give_defer_2017_branch").select("B2")
    app.text_input(key="permit_give_defer_2017_reason").set_value("刚成立")
    press(app, "准予延期")
    assert "已延期 1 个" in said(app)
    assert [tuple(each) for each in permits.permits(april, rulebook, VISITOR, 2017).deferrals] == [("B2", "刚成立")]
    app.selectbox(key="permit_take_defer_2017_branch").select("B2")
    app.text_input(key="permit_take_defer_2017_reason").set_value("已能申报")
    press(app, "取消")
    assert permits.permits(april, rulebook, VISITOR, 2017).deferrals == ()


def test_the_file_of_a_branch_tells_what_was_done(april: Store, rulebook: Rulebook) -> None:
    type_in(april, rulebook, Change("c02", "value", None, 0))
    type_in(april, rulebook, Change("c02", "note", None, "无人负责"))
    approve(april, rulebook, "C1", "已当场整改")
    app = open_page(file_page, branch="C1")
    assert "审核通过五星申报：已当场整改" in said(app)
    assert "第 2 项，自评达标，核查未达标：无人负责" in said(app)


def file_page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import branch

    with shell.guard():
        branch.show()

"""评定公示 on the screen: from the tie to the final year and back, by Streamlit's own test client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services import publishing, runs
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.services.finished import announced, final, finish
from tests.services.year import YEAR, set_day
from tests.ui.serving import open_page, press, said, serve

CHANGES = f"quotas.five_star.places.{YEAR}=2\nquotas.four_star.places.{YEAR}=1"


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import results

    shell.page = lambda name: f"https://example.invalid/{name}"  # AppTest knows no navigation
    with shell.guard():
        results.show()


def opened(view: str = "standing", **query: str) -> AppTest:
    return open_page(page, **{"year": str(YEAR), "view": view, **query})


@pytest.fixture
def year(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """A small subdistrict whose inspections are done, served with places for a tie."""
    with Store(tmp_path / "year.duckdb") as store:
        finish(store, load(ROOT / "rules.yaml"))
    monkeypatch.setenv("DASHBOARD_SET", CHANGES)
    with serve(monkeypatch, tmp_path / "year.duckdb") as store:
        yield store


def rules() -> Rulebook:
    from dashboard.ui import resources

    return resources.rulebook()


def state(store: Store) -> list[str]:
    return [run.state for run in runs.of_year(store, OPERATOR, YEAR)]


def fill(app: AppTest, label: str, value: str) -> None:
    next(box for box in [*app.text_input, *app.text_area] if box.label == label).set_value(value)


def test_a_year_is_brought_to_its_end(year: Store) -> None:
    app = opened()
    assert "有并列，等待领导小组研究" in said(app)
    app = opened("tied")
    assert "五星：2 个支部并列，选哪 1 个？" in said(app)
    press(app, "记录决定")
    assert any("请写明理由" in error.value for error in app.error)
    app.multiselect[0].set_value(["A3"])
    fill(app, "决定理由", "连续三年进步")
    press(app, "记录决定")
    assert "现在没有需要研究的并列" in said(app)
    app = opened()
    press(app, "存档本次评定")
    assert "已存档，可以公示" in said(app)
    press(app, "开始公示")
    assert [error.value for error in app.error] == [
        "请填写公示范围（不超过 200 字）",
        "请填写联系方式（不超过 200 字）",
    ]
    fill(app, "公示范围", "各社区公开栏")
    fill(app, "联系方式", "组织办")
    press(app, "开始公示")
    assert "公示到11月16日结束，期满后才能定稿" in said(app)
    assert state(year) == ["announced"]
    set_day(year, f"{YEAR}-11-17")
    app = opened()
    press(app, "定稿")
    assert "已写入历年星级" in said(app)
    assert state(year) == ["final"]
    fill(app, "理由", "更正得分")
    press(app, "撤销定稿")
    assert state(year) == ["reopened"]


def test_a_notice_names_branches_and_results_only(year: Store) -> None:
    announced(year, rules())
    app = opened("notice")
    text = app.code[0].value
    assert "五星党支部（2 个）\nA1\nA3" in text
    assert "2022年11月10日至2022年11月16日" in text
    assert "95" not in text
    assert "连续三年进步" not in text


def test_an_objection_is_entered_and_answered(year: Store) -> None:
    announced(year, rules())
    app = opened("notice")
    press(app, "登记")
    assert any("请写明反映人或单位" in error.value for error in app.error)
    app.selectbox[-1].set_value("A2")
    fill(app, "反映人（单位）", "第二党支部")
    fill(app, "反映内容", "得分有误 $x$ <b>")
    app.date_input[-1].set_value(date(YEAR, 11, 10))
    press(app, "登记")
    assert "收到 1 件异议，1 件未答复" in said(app)
    app.toggle[-1].set_value(True).run()
    press(app, "记录答复")
    assert any("请选择核查结论" in error.value for error in app.error)
    app.radio[0].set_value("dismissed")
    fill(app, "核查情况和答复", "复核无误")
    press(app, "记录答复")
    assert "收到 1 件异议，0 件未答复" in said(app)
    [found] = publishing.objections(year, OPERATOR, 1)
    assert (found.branch_id, found.outcome, found.finding) == ("A2", "dismissed", "复核无误")


def test_kept_results_are_compared(year: Store) -> None:
    press(opened("keeping"), "存档现在的评定")
    final(year, rules())
    app = opened("keeping")
    app.selectbox(key="results_first").set_value(1)
    app.selectbox(key="results_second").set_value(2).run()
    assert "2 个支部的星级或依据不同" in said(app)
    table = app.dataframe[-1].value
    assert list(table["党支部"]) == ["A2", "A3"]
    assert list(table["新结果"]) == ["四星", "五星"]
    app.selectbox(key="results_second").set_value(0).run()
    assert "2 个支部的星级或依据不同" in said(app)
    app.selectbox(key="results_first").set_value(2).run()
    assert "两次结果完全相同" in said(app)


def test_an_archive_is_offered_as_long_as_it_is_what_the_result_was_made_from(year: Store) -> None:
    final(year, rules())

    def offered() -> list[str]:
        return [button.proto.label for button in opened().get("download_button")]

    assert offered() == ["下载评定结果汇总", "下载年度评定档案"]
    load_tables(year, rules(), {"superiors": [{"superior_id": "S1", "name": "改名的党委", "kind": "community"}]})
    assert offered() == ["下载评定结果汇总"]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", ["standing", "tied", "notice", "keeping", "following"])
def test_every_view_opens_at_the_end(year: Store, view: str, language: str) -> None:
    final(year, rules())
    app = opened(view, lang=language)
    assert [error.value for error in app.error] == []
    assert app.title[0].value in ("评定与公示", "Results and notice")

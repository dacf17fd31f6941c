"""What the screens say, by Streamlit's own test client, on a small demo store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n.catalogue import messages
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.ui.serving import said, serve

APP = ROOT / "dashboard" / "app.py"


@pytest.fixture
def served_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with serve(monkeypatch, tmp_path / "empty.duckdb"):
        yield tmp_path / "empty.duckdb"


def opened(**query: str) -> AppTest:
    """The application on its start page (the other pages are opened in a browser, tests/e2e)."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def test_the_overview_leads_with_numbers_beside_goal_and_change(served: Store) -> None:
    app = opened()
    assert not app.exception
    assert [metric.label for metric in app.metric] == ["三星及以上覆盖率", "五星党支部", "四星党支部", "三星党支部"]
    assert all("比上年" in metric.delta for metric in app.metric)
    text = said(app)
    for expected in ("目标 100%", "名额 16", "名额 48", "合成演示数据", "下一节点", "2021 年到 2022 年"):
        assert expected in text
    assert "None" not in text


def test_english_is_a_switch_that_the_address_keeps(served: Store) -> None:
    app = opened(lang="en")
    assert app.title[0].value == "Overview"
    app.button(key="language").click().run()
    assert app.title[0].value == "争先创优总览"
    assert "lang" not in app.query_params


def test_the_year_comes_from_the_address(served: Store) -> None:
    app = opened(year="2019")
    assert app.selectbox(key="url_year").value == 2019
    assert "名额 36" in said(app)
    app.selectbox(key="url_year").select(2018).run()
    assert app.query_params["year"] == "2018"


def test_nonsense_in_the_address_is_ignored(served: Store) -> None:
    app = opened(year="abc", lang="xx", wall="9")
    assert not app.exception
    assert app.selectbox(key="url_year").value == 2022


def test_an_empty_store_says_what_to_do(served_empty: Path) -> None:
    app = opened()
    assert not app.exception
    assert "还没有数据" in said(app)
    assert "请先导入" in said(app)


def test_no_catalogue_key_shows_through(served: Store) -> None:
    keys = set(messages("zh_CN"))
    app = opened()
    assert not [part for part in said(app).split() if part in keys]

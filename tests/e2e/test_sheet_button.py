"""The button below a sheet, on a phone: what it brings comes into view, and it goes when the sheet is locked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.e2e.conftest import PHONE, Server, open_page
from tests.helpers import load_tables
from tests.services.year import set_day
from tests.subdistrict import expand

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
YEAR = 2022


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, book = tmp_path_factory.mktemp("inspecting"), load(ROOT / "rules.yaml")
    with Store(folder / "store.duckdb") as store:
        load_tables(store, book, expand(book, YEAR, [{"id": "B1", "applies": 4}, {"id": "B2", "self": 3}]))
        set_day(store, f"{YEAR}-04-20")
    found = Server(folder / "store.duckdb", folder)
    found.start()
    yield found
    found.stop()


def test_the_conclusion_comes_into_view(browser: Browser, server: Server) -> None:
    page, watch = open_page(browser, server.address, "inspecting?task=acceptance.B1", PHONE)
    page.locator(".editor article").first.get_by_role("radio", name="达标", exact=True).check()
    expect(page.get_by_text("检查结论")).not_to_be_visible()
    page.get_by_role("button", name="填好了，去下结论").click()
    expect(page.get_by_role("group", name="检查日期")).to_be_in_viewport(timeout=20_000)
    assert watch.errors == []
    page.close()


def test_a_sheet_that_is_locked_leads_nowhere_any_more(browser: Browser, server: Server) -> None:
    """A branch without a superior reviews itself: its sheet is locked as soon as it has applied."""
    page, _ = open_page(browser, server.address, f"rating?year={YEAR}&branch=B2", PHONE)
    page.get_by_role("button", name="核对并申报").click()
    page.get_by_role("button", name="提交三星申报").click(timeout=20_000)
    expect(page.get_by_text("直接报街道党工委组织办")).to_be_visible(timeout=20_000)
    expect(page.locator(".editor .state")).to_have_attribute("data-state", "locked", timeout=20_000)
    expect(page.get_by_role("button", name="核对并申报")).to_be_hidden()
    page.close()

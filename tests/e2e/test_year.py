"""A whole year, played by different people in different windows; the result is what `evaluate` says of its data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.e2e.conftest import DESK, Server, settle
from tests.helpers import load_tables
from tests.services.year import YEAR, set_day
from tests.subdistrict import marks_meeting

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

COMMUNITIES = {"S1": "红枫社区党委", "S2": "锦园社区党委"}
BRANCHES = {  # superior, and the level that its self-assessment meets before anybody types
    "B1": ("第一党支部", "S1", 0),
    "B2": ("第二党支部", "S1", 5),
    "B3": ("第三党支部", "S2", 5),
    "B5": ("第五党支部", "S1", 5),
    "B6": ("第六党支部", "S1", 3),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    book = load(ROOT / "rules.yaml")
    with Store(tmp_path / "year.duckdb") as store:
        load_tables(
            store,
            book,
            {
                "superiors": [{"superior_id": k, "name": n, "kind": "community"} for k, n in COMMUNITIES.items()],
                "branches": [
                    {"branch_id": k, "name": name, "superior_id": superior, "sector": "two_new"}
                    for k, (name, superior, _) in BRANCHES.items()
                ],
                "marks": [
                    {"branch_id": k, "year": YEAR, "stage": "self", "criterion": criterion, "value": value}
                    for k, (_, _, level) in BRANCHES.items()
                    for criterion, value in marks_meeting(book, level).items()
                ],
            },
        )
        set_day(store, f"{YEAR}-04-20")
    found = Server(tmp_path / "year.duckdb", tmp_path)
    found.start()
    yield found
    if found.process.poll() is None:
        found.stop()


class Person:
    """Somebody with a window of his own."""

    def __init__(self, browser: Browser, server: Server, size: tuple[int, int] = DESK) -> None:
        self.server = server
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.page: Page = self.context.new_page()

    def go(self, path: str) -> Page:
        joint = "&" if "?" in path else "?"
        self.page.goto(f"{self.server.address}/{path}{joint}year={YEAR}")
        settle(self.page)
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=20_000)

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, option: str) -> None:
        self.page.locator('[data-testid="stSelectbox"]', has_text=label).locator("input").first.click()
        self.page.get_by_role("option", name=option).first.click()


def on(server: Server, day: str) -> None:
    """Another day begins: the server is stopped for the night."""
    server.stop()
    with Store(server.store) as store:
        set_day(store, day)
    server.start()

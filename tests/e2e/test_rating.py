"""A branch rates itself in a real browser: nothing typed is lost, whatever happens to server, network and window."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.e2e.conftest import PHONE, Server, settle
from tests.helpers import load_tables
from tests.services.year import YEAR, full_marks
from tests.services.year import settle as settle_year

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SAVED = "已保存"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a small subdistrict in April, a branch for each test; B4 has rated itself last year."""
    folder, book = tmp_path_factory.mktemp("rating"), load(ROOT / "rules.yaml")
    with Store(folder / "store.duckdb") as store:
        settle_year(store, book)
        load_tables(store, book, {"marks": full_marks(book, "B4", year=YEAR - 1, c02=0)})
    found = Server(folder / "store.duckdb", folder)
    found.start()
    yield found
    if found.process.poll() is None:
        found.stop()


@pytest.fixture
def person(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
    yield context
    context.close()


def open_sheet(context: BrowserContext, server: Server, branch: str) -> Page:
    page = context.new_page()
    page.goto(f"{server.address}/rating?year={YEAR}&branch={branch}")
    settle(page)
    expect(page.locator(".editor .state")).to_contain_text(SAVED, timeout=20_000)
    return page


def card(page: Page, number: int) -> Locator:
    return page.locator(".editor article").nth(number - 1)


def answer(page: Page, number: int, word: str = "达标") -> None:
    card(page, number).get_by_role("radio", name=word, exact=True).check()


def note(page: Page, number: int, text: str) -> None:
    found = card(page, number)
    if not found.locator("textarea").first.is_visible():
        found.locator(".more > summary").click()
    found.locator("textarea").first.fill(text)


def is_saved(page: Page) -> None:
    expect(page.locator(".editor .state")).to_have_attribute("data-state", "saved_at", timeout=40_000)


def stored(server: Server, branch: str) -> dict[str, tuple[float | None, str | None]]:
    """What the server has."""
    with urllib.request.urlopen(f"{server.address}/api/sheet/self/{branch}/{YEAR}") as told:
        entries = json.load(told)["entries"]
    return {criterion: (entry["value"], entry["note"]) for criterion, entry in sorted(entries.items())}


def test_a_killed_server_a_reload_and_a_second_start_lose_nothing(person: BrowserContext, server: Server) -> None:
    page = open_sheet(person, server, "B1")
    answer(page, 1)
    is_saved(page)
    answer(page, 2, "未达标")
    note(page, 3, "写到一半")
    server.kill()
    note(page, 3, "写到一半，服务器断了，接着写完")
    answer(page, 4)
    expect(page.locator(".editor .state")).to_contain_text("存在本机", timeout=20_000)
    server.start()
    is_saved(page)
    note(page, 5, "刚写完就关掉")  # and the window is gone before it could be sent
    page.close()
    page = open_sheet(person, server, "B1")
    card(page, 5).locator(".more > summary").click()
    expect(card(page, 5).locator("textarea").first).to_have_value("刚写完就关掉")
    page.close()
    assert stored(server, "B1") == {
        "c01": (1.0, None),
        "c02": (0.0, None),
        "c03": (None, "写到一半，服务器断了，接着写完"),
        "c04": (1.0, None),
        "c05": (None, "刚写完就关掉"),
    }


def test_without_the_network_one_types_on(person: BrowserContext, server: Server) -> None:
    page = open_sheet(person, server, "B2")
    person.set_offline(True)
    for number in (1, 2, 3):
        answer(page, number)
    expect(page.locator(".editor .state")).to_contain_text("3 处改动存在本机", timeout=20_000)
    person.set_offline(False)
    is_saved(page)
    expect(page.locator(".editor .level")).to_contain_text("已答 3/42")
    page.close()
    assert [criterion for criterion, (value, _) in stored(server, "B2").items() if value == 1] == ["c01", "c02", "c03"]


def test_two_people_see_each_other_and_neither_is_overwritten(
    browser: Browser, person: BrowserContext, server: Server
) -> None:
    other = browser.new_context(locale="zh-CN")
    mine, theirs = open_sheet(person, server, "B3"), open_sheet(other, server, "B3")
    answer(theirs, 1, "未达标")
    note(theirs, 2, "组织委员写的")
    is_saved(theirs)
    answer(mine, 1, "达标")  # without having seen it
    note(mine, 2, "书记写的")
    conflicts = mine.locator(".editor .conflict")
    expect(conflicts).to_have_count(2, timeout=20_000)
    expect(conflicts.first).to_contain_text("别处刚改成“未达标”，您填的是“达标”")
    conflicts.first.get_by_role("button", name="用我填的").click()
    conflicts.last.get_by_role("button", name="用别处的").click()
    expect(conflicts).to_have_count(0, timeout=20_000)
    is_saved(mine)
    expect(card(mine, 2).locator("textarea").first).to_have_value("组织委员写的")
    theirs.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as on coming back to the window
    expect(card(theirs, 1).get_by_role("radio", name="达标", exact=True)).to_be_checked(timeout=20_000)
    other.close()
    mine.close()
    found = stored(server, "B3")
    assert (found["c01"], found["c02"]) == ((1.0, None), (None, "组织委员写的"))


def test_last_years_answers_are_proposals_that_a_person_confirms(person: BrowserContext, server: Server) -> None:
    page = open_sheet(person, server, "B4")
    expect(page.locator(".editor .level")).to_contain_text("已答 0/42")
    expect(card(page, 2).locator(".beside")).to_contain_text("去年：未达标")
    card(page, 2).get_by_role("button", name="沿用").click()
    expect(page.locator(".editor .level")).to_contain_text("已答 1/42")
    page.get_by_role("button", name="沿用本节去年的 5 项").click()
    expect(page.locator(".editor .level")).to_contain_text("已答 6/42")
    is_saved(page)
    page.close()
    assert [value for value, _ in stored(server, "B4").values()] == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]


def test_three_clicks_on_send_are_one_application(person: BrowserContext, server: Server) -> None:
    page = open_sheet(person, server, "B1")
    answer(page, 6)
    is_saved(page)
    answered = re.search(r"已答 (\d+)/42", page.locator(".editor .level").inner_text())
    assert answered is not None
    page.get_by_role("button", name="核对并申报").click()
    send = page.get_by_role("button", name="提交三星申报")
    expect(send).to_be_visible(timeout=20_000)
    expect(page.get_by_text(f"还有 {42 - int(answered[1])} 项没有回答")).to_be_visible()
    expect(page.get_by_text("自评没有达到三星的全部要求")).to_be_visible()
    send.click(click_count=3)
    expect(page.get_by_text("已提交三星申报，等待红枫社区党委审核")).to_be_visible(timeout=20_000)
    page.close()
    server.stop()
    with Store(server.store) as store:
        lines = proceedings.of_branch(store, "B1", YEAR)
        assert [(line["action"], line["detail"]["level"]) for line in lines] == [("applied", 3)]

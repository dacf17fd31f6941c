"""Each screen in Chromium: at desk and phone width, in both languages, alone on the machine and without an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESK, PHONE, WALL, open_page, serving, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "", "progress", "distribution", "simulation", "branch", "rating", "preview", "reviewing", "checks", "inspecting",
    "conduct", "results", "vote", "appraisals", "rules", "importing",
)  # fmt: skip


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_a_screen_opens(browser: Browser, address: str, path: str, size: tuple[int, int], language: str) -> None:
    page, watch = open_page(browser, address, f"{path}?lang={language}", size)
    assert watch.errors == []
    assert watch.elsewhere == []
    assert page.locator('[data-testid="stAlertContentError"], [data-testid="stException"]').count() == 0
    title = page.locator("h1").first.inner_text()
    assert any("\u4e00" <= c <= "\u9fff" for c in title) == (language == "zh_CN")
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= size[0], "the page scrolls sideways"
    assert f"lang={language}" in page.url or language == "zh_CN"
    page.close()


def test_no_english_of_the_client_is_left_in_chinese(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "importing")
    uploader = page.locator('[data-testid="stFileUploader"]').first
    expect(uploader).to_contain_text("选择文件")
    expect(uploader).to_contain_text("每个文件不超过")
    expect(uploader).not_to_contain_text("Upload")
    page.close()


def test_the_wall_screen_has_no_controls(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "?wall=1", WALL)
    expect(page.locator('[data-testid="stHeader"]')).to_be_hidden(timeout=20_000)
    expect(page.locator('[data-testid="stSelectbox"]')).to_have_count(0)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert watch.errors == []
    page.close()


def test_from_what_needs_attention_to_the_list_to_the_branch(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "")
    page.get_by_text("个党支部被一票否决").click()
    settle(page)
    expect(page.get_by_role("heading", name="2 个党支部（共 200 个）")).to_be_visible(timeout=20_000)
    assert "basis=vetoed" in page.url
    page.locator('[data-testid="stDataFrame"] .dvn-scroller').first.click(position={"x": 20, "y": 54})
    settle(page)
    page.get_by_text("打开档案：").click()
    expect(page.get_by_text("为什么是这个结果？")).to_be_visible(timeout=20_000)
    assert "branch=B" in page.url
    expect(page.get_by_text("一票否决", exact=True).first).to_be_visible()
    assert watch.errors == []
    page.close()


def test_from_who_is_late_to_the_branch_to_where_the_step_is_done(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "")
    page.get_by_text("个支部逾期未办").click()
    settle(page)
    late = page.locator("table.steps tr", has_text="填完自评").locator("a").first
    expect(late).to_be_visible(timeout=20_000)
    assert "urgency=late" in page.url
    name = late.inner_text()
    late.click()
    expect(page.get_by_text("为什么是这个结果？")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="去自评申报").click()
    expect(page.locator("h1")).to_have_text("自评与申报", timeout=20_000)
    expect(page.locator('[data-testid="stSelectbox"] input').last).to_have_value(re.compile(f"^{name}"))
    assert "branch=B001" not in page.url
    assert watch.errors == []
    page.close()


def test_a_click_on_the_chart_narrows_the_list(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "distribution")
    page.locator(".js-plotly-plot .bars path").first.click(force=True)
    expect(page.get_by_text("已点选：")).to_be_visible(timeout=20_000)
    expect(page.locator("h3", has_text="（共 200 个）")).not_to_contain_text("200 个党支部", timeout=20_000)
    page.close()


def test_the_address_opens_the_same_view_in_a_second_browser(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "branch?branch=B020&year=2020&lang=en")
    other, _ = open_page(browser, address, page.url.removeprefix(f"{address}/"))
    expect(other.get_by_text("Level 2020")).to_be_visible(timeout=20_000)
    expect(other.locator("h3").first).to_have_text(page.locator("h3").first.inner_text())
    other.get_by_role("button", name="Rules and data").click()
    other.get_by_role("menuitem", name="Rules", exact=True).click()
    expect(other.get_by_role("tab", name="Document")).to_be_visible(timeout=20_000)
    expect(other).to_have_url(re.compile("lang=en"))
    page.close()
    other.close()


def test_supposing_marks_moves_the_preview_and_stores_nothing(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "preview?branch=B012&year=2022")
    page.locator('[data-testid="stMultiSelect"] input').first.click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_text("那么达到")).to_be_visible(timeout=20_000)
    page.close()


def send(office: Page, text: str) -> None:
    """Upload branches.csv on the import page, once the upload has arrived."""
    office.locator('input[type="file"]').first.set_input_files(
        [{"name": "branches.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    office.locator('[data-testid="stFileChip"]').wait_for(timeout=30_000)
    expect(office.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0, timeout=30_000)
    office.get_by_role("button", name="检查并导入").click()
    expect(office.locator('[data-testid="stFileChip"]')).to_have_count(0, timeout=30_000)


def test_data_that_comes_in_appears_on_an_open_overview(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "store.duckdb", tmp_path) as address:
        overview, _ = open_page(browser, address, "")
        expect(overview.get_by_text("还没有数据")).to_be_visible()
        office, _ = open_page(browser, address, "importing")
        send(office, "branch_id,name,sector\nB1,x,farm\n")
        expect(office.get_by_text("branches.csv:2:sector")).to_be_visible(timeout=30_000)
        send(office, "支部编号,名称,类别\nB1,第一党支部,两新组织\n")
        expect(office.get_by_text("导入完成")).to_be_visible(timeout=30_000)
        overview.reload()
        settle(overview)
        expect(overview.get_by_text("0 / 1 个")).to_be_visible(timeout=30_000)
        send(office, "支部编号,名称,类别\nB2,第二党支部,机关\n")
        expect(overview.get_by_text("0 / 2 个")).to_be_visible(timeout=45_000)  # by itself
        vote, _ = open_page(browser, address, "vote")
        expect(vote.get_by_text("还没有候选人和投票")).to_be_visible(timeout=30_000)
        vote.close()
        overview.close()
        office.close()


def test_a_file_of_votes_with_its_own_header_is_explained_once(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "importing")
    text = "openid,候选人,投票时间\nwx-1,N109,2022-10-05 08:00\nwx-2,N109,2022-10-05 09:00\n"
    page.locator('input[type="file"]').nth(1).set_input_files(
        [{"name": "微信.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    expect(page.get_by_text("第一次见到“微信.csv”这样的表头")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="记住这种表头").click()
    expect(page.get_by_text("请指明哪一列是渠道")).to_be_visible(timeout=30_000)
    page.locator('[data-testid="stSelectbox"]', has_text="这些文件来自").locator("input").click()
    page.get_by_role("option", name="微信公众号").click()
    page.get_by_role("button", name="记住这种表头").click()
    page.get_by_role("button", name="导入 1 个投票文件").click(timeout=30_000)
    expect(page.get_by_text("新增 2 行，已有 0 行")).to_be_visible(timeout=30_000)
    vote, _ = open_page(browser, address, "vote?year=2022&view=balance")
    expect(vote.get_by_text("收到 1,002 行")).to_be_visible(timeout=30_000)
    assert watch.errors == []
    page.close()
    vote.close()

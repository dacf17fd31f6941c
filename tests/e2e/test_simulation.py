"""The simulation in Chromium: change, see who moves, click the map, undo, share, take along."""

from __future__ import annotations

import io
import re
import zipfile
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from docx import Document
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import DESK, PHONE, open_page, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FIVE = "quotas.five_star.places.2022"
SLOW = 30_000


def changes(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("set", [])


def number(page: Page, label: str) -> Locator:
    return page.locator('[data-testid="stNumberInput"]', has_text=label).locator("input").first


def card(page: Page, name: str) -> Locator:
    return page.locator('[data-testid="stMetric"]', has_text=name).locator('[data-testid="stMetricValue"]')


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_change_see_who_moves_undo_and_share(browser: Browser, address: str, size: tuple[int, int]) -> None:
    page, watch = open_page(browser, address, "simulation?year=2022", size)
    expect(page.get_by_text("现在按现行规则")).to_be_visible(timeout=SLOW)
    before = card(page, "五星").inner_text()
    box = number(page, "五星名额：2022 年名额")
    box.fill("20")
    box.press("Enter")
    expect(page.get_by_role("heading", name=re.compile(r"\d+ 个支部的星级会变"))).to_be_visible(timeout=SLOW)
    expect(page).to_have_url(re.compile(r"set=quotas\.five_star\.places\.2022(%3D|=)20"), timeout=SLOW)
    after = card(page, "五星").inner_text()
    assert after != before
    settle(page)
    expect(page.locator('[data-testid="stTable"] tbody tr').first).to_be_visible(timeout=SLOW)
    names = page.locator('[data-testid="stTable"] tbody tr').all_inner_texts()
    told = [re.sub("[\u2060\u00a0 ]", "", name) for name in names]
    assert any("党支部" in name and "四星→五星" in name for name in told)

    other, _ = open_page(browser, address, page.url.removeprefix(f"{address}/"), size)
    expect(card(other, "五星")).to_have_text(after, timeout=SLOW)
    expect(other.locator('[data-testid="stTable"] tbody tr')).to_have_count(len(names), timeout=SLOW)
    assert other.locator('[data-testid="stTable"] tbody tr').all_inner_texts() == names

    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("现在按现行规则")).to_be_visible(timeout=SLOW)
    expect(card(page, "五星")).to_have_text(before)
    expect(page).not_to_have_url(re.compile("set="), timeout=SLOW)
    assert watch.errors == []
    page.close()
    other.close()


def test_nonsense_is_told_beside_the_control(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "simulation?year=2022")
    before = card(page, "五星").inner_text()
    box = number(page, "五星名额：申报不足时按申报数取")
    box.fill("180")
    box.press("Enter")
    alert = page.locator('[data-testid="stAlertContentError"]')
    expect(alert).to_contain_text("比例应在 0% 至 100% 之间", timeout=SLOW)
    expect(card(page, "五星")).to_have_text(before)
    assert abs((alert.bounding_box() or {"y": 0})["y"] - (box.bounding_box() or {"y": 999})["y"]) < 150
    assert watch.errors == []
    page.close()


def test_a_click_on_the_map_takes_the_pair_over(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, "simulation?year=2022&view=map")
    chart = page.locator(".js-plotly-plot").first
    expect(chart.locator(".heatmaplayer image")).to_be_visible(timeout=SLOW)
    box = chart.locator(".heatmaplayer image").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    expect(page).to_have_url(re.compile("set="), timeout=SLOW)
    settle(page)
    found = dict(change.split("=") for change in changes(page))
    assert set(found) == {FIVE, "quotas.five_star.shortfall.ratio"}
    assert int(found[FIVE]) > 30, "high in the picture means many places"
    expect(number(page, "五星名额：2022 年名额")).to_have_value(found[FIVE], timeout=SLOW)
    expect(page.get_by_text("越过了断崖")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="撤销").click()
    expect(page).not_to_have_url(re.compile("set="), timeout=SLOW)
    assert watch.errors == []
    page.close()


def test_a_kept_scenario_and_both_documents_can_be_taken_along(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address, f"simulation?year=2022&view=compare&set={FIVE}%3D20")
    page.get_by_label("方案名称").fill("五星增至二十")
    page.get_by_label("方案名称").press("Tab")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存“五星增至二十”")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="载入", exact=True)).to_be_visible(timeout=SLOW)
    moved = page.get_by_role("heading", name=re.compile("个支部的星级会变")).inner_text()
    files = {}
    for label, ending in (("下载简报", "docx"), ("下载附表", "xlsx"), ("下载方案文件", "yaml")):
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("button", name=label).click()
        assert download.value.suggested_filename.endswith(ending)
        files[ending] = download.value.path().read_bytes()
    assert zipfile.ZipFile(io.BytesIO(files["docx"])).testzip() is None
    text = "\n".join(p.text for p in Document(io.BytesIO(files["docx"])).paragraphs)
    assert "五星增至二十" in text
    assert moved.rstrip("。") in text
    assert len(openpyxl.load_workbook(io.BytesIO(files["xlsx"])).sheetnames) >= 5
    assert f"{FIVE}: 20" in files["yaml"].decode()
    assert watch.errors == []
    page.close()

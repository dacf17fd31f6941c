"""The workbook, read back: sheets, types, filters, and no formula anywhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from dashboard.documents.figures import local
from dashboard.documents.workbook import workbook
from dashboard.i18n.catalogue import LANGUAGES, Translator, translator
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services.briefing import Report
from dashboard.settings import ROOT
from tests.documents.reports import FORMULA, HARD, LONG, MARKUP, TWO_PLACES, make

BOTH = pytest.mark.parametrize("t", [translator(language) for language in LANGUAGES], ids=LANGUAGES)
CHINESE = translator("zh_CN")
LISTS = ("movers", "levels", "fairness", "branches", "doubts")


@cache
def usual() -> Report:
    return make(load(ROOT / "rules.yaml"), name="=四星收紧", note="+基层反映", author="@组织办")


def opened(report: Report, t: Translator = CHINESE) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook(report, t)))


def rows(sheet: Any) -> list[dict[str, object]]:
    """The rows of a list by the titles of their columns."""
    head, *rest = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


def cells(book: Any) -> Iterator[Any]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from row


@BOTH
def test_sheets_filter_print_and_stay_in_sight(t: Translator) -> None:
    book = opened(usual(), t)
    assert book.sheetnames == [t(f"doc.sheet.{name}") for name in ("summary", *LISTS)]
    for sheet in book:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1)
        assert sheet.freeze_panes
    for name in LISTS:
        sheet = book[t(f"doc.sheet.{name}")]
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
        assert sheet.print_title_rows == "$1:$1"
        assert all(cell.value and cell.font.bold for cell in sheet[1])


@BOTH
def test_what_users_typed_stays_text(t: Translator) -> None:
    book = opened(usual(), t)
    assert not [cell.coordinate for cell in cells(book) if cell.data_type == "f" or cell.hyperlink]
    said = [cell.value for cell in cells(book) if isinstance(cell.value, str)]
    for name in (*HARD, "=四星收紧"):
        assert name in said
    assert t("doc.note", text="+基层反映") in said


def test_movers_are_typed_and_name_no_ids() -> None:
    found = {str(row["党支部"]): row for row in rows(opened(usual())["变动支部"])}
    assert found.keys() == {FORMULA, MARKUP}
    row = found[FORMULA]
    assert (row["现行"], row["方案"], row["升降（级）"]) == ("四星", "三星", -1)
    assert (row["现行依据"], row["方案依据"]) == ("择优入选", "顺延至下一星级")
    assert (row["现行名次"], row["条款"]) == (3, "附2·四·3")
    assert str(row["原因"]).startswith("顺延至下一星级")
    assert "支部编号" not in row


def test_levels_have_a_row_for_each_set_of_rules() -> None:
    found = [tuple(row.values())[:9] for row in rows(opened(usual())["各级情况"])]
    assert found[2:4] == [
        ("四星", "现行", 30, 5, 5, 4, 4, 0, 4),
        ("四星", "方案", 2, 5, 5, 2, 2, 0, 2),
    ]
    assert found[4] == ("三星", "现行", None, None, None, None, None, None, 2)


def test_shares_are_numbers_in_percent() -> None:
    sheet = opened(usual())["上级与类别"]
    found = rows(sheet)
    assert [row["分组"] for row in found].count("类别") == 1
    assert {row["占比（方案）"] for row in found} == {1.0}
    assert sheet["F2"].number_format == "0.0%"
    assert found[0]["每支部增减（级）"] == pytest.approx(-0.4)


def test_every_branch_is_there_under_both() -> None:
    found = {str(row["党支部"]): row for row in rows(opened(usual())["全部支部"])}
    assert len(found) == len(usual().branches)
    moved = found[MARKUP]
    assert (moved["申报星级"], moved["验收达到"], moved["现行星级"], moved["方案星级"]) == (
        "四星",
        "四星",
        "四星",
        "三星",
    )
    assert moved["是否变动"] == "是"
    assert (found["丁支部"]["状态"], found["丁支部"]["上级党组织"]) == ("已撤并", "无上级党组织")
    assert found["丁支部"]["申报状态（现行）"] == "未申报"
    assert found[LONG]["是否变动"] == "否"


@BOTH
def test_every_doubtful_clause_is_told(t: Translator) -> None:
    book = opened(usual(), t)
    questions = {cell.value for cell in book[t("doc.sheet.doubts")]["C"][1:]}
    assert questions == {t.text(item.reading.question) for item in usual().ambiguities}


@BOTH
def test_the_summary_holds_figures_sources_and_a_chart(t: Translator) -> None:
    report = usual()
    assert report.data.at is not None
    sheet = opened(report, t)[t("doc.sheet.summary")]
    found = {row[0]: row[1:4] for row in sheet.iter_rows(values_only=True) if row[0] is not None}
    level = report.both.baseline.rulebook.levels["four_star"]
    assert found[t("metric.level", level=t.text(level.name))] == (4, 2, -2)
    assert found[t("metric.total")] == (6, 6, 0)
    assert found[t("doc.coverage")] == (1.0, 1.0, None)
    assert found[t("doc.source.rules")][0] == report.both.baseline.rulebook.fingerprint
    assert found[t("doc.source.scenario")][0] == report.both.scenario.rulebook.fingerprint
    assert found[t("doc.source.version")][0] == report.data.version
    assert isinstance(found[t("doc.source.data")][0], datetime)
    assert found[t("doc.source.data")][0] == local(report.data.at)
    assert found[t("doc.source.made")][0] == local(report.made_at)
    with ZipFile(io.BytesIO(workbook(report, t))) as file:
        chart = file.read("xl/charts/chart1.xml").decode()
    assert chart.count("<c:ser>") == 2
    assert t("doc.chart") in chart


def test_synthetic_data_says_so() -> None:
    told = CHINESE("doc.synthetic")
    assert told not in [cell.value for cell in cells(opened(usual()))]
    assert told in [cell.value for cell in cells(opened(replace(usual(), synthetic=True)))]


@BOTH
def test_without_changes_it_says_so(rulebook: Rulebook, t: Translator) -> None:
    book = opened(make(rulebook, ()), t)
    said = {cell.value for cell in cells(book)}
    assert {t("doc.title"), t("doc.no_changes"), t("doc.nothing_changed"), t("fairness.even")} <= said
    assert book[t("doc.sheet.movers")].max_row == 2 or not rows(book[t("doc.sheet.movers")])


@BOTH
def test_without_branches_it_is_empty_but_whole(rulebook: Rulebook, t: Translator) -> None:
    book = opened(make(rulebook, (TWO_PLACES,), ()), t)
    said = {cell.value for cell in cells(book)}
    assert {t("doc.no_branches"), t("data.none")} <= said
    assert rows(book[t("doc.sheet.branches")]) == []


def test_signs_that_no_file_can_hold_are_replaced() -> None:
    strange = replace(usual(), scenario=replace(usual().scenario, name="a\x00b\ud800c", note="长" * 40_000))
    sheet = opened(strange)["摘要"]
    assert sheet["A1"].value == "a\ufffdb\ufffdc"
    assert max(len(str(row[0].value)) for row in sheet.iter_rows()) == 32_767

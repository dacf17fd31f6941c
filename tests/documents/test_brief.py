"""The brief: an A4 page in official dress, everything it must say, and never a third page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document

from dashboard.documents import figures
from dashboard.documents.brief import brief
from dashboard.documents.paper import BODY, Grid, Line, line_count, page_count
from dashboard.i18n.catalogue import LANGUAGES, Translator, translator
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sentences
from dashboard.services.briefing import Report
from dashboard.settings import ROOT
from tests.documents import reports
from tests.documents.reports import FORMULA, HARD, LONG, MARKUP, TWO_PLACES, applicant, make

MM = 36_000  # of the units that docx counts in
BOTH = pytest.mark.parametrize("t", [translator(language) for language in LANGUAGES], ids=LANGUAGES)
CHINESE = translator("zh_CN")


@cache
def usual() -> Report:
    return make(load(ROOT / "rules.yaml"), name="四星收紧", note="基层反映\n名额偏宽", author="组织办")


def words(content: bytes) -> str:
    """All text of a docx, cells apart."""
    document = Document(io.BytesIO(content))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def part(content: bytes, name: str) -> str:
    with ZipFile(io.BytesIO(content)) as file:
        return file.read(name).decode()


def table(content: bytes, head: str) -> list[list[str]]:
    """The table whose first header cell says `head`."""
    tables: list[Any] = Document(io.BytesIO(content)).tables
    found = next(t for t in tables if t.rows[0].cells[0].text == head)
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_the_page_is_a4_with_the_margins_of_official_documents() -> None:
    section = Document(io.BytesIO(brief(usual(), CHINESE))).sections[0]
    assert (round(section.page_width / MM), round(section.page_height / MM)) == (210, 297)
    assert (round(section.top_margin / MM), round(section.left_margin / MM)) == (37, 28)
    width = section.page_width - section.left_margin - section.right_margin
    height = section.page_height - section.top_margin - section.bottom_margin
    assert (round(width / MM), round(height / MM)) == (156, 225)


def test_fonts_are_named_for_chinese_and_latin_and_lines_are_of_exact_height() -> None:
    content = brief(usual(), CHINESE)
    styles: Any = Document(io.BytesIO(content)).styles
    for name, font, size in (
        ("Title", "方正小标宋简体", 22),
        ("Heading 1", "黑体", 12),
        ("Normal", "仿宋_GB2312", 12),
        ("Table text", "仿宋_GB2312", 10.5),
        ("Table head", "黑体", 10.5),
    ):
        style = styles[name]
        fonts = style.element.rPr.rFonts.attrib
        named = {key.rpartition("}")[2]: value for key, value in fonts.items()}
        assert named == {
            "eastAsia": font,
            "ascii": "Times New Roman",
            "hAnsi": "Times New Roman",
            "cs": "Times New Roman",
            "hint": "eastAsia",
        }
        assert style.font.size.pt == size
        assert 'w:lineRule="exact"' in style.element.pPr.xml
    assert styles["Title"].paragraph_format.alignment == 1
    assert '<w:altName w:val="仿宋"/>' in part(content, "word/fontTable.xml")
    assert not [name for name in ZipFile(io.BytesIO(content)).namelist() if "fonts/" in name]


def test_the_footer_counts_pages() -> None:
    content = brief(usual(), CHINESE)
    footers = [name for name in ZipFile(io.BytesIO(content)).namelist() if re.search(r"footer\d", name)]
    assert len(footers) == 2
    assert all('w:instr="PAGE"' in part(content, name) for name in footers)


@BOTH
def test_it_says_everything_in_order(t: Translator) -> None:
    report = usual()
    content = brief(report, t)
    document: Any = Document(io.BytesIO(content))
    lines = [p.text for p in document.paragraphs]
    assert lines[0] == "四星收紧"
    assert t("doc.title") in lines[1]
    assert "2017" in lines[1]
    assert t("doc.stage.final") in lines[1]
    assert report.data.at is not None
    assert t.moment(report.data.at) in lines[2]
    assert t.moment(report.made_at) in lines[2]
    assert lines[4] == sentences.headline(t, report.both, 1)
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    names = ("answer", "changes", "levels", "binding", "cut", "movers", "fairness", "doubts")
    assert headings == [t(f"doc.section.{name}", count=2) for name in names]
    assert "基层反映\n名额偏宽" in words(content)
    assert "组织办" in words(content)
    assert not [line for line in lines if "**" in line]
    for side in (report.both.baseline, report.both.scenario):
        assert side.rulebook.fingerprint[:16] in lines[-1]
    assert t.moment(report.data.at) in lines[-1]
    assert t("doc.synthetic") not in lines[-1]
    assert t("doc.synthetic") in words(brief(replace(report, synthetic=True), t))


def test_tables_hold_both_values_where_they_differ() -> None:
    content = brief(usual(), CHINESE)
    assert table(content, "规则")[1:] == [["四星名额：2017 年名额", "30", "2"]]
    rows = table(content, "星级")
    assert rows[0] == ["星级", "名额", "申报受理", "达标", "可评名额", "入围", "并列待定", "该星级支部"]
    assert rows[2] == ["四星", "30 → 2", "5", "5", "4 → 2", "4 → 2", "0", "4 → 2"]
    assert rows[3] == ["三星", "—", "—", "—", "—", "—", "—", "2 → 4"]
    assert rows[4][-1] == "6"


def test_movers_are_named_with_their_reason() -> None:
    report = usual()
    rows = table(brief(report, CHINESE), "党支部")[1:]
    reasons = [sentences.reason(CHINESE, report.both, move) for move in report.both.moves]
    assert {row[0] for row in rows} == {FORMULA, MARKUP}
    assert {tuple(row[1:4]) for row in rows} == {(reports.SUPERIOR, "四星", "三星")}
    assert {row[4] for row in rows} == set(reasons)


@BOTH
def test_names_stay_what_was_typed(t: Translator) -> None:
    said = words(brief(usual(), t))
    assert all(name in said for name in HARD)


def test_a_cliff_is_warned_of(rulebook: Rulebook) -> None:
    told = figures.warnings(usual(), CHINESE)
    assert told == []
    baseline_five = make(rulebook, ["quotas.four_star.places.2017=5"])
    report = make(rulebook, ["quotas.four_star.places.2017=6"])
    crossed = replace(report, both=replace(report.both, baseline=baseline_five.both.scenario))
    (warning,) = figures.warnings(crossed, CHINESE)
    assert warning in words(brief(crossed, CHINESE))


@BOTH
def test_without_changes_it_says_so(rulebook: Rulebook, t: Translator) -> None:
    said = words(brief(make(rulebook, ()), t))
    for key in ("doc.title", "doc.no_changes", "doc.nothing_changed", "simulate.nobody", "fairness.even"):
        assert t(key) in said


@BOTH
def test_without_branches_it_says_so(rulebook: Rulebook, t: Translator) -> None:
    said = words(brief(make(rulebook, (TWO_PLACES,), ()), t))
    assert t("doc.no_branches") in said
    assert t("data.none") in said


def test_a_part_of_the_rules_set_aside_is_told_by_its_values(rulebook: Rulebook) -> None:
    ((name, before, after),) = figures.decided(make(rulebook, ["inspection.collective_sanction=null"]), CHINESE)
    assert name == CHINESE("rules.group.inspection.collective_sanction")
    assert "2" in before
    assert "社区党组织" in before
    assert after == CHINESE("value.null")


def test_signs_that_no_file_can_hold_are_replaced() -> None:
    strange = replace(usual(), scenario=replace(usual().scenario, name="a\x00b\ud800c"))
    assert words(brief(strange, CHINESE)).startswith("a\ufffdb\ufffdc")


def chosen(report: Report, t: Translator, monkeypatch: pytest.MonkeyPatch) -> list[Line | Grid]:
    """What the brief puts on its pages."""
    blocks: list[Line | Grid] = []

    def keep(found: list[Line | Grid], **_: object) -> bytes:
        blocks.extend(found)
        return b""

    monkeypatch.setattr("dashboard.documents.brief.write", keep)
    brief(report, t)
    return blocks


@BOTH
def test_it_is_never_more_than_two_pages(rulebook: Rulebook, t: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [applicant(f"{n:03}{LONG}", 100 - n) for n in range(60)]
    sets = ["quotas.four_star.places.2017=2", "cascade=false", "veto.committee=2", "downgrade.levels=2"]
    sets += ["application.deadline='06-30'", "application.caps.five_star=9", "inspection.collective_sanction=null"]
    report = make(rulebook, sets, many, name="名" * 60, note="理" * 500, author="人" * 40)
    assert len(report.both.moves) > 20
    blocks = chosen(report, t, monkeypatch)
    assert page_count(blocks) == 2
    more = [block.text for block in blocks if isinstance(block, Line) and "附表" in block.text + block.lead]
    assert more or t.language == "en"


def test_as_many_movers_as_fit_are_listed(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [applicant(f"第{n:03}支部", 100 - n) for n in range(60)]
    report = make(rulebook, [TWO_PLACES], many)
    blocks = chosen(report, CHINESE, monkeypatch)
    movers = next(b for b in blocks if isinstance(b, Grid) and b.header[0] == "党支部")
    left = len(report.both.moves) - len(movers.rows)
    assert 8 <= len(movers.rows) <= 18
    assert CHINESE("doc.more_movers", count=left) in [b.text for b in blocks if isinstance(b, Line)]


def test_lines_break_where_they_must() -> None:
    assert line_count("", 100, 10) == 1
    assert line_count("一" * 10, 100, 10) == 1
    assert line_count("一" * 11, 100, 10) == 2
    assert line_count("一" * 10, 100, 10, indent=20) == 2
    assert line_count("一\n二", 100, 10) == 2
    assert line_count("0000 " * 8, 100, 10) == 2
    assert line_count("0" * 50, 100, 10) == 3
    assert line_count("一" * 5 + "0" * 11, 100, 10) == 2


def test_pages_are_counted_with_rows_whole() -> None:
    line = Line("一", BODY)
    assert page_count([line]) == 1
    assert page_count([line] * 37) == 1
    assert page_count([line] * 38) == 2
    tall = Grid(("a",), (("一\n" * 30,), ("一\n" * 30,)), (156.0,))
    assert page_count([tall]) == 2

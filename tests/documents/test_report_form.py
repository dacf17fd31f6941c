"""测评结果报告单: what is printed is what was counted, on an A4 page to sign."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from docx import Document

from dashboard.documents.appraisal import form, report, title
from dashboard.i18n.catalogue import LANGUAGES, Translator, translator
from dashboard.rules.appraisal import Round, satisfied, state
from dashboard.rules.rulebook import Rulebook
from dashboard.services.appraisals import Held

ANSWERS = {"satisfied": 45, "fairly_satisfied": 3, "abstained": 2}
BOTH = pytest.mark.parametrize("t", [translator(language) for language in LANGUAGES], ids=LANGUAGES)


def item(rulebook: Rulebook, *, kind: str = "satisfaction", void: str | None = None, **answers: int) -> Held:
    counted = answers or ANSWERS
    valid = sum(counted.values())
    found = Round("A1", kind, 2022, "B1", None, date(2022, 4, 8), valid + 10, valid + 2, valid, counted, None, void)
    rules = rulebook.appraisals[kind]
    return Held(found, state(rules, found), satisfied(rules, counted), ())


def text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = (" ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_the_form_says_all_that_was_counted(rulebook: Rulebook) -> None:
    t = translator("zh_CN")
    found = form(item(rulebook), rulebook, "第一党支部", t)
    said = text(report(found, t, datetime(2022, 4, 9, tzinfo=UTC)))
    for expected in (
        "满意度测评结果报告单",
        "2022 年度　第一党支部　测评日期：2022年4月8日　环节：各环节",
        "发出票 60 100%",
        "收回票 52 86.66%",
        "有效票 50 83.33%",
        "无效票 2 3.33%",
        "满意 45 90%",
        "基本满意 3 6%",
        "不满意 0 0%",
        "弃权 2 4%",
        "满意率 90%。达到“五星”要求的 90%。",
        "发出 60 ≥ 收回 52 ＝ 有效 50 ＋ 无效 2；各选项合计 50。",
        "监票人：",
        rulebook.fingerprint[:16],
    ):
        assert expected in said, expected
    assert title(found) == "满意度测评结果报告单　第一党支部"


def test_just_below_does_not_read_as_reached(rulebook: Rulebook) -> None:
    t = translator("zh_CN")
    found = form(item(rulebook, satisfied=89_999, dissatisfied=10_001), rulebook, "第一党支部", t)
    assert found.result == "满意率 89.99%。未达到“五星”要求的 90%。"


@BOTH
def test_a_round_that_does_not_count_says_why(rulebook: Rulebook, t: Translator) -> None:
    found = form(item(rulebook, void="监票有误"), rulebook, "x", t)
    assert "监票有误" in found.result
    year_end = form(item(rulebook, kind="year_end"), rulebook, "x", t)
    assert t.share(Fraction(9, 10)) in year_end.result
    assert "90%" not in year_end.result.replace(t.share(Fraction(9, 10)), "", 1)


@BOTH
def test_the_form_is_one_page_and_a_name_is_no_path(rulebook: Rulebook, t: Translator) -> None:
    found = form(item(rulebook), rulebook, "甲/乙 <b> 支部\x00", t)
    assert "/" not in title(found)
    content = report(found, t, datetime(2022, 4, 9, tzinfo=UTC))
    section = Document(io.BytesIO(content)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert "<b>" in text(content)

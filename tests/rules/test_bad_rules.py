"""Rules that cannot be meant are refused: every problem at once, each with its code, its path and its line.

`tests/bad_rules/good.yaml` is a small rulebook without a mistake. Every other file there is a copy of it with one
mistake. Its first lines say what must be reported (`# expect: CODE @ PATH`), `# <- here` marks the lines.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from dashboard.errors import RulesError
from dashboard.rules.load import Document, build, load
from tests.rules.bad_edits import EDITS, SCORES, TABLE

FOLDER = Path(__file__).parents[1] / "bad_rules"
GOOD = (FOLDER / "good.yaml").read_text("utf-8")
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "good.yaml")
HERE = "# <- here"
NAME = "rules.yaml"


def edited(*edits: tuple[str, str]) -> str:
    """good.yaml with each of the edits made; what is replaced must stand there once."""
    text = GOOD
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def problems_of(text: str) -> list[tuple[str, str, int | None]]:
    """Code, path and line of every problem, in the order of the report."""
    with pytest.raises(RulesError) as caught:
        build(Document(text, NAME))
    found = []
    for problem in caught.value.problems:
        place = re.fullmatch(rf"{NAME}(?::(\d+)(?:: (.+))?)?", problem.where)
        assert place, problem.where
        found.append((problem.code, place[2] or "", int(place[1]) if place[1] else None))
    return found


def marked(text: str) -> set[int]:
    return {number for number, line in enumerate(text.splitlines(), 1) if HERE in line}


def test_good_rules_load() -> None:
    assert load(FOLDER / "good.yaml").level_values == (3, 4, 5)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_one_mistake_a_file(path: Path) -> None:
    text = path.read_text("utf-8")
    expected = re.findall(r"^# expect: (\S+) @ ?(.*?)(?: +# <- here)?$", text, re.MULTILINE)
    found = problems_of(text)
    assert expected
    assert Counter(expected) == Counter((code, where) for code, where, _ in found)
    assert {line for _, _, line in found if line is not None} == marked(text)


def test_every_file_marks_its_lines_or_has_none() -> None:
    """Only what is wrong with a file as a whole has no line of its own."""
    without = {path.stem for path in FILES if HERE not in path.read_text("utf-8")}
    assert without == {"billion_laughs"}


@pytest.mark.parametrize("name", EDITS)
def test_one_mistake_an_edit(name: str) -> None:
    code, path, old, new = EDITS[name]
    text = edited((old, new))
    assert problems_of(text) == [(code, path, marked(text).pop())]


def test_many_mistakes_are_reported_at_once_in_the_order_of_the_lines() -> None:
    """Also what can only be checked across the file, although whole parts of it are wrong: `veto` is missing, and
    criterion a01 has no text, which must not shift the lines of the criteria after it."""
    text = edited(
        ("veto: {committee: 1, members: 2}\n", ""),
        ("    standard: table\n", "    standard: tables\n"),
        ("            text: {zh: 班子健全, en: A full committee}\n", ""),
        ("five_star: 4}", "five_star: 1}"),
        ("      five_star: [s01]\n", "      five_star: [s01, s09]\n"),
        ("deadline: 04-30", "deadline: 02-30"),
        ("rate: 10%, kind", "rate: 110%, kind"),
        ("counts: holders", "counts: holders\n    counts: new_awards"),
        ("ranking: [score, criteria_met]", "ranking: [score, score]"),
        ("path: quotas.*.counts", "path: inspection.cascade"),
    )
    lines = text.splitlines()

    def line(part: str) -> int:
        return next(number for number, line in enumerate(lines, 1) if part in line)

    assert problems_of(text) == [
        ("rules.missing", "veto", 1),
        ("rules.unknown_standard", "sectors.two_new.standard", line("tables")),
        ("rules.missing", f"{TABLE}.a01.text", line("id: a01")),
        ("rules.asks_less", f"{TABLE}.a02.requires.five_star", line("five_star: 1}")),
        ("rules.unknown_criterion", f"{SCORES}.must.five_star", line("s09")),
        ("rules.month_day", "application.deadline", line("02-30")),
        ("rules.share", "quotas.four_star.growth.rate", line("110%")),
        ("rules.duplicate_key", "quotas.four_star.counts", line("counts: new_awards")),
        ("rules.id_twice", "ranking.1", line("score, score")),
        ("rules.no_such_path", "readings.quota_counts.path", line("inspection.cascade")),
    ]


def test_what_follows_from_a_mistake_is_not_reported_beside_it() -> None:
    """s01 is set aside for its points: neither is it unknown under `must`, nor are the cutoffs out of reach."""
    text = edited(("            points: 40\n", "            points: many  # <- here\n"))
    assert problems_of(text) == [("rules.number", f"{SCORES}.sections.sheet.criteria.s01.points", marked(text).pop())]


def test_no_level_at_all() -> None:
    start, end = GOOD.index("  three_star: {value"), GOOD.index("sectors:\n")
    codes = {code for code, _, _ in problems_of(GOOD[: start - 1] + " {}\n" + GOOD[end:])}
    assert codes == {"rules.no_level", "rules.unknown_level"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("title: 三星".encode("gb18030"), "rules.not_utf8"),
        (b"\xff\xfe", "rules.not_utf8"),
        (b"", "rules.not_a_mapping"),
        (b"\xef\xbb\xbf", "rules.not_a_mapping"),
        (b"three stars", "rules.not_a_mapping"),
        (b"#" * 4_000_001, "rules.too_large"),
    ],
)
def test_files_that_are_no_rules(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(RulesError) as caught:
        load(path)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].where.startswith("mine.yaml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as caught:
        load(tmp_path / "none.yaml")
    assert [problem.code for problem in caught.value.problems] == ["rules.unreadable"]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD, "utf-8-sig")
    assert load(path).fingerprint == build(Document(GOOD, NAME)).fingerprint

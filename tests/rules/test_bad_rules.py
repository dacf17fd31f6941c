"""Rules that cannot be meant are refused: every problem at once, each with its code, its path and its line.

`tests/bad_rules/good.yaml` is a small rulebook without a mistake. Every other file there is a copy of it with one
mistake. Its first lines say what must be reported (`# expect: CODE @ PATH`), `# <- here` marks the lines.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import RulesError
from dashboard.rules.level import parameters
from dashboard.rules.load import Document, build, fingerprint, load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.rules.terms import terms

FOLDER = Path(__file__).parents[1] / "bad_rules"
GOOD = (FOLDER / "good.yaml").read_text("utf-8")
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "good.yaml")
HERE = "# <- here"
NAME = "rules.yaml"

TABLE = "standards.table.sections.basics.criteria"
SCORES = "standards.scores"

# More mistakes, as edits of good.yaml: code, path, what is written, what is written instead.
EDITS: dict[str, tuple[str, str, str, str]] = {
    "duplicate year": (
        "rules.duplicate_key",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {2017: 30, 2017: 33}  # <- here",
    ),
    "missing key": (
        "rules.missing",
        "application.deadline",
        "application:\n  deadline: 04-30\n",
        "application:  # <- here\n",
    ),
    "merge key": (
        "rules.unknown_key",
        "veto.<<",
        "veto: {committee: 1, members: 2}",
        "veto: {<<: {committee: 1}, committee: 1, members: 2}  # <- here",
    ),
    "boolean key": (
        "rules.bad_key",
        "",
        "standards:\n",
        "  no: {name: {zh: 无, en: None}}  # <- here\nstandards:\n",
    ),
    "key that is no identifier": (
        "rules.identifier",
        "superior_kinds.Community Party",
        "standards:\n",
        "  Community Party: {name: {zh: 社区, en: Community}}  # <- here\nstandards:\n",
    ),
    "ratio in words": (
        "rules.ratio",
        "quotas.four_star.shortfall.ratio",
        "shortfall: {ratio: 80%}",
        "shortfall: {ratio: 八成}  # <- here",
    ),
    "places not whole": (
        "rules.int",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {2017: 30.5}  # <- here",
    ),
    "year as text": (
        "rules.int",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {'2017': 30}  # <- here",
    ),
    "whole number that is none": (
        "rules.int",
        "first_year",
        "first_year: 2017",
        "first_year: !!int next year  # <- here",
    ),
    "negative points": (
        "rules.number",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: -60  # <- here",
    ),
    "points too fine": (
        "rules.bad_value",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: 60.0000001  # <- here",
    ),
    "points too many": (
        "rules.bad_value",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: 6.0e+999999999  # <- here",
    ),
    "month 13": ("rules.at_most", "calendar.self_assessment.to", "    to: 4", "    to: 13  # <- here"),
    "29 February": (
        "rules.month_day",
        "application.deadline",
        "deadline: 04-30",
        "deadline: 02-29  # <- here",
    ),
    "day as a list": (
        "rules.month_day",
        "application.deadline",
        "deadline: 04-30",
        "deadline: [13, 45]  # <- here",
    ),
    "choice": (
        "rules.choice",
        "inspection.collective_sanction.counts",
        "counts: three_star, applies_to: [community]}",
        "counts: all, applies_to: [community]}  # <- here",
    ),
    "number for a text": ("rules.string", "title.en", "en: How branches are rated}", "en: 2017}  # <- here"),
    "text for a list": (
        "rules.tuple",
        "ranking",
        "ranking: [score, criteria_met]",
        "ranking: score  # <- here",
    ),
    "text for a mapping": (
        "rules.model",
        "inspection.recheck",
        "recheck: {rate: 30%}",
        "recheck: 30%  # <- here",
    ),
    "empty text": ("rules.empty", "sectors.two_new.name.en", "en: New organisations}", "en: ''}  # <- here"),
    "empty ranking": ("rules.empty", "ranking", "ranking: [score, criteria_met]", "ranking: []  # <- here"),
    "ranking key twice": (
        "rules.id_twice",
        "ranking.1",
        "ranking: [score, criteria_met]",
        "ranking: [score, score]  # <- here",
    ),
    "levels equal": (
        "rules.levels_ascend",
        "levels.five_star.value",
        "{value: 5, name: {zh: 五星, en: Five-star}}",
        "{value: 4, name: {zh: 五星, en: Five-star}}  # <- here",
    ),
    "unknown level without a cap": (
        "rules.unknown_level",
        "application.caps.six_star",
        "    five_star: 2\n",
        "    five_star: 2\n    six_star: null  # <- here\n",
    ),
    "unknown level on spot check": (
        "rules.unknown_level",
        "inspection.spot_check.levels.0",
        "levels: [three_star]}",
        "levels: [one_star]}  # <- here",
    ),
    "unknown level with funding": (
        "rules.unknown_level",
        "consequences.funding.one_star",
        "funding: {five_star: 3000}",
        "funding: {one_star: 500, five_star: 3000}  # <- here",
    ),
    "unknown level with a cutoff": (
        "rules.unknown_level",
        f"{SCORES}.cutoffs.one_star",
        "      three_star: 40\n",
        "      one_star: 20  # <- here\n      three_star: 40\n",
    ),
    "unknown level under must": (
        "rules.unknown_level",
        f"{SCORES}.must.six_star",
        "      five_star: [s01]\n",
        "      five_star: [s01]\n      six_star: [s01]  # <- here\n",
    ),
    "asks nothing above a level that asks": (
        "rules.asks_less",
        f"{TABLE}.a01.requires",
        "requires: {three_star: true, four_star: true, five_star: true}",
        "requires: {three_star: true, four_star: true}  # <- here",
    ),
    "yes for a count": (
        "rules.requires_count",
        f"{TABLE}.a02.requires.three_star",
        "requires: {three_star: 1, four_star: 2, five_star: 4}",
        "requires: {three_star: true, four_star: 2, five_star: 4}  # <- here",
    ),
    "no requirement": (
        "rules.requires_missing",
        f"{TABLE}.a03",
        "          - id: a03\n            text: {zh: 党员参与率, en: Share of members taking part}\n"
        "            measure: percent\n            requires: {four_star: 80, five_star: 95}\n",
        "          - id: a03  # <- here\n            text: {zh: 党员参与率, en: Share of members taking part}\n"
        "            measure: percent\n",
    ),
    "unknown measure": (
        "rules.choice",
        f"{TABLE}.a03.measure",
        "measure: percent",
        "measure: ratio  # <- here",
    ),
    "points outside points mode": (
        "rules.only_in_points",
        f"{TABLE}.a02.points",
        "            measure: count\n",
        "            measure: count\n            points: 10  # <- here\n",
    ),
    "score outside points mode": (
        "rules.only_in_points",
        f"{TABLE}.a03.measure",
        "measure: percent",
        "measure: score  # <- here",
    ),
    "cutoff below the one before": (
        "rules.asks_less",
        f"{SCORES}.cutoffs.five_star",
        "      five_star: 90\n",
        "      five_star: 60  # <- here\n",
    ),
    "cutoff above all points": (
        "rules.cutoff_unreachable",
        f"{SCORES}.cutoffs.five_star",
        "      five_star: 90\n",
        "      five_star: 100.5  # <- here\n",
    ),
    "must dropped by a higher level": (
        "rules.must_dropped",
        f"{SCORES}.must.five_star",
        "      five_star: [s01]\n",
        "      five_star: [s02]  # <- here\n",
    ),
    "unknown kind under the sanction": (
        "rules.unknown_kind",
        "inspection.collective_sanction.applies_to.0",
        "counts: three_star, applies_to: [community]}",
        "counts: three_star, applies_to: [village]}  # <- here",
    ),
    "unknown kind under caps": (
        "rules.unknown_kind",
        "application.caps.applies_to.1",
        "    applies_to: [community]\n",
        "    applies_to: [community, village]  # <- here\n",
    ),
    "neither places nor a share": (
        "rules.no_published_year",
        "quotas.five_star",
        "  five_star:\n    share: {of: branches, ratio: 10%, rounding: floor}",
        "  five_star:  # <- here\n    counts: holders",
    ),
    "phase that ends before it starts": (
        "rules.ends_before_start",
        "calendar.self_assessment.to",
        "    to: 4",
        "    to: 3  # <- here",
    ),
    "calendar id twice": (
        "rules.id_twice",
        "calendar.self_assessment",
        "    to: 4\n",
        "    to: 4\n  - {id: self_assessment, name: {zh: 申报, en: Application}, from: 4, to: 4}  # <- here\n",
    ),
    "tab": ("rules.not_yaml", "", "  deadline: 04-30\n", "\tdeadline: 04-30  # <- here\n"),
    "two documents": ("rules.not_yaml", "", "application:\n", "---  # <- here\napplication:\n"),
    "character outside Unicode": (
        "rules.not_yaml",
        "",
        "en: How branches are rated}",
        'en: "\\UFFFFFFFF"}  # <- here',
    ),
    "half of a character": ("rules.not_yaml", "", "en: How branches are rated}", 'en: "\\ud800"}  # <- here'),
    "control character": ("rules.not_yaml", "", "en: How branches are rated}", "en: \x00}  # <- here"),
    "nested too deep": (
        "rules.not_yaml",
        "",
        "ranking: [score, criteria_met]",
        f"ranking: {'[' * 9000}score{']' * 9000}  # <- here",
    ),
}


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
    assert fingerprint(load(path)) == fingerprint(build(Document(GOOD, NAME)))


# ---- whatever is written, the loader answers with a rulebook or with problems

STRANGE = (
    "",
    "null",
    "~",
    "true",
    "no",
    "0",
    "-1",
    "0b_",
    "0x_",
    "030",
    "1:30",
    "2017",
    "9" * 5000,
    "0x" + "f" * 5000,
    "1.5",
    "-.inf",
    ".nan",
    "1.0e+999999999",
    "1.0e-999999999",
    "1e999999999%",
    "1/0",
    "1/3",
    "100.0001%",
    "0.12345678901234567890123456789",
    "2017-02-29",
    "02-29",
    "!!int x",
    "!!int ''",
    "!!bool maybe",
    "!!float x",
    "!!timestamp x",
    "!!python/object/apply:os.getcwd []",
    "!own x",
    "*unknown",
    "&a [*a]",
    "&b {x: *b}",
    "{[a]: 1}",
    "{{}: 1}",
    "{1: 2, a: 3}",
    "? x",
    "[1, {id: 2}, [three_star]]",
    "[" * 400,
    '"\\ud800"',
    '"\\UFFFFFFFF"',
    "'",
    "|",
    ">-",
    "%",
    "@",
    "three_star",
    "a01",
    "s01",
    "quotas.*.*.*",
    "..",
    "*.*",
    "<<",
    "社区",
)
LINES = GOOD.splitlines()
TOKEN = re.compile(r"[^\s{}\[\],:#]+")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """good.yaml after a few accidents: lines lost, doubled, swapped, moved or pushed in, words replaced."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("delete", "double", "swap", "indent", "word", "value", "insert"))):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = " " * draw(st.integers(0, 12)) + lines[at].lstrip()
            case "word":
                words = list(TOKEN.finditer(lines[at]))
                if words:
                    word = draw(st.sampled_from(words))
                    new = draw(st.sampled_from(STRANGE))
                    lines[at] = lines[at][: word.start()] + new + lines[at][word.end() :]
            case "value":
                key, colon, _ = lines[at].partition(": ")
                lines[at] = key + (colon or ": ") + draw(st.sampled_from(STRANGE))
            case "insert":
                lines.insert(at, draw(st.sampled_from(STRANGE)))
    return "\n".join(lines) + "\n"


def use(rulebook: Rulebook) -> None:
    """Rules that load can be named, changed and put into a query."""
    same = apply(rulebook, [Change("cascade", rulebook.cascade)])
    assert fingerprint(same) == fingerprint(rulebook)
    parameters(rulebook)
    terms([rulebook], 2019, projected=True)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(mutated())
def test_no_accident_raises_anything_but_a_rules_error(text: str) -> None:
    try:
        use(build(Document(text, NAME)))
    except RulesError as exc:
        assert exc.problems
        assert all(problem.code.startswith("rules.") and problem.where for problem in exc.problems)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.text(st.sampled_from("ab12:-?*&!{}[],#|>%@'\"\\ \n\t.~<=\x00\x85\ufeff三"), max_size=60))
def test_no_text_raises_anything_but_a_rules_error(text: str) -> None:
    with pytest.raises(RulesError):
        build(Document(text, NAME))

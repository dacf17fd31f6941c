"""Whatever is written in a rules file, the loader answers with a rulebook or with problems."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import RulesError
from dashboard.rules.level import parameters
from dashboard.rules.load import Document, build
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.rules.terms import terms

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
GOOD = (Path(__file__).parents[1] / "bad_rules" / "good.yaml").read_text("utf-8")
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
    assert same.fingerprint == rulebook.fingerprint
    parameters(rulebook)
    terms([rulebook], 2019, projected=True)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(mutated())
def test_no_accident_raises_anything_but_a_rules_error(text: str) -> None:
    try:
        use(build(Document(text, "rules.yaml")))
    except RulesError as exc:
        problems = exc.problems
    else:
        return
    assert problems
    assert all(problem.code.startswith("rules.") and problem.where for problem in problems)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.text(st.sampled_from("ab12:-?*&!{}[],#|>%@'\"\\ \n\t.~<=\x00\x85\ufeff三"), max_size=60))
def test_no_text_raises_anything_but_a_rules_error(text: str) -> None:
    with pytest.raises(RulesError):
        build(Document(text, "rules.yaml"))

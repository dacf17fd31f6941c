"""Both catalogues say the same things, and everything that the program says is in them."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.i18n.catalogue import LANGUAGES, messages, translator
from dashboard.i18n.rule_words import group_name, short_label
from dashboard.rules.application import STATUSES
from dashboard.rules.award import BASES
from dashboard.rules.rulebook import Rulebook
from dashboard.services.rules_view import rule_groups
from dashboard.services.standing import PHASES
from dashboard.services.steps import ACTORS, STATES, STEPS
from dashboard.settings import ROOT

SOURCES = {path: path.read_text("utf-8") for path in sorted((ROOT / "dashboard").rglob("*.py"))}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages_have_the_same_keys_and_name_the_same_values() -> None:
    chinese, english = (messages(language) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    different = {key for key in chinese if fields(chinese[key]) != fields(english[key])}
    assert different == set()
    assert not [key for key in chinese if not chinese[key].strip() or not english[key].strip()]


@pytest.mark.parametrize("pattern", [r'\bt\(\s*"([a-z_.]+)"', r'\bT\("([a-z_.]+)"', r'words\(\)\("([a-z_.]+)"'])
def test_every_key_that_the_code_names_exists(pattern: str) -> None:
    known = messages("zh_CN")
    used = {key for text in SOURCES.values() for key in re.findall(pattern, text)}
    assert used
    assert used <= known.keys()


def test_every_problem_code_has_its_sentence() -> None:
    known = messages("zh_CN")
    codes = set()
    for text in SOURCES.values():
        codes |= set(re.findall(r'"((?:rules|import|store|auth|cli|demo|branch|plan)\.[a-z_]+)"', text))
    codes -= {"rules.yaml", "demo.duckdb"}
    other = {code for code in codes if any(key.startswith(code) for key in known)}  # keys of screens
    assert {code for code in codes - other if f"error.{code}" not in known} == set()


@pytest.mark.parametrize("prefix", ["basis", "why"])
def test_every_basis_is_named_and_explained(prefix: str) -> None:
    assert {f"{prefix}.{basis}" for basis in BASES} <= messages("zh_CN").keys()


def test_every_status_is_named() -> None:
    assert {f"status.{status}" for status in STATUSES} <= messages("zh_CN").keys()


def test_every_step_state_phase_and_actor_is_named() -> None:
    named = {f"step.{step}" for step in STEPS} | {f"step.{step}.do" for step in STEPS}
    named |= {f"progress.state.{state}" for state in STATES} | {f"turn.{actor}" for actor in ACTORS}
    named |= {f"progress.phase.{phase}" for phase in PHASES}
    assert named <= messages("zh_CN").keys()
    values = {"answered": 1, "items": 42, "level": "四星", "superior": "社区党委"}
    assert all(translator("zh_CN")(f"step.{step}.do", **values) for step in STEPS)


def test_every_rule_shown_has_a_name(rulebook: Rulebook) -> None:
    for t in map(translator, LANGUAGES):
        for group in rule_groups(rulebook, VISITOR):
            assert group_name(t, rulebook, group.name, group.key)
            for value in group.values:
                assert short_label(t, rulebook, value.path) != value.path

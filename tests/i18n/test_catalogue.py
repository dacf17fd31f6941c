"""Both catalogues say the same things, and everything that the program says is in them."""

from __future__ import annotations

import re
from string import Formatter
from typing import get_args

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.i18n.catalogue import LANGUAGES, messages, translator
from dashboard.i18n.rule_words import group_name, short_label
from dashboard.rules.application import STATUSES
from dashboard.rules.award import BASES
from dashboard.rules.rulebook import Rulebook
from dashboard.services.reviewing import ABSENCES
from dashboard.services.rules_view import rule_groups
from dashboard.services.sheets import Lock
from dashboard.services.standing import PHASES
from dashboard.services.steps import ACTORS, STATES, STEPS
from dashboard.settings import ROOT
from tests.i18n.arguments import HOLE, Sources, matching

SOURCES = {path: path.read_text("utf-8") for path in sorted((ROOT / "dashboard").rglob("*.py"))}
READ = Sources(SOURCES)


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


def raises(name: str) -> bool:
    """Whether a call of this name makes a problem."""
    known = ("Problem", "Finding", "CellError", "ImportRefused.of", "NotAllowed.of")
    return name in known or name.endswith("Error.of")


def test_every_problem_code_has_its_sentence(rulebook: Rulebook) -> None:
    """What is raised, and every other text that begins as such codes do and is neither a key of a screen nor of the
    rules."""
    known = set(messages("zh_CN"))
    passed, _ = READ.passed(raises, 0, "code")
    raised = {text for text in passed if "." in text}
    assert {"review.changed", "permit.reason_wanted", "inspection.done_already", f"sheet.locked_{HOLE}"} <= raised
    assert {code for code in raised if not matching(f"error.{code}", known)} == set()
    families = "|".join(sorted({code.split(".")[0] for code in raised}))
    written = {code for text in SOURCES.values() for code in re.findall(rf'[^f]"((?:{families})\.[a-z_]+)"', text)}
    written -= {"rules.yaml", "demo.duckdb"}
    other = {code for code in written if any(key.startswith(code) for key in known)}  # keys of screens
    other |= {code for code in written if hasattr(getattr(rulebook, code.split(".")[0], None), code.split(".")[1])}
    assert {code for code in written - other if f"error.{code}" not in known} == set()


def test_every_reason_of_a_locked_sheet_has_its_sentence() -> None:
    assert {f"error.sheet.locked_{lock}" for lock in get_args(Lock)} <= messages("zh_CN").keys()


def test_everything_that_is_done_about_a_branch_is_told() -> None:
    actions, unread = READ.passed(lambda name: name.endswith("proceedings.note"), 3, "action")
    assert unread == []
    assert {"approved", "returned", "inspection_corrected"} <= actions
    assert {action for action in actions if f"done.{action}" not in messages("zh_CN")} == set()


def test_whatever_may_stand_against_an_application_is_told_to_its_superior() -> None:
    known, before = messages("zh_CN").keys(), ("pending", "returned")  # of these the desk tells as lists
    for family in ("then", "means"):
        assert {f"reviewing.{family}.{status}" for status in STATUSES if status not in before} <= known
    assert {f"reviewing.absent.{why}" for why in ABSENCES} <= known


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

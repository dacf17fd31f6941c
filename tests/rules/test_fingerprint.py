"""A fingerprint names what the rules say, not how they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rules.load import Document, build
from dashboard.rules.paths import leaves
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario, apply

GOOD = (Path(__file__).parents[1] / "bad_rules" / "good.yaml").read_text("utf-8")


def read(text: str) -> Rulebook:
    return build(Document(text, "rules.yaml"))


BASE = read(GOOD)


def changed(*sets: str) -> Rulebook:
    return apply(BASE, [Change.parse(text) for text in sets])


def test_an_empty_scenario_is_the_baseline_itself() -> None:
    assert apply(BASE, []) is BASE
    assert apply(BASE, Scenario("nothing").changes) is BASE


LEAVES = list(leaves(BASE))


def test_setting_any_value_to_what_it_is_changes_nothing() -> None:
    """Every path that exists can be set, and the canonical form of a value is one that is read back."""
    assert len(LEAVES) > 150
    for path, value in LEAVES:
        assert apply(BASE, [Change(path, value)]).fingerprint == BASE.fingerprint, path


POOL = (
    "cascade=false",
    "quotas.four_star.places.2018=40",
    "quotas.four_star.growth.rate=20%",
    "quotas.five_star.share.ratio=15%",
    "application.caps.five_star=1",
    "veto.members=3",
    "standards.table.sections.basics.criteria.a02.requires.five_star=7",
    "ranking=[criteria_met]",
)


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(st.permutations(POOL), st.integers(0, len(POOL)))
def test_the_order_of_changes_does_not_matter(order: list[str], take: int) -> None:
    chosen = order[:take]
    assert changed(*chosen).fingerprint == changed(*sorted(chosen)).fingerprint
    assert (changed(*chosen).fingerprint == BASE.fingerprint) == (take == 0)


def test_comments_and_blank_lines_do_not_matter() -> None:
    noisy = "# Rules\n\n" + GOOD.replace("\n", "  # a remark\n\n")
    assert read(noisy).fingerprint == BASE.fingerprint


def test_key_order_does_not_matter() -> None:
    """The levels keep their order, which is the one from low to high."""

    def turned(node: object) -> object:
        if isinstance(node, dict):
            return {key: value if key == "levels" else turned(value) for key, value in reversed(node.items())}
        return [turned(item) for item in node] if isinstance(node, list) else node

    text = yaml.safe_dump(turned(yaml.safe_load(GOOD)), allow_unicode=True, sort_keys=False)
    assert text.startswith("readings:")
    assert read(text).fingerprint == BASE.fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate: 10%, kind", "rate: 0.1, kind"),
        ("rate: 10%, kind", "rate: 0.10, kind"),
        ("rate: 10%, kind", "rate: 10.0%, kind"),
        ("rate: 10%, kind", "rate: 1/10, kind"),
        ("rate: 10%, kind", "rate: 1.0e-1, kind"),
        ("{2017: 30}", "{2_017: 0x1e}"),
        ("points: 60", "points: 60.0"),
        ("points: 60", "points: '60'"),
        ("points: 60", "points: 6.0e+1"),
        ("four_star: 80, five_star: 95", "four_star: 80.00, five_star: 95.0"),
        ("deadline: 04-30", "deadline: '4-30'"),
        ("cascade: true", "cascade: yes"),
        ("mode: all_required", "mode: 'all_required'"),
        ("counts: holders", 'counts: "holders"'),
        ("requires_self_assessment: true\n", "\n"),  # the default, said or not
    ],
)
def test_ways_to_write_a_value_do_not_matter(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    assert read(GOOD.replace(old, new)).fingerprint == BASE.fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate: 10%, kind", "rate: 10.000001%, kind"),
        ("{2017: 30}", "{2017: 31}"),
        ("{2017: 30}", "{2018: 30}"),
        ("ranking: [score, criteria_met]", "ranking: [criteria_met, score]"),
        ("en: Basics}", "en: Basic}"),
        ("cascade: true", "cascade: false"),
        ("counts: holders", "counts: new_awards"),
    ],
)
def test_what_a_rule_says_does_matter(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    assert read(GOOD.replace(old, new)).fingerprint != BASE.fingerprint


def test_a_change_gives_the_fingerprint_of_the_file_that_says_so() -> None:
    by_hand = read(GOOD.replace("cascade: true", "cascade: false").replace("{2017: 30}", "{2017: 30, 2020: 44}"))
    assert changed("cascade=false", "quotas.four_star.places.2020=44").fingerprint == by_hand.fingerprint

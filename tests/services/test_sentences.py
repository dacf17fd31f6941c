"""Results in words: said in both languages, with the numbers of the result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.i18n import Translator, translator
from dashboard.rules.application import STATUSES
from dashboard.rules.award import BASES
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import LevelOutcome, evaluate
from dashboard.services.ground import prepare
from dashboard.services.margin import AtCut, Margin, margins
from dashboard.services.sentences import binding, cliff_warning, cut, headline, level_names, reason
from dashboard.services.simulation import Move, Simulation, Standing, simulate
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import expand

YEAR = 2019
PLACES = "quotas.four_star.places.2019"
ZH, EN = translator("zh_CN"), translator("en")
both_languages = pytest.mark.parametrize("t", [ZH, EN], ids=["zh", "en"])
NAMES = {"zh_CN": {3: "三星", 4: "四星", 5: "五星"}, "en": {3: "Three-star", 4: "Four-star", 5: "Five-star"}}


def numbers(text: str | None) -> list[Decimal]:
    """Every number that a text states, ascending."""
    assert text is not None
    assert not re.search(r"[{}]", text), text
    return sorted(Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", text))


def run(store: Store, baseline: Rulebook, *sets: str) -> Simulation:
    scenario = changed(baseline, *sets)
    return simulate(store, baseline, scenario, VISITOR, prepare(store, baseline, VISITOR, YEAR))


def outcome(both: Simulation, level: int) -> LevelOutcome:
    found = both.scenario.evaluation.level(level)
    assert found is not None
    return found


def filled(store: Store, rules: Rulebook, rows: Sequence[dict[str, Any]]) -> Store:
    load_tables(store, rules, expand(rules, YEAR, rows))
    return store


def applicants(count: int, **more: object) -> list[dict[str, Any]]:
    return [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": 60 + n} | more for n in range(count)]


def told_binding(t: Translator, both: Simulation, level: int = 4) -> str:
    return binding(t, both.scenario, outcome(both, level))


# what binds a level


@both_languages
def test_a_quota_binds_with_its_places_and_those_without_one(t: Translator, store: Store, rulebook: Rulebook) -> None:
    """2 of 12 places are held; 14 qualify for the other 10."""
    holders = [{"id": f"H{n}", "held": 4} for n in range(2)]
    short = {"id": "X", "applies": 4, "inspected": 3, "score": 99}
    both = run(filled(store, rulebook, [*applicants(14), short, *holders]), rulebook, f"{PLACES}=12")
    assert outcome(both, 4).applicants == 15
    text = told_binding(t, both)
    assert numbers(text) == [4, 10, 12, 14]
    assert NAMES[t.language][4] in text
    assert text == t("binds.quota", level=NAMES[t.language][4], quota=12, places=10, pool=14, left=4)


@both_languages
def test_supply_binds_where_everyone_has_a_place(t: Translator, store: Store, rulebook: Rulebook) -> None:
    both = run(
        filled(store, rulebook, [*applicants(7), *({**b, "id": "X", "inspected": 3} for b in applicants(1))]),
        rulebook,
        f"{PLACES}=8",
    )
    assert (outcome(both, 4).applicants, outcome(both, 4).pool) == (8, 7)
    assert told_binding(t, both) == t("binds.supply", level=NAMES[t.language][4], places=8, pool=7)
    assert numbers(told_binding(t, both)) == [7, 8]
    assert numbers(told_binding(t, both, 5)) == [0, 0]  # nobody applied, so no place is open


@both_languages
def test_the_shortfall_rule_binds_with_its_places(t: Translator, store: Store, rulebook: Rulebook) -> None:
    both = run(filled(store, rulebook, applicants(29)), rulebook, f"{PLACES}=30")
    text = told_binding(t, both)
    assert text == t("binds.fallback", level=NAMES[t.language][4], applicants=29, places=23, pool=29, left=6)
    assert numbers(text) == [6, 23, 29, 29]


@both_languages
def test_a_level_without_a_quota_says_so(t: Translator, store: Store, rulebook: Rulebook) -> None:
    both = run(filled(store, rulebook, applicants(5)), rulebook, "quotas.four_star=null")
    assert told_binding(t, both) == t("binds.none", level=NAMES[t.language][4], applicants=5, pool=5)
    assert numbers(told_binding(t, both)) == [5, 5]


@both_languages
def test_applications_over_the_cap_and_vetoed_ones_are_told_beside(
    t: Translator, store: Store, rulebook: Rulebook
) -> None:
    """C1 puts forward 7 for four stars, 3 too many, and 3 for five, 1 too many; 2 others fall to the veto."""
    rows = [*applicants(7, superior="C1"), *({**b, "id": f"V{n}", "committee": 1} for n, b in enumerate(applicants(2)))]
    rows += [{"id": f"F{n}", "superior": "C1", "applies": 5, "inspected": 5, "score": 90 + n} for n in range(3)]
    both = run(filled(store, rulebook, rows), rulebook, f"{PLACES}=2")
    plain = t("binds.quota", level=NAMES[t.language][4], quota=2, places=2, pool=4, left=2)
    assert told_binding(t, both) == plain + t("binds.also.over_cap", count=3) + t("binds.also.vetoed", count=2)
    assert told_binding(t, both, 5).endswith(t("binds.also.over_cap", count=1))


# the cliff


@pytest.fixture
def twenty_nine(store: Store, rulebook: Rulebook) -> Store:
    return filled(store, rulebook, applicants(29))


def warned(t: Translator, store: Store, rules: Rulebook, before: int, after: int, *sets: str) -> str | None:
    both = run(store, changed(rules, f"{PLACES}={before}"), f"{PLACES}={after}", *sets)
    return cliff_warning(t, both, outcome(both, 4))


@both_languages
def test_crossing_the_cliff_is_told_with_its_numbers(t: Translator, twenty_nine: Store, rulebook: Rulebook) -> None:
    """附2·三·2: 30 places for 29 applications leave 23; 29 places would have given all 29 one."""
    for before in (20, 29):
        text = warned(t, twenty_nine, rulebook, before, 30)
        assert text == t("simulate.cliff", level=NAMES[t.language][4], quota=30, applicants=29, places=23, best=29)
        assert set(numbers(text)) == {30, 29, 23}


@pytest.mark.parametrize(
    ("before", "after"),
    [(28, 29), (29, 29), (30, 29), (36, 20), (30, 31), (40, 35), (29, 10)],
    ids=str,
)
def test_no_cliff_is_crossed_on_either_side_of_it_or_on_the_way_back(
    before: int, after: int, twenty_nine: Store, rulebook: Rulebook
) -> None:
    assert warned(EN, twenty_nine, rulebook, before, after) is None


def test_there_is_no_cliff_without_the_shortfall_rule(twenty_nine: Store, rulebook: Rulebook) -> None:
    assert warned(EN, twenty_nine, rulebook, 29, 30, "quotas.four_star.shortfall=null") is None
    assert warned(EN, twenty_nine, rulebook, 29, 30, "quotas.four_star.shortfall.ratio=100%") is None
    both = run(twenty_nine, changed(rulebook, f"{PLACES}=29"), "quotas.four_star=null")
    assert cliff_warning(EN, both, outcome(both, 4)) is None


def test_fewer_applications_for_the_same_places_are_no_crossing(store: Store, rulebook: Rulebook) -> None:
    """The shortfall rule takes over (80% of 28 are 22), but not for the places that were decided."""
    rows = [*applicants(28), {"id": "L1", "applies": 4, "inspected": 4, "score": 50, "on": f"{YEAR}-04-25"}]
    filled(store, rulebook, rows)
    for places in (29, 28):
        both = run(store, changed(rulebook, f"{PLACES}=29"), "application.deadline=04-22", f"{PLACES}={places}")
        assert outcome(both, 4).places == {29: 22, 28: 28}[places]
        assert cliff_warning(EN, both, outcome(both, 4)) is None


@pytest.mark.parametrize(("counts", "best"), [("holders", 34), ("new_awards", 29)])
def test_stars_that_are_held_move_the_brim_where_they_count(
    counts: str, best: int, store: Store, rulebook: Rulebook
) -> None:
    """3 hold four stars, and one comes down to them from five; a fifth, of four, is vetoed. The brim holds."""
    kept = [{"id": f"H{n}", "held": 4} for n in range(4)] + [{"id": "F1", "held": 5, "recheck": "fail"}]
    rows = [*applicants(29), *kept, {"id": "V1", "held": 4, "committee": 1}]
    rules = changed(rulebook, f"quotas.four_star.counts={counts}")
    filled(store, rules, rows)
    text = warned(EN, store, rules, best, best + 1)
    assert text == EN("simulate.cliff", level="Four-star", quota=best + 1, applicants=29, places=23, best=best)
    at_brim = run(store, rules, f"{PLACES}={best}")
    assert (outcome(at_brim, 4).selected, outcome(at_brim, 4).binding) == (29, "supply")


# headline and reasons


@both_languages
def test_the_headline_counts_who_rises_and_who_falls(t: Translator, store: Store, rulebook: Rulebook) -> None:
    """The cap lets C1's second through no more, and the last place goes to Z1 in its stead."""
    rows = [
        {"id": "C1a", "superior": "C1", "applies": 4, "inspected": 4, "score": 95},
        {"id": "C1b", "superior": "C1", "applies": 4, "inspected": 4, "score": 90},
        {"id": "C1c", "superior": "C1", "applies": 4, "inspected": 4, "score": 89},
        {"id": "Z1", "applies": 4, "inspected": 4, "score": 80},
    ]
    rules = changed(rulebook, f"{PLACES}=3", "quotas.four_star.shortfall=null", "cascade=false")
    filled(store, rules, rows)
    both = run(store, rules, "application.caps.four_star=1")
    assert [(m.branch_id, m.before, m.after) for m in both.moves] == [("C1b", 4, 0), ("C1c", 4, 0), ("Z1", 0, 4)]
    assert headline(t, both, 1) == t("simulate.moves", count=3, up=1, down=2)
    assert numbers(headline(t, both, 1)) == [1, 2, 3]
    assert headline(t, run(store, rules), 0) == t("simulate.start")
    assert headline(t, run(store, rules, "veto.members=9"), 1) == t("simulate.no_moves")
    over = reason(t, both, both.moves[0])
    assert over.endswith(t("simulate.reason_status", was=t("status.accepted"), now=t("status.over_cap")))
    assert t("basis.selected") + t("simulate.place", level=NAMES[t.language][4], rank=2, places=3) in over
    rises = reason(t, both, both.moves[2])
    assert rises == t(
        "simulate.reason",
        now=t("basis.selected") + t("simulate.place", level=NAMES[t.language][4], rank=2, places=3),
        was=t("basis.over_quota") + t("simulate.place", level=NAMES[t.language][4], rank=4, places=3),
    )


def test_every_result_of_a_subdistrict_can_be_told(rulebook: Rulebook) -> None:
    tight = changed(rulebook, f"{PLACES}=8", "quotas.five_star.places.2019=3")
    with Store(None) as opened:
        load_tables(opened, tight, random_tables(131, branches=60, year=YEAR))
        names = {r.branch_id: f"<{r.branch_id}>" for r in evaluate(opened, tight, VISITOR, YEAR).branches()}
        told = 0
        for sets in (
            ["cascade=false", f"{PLACES}=2"],
            ["quotas.four_star=null"],
            ["application.caps.four_star=0", "veto.members=1"],
            [f"{PLACES}=60"],
            ["application.deadline=01-31"],
        ):
            both = run(opened, tight, *sets)
            for t in (ZH, EN):
                up, down = (sum((m.after - m.before) * sign > 0 for m in both.moves) for sign in (1, -1))
                assert headline(t, both, 1) == t("simulate.moves", count=up + down, up=up, down=down)
                for move in both.moves:
                    text = reason(t, both, move)
                    assert t(f"basis.{move.now.basis}") in text
                    assert t(f"basis.{move.was.basis}") in text
                    told += 1
                for found in both.scenario.evaluation.levels:
                    assert NAMES[t.language][found.level] in binding(t, both.scenario, found)
                    cliff_warning(t, both, found)
                for margin in margins(both.scenario.evaluation, both.scenario.rulebook.ranking):
                    text = cut(t, both.scenario.rulebook, margin, names)
                    for beside in (margin.last_in, margin.first_out):
                        assert beside is None or f"<{beside.branch_id}>" in text
        assert told > 40


@both_languages
def test_every_basis_and_status_has_words(t: Translator, twenty_nine: Store, rulebook: Rulebook) -> None:
    both = run(twenty_nine, rulebook)
    was = Standing(4, "selected", "accepted", 4, 1, 4)
    first = t("basis.selected") + t("simulate.place", level=NAMES[t.language][4], rank=1, places=23)
    for basis in BASES:
        move = Move("B01", was, replace(was, level=0, basis=basis, competed_at=None, merit_rank=None), "")
        assert reason(t, both, move) == t("simulate.reason", now=t(f"basis.{basis}"), was=first)
    for status in STATUSES:
        move = Move("B01", was, replace(was, level=0, application_status=status), "")
        assert (
            t(f"status.{status}") in reason(t, both, move).removeprefix(reason(t, both, replace(move, now=was)))
        ) == (status != "accepted")
    unsaid = Move("B01", was, replace(was, level=0, application_status=None), "")
    assert reason(t, both, unsaid) == reason(t, both, replace(unsaid, now=was))


@both_languages
def test_levels_have_the_names_of_the_rules_and_none_has_one_too(t: Translator, rulebook: Rulebook) -> None:
    assert level_names(t, rulebook) == {0: t("level.none")} | NAMES[t.language]


# the cut


def at_four(pool: int, tied: int = 0) -> LevelOutcome:
    return LevelOutcome(4, 30, pool, pool, 10, 10, tied, "quota")


IN = AtCut("B1", 10, Decimal("87.500000"), 20)
OUT = AtCut("B2", 11, Decimal("86.000000"), 18)


@both_languages
def test_the_cut_is_told_with_names_places_scores_and_the_gap(t: Translator, rulebook: Rulebook) -> None:
    text = cut(t, rulebook, Margin(at_four(20), IN, OUT, (), Decimal("1.500000"), "score"), {"B1": "甲", "B2": "乙"})
    assert text == "".join(
        [
            t("cut.level", level=NAMES[t.language][4]),
            t("cut.last_in", name="甲", rank=10, score="87.5", met=20),
            t("cut.first_out", name="乙", rank=11, score="86", met=18),
            t("cut.gap.score", gap="1.5"),
        ]
    )
    assert numbers(text) == sorted(map(Decimal, ("10", "87.5", "20", "11", "86", "18", "1.5")))


@both_languages
def test_equal_scores_are_told_by_criteria(t: Translator, rulebook: Rulebook) -> None:
    margin = Margin(at_four(20), IN, replace(OUT, score=IN.score), (), Decimal(2), "criteria_met", ("score",))
    text = cut(t, rulebook, margin, {"B1": "甲", "B2": "乙"})
    assert text.endswith(t("cut.equal.score") + t("cut.gap.criteria_met", gap="2"))


@both_languages
def test_a_round_score_is_written_in_full(t: Translator, rulebook: Rulebook) -> None:
    margin = Margin(at_four(20), replace(IN, score=Decimal("100.000000")), OUT, (), Decimal("20.000000"), "score")
    text = cut(t, rulebook, margin, {"B1": "甲", "B2": "乙"})
    assert {Decimal(100), Decimal(20)} <= set(numbers(text))
    assert "E+" not in text


@both_languages
def test_a_tie_everyone_in_and_no_score_are_told(t: Translator, rulebook: Rulebook) -> None:
    names = {"B1": "甲", "B2": "乙"}
    tie = cut(t, rulebook, Margin(at_four(20, 3), IN, None, ("B3", "B4", "B5"), None, None), names)
    assert tie.endswith(t("cut.tied", count=3))
    assert t("cut.all_in") not in tie
    all_in = cut(t, rulebook, Margin(at_four(10), replace(IN, score=None), None, (), None, None), names)
    assert all_in.endswith(t("cut.last_in", name="甲", rank=10, score=t("cut.no_score"), met=20) + t("cut.all_in"))
    nobody = cut(t, rulebook, Margin(at_four(0), None, None, (), None, None), names)
    assert numbers(nobody) == []
    only_out = cut(t, rulebook, Margin(at_four(5), None, OUT, (), None, None), names)
    assert t("cut.all_in") not in only_out
    assert numbers(only_out) == [11, 18, 86]


def test_where_criteria_come_first_the_gap_is_never_below_nothing(store: Store, rulebook: Rulebook) -> None:
    rows = [
        {"id": "B1", "applies": 4, "inspected": 4, "score": 70, "self": 5},
        {"id": "B2", "applies": 4, "inspected": 4, "score": 90},
    ]
    rules = changed(rulebook, f"{PLACES}=1", "ranking=[criteria_met, score]")
    filled(store, rules, rows)
    margin = margins(evaluate(store, rules, VISITOR, YEAR), rules.ranking)[0]
    assert margin.last_in
    assert margin.last_in.branch_id == "B1"
    assert "-20" not in cut(EN, rules, margin, {"B1": "甲", "B2": "乙"})

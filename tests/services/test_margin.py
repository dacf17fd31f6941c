"""The cut of each level: last in, first out, by how much, and who waits (附2·四·3); every number by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.margin import AtCut, Margin, margins
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import expand

YEAR = 2019
MET = {4: 20, 5: 42}  # criteria met at the height of five stars by marks that just meet a level
Rows = Sequence[Mapping[str, Any]]


def rated(store: Store, rules: Rulebook, rows: Rows, four: int, five: int = 0, *sets: str) -> Evaluation:
    """The year with so many places, taken as they are."""
    load_tables(store, rules, expand(rules, YEAR, rows))
    settings = [f"quotas.four_star.places.{YEAR}={four}", f"quotas.five_star.places.{YEAR}={five}"]
    plain = ["quotas.four_star.shortfall=null", "quotas.five_star.shortfall=null", "quotas.four_star.counts=new_awards"]
    return evaluate(store, changed(rules, *settings, *plain, *sets), VISITOR, YEAR)


def at_level(evaluation: Evaluation, level: int) -> Margin:
    found = {margin.outcome.level: margin for margin in margins(evaluation, ("score", "criteria_met"))}
    assert list(found) == [4, 5]
    assert found[level].outcome == evaluation.level(level)
    return found[level]


def four(branch: str, score: float | str = "", **more: object) -> dict[str, Any]:
    """A branch that applies for four stars and meets them."""
    return {"id": branch, "applies": 4, "inspected": 4, "score": score} | more


def five(branch: str, score: float | str = "", **more: object) -> dict[str, Any]:
    return {"id": branch, "applies": 5, "inspected": 5, "score": score} | more


def cut(branch: str, rank: int, score: str | None, met: int) -> AtCut:
    return AtCut(branch, rank, None if score is None else Decimal(score), met)


def test_marks_that_meet_a_level_meet_so_many_criteria_of_the_highest(store: Store, rulebook: Rulebook) -> None:
    """What `MET` says: of the 26 that four stars require, five stars require more of 6."""
    for level, met in MET.items():
        key = {4: "four_star", 5: "five_star"}[level]
        criteria = rulebook.standards["two_new"].criteria.values()
        full = [
            (least, most)
            for c in criteria
            if (least := c.threshold(key)) is not None and (most := c.threshold("five_star")) is not None
        ]
        assert sum(least >= most for least, most in full) == met


def test_the_gap_is_by_score(store: Store, rulebook: Rulebook) -> None:
    rows = [four("B1", 86), four("B2", 90.5), four("B3", "87.5"), four("B4", 88), four("B5", 60)]
    margin = at_level(rated(store, rulebook, rows, 3), 4)
    assert margin.last_in == cut("B3", 3, "87.5", MET[4])
    assert margin.first_out == cut("B1", 4, "86", MET[4])
    assert (margin.gap, margin.gap_by, margin.tied) == (Decimal("1.5"), "score", ())


def test_equal_scores_leave_the_gap_to_the_criteria_met(store: Store, rulebook: Rulebook) -> None:
    rows = [four("B1", 87), four("B2", "87.0", self=5), four("B3", 99)]
    margin = at_level(rated(store, rulebook, rows, 2), 4)
    assert margin.last_in == cut("B2", 2, "87", MET[5])
    assert margin.first_out == cut("B1", 3, "87", MET[4])
    assert (margin.gap, margin.gap_by, margin.equal) == (Decimal(MET[5] - MET[4]), "criteria_met", ("score",))


@pytest.mark.parametrize("scores", [("", ""), (90, "")])
def test_without_a_score_there_is_no_gap(scores: tuple[object, object], store: Store, rulebook: Rulebook) -> None:
    rows = [four("B1", self=5), four("B2")]
    rows[0]["score"], rows[1]["score"] = scores
    margin = at_level(rated(store, rulebook, rows, 1), 4)
    assert margin.last_in == cut("B1", 1, "90" if scores[0] else None, MET[5])
    assert margin.first_out == cut("B2", 2, None, MET[4])
    assert (margin.gap, margin.gap_by, margin.tied) == (None, None, ())


def test_an_undecided_tie_lies_between_last_in_and_first_out(store: Store, rulebook: Rulebook) -> None:
    rows = [four("B9", 95), four("B3", 90), four("B1", 90), four("B2", "90.00"), four("B4", 80), four("B5", 70)]
    margin = at_level(rated(store, rulebook, rows, 3), 4)
    assert margin.tied == ("B1", "B2", "B3")
    assert margin.outcome.tied == 3
    assert margin.last_in == cut("B9", 1, "95", MET[4])
    assert margin.first_out == cut("B4", 5, "80", MET[4])
    assert margin.gap == 15


def test_a_tie_for_all_places_has_neither_last_in_nor_first_out(store: Store, rulebook: Rulebook) -> None:
    margin = at_level(rated(store, rulebook, [four("B1", 90), four("B2", 90)], 1), 4)
    assert (margin.last_in, margin.first_out, margin.gap, margin.gap_by) == (None, None, None, None)
    assert margin.tied == ("B1", "B2")


def test_a_decided_tie_has_no_gap(store: Store, rulebook: Rulebook) -> None:
    rows = [
        four("B1", 90, decision=[4, "not_selected"]),
        four("B2", 90, decision=[4, "selected"]),
        four("B3", 90),
    ]
    margin = at_level(rated(store, rulebook, rows, 1), 4)
    assert (margin.tied, margin.outcome.tied) == ((), 0)
    assert margin.last_in == cut("B2", 1, "90", MET[4])
    assert margin.first_out == cut("B1", 1, "90", MET[4])
    assert (margin.gap, margin.gap_by) == (None, None)


def test_a_group_that_fits_into_the_places_is_in(store: Store, rulebook: Rulebook) -> None:
    rows = [four("B1", 90), four("B2", 90), four("B3", 80)]
    margin = at_level(rated(store, rulebook, rows, 2), 4)
    assert (margin.last_in, margin.first_out) == (cut("B2", 1, "90", MET[4]), cut("B3", 3, "80", MET[4]))
    assert margin.tied == ()
    assert margin.gap == 10


@pytest.mark.parametrize("setting", ["quotas.four_star.counts=new_awards", "quotas.four_star=null"])
def test_where_everyone_is_in_nobody_is_out(setting: str, store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, expand(rulebook, YEAR, [four("B1", 90), four("B2", 80)]))
    rules = changed(rulebook, "quotas.four_star.shortfall=null") if setting != "quotas.four_star=null" else rulebook
    margin = at_level(evaluate(store, changed(rules, setting), VISITOR, YEAR), 4)
    assert margin.last_in == cut("B2", 2, "80", MET[4])
    assert (margin.first_out, margin.tied, margin.gap, margin.gap_by) == (None, (), None, None)


def test_without_places_nobody_is_in(store: Store, rulebook: Rulebook) -> None:
    margin = at_level(rated(store, rulebook, [four("B1", 90), four("B2", 80)], 0), 4)
    assert (margin.last_in, margin.first_out) == (None, cut("B1", 1, "90", MET[4]))
    assert (margin.tied, margin.gap, margin.gap_by) == ((), None, None)


def test_an_empty_pool_has_no_cut(store: Store, rulebook: Rulebook) -> None:
    """No branches at all; then one that applies for four stars without reaching them."""
    for rows in ([], [four("B1", 90) | {"inspected": 3}]):
        evaluation = rated(store, rulebook, rows, 5)
        for level in (4, 5):
            margin = at_level(evaluation, level)
            assert margin == Margin(margin.outcome, None, None, (), None, None)
            assert margin.outcome.pool == 0


def test_who_came_down_from_five_stars_is_counted_in_the_pool_of_four(store: Store, rulebook: Rulebook) -> None:
    rows = [five("B1", 95), five("B2", 85), five("B3", 70), four("B4", 90), four("B5", 80)]
    evaluation = rated(store, rulebook, rows, 2, 1)
    upper, lower = at_level(evaluation, 5), at_level(evaluation, 4)
    assert (upper.last_in, upper.first_out) == (cut("B1", 1, "95", MET[5]), cut("B2", 2, "85", MET[5]))
    assert upper.gap == 10
    assert lower.last_in == cut("B2", 2, "85", MET[5])  # cascaded into the last place
    assert lower.first_out == cut("B5", 3, "80", MET[4])
    assert lower.gap == 5
    assert (lower.outcome.pool, lower.outcome.applicants, lower.outcome.selected) == (4, 2, 2)


def test_who_waits_at_five_stars_is_not_in_the_pool_of_four(store: Store, rulebook: Rulebook) -> None:
    rows = [five("B1", 90), five("B2", 90), four("B3", 80)]
    evaluation = rated(store, rulebook, rows, 1, 1)
    assert at_level(evaluation, 5).tied == ("B1", "B2")
    lower = at_level(evaluation, 4)
    assert (lower.tied, lower.last_in, lower.first_out) == ((), cut("B3", 1, "80", MET[4]), None)


def test_who_came_down_may_wait_at_four_stars(store: Store, rulebook: Rulebook) -> None:
    rows = [five("B1", 95), five("B2", 80), four("B3", 80, self=5)]
    evaluation = rated(store, rulebook, rows, 1, 1)
    upper, lower = at_level(evaluation, 5), at_level(evaluation, 4)
    assert (upper.tied, upper.first_out) == ((), cut("B2", 2, "80", MET[5]))
    assert (lower.tied, lower.outcome.tied) == (("B2", "B3"), 2)
    assert (lower.last_in, lower.first_out) == (None, None)


def test_a_holder_who_does_not_rise_is_out_at_the_higher_level_alone(store: Store, rulebook: Rulebook) -> None:
    rows = [five("B1", 95), five("B2", 90, held=4), four("B3", 80)]
    evaluation = rated(store, rulebook, rows, 5, 1)
    assert at_level(evaluation, 5).first_out == cut("B2", 2, "90", MET[5])
    assert at_level(evaluation, 4).last_in == cut("B3", 1, "80", MET[4])
    assert at_level(evaluation, 4).first_out is None


@pytest.mark.parametrize("seed", [103, 112, 131])
def test_each_cut_lies_between_those_with_a_place_and_those_without(seed: int, rulebook: Rulebook) -> None:
    """On random subdistricts, by the places in the merit order that the evaluation gives."""
    rules = changed(rulebook, "quotas.four_star.places.2019=8", "quotas.five_star.places.2019=4")
    with Store(None) as opened:
        load_tables(opened, rulebook, random_tables(seed, branches=80, year=YEAR))
        evaluation = evaluate(opened, rules, VISITOR, YEAR)
    rows = {row["branch_id"]: row for row in evaluation.table.to_pylist()}
    for margin, rank in zip(margins(evaluation, rulebook.ranking), ("rank_2", "rank_3"), strict=True):
        level = margin.outcome.level
        pool = {i: row for i, row in rows.items() if row[rank] is not None}
        waiting = {i for i, row in pool.items() if row["basis"] == "tie_pending" and row["competed_at"] == level}
        winners = [row[rank] for i, row in pool.items() if row["awarded"] == level and i not in waiting]
        losers = [row[rank] for i, row in pool.items() if row["awarded"] != level and i not in waiting]
        assert set(margin.tied) == waiting
        assert (len(pool), len(winners), len(waiting)) == (
            margin.outcome.pool,
            margin.outcome.selected,
            margin.outcome.tied,
        )
        assert (margin.last_in.rank if margin.last_in else None) == max(winners, default=None)
        assert (margin.first_out.rank if margin.first_out else None) == min(losers, default=None)
        for beside in (margin.last_in, margin.first_out):
            if beside:
                row = rows[beside.branch_id]
                assert (beside.rank, beside.score, beside.criteria_met) == (
                    row[rank],
                    row["score"],
                    row["criteria_met"],
                )

"""测评: the satisfied share is exact, rounds balance, and the latest round that counts gives the mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rules.appraisal import Round, measured, mistakes, satisfied, state
from dashboard.rules.rulebook import Rulebook
from tests.helpers import changed

STAGES = ("self", "inspection", "recheck")
WORTH = "appraisals.satisfaction.answers.{}.worth={}"
ROUND = Round("A1", "satisfaction", 2022, "B1", None, date(2022, 4, 1), 60, 52, 50, {"satisfied": 46, "abstained": 4})
KEYS = ("satisfied", "fairly_satisfied", "dissatisfied", "abstained")
BALLOTS = st.fixed_dictionaries({key: st.integers(0, 40) for key in KEYS})


@pytest.mark.parametrize(
    ("answers", "sets", "share"),
    [
        ({"satisfied": 46, "fairly_satisfied": 3, "dissatisfied": 1}, (), Fraction(46, 50)),
        ({"satisfied": 45, "abstained": 5}, (), Fraction(9, 10)),
        ({"satisfied": 45, "abstained": 5}, (WORTH.format("abstained", "null"),), Fraction(1)),
        ({"satisfied": 40, "fairly_satisfied": 10}, (WORTH.format("fairly_satisfied", "100%"),), Fraction(1)),
        ({"satisfied": 40, "fairly_satisfied": 10}, (WORTH.format("fairly_satisfied", "60%"),), Fraction(46, 50)),
        ({"satisfied": 1, "dissatisfied": 2}, (), Fraction(1, 3)),
        ({"satisfied": 3, "very_satisfied": 1}, (), Fraction(3, 4)),  # an answer that the rules no longer know
        ({"abstained": 5}, (WORTH.format("abstained", "null"),), None),
        ({}, (), None),
    ],
)
def test_the_satisfied_share(
    rulebook: Rulebook, answers: dict[str, int], sets: tuple[str, ...], share: Fraction | None
) -> None:
    assert satisfied(changed(rulebook, *sets).appraisals["satisfaction"], answers) == share


@given(ballots=BALLOTS, key=st.sampled_from(KEYS))
def test_the_share_is_one_and_another_satisfied_ballot_never_lowers_it(
    rulebook: Rulebook, ballots: dict[str, int], key: str
) -> None:
    kind = rulebook.appraisals["satisfaction"]
    share = satisfied(kind, ballots)
    assert (share is None) == (sum(ballots.values()) == 0)
    if share is None:
        return
    assert share == Fraction(ballots["satisfied"], sum(ballots.values()))
    more = satisfied(kind, ballots | {key: ballots[key] + 1})
    assert more is not None
    assert more >= share if key == "satisfied" else more <= share


@pytest.mark.parametrize(
    ("figures", "wrong"),
    [
        ((60, 52, 50), set()),
        ((50, 50, 50), set()),
        ((51, 52, 50), {("returned", 52, 51)}),
        ((60, 49, 50), {("valid", 50, 49)}),
        ((60, 52, 49), {("answers", 50, 49)}),
        ((10, 11, 12), {("returned", 11, 10), ("valid", 12, 11), ("answers", 50, 12)}),
    ],
)
def test_what_does_not_balance_is_told(figures: tuple[int, int, int], wrong: set[tuple[str, int, int]]) -> None:
    assert {tuple(found) for found in mistakes(*figures, ROUND.answers)} == wrong


def test_why_a_round_does_not_count(rulebook: Rulebook) -> None:
    strict = changed(rulebook, "appraisals.satisfaction.least_returned=85%").appraisals["satisfaction"]
    usual = rulebook.appraisals["satisfaction"]
    assert state(usual, ROUND) == "counts"
    assert state(usual, replace(ROUND, void="录错")) == "void"
    assert state(usual, replace(ROUND, answers={})) == "no_answers"
    assert state(strict, replace(ROUND, issued=60, returned=51)) == "counts"  # exactly 85%
    assert state(strict, replace(ROUND, issued=60, returned=50)) == "too_few"


def marks(rulebook: Rulebook, *rounds: Round) -> dict[tuple[str, str], tuple[str, float]]:
    found = measured(rulebook, rounds, STAGES)
    assert {mark.criterion for mark in found} <= {"c39"}
    return {(mark.branch_id, mark.stage): (mark.round.appraisal_id, float(mark.value)) for mark in found}


def test_a_round_gives_the_mark_of_its_stage_or_of_every_stage(rulebook: Rulebook) -> None:
    assert marks(rulebook, ROUND) == {("B1", stage): ("A1", 92) for stage in STAGES}
    assert marks(rulebook, replace(ROUND, stage="inspection")) == {("B1", "inspection"): ("A1", 92)}


def test_the_latest_that_counts_gives_the_mark(rulebook: Rulebook) -> None:
    later = replace(ROUND, appraisal_id="A0", held_on=date(2022, 5, 1), answers={"satisfied": 50})
    assert marks(rulebook, later, ROUND)["B1", "self"] == ("A0", 100)
    assert marks(rulebook, replace(later, void="录错"), ROUND)["B1", "self"] == ("A1", 92)
    assert marks(rulebook, replace(later, held_on=None), ROUND)["B1", "self"] == ("A1", 92)  # no day: the earliest
    same_day = replace(later, appraisal_id="A2", held_on=ROUND.held_on)
    assert marks(rulebook, same_day, ROUND)["B1", "self"] == ("A2", 100)
    own = replace(later, stage="inspection")
    assert marks(rulebook, own, ROUND) == {
        ("B1", "self"): ("A1", 92),
        ("B1", "inspection"): ("A0", 100),
        ("B1", "recheck"): ("A1", 92),
    }


def test_the_activity_and_kinds_without_a_criterion_give_no_mark(rulebook: Rulebook) -> None:
    assert marks(rulebook, replace(ROUND, branch_id=None)) == {}
    assert marks(rulebook, replace(ROUND, kind="year_end")) == {}
    assert marks(rulebook, replace(ROUND, kind="of_another_scheme")) == {}


ROUNDS = st.lists(
    st.builds(
        lambda n, branch, stage, day, ballots, void: replace(
            ROUND, appraisal_id=f"A{n}", branch_id=branch, stage=stage, held_on=day, answers=ballots, void=void
        ),
        st.integers(0, 50),
        st.sampled_from([None, "B1", "B2"]),
        st.sampled_from([None, *STAGES]),
        st.sampled_from([None, date(2022, 3, 1), date(2022, 10, 1)]),
        BALLOTS,
        st.sampled_from([None, None, "录错"]),
    ),
    max_size=8,
    unique_by=lambda found: found.appraisal_id,
)


@given(rounds=ROUNDS, data=st.data())
def test_the_order_of_rounds_never_matters_and_void_ones_are_as_if_absent(
    rulebook: Rulebook, rounds: list[Round], data: st.DataObject
) -> None:
    assert marks(rulebook, *rounds) == marks(rulebook, *data.draw(st.permutations(rounds)))
    assert marks(rulebook, *rounds) == marks(rulebook, *(found for found in rounds if not found.void))

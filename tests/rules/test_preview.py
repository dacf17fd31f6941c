"""What a sheet by points still lacks and what can tip it, with the sums of 青禾街道 (`tests/schemes`) worked out."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rules.load import load
from dashboard.rules.preview import decisive_unknowns, gaps, is_met, some_sum
from dashboard.rules.rulebook import Rulebook
from dashboard.settings import ROOT
from tests.schemes.qinghe import FULL_N

FOUR, FIVE = 4, 5  # as indexes: one star is 1


@pytest.fixture(scope="module")
def points() -> Rulebook:
    return load(ROOT / "tests" / "schemes" / "points.yaml")


def decided(rulebook: Rulebook, low: int, high: int, **marks: float | None) -> list[str]:
    standard = rulebook.standards["new_organisations"]
    return [c.id for c in decisive_unknowns(rulebook, standard, low, high, {**FULL_N, **marks})]


def test_only_what_can_tip_the_sum_decides(points: Rulebook) -> None:
    # 100 - 5 - 4 (n02, n12 unknown) - 6 (n06) = 85: n02 gives the 90 of five stars, n12 neither alone nor with it
    assert decided(points, FOUR, FIVE, n02=None, n12=None, n06=0) == ["n02"]
    # another 1 is lost: 84, so that it takes both
    assert decided(points, FOUR, FIVE, n02=None, n12=None, n06=0, n11=9) == ["n02", "n12"]
    # 100 - 15 - 4 (n10, n12 unknown) - 5 (n13) = 76: n12 decides where n10 is given 10 to 14
    assert decided(points, 3, FIVE, n10=None, n12=None, n13=0) == ["n10", "n12"]
    assert decided(points, FOUR, FOUR, n02=None, n12=None) == []


def test_what_a_level_insists_on_decides_whatever_the_sum(points: Rulebook) -> None:
    # 100 - 10 (n11 unknown) = 90 is enough for five stars, but they insist on 8 for n11; n02 tips nothing below 95
    assert decided(points, FOUR, FIVE, n11=None) == ["n11"]
    # 85, and n11 is at least 8 where it matters: n02 makes no difference to 93
    assert decided(points, FOUR, FIVE, n11=None, n02=None) == ["n11"]


def test_a_score_that_is_enough_can_still_earn(points: Rulebook) -> None:
    """100 - 5 (n02) - 8 (n10) - 1.5 (n11) = 85.5, short of five stars; n11 has the 8 that they insist on."""
    standard, marks = points.standards["new_organisations"], {**FULL_N, "n02": 0.0, "n10": 7.0, "n11": 8.5}
    missing = gaps(points, standard, "five_star", marks)
    told = [(gap.criterion.id, float(gap.required), gap.value) for gap in missing]
    assert told == [("n02", 1.0, 0.0), ("n10", 15.0, 7.0), ("n11", 10.0, 8.5)]
    assert is_met(points, standard, standard.criteria["n11"], "five_star", marks)
    below = gaps(points, standard, "five_star", {**marks, "n11": 7.5})
    assert (below[-1].criterion.id, float(below[-1].required)) == ("n11", 8.0)


PART = st.decimals(0, 9, places=1)


@given(parts=st.lists(PART, max_size=7), least=st.decimals(-5, 40, places=2), width=st.decimals(0, 10, places=2))
def test_some_sum_is_what_all_sums_show(parts: list[Decimal], least: Decimal, width: Decimal) -> None:
    sums = {sum(some, Decimal(0)) for n in range(len(parts) + 1) for some in combinations(parts, n)}
    assert some_sum(parts, least, least + width) == any(least <= total < least + width for total in sums)


def test_parts_too_fine_to_try_are_taken_to_add_up() -> None:
    assert some_sum([Decimal("33.333333"), Decimal("33.333334")], Decimal(1), Decimal(2))

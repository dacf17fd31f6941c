"""名额: the published places, their growth and the 80%, figure by figure (附2·三)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import cast, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from dashboard.errors import RulesError
from dashboard.rules.exact import (
    MAX_DENOMINATOR,
    RoundedShare,
    Rounding,
    parse_ratio,
    parse_share,
    round_exact,
    write_ratio,
)
from dashboard.rules.load import load
from dashboard.rules.quota import QuotaRow, places, published_year, quota_table, shortfall_places
from dashboard.rules.rulebook import Quota
from dashboard.rules.scenario import Change, apply

TAIHU = load(Path(__file__).parents[2] / "rules.yaml")
YEARS = range(2017, 2023)
ROUNDINGS = cast("tuple[Rounding, ...]", get_args(Rounding))


def quota(level: str, **others: object) -> Quota:
    """A quota of the document; `growth_kind="linear"` sets `growth.kind`."""
    changes = [Change(f"quotas.{level}.{name.replace('growth_', 'growth.')}", value) for name, value in others.items()]
    found = apply(TAIHU, changes).quotas[level]
    assert found
    return found


def row(found: Quota, years: range = YEARS) -> list[int]:
    return [places(found, "any", year) for year in years]


def test_four_stars_compound() -> None:
    # 30; 33; 36.3; 39.93; 43.923; 48.3153
    assert row(quota("four_star")) == [30, 33, 36, 40, 44, 48]


def test_five_stars_compound() -> None:
    # 10; 11; 12.1; 13.31; 14.641; 16.1051. Rounding every year would give 14 and 15 in 2021 and 2022
    assert row(quota("five_star")) == [10, 11, 12, 13, 15, 16]


def test_linear() -> None:
    # 3 and 1 more every year
    assert row(quota("four_star", growth_kind="linear")) == [30, 33, 36, 39, 42, 45]
    assert row(quota("five_star", growth_kind="linear")) == [10, 11, 12, 13, 14, 15]


def test_rounded_down() -> None:
    assert row(quota("four_star", growth_rounding="floor")) == [30, 33, 36, 39, 43, 48]
    assert row(quota("five_star", growth_rounding="floor")) == [10, 11, 12, 13, 14, 16]


def test_rounded_up() -> None:
    assert row(quota("four_star", growth_rounding="ceil")) == [30, 33, 37, 40, 44, 49]
    assert row(quota("five_star", growth_rounding="ceil")) == [10, 11, 13, 14, 15, 17]


def test_whole_figures_are_not_rounded_up() -> None:
    """30 × 1.1 is 33 and 10 × 1.1² is 12.1: a binary 33.000000000000004 would be 34."""
    assert places(quota("four_star", growth_rounding="ceil"), "four_star", 2018) == 33
    assert places(quota("five_star", growth_rate="20%", growth_rounding="ceil"), "five_star", 2018) == 12


def test_a_figure_published_in_between_pins_its_year_and_grows_on() -> None:
    # 30; 33; 36.3; published 45; 45 × 1.1 = 49.5; 45 × 1.21 = 54.45
    published = {"2017": 30, "2020": 45}
    assert row(quota("four_star", places=published)) == [30, 33, 36, 45, 50, 54]
    assert row(quota("four_star", places=published, growth_rounding="floor")) == [30, 33, 36, 45, 49, 54]
    # 45 + 4.5, 45 + 9
    assert row(quota("four_star", places=published, growth_kind="linear")) == [30, 33, 36, 45, 50, 54]


def test_a_smaller_figure_may_be_published() -> None:
    assert row(quota("four_star", places={"2017": 30, "2019": 20})) == [30, 33, 20, 22, 24, 27]  # 24.2, 26.62


def test_no_growth() -> None:
    assert row(quota("four_star", growth=None)) == [30] * 6
    assert row(quota("four_star", growth_rate="0%")) == [30] * 6


def test_no_places_stay_none() -> None:
    assert row(quota("five_star", places={"2017": 0})) == [0] * 6


def test_long_growth_stays_exact() -> None:
    # 1.1^50 = 117.3908528796953…, so 30 × 1.1^50 = 3521.7…
    assert places(quota("four_star"), "four_star", 2067) == 3522


def test_the_table_of_all_levels() -> None:
    table = quota_table(TAIHU, YEARS)
    assert [(r.level, r.year, r.places) for r in table] == [
        (4, 2017, 30), (4, 2018, 33), (4, 2019, 36), (4, 2020, 40), (4, 2021, 44), (4, 2022, 48),
        (5, 2017, 10), (5, 2018, 11), (5, 2019, 12), (5, 2020, 13), (5, 2021, 15), (5, 2022, 16),
    ]  # fmt: skip
    assert {r.published_year for r in table} == {2017}


def test_the_table_names_the_published_year() -> None:
    grown = apply(TAIHU, [Change("quotas.five_star.places.2019", 20)])
    assert quota_table(grown, [2018, 2019, 2020])[3:] == [
        QuotaRow(5, 2018, 11, 2017),
        QuotaRow(5, 2019, 20, 2019),
        QuotaRow(5, 2020, 22, 2019),
    ]


@pytest.mark.parametrize(("published", "first"), [({"2017": 30}, 2017), ({"2019": 5, "2018": 4}, 2018)])
def test_a_year_before_the_first_published_one(published: dict[str, int], first: int) -> None:
    found = quota("four_star", places=published)
    with pytest.raises(RulesError) as caught:
        places(found, "four_star", 2016)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("rules.quota_unpublished", "quotas.four_star.places")
    assert dict(problem.values) == {"year": 2016, "first": first}


def test_the_table_of_a_year_before() -> None:
    with pytest.raises(RulesError):
        quota_table(TAIHU, [2016, 2017])


def test_published_year() -> None:
    found = quota("four_star", places={"2017": 30, "2020": 45})
    assert [published_year(found, "four_star", year) for year in (2017, 2019, 2020, 2050)] == [2017, 2017, 2020, 2020]


def test_eighty_per_cent_of_the_applications() -> None:
    # 0; 0.8; 1.6; 2.4; 4; 7.2; 23.2; 28 (a binary 0.8 × 35 is 28.000000000000004)
    asked = (0, 1, 2, 3, 5, 9, 29, 35)
    assert [shortfall_places(quota("four_star"), n) for n in asked] == [0, 1, 2, 2, 4, 7, 23, 28]


def test_eighty_per_cent_rounded_otherwise() -> None:
    down = quota("four_star", shortfall={"ratio": "80%", "rounding": "floor"})
    up = quota("four_star", shortfall={"ratio": "80%", "rounding": "ceil"})
    assert [shortfall_places(down, n) for n in (1, 2, 3, 29, 35)] == [0, 1, 2, 23, 28]
    assert [shortfall_places(up, n) for n in (1, 2, 3, 29, 35)] == [1, 2, 3, 24, 28]


def test_no_rule_for_a_shortfall() -> None:
    assert shortfall_places(quota("four_star", shortfall=None), 3) is None


@pytest.mark.parametrize(
    ("value", "half_up", "floor", "ceil"),
    [
        (Fraction(0), 0, 0, 0),
        (Fraction(1, 2), 1, 0, 1),
        (Fraction(3, 2), 2, 1, 2),
        (Fraction(5, 2), 3, 2, 3),  # not to even
        (Fraction(99, 2), 50, 49, 50),  # 45 × 1.1
        (Fraction(7, 1), 7, 7, 7),
        (Fraction(10**18 - 1, 2 * 10**18), 0, 0, 1),
    ],
)
def test_rounding(value: Fraction, half_up: int, floor: int, ceil: int) -> None:
    assert [round_exact(value, how) for how in ("half_up", "floor", "ceil")] == [half_up, floor, ceil]


RATIOS = st.builds(Fraction, st.integers(0, 10**6), st.integers(1, 10**6)).filter(lambda ratio: ratio <= 1)


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(RATIOS, st.integers(0, 10**7), st.sampled_from(ROUNDINGS))
@example(Fraction(4, 5), 35, "ceil")
@example(Fraction(1, 2), 10**7 - 1, "half_up")
@example(Fraction(0), 0, "ceil")
def test_a_rounded_share_is_the_rounded_fraction(ratio: Fraction, n: int, how: Rounding) -> None:
    assert RoundedShare.of(ratio, how)(n) == round_exact(ratio * n, how)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(RATIOS, st.integers(0, 10**6), st.integers(0, 60))
def test_growth_never_shrinks_and_its_roundings_differ_by_one_at_most(rate: Fraction, start: int, years: int) -> None:
    def grown(how: str, after: int) -> int:
        growth = {"rate": rate, "kind": "compound", "rounding": how}
        return places(Quota.model_validate({"places": {2000: start}, "growth": growth}), "any", 2000 + after)

    floor, half_up, ceil = (grown(how, years) for how in ("floor", "half_up", "ceil"))
    assert start <= floor <= half_up <= ceil <= floor + 1
    assert grown("half_up", years + 1) >= half_up


@pytest.mark.parametrize(
    ("written", "ratio"),
    [
        ("10%", Fraction(1, 10)),
        ("10 %", Fraction(1, 10)),
        (" 12.5% ", Fraction(1, 8)),
        ("0.1", Fraction(1, 10)),
        ("1/3", Fraction(1, 3)),
        ("1/3%", Fraction(1, 300)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(2, 3), Fraction(2, 3)),
        (0, Fraction(0)),
        (1, Fraction(1)),
        ("0.123456789", Fraction(123456789, 10**9)),
    ],
)
def test_ways_to_write_a_ratio(written: object, ratio: Fraction) -> None:
    assert parse_ratio(written) == ratio


@pytest.mark.parametrize(
    "written",
    [
        "", "%", "ten", "1/0", "nan", "inf", "-inf%", "1e999999999", "1e-999999999", "1e999999999%", "0.1234567891",
        f"1/{MAX_DENOMINATOR + 1}", "9" * 5000, True, None, 0.1, ("10%",), Decimal("1e999999"), Decimal("NaN"),
    ],
)  # fmt: skip
def test_what_is_no_ratio(written: object) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse_ratio(written)
    assert caught.value.type == "ratio"


@pytest.mark.parametrize("written", ["100.0001%", "-1%", 2, "-1/3", Decimal("1.1")])
def test_what_is_no_share(written: object) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse_share(written)
    assert caught.value.type == "share"


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.builds(Fraction, st.integers(0, 10**9), st.integers(1, 10**9)))
@example(Fraction(1, 10**9))
@example(Fraction(1, 2**29))
def test_a_ratio_reads_back_as_written(ratio: Fraction) -> None:
    assert parse_ratio(write_ratio(ratio)) == ratio


def test_percentages_are_written_as_such() -> None:
    written = [write_ratio(Fraction(n, d)) for n, d in ((1, 10), (1, 8), (1, 3), (0, 1), (1, 1), (3, 2))]
    assert written == ["10%", "12.5%", "1/3", "0%", "100%", "150%"]

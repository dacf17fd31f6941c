"""The years ahead: the same rules, drawn facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, RulesError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.assumptions import Assumptions, assumed
from dashboard.services.evaluation import evaluate, record_awards
from dashboard.services.ground import prepare
from dashboard.services.outlook import Band, Outlook, look_ahead
from dashboard.services.worlds import Draws, Worlds
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.subdistrict import expand

YEAR = 2022
LIKELY = Assumptions({3: 0.5, 4: 0.3, 5: 0.1}, {3: 0.8, 4: 0.7, 5: 0.7}, 0.2, 0.05, replications=25)
ALL = Assumptions({3: 1, 4: 1, 5: 1}, {3: 1, 4: 1, 5: 1}, 0, 0, replications=5)
NONE = Assumptions({}, {}, 0, 0, replications=5)
SMALL = (
    "quotas.four_star.places.2022=6",
    "quotas.five_star.places.2022=3",
    "quotas.four_star.shortfall=null",
    "quotas.five_star.shortfall=null",
    "application.caps.four_star=null",
    "application.caps.five_star=null",
)


def subdistrict(inactive: int = 2) -> list[dict[str, Any]]:
    """30 active branches: 10 without a superior, 10 in each of two organisations of different kinds; 4 hold a star."""
    branches: list[dict[str, Any]] = [{"id": f"B{n:02d}"} for n in range(30)]
    for n, branch in enumerate(branches):
        branch |= {"superior": ["", "C1", "E1"][n % 3], "kind": ["", "community", "two_new_org"][n % 3]}
    for n, level in ((0, 5), (4, 4), (8, 3), (9, 4)):
        branches[n]["held"] = level
    return branches + [{"id": f"A{n}", "active": False, "held": 4} for n in range(inactive)]


@pytest.fixture
def store(rulebook: Rulebook) -> Iterator[Store]:
    with Store(None) as opened:
        load_tables(opened, rulebook, expand(rulebook, YEAR, subdistrict()))
        yield opened


@pytest.fixture(scope="session")
def small(rulebook: Rulebook) -> Rulebook:
    """Few places, growing by half each year, no shortfall ratio, and no caps."""
    return changed(rulebook, *SMALL, "quotas.four_star.growth.rate=50%", "quotas.five_star.growth.rate=50%")


def ahead(store: Store, rulebook: Rulebook, assumptions: Assumptions, until: int = YEAR + 2) -> Outlook:
    ground = prepare(store, rulebook, OPERATOR, YEAR)
    return look_ahead(store, rulebook, OPERATOR, ground, evaluate(store, rulebook, OPERATOR, YEAR), assumptions, until)


def with_seed(seed: str | int, replications: int = 25) -> Assumptions:
    return Assumptions(LIKELY.apply, LIKELY.passes, LIKELY.recheck_fails, LIKELY.vetoed, replications, seed)


def test_the_same_seed_gives_the_same_outlook(store: Store, small: Rulebook) -> None:
    first = ahead(store, small, LIKELY)
    assert first == ahead(store, small, LIKELY)
    assert first.years != ahead(store, small, with_seed(2)).years
    assert [year.year for year in first.years] == [YEAR, YEAR + 1, YEAR + 2]


def test_the_order_of_branches_does_not_matter(store: Store, rulebook: Rulebook, small: Rulebook) -> None:
    with Store(None) as other:
        tables = expand(rulebook, YEAR, subdistrict())
        load_tables(other, rulebook, {name: rows[::-1] for name, rows in tables.items()})
        assert ahead(other, small, LIKELY) == ahead(store, small, LIKELY)


def test_rules_that_say_the_same_give_the_same_years(store: Store, small: Rulebook) -> None:
    again = changed(small, "cascade=true")
    priced = changed(small, "consequences.funding.four_star=1000")
    plain, paid = ahead(store, small, LIKELY), ahead(store, priced, LIKELY)
    assert ahead(store, again, LIKELY) == plain
    assert [year.stars for year in paid.years] == [year.stars for year in plain.years]
    assert plain.years[-1].funding is None
    for year in paid.years:
        four = year.stars[4]
        assert year.funding == Band(1000.0 * four.low, 1000.0 * four.middle, 1000.0 * four.high)


def test_the_first_year_is_the_evaluation(store: Store, small: Rulebook) -> None:
    first = ahead(store, small, LIKELY, YEAR).years
    assert len(first) == 1
    assert first[0].quota == {4: 6, 5: 3}
    assert first[0].stars == {3: Band(1, 1, 1), 4: Band(2, 2, 2), 5: Band(1, 1, 1)}
    assert first[0].supply == {4: Band(2, 2, 2), 5: Band(1, 1, 1)}
    assert first[0].coverage.middle == pytest.approx(4 / 30)


def test_everyone_applies_and_passes(store: Store, small: Rulebook) -> None:
    """Quotas are met to the last place until there are no branches left to fill them."""
    found = ahead(store, small, ALL, YEAR + 4)
    quotas = [(6, 3), (9, 5), (14, 7), (20, 10), (30, 15)]
    assert [(year.quota[4], year.quota[5]) for year in found.years] == quotas
    for year, (four, five) in list(zip(found.years, quotas, strict=True))[1:4]:
        assert year.stars[5] == Band(five, five, five)
        assert year.stars[4] == Band(four, four, four)
        assert year.supply == {4: Band(30 - five, 30 - five, 30 - five), 5: Band(30, 30, 30)}
        assert year.total == Band(30, 30, 30)
    assert found.years[4].stars[4] == Band(15, 15, 15)
    assert found.outgrown[4] == YEAR  # nobody has applied yet
    after = [year.year for year in found.years[1:] if year.supply[4].middle < (year.quota[4] or 0)]
    assert after == [YEAR + 4]


def test_outgrown_is_the_first_year_that_supply_runs_out(rulebook: Rulebook, small: Rulebook) -> None:
    applied = [branch | {"applies": 5, "inspected": 5, "score": n} for n, branch in enumerate(subdistrict(0))]
    with Store(None) as opened:
        load_tables(opened, rulebook, expand(rulebook, YEAR, applied))
        assert ahead(opened, small, ALL, YEAR + 3).outgrown == {4: None, 5: None}
        assert ahead(opened, small, ALL, YEAR + 5).outgrown == {4: YEAR + 4, 5: None}


def test_nobody_applies(store: Store, small: Rulebook) -> None:
    found = ahead(store, small, NONE)
    assert all(year.stars == found.years[0].stars for year in found.years)
    assert found.outgrown == {4: YEAR, 5: YEAR}


@pytest.mark.parametrize("seed", [1, "two"])
def test_more_places_never_lower_the_middle_total(store: Store, small: Rulebook, seed: str | int) -> None:
    totals = []
    for places in (0, 3, 8, 20):
        book = changed(small, f"quotas.four_star.places.2023={places}", f"quotas.five_star.places.2023={places // 2}")
        totals.append([year.total.middle for year in ahead(store, book, with_seed(seed)).years])
    assert all(a <= b for less, more in pairwise(totals) for a, b in zip(less, more, strict=True))


def test_never_more_stars_than_the_quota(store: Store, small: Rulebook) -> None:
    for year in ahead(store, small, with_seed(3, 40), YEAR + 3).years:
        assert all(year.stars[level].high <= (quota or 0) for level, quota in year.quota.items())
        assert all(b.low <= b.middle <= b.high for b in (*year.stars.values(), *year.supply.values(), year.total))


def test_inactive_branches_get_nothing(rulebook: Rulebook, small: Rulebook, store: Store) -> None:
    last = ahead(store, small, ALL).years[-1]
    assert last.total.high == 30
    assert last.coverage == Band(1.0, 1.0, 1.0)
    with Store(None) as other:
        load_tables(other, rulebook, expand(rulebook, YEAR, subdistrict(inactive=0)))
        assert ahead(other, small, LIKELY) == ahead(store, small, LIKELY)


def test_quota_as_a_share_and_no_quota(store: Store, small: Rulebook) -> None:
    share = changed(small, 'quotas.five_star={"share": {"of": "branches", "ratio": "10%"}}', "quotas.four_star=null")
    found = ahead(store, share, ALL)
    assert [year.quota for year in found.years[1:]] == [{4: None, 5: 3}] * 2
    assert "4" not in map(str, found.outgrown)
    assert found.years[-1].stars == {3: Band(0, 0, 0), 4: Band(27, 27, 27), 5: Band(3, 3, 3)}


def test_places_for_new_awards_are_not_filled_by_holders(store: Store, small: Rulebook) -> None:
    found = ahead(store, changed(small, "quotas.four_star.counts=new_awards"), NONE)
    assert found.years[-1].supply == {4: Band(0, 0, 0), 5: Band(1, 1, 1)}


def test_rising_one_level_a_year(store: Store, small: Rulebook) -> None:
    """Branches apply for what they may, not for what would be turned down."""
    found = ahead(store, changed(small, "promotion.levels_a_year=1"), ALL)
    assert [year.total.middle for year in found.years] == [4, 30, 30]
    assert [year.stars[5].middle for year in found.years] == [1, 3, 4]


def test_all_are_vetoed_or_fail(store: Store, small: Rulebook) -> None:
    vetoed = ahead(store, changed(small, "veto.committee=3"), Assumptions({}, {}, 0, 1, replications=3))
    assert [year.total.middle for year in vetoed.years] == [4, 0, 0]
    every = changed(small, "inspection.recheck.rate=100%")
    failing = ahead(store, every, Assumptions({}, {}, 1, 0, replications=3), YEAR + 3)
    assert [year.total.middle for year in failing.years] == [4, 3, 1, 0]
    no_check = Assumptions({3: 1}, {3: 0}, 0, 0, replications=3)
    all_checked = changed(small, "inspection.spot_check.rate=100%")
    assert [year.total.middle for year in ahead(store, all_checked, no_check).years] == [4, 4, 4]


def test_an_empty_store(rulebook: Rulebook, small: Rulebook) -> None:
    with Store(None) as empty:
        ground = prepare(empty, small, OPERATOR, YEAR)
        assumptions = assumed(empty, small, OPERATOR, YEAR, ground)
        assert assumptions == Assumptions({3: 0.6, 4: 0.2, 5: 0.1}, {3: 0.8, 4: 0.8, 5: 0.8}, 0.05, 0.01)
        last = ahead(empty, small, assumptions).years[-1]
    assert last.quota == {4: 14, 5: 7}
    assert (last.total, last.coverage) == (Band(0, 0, 0), Band(0.0, 0.0, 0.0))


def test_unpublished_quotas_are_an_error(store: Store, small: Rulebook) -> None:
    ground, evaluation = prepare(store, small, OPERATOR, YEAR), evaluate(store, small, OPERATOR, YEAR)
    later = changed(small, "quotas.four_star.places={2025: 40}")
    with pytest.raises(RulesError) as caught:
        look_ahead(store, later, OPERATOR, ground, evaluation, NONE, YEAR + 1)
    assert codes(caught.value) == ["rules.quota_unpublished"]


def test_bad_assumptions() -> None:
    with pytest.raises(UserError) as caught:
        Assumptions({4: 1.2}, {3: float("nan")}, -0.1, 0.5, replications=501)
    assert codes(caught.value) == ["outlook.share"] * 3 + ["outlook.replications"]
    assert [p.where for p in caught.value.problems] == ["apply.4", "passes.3", "recheck_fails", "replications"]
    with pytest.raises(UserError):
        Assumptions({}, {}, 0, 0, replications=0)


def test_too_many_years_and_no_right(store: Store, small: Rulebook) -> None:
    with pytest.raises(UserError) as caught:
        ahead(store, small, NONE, YEAR + 31)
    assert codes(caught.value) == ["outlook.until"]
    ground, evaluation = prepare(store, small, OPERATOR, YEAR), evaluate(store, small, OPERATOR, YEAR)
    with pytest.raises(NotAllowed):
        look_ahead(store, small, Viewer("", "nobody"), ground, evaluation, NONE)


def test_measured_assumptions(rulebook: Rulebook) -> None:
    """A finished year, after one that left awards only, and the applications of the year under way."""
    last: list[dict[str, Any]] = [{"id": f"B{n:02d}"} for n in range(20)]
    for branch in last[:6]:
        branch |= {"applies": 4, "inspected": 4, "score": 90}
    last[0] |= {"inspected": 3}
    last[1] |= {"review": "returned", "superior": "E1", "kind": "two_new_org"}
    last[6] |= {"applies": 3, "check": "fail"}
    last[7] |= {"applies": 3, "check": "pass"}
    last[8] |= {"held": 3, "recheck": "fail"}
    last[9] |= {"held": 3, "committee": 1}
    own = {"year": YEAR, "level": 5, "submitted_on": f"{YEAR}-04-01", "review": "approved"}
    with Store(None) as opened:
        load_tables(opened, rulebook, expand(rulebook, YEAR - 1, last))
        record_awards(opened, OPERATOR, evaluate(opened, rulebook, OPERATOR, YEAR - 1, "final"))
        free = changed(rulebook, "application.requires_self_assessment=false")
        load_tables(opened, rulebook, {"applications": [{"branch_id": f"B{n}", **own} for n in (12, 13, 14)]})
        found = assumed(opened, free, OPERATOR, YEAR, prepare(opened, free, OPERATOR, YEAR))
    four = sum(branch.get("applies") == 4 for branch in last) - 1  # one was returned
    held_four = 4  # of five applications four were found good; 80% of five are four places
    assert found.apply[4] == round((four + 2) / (20 + (20 - held_four) + 10), 3)
    assert found.apply[5] == round((3 + 1) / (20 + 20 + 10), 3)
    assert found.passes == {3: round((1 + 8) / (2 + 10), 3), 4: round((4 + 8) / (5 + 10), 3), 5: 0.8}
    assert found.recheck_fails == round((1 + 0.5) / (1 + 10), 3)  # 30% of two holders: one is drawn
    assert found.vetoed == round((1 + 0.1) / (20 + 10), 3)


def test_facts_are_those_that_awards_read(store: Store, small: Rulebook) -> None:
    ground = prepare(store, small, OPERATOR, YEAR)
    worlds = Worlds.of(ground.facts, small, LIKELY)
    held = np.repeat(worlds.levels(evaluate(store, small, OPERATOR, YEAR)), 25, axis=0)
    facts = worlds.facts(YEAR + 1, held)
    facts.validate(full=True)
    assert facts.schema == ground.facts.schema
    assert facts.column("n").to_pylist() == list(range(25 * 30))
    assert facts.column("world").to_pylist() == [w for w in range(25) for _ in range(30)]
    priorities = np.reshape(facts.column("priority").to_pylist(), (25, 30))
    assert (priorities.argsort() == (-worlds.strength).argsort()).all()  # a superior puts its strongest first
    rows = _plain(facts, ["previous_level", "self_level", "applied_level", "inspected_level"])
    for previous, own, applied, inspected in rows:
        assert applied is None or applied > previous
        assert own == (applied or 0)
        assert (inspected is None) == (applied in (None, 1))
        assert inspected is None or inspected in (applied, max(previous, applied - 1))


def _plain(table: pa.Table, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def test_checks_are_drawn_for_each_superior(store: Store, small: Rulebook) -> None:
    """All 30 but four holders apply for three stars; 30% of each superior, at least one, are checked."""
    ground = prepare(store, small, OPERATOR, YEAR)
    everyone = Assumptions({3: 1}, {3: 0.5}, 0, 0, replications=4)
    facts = Worlds.of(ground.facts, small, everyone).facts(YEAR + 1, np.zeros((4, 30), np.int64))
    rows = _plain(facts, ["world", "superior_id", "spot_check"])
    for world in range(4):
        for superior in (None, "C1", "E1"):
            checked = [c for w, s, c in rows if (w, s) == (world, superior) and c]
            assert len(checked) == 3


def test_more_worlds_leave_the_first_as_they_were() -> None:
    few, many = Draws.of("x", 2023, 3, 7), Draws.of("x", 2023, 5, 7)
    assert all((a == b[:3]).all() for a, b in zip(few, many, strict=True))
    assert not (few.wish == Draws.of("x", 2024, 3, 7).wish).any()


def test_bands_are_values_of_worlds() -> None:
    assert Band.of(list(range(1, 61))) == Band(6, 30, 54)
    assert Band.of([7]) == Band(7, 7, 7)
    assert Band.of([2, 1]) == Band(1, 1, 2)

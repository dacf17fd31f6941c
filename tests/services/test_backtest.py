"""A scenario on each finished year, each on its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, VISITOR, Viewer
from dashboard.errors import NotAllowed, RulesError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import apply
from dashboard.services.backtest import backtest, finished_years
from dashboard.services.evaluation import evaluate, record_awards
from dashboard.services.ground import prepare
from dashboard.services.simulation import Simulation, simulate
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.reference.basics import Tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import expand

YEARS = (2016, 2017, 2018, 2020)
IDS = ("branch_id", "superior_id", "incident_id")


def of_a_year(year: int) -> Tables:
    """A subdistrict with names of its own, so that several fit into one store."""
    tables = random_tables(500 + year, branches=30, year=year)
    return {
        name: [{k: f"{year}-{v}" if k in IDS and v else v for k, v in row.items()} for row in rows]
        for name, rows in tables.items()
    }


@pytest.fixture(scope="module")
def tight(rulebook: Rulebook) -> Rulebook:
    return changed(rulebook, "quotas.four_star.places.2017=4", "quotas.five_star.places.2017=2")


@pytest.fixture(scope="module")
def store(tight: Rulebook) -> Iterator[Store]:
    with Store(None) as opened:
        for year in YEARS:
            load_tables(opened, tight, of_a_year(year))
        yield opened


def told(both: Simulation) -> tuple[object, ...]:
    return (
        both.year,
        both.stage,
        both.moves,
        [(dict(side.stars), side.quota_levels, side.rulebook) for side in (both.baseline, both.scenario)],
    )


def test_the_years_before_the_given_one_that_have_applications(store: Store, tight: Rulebook) -> None:
    assert finished_years(store, tight, 2017) == ()
    assert finished_years(store, tight, 2018) == (2017,)
    assert finished_years(store, tight, 2019) == (2017, 2018)
    assert set(finished_years(store, tight, 2030)) >= {2017, 2018, 2020}
    assert 2016 not in finished_years(store, tight, 2030)  # before the activity began
    assert 2016 in finished_years(store, changed(tight, "first_year=2016"), 2018)


def test_an_empty_scenario_moves_nobody_in_any_year(store: Store, tight: Rulebook) -> None:
    found = backtest(store, tight, apply(tight, []), VISITOR, 2030)
    assert [both.year for both in found] == list(finished_years(store, tight, 2030))
    assert [both.moves for both in found] == [()] * len(found)
    assert all(both.baseline.total for both in found if both.year in YEARS)


@pytest.mark.parametrize(
    "sets",
    [
        ("quotas.four_star.places.2017=2", "cascade=false"),
        ("quotas.five_star.places.2018=0", "application.caps.four_star=0"),
        ("sectors.two_new.standard=null",),
    ],
    ids=" ".join,
)
def test_each_year_is_the_simulation_of_its_final_stage(sets: tuple[str, ...], store: Store, tight: Rulebook) -> None:
    scenario = changed(tight, *sets)
    found = backtest(store, tight, scenario, VISITOR, 2021)
    assert [both.year for both in found] == list(finished_years(store, tight, 2021))
    for both in found:
        ground = prepare(store, tight, VISITOR, both.year, "final")
        assert told(both) == told(simulate(store, tight, scenario, VISITOR, ground))
        assert both.stage == "final"
        assert {side.evaluation.stage for side in (both.baseline, both.scenario)} == {"final"}
        assert {side.evaluation.year for side in (both.baseline, both.scenario)} == {both.year}
    assert sum(len(both.moves) for both in found) >= 3


def test_a_year_without_any_inspection_is_final_all_the_same(rulebook: Rulebook) -> None:
    """Nobody was inspected, so nobody has won four stars, whatever the places."""
    with Store(None) as opened:
        load_tables(opened, rulebook, expand(rulebook, 2018, [{"id": "B1", "applies": 4}]))
        (both,) = backtest(opened, rulebook, changed(rulebook, "quotas.four_star.places.2018=1"), VISITOR, 2019)
        assert (both.year, both.stage, both.moves) == (2018, "final", ())
        assert [r.basis for r in both.scenario.evaluation.branches()] == ["not_inspected"]


def test_a_year_starts_from_what_was_held_then_and_not_from_the_scenario(rulebook: Rulebook) -> None:
    """B2 would have won four stars in 2018 with a second place; in 2019 it starts from the three that it got."""
    rules = changed(rulebook, "quotas.four_star.places={2017: 1}", "quotas.four_star.growth=null")
    rules = changed(rules, "quotas.four_star.counts=new_awards", "quotas.four_star.shortfall=null")
    rows = [{"id": f"B{n}", "applies": 4, "inspected": 4, "score": 90 - n} for n in (1, 2)]
    with Store(None) as opened:
        load_tables(opened, rules, expand(rules, 2018, rows))
        record_awards(opened, OPERATOR, evaluate(opened, rules, OPERATOR, 2018))
        later = expand(rules, 2019, [rows[1] | {"score": 70}])
        load_tables(opened, rules, later)
        scenario = changed(rules, "quotas.four_star.places.2018=2", "quotas.four_star.places.2019=0")
        first, second = backtest(opened, rules, scenario, VISITOR, 2020)
        assert [(m.branch_id, m.before, m.after) for m in first.moves] == [("B2", 3, 4)]
        assert [(m.branch_id, m.before, m.after) for m in second.moves] == [("B2", 4, 3)]
        assert [r.previous_level for r in second.scenario.evaluation.branches()] == [4, 3]
        again = backtest(opened, rules, scenario, VISITOR, 2020)
        assert [told(both) for both in again] == [told(both) for both in (first, second)]


def test_nothing_is_stored(store: Store, tight: Rulebook) -> None:
    before, awards = store.revision(), store.query("SELECT * FROM awards ORDER BY ALL")
    backtest(store, tight, changed(tight, "cascade=false"), VISITOR, 2021)
    assert store.revision() == before
    assert store.query("SELECT * FROM awards ORDER BY ALL") == awards


def test_without_data_no_year_is_finished(tight: Rulebook) -> None:
    with Store(None) as empty:
        assert finished_years(empty, tight, 2030) == ()
        assert backtest(empty, tight, changed(tight, "cascade=false"), VISITOR, 2030) == ()


def test_places_published_for_later_years_alone_are_refused(store: Store, tight: Rulebook) -> None:
    with pytest.raises(RulesError) as caught:
        backtest(store, tight, changed(tight, "quotas.five_star.places={2018: 10}"), VISITOR, 2019)
    assert codes(caught.value) == ["rules.quota_unpublished"]


def test_seeing_results_is_not_enough(store: Store, tight: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "view_branch", "view_rules"}))
    for role in ("reader", "nobody"):
        for before in (2017, 2019):  # also where no year is finished
            with pytest.raises(NotAllowed):
                backtest(store, tight, tight, Viewer("x", role), before)

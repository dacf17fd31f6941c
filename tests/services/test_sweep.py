"""Every point of a sweep and of a map is what simulating that change alone comes to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, RulesError, StoreError
from dashboard.rules.adjustable import Adjustable, adjustables, find, graft
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.domain import domain, write_value
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.ground import Ground, prepare
from dashboard.services.simulation import simulate
from dashboard.services.sweep import Axis, Grid, Sweep, Totals, evaluate_many, grid, run_many, sweep, variants
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import Tables, expand

YEAR = 2019
FUNDING = {3: Decimal(1000), 4: Decimal("2000.5"), 5: Decimal(5000)}
TIGHT = (
    "quotas.four_star.places.2017=4",
    "quotas.five_star.places.2017=2",
    "quotas.four_star.growth.rate=50%",
    "quotas.five_star.growth.rate=50%",
)
PAID = tuple(
    f"consequences.funding.{key}={FUNDING[value]}"
    for key, value in (("three_star", 3), ("four_star", 4), ("five_star", 5))
)
C = "standards.two_new.sections.{}.criteria.{}.requires.{}"
C15, C16 = C.format("mechanism", "c15", "four_star"), C.format("mechanism", "c16", "three_star")
C11 = C.format("party_life", "c11", "five_star")
AXES: dict[str, tuple[object, ...]] = {
    "quotas.four_star.places.2019": (2, 8, 14, 0, 5, 90),
    "quotas.four_star.places.2017": (0, 3, 6, 30),
    "quotas.five_star.places.2019": (0, 2, 40),
    "quotas.four_star.growth.rate": (Fraction(0), Fraction(1, 3), Fraction("0.125"), Fraction(1)),
    "quotas.four_star.growth.kind": ("linear", "compound"),
    "quotas.four_star.shortfall.ratio": (Fraction(0), Fraction(1, 2), Fraction(2, 3), Fraction(1)),
    "quotas.four_star.shortfall.rounding": ("half_up", "floor", "ceil"),
    "quotas.five_star.counts": ("holders", "new_awards"),
    "application.caps.four_star": (0, 1, 4, None),
    "application.caps.five_star": (0, 1, None),
    "application.caps.applies_to": ((), ("organ", "two_new_org"), ("community",)),
    "application.deadline": ((1, 5), (4, 15), (4, 30), (12, 31)),
    "application.requires_self_assessment": (False, True),
    "veto.members": (1, 2, 3),
    "veto.committee": (1, 5),
    "downgrade.levels": (1, 2, 3),
    "promotion.levels_a_year": (1, 2, None),
    "cascade": (False, True),
    "ranking": (("score",), ("criteria_met",), ("criteria_met", "score")),
    "inspection.collective_sanction.counts": ("any", "three_star"),
    "inspection.collective_sanction.failures": (1, 3),
    "sectors.two_new.standard": ("two_new", None),
    C15: (0, 49, 50, 81, 95, 96, 100),
    C16: (0, 30, 31),
    C11: (3, 4, 9),
}
REFUSED = {C15: (0, 49, 96, 100), C16: (31,), C11: ()}  # less than the level below asks, or more than the one above


class Place(NamedTuple):
    """A subdistrict with the rules that it is rated by."""

    store: Store
    tables: Mapping[str, Sequence[Mapping[str, object]]]
    rules: Rulebook
    ground: Ground
    present: Evaluation


def place_of(store: Store, rules: Rulebook, tables: Mapping[str, Sequence[Mapping[str, object]]]) -> Place:
    load_tables(store, rules, tables)
    ground = prepare(store, rules, VISITOR, YEAR)
    return Place(store, tables, rules, ground, evaluate(store, rules, VISITOR, YEAR))


@pytest.fixture(scope="module")
def tight(rulebook: Rulebook) -> Rulebook:
    """Few places that grow fast, and amounts for every level."""
    return changed(rulebook, *TIGHT, *PAID)


@pytest.fixture(scope="module")
def one_place(tight: Rulebook) -> Iterator[Place]:
    """A single one of them."""
    with Store(None) as opened:
        yield place_of(opened, tight, random_tables(112, branches=80, year=YEAR))


def adjustable(rules: Rulebook, path: str) -> Adjustable:
    found = find(rules, path, YEAR)
    assert found is not None, path
    return found


def axis_of(rules: Rulebook, path: str, values: Sequence[object] = ()) -> Axis:
    return Axis(adjustable(rules, path), tuple(values or AXES[path]))


def swept(at: Place, *axes: Axis, reference: Evaluation | None = None) -> tuple[Sweep, ...]:
    return sweep(at.store, VISITOR, at.ground, at.rules, axes, reference or at.present)


def levels_of(evaluation: Evaluation) -> dict[str, int]:
    table = evaluation.table
    return dict(zip(table.column("branch_id").to_pylist(), table.column("awarded").to_pylist(), strict=True))


def by_hand(at: Place, scenario: Rulebook, reference: Evaluation) -> Totals:
    """What a scenario comes to: simulated alone, and counted from the tables."""
    side = simulate(at.store, at.rules, scenario, VISITOR, at.ground, at.present).scenario
    awarded, was = levels_of(side.evaluation), levels_of(reference)
    active = {str(row["branch_id"]): row["superior_id"] for row in at.tables["branches"] if row["active"] != "0"}
    bare = dict.fromkeys(("community", "two_new_org", "direct_unit", "organ"), 0)
    for row in at.tables.get("superiors", []):
        own = [awarded[branch] for branch, superior in active.items() if superior == row["superior_id"]]
        bare[str(row["kind"])] += bool(own) and max(own) == 0
    amounts = scenario.consequences.funding
    unset = all(amount is None for amount in amounts.values())
    return Totals(
        stars={level: sum(a == level for a in awarded.values()) for level in (3, 4, 5)},
        branches=len(active),
        changed=sum(awarded[branch] != was[branch] for branch in awarded),
        bare=bare,
        levels=side.evaluation.levels,
        funding=None if unset else float(sum(FUNDING[level] for level in awarded.values() if level)),
    )


def allowed(rules: Rulebook, *changes: Change) -> Rulebook | None:
    """The rules with the changes, or None where they are refused."""
    try:
        return apply(rules, changes)
    except RulesError:
        return None


@pytest.mark.parametrize(("seed", "first"), [(109, 0), (131, 1)])  # projected; final, with undecided ties
def test_each_point_is_the_simulation_of_that_change(seed: int, first: int, tight: Rulebook) -> None:
    """Every other axis in one call, two values of each, counted against the present result."""
    rng = random.Random(seed)
    axes = [axis_of(tight, path, rng.sample(AXES[path], 2)) for path in list(AXES)[first::2]]
    moving = set()
    with Store(None) as opened:
        place = place_of(opened, tight, random_tables(seed, branches=80, year=YEAR))
        for axis, found in zip(axes, swept(place, *axes), strict=True):
            path = axis.adjustable.path
            assert found.axis is axis
            for value, written, totals in zip(axis.values, axis.written, found.totals, strict=True):
                scenario = allowed(tight, Change(path, written))
                assert (scenario is None) == (value in REFUSED.get(path, ())), (path, value)
                assert totals == (scenario and by_hand(place, scenario, place.present)), (path, value)
                if totals and totals.changed:
                    moving.add(path)
    assert len(moving) >= 5, sorted(moving)  # so that there was something to count


def test_a_requirement_below_the_level_under_it_or_above_the_next_has_no_totals(one_place: Place) -> None:
    axes = [axis_of(one_place.rules, path) for path in REFUSED]
    for axis, found in zip(axes, swept(one_place, *axes), strict=True):
        refused = [value for value, totals in zip(axis.values, found.totals, strict=True) if totals is None]
        assert refused == list(REFUSED[axis.adjustable.path])


def test_changes_are_counted_against_the_reference(one_place: Place) -> None:
    """Here another one than the rules that are swept, with its own standards."""
    strict = changed(one_place.rules, "sectors.two_new.standard=null", "cascade=false")
    reference = evaluate(one_place.store, strict, VISITOR, YEAR, one_place.ground.stage)
    axis = axis_of(one_place.rules, "quotas.four_star.places.2019", (4, 9))
    (found,) = swept(one_place, axis, reference=reference)
    (same,) = swept(one_place, axis)
    for value, totals, other in zip(axis.written, found.totals, same.totals, strict=True):
        scenario = apply(one_place.rules, [Change(axis.adjustable.path, value)])
        assert totals == by_hand(one_place, scenario, reference)
        assert totals
        assert other
        assert totals.changed > other.changed
        assert totals.stars == other.stars


def test_a_ground_of_another_stage_is_kept_where_the_standards_change(one_place: Place) -> None:
    ground = prepare(one_place.store, one_place.rules, VISITOR, YEAR, "projected")
    projected = one_place._replace(
        ground=ground, present=evaluate(one_place.store, one_place.rules, VISITOR, YEAR, "projected")
    )
    axes = [axis_of(one_place.rules, C15, (81, 95)), axis_of(one_place.rules, "sectors.community.standard", (None,))]
    for axis, found in zip(axes, swept(projected, *axes), strict=True):
        for value, totals in zip(axis.written, found.totals, strict=True):
            scenario = apply(one_place.rules, [Change(axis.adjustable.path, value)])
            assert totals == by_hand(projected, scenario, projected.present)


def test_data_that_changed_since_the_ground_was_read_are_refused_where_facts_are_read_again(
    rulebook: Rulebook,
) -> None:
    with Store(None) as opened:
        at = place_of(opened, rulebook, expand(rulebook, YEAR, [{"id": "B1", "applies": 4}]))
        load_tables(opened, rulebook, expand(rulebook, YEAR, [{"id": "B2", "applies": 4}]))
        for path, value in ((C15, 81), ("sectors.two_new.standard", None)):
            with pytest.raises(StoreError) as caught:
                swept(at, axis_of(rulebook, path, (value,)))
            assert codes(caught.value) == ["store.changed_meanwhile"]


@pytest.mark.parametrize("amounts", ["{}", "{three_star: null, four_star: null, five_star: null}"])
def test_no_amount_set_is_not_known_rather_than_nothing(amounts: str, one_place: Place) -> None:
    unpaid = changed(one_place.rules, f"consequences.funding={amounts}")
    at = one_place._replace(rules=unpaid, present=evaluate(one_place.store, unpaid, VISITOR, YEAR))
    (found,) = swept(at, axis_of(unpaid, "cascade"))
    assert [totals and totals.funding for totals in found.totals] == [None, None]


def test_an_amount_for_one_level_alone_pays_that_level(one_place: Place) -> None:
    partly = changed(one_place.rules, "consequences.funding={four_star: 0.1}")
    at = one_place._replace(rules=partly, present=evaluate(one_place.store, partly, VISITOR, YEAR))
    (found,) = swept(at, axis_of(partly, "quotas.four_star.places.2019", (0, 9)))
    for totals in found.totals:
        assert totals
        assert totals.funding == float(Decimal("0.1") * totals.stars[4])
    assert found.totals[1]
    assert found.totals[1].stars[4] > 2


def test_shares_and_days_are_written_as_scenario_files_write_them(tight: Rulebook) -> None:
    written = {
        path: axis_of(tight, path).written
        for path in ("quotas.four_star.growth.rate", "application.deadline", "ranking", "promotion.levels_a_year")
    }
    assert written == {
        "quotas.four_star.growth.rate": ("0%", "1/3", "12.5%", "100%"),
        "application.deadline": ("01-05", "04-15", "04-30", "12-31"),
        "ranking": (["score"], ["criteria_met"], ["criteria_met", "score"]),
        "promotion.levels_a_year": (1, 2, None),
    }
    assert [write_value(value) for value in (True, False, "any", 0, Decimal(80))] == [True, False, "any", 0, 80]


@pytest.mark.parametrize(
    ("path", "refused"),
    [("inspection.spot_check.levels", ("four_star",)), ("member_star.voting.opens", (12, 1))],
)
def test_a_value_that_the_rules_refuse_has_no_totals(path: str, refused: object, one_place: Place) -> None:
    axis = axis_of(one_place.rules, path, (refused,))
    assert allowed(one_place.rules, Change(path, axis.written[0])) is None
    assert variants(one_place.rules, axis) == (None,)


# maps of two parameters

PAIRS = (
    ("quotas.four_star.places.2019", "quotas.four_star.shortfall.ratio"),
    ("quotas.four_star.places.2017", "quotas.four_star.growth.rate"),  # both make the places of 2019
    ("quotas.four_star.growth.rate", "quotas.four_star.places.2017"),
    ("quotas.four_star.places.2019", "quotas.four_star.places.2017"),  # the later year pins its own places
    ("application.caps.four_star", "application.caps.five_star"),
    ("cascade", "ranking"),
    ("sectors.two_new.standard", "quotas.four_star.places.2019"),
)


def mapped(at: Place, across: Axis, along: Axis) -> Grid:
    return grid(at.store, VISITOR, at.ground, at.rules, across, along, at.present)


def assert_each_pair_is_its_simulation(at: Place, found: Grid) -> set[int]:
    """Returns how many branches change."""
    changes = set()
    assert len(found.rows) == len(found.across.values)
    for i, row in enumerate(found.rows):
        assert len(row) == len(found.along.values)
        for j, totals in enumerate(row):
            both = [
                Change(found.across.adjustable.path, found.across.written[i]),
                Change(found.along.adjustable.path, found.along.written[j]),
            ]
            assert totals == by_hand(at, apply(at.rules, both), at.present), both
            changes.add(totals.changed)
    return changes


@pytest.mark.parametrize("pair", PAIRS, ids="×".join)
def test_each_pair_of_a_map_is_the_simulation_of_both_changes(pair: tuple[str, str], one_place: Place) -> None:
    across, along = (axis_of(one_place.rules, path, AXES[path][:n]) for path, n in zip(pair, (2, 3), strict=True))
    assert len(assert_each_pair_is_its_simulation(one_place, mapped(one_place, across, along))) > 1


def test_the_kind_of_growth_matters_in_a_map_even_where_nothing_grows_at_present(one_place: Place) -> None:
    """2017 + 2 years: 4 places grow to 8 by twice 50% of 4, and to 9 by 50% on top of 50%."""
    flat = changed(one_place.rules, "quotas.four_star.growth.rate=0%")
    at = one_place._replace(rules=flat, present=evaluate(one_place.store, flat, VISITOR, YEAR))
    kind = axis_of(flat, "quotas.four_star.growth.kind")
    rate = axis_of(flat, "quotas.four_star.growth.rate", (Fraction(0), Fraction(1, 2), Fraction(1)))
    expected = [[4, 8, 12], [4, 9, 16]]
    for found, quotas in ((mapped(at, kind, rate), expected), (mapped(at, rate, kind), [[4, 4], [8, 9], [12, 16]])):
        assert [
            [level.quota for cell in row for level in cell.levels if level.level == 4] for row in found.rows
        ] == quotas
    assert_each_pair_is_its_simulation(at, found)
    assert swept(at, kind)[0].totals[0] == swept(at, kind)[0].totals[1]


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_grafting_two_values_is_applying_both_changes(data: st.DataObject, tight: Rulebook) -> None:
    """Whatever was worked out of the rulebook before; in either order."""
    plain = [path for path in AXES if not path.startswith("standards")]
    paths = data.draw(st.lists(st.sampled_from(plain), min_size=2, max_size=2, unique=True))
    axes = [axis_of(tight, path) for path in paths]
    at = [data.draw(st.integers(0, len(axis.values) - 1)) for axis in axes]
    applied = apply(tight, [Change(a.adjustable.path, a.written[n]) for a, n in zip(axes, at, strict=True)])
    for order in permutations(range(2)):
        book = tight
        for k in order:
            assert book.fingerprint
            assert book.entry_keys
            book = graft(book, axes[k].adjustable.at, axes[k].values[at[k]])
        assert book.fingerprint == applied.fingerprint
        assert book == applied


def test_the_same_parameter_twice_makes_no_map(one_place: Place) -> None:
    axis = axis_of(one_place.rules, "quotas.four_star.places.2017")
    other = axis_of(one_place.rules, "quotas.four_star.places.2017", (1, 2))
    with pytest.raises(RulesError) as caught:
        mapped(one_place, axis, other)
    assert codes(caught.value) == ["rules.set_twice"]


# many rulebooks at once


def test_rulebooks_of_any_form_come_back_in_their_order(one_place: Place) -> None:
    rng = random.Random(7)
    rules = one_place.rules
    paths = ["cascade", "ranking", "application.caps.applies_to", "veto.members"]
    books = [apply(rules, [Change(path, value)]) for path in paths for value in axis_of(rules, path).written[:2]]
    books += [changed(rules, setting) for setting in ("inspection.spot_check.levels=[]", f"{C15}=90")]
    rng.shuffle(books)
    totals = run_many(one_place.store, VISITOR, one_place.ground, rules, books, one_place.present)
    rated = evaluate_many(one_place.store, VISITOR, one_place.ground, rules, books)
    assert len(totals) == len(rated) == len(books)
    for book, found, evaluation in zip(books, totals, rated, strict=True):
        alone = simulate(one_place.store, rules, book, VISITOR, one_place.ground, one_place.present).scenario.evaluation
        assert evaluation.fingerprint == book.fingerprint
        assert evaluation.branches() == alone.branches()
        assert evaluation.levels == alone.levels == found.levels
        assert dict(found.stars) == {n: list(levels_of(alone).values()).count(n) for n in (3, 4, 5)}


def test_totals_of_an_unlisted_level_are_none(one_place: Place) -> None:
    (totals,) = run_many(
        one_place.store, VISITOR, one_place.ground, one_place.rules, [one_place.rules], one_place.present
    )
    assert totals.level(3) is None
    assert totals.level(4) == one_place.present.level(4)
    assert totals.total == sum(totals.stars.values())
    assert totals.coverage == totals.total / totals.branches


def test_an_unpublished_year_is_refused(one_place: Place) -> None:
    later = changed(one_place.rules, "quotas.five_star.places={2020: 10}")
    with pytest.raises(RulesError) as caught:
        run_many(one_place.store, VISITOR, one_place.ground, one_place.rules, [later], one_place.present)
    assert codes(caught.value) == ["rules.quota_unpublished"]


# the values worth trying


def all_of(rules: Rulebook, kind: str) -> list[Adjustable]:
    return [a for a in adjustables(rules, YEAR) if a.kind == kind]


def test_percents_go_by_one_point(one_place: Place) -> None:
    for a in all_of(one_place.rules, "share"):
        limitless = (None,) if a.optional else ()
        assert domain(a, one_place.rules, one_place.present) == (*(Fraction(n, 100) for n in range(101)), *limitless)


def test_days_are_those_of_a_year(one_place: Place) -> None:
    days = domain(adjustable(one_place.rules, "application.deadline"), one_place.rules, one_place.present)
    assert (len(days), days[0], days[-1], days[58:60]) == (365, (1, 1), (12, 31), ((2, 28), (3, 1)))


def test_the_present_value_is_among_those_worth_trying(one_place: Place) -> None:
    for kind in ("whole", "share", "day", "choice", "order", "several"):
        for a in all_of(one_place.rules, kind):
            values = domain(a, one_place.rules, one_place.present)
            assert a.value in values, a.path
            assert (None in values) == a.optional, a.path


@pytest.mark.parametrize(
    ("path", "value"),
    [("veto.members", 30), ("downgrade.levels", 99), ("application.caps.four_star", 50), ("coverage.from", 2030)],
)
def test_whole_numbers_reach_beyond_the_present_one(path: str, value: int, one_place: Place) -> None:
    rules = changed(one_place.rules, f"{path}={value}")
    values = domain(adjustable(rules, path), rules, one_place.present)
    assert value in values
    assert values[0] == {"application.caps.four_star": 0, "coverage.from": 2020}.get(path, 1)
    assert [v for v in values if v is not None] == list(
        range(int(str(values[0])), 1 + (99 if value == 99 else value + 10))
    )


def test_choices_and_orders_are_all_there(one_place: Place) -> None:
    rules = one_place.rules
    assert domain(adjustable(rules, "quotas.four_star.growth.rounding"), rules, one_place.present) == (
        "half_up",
        "floor",
        "ceil",
    )
    orders = domain(adjustable(rules, "ranking"), rules, one_place.present)
    assert sorted(map(str, orders)) == sorted(
        map(str, [("score",), ("criteria_met",), ("score", "criteria_met"), ("criteria_met", "score")])
    )


@pytest.mark.parametrize("setting", ["quotas.four_star.growth.rate=12.5%", f"{C16}=22.5"])
def test_a_present_value_that_is_no_whole_percent_is_among_those_worth_trying(setting: str, one_place: Place) -> None:
    rules = changed(one_place.rules, setting)
    a = adjustable(rules, setting.partition("=")[0])
    assert a.value in domain(a, rules, one_place.present)


@pytest.mark.parametrize("most", [5, 12, 40])
def test_most_bounds_how_many_numbers_are_tried_and_keeps_the_present_one(most: int, one_place: Place) -> None:
    for kind in ("whole", "share", "day", "choice"):
        for a in all_of(one_place.rules, kind):
            if a.value is None:
                continue
            every = domain(a, one_place.rules, one_place.present)
            values = domain(a, one_place.rules, one_place.present, most=most)
            assert len(values) <= max(most, len(a.options)), a.path
            assert a.value in values, a.path
            if not a.path.startswith("quotas.") or kind != "whole":
                assert [v for v in every if v in values] == list(values), a.path


def test_most_keeps_a_present_value_of_no_limit(one_place: Place) -> None:
    rules = changed(one_place.rules, "application.caps.four_star=null")
    for path in ("application.caps.four_star", "promotion.levels_a_year"):
        assert None in domain(adjustable(rules, path), rules, one_place.present, most=40)


@pytest.mark.parametrize(
    ("path", "also"), [("quotas.four_star.growth.rate", Fraction(1)), ("application.deadline", (12, 31))]
)
def test_most_keeps_the_other_value_asked_for(path: str, also: object, one_place: Place) -> None:
    a = adjustable(one_place.rules, path)
    assert also in domain(a, one_place.rules, one_place.present, most=40, also=also)


PLACES = "quotas.four_star.places.2019"


@pytest.fixture(scope="module")
def by_places(one_place: Place) -> list[tuple[Rulebook, Evaluation]]:
    """The subdistrict under 0 to 120 places."""
    at = adjustable(one_place.rules, PLACES).at
    books = [graft(one_place.rules, at, n) for n in range(121)]
    rated = evaluate_many(one_place.store, VISITOR, one_place.ground, one_place.rules, books)
    return list(zip(books, rated, strict=True))


@given(now=st.integers(0, 120), most=st.integers(8, 60), also=st.none() | st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_places_around_the_present_ones_and_the_cliff(
    now: int, most: int, also: int | None, by_places: list[tuple[Rulebook, Evaluation]]
) -> None:
    """Ascending, no more than `most`; with the present figure, the one in force, and the last before the cliff."""
    rules, evaluation = by_places[now]
    values = domain(adjustable(rules, PLACES), rules, evaluation, most=most, also=also)
    assert len(values) <= most
    assert list(values) == sorted(set(map(int, map(str, values))))
    assert now in values
    assert also is None or also in values
    outcome = evaluation.level(4)
    assert outcome
    kept = sum(awarded == 4 for awarded in levels_of(evaluation).values()) - outcome.selected
    assert kept + outcome.applicants in values
    assert set(range(now + 6)) <= set(domain(adjustable(rules, PLACES), rules, evaluation))


def test_places_are_tried_up_to_one_for_every_branch_that_applied_or_holds_a_star(one_place: Place) -> None:
    values = domain(adjustable(one_place.rules, PLACES), one_place.rules, one_place.present)
    rows = one_place.present.branches()
    holders, applied = sum(r.previous_level > 0 for r in rows), sum(r.applied_level is not None for r in rows)
    now = int(str(adjustable(one_place.rules, PLACES).value))
    assert 40 < min(holders + applied, now + 80) == values[-1] == len(values) - 1


def applicants(count: int) -> list[dict[str, object]]:
    return [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": 60 + n} for n in range(count)]


def test_leaving_a_set_open_is_worth_trying(one_place: Place) -> None:
    a = adjustable(one_place.rules, "inspection.spot_check.levels")
    assert a.optional
    assert None in domain(a, one_place.rules, one_place.present)


def test_places_beyond_which_nothing_changes_include_the_fall_behind_the_cliff(rulebook: Rulebook) -> None:
    """附2·三·2: 20 places at present and 29 applicants, all for four stars: 29 places are all filled, 30 are not."""
    rules = changed(rulebook, "quotas.four_star.places.2019=20")
    with Store(None) as opened:
        at = place_of(opened, rules, expand(rules, YEAR, applicants(29)))
        values = domain(adjustable(rules, PLACES), rules, at.present)
        (found,) = swept(at, Axis(adjustable(rules, PLACES), (values[-1], 200)))
        assert [totals and totals.stars[4] for totals in found.totals] == [23, 23]


def test_the_places_in_force_stay_even_beyond_those_that_can_be_filled(rulebook: Rulebook) -> None:
    rules = changed(rulebook, f"{PLACES}=5")
    with Store(None) as opened:
        at = place_of(opened, rules, expand(rules, YEAR, applicants(6)))
        assert 36 in domain(adjustable(rules, PLACES), rules, at.present, most=40, also=36)


# nobody to rate, and nobody allowed


def test_an_empty_store_has_no_stars_anywhere(store: Store, tight: Rulebook) -> None:
    nothing: Tables = {}
    at = place_of(store, tight, nothing | {"branches": []})
    axes = [axis_of(tight, path) for path in ("quotas.four_star.places.2019", "cascade", C15)]
    zero = Totals({3: 0, 4: 0, 5: 0}, 0, 0, dict.fromkeys(tight.superior_kinds, 0), at.present.levels, 0.0)
    for found in swept(at, *axes):
        for totals in found.totals:
            assert totals in (None, zero)
    assert zero.coverage == 0
    assert mapped(at, axes[0], axes[1]).rows == ((zero,) * 2,) * len(axes[0].values)


def test_an_empty_store_has_values_worth_trying(store: Store, tight: Rulebook) -> None:
    present = evaluate(store, tight, VISITOR, YEAR)
    for a in adjustables(tight, YEAR):
        if a.kind != "amount":
            assert a.value in domain(a, tight, present)
    assert evaluate_many(store, VISITOR, prepare(store, tight, VISITOR, YEAR), tight, [tight])[0].branches() == []


def test_only_inactive_branches_are_no_branches(rulebook: Rulebook, tight: Rulebook) -> None:
    rows = [{"id": f"B{n}", "active": False, "held": 4, "applies": 5, "superior": "C1"} for n in range(3)]
    with Store(None) as opened:
        at = place_of(opened, tight, expand(rulebook, YEAR, rows))
        (found,) = swept(at, axis_of(tight, "quotas.four_star.places.2019", (0, 5)))
        for totals in found.totals:
            assert totals
            assert (totals.branches, totals.total, totals.changed, totals.coverage, totals.funding) == (0, 0, 0, 0.0, 0)
            assert set(totals.bare.values()) == {0}


@pytest.mark.parametrize("grants", [frozenset(), frozenset({"view_results", "view_branch", "view_rules"})])
def test_seeing_results_is_not_enough_to_sweep(
    grants: frozenset[str], one_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", grants)
    reader = Viewer("x", "reader")
    store, ground, rules, present = one_place.store, one_place.ground, one_place.rules, one_place.present
    a, b = axis_of(rules, "cascade"), axis_of(rules, "veto.members")
    for call in (
        lambda: sweep(store, reader, ground, rules, [a], present),
        lambda: grid(store, reader, ground, rules, a, b, present),
        lambda: run_many(store, reader, ground, rules, [rules], present),
        lambda: evaluate_many(store, reader, ground, rules, [rules]),
    ):
        with pytest.raises(NotAllowed):
            call()

"""The next value that changes a result, and the least that reaches a target, are those found by trying them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth.viewer import VISITOR
from dashboard.rules.adjustable import Adjustable, find
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.domain import domain
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.ground import Ground, prepare
from dashboard.services.simulation import simulate
from dashboard.services.sweep import Axis, Sweep, Totals, sweep
from dashboard.services.turning import Aim, Goal, Sought, Step, Turning, seek, turning
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import expand

YEAR = 2019
PLACES = "quotas.four_star.places.2019"
TIGHT = (
    "quotas.four_star.places.2017=4",
    "quotas.five_star.places.2017=2",
    "quotas.four_star.growth.rate=50%",
    "quotas.five_star.growth.rate=50%",
)


def adjustable(rules: Rulebook, path: str) -> Adjustable:
    found = find(rules, path, YEAR)
    assert found is not None, path
    return found


def totals(
    changes: int = 0, *, four: int = 0, bare: int = 0, branches: int = 10, funding: float | None = None
) -> Totals:
    return Totals({3: 0, 4: four, 5: 0}, branches, changes, {"community": bare, "organ": 9}, (), funding)


def made(axis: Axis, points: Sequence[Totals | None]) -> Sweep:
    return Sweep(axis, tuple(points))


# one present value, and what lies beside it

CHANGES = st.one_of(st.none(), st.just(0), st.just(0), st.integers(1, 5))  # None: refused; 0: the same result


@pytest.fixture(scope="module")
def number_axes(rulebook: Rulebook) -> list[Axis]:
    deadline = adjustable(rulebook, "application.deadline")
    cap, uncapped = (
        adjustable(book, "application.caps.four_star")
        for book in (rulebook, changed(rulebook, "application.caps.four_star=null"))
    )
    return [
        Axis(adjustable(rulebook, PLACES), tuple(range(41))),  # 36 at present
        Axis(adjustable(rulebook, "quotas.four_star.growth.rate"), tuple(Fraction(n, 100) for n in range(21))),
        Axis(deadline, tuple((month, day) for month in (3, 4, 5, 10) for day in (1, 15, 30))),
        Axis(cap, (0, 1, 2, 3, 4, 5, 6, None)),  # no limit is the most of all
        Axis(uncapped, (0, 1, 2, 3, 4, 5, 6, None)),
        Axis(uncapped, (0, 1, 2, 3, 4, 5, 6)),
    ]


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_nearest_values_that_change_a_branch_are_found(data: st.DataObject, number_axes: list[Axis]) -> None:
    axis = data.draw(st.sampled_from(number_axes))
    now = axis.values.index(axis.adjustable.value) if axis.adjustable.value in axis.values else len(axis.values)
    drawn = data.draw(st.lists(CHANGES, min_size=len(axis.values), max_size=len(axis.values)))
    points = [None if n is None else totals(0 if i == now else n) for i, n in enumerate(drawn)]
    found = turning(made(axis, points))

    def first(numbers: Sequence[int]) -> Step | None:
        for n in numbers:
            point = points[n]
            if point is not None and point.changed > 0:
                return Step(axis.written[n], point)
        return None

    assert found == Turning(axis.adjustable, first(range(now - 1, -1, -1)), first(range(now + 1, len(axis.values))))
    assert found.inert == (not any(drawn[:now] + drawn[now + 1 :]))


@given(drawn=st.lists(CHANGES, min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_a_choice_has_no_sides_but_other_options(drawn: list[int | None], rulebook: Rulebook) -> None:
    axis = Axis(adjustable(rulebook, "quotas.four_star.growth.rounding"), ("half_up", "floor", "ceil"))
    points = [None if n is None else totals(n) for n in drawn]
    found = turning(made(axis, points))
    assert (found.below, found.above) == (None, None)
    assert [step.value for step in found.others] == [v for v, n in zip(axis.values, drawn, strict=True) if n]
    assert found.inert == (not any(drawn))


def test_orders_and_sets_are_choices_too(rulebook: Rulebook) -> None:
    for path, values, written in (
        ("ranking", (("score", "criteria_met"), ("criteria_met",)), ["criteria_met"]),
        ("application.caps.applies_to", (("community",), ("organ",)), ["organ"]),
    ):
        found = turning(made(Axis(adjustable(rulebook, path), values), [totals(0), totals(3)]))
        assert found.others == (Step(written, totals(3)),)


class Place:
    """A subdistrict with its rules."""

    def __init__(self, store: Store, rules: Rulebook) -> None:
        self.store, self.rules = store, rules
        self.ground: Ground = prepare(store, rules, VISITOR, YEAR)
        self.present: Evaluation = evaluate(store, rules, VISITOR, YEAR)

    def swept(self, path: str, values: Sequence[object] = ()) -> Sweep:
        a = adjustable(self.rules, path)
        axis = Axis(a, tuple(values) or domain(a, self.rules, self.present))
        return sweep(self.store, VISITOR, self.ground, self.rules, [axis], self.present)[0]

    def moves(self, path: str, value: object) -> int:
        scenario = apply(self.rules, [Change(path, value)])
        return len(simulate(self.store, self.rules, scenario, VISITOR, self.ground, self.present).moves)


@pytest.fixture(scope="module")
def tight(rulebook: Rulebook) -> Iterator[Place]:
    """80 branches and few places, which grow fast."""
    rules = changed(rulebook, *TIGHT)
    with Store(None) as opened:
        load_tables(opened, rules, random_tables(131, branches=80, year=YEAR))
        yield Place(opened, rules)


def test_numbers_turn_where_simulating_their_neighbours_one_by_one_says_so(tight: Place) -> None:
    turned = 0
    for path in (PLACES, "quotas.five_star.places.2019", "application.caps.five_star"):
        now = int(str(adjustable(tight.rules, path).value))
        found = turning(tight.swept(path))
        for step, numbers in (
            (found.below, range(now - 1, -1, -1)),
            (found.above, range(now + 1, now + 7)),
        ):
            moved = next(((n, moves) for n in numbers if (moves := tight.moves(path, n))), None)
            if moved is None:
                assert step is None or not isinstance(step.value, int) or step.value > now + 6, path
            else:
                assert step is not None, path
                assert (step.value, step.totals.changed) == moved, path
                turned += 1
    assert turned >= 4


def test_choices_turn_to_each_option_that_moves_a_branch(tight: Place) -> None:
    turned = 0
    for path in ("cascade", "quotas.four_star.growth.kind", "quotas.four_star.counts"):
        options = adjustable(tight.rules, path).options
        found = turning(tight.swept(path))
        expected = [(value, moves) for value in options if (moves := tight.moves(path, value))]
        assert [(step.value, step.totals.changed) for step in found.others] == expected
        turned += len(expected)
    assert turned >= 2


def test_what_only_draws_or_pays_is_inert(tight: Place) -> None:
    for path in (
        "inspection.spot_check.rate",
        "inspection.recheck.min_per_superior",
        "member_star.places",
        "coverage.from",
    ):
        assert turning(tight.swept(path)).inert, path


def test_a_deadline_turns_at_the_day_that_an_application_came_in(store: Store, rulebook: Rulebook) -> None:
    rows = [
        {"id": "B1", "applies": 4, "inspected": 4, "score": 90, "on": "2019-03-20"},
        {"id": "B2", "applies": 4, "inspected": 4, "score": 80, "on": "2019-05-09"},
    ]
    load_tables(store, rulebook, expand(rulebook, YEAR, rows))
    found = turning(Place(store, changed(rulebook, f"{PLACES}=2")).swept("application.deadline"))
    assert found.below
    assert found.above
    assert (found.below.value, found.above.value) == ("03-19", "05-09")
    assert (found.below.totals.stars[4], found.above.totals.stars[4]) == (0, 2)


def test_a_share_between_two_points_turns_on_both_sides(store: Store, rulebook: Rulebook) -> None:
    """10 published places and 12 applicants of 2018: 11 places at 12.5% (11.25), 12 from 15% on, 10 below 5%."""
    rules = changed(
        rulebook,
        "quotas.four_star.places={2018: 10}",
        "quotas.four_star.growth.rate=12.5%",
        "quotas.four_star.shortfall=null",
    )
    rows = [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": 60 + n} for n in range(12)]
    load_tables(store, rules, expand(rules, YEAR, rows))
    found = turning(Place(store, rules).swept("quotas.four_star.growth.rate"))
    assert found.below
    assert found.above
    assert (found.below.value, found.above.value) == ("4%", "15%")


# targets

GOALS: tuple[tuple[Aim, int | None, str | None], ...] = (
    ("stars", None, None),
    ("level", 4, None),
    ("coverage", None, None),
    ("bare", None, "community"),
    ("funding", None, None),
)
POINTS = st.none() | st.builds(
    lambda four, bare, paid: totals(four=four, bare=bare, funding=paid),
    st.integers(0, 10),
    st.integers(0, 10),
    st.none() | st.integers(0, 10).map(float),
)


def figure_of(goal: Goal, point: Totals) -> float | None:
    return {
        "stars": sum(point.stars.values()),
        "level": point.stars[4],
        "coverage": sum(point.stars.values()) / point.branches,
        "bare": point.bare["community"],
        "funding": point.funding,
    }[goal.aim]


@given(
    points=st.lists(POINTS, max_size=15),
    goal=st.builds(
        lambda about, n: Goal(about[0], n / 10 if about[0] == "coverage" else n, about[1], about[2]),
        st.sampled_from(GOALS),
        st.integers(0, 11),
    ),
)
@settings(max_examples=120, deadline=None)
def test_the_least_value_that_reaches_a_target_is_found(
    points: list[Totals | None], goal: Goal, rulebook: Rulebook
) -> None:
    """Else the one that comes nearest, and of those the least; and where a greater value misses the target again."""
    axis = Axis(adjustable(rulebook, PLACES), tuple(range(len(points))))
    known = [(n, figure, Step(n, p)) for n, p in enumerate(points) if p is not None for figure in [figure_of(goal, p)]]
    at_most = goal.aim in ("bare", "funding")

    def reaches(figure: float | None) -> bool:
        return figure is not None and (figure <= goal.amount if at_most else figure >= goal.amount)

    reaching = [(n, step) for n, figure, step in known if reaches(figure)]
    if reaching:
        least, step = reaching[0]
        missed = [other for n, figure, other in known if n > least and not reaches(figure)]
        expected = Sought(step, None, missed[0] if missed else None)
    else:
        figures = [(figure, step) for _, figure, step in known if figure is not None]
        best = (min if at_most else max)((f for f, _ in figures), default=None)
        expected = Sought(None, next((step for figure, step in figures if figure == best), None), None)
    assert seek(made(axis, points), goal) == expected


@pytest.fixture
def twenty_nine(store: Store, rulebook: Rulebook) -> Place:
    """29 branches apply for four stars, and all reach them; 36 places."""
    rows = [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": 60 + n} for n in range(29)]
    load_tables(store, rulebook, expand(rulebook, YEAR, rows))
    return Place(store, rulebook)


def test_behind_the_cliff_a_target_is_missed_again(twenty_nine: Place) -> None:
    """附2·三·2: 29 places for 29 applicants give 29 stars, 30 places give 80% of 29, rounded 23."""
    found = seek(twenty_nine.swept(PLACES), Goal("level", 29, level=4))
    assert found.nearest is None
    assert found.step
    assert found.falls_back
    assert (found.step.value, found.step.totals.stars[4], found.step.totals.level(4)) == (
        29,
        29,
        found.step.totals.levels[0],
    )
    assert (found.falls_back.value, found.falls_back.totals.stars[4]) == (30, 23)
    for places, stars in ((28, 28), (29, 29), (30, 23), (36, 23)):
        scenario = apply(twenty_nine.rules, [Change(PLACES, places)])
        assert (
            evaluate(twenty_nine.store, scenario, VISITOR, YEAR).table.column("awarded").to_pylist().count(4) == stars
        )


def test_a_target_that_the_fall_still_meets_is_not_missed_again(twenty_nine: Place) -> None:
    found = seek(twenty_nine.swept(PLACES), Goal("level", 23, level=4))
    assert found.step
    assert (found.step.value, found.falls_back) == (23, None)
    next_one = seek(twenty_nine.swept(PLACES), Goal("level", 24, level=4))
    assert next_one.falls_back
    assert next_one.falls_back.value == 30


def test_beyond_reach_the_value_that_comes_nearest_is_the_brim_of_the_cliff(twenty_nine: Place) -> None:
    found = seek(twenty_nine.swept(PLACES), Goal("level", 30, level=4))
    assert (found.step, found.falls_back) == (None, None)
    assert found.nearest
    assert (found.nearest.value, found.nearest.totals.stars[4]) == (29, 29)


def test_the_cliff_is_a_turning_point(twenty_nine: Place) -> None:
    at_brim = Place(twenty_nine.store, changed(twenty_nine.rules, f"{PLACES}=29"))
    found = turning(at_brim.swept(PLACES))
    assert found.below
    assert found.above
    assert [(step.value, step.totals.changed) for step in (found.below, found.above)] == [(28, 1), (30, 6)]
    beyond = turning(twenty_nine.swept(PLACES))
    assert beyond.below
    assert (beyond.below.value, beyond.below.totals.changed, beyond.above) == (29, 6, None)


def test_funding_that_is_not_set_reaches_no_target(twenty_nine: Place) -> None:
    goal = Goal("funding", 10**9)
    swept = twenty_nine.swept(PLACES, range(5))
    assert [goal.figure(point) for point in swept.totals if point] == [None] * 5
    assert seek(swept, goal) == Sought(None, None, None)


def test_funding_is_a_limit_that_more_stars_break(twenty_nine: Place) -> None:
    paid = changed(twenty_nine.rules, "consequences.funding={four_star: 1000.5}")
    at = Place(twenty_nine.store, paid)
    found = seek(at.swept(PLACES), Goal("funding", 5002.5))
    assert found.step
    assert found.falls_back
    assert (found.step.value, found.falls_back.value, found.falls_back.totals.funding) == (0, 6, 6003.0)
    unreachable = seek(at.swept(PLACES, range(3, 9)), Goal("funding", 0))
    assert unreachable.nearest
    assert unreachable.nearest.value == 3


def test_superiors_without_a_star_are_counted_by_kind(store: Store, rulebook: Rulebook) -> None:
    """Two communities with a branch each, scored 90 and 80: the second has a star from two places on."""
    rows: list[dict[str, Any]] = [
        {"id": "B1", "superior": "C1", "applies": 4, "inspected": 4, "score": 90},
        {"id": "B2", "superior": "C2", "applies": 4, "inspected": 4, "score": 80},
        {"id": "B3", "superior": "O1", "kind": "organ"},
    ]
    rules = changed(rulebook, "cascade=false", f"{PLACES}=0")
    load_tables(store, rules, expand(rules, YEAR, rows))
    at = Place(store, rules)
    found = [seek(at.swept(PLACES), Goal("bare", n, kind="community")).step for n in (2, 1, 0)]
    assert [step and step.value for step in found] == [0, 1, 2]
    missed = seek(at.swept(PLACES), Goal("bare", 0, kind="organ"))
    assert missed.step is None
    assert missed.nearest
    assert missed.nearest.value == 0

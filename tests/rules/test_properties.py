"""What must always hold, whatever the data."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.preview import preview
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.subdistrict import expand

YEAR = 2019
LEVELS = [3, 4, 5]
RELAXED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@st.composite
def branches(draw: st.DrawFn, least: int = 1, most: int = 25) -> list[dict[str, object]]:
    """Branches in short form (tests.subdistrict), often tied and often near a cut."""
    found: list[dict[str, object]] = []
    for n in range(draw(st.integers(least, most))):
        branch: dict[str, object] = {"id": f"B{n:02d}", "superior": draw(st.sampled_from(["", "S1", "S2"]))}
        if draw(st.booleans()):
            branch["held"] = draw(st.sampled_from(LEVELS))
        if draw(st.integers(0, 4)):
            branch["applies"] = draw(st.sampled_from(LEVELS))
            branch["inspected"] = draw(st.sampled_from([0, *LEVELS, 5]))
            branch["score"] = draw(st.sampled_from([80, 81, 82, 83, ""]))
            branch["priority"] = draw(st.sampled_from(["", 1, 2]))
        rare: dict[str, list[object]] = {
            "check": ["pass", "fail"],
            "recheck": ["pass", "fail"],
            "rectification": ["met", "failed"],
            "committee": [1],
            "members": [["m1", "m2"], ["m1"]],
        }
        for key, values in rare.items():
            if draw(st.integers(0, 9)) == 0:
                branch[key] = draw(st.sampled_from(values))
        found.append(branch)
    return found


def rated(rulebook: Rulebook, rows: list[dict[str, object]], *changes: str) -> Evaluation:
    with Store(None) as store:
        load_tables(store, rulebook, expand(rulebook, YEAR, rows))
        rules = apply(rulebook, [Change.parse(change) for change in changes])
        return evaluate(store, rules, OPERATOR, YEAR, "final")


@RELAXED
@given(rows=branches())
def test_a_vetoed_branch_has_no_star_and_places_are_never_exceeded(
    rulebook: Rulebook, rows: list[dict[str, object]]
) -> None:
    result = rated(rulebook, rows, "quotas.four_star.places.2019=3", "quotas.five_star.places.2019=2")
    for outcome in result.levels:
        assert outcome.places is not None
        assert outcome.selected <= outcome.places
        assert outcome.selected + outcome.tied <= outcome.pool
    for branch in result.branches():
        assert branch.basis != "vetoed" or branch.awarded_level == 0
        assert branch.clause, branch.basis
    assert len(result.fingerprint) == 64


@RELAXED
@given(rows=branches(), more=st.integers(0, 6))
def test_one_more_place_takes_no_star_below_the_cliff_and_without_ties(
    rulebook: Rulebook, rows: list[dict[str, object]], more: int
) -> None:
    """Without the shortfall rule there is no cliff; a place that makes a tie may cost a star a level down, so ties are
    set aside."""

    def with_places(n: int) -> Evaluation:
        return rated(
            rulebook,
            rows,
            f"quotas.five_star.places.2019={n}",
            "quotas.five_star.shortfall=null",
            "quotas.four_star.shortfall=null",
        )

    before, after = with_places(more), with_places(more + 1)
    assume(not any(outcome.tied for result in (before, after) for outcome in result.levels))
    stars = {b.branch_id: b.awarded_level for b in before.branches()}
    assert all(b.awarded_level >= stars[b.branch_id] for b in after.branches())


def test_the_cliff_29_applicants(rulebook: Rulebook) -> None:
    rows = [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": n} for n in range(29)]

    def stars(places: int) -> int:
        result = rated(rulebook, rows, f"quotas.four_star.places.2019={places}")
        return sum(b.awarded_level == 4 for b in result.branches())

    assert [stars(28), stars(29), stars(30)] == [28, 29, 23]


@RELAXED
@given(rows=branches())
def test_an_empty_scenario_equals_the_baseline_and_nothing_is_stored(
    rulebook: Rulebook, rows: list[dict[str, object]]
) -> None:
    with Store(None) as store:
        load_tables(store, rulebook, expand(rulebook, YEAR, rows))
        before = store.revision()
        one = evaluate(store, rulebook, OPERATOR, YEAR)
        two = evaluate(store, apply(rulebook, []), OPERATOR, YEAR)
        assert one.branches() == two.branches()
        assert one.fingerprint == two.fingerprint
        assert store.revision() == before


MARKS = st.fixed_dictionaries(
    {},
    optional={
        f"c{n:02d}": st.sampled_from([0.0, 1.0, 1.0, 1.0])
        if n not in {10, 11, 15, 16, 32, 33, 39}
        else st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 30.0, 50.0, 80.0, 90.0, 95.0, 100.0])
        for n in range(1, 43)
    },
)


@settings(max_examples=60, deadline=None)
@given(
    marks=MARKS, criterion=st.integers(1, 42), better=st.sampled_from([1.0, 4.0, 95.0]), base=st.sampled_from(LEVELS)
)
def test_a_better_mark_never_lowers_the_level_and_bounds_hold(
    rulebook: Rulebook, marks: dict[str, float], criterion: int, better: float, base: int
) -> None:
    from tests.subdistrict import marks_meeting

    full = {c: float(str(v)) for c, v in marks_meeting(rulebook, base).items()}
    mixed = full | dict(list(marks.items())[:4])
    with Store(None) as store:
        load_tables(store, rulebook, {"branches": [{"branch_id": "B1", "name": "x", "sector": "two_new"}]})
        first = preview(store, rulebook, OPERATOR, "B1", mixed)
        name = f"c{criterion:02d}"
        second = preview(store, rulebook, OPERATOR, "B1", mixed | {name: max(mixed.get(name, 0.0), better)})
    assert first is not None
    assert second is not None
    assert second.level_met >= first.level_met
    assert first.level_low == first.level_met <= first.level_high
    # what is missing and the level met tell the same story
    assert (first.next_level is None) == (first.level_met == 5)
    assert first.next_level is None or first.missing
    assert bool(first.decisive) == (first.level_high > first.level_low)


def test_many_scenarios_in_one_query_equal_one_at_a_time(rulebook: Rulebook) -> None:
    """Scenarios of one shape run together: each gives what it gives alone."""
    from dashboard.services.evaluation import rate
    from dashboard.services.ground import prepare

    rows = [
        {"id": f"B{n:02d}", "applies": 3 + n % 3, "inspected": 3 + n % 3, "score": 70 + n % 7, "held": (0, 3, 4)[n % 3]}
        for n in range(40)
    ]
    books = [apply(rulebook, [Change("quotas.five_star.places.2017", n)]) for n in range(12)]
    with Store(None) as store:
        load_tables(store, rulebook, expand(rulebook, YEAR, rows))
        together = rate(store, prepare(store, rulebook, OPERATOR, YEAR, "final"), books)
        for book, result in zip(books, together, strict=True):
            alone = evaluate(store, book, OPERATOR, YEAR, "final")
            assert result.branches() == alone.branches()
            assert result.levels == alone.levels
            assert result.fingerprint == alone.fingerprint

"""A simulation agrees on both sides with an independent reading of the rules (tests/reference), and stores nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, VISITOR, Viewer
from dashboard.errors import NotAllowed, RulesError
from dashboard.rules.paths import leaves
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.evaluation import evaluate, record_awards
from dashboard.services.ground import Stage, prepare, same_ground
from dashboard.services.simulation import Side, Simulation, Standing, simulate
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.basics import Tables
from tests.reference.evaluation import Rated
from tests.reference.evaluation import evaluate as read_independently
from tests.reference.subdistricts import random_tables
from tests.rules.test_evaluation import as_document
from tests.subdistrict import expand

YEARS = (2017, 2018, 2019, 2022)
STAGES: tuple[Stage, ...] = ("auto", "projected", "final")
LEVEL_FIELDS = ("level", "quota", "applicants", "pool", "places", "selected", "tied", "binding")

Draw = Callable[[random.Random], object]


def one_of(*values: object) -> Draw:
    return lambda rng: rng.choice(values)


def whole(least: int, most: int) -> Draw:
    return lambda rng: rng.randint(least, most)


def percent(rng: random.Random) -> str:
    return f"{rng.choice((0, 5, 12.5, 33.3, 50, 66, 75, 80, 99.9, 100))}%"


ROUNDING = one_of("half_up", "floor", "ceil")
SETTINGS: dict[str, Draw] = {
    "application.caps.applies_to": one_of("[]", "[community]", "[organ, direct_unit]", "[community, two_new_org]"),
    "application.caps.five_star": one_of("null", 0, 1, 2, 5),
    "application.caps.four_star": one_of("null", 0, 1, 3, 6),
    "application.deadline": one_of("03-31", "04-15", "04-29", "05-01", "06-30", "12-31"),
    "application.requires_self_assessment": one_of("false", "true"),
    "cascade": one_of("false", "true"),
    "coverage.deferral_years": whole(0, 5),
    "downgrade.levels": whole(1, 4),
    "inspection.collective_sanction.counts": one_of("any", "three_star"),
    "inspection.collective_sanction.failures": whole(1, 5),
    "ranking": one_of("[score]", "[criteria_met]", "[criteria_met, score]", "[score, criteria_met]"),
    "veto.committee": whole(1, 3),
    "veto.members": whole(1, 3),
}
for _level, _most in (("four_star", 30), ("five_star", 14)):
    SETTINGS |= {
        f"quotas.{_level}.counts": one_of("new_awards", "holders"),
        f"quotas.{_level}.growth.kind": one_of("linear", "compound"),
        f"quotas.{_level}.growth.rate": percent,
        f"quotas.{_level}.growth.rounding": ROUNDING,
        f"quotas.{_level}.places.2017": whole(0, _most),
        f"quotas.{_level}.places.YEAR": whole(0, _most),
        f"quotas.{_level}.shortfall.ratio": percent,
        f"quotas.{_level}.shortfall.rounding": ROUNDING,
    }
# a part of the rules as a whole: set aside, or in another form
WHOLES: dict[str, Draw] = {
    "inspection.collective_sanction": one_of("null"),
    "quotas.four_star": one_of(
        "null",
        "{share: {of: branches, ratio: 12.5%, rounding: ceil}, shortfall: {ratio: 60%}, clause: 附2·三·2}",
        "{share: {of: applications, ratio: 40%}, counts: new_awards, clause: 附2·三·2}",
    ),
    "quotas.five_star": one_of(
        "{share: {of: branches, ratio: 5%}, counts: new_awards, shortfall: {ratio: 90%}, clause: 附2·三·3}",
    ),
    "quotas.four_star.growth": one_of("null"),
    "quotas.four_star.shortfall": one_of("null"),
    "quotas.five_star.shortfall": one_of("null"),
}


def random_sets(rng: random.Random, year: int, *, wholes: bool) -> list[str]:
    """Up to nine `--set`s that do not overlap."""
    draws = SETTINGS | WHOLES if wholes else SETTINGS
    chosen: dict[str, str] = {}
    for path in rng.sample(sorted(draws), rng.randint(3, 9)):
        at = path.replace("YEAR", str(year))
        if not any(f"{at}.".startswith(f"{other}.") or f"{other}.".startswith(f"{at}.") for other in chosen):
            chosen[at] = f"{at}={draws[path](rng)}"
    return list(chosen.values())


def told(side: Side) -> tuple[dict[int, int], list[tuple[object, ...]]]:
    """Stars by level, and what happened at each level with a quota."""
    return dict(side.stars), [tuple(getattr(o, f) for f in LEVEL_FIELDS) for o in side.quota_levels]


def read(
    tables: Tables, rules: Rulebook, year: int, stage: Stage
) -> tuple[list[Rated], tuple[dict[int, int], list[tuple[object, ...]]]]:
    """The same by the independent reading, after the results of the branches."""
    rated, levels = read_independently(tables, as_document(rules), year, stage)
    counts = Counter(r.awarded_level for r in rated)
    stars = {value: counts[value] for value in (3, 4, 5)}
    return rated, (stars, [tuple(getattr(level, f) for f in LEVEL_FIELDS) for level in levels])


def standing(of: Standing) -> tuple[object, ...]:
    return of.level, of.basis, of.application_status, of.level_met if of.application_status != "ineligible" else None


def why(rated: Rated) -> tuple[object, ...]:
    """The same by the independent reading; what marks meet is left open where no standard covers them."""
    met = rated.level_met if rated.application_status != "ineligible" else None
    return rated.awarded_level, rated.basis, rated.application_status, met


def assert_agrees(
    result: Simulation, tables: Tables, baseline: Rulebook, scenario: Rulebook, year: int, stage: Stage
) -> None:
    first, before = read(tables, baseline, year, stage)
    second, after = read(tables, scenario, year, stage)
    assert told(result.baseline) == before
    assert told(result.scenario) == after
    differing = [(a, b) for a, b in zip(first, second, strict=True) if a.awarded_level != b.awarded_level]
    assert [(m.branch_id, m.before, m.after, m.basis) for m in result.moves] == [
        (a.branch_id, a.awarded_level, b.awarded_level, b.basis) for a, b in differing
    ]
    assert [(standing(m.was), standing(m.now)) for m in result.moves] == [(why(a), why(b)) for a, b in differing]
    assert all(move.clause for move in result.moves)
    assert (result.baseline.total, result.scenario.total) == (sum(before[0].values()), sum(after[0].values()))
    for side, rules in ((result.baseline, baseline), (result.scenario, scenario)):
        assert side.rulebook is rules
        assert side.evaluation.fingerprint == rules.fingerprint


def run(store: Store, baseline: Rulebook, scenario: Rulebook, year: int, stage: Stage = "auto") -> Simulation:
    return simulate(store, baseline, scenario, VISITOR, prepare(store, baseline, VISITOR, year, stage))


@pytest.mark.parametrize("seed", [1, 3, 4, 5, 9, 10, 21, 23, 26, 27])  # small and large, and decisions matter
def test_both_sides_agree_with_the_independent_reading(seed: int, rulebook: Rulebook) -> None:
    rng = random.Random(seed)
    year = rng.choice(YEARS)
    tables = random_tables(1000 + seed, branches=rng.choice([15, 60, 160]), year=year)
    moved = 0
    with Store(None) as store:
        load_tables(store, rulebook, tables)
        for n in range(4):
            own = random_sets(rng, year, wholes=False) if n else []
            sets, stage = random_sets(rng, year, wholes=True), rng.choice(STAGES)
            baseline = changed(rulebook, *own)
            scenario = changed(baseline, *sets)
            result = run(store, baseline, scenario, year, stage)
            assert_agrees(result, tables, baseline, scenario, year, stage)
            moved += len(result.moves)
    assert moved


CRITERIA = "standards.two_new.sections.{section}.criteria.{criterion}"
STANDARD_SETS = (
    (f"{CRITERIA.format(section='mechanism', criterion='c15')}.requires.five_star=96",),
    (f"{CRITERIA.format(section='party_life', criterion='c11')}.requires.three_star=2",),
    (f"{CRITERIA.format(section='activities', criterion='c32')}.requires.four_star=4",),
    (f"{CRITERIA.format(section='organisation', criterion='c03')}.requires={{five_star: true}}", "cascade=false"),
    ("sectors.community.standard=null",),
    ("sectors.two_new.standard=null", "quotas.four_star.places.2017=3"),
)


@pytest.fixture(scope="module")
def mixed(rulebook: Rulebook) -> Iterator[tuple[Store, Tables]]:
    """A subdistrict in 2018 in which every level and most bases occur."""
    tables = random_tables(12, branches=90, year=2018)
    with Store(None) as store:
        load_tables(store, rulebook, tables)
        yield store, tables


@pytest.mark.parametrize("sets", STANDARD_SETS, ids=lambda sets: sets[0].rpartition(".criteria.")[2][:40])
def test_a_change_of_the_standards_is_rated_on_facts_of_its_own(
    sets: tuple[str, ...], mixed: tuple[Store, Tables], rulebook: Rulebook
) -> None:
    """The two sides then see different facts, both at the stage of the baseline."""
    store, tables = mixed
    scenario = changed(rulebook, *sets)
    assert not same_ground(rulebook, scenario)
    stages: tuple[Stage, ...] = ("final", "projected")
    for stage in stages:
        result = run(store, rulebook, scenario, 2018, stage)
        assert result.moves
        assert_agrees(result, tables, rulebook, scenario, 2018, stage)
    back = run(store, scenario, rulebook, 2018, stage)
    assert [(m.branch_id, m.was, m.now) for m in back.moves] == [(m.branch_id, m.now, m.was) for m in result.moves]


def test_other_settings_leave_the_ground_as_it_is(rulebook: Rulebook) -> None:
    for sets in (["cascade=false"], ["quotas.five_star=null"], ["sectors.community.provisional=false"]):
        assert same_ground(rulebook, changed(rulebook, *sets))


@pytest.mark.parametrize("seed", range(5))
def test_an_empty_scenario_changes_no_branch(seed: int, rulebook: Rulebook) -> None:
    year = YEARS[seed % len(YEARS)]
    with Store(None) as store:
        load_tables(store, rulebook, random_tables(2000 + seed, branches=60, year=year))
        result = run(store, rulebook, apply(rulebook, []), year)
        assert result.moves == ()
        assert told(result.baseline) == told(result.scenario)
        assert result.scenario.evaluation.fingerprint == rulebook.fingerprint
        assert result.baseline.evaluation.branches() == evaluate(store, rulebook, OPERATOR, year).branches()


def test_every_value_set_to_what_it_is_changes_nothing(mixed: tuple[Store, Tables], rulebook: Rulebook) -> None:
    same = apply(rulebook, [Change(path, value) for path, value in leaves(rulebook)])
    assert same is not rulebook
    assert same.fingerprint == rulebook.fingerprint
    result = run(mixed[0], rulebook, same, 2018)
    assert result.moves == ()
    assert told(result.baseline) == told(result.scenario)
    assert result.scenario.evaluation.fingerprint == rulebook.fingerprint


@pytest.mark.parametrize(
    "words", ["title.en=Measures", f"{CRITERIA.format(section='organisation', criterion='c01')}.text.en=Leadership"]
)
def test_other_words_for_the_same_rules_change_no_branch(
    words: str, mixed: tuple[Store, Tables], rulebook: Rulebook
) -> None:
    """Another fingerprint, so that the scenario is rated in full."""
    scenario = changed(rulebook, words)
    result = run(mixed[0], rulebook, scenario, 2018)
    assert result.moves == ()
    assert told(result.baseline) == told(result.scenario)
    assert result.baseline.evaluation.branches() == result.scenario.evaluation.branches()
    assert result.scenario.evaluation.fingerprint == scenario.fingerprint != rulebook.fingerprint


def test_an_evaluation_at_hand_serves_as_the_baseline(mixed: tuple[Store, Tables], rulebook: Rulebook) -> None:
    store, _ = mixed
    scenario = changed(rulebook, "quotas.four_star.places.2018=4", "cascade=false")
    ground = prepare(store, rulebook, VISITOR, 2018)
    at_hand = evaluate(store, rulebook, OPERATOR, 2018)
    result = simulate(store, rulebook, scenario, VISITOR, ground, before=at_hand)
    assert result.baseline.evaluation is at_hand
    assert result.moves == simulate(store, rulebook, scenario, VISITOR, ground).moves != ()


@pytest.mark.parametrize(("stage", "expected"), [("auto", "final"), ("projected", "projected"), ("final", "final")])
def test_a_simulation_says_which_year_and_stage_it_is_about(stage: Stage, expected: str, rulebook: Rulebook) -> None:
    rows = [{"id": "B1", "applies": 4, "inspected": 4, "score": 90}]
    scenario = changed(rulebook, "sectors.organ.standard=null")
    with Store(None) as store:
        load_tables(store, rulebook, expand(rulebook, 2019, rows))
        result = run(store, rulebook, scenario, 2019, stage)
        assert (result.year, result.stage) == (2019, expected)
        assert {side.evaluation.stage for side in (result.baseline, result.scenario)} == {expected}
        assert {side.evaluation.year for side in (result.baseline, result.scenario)} == {2019}


def everything_stored(store: Store) -> dict[str, pa.Table]:
    """Every row of every table, also of those that are no data sets."""
    names = store.query("SELECT table_name FROM information_schema.tables ORDER BY 1").column(0).to_pylist()
    return {name: store.query(f'SELECT * FROM "{name}" ORDER BY ALL') for name in names}


def test_nothing_is_stored(rulebook: Rulebook) -> None:
    with Store(None) as store:
        load_tables(store, rulebook, random_tables(12, branches=60, year=2018))
        before, revision = everything_stored(store), store.revision()
        assert {"branches", "marks", "awards", "decisions", "revisions", "properties"} <= set(before)
        for sets in (
            ["quotas.four_star.places.2018=5", "cascade=false"],
            ["ranking=[criteria_met]", "downgrade.levels=3"],
            ["sectors.community.standard=null"],
            [],
        ):
            run(store, rulebook, changed(rulebook, *sets), 2018)
        assert everything_stored(store) == before
        assert store.revision() == revision
        record_awards(store, OPERATOR, evaluate(store, rulebook, OPERATOR, 2018))
        assert everything_stored(store) != before  # what is stored would have been seen


def applicants(count: int) -> list[dict[str, object]]:
    return [{"id": f"B{n:02d}", "applies": 4, "inspected": 4, "score": 60 + n} for n in range(count)]


def places(count: int) -> str:
    return f"quotas.four_star.places.2019={count}"


@pytest.fixture
def twenty_nine(store: Store, rulebook: Rulebook) -> Store:
    """29 branches apply for four stars, and all reach them."""
    load_tables(store, rulebook, expand(rulebook, 2019, applicants(29)))
    return store


def test_one_more_place_than_applicants_costs_six_stars(twenty_nine: Store, rulebook: Rulebook) -> None:
    """附2·三·2: 29 applicants fill 29 places; they do not fill 30, so 80% of 29, 23.2, are taken."""
    result = run(twenty_nine, changed(rulebook, places(29)), changed(rulebook, places(30)), 2019)
    assert told(result.baseline) == (
        {3: 0, 4: 29, 5: 0},
        [(4, 29, 29, 29, 29, 29, 0, "supply"), (5, 12, 0, 0, 0, 0, 0, "supply")],
    )
    assert told(result.scenario) == (
        {3: 6, 4: 23, 5: 0},
        [(4, 30, 29, 29, 23, 23, 0, "fallback"), (5, 12, 0, 0, 0, 0, 0, "supply")],
    )
    assert [(m.branch_id, m.before, m.after, m.was.basis, m.basis) for m in result.moves] == [
        (f"B{n:02d}", 4, 3, "selected", "cascaded") for n in range(6)
    ]


def test_back_across_the_cliff_the_six_stars_come_back(twenty_nine: Store, rulebook: Rulebook) -> None:
    result = run(twenty_nine, changed(rulebook, places(30)), changed(rulebook, places(29)), 2019)
    assert [(m.branch_id, m.before, m.after, m.basis) for m in result.moves] == [
        (f"B{n:02d}", 3, 4, "selected") for n in range(6)
    ]
    without_rule = changed(rulebook, places(30), "quotas.four_star.shortfall=null")
    assert run(twenty_nine, changed(rulebook, places(29)), without_rule, 2019).moves == ()


def test_thirty_applicants_fill_thirty_places(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, expand(rulebook, 2019, applicants(30)))
    result = run(store, changed(rulebook, places(31)), changed(rulebook, places(30)), 2019)
    assert (result.baseline.stars[4], result.scenario.stars[4]) == (24, 30)
    assert [outcome.binding for outcome in result.scenario.quota_levels] == ["supply", "supply"]
    fewer = run(store, changed(rulebook, places(30)), changed(rulebook, places(28)), 2019)
    assert fewer.scenario.stars[4] == 28
    assert [outcome.binding for outcome in fewer.scenario.quota_levels] == ["quota", "supply"]


def test_a_level_without_a_quota_is_not_listed(twenty_nine: Store, rulebook: Rulebook) -> None:
    result = run(twenty_nine, rulebook, changed(rulebook, "quotas.five_star=null"), 2019)
    assert [outcome.level for outcome in result.baseline.quota_levels] == [4, 5]
    assert [outcome.level for outcome in result.scenario.quota_levels] == [4]


def test_a_year_for_which_no_places_are_published_is_refused(twenty_nine: Store, rulebook: Rulebook) -> None:
    later = changed(rulebook, "quotas.five_star.places={2020: 10}")
    with pytest.raises(RulesError) as caught:
        run(twenty_nine, rulebook, later, 2019)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("rules.quota_unpublished", "quotas.five_star.places")
    assert dict(problem.values) == {"year": 2019, "first": 2020}


def test_a_store_without_branches_gives_no_stars(store: Store, rulebook: Rulebook) -> None:
    result = run(store, rulebook, changed(rulebook, "cascade=false"), 2019)
    assert result.moves == ()
    assert [dict(side.stars) for side in (result.baseline, result.scenario)] == [{3: 0, 4: 0, 5: 0}] * 2


def test_a_role_without_grants_may_not_simulate(twenty_nine: Store, rulebook: Rulebook) -> None:
    nobody = Viewer("x", "nobody")
    ground = prepare(twenty_nine, rulebook, OPERATOR, 2019)
    scenario = changed(rulebook, "cascade=false")
    with pytest.raises(NotAllowed) as caught:
        simulate(twenty_nine, rulebook, scenario, nobody, ground)
    (problem,) = caught.value.problems
    assert (problem.code, dict(problem.values)) == ("auth.not_allowed", {"action": "simulate"})
    with pytest.raises(NotAllowed):
        prepare(twenty_nine, rulebook, nobody, 2019)


def test_seeing_results_is_not_enough_to_simulate(
    twenty_nine: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "view_branch", "view_rules"}))
    reader = Viewer("x", "reader")
    ground = prepare(twenty_nine, rulebook, reader, 2019)
    for scenario in (rulebook, changed(rulebook, "cascade=false")):
        with pytest.raises(NotAllowed):
            simulate(twenty_nine, rulebook, scenario, reader, ground)

"""Each other reading of a doubtful clause touches the branches that simulating it would move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, RulesError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.evaluation import evaluate
from dashboard.services.ground import prepare
from dashboard.services.readings import Ambiguity, ambiguities
from dashboard.services.simulation import simulate
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables

YEAR = 2019
TIGHT = (
    "quotas.four_star.places.2017=4",
    "quotas.five_star.places.2017=2",
    "quotas.four_star.growth.rate=50%",
    "quotas.five_star.growth.rate=50%",
)
# every setting that a reading of the shipped rules decides, written out
PATHS = {
    "quota_counts": ["quotas.four_star.counts", "quotas.five_star.counts"],
    "growth_kind": ["quotas.four_star.growth.kind", "quotas.five_star.growth.kind"],
    "growth_rounding": ["quotas.four_star.growth.rounding", "quotas.five_star.growth.rounding"],
    "shortfall_rounding": ["quotas.four_star.shortfall.rounding", "quotas.five_star.shortfall.rounding"],
    "cascade": ["cascade"],
    "promotion": ["promotion.levels_a_year"],
    "collective_sanction_counts": ["inspection.collective_sanction.counts"],
    "spot_check_rate": ["inspection.spot_check.rate"],
    "recheck_rate": ["inspection.recheck.rate"],
    "cap_five_star": ["application.caps.five_star"],
    "cap_four_star": ["application.caps.four_star"],
    "deferral": ["coverage.deferral_years"],
    "provisional_sectors": ["sectors.community.standard"],
    "objection": ["member_star.objection"],
    "voting_choices": ["member_star.voting.choices_per_voter"],
    "fairly_satisfied": ["appraisals.satisfaction.answers.fairly_satisfied.worth"],
    "abstentions": ["appraisals.satisfaction.answers.abstained.worth"],
}
NOT_STARS = {
    "spot_check_rate": "draw",
    "recheck_rate": "draw",
    "deferral": "coverage",
    "objection": "vote",
    "voting_choices": "vote",
}


@pytest.fixture(scope="module")
def tight(rulebook: Rulebook) -> Rulebook:
    return changed(rulebook, *TIGHT)


@pytest.fixture(scope="module")
def store(tight: Rulebook) -> Iterator[Store]:
    with Store(None) as opened:
        load_tables(opened, tight, random_tables(112, branches=80, year=YEAR))
        yield opened


def read(store: Store, rules: Rulebook, viewer: Viewer = VISITOR) -> dict[str, Ambiguity]:
    ground, evaluation = prepare(store, rules, VISITOR, YEAR), evaluate(store, rules, VISITOR, YEAR)
    return {found.reading.id: found for found in ambiguities(store, viewer, ground, rules, evaluation)}


@pytest.fixture(scope="module")
def found(store: Store, tight: Rulebook) -> dict[str, Ambiguity]:
    """Every reading of the shipped rules."""
    return read(store, tight)


def assert_each_alternative_is_its_simulation(store: Store, rules: Rulebook, found: dict[str, Ambiguity]) -> set[str]:
    """Returns the readings that touch a branch."""
    ground, present = prepare(store, rules, VISITOR, YEAR), evaluate(store, rules, VISITOR, YEAR)
    for name, ambiguity in found.items():
        touched = set()
        for other in ambiguity.alternatives:
            scenario = apply(rules, [Change(path, other.value) for path in PATHS[name]])
            both = simulate(store, rules, scenario, VISITOR, ground, present)
            assert other.moves == both.moves, (name, other.value)
            assert apply(rules, other.changes).fingerprint == scenario.fingerprint
            touched |= {move.branch_id for move in both.moves}
        assert ambiguity.touches == touched
    return {name for name, ambiguity in found.items() if ambiguity.touches}


def test_each_alternative_touches_whom_simulating_it_moves(
    found: dict[str, Ambiguity], store: Store, tight: Rulebook
) -> None:
    assert list(found) == list(PATHS) == [reading.id for reading in tight.readings]
    for reading in tight.readings:
        first, *others = reading.alternatives or [None]
        assert [other.value for other in found[reading.id].alternatives] == others, first
    touching = assert_each_alternative_is_its_simulation(store, tight, found)
    assert len(touching) >= 5, touching


def test_a_pattern_changes_every_setting_that_it_stands_for(found: dict[str, Ambiguity]) -> None:
    for name, ambiguity in found.items():
        for other in ambiguity.alternatives:
            assert {(change.path, change.value) for change in other.changes} == {
                (path, other.value) for path in PATHS[name]
            }


def test_draws_and_votes_have_another_effect_and_touch_nobody(found: dict[str, Ambiguity]) -> None:
    assert {name: a.effect for name, a in found.items() if a.effect != "stars"} == NOT_STARS
    for name in NOT_STARS:
        assert found[name].alternatives
        assert found[name].touches == frozenset()


def test_what_is_in_force_is_told_as_scenario_files_write_it(found: dict[str, Ambiguity]) -> None:
    assert {name: ambiguity.in_force for name, ambiguity in found.items()} == {
        "quota_counts": ("holders",),
        "growth_kind": ("compound",),
        "growth_rounding": ("half_up",),
        "shortfall_rounding": ("half_up",),
        "cascade": (True,),
        "promotion": (None,),
        "collective_sanction_counts": ("three_star",),
        "spot_check_rate": ("30%",),
        "recheck_rate": ("30%",),
        "cap_five_star": (2,),
        "cap_four_star": (4,),
        "deferral": (1,),
        "provisional_sectors": ("two_new",),
        "objection": ("excludes",),
        "voting_choices": (50,),
        "fairly_satisfied": ("0%",),
        "abstentions": ("0%",),
    }


def test_another_reading_in_force_has_the_first_among_its_alternatives(store: Store, tight: Rulebook) -> None:
    rules = changed(tight, "cascade=false", "application.caps.five_star=1", "quotas.four_star.counts=new_awards")
    found = read(store, rules)
    assert [other.value for other in found["cascade"].alternatives] == [True]
    assert [other.value for other in found["cap_five_star"].alternatives] == [2]
    assert found["quota_counts"].in_force == ("new_awards", "holders")  # the levels differ: either is another reading
    assert [other.value for other in found["quota_counts"].alternatives] == ["holders", "new_awards"]
    some = {name: found[name] for name in ("cascade", "cap_five_star", "quota_counts")}
    assert assert_each_alternative_is_its_simulation(store, rules, some)


def test_alternatives_that_the_rules_refuse_are_left_out(store: Store, tight: Rulebook) -> None:
    rules = changed(
        tight,
        "readings.quota_counts.alternatives=[sometimes, new_awards, 3, null]",
        "readings.cap_five_star.alternatives=[-1, 1, 2, 1.5]",
        "readings.provisional_sectors.alternatives=[of_its_own, null]",
    )
    for path, value in (("quotas.four_star.counts", "sometimes"), ("sectors.community.standard", "of_its_own")):
        with pytest.raises(RulesError):
            apply(rules, [Change(path, value)])
    found = read(store, rules)
    assert [other.value for other in found["quota_counts"].alternatives] == ["new_awards"]
    assert [other.value for other in found["cap_five_star"].alternatives] == [1]
    assert [other.value for other in found["provisional_sectors"].alternatives] == [None]
    some = {name: found[name] for name in ("quota_counts", "provisional_sectors")}
    assert assert_each_alternative_is_its_simulation(store, rules, some) >= {"provisional_sectors"}


def test_a_setting_that_is_not_there_has_no_other_reading(store: Store, tight: Rulebook) -> None:
    rules = changed(tight, "quotas.four_star.shortfall=null", "quotas.five_star=null")
    found = read(store, rules)
    rounding = found["shortfall_rounding"]
    assert (rounding.in_force, rounding.alternatives, rounding.touches) == ((), (), frozenset())
    (counts,) = found["quota_counts"].alternatives
    assert [change.path for change in counts.changes] == ["quotas.four_star.counts"]


def test_without_branches_nobody_is_touched(tight: Rulebook) -> None:
    with Store(None) as empty:
        found = read(empty, tight)
        assert len(found) == len(PATHS)
        assert not any(ambiguity.touches for ambiguity in found.values())


def test_seeing_results_is_not_enough(store: Store, tight: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "view_branch", "view_rules"}))
    for role in ("reader", "nobody"):
        with pytest.raises(NotAllowed):
            read(store, tight, Viewer("x", role))

"""The likely rating: chances that add up, certainty where all is known, and estimates that came true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.demo.fill import fill
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.calibration import Calibration, calibration, wilson
from dashboard.services.evaluation import evaluate
from dashboard.services.expectation import expect
from dashboard.services.ground import prepare
from dashboard.services.likely import in_april, likely
from dashboard.services.preview import read_marks
from dashboard.services.sheets import Change, save
from dashboard.services.survival import MET, UNMET, Sheets, Survival, Year
from dashboard.store.connection import Store
from tests.helpers import codes, load_tables
from tests.reference.subdistricts import random_tables
from tests.services.year import full_marks, set_day

NOW, FINISHED = 2022, 2020


@pytest.fixture(scope="module")
def demo(rulebook: Rulebook) -> Iterator[Store]:
    with Store(None) as store:
        fill(store, rulebook, OPERATOR, votes=100)
        yield store


@pytest.fixture(scope="module")
def found(demo: Store, rulebook: Rulebook) -> Calibration:
    return calibration(demo, rulebook, OPERATOR)


def test_chances_add_up_and_the_same_seed_gives_the_same(demo: Store, rulebook: Rulebook) -> None:
    ground = prepare(demo, rulebook, OPERATOR, NOW)
    first, second = (likely(demo, rulebook, OPERATOR, ground) for _ in range(2))
    assert np.array_equal(first.chances, second.chances)
    assert np.allclose(first.chances.sum(axis=1), 1)
    assert ((first.chances >= 0) & (first.chances <= 1)).all()
    assert (np.diff(first.met, axis=1) <= 0).all(), "a higher level is never found more often"
    gone = demo.query("SELECT branch_id FROM branches WHERE NOT active").column(0).to_pylist()
    assert gone
    assert all(first.of(branch) == {0: 1.0, 3: 0.0, 4: 0.0, 5: 0.0} for branch in gone)
    assert first.years == (2017, 2018, 2019, 2020, 2021)


def test_a_year_in_which_all_is_known_is_certain(demo: Store, rulebook: Rulebook) -> None:
    result = evaluate(demo, rulebook, OPERATOR, FINISHED, "final")
    chances = likely(demo, rulebook, OPERATOR, prepare(demo, rulebook, OPERATOR, FINISHED, "final"))
    for branch in result.branches():
        assert chances.of(branch.branch_id)[branch.awarded_level] == 1.0, branch


def test_in_april_nothing_of_the_autumn_is_known(demo: Store, rulebook: Rulebook) -> None:
    ground = prepare(demo, rulebook, OPERATOR, FINISHED, "final")
    april = in_april(ground)
    assert april.projected
    for name in ("inspected_level", "score", "spot_check", "acceptance", "decision_2", "decision_3"):
        assert april.facts.column(name).null_count == len(april.facts), name
    for name in ("recheck_failed", "rectification_failed", "committee_incidents", "member_incidents"):
        assert not pc.sum(april.facts.column(name)).as_py(), name
    for name in ("applied_level", "self_level", "previous_level", "review"):
        assert april.facts.column(name).equals(ground.facts.column(name))
    assert april.facts.schema.equals(ground.facts.schema)


def test_what_is_recorded_stays_while_the_rest_is_drawn(rulebook: Rulebook) -> None:
    """A failed check or rectification, a veto: nothing drawn brings back what they took."""
    with Store(None) as store:
        fill(store, rulebook, OPERATOR, branches=80, votes=100)
        with store.write("test") as cursor:
            cursor.execute("DELETE FROM inspections WHERE year = ? AND kind = 'acceptance'", [NOW])
            cursor.execute("DELETE FROM marks WHERE year = ? AND stage = 'inspection'", [NOW])
        ground = prepare(store, rulebook, OPERATOR, NOW)
        assert ground.projected
        chances = likely(store, rulebook, OPERATOR, ground)
        seen = set()
        for branch in evaluate(store, rulebook, OPERATOR, NOW).branches():
            if branch.basis in ("vetoed", "downgraded_recheck", "downgraded_rectification", "spot_check_failed"):
                seen.add(branch.basis)
                above = {level: p for level, p in chances.of(branch.branch_id).items() if level > branch.awarded_level}
                assert sum(above.values()) < 0.02, branch
        assert {"vetoed", "downgraded_recheck"} <= seen


@pytest.mark.parametrize("seed", [3, 8])
def test_a_subdistrict_without_a_past_is_estimated_too(rulebook: Rulebook, seed: int) -> None:
    with Store(None) as store:
        load_tables(store, rulebook, random_tables(seed, branches=60, year=2019))
        chances = likely(store, rulebook, OPERATOR, prepare(store, rulebook, OPERATOR, 2019, "projected"))
        assert np.allclose(chances.chances.sum(axis=1), 1)
        assert chances.years == () or chances.learnt.inspections >= 0


def test_estimates_beat_that_the_self_assessed_level_comes_true(found: Calibration) -> None:
    assert [score.year for score in found.scores] == [2018, 2019, 2020, 2021]
    for score in found.scores:
        assert score.brier <= 0.75 * score.self_assessed, score
        assert score.brier < score.held, score


def test_chances_mean_what_they_say(found: Calibration) -> None:
    """Of ten intervals of 95% one may miss."""
    assert sum(b.count for b in found.bins) == 4 * sum(score.branches for score in found.scores)
    missed = [b for b in found.bins if not b.interval[0] <= b.given <= b.interval[1]]
    assert len(missed) <= 1, missed
    assert all(b.low <= b.given <= b.high for b in found.bins)


@given(count=st.integers(1, 500), data=st.data())
@settings(max_examples=50, deadline=None)
def test_an_interval_holds_its_share(count: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    assert high - low < 1


# what earlier years teach


def sheets(rulebook: Rulebook, stated: float, found: float, branches: int = 20) -> Sheets:
    """Branches that state one figure for every criterion, of which the inspection finds another."""
    names = [(f"B{n}", "S1", "two_new") for n in range(branches)]
    every = [(name, c) for name, _, _ in names for c in rulebook.standards["two_new"].criteria]
    return Sheets.of(rulebook, names, dict.fromkeys(every, stated), dict.fromkeys(every, found))


def taught(rulebook: Rulebook, passed: int, of: int = 20) -> tuple[Survival, Sheets]:
    own = sheets(rulebook, 100.0, 100.0, of)
    year = Year(own, np.full(of, 2), np.full(of, True), np.arange(of) < passed)
    return Survival.learn([year], own), own


@pytest.mark.parametrize("passed", [5, 10, 19])
def test_earlier_years_expect_as_many_passes_as_there_were(rulebook: Rulebook, passed: int) -> None:
    learnt, own = taught(rulebook, passed)
    expected = (passed + 10 * 0.8) / 30
    assert learnt.passes[1] == pytest.approx(expected)
    assert learnt.chances(own)[:, 1] == pytest.approx(expected, abs=1e-6)
    assert learnt.inspections == 20


def test_marks_that_fell_at_inspection_lower_the_chance(rulebook: Rulebook) -> None:
    fallen, firm = sheets(rulebook, 100.0, 0.0), sheets(rulebook, 100.0, 100.0)
    years = [Year(own, np.full(20, 2), np.full(20, True), np.full(20, own is firm)) for own in (fallen, firm)]
    bad, good = (Survival.learn([year], firm) for year in years)
    assert (bad.found[MET] < good.found[MET])[:20].all()
    assert (bad.chances(firm)[:, 1] < good.chances(firm)[:, 1]).all()
    assert bad.shift["S1"] <= 0.05
    nothing = Survival.learn([], firm)
    assert (nothing.found[MET] > nothing.found[UNMET]).all()
    assert nothing.inspections == 0
    assert nothing.chances(firm)[:, 1:] == pytest.approx(0.8)  # as is taken for granted, whatever the level asks


def test_a_superior_whose_branches_fell_counts_against_its_branches(rulebook: Rulebook) -> None:
    strict, lenient = sheets(rulebook, 100.0, 100.0), sheets(rulebook, 100.0, 0.0)
    lenient = replace(lenient, superior=("S2",) * 20)
    years = [Year(own, np.full(20, 2), np.full(20, True), np.full(20, own is strict)) for own in (strict, lenient)]
    learnt = Survival.learn(years, strict)
    assert learnt.shift["S1"] > 0 > learnt.shift["S2"]
    first, second = (learnt.chances(replace(strict, superior=(name,) * 20))[0, 1] for name in ("S1", "S2"))
    assert first > second


# what a branch is told


def test_a_branch_that_has_not_applied_is_taken_to_apply_for_what_it_meets(rulebook: Rulebook) -> None:
    tables = random_tables(5, branches=60, year=2019)
    with Store(None) as store:
        load_tables(store, rulebook, {**tables, "inspections": [], "applications": []})
        result = evaluate(store, rulebook, OPERATOR, 2019, "projected")
        able = next(
            b for b in result.branches()
            if b.self_level > b.previous_level and b.self_level == 3 and b.basis != "inactive"
        )  # fmt: skip
        told = expect(store, rulebook, OPERATOR, able.branch_id, 2019)
        assert (told.assumed, told.target, told.status) == (True, 3, None)
        assert told.chances[3] > 0.3
        content = next(b for b in result.branches() if b.self_level <= b.previous_level and b.basis != "inactive")
        other = expect(store, rulebook, OPERATOR, content.branch_id, 2019)
        assert (other.assumed, other.target) == (False, None)


def test_what_is_typed_counts_as_if_it_were_handed_in_and_the_past_may_be_at_hand(rulebook: Rulebook) -> None:
    tables = dict(random_tables(5, branches=40, year=2019))
    branch = next(b["branch_id"] for b in tables["branches"] if str(b.get("active", "1")) != "0" and b["sector"] != "")
    own = list(full_marks(rulebook, str(branch), year=2019))
    others = [row for row in tables["marks"] if row["branch_id"] != branch]
    awards = [row for row in tables["awards"] if row["branch_id"] != branch]
    bare = {**tables, "awards": awards, "inspections": [], "applications": [], "marks": others, "appraisals": []}
    with Store(None) as handed, Store(None) as typed:
        load_tables(handed, rulebook, {**bare, "marks": [*others, *own]})
        load_tables(typed, rulebook, bare)
        set_day(typed, "2019-04-20")
        changes = [Change(str(row["criterion"]), "value", None, row["value"]) for row in own]
        assert not save(typed, rulebook, OPERATOR, str(branch), 2019, "self", changes).refused
        told = expect(handed, rulebook, OPERATOR, str(branch), 2019)
        other = expect(typed, rulebook, OPERATOR, str(branch), 2019)
        everyone = likely(typed, rulebook, OPERATOR, prepare(typed, rulebook, OPERATOR, 2019))
        again = expect(typed, rulebook, OPERATOR, str(branch), 2019, lambda: everyone)
    assert told.assumed
    assert told.preview
    assert told.preview.level_met == 5
    assert (other.chances, other.met, other.target) == (told.chances, told.met, told.target)
    assert again.chances == told.chances
    assert everyone.of(str(branch)) != told.chances


def test_an_application_that_cannot_be_accepted_brings_nothing(demo: Store, rulebook: Rulebook) -> None:
    result = evaluate(demo, rulebook, OPERATOR, NOW)
    over = next(b for b in result.branches() if b.application_status == "over_cap")
    told = expect(demo, rulebook, OPERATOR, over.branch_id, NOW)
    assert told.status == "over_cap"
    assert told.target == over.applied_level
    assert told.chances[over.applied_level or 0] == 0


def test_the_weakest_criteria_are_named_with_what_they_would_bring(demo: Store, rulebook: Rulebook) -> None:
    waiting = [
        b.branch_id for b in evaluate(demo, rulebook, OPERATOR, NOW).branches()
        if b.application_status == "accepted" and b.applied_level == 4 and b.level_met is None
    ]  # fmt: skip
    told = expect(demo, rulebook, OPERATOR, waiting[0], NOW)
    assert told.met is not None
    assert len(told.risks) == 3
    assert [risk.found for risk in told.risks] == sorted(risk.found for risk in told.risks)
    assert all(told.met < risk.then <= 1 for risk in told.risks)
    assert {risk.criterion.id for risk in told.risks} <= {
        c.id for c in rulebook.standards["two_new"].criteria.values() if c.threshold("four_star") is not None
    }
    assert read_marks(demo, rulebook, OPERATOR, waiting[0], NOW).stated


def test_who_may(demo: Store, rulebook: Rulebook) -> None:
    nobody = Viewer("x", "nobody")
    with pytest.raises(NotAllowed):
        expect(demo, rulebook, nobody, "B001", NOW)
    with pytest.raises(NotAllowed):
        calibration(demo, rulebook, nobody)
    with pytest.raises(UserError) as caught:
        expect(demo, rulebook, OPERATOR, "B999", NOW)
    assert codes(caught.value) == ["branch.unknown"]

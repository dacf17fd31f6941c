"""The demo data: the same for the same seed, and with every turn that the rules can take."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.demo.cast import make_cast
from dashboard.demo.fill import fill
from dashboard.errors import StoreError
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.store.connection import Store
from dashboard.store.datasets import DATASETS

RULES = Path(__file__).parents[2] / "rules.yaml"
FINISHED, CURRENT = range(2017, 2022), 2022
EACH = range(2017, 2023)


class Demo(NamedTuple):
    """A filled store, what `fill` returned, and what it told of its progress."""

    store: Store
    rulebook: Rulebook
    counts: dict[str, int]
    progress: list[float]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.store.read() as cursor:
            return cursor.execute(sql).fetchall()

    def count_by(self, sql: str) -> dict[object, int]:
        """The counts of a query of two columns."""
        return {key: int(str(count)) for key, count in self.rows(sql)}

    def number(self, sql: str) -> float:
        return float(str(self.rows(sql)[0][0]))


def make(branches: int, votes: int, seed: int = 2022) -> Demo:
    store, progress = Store(None), list[float]()
    rulebook = load(RULES)
    counts = fill(store, rulebook, OPERATOR, branches=branches, votes=votes, seed=seed, progress=progress.append)
    return Demo(store, rulebook, counts, progress)


@pytest.fixture(scope="module")
def small() -> Iterator[Demo]:
    demo = make(60, 2000)
    yield demo
    demo.store.close()


@pytest.fixture(scope="module")
def usual() -> Iterator[Demo]:
    demo = make(200, 200_000)
    yield demo
    demo.store.close()


@cache
def rated(store: Store, year: int) -> Evaluation:
    """The evaluation of a year, made once."""
    return evaluate(store, load(RULES), OPERATOR, year, "final")


def rating(demo: Demo, year: int) -> Evaluation:
    return rated(demo.store, year)


def tally(demo: Demo, column: str, year: int) -> Counter[str]:
    return Counter(rating(demo, year).table.column(column).drop_null().to_pylist())


def contents(demo: Demo) -> dict[str, str]:
    """A hash of every table; when an award was recorded is no part of it."""

    def digest(name: str) -> str:
        leaving = " EXCLUDE (recorded_at)" if name == "awards" else ""
        rows = demo.rows(f"SELECT *{leaving} FROM {name} ORDER BY ALL")
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    return {name: digest(name) for name in DATASETS}


def test_same_seed_gives_the_same_content(small: Demo) -> None:
    assert contents(make(60, 2000)) == contents(small)


def test_another_seed_gives_another_subdistrict(small: Demo) -> None:
    mine, others = contents(small), contents(make(60, 2000, seed=-7))
    assert {name for name in DATASETS if mine[name] == others[name]} <= {"decisions"}  # there are few, or none


def test_a_store_that_is_not_empty_is_refused(small: Demo) -> None:
    before = small.store.revision()
    with pytest.raises(StoreError) as refused:
        fill(small.store, small.rulebook, OPERATOR, branches=60, votes=2000)
    assert [problem.code for problem in refused.value.problems] == ["demo.not_empty"]
    assert small.store.revision() == before


def test_counts_are_those_of_the_store(small: Demo) -> None:
    assert list(small.counts) == list(DATASETS)
    assert small.counts == {name: small.number(f"SELECT count(*) FROM {name}") for name in DATASETS}


def test_progress_runs_from_nothing_to_all(small: Demo) -> None:
    assert (small.progress[0], small.progress[-1]) == (0, 1)
    assert all(earlier <= later for earlier, later in pairwise(small.progress))


def test_the_store_says_that_it_is_synthetic(small: Demo) -> None:
    assert small.store.property("synthetic") == "2022"


@pytest.mark.parametrize(("branches", "superiors"), [(20, 3), (5000, 400)])
def test_everything_scales(branches: int, superiors: int) -> None:
    cast = make_cast(1, branches)
    rows = {name: len(table) for name, table in cast.sheets}
    assert rows == {"superiors": superiors, "branches": branches, "members": 15 * branches}
    assert len(set(cast.branches.names)) == branches
    assert len(set(cast.superiors.names)) == superiors


def test_counts_are_believable(usual: Demo) -> None:
    counts = usual.counts
    assert (counts["superiors"], counts["branches"], counts["members"]) == (16, 200, 3000)
    assert (counts["votes"], counts["identities"]) == (200_000, 2000)
    assert counts["awards"] == 5 * 200
    assert 40_000 < counts["marks"] < 90_000
    assert 350 < counts["applications"] < 700
    assert counts["opinions"] == 3 * counts["nominees"] == 3 * 160
    assert all(counts[name] for name in DATASETS)


def test_branches_and_members_are_spread_as_they_should(usual: Demo) -> None:
    sectors = usual.count_by("SELECT sector, count(*) FROM branches GROUP BY 1")
    assert sectors == {"two_new": 110, "community": 60, "direct_unit": 16, "organ": 14}
    under = "FROM branches JOIN superiors USING (superior_id) WHERE kind = 'community' GROUP BY superior_id"
    sizes = f"SELECT count(*) AS n {under}"
    assert 8 <= usual.number(f"SELECT min(n) FROM ({sizes})") <= usual.number(f"SELECT max(n) FROM ({sizes})") <= 20
    assert usual.number("SELECT count(DISTINCT name) FROM branches") == 200
    assert usual.number("SELECT count(*) FROM branches WHERE superior_id IS NULL") >= 3
    assert usual.number("SELECT count(*) FROM branches WHERE NOT active") == 3
    assert 0.04 < usual.number("SELECT avg((status = 'probationary')::INT) FROM members") < 0.08
    assert 0.01 < usual.number("SELECT avg((NOT in_subdistrict)::INT) FROM members") < 0.03


def test_ids_refer_to_rows_that_exist(usual: Demo) -> None:
    for dataset in DATASETS.values():
        for column in dataset.columns:
            if column.refers_to:
                key = DATASETS[column.refers_to].keys[0]
                known = f"SELECT {key} FROM {column.refers_to}"
                assert usual.rows(f"SELECT * FROM {dataset.name} WHERE {column.name} NOT IN ({known})") == []
    assert usual.rows("SELECT member_id FROM incidents ANTI JOIN members USING (member_id, branch_id)") == []


def test_marks_suit_their_criteria(usual: Demo) -> None:
    measures = {c.id: c.measure for s in usual.rulebook.standards.values() for c in s.criteria.values()}
    rows = usual.rows("SELECT criterion, min(value), max(value), bool_and(value = floor(value)) FROM marks GROUP BY 1")
    assert {str(row[0]) for row in rows} == set(measures)
    most = {"yes_no": 1.0, "percent": 100.0, "count": 20.0}
    for criterion, low, high, whole in rows:
        assert 0 <= float(str(low)) < float(str(high)) <= most[measures[str(criterion)]], criterion
        assert whole, criterion


def test_inspectors_are_stricter_than_branches(usual: Demo) -> None:
    lowered = """
        SELECT avg((i.value < s.value)::INT) AS lower, max((i.value > s.value)::INT) AS higher
        FROM marks AS s JOIN marks AS i USING (branch_id, year, criterion) JOIN branches USING (branch_id)
        WHERE s.stage = 'self' AND i.stage = 'inspection' GROUP BY superior_id"""
    assert usual.number(f"SELECT max(higher) FROM ({lowered})") == 0
    assert 0.05 < usual.number(f"SELECT median(lower) FROM ({lowered})") < 0.12
    assert usual.number(f"SELECT max(lower) / min(lower) FROM ({lowered})") > 1.5


@pytest.mark.parametrize("year", FINISHED)
def test_recorded_awards_are_what_the_rules_give(usual: Demo, small: Demo, year: int) -> None:
    for demo in (usual, small):
        fresh = rating(demo, year).table.select(["branch_id", "awarded", "basis"]).to_pylist()
        recorded = demo.rows(f"SELECT branch_id, level, basis FROM awards WHERE year = {year} ORDER BY 1")
        assert [tuple(row.values()) for row in fresh] == recorded


def test_ties_are_decided_in_finished_years_only(usual: Demo, small: Demo) -> None:
    for demo in (usual, small):
        assert not any(tally(demo, "basis", year)["tie_pending"] for year in FINISHED)
    assert usual.counts["decisions"] >= 2
    assert usual.rows(f"SELECT * FROM decisions WHERE year = {CURRENT} OR reason = ''") == []
    assert usual.rows(f"SELECT * FROM awards WHERE year = {CURRENT}") == []


def test_the_last_places_at_four_stars_fall_between_equals(usual: Demo) -> None:
    four = next(level for level in rating(usual, CURRENT).levels if level.level == 4)
    assert four.tied >= 2
    waiting = [row for row in rating(usual, CURRENT).table.to_pylist() if row["basis"] == "tie_pending"]
    keys = {(row["score"], row["criteria_met"]) for row in waiting if row["competed_at"] == 4}
    assert len(keys) == 1


def test_scores_are_in_halves_and_days_are_past(usual: Demo) -> None:
    assert (
        usual.rows("SELECT * FROM inspections WHERE score * 2 <> floor(score * 2) OR score NOT BETWEEN 0 AND 100") == []
    )
    assert (
        usual.rows(f"SELECT * FROM inspections WHERE year(inspected_on) <> year OR inspected_on > '{CURRENT}-10-20'")
        == []
    )
    recorded = "SELECT avg((level_met IS NOT NULL)::INT) FROM inspections WHERE kind = 'acceptance'"
    assert 0.35 < usual.number(recorded) < 0.65


def test_every_basis_occurs(usual: Demo) -> None:
    found = {year: tally(usual, "basis", year) for year in EACH}
    always = {"inactive", "recognised", "selected", "not_applied", "spot_check_failed"}
    assert all(always <= set(found[year]) for year in EACH)
    later = {"retained", "vetoed", "downgraded_recheck", "downgraded_rectification"}
    assert all(later <= set(found[year]) for year in range(2018, 2023))
    sanctioned = {year for year in EACH if found[year]["collective_sanction"]}
    assert sanctioned == {2019, 2022}
    assert {"deferred", "cascaded", "not_accepted"} <= set(found[2017])
    assert {"not_inspected", "cascaded", "tie_pending"} <= set(found[CURRENT])
    assert {year for year in EACH if found[year]["not_inspected"]} == {CURRENT}
    assert any(found[year]["not_met"] for year in EACH)


def test_every_status_occurs(usual: Demo) -> None:
    found = {year: tally(usual, "application_status", year) for year in EACH}
    assert all({"accepted", "late", "returned"} <= set(found[year]) for year in EACH)
    assert {year for year in EACH if found[year]["pending"]} == {CURRENT}
    assert found[2017]["ineligible"] == 3
    assert sum(found[year]["self_unmet"] for year in EACH) >= 2
    assert all(found[year]["over_cap"] for year in EACH)


def test_quotas_bind_in_some_years_and_the_fallback_in_others(usual: Demo) -> None:
    binding = {level.binding for year in FINISHED for level in rating(usual, year).levels}
    assert {"quota", "fallback"} <= binding
    assert "fallback" in {level.binding for level in rating(usual, 2017).levels}


def test_applications_for_more_stars_grow(usual: Demo) -> None:
    rows = usual.rows("SELECT year, count(*) FROM applications WHERE level > 3 GROUP BY 1 ORDER BY 1")
    first, last = int(str(rows[0][1])), int(str(rows[-1][1]))
    assert last > 1.6 * first
    assert usual.number("SELECT avg((level = 3)::INT) FROM applications WHERE year = 2017") > 0.75


def test_vetoes_of_committees_and_of_two_members(usual: Demo) -> None:
    severe = "FROM incidents WHERE severe GROUP BY branch_id, year"
    assert usual.number(f"SELECT count(*) FROM (SELECT 1 {severe} HAVING bool_or(subject = 'committee'))") >= 2
    assert usual.number(f"SELECT count(*) FROM (SELECT 1 {severe} HAVING count(DISTINCT member_id) = 2)") >= 1
    assert usual.number("SELECT count(*) FROM incidents WHERE NOT severe") >= 10
    alone = usual.rows(f"SELECT branch_id, year {severe} HAVING count(*) = 1 AND bool_and(subject = 'member')")
    assert alone
    assert all(tally(usual, "basis", int(str(year)))["vetoed"] >= (int(str(year)) > 2017) for _, year in alone)


def test_anyone_can_draw_the_spot_checks_again(small: Demo) -> None:
    rate = small.rulebook.inspection.spot_check.rate
    checked = {
        row[0] for row in small.rows("SELECT branch_id FROM inspections WHERE year = 2017 AND kind = 'spot_check'")
    }
    strata: dict[object, list[tuple[str, str]]] = {}
    for row in rating(small, 2017).table.to_pylist():
        if row["application_status"] == "accepted" and row["applied_level"] == 3:
            ticket = hashlib.sha256(f"2017-spot_check-2022,{row['branch_id']}".encode()).hexdigest()
            strata.setdefault(row["superior_id"], []).append((ticket, row["branch_id"]))
    drawn = {branch for some in strata.values() for _, branch in sorted(some)[: max(1, math.ceil(rate * len(some)))]}
    assert checked == drawn


def test_nominees_have_opinions_and_a_few_cannot_be_chosen(usual: Demo) -> None:
    rows = usual.rows(
        "SELECT status, in_subdistrict, count(*) FROM nominees JOIN members USING (member_id)"
        f" WHERE year = {CURRENT} GROUP BY ALL ORDER BY ALL"
    )
    assert rows == [("full", False, 1), ("full", True, 78), ("probationary", True, 1)]
    objections = "FROM opinions JOIN nominees USING (nominee_id) WHERE verdict = 'object' AND note IS NOT NULL"
    assert usual.number(f"SELECT count(*) {objections} AND year = {CURRENT}") == 2
    assert usual.number("SELECT min(length(statement) - length(replace(statement, '。', ''))) FROM nominees") >= 1
    assert usual.number("SELECT count(*) FROM vote_decisions WHERE outcome = 'selected'") == 50


def test_votes_have_a_rhythm_and_are_untidy(usual: Demo) -> None:
    assert usual.rulebook.member_star
    channels = usual.count_by("SELECT channel, count(*) FROM votes GROUP BY 1")
    assert set(usual.rulebook.member_star.channels) < set(channels)
    assert 50 < usual.number("SELECT count(*) FROM votes WHERE cast_at BETWEEN '2022-09-01' AND '2022-10-01'") < 400
    assert usual.number("SELECT count(*) FROM votes WHERE cast_at IS NULL AND cast_text IS NOT NULL") > 50
    assert usual.number("SELECT count(*) FROM votes WHERE cast_at BETWEEN '2022-11-01' AND '2022-12-01'") > 50
    assert usual.number("SELECT count(*) FROM votes ANTI JOIN nominees USING (nominee_id)") > 50
    person = "coalesce(person, voter)"
    pairs = f"SELECT count(DISTINCT ({person}, nominee_id)) FROM votes LEFT JOIN identities USING (voter)"
    assert 0.025 < 1 - usual.number(pairs) / 200_000 < 0.04
    top = "SELECT count(*) AS n FROM votes GROUP BY nominee_id ORDER BY n DESC LIMIT 8"
    assert usual.number(f"SELECT sum(n) FROM ({top})") > 0.22 * 200_000
    hour = "hour(cast_at)"
    hours = usual.count_by(f"SELECT {hour}, count(*) FROM votes WHERE channel = 'portal' GROUP BY 1")
    assert hours[10] > 10 * hours[3]
    assert usual.number("SELECT count(*) FROM votes WHERE vote_id IS DISTINCT FROM row_key") == 0

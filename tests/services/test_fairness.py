"""Whom a change favours: the groups add up to the whole, and gains are counted in levels per branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import Branch, list_branches
from dashboard.services.fairness import Fairness, Share, fairness
from dashboard.services.ground import prepare
from dashboard.services.simulation import Simulation, simulate
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables
from tests.subdistrict import expand

YEAR = 2019
INDEX = {0: 0, 3: 1, 4: 2, 5: 3}
PLACES = "quotas.four_star.places.2019"


def run(store: Store, baseline: Rulebook, scenario: Rulebook) -> tuple[Simulation, Mapping[str, Branch]]:
    both = simulate(store, baseline, scenario, VISITOR, prepare(store, baseline, VISITOR, YEAR))
    return both, {branch.branch_id: branch for branch in list_branches(store, VISITOR)}


def levels(both: Simulation) -> dict[str, tuple[int, int]]:
    """Before and after by branch."""
    before, after = (
        {r.branch_id: r.awarded_level for r in side.evaluation.branches()} for side in (both.baseline, both.scenario)
    )
    return {branch: (before[branch], after[branch]) for branch in before}


SETS = (
    ("quotas.four_star.places.2019=3", "quotas.five_star.places.2019=1"),
    ("cascade=false",),
    ("application.caps.four_star=0", "application.caps.five_star=0"),
    ("quotas.four_star=null", "quotas.five_star=null"),
    (),
)


@pytest.mark.parametrize("seed", [103, 112])
def test_groups_add_up_to_all_active_branches(seed: int, rulebook: Rulebook) -> None:
    tables = random_tables(seed, branches=80, year=YEAR)
    active = {row["branch_id"]: row for row in tables["branches"] if row["active"] != "0"}
    moved = 0
    with Store(None) as store:
        load_tables(store, rulebook, tables)
        for sets in SETS:
            both, branches = run(store, rulebook, changed(rulebook, *sets))
            found, held = fairness(both, branches), levels(both)
            for shares, column in ((found.superiors, "superior_id"), (found.sectors, "sector")):
                assert [share.key for share in shares if share.key is not None] == sorted(
                    {row[column] for row in active.values() if row[column]}
                )
                assert [share.key is None for share in shares[:-1]] == [False] * (len(shares) - 1)  # none comes last
                for share in shares:
                    own = [held[i] for i, row in active.items() if (row[column] or None) == share.key]
                    assert share == Share(
                        share.key,
                        len(own),
                        sum(a > 0 for a, _ in own),
                        sum(b > 0 for _, b in own),
                        sum(INDEX[a] for a, _ in own),
                        sum(INDEX[b] for _, b in own),
                    )
                assert sum(share.branches for share in shares) == len(active)
                assert sum(share.before for share in shares) == both.baseline.total
                assert sum(share.after for share in shares) == both.scenario.total
            moved += len(both.moves)
    assert moved > 20


def two_communities() -> list[dict[str, Any]]:
    """Four stars are tried for by two branches of C1, three of C2 and one without a superior; C3 stands aside."""
    rows = [
        ("A1", "C1", 95, "two_new"),
        ("A2", "C1", 90, "two_new"),
        ("B1", "C2", 85, "community"),
        ("B2", "C2", 80, "community"),
        ("B3", "C2", 75, "organ"),
        ("Z1", "", 70, "organ"),
    ]
    return [
        *(
            {"id": i, "superior": s, "applies": 4, "inspected": 4, "score": score, "sector": sector}
            for i, s, score, sector in rows
        ),
        {"id": "D1", "superior": "C3", "held": 3},
        {"id": "D2", "superior": "C3", "active": False, "held": 5},
    ]


@pytest.fixture
def full(rulebook: Rulebook) -> Rulebook:
    """As many places as are set, with no shortfall ratio and no caps."""
    return changed(
        rulebook, "quotas.four_star.shortfall=null", "application.caps.four_star=null", f"{PLACES}=3", "cascade=false"
    )


def shares_of(store: Store, baseline: Rulebook, *sets: str) -> Fairness:
    return fairness(*run(store, baseline, changed(baseline, *sets)))


def test_more_places_favour_those_next_in_order(store: Store, full: Rulebook) -> None:
    """A third place more, and a fourth: both go to C2, two levels each, to three branches."""
    load_tables(store, full, expand(full, YEAR, two_communities()))
    found = shares_of(store, full, f"{PLACES}=5")
    assert found.superiors == (
        Share("C1", 2, 2, 2, 4, 4),
        Share("C2", 3, 1, 3, 2, 6),
        Share("C3", 1, 1, 1, 1, 1),
        Share(None, 1, 0, 0, 0, 0),
    )
    assert found.favoured == found.superiors[1]
    assert found.losing is None
    assert found.superiors[1].gain == 4 / 3
    assert (found.superiors[1].rate_before, found.superiors[1].rate_after) == (1 / 3, 1)
    assert found.sectors == (
        Share("community", 2, 1, 2, 2, 4),
        Share("organ", 2, 0, 1, 0, 2),
        Share("two_new", 3, 3, 3, 5, 5),
    )


def test_fewer_places_cost_those_who_had_the_last(store: Store, full: Rulebook) -> None:
    load_tables(store, full, expand(full, YEAR, two_communities()))
    found = shares_of(store, full, f"{PLACES}=1")
    assert found.favoured is None
    assert found.losing
    assert (found.losing.key, found.losing.gain) == ("C1", -1)  # 2 of 4 levels of 2 branches; C2 loses 2/3
    assert [share.gain for share in found.superiors] == [-1, -2 / 3, 0, 0]


def test_a_level_counts_even_where_the_star_stays(store: Store, full: Rulebook) -> None:
    """Without a place at four stars a branch comes down to three: one level lost, none of the stars."""
    load_tables(store, full, expand(full, YEAR, two_communities()))
    down = changed(full, "cascade=true")
    found = shares_of(store, down, f"{PLACES}=0")
    assert found.superiors[0] == Share("C1", 2, 2, 2, 4, 2)
    assert found.losing == found.superiors[0]


def test_one_may_gain_while_another_loses(store: Store, full: Rulebook) -> None:
    load_tables(store, full, expand(full, YEAR, two_communities()))
    capped = "application.caps={applies_to: [community], four_star: 1}"
    found = shares_of(store, full, capped)
    assert found.favoured
    assert found.losing
    assert (found.favoured.key, found.losing.key) == (None, "C1")  # whoever has no superior has no cap


def test_an_empty_scenario_favours_nobody(store: Store, full: Rulebook) -> None:
    load_tables(store, full, expand(full, YEAR, two_communities()))
    found = shares_of(store, full)
    assert (found.favoured, found.losing) == (None, None)
    assert all(share.before == share.after and share.gain == 0 for share in found.superiors + found.sectors)


def test_without_branches_there_are_no_groups(store: Store, full: Rulebook) -> None:
    found = shares_of(store, full, "cascade=true")
    assert found == Fairness((), ())
    assert (found.favoured, found.losing) == (None, None)

"""All that a comparison takes along: the scenario, both results, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.scenario import Scenario
from dashboard.services.branches import Branch, list_branches
from dashboard.services.fairness import Fairness, fairness
from dashboard.services.margin import Margin, margins
from dashboard.services.readings import Ambiguity
from dashboard.services.simulation import Simulation
from dashboard.store.connection import Revision, Store


@dataclass(frozen=True)
class Report:
    """One comparison. `scenario` names it (its changes are those of `both`); `data` is the version of the data and its
    time, `made_at` (UTC) when this was made; `ambiguities` are under the scenario."""

    scenario: Scenario
    both: Simulation
    cuts: tuple[Margin, ...]
    fairness: Fairness
    ambiguities: tuple[Ambiguity, ...]
    branches: Mapping[str, Branch]
    data: Revision
    synthetic: bool
    made_at: datetime


def report(
    store: Store, viewer: Viewer, scenario: Scenario, both: Simulation, ambiguities: tuple[Ambiguity, ...]
) -> Report:
    """Gather a report on results that are at hand."""
    require(viewer, "simulate")
    branches = {branch.branch_id: branch for branch in list_branches(store, viewer)}
    return Report(
        scenario=scenario,
        both=both,
        cuts=margins(both.scenario.evaluation, both.scenario.rulebook.ranking),
        fairness=fairness(both, branches),
        ambiguities=ambiguities,
        branches=branches,
        data=both.scenario.evaluation.revision,
        synthetic=store.property("synthetic") is not None,
        made_at=datetime.now(UTC),
    )

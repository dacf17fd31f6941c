"""The scenario on each finished year, each on its own: what it would have done then."""

from __future__ import annotations

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.ground import prepare
from dashboard.services.simulation import Simulation, simulate
from dashboard.store import queries
from dashboard.store.connection import Store


def finished_years(store: Store, rulebook: Rulebook, before: int) -> tuple[int, ...]:
    """Years of the activity before `before` that have applications."""
    return tuple(y for y in queries.application_years(store) if rulebook.first_year <= y < before)


def backtest(
    store: Store, baseline: Rulebook, scenario: Rulebook, viewer: Viewer, before: int
) -> tuple[Simulation, ...]:
    """Baseline beside scenario for each finished year. Every year starts from the levels that were held then; what the
    scenario gives one year is not carried into the next."""
    require(viewer, "simulate")
    found = []
    for year in finished_years(store, baseline, before):
        ground = prepare(store, baseline, viewer, year, "final")
        found.append(simulate(store, baseline, scenario, viewer, ground))
    return tuple(found)

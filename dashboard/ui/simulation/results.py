"""Results that all sessions share, for as long as data and rules stay the same."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.rules.adjustable import Adjustable, adjustables
from dashboard.rules.rulebook import Rulebook
from dashboard.services import backtest as backtest_service
from dashboard.services import readings as readings_service
from dashboard.services import sweep as sweep_service
from dashboard.services.assumptions import Assumptions
from dashboard.services.assumptions import assumed as measure
from dashboard.services.domain import domain
from dashboard.services.evaluation import Evaluation, rate_one
from dashboard.services.ground import Ground, ground_for, prepare
from dashboard.services.outlook import Outlook, look_ahead
from dashboard.services.readings import Ambiguity
from dashboard.services.simulation import Simulation
from dashboard.services.simulation import simulate as run_simulation
from dashboard.services.sweep import Axis, Grid, Sweep
from dashboard.services.turning import Turning, turning
from dashboard.ui import resources
from dashboard.ui.resources import shared
from dashboard.ui.simulation.draft import Draft, Entries, read


def draft(entries: Entries) -> Draft:
    """The draft that some entries make under the rules in force."""
    return _draft(resources.rulebook(), entries)


@shared
def _draft(rulebook: Rulebook, entries: Entries) -> Draft:
    return read(rulebook, entries)


@shared
def choices(rulebook: Rulebook, year: int) -> Mapping[str, Adjustable]:
    """Every value that may be decided otherwise, by path, in the order of the rulebook."""
    return {a.path: a for a in adjustables(rulebook, year)}


@shared
def ground(rulebook: Rulebook, year: int) -> Ground:
    """The facts of a year under the standards of a rulebook."""
    in_force = resources.rulebook()
    if rulebook.fingerprint == in_force.fingerprint:
        return prepare(resources.store(), in_force, resources.viewer(), year)
    return ground_for(resources.store(), rulebook, resources.viewer(), in_force, ground(in_force, year))


@shared
def simulation(scenario: Rulebook, year: int) -> Simulation:
    """Baseline beside scenario."""
    in_force = resources.rulebook()
    return run_simulation(
        resources.store(), in_force, scenario, resources.viewer(), ground(in_force, year), _before(in_force, year)
    )


@shared
def _before(in_force: Rulebook, year: int) -> Evaluation:
    """A year by the rules in force, also where its final result was made by others."""
    return rate_one(resources.store(), ground(in_force, year), in_force)


def turnings(scenario: Rulebook, year: int, paths: tuple[str, ...]) -> dict[str, Turning]:
    """Where the result of a scenario turns, for each of some parameters."""
    found = sweeps(scenario, year, paths, True)
    return {sweep.axis.adjustable.path: turning(sweep) for sweep in found}


@shared
def sweeps(scenario: Rulebook, year: int, paths: tuple[str, ...], against_scenario: bool) -> tuple[Sweep, ...]:
    """Each parameter of a scenario at every value worth trying; changes counted against the scenario itself, or
    against the rules in force."""
    both = simulation(scenario, year)
    present = both.scenario.evaluation
    axes = [Axis(a, domain(a, scenario, present)) for path in paths if (a := choices(scenario, year).get(path))]
    reference = present if against_scenario else both.baseline.evaluation
    return sweep_service.sweep(resources.store(), resources.viewer(), ground(scenario, year), scenario, axes, reference)


@shared
def grid(scenario: Rulebook, year: int, across: str, along: str) -> Grid:
    """A map of two parameters of a scenario; changes counted against the rules in force."""
    both = simulation(scenario, year)
    now, in_force = choices(scenario, year), choices(resources.rulebook(), year)
    outer, inner = (
        Axis(
            now[path],
            domain(
                now[path],
                scenario,
                both.scenario.evaluation,
                most=sweep_service.GRID,
                also=in_force[path].value if path in in_force else None,
            ),
        )
        for path in (across, along)
        if path in now
    )
    return sweep_service.grid(
        resources.store(),
        resources.viewer(),
        ground(scenario, year),
        scenario,
        outer,
        inner,
        both.baseline.evaluation,
    )


@shared
def ambiguities(scenario: Rulebook, year: int) -> tuple[Ambiguity, ...]:
    """Every doubtful clause under a scenario."""
    present = simulation(scenario, year).scenario.evaluation
    return readings_service.ambiguities(
        resources.store(), resources.viewer(), ground(scenario, year), scenario, present
    )


@shared
def assumed(rulebook: Rulebook, year: int) -> Assumptions:
    """The assumptions that the store suggests."""
    return measure(resources.store(), rulebook, resources.viewer(), year, ground(rulebook, year))


@shared
def outlook(scenario: Rulebook, year: int, until: int, assumptions: Assumptions) -> Outlook:
    """The years ahead under a scenario."""
    evaluation = simulation(scenario, year).scenario.evaluation
    return look_ahead(
        resources.store(), scenario, resources.viewer(), ground(scenario, year), evaluation, assumptions, until
    )


@shared
def backtest(scenario: Rulebook, before: int) -> tuple[Simulation, ...]:
    """The scenario on each finished year."""
    return backtest_service.backtest(resources.store(), resources.rulebook(), scenario, resources.viewer(), before)

"""模拟: what another decision would do, to whom, and why."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.services.simulation import Simulation
from dashboard.ui import resources, shell
from dashboard.ui.simulation import ahead, clauses, controls, explore, library, outcome, results
from dashboard.ui.simulation import draft as drafts
from dashboard.ui.simulation.draft import Draft

View = Callable[[Draft, Simulation], None]

VIEWS: dict[str, View] = {
    "result": outcome.show,
    "cliff": explore.show_cliff,
    "map": explore.show_map,
    "goal": explore.show_goal,
    "ahead": ahead.show,
    "readings": clauses.show_readings,
    "fairness": clauses.show_fairness,
    "backtest": clauses.show_backtest,
    "compare": library.show,
}


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("simulate.title"))
    if shell.is_empty():
        return
    draft = results.draft(drafts.entries())
    drafts.write_address()
    shell.data_time(resources.store().property("synthetic") is not None)
    left, right = st.columns([1, 2.4], gap="medium")
    with left, st.container(border=True):
        controls.panel(draft, year)
    with right:
        both = results.simulation(draft.rulebook, year)
        outcome.headline(draft, both)
        _view()(draft, both)


def _view() -> View:
    t = shell.words()
    return VIEWS[shell.choose_view(list(VIEWS), lambda name: t(f"simulate.view.{name}"))]

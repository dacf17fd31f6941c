"""Estimates, shared by all sessions for as long as data and rules stay the same."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.rules.rulebook import Rulebook
from dashboard.services import calibration as calibration_service
from dashboard.services import effort as effort_service
from dashboard.services import expectation as expectation_service
from dashboard.services.calibration import Calibration
from dashboard.services.effort import Effort
from dashboard.services.expectation import Expectation
from dashboard.services.ground import prepare
from dashboard.services.likely import Likely, likely
from dashboard.store.queries import state_before
from dashboard.ui import resources
from dashboard.ui.resources import shared


@shared
def chances(rulebook: Rulebook, year: int) -> Likely:
    """Of every branch at once; what takes long."""
    store, viewer = resources.store(), resources.viewer()
    return likely(store, rulebook, viewer, prepare(store, rulebook, viewer, year))


@shared
def expectation(rulebook: Rulebook, branch_id: str, year: int, sheet: str) -> Expectation:
    """`sheet` is the fingerprint of what the branch has typed."""
    return expectation_service.expect(
        resources.store(), rulebook, resources.viewer(), branch_id, year, lambda: chances(rulebook, year)
    )


def efforts(rulebook: Rulebook, year: int) -> Mapping[int, Mapping[str, Effort]]:
    """How hard it is to make good what is missing, made once for each state of the years before."""
    return _efforts(rulebook.fingerprint, year, resources.viewer().role, _state_before(rulebook, year), rulebook)


@shared
def _state_before(_: Rulebook, year: int) -> str:
    return state_before(resources.store(), year)


@st.cache_resource(show_spinner=False, max_entries=8)
def _efforts(rules: str, year: int, role: str, state: str, _rulebook: Rulebook) -> Mapping[int, Mapping[str, Effort]]:
    return effort_service.efforts(resources.store(), _rulebook, resources.viewer(), year)


@shared
def calibration(rulebook: Rulebook) -> Calibration:
    return calibration_service.calibration(resources.store(), rulebook, resources.viewer())

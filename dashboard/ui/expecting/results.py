"""Estimates, shared by all sessions for as long as data and rules stay the same."""

from __future__ import annotations

from dashboard.rules.rulebook import Rulebook
from dashboard.services import calibration as calibration_service
from dashboard.services import expectation as expectation_service
from dashboard.services.calibration import Calibration
from dashboard.services.expectation import Expectation
from dashboard.services.ground import prepare
from dashboard.services.likely import Likely, likely
from dashboard.ui import resources
from dashboard.ui.resources import shared


@shared
def chances(rulebook: Rulebook, year: int) -> Likely:
    """Of every branch at once; what takes long."""
    store, viewer = resources.store(), resources.viewer()
    return likely(store, rulebook, viewer, prepare(store, rulebook, viewer, year))


@shared
def expectation(rulebook: Rulebook, branch_id: str, year: int, sheet: str) -> Expectation:  # noqa: ARG001 – part of the key
    """`sheet` is the fingerprint of what the branch has typed."""
    return expectation_service.expect(
        resources.store(), rulebook, resources.viewer(), branch_id, year, lambda: chances(rulebook, year)
    )


@shared
def calibration(rulebook: Rulebook) -> Calibration:
    return calibration_service.calibration(resources.store(), rulebook, resources.viewer())

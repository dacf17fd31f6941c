"""The rounds of a year, shared by all sessions for as long as data and rules stay the same."""

from __future__ import annotations

from dashboard.rules.rulebook import Rulebook
from dashboard.services import appraisals
from dashboard.services.appraisals import Held
from dashboard.ui import resources
from dashboard.ui.resources import shared


@shared
def held(rulebook: Rulebook, year: int) -> tuple[Held, ...]:
    return appraisals.held(resources.store(), rulebook, resources.viewer(), year)

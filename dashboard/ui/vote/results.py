"""The tally and what goes with it, shared by all sessions for as long as data and rules stay the same."""

from __future__ import annotations

from dashboard.rules.rulebook import Rulebook
from dashboard.services import tally as tally_service
from dashboard.services import voting
from dashboard.services.tally import Tally
from dashboard.services.voting import Day, Nominee, Question, Robustness
from dashboard.ui import resources
from dashboard.ui.resources import shared


@shared
def tally(rulebook: Rulebook, year: int) -> Tally:
    return tally_service.tally(resources.store(), rulebook, resources.viewer(), year)


@shared
def nominees(rulebook: Rulebook, year: int) -> dict[str, Nominee]:
    return voting.nominees(resources.store(), rulebook, resources.viewer(), year)


@shared
def days(rulebook: Rulebook, year: int) -> tuple[Day, ...]:
    return voting.by_day(resources.store(), rulebook, resources.viewer(), tally(rulebook, year))


@shared
def robustness(rulebook: Rulebook, year: int) -> tuple[Robustness, ...]:
    return voting.robustness(resources.store(), rulebook, resources.viewer(), tally(rulebook, year))


@shared
def questions(rulebook: Rulebook, year: int) -> tuple[Question, ...]:
    return voting.questions(resources.store(), rulebook, resources.viewer(), year)

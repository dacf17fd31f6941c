"""The desks of all superiors, shared by all sessions for as long as data, rules and day stay the same."""

from __future__ import annotations

from datetime import date

from dashboard.rules.rulebook import Rulebook
from dashboard.services import reviewing
from dashboard.services.calendar import today
from dashboard.services.reviewing import Case, Desk
from dashboard.ui import resources


def desks(year: int) -> tuple[Desk, ...]:
    """What every superior has before it."""
    return _desks(resources.rulebook(), year, today(resources.store()))


@resources.shared
def _desks(book: Rulebook, /, year: int, day: date) -> tuple[Desk, ...]:
    store, viewer, evaluation = resources.store(), resources.viewer(), resources.evaluation(year)
    then = reviewing.if_approved(store, book, viewer, evaluation)
    return reviewing.desks(store, book, viewer, evaluation, then)


def case_of(branch_id: str, year: int) -> Case | None:
    """The application of a branch."""
    return next((case for desk in desks(year) for case in desk.cases if case.branch.branch_id == branch_id), None)

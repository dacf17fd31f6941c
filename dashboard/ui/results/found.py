"""What the views of the page share, made once for each state of data and rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dashboard.rules.rulebook import Rulebook
from dashboard.services import closing as closing_service
from dashboard.services import consequences as consequence_service
from dashboard.services import runs
from dashboard.services.branches import Branch
from dashboard.services.calendar import today
from dashboard.services.closing import Closing
from dashboard.services.consequences import Consequence
from dashboard.services.evaluation import Evaluation
from dashboard.services.runs import Difference, Freshness, Kept
from dashboard.ui import resources
from dashboard.ui.resources import shared


def closing(year: int) -> Closing:
    """How far the year has come; a notice ends with the day."""
    return _closing(resources.rulebook(), year, today(resources.store()))


@shared
def _closing(book: Rulebook, /, year: int, _: date) -> Closing:
    return closing_service.closing(resources.store(), book, resources.viewer(), resources.evaluation(year))


@shared
def kept(_: Rulebook, /, run_id: int) -> Kept:
    """A run with its contents."""
    return runs.read(resources.store(), resources.viewer(), run_id)


@shared
def result(book: Rulebook, /, run_id: int) -> Evaluation:
    """The evaluation that a run holds."""
    return kept(book, run_id).evaluation(resources.store(), book)


@shared
def against_now(book: Rulebook, /, run_id: int) -> Freshness:
    """Whether a run still holds."""
    return runs.freshness(resources.store(), book, resources.viewer(), kept(book, run_id).run)


@shared
def between(book: Rulebook, /, first: int, second: int) -> tuple[Difference, ...]:
    """The differences of two runs."""
    return runs.differences(kept(book, first).document["branches"], kept(book, second).document["branches"])


def shown(year: int) -> Evaluation:
    """The result that is announced or final, else the year as things stand."""
    now = closing(year)
    if now.run is not None and now.run.state in ("announced", "final"):
        return result(resources.rulebook(), now.run.row.run_id)
    return resources.evaluation(year)


@shared
def _consequences(book: Rulebook, /, year: int, _: date) -> tuple[Consequence, ...]:
    return consequence_service.consequences(book, resources.viewer(), shown(year))


def consequences(year: int) -> tuple[Consequence, ...]:
    """What follows for every branch from the result that is shown."""
    return _consequences(resources.rulebook(), year, today(resources.store()))


def branches() -> Mapping[str, Branch]:
    return {branch.branch_id: branch for branch in resources.branches()}

"""进度: the next steps of every branch in a year, whose turn it is, by when, and who is late (正文·四, 附2·四)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import find_branch, list_branches
from dashboard.services.calendar import Milestone
from dashboard.services.evaluation import Evaluation
from dashboard.services.steps import Todo, Year
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Agenda:
    """A year as it stands on a day: at least one step for every active branch, those of a branch in the order of their
    urgency."""

    year: int
    today: date
    todos: tuple[Todo, ...]
    calendar: tuple[Milestone, ...]


def agenda(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Agenda:
    """The next steps of all branches."""
    require(viewer, "view_progress")
    year = Year.read(store, rulebook, viewer, evaluation)
    branches = {branch.branch_id: branch for branch in list_branches(store, viewer)}
    found = (
        todo
        for result in evaluation.branches()
        if result.branch_id in year.situations
        for todo in year.steps(branches[result.branch_id], result)
    )
    return Agenda(evaluation.year, year.today, tuple(found), year.calendar)


def next_steps(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, branch_id: str
) -> tuple[Todo, ...]:
    """The steps of one branch, the most urgent first; none for one that was dissolved.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    branch, result = find_branch(store, branch_id), evaluation.branch(branch_id)
    year = Year.read(store, rulebook, viewer, evaluation)
    if result is None or branch_id not in year.situations:
        return ()
    return year.steps(branch, result)

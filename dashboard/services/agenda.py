"""进度: the next steps of every branch in a year, whose turn it is, by when, and who is late (正文·四, 附2·四)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services import standing
from dashboard.services.branches import find_branch, list_branches
from dashboard.services.calendar import Milestone
from dashboard.services.evaluation import Evaluation
from dashboard.services.standing import Pile, Standing, Together, Turn
from dashboard.services.steps import Todo, Year
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Agenda:
    """A year as it stands on a day: at least one step for every active branch, those of a branch in the order of their
    urgency; then what they come to. `late` names the branches about which something is late."""

    year: int
    today: date
    branches: int
    todos: tuple[Todo, ...]
    calendar: tuple[Milestone, ...]
    standing: Standing | None
    turns: tuple[Turn, ...]
    late: tuple[str, ...]
    together: tuple[Together, ...]
    steps: tuple[Pile, ...]
    superiors: tuple[Pile, ...]


def agenda(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, *, known: Year | None = None
) -> Agenda:
    """The next steps of all branches. `known` is what was read of the year on this day at the evaluation's revision;
    what branches have typed since is read anew."""
    require(viewer, "view_progress")
    year = known.with_answers(store) if known else Year.read(store, rulebook, viewer, evaluation)
    branches = {branch.branch_id: branch for branch in list_branches(store, viewer)}
    results = [result for result in evaluation.branches() if result.branch_id in year.situations]
    todos = tuple(todo for result in results for todo in year.steps(branches[result.branch_id], result))
    return Agenda(
        year=evaluation.year,
        today=year.today,
        branches=len(results),
        todos=todos,
        calendar=year.calendar,
        standing=standing.standing(year, results, todos),
        turns=standing.turns(todos),
        late=standing.late(todos),
        together=standing.together(todos),
        steps=standing.by_step(todos),
        superiors=standing.by_superior(todos),
    )


def next_steps(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    evaluation: Evaluation,
    branch_id: str,
    *,
    known: Year | None = None,
) -> tuple[Todo, ...]:
    """The steps of one branch, the most urgent first; none for one that was dissolved. `known` as for `agenda`.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    branch, result = find_branch(store, branch_id), evaluation.branch(branch_id)
    year = known or Year.read(store, rulebook, viewer, evaluation)
    if result is None or branch_id not in year.situations:
        return ()
    if known and result.application_status is None:  # only then it matters what the branch has typed
        year = year.with_answers(store, branch_id)
    return year.steps(branch, result)

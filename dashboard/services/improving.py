"""整改方案: a branch that ends a year without a star finds the causes, and says what it will do and by when
(附2·五·3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.applying import deadline_of
from dashboard.services.branches import Branch, find_branch, list_branches
from dashboard.services.calendar import today
from dashboard.services.evaluation import BranchResult, Evaluation
from dashboard.services.texts import STATEMENT, given
from dashboard.store import improving as kept
from dashboard.store import proceedings
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.improving import Plan
from dashboard.store.years import is_final


@dataclass(frozen=True, slots=True)
class Owed:
    """A branch that has to hand in a plan, and the plan once it has; `overdue`: its own day is over."""

    branch: Branch
    plan: Plan | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Term:
    """The days that a plan may name: the first, the last, and the one proposed."""

    first: date
    last: date
    usual: date


def of_year(store: Store, viewer: Viewer, evaluation: Evaluation) -> tuple[Owed, ...] | None:
    """Who has to hand in a plan for the year: those that have not, then by the day that they named. None as long as the
    result of the year is not final."""
    require(viewer, "view_results")
    year, now = evaluation.year, today(store)
    with store.read() as cursor:
        if not is_final(cursor, year):
            return None
    plans, levels = kept.of_year(store, year), kept.levels(store, year)
    rated = {row.branch_id: row for row in evaluation.branches()}
    found = [
        _owed(branch, plans.get(branch.branch_id), now)
        for branch in list_branches(store, viewer)
        if _owes(branch, rated.get(branch.branch_id), levels.get(branch.branch_id), plans.get(branch.branch_id))
    ]
    return tuple(sorted(found, key=_order))


def _order(each: Owed) -> tuple[bool, date]:
    return each.plan is not None, (each.plan and each.plan.due_on) or date.max


def of_branch(store: Store, viewer: Viewer, evaluation: Evaluation, branch_id: str) -> Owed | None:
    """The plan that a branch has to hand in; None where it has not, or the result of the year is not final.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    year = evaluation.year
    with store.read() as cursor:
        if not is_final(cursor, year):
            return None
    branch = find_branch(store, branch_id)
    with store.read() as cursor:
        plan, level = kept.find(cursor, branch_id, year), kept.level_on_record(cursor, branch_id, year)
    return _owed(branch, plan, today(store)) if _owes(branch, evaluation.branch(branch_id), level, plan) else None


def _owed(branch: Branch, plan: Plan | None, now: date) -> Owed:
    return Owed(branch, plan, plan is not None and plan.due_on is not None and plan.due_on < now)


def _owes(branch: Branch, result: BranchResult | None, on_record: int | None, plan: Plan | None) -> bool:
    """Whether a branch ended the year without a star; one that was allowed to wait a year may hand in a plan too."""
    if not branch.active or result is None or (result.basis == "deferred" and plan is None):
        return False
    return (result.awarded_level if on_record is None else on_record) == 0


def term(store: Store, rulebook: Rulebook, year: int) -> Term:
    """The days that a plan for a year may name: from today to the end of the next year, whose rating is the next that
    can give a star. Proposed is the day by which a branch has to apply for it."""
    now, last = today(store), date(year + 1, 12, 31)
    by = deadline_of(rulebook, year + 1)
    return Term(now, max(now, last), by if now <= by else max(now, last))


def hand_in(store: Store, viewer: Viewer, branch_id: str, year: int, plan: str, due_on: date | None) -> None:
    """Hand in a plan; a later one takes the place of the one before, which stays in the proceedings. The same again
    changes nothing.

    A final year does not stand in the way: the plan follows from its result.

    Raises:
        UserError: there is no such branch or it is dissolved, nothing is said, or the plan may not name the day.
        StoreError: the result of the year is not final, or the branch holds a star by it.
    """
    require(viewer, "answer_rectification")
    branch, now = find_branch(store, branch_id), today(store)
    plan = given(plan, STATEMENT, "plan.plan_wanted")
    if not branch.active:
        raise UserError.of("plan.inactive")
    if now.year > year + 1:
        raise UserError.of("plan.other_year", year=year)
    if due_on is None or not now <= due_on <= date(year + 1, 12, 31):
        raise UserError.of("plan.day", last=year + 1)
    with store.write("hand_in_plan", branch=branch_id, year=year) as cursor:
        if not is_final(cursor, year):
            raise StoreError.of("plan.not_final", year=year)
        if kept.level_on_record(cursor, branch_id, year):
            raise StoreError.of("plan.has_star", year=year)
        there = kept.find(cursor, branch_id, year)
        if there and (there.plan, there.due_on) == (plan, due_on):
            raise NothingToDo
        kept.put(cursor, Plan(branch_id, year, plan, due_on, datetime.now(UTC)))
        proceedings.note(cursor, branch_id, year, "plan_handed_in", viewer.name, plan, due_on=due_on)

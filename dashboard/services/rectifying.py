"""责令整改: a notice, the branch's reply, and what came of it (附2·五·3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import find_branch
from dashboard.services.calendar import today
from dashboard.services.evaluation import BranchResult, Evaluation, rate_one
from dashboard.services.ground import prepare
from dashboard.services.texts import REASON, STATEMENT, given
from dashboard.store import inspecting, proceedings
from dashboard.store import rectifying as kept
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.rectifying import Notice
from dashboard.store.years import require_open

Outcome = Literal["met", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("met", "failed")
_FAILURES = ("recheck", "acceptance")  # the inspections whose failure proposes a notice


@dataclass(frozen=True, slots=True)
class Rectification:
    """A rectification and whether it is open beyond its day."""

    notice: Notice
    overdue: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """A branch without a notice whose inspections of these kinds failed."""

    branch_id: str
    failed: tuple[str, ...]


def of_year(store: Store, viewer: Viewer, year: int) -> tuple[Rectification, ...]:
    """The rectifications of a year: those overdue, then those open, each by day, then those closed."""
    require(viewer, "view_results")
    found = [_judged(notice, today(store)) for notice in kept.of_year(store, year)]
    return tuple(sorted(found, key=lambda r: (r.notice.outcome != "open", r.notice.due_on, r.notice.branch_id)))


def of_branch(store: Store, viewer: Viewer, branch_id: str, year: int) -> Rectification | None:
    """The rectification of a branch in a year; there is one at most."""
    require(viewer, "view_branch")
    with store.read() as cursor:
        found = kept.find(cursor, branch_id, year)
    return _judged(found, today(store)) if found else None


def _judged(notice: Notice, now: date) -> Rectification:
    return Rectification(notice, notice.outcome == "open" and notice.due_on < now)


def proposed(store: Store, viewer: Viewer, evaluation: Evaluation) -> tuple[Proposed, ...]:
    """Branches that did not pass a recheck or an acceptance inspection and have no notice yet, by id."""
    require(viewer, "view_results")
    there = {notice.branch_id for notice in kept.of_year(store, evaluation.year)}
    rated = {row.branch_id for row in evaluation.branches() if row.basis != "inactive"}
    failed: dict[str, list[str]] = {}
    for (branch, kind), result in sorted(inspecting.results(store, evaluation.year).items()):
        if result.outcome == "fail" and kind in _FAILURES and branch in rated - there:
            failed.setdefault(branch, []).append(kind)
    return tuple(Proposed(branch, tuple(kinds)) for branch, kinds in failed.items())


def if_failed(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation
) -> Mapping[str, tuple[int, int]]:
    """What a failed rectification costs each branch that holds a star: its level as things stand, and then (values).

    The rules say it: the year is rated once more with the rectification of all of them failed. What one branch then
    gets does not depend on the others, for a branch that goes down is no candidate.

    Raises:
        StoreError: the data changed since the evaluation was made.
    """
    ground = prepare(store, rulebook, viewer, evaluation.year, evaluation.stage)
    if ground.revision.version != evaluation.revision.version:
        raise StoreError.of("store.changed_meanwhile")
    at = ground.facts.schema.get_field_index("rectification_failed")
    all_failed = ground.facts.set_column(at, "rectification_failed", pa.array([True] * len(ground.facts)))
    then = {row.branch_id: row for row in rate_one(store, replace(ground, facts=all_failed), rulebook).branches()}
    return {now.branch_id: (now.awarded_level, then[now.branch_id].awarded_level) for now in _holders(evaluation)}


def _holders(evaluation: Evaluation) -> Iterable[BranchResult]:
    return (row for row in evaluation.branches() if row.previous_level > 0)


def issue(store: Store, viewer: Viewer, branch_id: str, year: int, because: str, demands: str, due_on: date) -> None:
    """Order a branch to rectify; the same notice again changes nothing.

    Raises:
        UserError: there is no such branch or it is dissolved, a text is missing, the day is over, or the year is none
            to act in.
        StoreError: the branch has a notice this year, or the year is final.
    """
    require(viewer, "rectify")
    branch, now = find_branch(store, branch_id), today(store)
    because = given(because, STATEMENT, "rectification.because_wanted")
    demands = given(demands, STATEMENT, "rectification.demands_wanted")
    if not branch.active:
        raise UserError.of("rectification.inactive")
    if year not in (now.year - 1, now.year):
        raise UserError.of("rectification.other_year", year=year)
    if due_on < now:
        raise UserError.of("rectification.past")
    with store.write("issue_notice", branch=branch_id, year=year) as cursor:
        require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there and (there.because, there.demands, there.due_on) == (because, demands, due_on):
            raise NothingToDo
        if there and (there.because is not None or there.outcome != "open"):
            raise StoreError.of("rectification.there_is_one")
        new = there or Notice(branch_id, year, due_on, "open", *[None] * 7)
        kept.put(cursor, new._replace(due_on=due_on, issued_on=now, because=because, demands=demands))
        proceedings.note(
            cursor, branch_id, year, "rectification_ordered", viewer.name, because, demands=demands, due_on=due_on
        )


def answer(store: Store, viewer: Viewer, branch_id: str, year: int, reply: str) -> None:
    """Say what was done; as long as the rectification is open a later reply takes the place of the one before, which
    stays in the proceedings.

    Raises:
        UserError: nothing is said.
        StoreError: there is no open rectification, or the year is final.
    """
    require(viewer, "answer_rectification")
    reply = given(reply, STATEMENT, "rectification.reply_wanted")
    with store.write("answer_notice", branch=branch_id, year=year) as cursor:
        require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there is None or there.outcome != "open":
            raise StoreError.of("rectification.not_open")
        if there.reply == reply:
            raise NothingToDo
        kept.put(cursor, there._replace(reply=reply, replied_at=_now()))
        proceedings.note(cursor, branch_id, year, "rectification_answered", viewer.name, reply)


def close(store: Store, viewer: Viewer, branch_id: str, year: int, outcome: Outcome | None, finding: str) -> None:
    """Say what came of a rectification; one that failed costs a level this year.

    Raises:
        UserError: the outcome or the finding is missing.
        StoreError: there is no open rectification, or the year is final.
    """
    require(viewer, "rectify")
    if outcome not in OUTCOMES:
        raise UserError.of("rectification.outcome_wanted")
    finding = given(finding, STATEMENT, "rectification.finding_wanted")
    with store.write("close_notice", branch=branch_id, year=year) as cursor:
        require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there and (there.outcome, there.finding) == (outcome, finding):
            raise NothingToDo
        if there is None or there.outcome != "open":
            raise StoreError.of("rectification.not_open")
        kept.put(cursor, there._replace(outcome=outcome, finding=finding, closed_at=_now()))
        proceedings.note(cursor, branch_id, year, "rectification_closed", viewer.name, finding, outcome=outcome)


def reopen(store: Store, viewer: Viewer, branch_id: str, year: int, because: str) -> None:
    """Open a rectification again, with a reason.

    Raises:
        UserError: there is no reason.
        StoreError: there is no rectification, or the year is final.
    """
    require(viewer, "rectify")
    because = given(because, REASON, "rectification.reason_wanted")
    with store.write("reopen_notice", branch=branch_id, year=year) as cursor:
        require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there is None:
            raise StoreError.of("rectification.gone")
        if there.outcome == "open":
            raise NothingToDo
        kept.put(cursor, there._replace(outcome="open", finding=None, closed_at=None))
        proceedings.note(
            cursor, branch_id, year, "rectification_reopened", viewer.name, because,
            outcome=there.outcome, finding=there.finding,
        )  # fmt: skip


def withdraw(store: Store, viewer: Viewer, branch_id: str, year: int, because: str) -> None:
    """Take a notice back, with a reason; what it said stays in the proceedings of the branch.

    Raises:
        UserError: there is no reason.
        StoreError: the rectification is closed, or the year is final.
    """
    require(viewer, "rectify")
    because = given(because, REASON, "rectification.reason_wanted")
    with store.write("withdraw_notice", branch=branch_id, year=year) as cursor:
        require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there is None:
            raise NothingToDo
        if there.outcome != "open":
            raise StoreError.of("rectification.not_open")
        kept.remove(cursor, branch_id, year)
        told = {name: value for name, value in there._asdict().items() if name not in ("branch_id", "year")}
        proceedings.note(cursor, branch_id, year, "rectification_withdrawn", viewer.name, because, **told)


def _now() -> datetime:
    return datetime.now(UTC)

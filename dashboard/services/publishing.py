"""公示与定稿: a kept result is announced, objected to, and made final; a final year is frozen (附2·四·3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import find_branch
from dashboard.services.calendar import today
from dashboard.services.runs import Freshness, Kept, Run, State, freshness, read
from dashboard.services.texts import REASON, STATEMENT, given
from dashboard.store import awards, proceedings
from dashboard.store import runs as kept
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.runs import ObjectionRow
from dashboard.store.years import require_open

Verdict = Literal["upheld", "dismissed"]
VERDICTS: tuple[Verdict, ...] = ("upheld", "dismissed")


@dataclass(frozen=True, slots=True)
class Notice:
    """公示: from which day to which (both included), who sees it, and whom to turn to."""

    first: date
    last: date
    scope: str
    contact: str


def announce(store: Store, rulebook: Rulebook, viewer: Viewer, run_id: int, notice: Notice) -> None:
    """Announce a kept result; the same notice again changes nothing.

    Raises:
        UserError: with every problem: the days do not fit, scope or contact is missing.
        StoreError: the run is none to announce, another one is announced, a tie is open, the result is not what the
            data and rules of today give, or the year is final.
    """
    require(viewer, "publish")
    notice = _checked(store, notice)
    found = read(store, viewer, run_id)
    year, version = found.run.row.year, store.revision().version
    fresh = freshness(store, rulebook, viewer, found.run)
    with store.write("announce_run", run=run_id, year=year) as cursor:
        require_open(cursor, year)
        now, row = kept.open_run(cursor, year), kept.find(cursor, run_id)
        if now and now.run_id == run_id and _notice_of(now) == notice:
            raise NothingToDo
        if now is not None:
            raise StoreError.of("run.other_announced", run=now.run_id)
        if row is None or Run(row).state != "kept":
            raise StoreError.of("run.not_kept")
        _require_unmoved(store, version)
        _require_announceable(found, fresh)
        kept.change(
            cursor, run_id, announced_at=kept.now(), announced_by=viewer.name, notice_from=notice.first,
            notice_to=notice.last, notice_scope=notice.scope, notice_contact=notice.contact,
        )  # fmt: skip


def _require_announceable(found: Kept, fresh: Freshness) -> None:
    if found.run.row.stage != "final":
        raise StoreError.of("run.projected")
    if any(row["basis"] == "tie_pending" for row in found.document["branches"]):
        raise StoreError.of("run.tied")
    _require_fresh(fresh)


def _require_unmoved(store: Store, version: int) -> None:
    if store.revision().version != version:
        raise StoreError.of("store.changed_meanwhile")


def _require_fresh(fresh: Freshness) -> None:
    if not fresh.holds:
        raise StoreError.of("run.rules_changed" if fresh.rules else "run.result_changed", count=len(fresh.changes))


def _checked(store: Store, notice: Notice) -> Notice:
    problems = list(_problems(store, notice))
    if problems:
        raise UserError(problems)
    return Notice(notice.first, notice.last, notice.scope.strip(), notice.contact.strip())


def _problems(store: Store, notice: Notice) -> Iterator[Problem]:
    if notice.last < notice.first:
        yield Problem("run.notice_ends_first")
    elif notice.last < today(store):
        yield Problem("run.notice_is_over")
    for code, text in (("run.scope_wanted", notice.scope), ("run.contact_wanted", notice.contact)):
        try:
            given(text, REASON, code)
        except UserError as error:
            yield from error.problems


def _notice_of(row: kept.RunRow) -> Notice | None:
    if row.notice_from is None or row.notice_to is None:
        return None
    return Notice(row.notice_from, row.notice_to, row.notice_scope or "", row.notice_contact or "")


def withdraw(store: Store, viewer: Viewer, run_id: int, because: str) -> None:
    """Take an announcement back, with a reason; the run stays on record.

    Raises:
        UserError: there is no reason.
        StoreError: the run is not announced, or final.
    """
    require(viewer, "publish")
    because = given(because, REASON, "run.because_wanted")
    with store.write("withdraw_run", run=run_id) as cursor:
        row = _announced(cursor, run_id, done="withdrawn")
        require_open(cursor, row.year)
        kept.change(cursor, run_id, withdrawn_at=kept.now(), withdrawn_because=because)


def _announced(cursor: Any, run_id: int, *, done: State | None = None) -> kept.RunRow:
    """The run if it is announced; nothing to do where it is `done`."""
    row = kept.find(cursor, run_id)
    state = Run(row).state if row else None
    if state is not None and state == done:
        raise NothingToDo
    if row is None or state != "announced":
        raise StoreError.of("run.not_announced")
    return row


def objections(store: Store, viewer: Viewer, run_id: int) -> tuple[ObjectionRow, ...]:
    """The objections to a result, the oldest first. They name people: only for those who work with them."""
    require(viewer, "publish")
    with store.read() as cursor:
        return tuple(kept.objections(cursor, run_id))


def new_id() -> str:
    """An id for an objection that is about to be entered; entering it twice is entering it once."""
    return secrets.token_hex(6)


def object_to(store: Store, viewer: Viewer, row: ObjectionRow) -> None:
    """Enter an objection; the same again changes nothing.

    Raises:
        UserError: with every problem: who objects or what is missing, the day is outside of the notice, there is no
            such branch.
        StoreError: the run is not announced.
    """
    require(viewer, "publish")
    row = row._replace(
        raised_by=given(row.raised_by, REASON, "run.raised_by_wanted"),
        statement=given(row.statement, STATEMENT, "run.statement_wanted"),
    )
    if row.branch_id is not None:
        find_branch(store, row.branch_id)
    with store.write("object", run=row.run_id) as cursor:
        run = _announced(cursor, row.run_id)
        if row in kept.objections(cursor, row.run_id):
            raise NothingToDo
        if row.received_on > today(store) or (run.notice_from and row.received_on < run.notice_from):
            raise UserError.of("run.received_on")
        kept.put_objection(cursor, row)


def answer(store: Store, viewer: Viewer, run_id: int, objection_id: str, verdict: Verdict | None, finding: str) -> None:
    """Say what became of an objection; a later word takes the place of an earlier one.

    Raises:
        UserError: verdict or finding is missing, or there is no such objection.
        StoreError: the run is not announced.
    """
    require(viewer, "publish")
    if verdict not in VERDICTS:
        raise UserError.of("run.verdict_wanted")
    finding = given(finding, STATEMENT, "run.finding_wanted")
    with store.write("answer_objection", run=run_id) as cursor:
        run = _announced(cursor, run_id)
        row = next((o for o in kept.objections(cursor, run_id) if o.objection_id == objection_id), None)
        if row is None:
            raise UserError.of("run.no_such_objection")
        if (row.outcome, row.finding) == (verdict, finding):
            raise NothingToDo
        kept.put_objection(cursor, row._replace(outcome=verdict, finding=finding, decided_at=datetime.now(UTC)))
        if row.branch_id is not None:
            proceedings.note(
                cursor, row.branch_id, run.year, "objection_answered", viewer.name, finding, outcome=verdict
            )


def open_points(store: Store, viewer: Viewer, run: Run, fresh: Freshness) -> tuple[Problem, ...]:
    """What keeps an announced result from being final, all of it."""
    require(viewer, "view_results")
    return tuple(_open_points(store, run, fresh))


def _open_points(store: Store, run: Run, fresh: Freshness) -> Iterator[Problem]:
    last = run.row.notice_to
    if last is not None and today(store) <= last:
        yield Problem("run.notice_runs", values={"month": last.month, "day": last.day})
    with store.read() as cursor:
        outcomes = [objection.outcome for objection in kept.objections(cursor, run.row.run_id)]
    if waiting := outcomes.count(None):
        yield Problem("run.objections_open", values={"count": waiting})
    if upheld := outcomes.count("upheld"):
        yield Problem("run.objections_upheld", values={"count": upheld})
    if fresh.rules:
        yield Problem("run.rules_changed")
    elif fresh.changes:
        yield Problem("run.result_changed", values={"count": len(fresh.changes)})


def finalise(store: Store, rulebook: Rulebook, viewer: Viewer, run_id: int) -> None:
    """Make an announced result final: awards are recorded and the year is frozen. Again changes nothing.

    Raises:
        UserError: with everything that keeps it open: the notice runs, objections, another result by today's data.
        StoreError: the run is not announced.
    """
    require(viewer, "publish")
    found = read(store, viewer, run_id)
    year, version = found.run.row.year, store.revision().version
    fresh = freshness(store, rulebook, viewer, found.run)
    with store.write("finalise_run", run=run_id, year=year) as cursor:
        row = _announced(cursor, run_id, done="final")
        _require_unmoved(store, version)
        if problems := list(_open_points(store, Run(row), fresh)):
            raise UserError(problems)
        branches = found.document["branches"]
        awarded = pa.table(
            {
                "branch_id": pa.array([b["branch_id"] for b in branches], pa.string()),
                "awarded": pa.array([b["awarded_level"] for b in branches], pa.int32()),
                "basis": pa.array([b["basis"] for b in branches], pa.string()),
            }
        )
        awards.put(cursor, awarded, year=year, stage=row.stage, rules=row.rules)
        kept.change(cursor, run_id, final_at=kept.now(), final_by=viewer.name)
        for b in branches:
            if b["basis"] != "inactive":
                proceedings.note(
                    cursor, b["branch_id"], year, "rated", viewer.name, level=b["awarded_level"], basis=b["basis"]
                )


def reopen(store: Store, viewer: Viewer, run_id: int, because: str) -> None:
    """Open a final year again, with a reason; its result stays on record and is replaced by the next final one.

    Raises:
        UserError: there is no reason.
        StoreError: the run is not final, or a later year rests on it.
    """
    require(viewer, "publish")
    because = given(because, REASON, "run.because_wanted")
    with store.write("reopen_run", run=run_id) as cursor:
        row = kept.find(cursor, run_id)
        state = Run(row).state if row else ""
        if state == "reopened":
            raise NothingToDo
        if row is None or state != "final":
            raise StoreError.of("run.not_final")
        if (later := kept.later_final(cursor, row.year)) is not None:
            raise StoreError.of("run.later_final", year=later)
        kept.change(cursor, run_id, reopened_at=kept.now(), reopened_because=because)

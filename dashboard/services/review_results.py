"""审核结论: a superior approves or returns an application, takes an approval back, and puts those approved in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import find_branch
from dashboard.services.calendar import today
from dashboard.services.dossier import Dossier, look
from dashboard.services.texts import REASON, STATEMENT, given
from dashboard.store import applying as applied
from dashboard.store import proceedings, sheets
from dashboard.store import reviewing as kept
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.years import require_open


def approve(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, seen: str, remark: str = ""
) -> None:
    """Approve an application; what was found item by item is handed in with it. The same again changes nothing.

    Args:
        seen: the fingerprint of what the reviewer saw.
        remark: wanted where what was found does not meet the level applied for.

    Raises:
        UserError: the remark is missing, the branch has no superior, or the year is not under way.
        StoreError: the application is another by now, or the year is final.
    """
    require(viewer, "review")
    remark = remark.strip() and given(remark, STATEMENT, "review.reason_wanted")
    with store.write("approve_application", branch=branch_id, year=year) as cursor:
        found = _pending(store, rulebook, viewer, cursor, branch_id, year, "approved", seen, remark)
        if found.unmet and not remark:
            raise UserError.of("review.unmet")
        _decide(cursor, viewer, found, year, "approved", remark)


def send_back(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, seen: str, reason: str
) -> None:
    """Return an application with reasons; the branch may mend and hand it in again. The same again changes nothing.

    Raises:
        UserError: there is no reason, the branch has no superior, or the year is not under way.
        StoreError: the application is another by now, or the year is final.
    """
    require(viewer, "review")
    reason = given(reason, STATEMENT, "review.reason_wanted")
    with store.write("return_application", branch=branch_id, year=year) as cursor:
        found = _pending(store, rulebook, viewer, cursor, branch_id, year, "returned", seen, reason)
        _decide(cursor, viewer, found, year, "returned", reason)


def take_back(store: Store, viewer: Viewer, branch_id: str, year: int, reason: str) -> None:
    """Take an approval back, as long as no inspection has begun: the application is pending again.

    Raises:
        UserError: there is no reason, or the year is not under way.
        StoreError: it is not approved, its inspection has begun, or the year is final.
    """
    require(viewer, "review")
    reason = given(reason, REASON, "review.reason_wanted")
    with store.write("withdraw_approval", branch=branch_id, year=year) as cursor:
        _require_current(store, cursor, year)
        there = applied.find(cursor, branch_id, year)
        if there and there.review == "pending" and _last(store, branch_id, year) == ("approval_withdrawn", reason):
            raise NothingToDo
        if there is None or there.review != "approved" or find_branch(store, branch_id).superior_id is None:
            raise StoreError.of("review.changed")
        if kept.inspected(cursor, [branch_id], year):
            raise StoreError.of("review.inspected")
        kept.decide(cursor, branch_id, year, "pending")
        proceedings.note(cursor, branch_id, year, "approval_withdrawn", viewer.name, reason, level=there.level)


def reorder(
    store: Store,
    viewer: Viewer,
    superior_id: str,
    year: int,
    level: int,
    shown: Sequence[str],
    wanted: Sequence[str],
) -> None:
    """Put the approved applications of a superior for a level in another order: the first count against its cap first.

    Args:
        shown: the order that was seen, by branch id.

    Raises:
        UserError: the year is not under way.
        StoreError: the order is another by now, an inspection has begun, or the year is final.
    """
    require(viewer, "review")
    with store.write("order_applications", superior=superior_id, year=year, level=level) as cursor:
        _require_current(store, cursor, year)
        now = kept.queue(cursor, superior_id, year, level)
        if now == [(branch, place) for place, branch in enumerate(wanted, 1)]:
            raise NothingToDo
        if [branch for branch, _ in now] != list(shown) or sorted(wanted) != sorted(shown):
            raise StoreError.of("review.changed")
        if kept.inspected(cursor, shown, year):
            raise StoreError.of("review.inspected")
        kept.set_order(cursor, year, wanted)
        for before, branch in enumerate(shown, 1):
            if (place := wanted.index(branch) + 1) != before:
                proceedings.note(
                    cursor, branch, year, "reordered", viewer.name, level=level, before=before, place=place
                )


def _pending(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    cursor: Any,
    branch_id: str,
    year: int,
    outcome: str,
    seen: str,
    reason: str,
) -> Dossier:
    """The application to decide on, inside the transaction, if it is still the one that was seen."""
    _require_current(store, cursor, year)
    found = look(store, rulebook, viewer, branch_id, year)
    if found.branch.superior_id is None:
        raise UserError.of("review.no_superior")
    if found.application.review == outcome and _last(store, branch_id, year) == (outcome, reason):
        raise NothingToDo
    if found.application.review != "pending" or found.fingerprint != seen:
        raise StoreError.of("review.changed")
    return found


def _decide(cursor: Any, viewer: Viewer, found: Dossier, year: int, outcome: str, reason: str) -> None:
    branch = found.branch.branch_id
    sheets.hand_in(cursor, branch, year, "review")
    kept.decide(cursor, branch, year, outcome)
    differences = [
        {
            "criterion": line.criterion.id,
            "own": line.value,
            "found": line.found and line.found.value,
            "note": line.found and line.found.note,
        }
        for line in found.remarks
    ]
    proceedings.note(
        cursor, branch, year, outcome, viewer.name, reason,
        level=found.application.level, level_found=found.found, differences=differences,
    )  # fmt: skip


def _require_current(store: Store, cursor: Any, year: int) -> None:
    require_open(cursor, year)
    if year != today(store).year:
        raise UserError.of("review.other_year", year=year)


def _last(store: Store, branch_id: str, year: int) -> tuple[str, str]:
    """What was last done about a branch, and why."""
    lines = proceedings.of_branch(store, branch_id, year)
    return (lines[-1]["action"], lines[-1]["reason"]) if lines else ("", "")

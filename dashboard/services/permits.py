"""补报与延期: the office lets a branch apply late, and records who puts an application off (附2·三·1, 附2·四·1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.terms import deferral_years
from dashboard.services.applying import deadline_of
from dashboard.services.branches import find_branch
from dashboard.services.calendar import today
from dashboard.services.texts import REASON, given
from dashboard.store import applying as applied
from dashboard.store import proceedings
from dashboard.store import reviewing as kept
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.reviewing import Granted
from dashboard.store.years import require_open


@dataclass(frozen=True, slots=True)
class Permits:
    """Who may apply late and who has put its application off, by branch; `deferral` says that the rules of the year
    allow the latter."""

    exceptions: tuple[Granted, ...]
    deferrals: tuple[Granted, ...]
    deferral: bool


def permits(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> Permits:
    """What the office has allowed in a year."""
    require(viewer, "view_results")
    return Permits(
        tuple(kept.exceptions(store, year)), tuple(kept.deferrals(store, year)), year in deferral_years(rulebook)
    )


def allow_late(store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, reason: str) -> None:
    """Let a branch apply after the deadline; an application that came late already counts from now on.

    Raises:
        UserError: there is no reason, no such branch, it is dissolved, or the year is not under way.
        StoreError: it has applied in time, is allowed already for another reason, or the year is final.
    """
    require(viewer, "grant_exception")
    reason = given(reason, REASON, "permit.reason_wanted")
    with store.write("allow_late", branch=branch_id, year=year) as cursor:
        _require_current(store, cursor, branch_id, year)
        there = applied.find(cursor, branch_id, year)
        if there and there.submitted_on <= deadline_of(rulebook, year):
            raise StoreError.of("permit.in_time")
        _add(_excepted(cursor, branch_id, year), reason)
        kept.set_exception(cursor, branch_id, year, reason)
        proceedings.note(cursor, branch_id, year, "exception_granted", viewer.name, reason)


def disallow_late(store: Store, viewer: Viewer, branch_id: str, year: int, reason: str) -> None:
    """Take the permission to apply late back.

    Raises:
        UserError: there is no reason, or the year is not under way.
        StoreError: the superior has approved an application that rests on it, or the year is final.
    """
    require(viewer, "grant_exception")
    reason = given(reason, REASON, "permit.reason_wanted")
    with store.write("disallow_late", branch=branch_id, year=year) as cursor:
        _require_current(store, cursor, branch_id, year)
        was = _excepted(cursor, branch_id, year)
        if was is None:
            raise NothingToDo
        there = applied.find(cursor, branch_id, year)
        if there and there.exception is not None and there.review == "approved":
            raise StoreError.of("permit.in_use")
        kept.set_exception(cursor, branch_id, year, None)
        proceedings.note(cursor, branch_id, year, "exception_withdrawn", viewer.name, reason, was=was)


def defer(store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, reason: str) -> None:
    """Record that a branch in special circumstances applies a year later (附2·三·1).

    Raises:
        UserError: there is no reason, no such branch, it is dissolved, the rules allow no deferral in this year, or the
            year is not under way.
        StoreError: the branch has applied, has a deferral for another reason, or the year is final.
    """
    require(viewer, "grant_exception")
    reason = given(reason, REASON, "permit.reason_wanted")
    if year not in deferral_years(rulebook):
        raise UserError.of("permit.no_deferral", year=year)
    with store.write("defer", branch=branch_id, year=year) as cursor:
        _require_current(store, cursor, branch_id, year)
        if applied.find(cursor, branch_id, year):
            raise StoreError.of("permit.has_applied")
        _add(kept.deferral(cursor, branch_id, year), reason)
        kept.defer(cursor, branch_id, year, reason)
        proceedings.note(cursor, branch_id, year, "deferred", viewer.name, reason)


def end_deferral(store: Store, viewer: Viewer, branch_id: str, year: int, reason: str) -> None:
    """Take a deferral back.

    Raises:
        UserError: there is no reason, or the year is not under way.
        StoreError: the year is final.
    """
    require(viewer, "grant_exception")
    reason = given(reason, REASON, "permit.reason_wanted")
    with store.write("end_deferral", branch=branch_id, year=year) as cursor:
        _require_current(store, cursor, branch_id, year)
        was = kept.deferral(cursor, branch_id, year)
        if was is None:
            raise NothingToDo
        kept.drop_deferral(cursor, branch_id, year)
        proceedings.note(cursor, branch_id, year, "deferral_withdrawn", viewer.name, reason, was=was)


def _excepted(cursor: Any, branch_id: str, year: int) -> str | None:
    """Why a branch may apply late: let by the office, or so by an application that was imported."""
    there = applied.find(cursor, branch_id, year)
    return applied.exception(cursor, branch_id, year) or (there.exception if there else None)


def _add(was: str | None, reason: str) -> None:
    if was == reason:
        raise NothingToDo
    if was is not None:
        raise StoreError.of("permit.there_is_one")


def _require_current(store: Store, cursor: Any, branch_id: str, year: int) -> None:
    require_open(cursor, year)
    if year != today(store).year:
        raise UserError.of("review.other_year", year=year)
    if not find_branch(store, branch_id).active:
        raise UserError.of("permit.inactive")

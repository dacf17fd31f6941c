"""What the next step of each branch follows from, besides its evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from dashboard.store.connection import Store


class Situation(NamedTuple):
    """Where an active branch stands in a year: its rectification if one is open (`due_on`; `issued_on` is None for one
    that was imported), when its application was last returned and when its superior approved it, whether the office
    lets it apply late, whether its plan is handed in, and the level on record for the year. Times are in UTC."""

    submitted_on: date | None
    returned_at: datetime | None
    excepted: bool
    due_on: date | None
    issued_on: date | None
    replied_at: datetime | None
    planned: bool
    awarded: int | None


class Run(NamedTuple):
    """The result of a year as it was announced; `final_at` (UTC) is None before it is final."""

    announced_at: datetime | None
    notice_to: date | None
    final_at: datetime | None


def situations(store: Store, year: int) -> Mapping[str, Situation]:
    """Every active branch by id."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT b.branch_id, a.submitted_on, p.returned_at, e.reason IS NOT NULL OR a.exception IS NOT NULL,"
            " r.due_on, n.issued_on, n.replied_at, i.handed_in_at IS NOT NULL, w.level"
            " FROM branches b"
            " LEFT JOIN (FROM applications WHERE year = $year) a USING (branch_id)"
            " LEFT JOIN (FROM exceptions WHERE year = $year) e USING (branch_id)"
            " LEFT JOIN (FROM rectifications WHERE year = $year AND outcome = 'open') r USING (branch_id)"
            " LEFT JOIN (FROM rectification_notices WHERE year = $year) n USING (branch_id)"
            " LEFT JOIN (FROM improvement_plans WHERE year = $year) i USING (branch_id)"
            " LEFT JOIN (FROM awards WHERE year = $year) w USING (branch_id)"
            " LEFT JOIN (SELECT branch_id, max(happened_at) AS returned_at FROM proceedings"
            "   WHERE year = $year AND action = 'returned' GROUP BY branch_id) p USING (branch_id)"
            " WHERE b.active",
            {"year": year},
        ).fetchall()
    return {branch: Situation(*map(_utc, found)) for branch, *found in rows}


def answered(store: Store, year: int, branch_id: str | None = None) -> Mapping[str, frozenset[str]]:
    """The criteria that branches without an application, or the one given, have a mark for, typed or handed in."""
    with store.read() as cursor:
        rows = cursor.execute(
            "WITH asked AS (SELECT branch_id FROM branches ANTI JOIN"
            "   (FROM applications WHERE year = $year) USING (branch_id)"
            "   WHERE branch_id = coalesce($branch, branch_id)),"
            " typed AS (SELECT branch_id, criterion, value FROM sheet_entries WHERE year = $year AND stage = 'self'),"
            " handed AS (SELECT branch_id, criterion, value FROM marks WHERE year = $year AND stage = 'self')"
            " SELECT branch_id, list(criterion) FROM"
            "   (FROM typed UNION ALL (FROM handed ANTI JOIN typed USING (branch_id, criterion))) SEMI JOIN asked"
            "   USING (branch_id) WHERE value IS NOT NULL GROUP BY branch_id",
            {"year": year, "branch": branch_id},
        ).fetchall()
    return {branch: frozenset(criteria) for branch, criteria in rows}


def announced(store: Store, year: int) -> Run | None:
    """The result that is announced or final; None while there is none."""
    with store.read() as cursor:
        row = cursor.execute(
            "SELECT announced_at, notice_to, final_at FROM award_runs WHERE year = ? AND withdrawn_at IS NULL"
            " AND reopened_at IS NULL AND (announced_at IS NOT NULL OR final_at IS NOT NULL)"
            " ORDER BY run_id DESC LIMIT 1",
            [year],
        ).fetchone()
    return Run(*map(_utc, row)) if row else None


def inspected_kinds(store: Store, year: int) -> frozenset[str]:
    """The kinds of inspection that have any result in a year."""
    rows = store.query("SELECT DISTINCT kind FROM inspections WHERE year = ?", [year])
    return frozenset(rows.column(0).to_pylist())


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

"""What a superior does about applications (申报审核), and whom the office lets apply late or a year later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class Applied(NamedTuple):
    """An application with its branch."""

    branch_id: str
    level: int
    submitted_on: date
    review: str
    priority: int | None
    exception: str | None


class Granted(NamedTuple):
    """A branch that may apply late, or has put its application off, and why."""

    branch_id: str
    reason: str


# Those without a priority come last, as the rules count them (rules.facts.numbered).
_IN_ORDER = "ORDER BY a.priority NULLS LAST, a.submitted_on, a.branch_id"


def applications(store: Store, year: int) -> list[Applied]:
    """The applications of a year, in the order in which they count against a cap."""
    with store.read() as cursor:
        rows = cursor.execute(
            f"SELECT {', '.join(Applied._fields)} FROM applications a WHERE a.year = ? {_IN_ORDER}", [year]
        ).fetchall()
    return [Applied(*row) for row in rows]


def queue(cursor: duckdb.DuckDBPyConnection, superior_id: str, year: int, level: int) -> list[tuple[str, int | None]]:
    """The approved applications of a superior for a level in their order: branch and priority."""
    rows: list[tuple[str, int | None]] = cursor.execute(
        "SELECT a.branch_id, a.priority FROM applications a JOIN branches b USING (branch_id)"
        f" WHERE b.superior_id = ? AND a.year = ? AND a.level = ? AND a.review = 'approved' {_IN_ORDER}",
        [superior_id, year, level],
    ).fetchall()
    return rows


def set_order(cursor: duckdb.DuckDBPyConnection, year: int, branch_ids: Sequence[str]) -> None:
    """Number applications from 1."""
    cursor.executemany(
        "UPDATE applications SET priority = ? WHERE branch_id = ? AND year = ?",
        [[place, branch, year] for place, branch in enumerate(branch_ids, 1)],
    )


def decide(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, review: str) -> None:
    """Keep what a superior decided; the application goes to the end of its queue."""
    cursor.execute(
        "UPDATE applications SET review = ?, priority = NULL WHERE branch_id = ? AND year = ?",
        [review, branch_id, year],
    )


def inspected(cursor: duckdb.DuckDBPyConnection, branch_ids: Sequence[str], year: int) -> bool:
    """Whether the inspection of an application of any of these has begun: it has a result, or marks in its sheet."""
    row = cursor.execute(
        "SELECT EXISTS ("
        " SELECT 1 FROM (SELECT branch_id, year FROM inspections WHERE kind IN ('acceptance', 'spot_check')"
        "   UNION ALL SELECT branch_id, year FROM marks WHERE stage = 'inspection'"
        "   UNION ALL SELECT branch_id, year FROM sheet_entries WHERE stage = 'inspection')"
        " WHERE year = $year AND branch_id IN (SELECT unnest($ids)))",
        {"ids": list(branch_ids), "year": year},
    ).fetchone()
    return bool(row and row[0])


def deferrals(store: Store, year: int) -> list[Granted]:
    """Who has put its application off in a year (附2·三·1)."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT branch_id, reason FROM deferrals WHERE year = ? ORDER BY branch_id", [year]
        ).fetchall()
    return [Granted(*row) for row in rows]


def exceptions(store: Store, year: int) -> list[Granted]:
    """Who may apply late in a year: let by the office, or so by an imported application."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT branch_id, reason FROM exceptions WHERE year = $year"
            " UNION ALL SELECT branch_id, exception FROM applications a WHERE year = $year AND exception IS NOT NULL"
            "   AND NOT EXISTS (SELECT 1 FROM exceptions e WHERE e.branch_id = a.branch_id AND e.year = $year)"
            " ORDER BY branch_id",
            {"year": year},
        ).fetchall()
    return [Granted(*row) for row in rows]


def deferral(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> str | None:
    """Why a branch has put its application off; None where it has not."""
    row = cursor.execute("SELECT reason FROM deferrals WHERE branch_id = ? AND year = ?", [branch_id, year]).fetchone()
    return str(row[0]) if row else None


def defer(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, reason: str) -> None:
    """Record a deferral, inside a transaction."""
    cursor.execute("INSERT INTO deferrals (branch_id, year, reason) VALUES (?, ?, ?)", [branch_id, year, reason])


def drop_deferral(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> None:
    """Take a deferral out, inside a transaction."""
    cursor.execute("DELETE FROM deferrals WHERE branch_id = ? AND year = ?", [branch_id, year])


def set_exception(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, reason: str | None) -> None:
    """Let a branch apply late, or no longer; an application that is there already takes it over."""
    if reason is None:
        cursor.execute("DELETE FROM exceptions WHERE branch_id = ? AND year = ?", [branch_id, year])
    else:
        cursor.execute("INSERT INTO exceptions VALUES (?, ?, ?)", [branch_id, year, reason])
    cursor.execute("UPDATE applications SET exception = ? WHERE branch_id = ? AND year = ?", [reason, branch_id, year])

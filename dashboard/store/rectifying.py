"""Rectifications (责令整改) and the notices that order them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class Notice(NamedTuple):
    """A rectification with its notice. Without one (it was imported) `issued_on`, `because` and `demands` are None.
    Times are in UTC."""

    branch_id: str
    year: int
    due_on: date
    outcome: str
    issued_on: date | None
    because: str | None
    demands: str | None
    reply: str | None
    replied_at: datetime | None
    finding: str | None
    closed_at: datetime | None


_SELECT = (
    "SELECT r.branch_id, r.year, r.due_on, r.outcome, n.issued_on, n.because, n.demands, n.reply, n.replied_at,"
    " n.finding, n.closed_at FROM rectifications r LEFT JOIN rectification_notices n USING (branch_id, year)"
)


def _notice(row: tuple[object, ...]) -> Notice:
    found = Notice(*row)  # type: ignore[arg-type]
    return found._replace(
        replied_at=found.replied_at and found.replied_at.replace(tzinfo=UTC),
        closed_at=found.closed_at and found.closed_at.replace(tzinfo=UTC),
    )


def of_year(store: Store, year: int) -> list[Notice]:
    """The rectifications of a year."""
    with store.read() as cursor:
        return [_notice(row) for row in cursor.execute(f"{_SELECT} WHERE r.year = ?", [year]).fetchall()]


def find(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> Notice | None:
    """The rectification of a branch in a year."""
    row = cursor.execute(f"{_SELECT} WHERE r.branch_id = ? AND r.year = ?", [branch_id, year]).fetchone()
    return _notice(row) if row else None


def put(cursor: duckdb.DuckDBPyConnection, found: Notice) -> None:
    """Keep a rectification with its notice, inside a transaction."""
    cursor.execute(
        "INSERT INTO rectifications (branch_id, year, due_on, outcome) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET due_on = excluded.due_on, outcome = excluded.outcome",
        [found.branch_id, found.year, found.due_on, found.outcome],
    )
    text = ("issued_on", "because", "demands", "reply", "replied_at", "finding", "closed_at")
    values = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in found[4:]]
    cursor.execute(
        f"INSERT INTO rectification_notices (branch_id, year, {', '.join(text)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in text)}",
        [found.branch_id, found.year, *values],
    )


def remove(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> None:
    """Take a rectification and its notice out, inside a transaction."""
    for table in ("rectifications", "rectification_notices"):
        cursor.execute(f"DELETE FROM {table} WHERE branch_id = ? AND year = ?", [branch_id, year])

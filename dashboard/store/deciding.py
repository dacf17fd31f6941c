"""Decisions of the leading group about ties (decisions)."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class Decision(NamedTuple):
    """What was decided about a branch that competes for a level (a value)."""

    branch_id: str
    year: int
    level: int
    outcome: str
    reason: str


_COLUMNS = ", ".join(Decision._fields)


def of_year(store: Store, year: int) -> list[Decision]:
    """The decisions of a year, by level from the highest, and branch."""
    with store.read() as cursor:
        rows = cursor.execute(
            f"SELECT {_COLUMNS} FROM decisions WHERE year = ? ORDER BY level DESC, branch_id", [year]
        ).fetchall()
    return [Decision(*row) for row in rows]


def put(cursor: duckdb.DuckDBPyConnection, found: Decision) -> None:
    """Keep a decision, inside a transaction."""
    cursor.execute(
        f"INSERT INTO decisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason",
        list(found),
    )


def remove(cursor: duckdb.DuckDBPyConnection, found: Decision) -> None:
    """Take a decision out, inside a transaction."""
    cursor.execute(
        "DELETE FROM decisions WHERE branch_id = ? AND year = ? AND level = ?",
        [found.branch_id, found.year, found.level],
    )

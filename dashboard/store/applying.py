"""Applications (申报) as a branch makes and takes back."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import duckdb


class Application(NamedTuple):
    """An application as it is stored; `level` is a value."""

    level: int
    submitted_on: date
    review: str
    priority: int | None
    exception: str | None


def find(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> Application | None:
    """The application of a branch in a year."""
    row = cursor.execute(
        f"SELECT {', '.join(Application._fields)} FROM applications WHERE branch_id = ? AND year = ?", [branch_id, year]
    ).fetchone()
    return Application(*row) if row else None


def exception(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> str | None:
    """Why the office lets a branch apply late; None where it does not."""
    row = cursor.execute("SELECT reason FROM exceptions WHERE branch_id = ? AND year = ?", [branch_id, year]).fetchone()
    return str(row[0]) if row else None


def put(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, found: Application) -> None:
    """Keep an application, inside a transaction."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in Application._fields)
    cursor.execute(
        f"INSERT INTO applications (branch_id, year, {', '.join(Application._fields)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT DO UPDATE SET {changes}",
        [branch_id, year, *found],
    )


def remove(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> None:
    """Take an application out, inside a transaction."""
    cursor.execute("DELETE FROM applications WHERE branch_id = ? AND year = ?", [branch_id, year])

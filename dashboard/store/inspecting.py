"""Results of spot checks, acceptance inspections and rechecks, and how far the sheets of those under way have come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class Result(NamedTuple):
    """A result as it is stored; `level_met` is a value, None where the marks decide."""

    outcome: str | None
    level_met: int | None
    score: Decimal | None
    inspected_on: date | None


class Filled(NamedTuple):
    """How far a sheet has come: the criteria with a mark, and how many entries are not handed in."""

    criteria: frozenset[str]
    typed: int


_COLUMNS = ", ".join(Result._fields)


def results(store: Store, year: int) -> dict[tuple[str, str], Result]:
    """The results of a year by branch and kind."""
    with store.read() as cursor:
        rows = cursor.execute(f"SELECT branch_id, kind, {_COLUMNS} FROM inspections WHERE year = ?", [year]).fetchall()
    return {(branch, kind): Result(*found) for branch, kind, *found in rows}


def find(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, kind: str) -> Result | None:
    """The result of one inspection."""
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM inspections WHERE branch_id = ? AND year = ? AND kind = ?", [branch_id, year, kind]
    ).fetchone()
    return Result(*row) if row else None


def put(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, kind: str, found: Result) -> None:
    """Keep a result, inside a transaction."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in Result._fields)
    cursor.execute(
        f"INSERT INTO inspections (branch_id, year, kind, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT DO UPDATE SET {changes}",
        [branch_id, year, kind, *found],
    )


def filled(store: Store, year: int) -> Mapping[tuple[str, str], Filled]:
    """How far each sheet of inspectors has come, by branch and stage; sheets that nobody has begun are left out."""
    with store.read() as cursor:
        rows = cursor.execute(
            "WITH typed AS (SELECT branch_id, stage, criterion, value FROM sheet_entries"
            "   WHERE year = $year AND stage IN ('inspection', 'recheck')),"
            " sheet AS (SELECT *, true AS is_typed FROM typed UNION ALL"
            "   SELECT branch_id, stage, criterion, value, false FROM marks m"
            "   WHERE year = $year AND stage IN ('inspection', 'recheck')"
            "   AND NOT EXISTS (SELECT 1 FROM typed t WHERE (t.branch_id, t.stage, t.criterion) ="
            "     (m.branch_id, m.stage, m.criterion)))"
            " SELECT branch_id, stage, list(criterion) FILTER (value IS NOT NULL), count(*) FILTER (is_typed)"
            " FROM sheet GROUP BY ALL",
            {"year": year},
        ).fetchall()
    return {(branch, stage): Filled(frozenset(criteria or ()), typed) for branch, stage, criteria, typed in rows}

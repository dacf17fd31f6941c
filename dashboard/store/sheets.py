"""Sheets: what was typed for each criterion, kept at once, and handed in as a whole.

Entries stand over what was handed in (the marks of the stage; the findings of a review) until they are handed in
themselves. Keeping entries gives no new revision: nothing that is counted changes before they are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from dashboard.store.connection import Store

FIELDS = ("value", "note", "evidence")
Cells = dict[str, Any]  # the FIELDS of one criterion


def handed_in(store: Store, branch_id: str, year: int, stage: str) -> dict[str, Cells]:
    """What was handed in, by criterion."""
    with store.read() as cursor:
        return _handed_in(cursor, branch_id, year, stage)


def entries(store: Store, branch_id: str, year: int, stage: str) -> dict[str, Cells]:
    """What was typed since, by criterion; with `changed_at` (UTC) and `changed_by`."""
    with store.read() as cursor:
        return _entries(cursor, branch_id, year, stage)


def _handed_in(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str) -> dict[str, Cells]:
    if stage == "review":
        sql = "SELECT criterion, value, note, NULL FROM review_findings WHERE branch_id = ? AND year = ?"
        rows = cursor.execute(sql, [branch_id, year]).fetchall()
    else:
        sql = "SELECT criterion, value, note, evidence FROM marks WHERE branch_id = ? AND year = ? AND stage = ?"
        rows = cursor.execute(sql, [branch_id, year, stage]).fetchall()
    return {row[0]: dict(zip(FIELDS, row[1:], strict=True)) for row in rows}


def _entries(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str) -> dict[str, Cells]:
    rows = cursor.execute(
        "SELECT criterion, value, note, evidence, changed_at, changed_by FROM sheet_entries"
        " WHERE branch_id = ? AND year = ? AND stage = ?",
        [branch_id, year, stage],
    ).fetchall()
    names = (*FIELDS, "changed_at", "changed_by")
    found = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
    for cells in found.values():
        cells["changed_at"] = cells["changed_at"].replace(tzinfo=UTC)
    return found


def both(
    cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str
) -> tuple[dict[str, Cells], dict[str, Cells]]:
    """What was handed in, and the entries over it, inside a transaction."""
    return _handed_in(cursor, branch_id, year, stage), _entries(cursor, branch_id, year, stage)


def put(
    cursor: duckdb.DuckDBPyConnection,
    branch_id: str,
    year: int,
    stage: str,
    changed: Mapping[str, Cells],
    who: str,
) -> None:
    """Keep entries inside a transaction, each with all of its `FIELDS`."""
    now = datetime.now(UTC).replace(tzinfo=None)
    cursor.executemany(
        "INSERT INTO sheet_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,"
        " note = excluded.note, evidence = excluded.evidence, changed_at = excluded.changed_at,"
        " changed_by = excluded.changed_by",
        [
            [branch_id, year, stage, criterion, *(cells[name] for name in FIELDS), now, who]
            for criterion, cells in changed.items()
        ],
    )


def drop(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str, criteria: Iterable[str]) -> None:
    """Take entries out inside a transaction: what was handed in counts again."""
    listed = [[branch_id, year, stage, criterion] for criterion in criteria]
    if listed:
        cursor.executemany(
            "DELETE FROM sheet_entries WHERE branch_id = ? AND year = ? AND stage = ? AND criterion = ?",
            listed,
        )


def hand_in(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str) -> int:
    """Make the entries of a sheet what was handed in, inside the caller's transaction (which must be one of
    `Store.write`); returns how many there were. An entry without value, note and evidence takes the row away."""
    found = _entries(cursor, branch_id, year, stage)
    table = "review_findings" if stage == "review" else "marks"
    names = ("value", "note") if stage == "review" else FIELDS
    keys = [branch_id, year] if stage == "review" else [branch_id, year, stage]
    columns = ("branch_id", "year", "criterion") if stage == "review" else ("branch_id", "year", "stage", "criterion")
    for criterion, cells in found.items():
        if all(cells[name] is None for name in FIELDS):
            where = " AND ".join(f"{column} = ?" for column in columns)
            cursor.execute(f"DELETE FROM {table} WHERE {where}", [*keys, criterion])
            continue
        marks = ", ".join("?" for _ in (*columns, *names))
        changes = ", ".join(f"{name} = excluded.{name}" for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join((*columns, *names))}) VALUES ({marks})"
            f" ON CONFLICT DO UPDATE SET {changes}",
            [*keys, criterion, *(cells[name] for name in names)],
        )
    drop(cursor, branch_id, year, stage, found)
    return len(found)


def context(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> tuple[str, bool, str | None, bool] | None:
    """What decides whether a sheet may be filled in: the branch's sector, whether it is active, the review of its
    application (None without one), and whether the year is final; None for no such branch."""
    row = cursor.execute(
        "SELECT b.sector, b.active, a.review,"
        " EXISTS (SELECT 1 FROM award_runs r WHERE r.year = $year AND r.final_at IS NOT NULL AND r.reopened_at IS NULL)"
        " FROM branches b LEFT JOIN applications a ON a.branch_id = b.branch_id AND a.year = $year"
        " WHERE b.branch_id = $branch",
        {"branch": branch_id, "year": year},
    ).fetchone()
    return row if row is None else (row[0], row[1], row[2], row[3])

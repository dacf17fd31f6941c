"""What happened to a branch in a year, in order, with reasons. Rows are added, never changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import duckdb

from dashboard.store.connection import Store


def note(
    cursor: duckdb.DuckDBPyConnection,
    branch_id: str,
    year: int,
    action: str,
    who: str,
    reason: str = "",
    **detail: object,
) -> None:
    """Add a line in the caller's transaction. `detail` is kept as JSON."""
    cursor.execute(
        "INSERT INTO proceedings SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM proceedings",
        [
            branch_id,
            year,
            datetime.now(UTC).replace(tzinfo=None),
            who,
            action,
            reason,
            json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        ],
    )


def of_branch(store: Store, branch_id: str, year: int) -> list[dict[str, Any]]:
    """The lines of a branch in a year, the oldest first; `happened_at` in UTC."""
    return _lines(store, "branch_id = ? AND year = ?", [branch_id, year])


def of_year(store: Store, year: int, action: str) -> list[dict[str, Any]]:
    """The lines of one kind in a year, the oldest first."""
    return _lines(store, "year = ? AND action = ?", [year, action])


def _lines(store: Store, where: str, values: list[object]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.query(
        f"SELECT * FROM proceedings WHERE {where} ORDER BY number", values
    ).to_pylist()
    for row in rows:
        row["happened_at"] = row["happened_at"].replace(tzinfo=UTC)
        row["detail"] = json.loads(row["detail"])
    return rows

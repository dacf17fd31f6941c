"""Kept scenarios. Keeping one changes no data, so it gives no new revision."""

from __future__ import annotations

from typing import Any

from dashboard.store.connection import Store

COLUMNS = ("scenario_id", "name", "note", "author", "base", "changes", "saved_at")


def rows(store: Store) -> list[dict[str, Any]]:
    """Every kept scenario, the latest first."""
    found: list[dict[str, Any]] = store.query(
        f"SELECT {', '.join(COLUMNS)} FROM scenarios ORDER BY saved_at DESC, scenario_id"
    ).to_pylist()
    return found


def put(store: Store, row: dict[str, object]) -> None:
    """Add a scenario, or replace the one of the same id."""
    marks = ", ".join("?" for _ in COLUMNS)
    with store.transaction() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO scenarios VALUES ({marks})", [row[name] for name in COLUMNS])


def remove(store: Store, scenario_id: str) -> None:
    """Take a scenario out."""
    with store.transaction() as cursor:
        cursor.execute("DELETE FROM scenarios WHERE scenario_id = ?", [scenario_id])

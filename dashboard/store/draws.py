"""Draws as the store keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from dashboard.errors import StoreError
from dashboard.store.connection import Store
from dashboard.store.years import require_open


def rows(store: Store, year: int) -> list[dict[str, Any]]:
    """The draws of a year, the latest first, abandoned ones too; `replaced` maps a branch to the reason."""
    found: list[dict[str, Any]] = store.query(
        "SELECT * FROM draws WHERE year = ? ORDER BY draw_id DESC", [year]
    ).to_pylist()
    for row in found:
        replaced = store.query(
            "SELECT branch_id, because FROM draw_replacements WHERE draw_id = ? ORDER BY replaced_at, branch_id",
            [row["draw_id"]],
        )
        row["replaced"] = {r["branch_id"]: r["because"] for r in replaced.to_pylist()}
    return found


def freeze(store: Store, row: Mapping[str, object], version: int) -> None:
    """Keep a list before its seed is known; it was made on a `version` of the data.

    Raises:
        StoreError: another draw of the year and kind is open or drawn, or the data has changed.
    """
    names = [*row, "frozen_at"]
    with store.write("freeze_draw", year=row["year"], kind=row["kind"]) as cursor:
        require_open(cursor, int(str(row["year"])))
        if store.revision().version != version:
            raise StoreError.of("store.changed_meanwhile")
        there = cursor.execute(
            "SELECT draw_id FROM draws WHERE year = ? AND kind = ? AND abandoned_at IS NULL", [row["year"], row["kind"]]
        ).fetchone()
        if there:
            raise StoreError.of("draw.there_is_one", draw=there[0])
        cursor.execute(
            f"INSERT INTO draws (draw_id, {', '.join(names)})"
            f" SELECT coalesce(max(draw_id), 0) + 1, {', '.join('?' for _ in names)} FROM draws",
            [*row.values(), _now()],
        )


def enter_seed(store: Store, draw_id: int, seed: str, who: str) -> None:
    """Say the seed of a frozen list, once.

    Raises:
        StoreError: the draw is abandoned or has a seed.
    """
    _change(store, draw_id, "seed IS NULL", "seed = ?, drawn_at = ?, drawn_by = ?", [seed, _now(), who])


def abandon(store: Store, draw_id: int, because: str) -> None:
    """Give a draw up; it stays on record.

    Raises:
        StoreError: it is abandoned already.
    """
    _change(store, draw_id, "true", "abandoned_because = ?, abandoned_at = ?", [because, _now()])


def _change(store: Store, draw_id: int, only_if: str, change: str, values: list[object]) -> None:
    with store.write("change_draw", draw=draw_id) as cursor:
        _require(cursor, draw_id, only_if)
        cursor.execute(f"UPDATE draws SET {change} WHERE draw_id = ?", [*values, draw_id])


def _require(cursor: duckdb.DuckDBPyConnection, draw_id: int, only_if: str) -> None:
    """Let a change of a draw go on if it is not given up, its year is not final, and `only_if` holds."""
    found = cursor.execute(
        f"SELECT year FROM draws WHERE draw_id = ? AND abandoned_at IS NULL AND {only_if}", [draw_id]
    ).fetchone()
    if found is None:
        raise StoreError.of("draw.not_open")
    require_open(cursor, found[0])


def replace(store: Store, draw_id: int, branch_id: str, because: str, who: str) -> None:
    """Take a drawn branch out; the next ticket of its superior takes its place.

    Raises:
        StoreError: it was replaced already, or the draw was given up.
    """
    with store.write("replace_drawn", draw=draw_id, branch=branch_id) as cursor:
        _require(cursor, draw_id, "seed IS NOT NULL")
        there = cursor.execute(
            "SELECT 1 FROM draw_replacements WHERE draw_id = ? AND branch_id = ?", [draw_id, branch_id]
        ).fetchone()
        if there:
            raise StoreError.of("draw.not_open")
        cursor.execute(
            "INSERT INTO draw_replacements VALUES (?, ?, ?, ?, ?)", [draw_id, branch_id, because, _now(), who]
        )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

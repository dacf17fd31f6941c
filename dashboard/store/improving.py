"""整改方案 of branches that ended a year without a star (附2·五·3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class Plan(NamedTuple):
    """What a branch means to do, and by which day it means to hold a star; `handed_in_at` is in UTC."""

    branch_id: str
    year: int
    plan: str
    due_on: date | None
    handed_in_at: datetime


_SELECT = "SELECT branch_id, year, plan, due_on, handed_in_at FROM improvement_plans"


def _plan(row: tuple[object, ...]) -> Plan:
    found = Plan(*row)  # type: ignore[arg-type]
    return found._replace(handed_in_at=found.handed_in_at.replace(tzinfo=UTC))


def of_year(store: Store, year: int) -> dict[str, Plan]:
    """The plans of a year by branch."""
    with store.read() as cursor:
        rows = cursor.execute(f"{_SELECT} WHERE year = ?", [year]).fetchall()
    return {plan.branch_id: plan for plan in map(_plan, rows)}


def find(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> Plan | None:
    """The plan of a branch for a year."""
    row = cursor.execute(f"{_SELECT} WHERE branch_id = ? AND year = ?", [branch_id, year]).fetchone()
    return _plan(row) if row else None


def put(cursor: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Keep a plan in the place of an earlier one, inside a transaction."""
    cursor.execute(
        "INSERT INTO improvement_plans (branch_id, year, plan, due_on, handed_in_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET plan = excluded.plan, due_on = excluded.due_on,"
        " handed_in_at = excluded.handed_in_at",
        [*plan[:4], plan.handed_in_at.replace(tzinfo=None)],
    )


def levels(store: Store, year: int) -> dict[str, int]:
    """The level on record for a year by branch."""
    with store.read() as cursor:
        return dict(cursor.execute("SELECT branch_id, level FROM awards WHERE year = ?", [year]).fetchall())


def level_on_record(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int) -> int | None:
    """The level of a branch on record for a year; None where there is none."""
    row = cursor.execute("SELECT level FROM awards WHERE branch_id = ? AND year = ?", [branch_id, year]).fetchone()
    return int(row[0]) if row else None

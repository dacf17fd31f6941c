"""What an evaluation asks of the store and leaves in it."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from dashboard.store.connection import Store
from dashboard.store.years import require_open


def has_acceptance(store: Store, year: int) -> bool:
    """Whether the year has any acceptance inspection, which makes an evaluation final."""
    found = store.query("SELECT 1 FROM inspections WHERE year = ? AND kind = 'acceptance' LIMIT 1", [year])
    return len(found) > 0


def record(store: Store, rows: pa.Table, *, year: int, stage: str, rules: str) -> None:
    """Write the awards of a year (`branch_id`, `awarded`, `basis`), replacing those recorded before.

    Raises:
        StoreError: the result of the year is final.
    """
    with store.write("record_awards", year=year, stage=stage, rules=rules) as cursor:
        require_open(cursor, year)
        put(cursor, rows, year=year, stage=stage, rules=rules)


def put(cursor: duckdb.DuckDBPyConnection, rows: pa.Table, *, year: int, stage: str, rules: str) -> None:
    """The same inside a transaction."""
    cursor.register("awarded", rows)
    cursor.execute(
        "INSERT INTO awards SELECT branch_id, ?, awarded, basis, ?, ?, now()::TIMESTAMP FROM awarded"
        " ON CONFLICT (branch_id, year) DO UPDATE SET level = excluded.level, basis = excluded.basis,"
        " stage = excluded.stage, rules = excluded.rules, recorded_at = excluded.recorded_at",
        [year, stage, rules],
    )
    cursor.unregister("awarded")

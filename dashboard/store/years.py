"""Years that are final: what they rest on does not change any more."""

from __future__ import annotations

import duckdb

from dashboard.errors import StoreError

_FROZEN = "SELECT DISTINCT year FROM award_runs WHERE final_at IS NOT NULL AND reopened_at IS NULL"


def frozen(cursor: duckdb.DuckDBPyConnection) -> frozenset[int]:
    """The years whose result is final."""
    return frozenset(year for (year,) in cursor.execute(_FROZEN).fetchall())


def is_final(cursor: duckdb.DuckDBPyConnection, year: int) -> bool:
    """Whether the result of a year is final, inside a transaction."""
    return cursor.execute(f"SELECT 1 FROM ({_FROZEN}) WHERE year = ?", [year]).fetchone() is not None


def require_open(cursor: duckdb.DuckDBPyConnection, year: int) -> None:
    """Let a change of a year go on, inside its transaction.

    Raises:
        StoreError: the result of the year is final.
    """
    if is_final(cursor, year):
        raise StoreError.of("year.frozen", year=year)

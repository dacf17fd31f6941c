"""Evaluations of a year that are kept, from made to announced to final, and the objections to them (附2·四·3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import duckdb

from dashboard.store.connection import Store


class RunRow(NamedTuple):
    """A kept evaluation without its contents. Times are in UTC; `rules`, `inputs` and `result` are SHA-256."""

    run_id: int
    year: int
    stage: str
    made_at: datetime
    made_by: str
    rules: str
    inputs: str
    result: str
    announced_at: datetime | None
    notice_from: date | None
    notice_to: date | None
    notice_scope: str | None
    notice_contact: str | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    final_at: datetime | None
    reopened_at: datetime | None
    reopened_because: str | None


class Contents(NamedTuple):
    """What a run holds: the rules as a rules file, the result as JSON, and the table of the evaluation as an Arrow
    stream."""

    rulebook: str
    document: str
    evaluation: bytes


class ObjectionRow(NamedTuple):
    """An objection to an announced result (公示异议); `outcome` is None while it is open."""

    objection_id: str
    run_id: int
    branch_id: str | None
    received_on: date
    raised_by: str
    statement: str
    outcome: str | None
    finding: str | None
    decided_at: datetime | None


_COLUMNS = ", ".join(RunRow._fields)
_OBJECTION = ", ".join(ObjectionRow._fields)


def of_year(store: Store, year: int) -> list[RunRow]:
    """The runs of a year, the latest first."""
    with store.read() as cursor:
        return _rows(cursor, "year = ? ORDER BY run_id DESC", [year])


def find(cursor: duckdb.DuckDBPyConnection, run_id: int) -> RunRow | None:
    """One run."""
    return next(iter(_rows(cursor, "run_id = ?", [run_id])), None)


def open_run(cursor: duckdb.DuckDBPyConnection, year: int) -> RunRow | None:
    """The run of a year that is announced or final; there is one at most."""
    where = "year = ? AND announced_at IS NOT NULL AND withdrawn_at IS NULL AND reopened_at IS NULL"
    return next(iter(_rows(cursor, where, [year])), None)


def later_final(cursor: duckdb.DuckDBPyConnection, year: int) -> int | None:
    """The first year after `year` whose result is final."""
    row = cursor.execute(
        "SELECT min(year) FROM award_runs WHERE year > ? AND final_at IS NOT NULL AND reopened_at IS NULL", [year]
    ).fetchone()
    return row[0] if row else None


def _rows(cursor: duckdb.DuckDBPyConnection, where: str, values: Sequence[object]) -> list[RunRow]:
    rows = cursor.execute(f"SELECT {_COLUMNS} FROM award_runs WHERE {where}", values).fetchall()
    return [RunRow(*map(_utc, row)) for row in rows]


def contents(store: Store, run_id: int) -> Contents | None:
    """What a run holds."""
    with store.read() as cursor:
        row = cursor.execute(
            f"SELECT {', '.join(Contents._fields)} FROM award_runs WHERE run_id = ?", [run_id]
        ).fetchone()
    return Contents(*row) if row else None


def add(cursor: duckdb.DuckDBPyConnection, row: Mapping[str, object], held: Contents) -> int:
    """Keep a run, inside a transaction; returns its number."""
    values = {**row, "made_at": now(), **held._asdict()}
    found = cursor.execute(
        f"INSERT INTO award_runs (run_id, {', '.join(values)})"
        f" SELECT coalesce(max(run_id), 0) + 1, {', '.join('?' for _ in values)} FROM award_runs RETURNING run_id",
        list(values.values()),
    ).fetchone()
    assert found is not None
    return int(found[0])


def change(cursor: duckdb.DuckDBPyConnection, run_id: int, **values: object) -> None:
    """Set columns of a run, inside a transaction."""
    changes = ", ".join(f"{name} = ?" for name in values)
    cursor.execute(f"UPDATE award_runs SET {changes} WHERE run_id = ?", [*values.values(), run_id])


def objections(cursor: duckdb.DuckDBPyConnection, run_id: int) -> list[ObjectionRow]:
    """The objections to a run, the oldest first."""
    rows = cursor.execute(
        f"SELECT {_OBJECTION} FROM objections WHERE run_id = ? ORDER BY received_on, objection_id", [run_id]
    ).fetchall()
    return [ObjectionRow(*map(_utc, row)) for row in rows]


def put_objection(cursor: duckdb.DuckDBPyConnection, row: ObjectionRow) -> None:
    """Keep an objection, inside a transaction."""
    values = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row]
    changes = ", ".join(f"{name} = excluded.{name}" for name in ObjectionRow._fields[1:])
    cursor.execute(
        f"INSERT INTO objections ({_OBJECTION}) VALUES ({', '.join('?' for _ in row)}) ON CONFLICT DO UPDATE"
        f" SET {changes}",
        values,
    )


def now() -> datetime:
    """Now in UTC, as the store keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

"""Incidents (违纪违法) of branches."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class IncidentRow(NamedTuple):
    """An incident as it is stored."""

    incident_id: str
    branch_id: str
    year: int
    subject: str
    member_id: str | None
    severe: bool
    note: str | None


_COLUMNS = ", ".join(IncidentRow._fields)


def of_year(store: Store, year: int) -> list[tuple[IncidentRow, str | None]]:
    """The incidents of a year with the name of the member, where one is named and known."""
    with store.read() as cursor:
        rows = cursor.execute(
            f"SELECT {', '.join(f'i.{name}' for name in IncidentRow._fields)}, m.name"
            " FROM incidents i LEFT JOIN members m USING (member_id) WHERE i.year = ?"
            " ORDER BY i.branch_id, i.incident_id",
            [year],
        ).fetchall()
    return [(IncidentRow(*row[:-1]), row[-1]) for row in rows]


def find(cursor: duckdb.DuckDBPyConnection, incident_id: str) -> IncidentRow | None:
    """One incident."""
    row = cursor.execute(f"SELECT {_COLUMNS} FROM incidents WHERE incident_id = ?", [incident_id]).fetchone()
    return IncidentRow(*row) if row else None


def put(cursor: duckdb.DuckDBPyConnection, row: IncidentRow) -> None:
    """Keep an incident, inside a transaction."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in IncidentRow._fields[1:])
    cursor.execute(
        f"INSERT INTO incidents ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET {changes}",
        list(row),
    )


def remove(cursor: duckdb.DuckDBPyConnection, incident_id: str) -> None:
    """Take an incident out, inside a transaction."""
    cursor.execute("DELETE FROM incidents WHERE incident_id = ?", [incident_id])


def members_of(store: Store, branch_id: str) -> dict[str, str]:
    """The names of a branch's members by id, by name."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT member_id, name FROM members WHERE branch_id = ? ORDER BY name, member_id", [branch_id]
        ).fetchall()
    return dict(rows)

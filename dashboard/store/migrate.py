"""Numbered SQL migrations. A store is carried forward as a whole or left untouched."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import NamedTuple

import duckdb

from dashboard.errors import StoreError


class Migration(NamedTuple):
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Every migration of this version, in order."""
    folder = resources.files("dashboard.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(int(f.name[:4]), f.name.removesuffix(".sql"), f.read_text("utf-8")) for f in files]


def migrate(root: duckdb.DuckDBPyConnection, where: str) -> None:
    """Apply what is missing, in one transaction.

    Raises:
        StoreError: the store was written by a newer version, by changed migrations, or by another program.
    """
    known = migrations()
    tables = {row[0] for row in root.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if tables and "schema_migrations" not in tables:
        raise StoreError.of("store.foreign", where)
    if not tables:
        root.execute(
            "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name VARCHAR NOT NULL,"
            " checksum VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL DEFAULT current_timestamp)"
        )
    applied = dict(root.execute("SELECT number, checksum FROM schema_migrations").fetchall())
    if applied and max(applied) > known[-1].number:
        raise StoreError.of("store.newer", where, found=max(applied), known=known[-1].number)
    for migration in known:
        if migration.number in applied and applied[migration.number] != migration.checksum:
            raise StoreError.of("store.migration_changed", where, name=migration.name)
    _apply(root, [m for m in known if m.number not in applied])


def _apply(root: duckdb.DuckDBPyConnection, missing: list[Migration]) -> None:
    if not missing:
        return
    root.execute("BEGIN TRANSACTION")
    try:
        for migration in missing:
            root.execute(migration.sql)
            root.execute(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)",
                [migration.number, migration.name, migration.checksum],
            )
        root.execute("COMMIT")
    except BaseException:
        root.execute("ROLLBACK")
        raise

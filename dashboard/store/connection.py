"""One DuckDB file, opened once a process; a cursor for each use.

A connection shared by threads has been seen to return wrong rows, so nothing outside this module holds one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import duckdb
import pyarrow as pa

from dashboard.errors import StoreError
from dashboard.store.migrate import migrate

_CONFIG: dict[str, str | bool] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Revision(NamedTuple):
    """The state of the data: a counter that grows with every change, and when and why it last did (UTC)."""

    version: int
    at: datetime | None
    action: str


class Store:
    """The data of one subdistrict.

    Raises:
        StoreError: the file is in use by another process, is no store, or was written by a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the store at `path`, or one in memory; migrations bring it up to date."""
        self.path = path
        self.secrets: dict[str, bytes] = {}  # keys that this process holds and the file never does
        self._writing = threading.Lock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._root = duckdb.connect(str(path) if path else ":memory:", config=dict(_CONFIG))
        except duckdb.IOException as exc:
            locked = "lock" in str(exc).lower()
            code = "store.locked" if locked else "store.unreadable"
            raise StoreError.of(code, str(path), detail=str(exc).splitlines()[0]) from exc
        except duckdb.Error as exc:
            raise StoreError.of("store.unreadable", str(path), detail=str(exc).splitlines()[0]) from exc
        try:
            migrate(self._root, str(path))
        except StoreError:
            self._root.close()
            raise
        self._revision = self._read_revision()
        self._adopt()

    def _adopt(self) -> None:
        """Finish a migration that SQL cannot do: the voters of older stores are hashed by a key of their own."""
        with self.read() as cursor:
            if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'plain_votes'").fetchone():
                return
        from dashboard.store.ledger import adopt_plain_votes

        adopt_plain_votes(self)

    def close(self) -> None:
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for reading; closed after use."""
        cursor = self._root.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def write(self, action: str, **detail: object) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction that changes data: all of it is stored, with a new revision, or nothing is.

        The block may raise `NothingToDo` to end without a new revision.
        """
        with self.transaction() as cursor:
            yield cursor
            cursor.execute(
                "INSERT INTO revisions SELECT coalesce(max(version), 0) + 1, ?, ?, ? FROM revisions",
                [_now(), action, json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)],
            )
        self._revision = self._read_revision()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction without a new revision, for what is kept beside the data, such as scenarios."""
        with self._writing, self.read() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except NothingToDo:
                cursor.execute("ROLLBACK")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise

    def query(
        self,
        sql: str,
        values: Sequence[object] | Mapping[str, object] = (),
        *,
        relations: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """The rows of a query. `values` are bound; `relations` are lent to it under their names."""
        with self.read() as cursor:
            for name, relation in (relations or {}).items():
                cursor.register(name, relation)
            return cursor.execute(sql, values or None).to_arrow_table()

    def revision(self) -> Revision:
        """The latest change; version 0 in a new store. Known without a query: this process owns the file."""
        return self._revision

    def _read_revision(self) -> Revision:
        with self.read() as cursor:
            row = cursor.execute(
                "SELECT version, changed_at, action FROM revisions ORDER BY version DESC LIMIT 1"
            ).fetchone()
        return Revision(int(row[0]), row[1].replace(tzinfo=UTC), row[2]) if row else Revision(0, None, "")

    def property(self, name: str) -> str | None:
        """A lasting property of the store, such as `synthetic`."""
        with self.read() as cursor:
            row = cursor.execute("SELECT value FROM properties WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else None


def set_property(cursor: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Keep a lasting property of the store, inside a transaction."""
    cursor.execute("INSERT OR REPLACE INTO properties VALUES (?, ?)", [name, value])


class NothingToDo(Exception):
    """Raised inside `Store.write` to leave the store as it was, without an error."""


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

"""Files of evidence as the store keeps them. A removed file stays on record and is listed no more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from dashboard.store.connection import Store


class FileRow(NamedTuple):
    """A file without its content. `criterion` is empty where it belongs to no criterion; `size` is in bytes."""

    file_id: str
    branch_id: str
    year: int
    stage: str
    criterion: str
    name: str
    media_type: str
    size: int
    sha256: str


_COLUMNS = ", ".join(FileRow._fields)


def of_sheet(cursor: duckdb.DuckDBPyConnection, branch_id: str, year: int, stage: str) -> tuple[FileRow, ...]:
    """The files of a sheet, in the order in which they came."""
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM evidence_files WHERE branch_id = ? AND year = ? AND stage = ? AND removed_at IS NULL"
        " ORDER BY added_at, file_id",
        [branch_id, year, stage],
    ).fetchall()
    return tuple(FileRow(*row) for row in rows)


def find(store: Store, file_id: str) -> FileRow | None:
    """A file that was not removed."""
    with store.read() as cursor:
        row = cursor.execute(
            f"SELECT {_COLUMNS} FROM evidence_files WHERE file_id = ? AND removed_at IS NULL", [file_id]
        ).fetchone()
    return FileRow(*row) if row else None


def content(store: Store, file_id: str) -> bytes:
    """What a file holds."""
    with store.read() as cursor:
        row = cursor.execute("SELECT content FROM evidence_files WHERE file_id = ?", [file_id]).fetchone()
    return bytes(row[0]) if row else b""


def add(cursor: duckdb.DuckDBPyConnection, row: FileRow, body: bytes, who: str) -> None:
    """Keep a file, inside a transaction."""
    marks = ", ".join("?" for _ in row)
    cursor.execute(
        f"INSERT INTO evidence_files ({_COLUMNS}, content, added_at, added_by) VALUES ({marks}, ?, ?, ?)",
        [*row, body, _now(), who],
    )


def remove(cursor: duckdb.DuckDBPyConnection, file_id: str) -> None:
    """List a file no more, inside a transaction."""
    cursor.execute("UPDATE evidence_files SET removed_at = ? WHERE file_id = ?", [_now(), file_id])


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

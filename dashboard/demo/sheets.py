"""Columns as typed relations, and relations into the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from dashboard.store.connection import Store
from dashboard.store.datasets import DATASETS
from dashboard.store.importing import COLUMN_TYPES, put, with_parts
from dashboard.store.ledger import Cursor, VoteFile, add_file
from dashboard.store.voters import Hash, voter_hash

Column: TypeAlias = "Sequence[object] | np.ndarray[tuple[int, ...], np.dtype[np.generic]] | pa.Array"
Sheet: TypeAlias = tuple[str, pa.Table]


_TYPES = {kind: arrow for kind, arrow in COLUMN_TYPES.items() if kind != "voter"}  # voters are hidden when stored


def sheet(dataset: str, /, **columns: Column) -> Sheet:
    """Rows of a table of the data set, in its types; NaN is blank."""
    kinds = {c.name: c.kind for c in DATASETS[dataset].columns}
    return dataset, pa.table(
        {c: _typed(values, _TYPES.get(kinds.get(c, ""), pa.string())) for c, values in columns.items()}
    )


def _typed(values: Column, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values.cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.float64(), from_pandas=True).cast(kind)
    return pa.array(values, kind, from_pandas=True)


def write(store: Store, sheets: Iterable[Sheet], **detail: object) -> None:
    """Store rows in one transaction, in the order of the data set."""
    order = list(DATASETS)
    sheets = list(sheets)
    hidden = any(name in ("votes", "identities") for name, _ in sheets)
    hashed = voter_hash(store) if hidden else None
    with store.write("demo", **detail) as cursor:
        for name, rows in sorted(sheets, key=lambda s: order.index(s[0])):
            if len(rows):
                _put(cursor, name, rows, hashed)


def _put(cursor: Cursor, name: str, rows: pa.Table, hashed: Hash | None) -> None:
    if name == "votes" and hashed:
        columns = {column: rows.column(column).to_pylist() for column in rows.column_names}
        first, last = columns["vote_id"][0], columns["vote_id"][-1]
        file = VoteFile(f"{first}-{last}.csv", f"demo {first}", columns, range(2, len(rows) + 2))
        add_file(cursor, file, hashed, {}, "")
        return
    for column in (c.name for c in DATASETS[name].columns if c.kind == "voter"):
        values = [None if v is None else hashed(v) for v in rows.column(column).to_pylist()] if hashed else []
        at = rows.schema.get_field_index(column)
        rows = rows.set_column(at, column, pa.array(values, COLUMN_TYPES["voter"]))
    rows = with_parts(rows) if name == "identities" else rows
    put(cursor, DATASETS[name], rows.column_names, rows)

"""Columns as typed relations, and relations into the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from dashboard.store.connection import Store
from dashboard.store.datasets import DATASETS
from dashboard.store.importing import COLUMN_TYPES, put

Column: TypeAlias = "Sequence[object] | np.ndarray[tuple[int, ...], np.dtype[np.generic]] | pa.Array"
Sheet: TypeAlias = tuple[str, pa.Table]


def sheet(dataset: str, /, **columns: Column) -> Sheet:
    """Rows of a table of the data set, in its types; NaN is blank."""
    kinds = {c.name: c.kind for c in DATASETS[dataset].columns}
    return dataset, pa.table(
        {c: _typed(values, COLUMN_TYPES.get(kinds.get(c, ""), pa.string())) for c, values in columns.items()}
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
    with store.write("demo", **detail) as cursor:
        for name, rows in sorted(sheets, key=lambda s: order.index(s[0])):
            if len(rows):
                put(cursor, DATASETS[name], rows.column_names, rows)

"""The data set as files: what `import` takes, in the order of the keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from dashboard.errors import UserError
from dashboard.store.connection import Store
from dashboard.store.datasets import DATASETS, RATED_BY, Dataset
from dashboard.store.ledger import EFFECTIVE
from dashboard.store.voters import written


def export_folder(store: Store, folder: Path, *, chinese: bool = False, suffix: str = "csv") -> dict[str, int]:
    """Write every table; each file appears whole or not at all. Returns rows by table."""
    if folder.exists() and not folder.is_dir():
        raise UserError.of("cli.export_not_folder", str(folder))
    counts = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for dataset in DATASETS.values():
            table = read_table(store, dataset)
            header = [c.zh if chinese else c.name for c in dataset.columns]
            final = folder / f"{dataset.name}.{suffix}"
            partial = final.with_name(f".{final.name}.partial")
            write = _write_csv if suffix == "csv" else _write_xlsx
            write(partial, header, table)
            partial.replace(final)
            counts[dataset.name] = len(table)
    except OSError as exc:
        raise UserError.of("cli.export_failed", str(folder), detail=exc.strerror or "") from exc
    return counts


def year_files(store: Store, year: int) -> dict[str, bytes]:
    """The data set that the rating of a year rests on, as CSV files by name; `import` takes them."""
    found = {}
    for name, offset in RATED_BY.items():
        dataset = DATASETS[name]
        where, values = ("true", []) if offset is None else ("year = ?", [year + offset])
        out = io.StringIO()
        _write_rows(out, list(dataset.by_name), read_table(store, dataset, where, values))
        found[f"{name}.csv"] = out.getvalue().encode()
    return found


def read_table(store: Store, dataset: Dataset, where: str = "true", values: Sequence[object] = ()) -> pa.Table:
    """The rows of a table, ordered by key. Voters are written as the hashes that the store holds."""
    if dataset.name == "votes":
        columns, source, order = _VOTES, f"({EFFECTIVE})", "row_key"
    else:
        columns, source, order = ", ".join(dataset.by_name), dataset.name, ", ".join(dataset.keys)
    table = store.query(f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order}", values)
    for column in (c.name for c in dataset.columns if c.kind == "voter"):
        at = table.schema.get_field_index(column)
        hashes = [None if value is None else written(int(value)) for value in table.column(column).to_pylist()]
        table = table.set_column(at, column, pa.array(hashes, pa.string()))
    return table


_VOTES = (
    "row_key AS vote_id, channel, voter, nominee_id,"
    " coalesce(replace(strftime(cast_at, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', ''), cast_text) AS cast_at, row_key"
)


def cell_rows(table: pa.Table) -> Iterator[Sequence[object]]:
    """Rows of cells as a data file writes them: flags 1 and 0, dates ISO, numbers without trailing zeros."""
    for batch in table.to_batches(max_chunksize=20_000):
        yield from zip(*([_cell(v) for v in column.to_pylist()] for column in batch.columns), strict=True)


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return int(value)
        case float() if value.is_integer():
            return int(value)
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
        case list():
            return "; ".join(f"{name} {count}" for name, count in value)
        case _:
            return value


def _write_csv(path: Path, header: list[str], table: pa.Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_rows(file, header, table)


def _write_rows(file: TextIO, header: list[str], table: pa.Table) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(cell_rows(table))


def _write_xlsx(path: Path, header: list[str], table: pa.Table) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **options}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, book.add_format({"bold": True}))
        for number, cells in enumerate(cell_rows(table), 1):
            for column, value in enumerate(cells):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value != "":
                    sheet.write_string(number, column, str(value))

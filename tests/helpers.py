"""Small tools that several tests share."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.store.connection import Store
from dashboard.store.files import DataFile
from dashboard.store.importing import Counts, import_files

R = TypeVar("R")
Rows = Sequence[Mapping[str, object]]


def data_file(name: str, rows: Rows, header: Sequence[str] | None = None) -> DataFile:
    """A CSV file of a data set; the header is that of the first row unless given."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header or list(rows[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return DataFile(f"{name}.csv", out.getvalue().encode())


def load_tables(store: Store, rulebook: Rulebook, tables: Mapping[str, Rows]) -> dict[str, Counts]:
    """Import rows by table; tables without rows are left out."""
    return import_files(store, [data_file(name, rows) for name, rows in tables.items() if rows], rulebook)


def changed(rulebook: Rulebook, *changes: str) -> Rulebook:
    """The rulebook with `--set` changes."""
    return apply(rulebook, [Change.parse(change) for change in changes])


def codes(error: UserError) -> list[str]:
    """The codes of an error's problems, in order."""
    return [problem.code for problem in error.problems]


def run_apart(work: Coroutine[object, object, R]) -> R:
    """Run asynchronous work in a thread of its own: a browser of the same process has its loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def write_csv(folder: Path, tables: Mapping[str, Rows]) -> Path:
    """The same tables as files in a folder."""
    for name, rows in tables.items():
        if rows:
            (folder / f"{name}.csv").write_bytes(data_file(name, rows).content)
    return folder

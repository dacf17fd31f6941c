"""Small data sets, written as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from dashboard.store.files import DataFile

YEAR = 2024

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]
Marks = Mapping[str, float]


def table(header: str, rows: str) -> list[Row]:
    """Rows written as a table: columns separated by blanks, `.` for a blank cell."""
    names = header.split()
    lines = (line.split() for line in rows.strip().splitlines())
    return [dict(zip(names, ("" if cell == "." else cell for cell in line), strict=True)) for line in lines]


def marks_of(stage: str, sheets: Mapping[str, Marks]) -> list[Row]:
    return [
        {"branch_id": branch, "year": YEAR, "stage": stage, "criterion": criterion, "value": value}
        for branch, sheet in sheets.items()
        for criterion, value in sheet.items()
    ]


def as_file(name: str, rows: Sequence[Row]) -> DataFile:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return DataFile(f"{name}.csv", text.getvalue().encode())

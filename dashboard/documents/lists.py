"""Lists → CSV that spreadsheet programs read as text and numbers, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_list(header: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """A header and rows, in UTF-8 with the mark that spreadsheet programs look for.

    Text that a program would compute gets an apostrophe before it; numbers stay numbers, None is an empty cell.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_text(title) for title in header])
    writer.writerows([_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _text(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell

"""Tables → xlsx that filters, prints and never computes: what users typed stays text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import xlsxwriter

from dashboard.documents.figures import clean, clip, local
from dashboard.documents.paper import line_count

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SIZE, LEADING = 10.5, 14.0  # points
MOST = 32_767  # characters that a cell holds
NUMBERS = {
    "whole": "#,##0",
    "signed": "+#,##0;-#,##0;0",
    "share": "0.0%",
    "gain": "+0.00;-0.00;0.00",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
Kind = Literal["text", "words", "whole", "signed", "share", "gain", "moment"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: `words` are text that wraps."""

    title: str
    width: float
    kind: Kind = "text"


def height_of(cells: Iterable[tuple[object, float]]) -> float:
    """The height of a row, in points, in which texts wrap at these widths; programs do not all see to it."""
    lines = max((line_count(str(text or ""), 5.25 * width - 12, SIZE) for text, width in cells), default=1)
    return min(lines * LEADING + 3, 400)


def _shape(kind: Kind) -> dict[str, object]:
    """How cells of a kind differ: text to the left, figures to the right."""
    if kind in NUMBERS:
        return {"num_format": NUMBERS[kind], "align": "left" if kind == "moment" else "right"}
    return {"num_format": "@", "text_wrap": kind == "words"}


class Book:
    """A workbook under way."""

    def __init__(self, title: str, made_at: datetime) -> None:
        self._out = io.BytesIO()
        self.file: Any = xlsxwriter.Workbook(self._out, OPTIONS)
        self.file.set_properties({"title": clip(clean(title), 255), "created": made_at.replace(tzinfo=None)})
        base = {"font_name": "宋体", "font_size": SIZE, "valign": "vcenter"}
        framed = {**base, "border": 1, "border_color": "#BFBFBF", "indent": 1}
        self._formats: dict[str, Any] = {kind: self.file.add_format({**framed, **_shape(kind)}) for kind in KINDS}
        dark = {"bold": True, "bg_color": "#E7EDF3", "text_wrap": True, "align": "center", "indent": 0}
        self._formats["head"] = self.file.add_format({**framed, **dark})
        self._formats["title"] = self.file.add_format({**base, "bold": True, "font_size": 16})
        self._formats["section"] = self.file.add_format({**base, "bold": True, "font_size": 12})
        self._formats["plain"] = self.file.add_format({**base, "text_wrap": True, "num_format": "@"})

    def format(self, name: str) -> Any:
        return self._formats[name]

    def page(self, name: str) -> Any:
        """An empty sheet that prints on landscape A4, as wide as the paper."""
        sheet = self.file.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.6, right=0.6, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        return sheet

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """A sheet with one list: the header stays in sight, filters, and is printed on every page."""
        sheet = self.page(name)
        kinds = [column.kind for column in columns]
        for n, column in enumerate(columns):
            sheet.set_column(n, n, column.width)
            self.put(sheet, 0, n, column.title, "head")
        sheet.set_row(0, height_of([(column.title, 0.9 * column.width) for column in columns]) + 4)
        wrapped = [(n, column.width) for n, column in enumerate(columns) if column.kind == "words"]
        last = 0
        for last, row in enumerate(rows, 1):
            sheet.set_row(last, height_of([(row[n], width) for n, width in wrapped]))
            for n, (kind, value) in enumerate(zip(kinds, row, strict=True)):
                self.put(sheet, last, n, value, kind)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
        sheet.repeat_rows(0)

    def put(self, sheet: Any, row: int, column: int, value: object, name: str) -> None:
        """One cell, typed by its value: text is always text."""
        form = self._formats[name]
        if value is None:
            sheet.write_blank(row, column, None, form)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, local(value), form)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, form)
        else:
            sheet.write_string(row, column, clip(clean(str(value)), MOST), form)

    def done(self) -> bytes:
        self.file.close()
        return self._out.getvalue()

"""Lists as CSV: what a spreadsheet program would compute stays text."""

from __future__ import annotations

import csv
import io

import pytest

from dashboard.documents.lists import csv_list


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_text_numbers_and_empty_cells() -> None:
    content = csv_list(["党支部", "天数"], [("第一党支部", 3), ('带"引号"，逗号,和\n换行', None), ("负数", -2)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content) == [
        ["党支部", "天数"], ["第一党支部", "3"], ['带"引号"，逗号,和\n换行', ""], ["负数", "-2"],
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1+1", '=HYPERLINK("http://x")'])
def test_nothing_that_was_typed_is_a_formula(cell: str) -> None:
    assert read(csv_list([cell], [[cell]])) == [[f"'{cell}"], [f"'{cell}"]]

"""An A4 page in the look of official documents (after GB/T 9704-2012), and how much of it some text takes.

Fonts are named, not embedded. Every line is of an exact height, so that the length of a document can be known
beforehand whichever fonts a computer has.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MARGINS = (37.0, 26.0, 35.0, 28.0)  # mm: top, right, bottom, left
WIDTH, HEIGHT = 156.0, 225.0  # mm: the type area
POINT = 25.4 / 72  # mm
PADDING = 2.5  # pt, left and right in a cell
CELL_SPACE = 1.0  # pt, above and below in a cell
_SAFE = 0.99  # of a page that estimates may fill
_WIDTHS = (
    (" .,", 0.25),
    ("ijlt/;:|'", 0.28),
    ("fr()[]-!I", 0.34),
    ("acesz", 0.45),
    ('0123456789bdghknopquvxy_#*$?"', 0.5),
    ("+<=>~FPSLETZJ^", 0.61),
    ("mw@%&M", 0.93),
    ("W", 0.95),
)
_PIECES = re.compile(r"\n|\s+|[!-~]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Look:
    """How paragraphs of a style look: points throughout. `indent` is that of the first line, in characters."""

    name: str
    font: str
    size: float
    leading: float
    before: float = 0
    after: float = 0
    align: str = "left"
    indent: int = 0
    keep: bool = False


SONG, HEI, FANGSONG, TITLE_SONG = "宋体", "黑体", "仿宋_GB2312", "方正小标宋简体"
TITLE = Look("Title", TITLE_SONG, 22, 30, after=4, align="center")
SUBTITLE = Look("Subtitle", FANGSONG, 10.5, 15, after=2, align="center")
HEADING = Look("Heading 1", HEI, 12, 17, before=5, after=2, keep=True)
LEAD = Look("Lead", HEI, 12, 18, align="both", indent=2)
BODY = Look("Normal", FANGSONG, 12, 17, align="both", indent=2)
HEAD = Look("Table head", HEI, 10.5, 13, align="center")
CELL = Look("Table text", FANGSONG, 10.5, 13)
FIGURE = Look("Table figure", FANGSONG, 10.5, 13, align="center")
SMALL = Look("Small print", FANGSONG, 9, 12, before=4)
FOOTER = Look("Footer", SONG, 14, 16)
SPACE = Look("Space", FANGSONG, 8, 10)  # between tables, which would become one
SIGNATURE = Look("Signature", FANGSONG, 12, 24, before=20)
SEAL = Look("Seal", FANGSONG, 12, 24, before=20, after=20, align="right")
LOOKS = (BODY, TITLE, SUBTITLE, HEADING, LEAD, HEAD, CELL, FIGURE, SMALL, FOOTER, SPACE, SIGNATURE, SEAL)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph; `lead` is its emphasised beginning."""

    text: str
    look: Look = BODY
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a header that repeats on the next page. `widths` in mm; `centred` columns hold short figures."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    centred: frozenset[int] = frozenset()

    def look(self, column: int) -> Look:
        return FIGURE if column in self.centred else CELL


Block = Line | Grid


def line_count(text: str, width: float, size: float, indent: float = 0) -> int:
    """Lines that a text takes at a width (points): words stay whole, Chinese breaks anywhere."""
    lines, at = 1, indent
    for piece in _PIECES.findall(text):
        if piece == "\n":
            lines, at = lines + 1, 0.0
            continue
        wide = size * sum(map(_em, piece))
        if at + wide <= width:
            at += wide
        elif not piece.isspace():
            own = math.ceil(wide / width)
            lines, at = lines + own - (at == 0), wide - width * (own - 1)
    return lines


def _em(char: str) -> float:
    """The width of a character in ems; Latin ones as in Times New Roman, rather too wide than too narrow."""
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    return next((width for chars, width in _WIDTHS if char in chars), 0.75)


def page_count(blocks: Sequence[Block]) -> int:
    """The pages that blocks take. Rows stay whole, and a heading stays with what it is over."""
    room = HEIGHT / POINT * _SAFE
    pages, left = 1, room
    held = 0.0
    for height, keep in _pieces(blocks):
        held += height
        if keep:
            continue
        if held > left:
            pages, left = pages + max(1, math.ceil(held / room)), room
        left -= held
        held = 0.0
    return pages


def _pieces(blocks: Sequence[Block]) -> list[tuple[float, bool]]:
    """Heights of what may not be split, and whether each must stay with the next."""
    found = []
    for block in blocks:
        if isinstance(block, Line):
            found.append((_line_height(block), block.look.keep))
        else:
            found.append((_row_height(block, block.header, head=True), True))
            found += [(_row_height(block, row), False) for row in block.rows]
    return found


def _line_height(line: Line) -> float:
    look = line.look
    lines = line_count(line.lead + line.text, WIDTH / POINT, look.size, look.indent * look.size)
    return look.before + look.after + lines * look.leading


def _row_height(grid: Grid, cells: Sequence[str], *, head: bool = False) -> float:
    lines = max(
        line_count(text, width / POINT - 2 * PADDING - 0.2, (HEAD if head else CELL).size)
        for text, width in zip(cells, grid.widths, strict=True)
    )
    return lines * CELL.leading + 2 * CELL_SPACE + 0.5

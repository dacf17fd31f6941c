"""Data files → rows of text. CSV in UTF-8 (with or without BOM) or GB18030, and XLSX, within bounds."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from dashboard.errors import ImportRefused

MAX_BYTES = 512 * 1024 * 1024
MAX_INFLATED = 1024 * 1024 * 1024
MAX_COLUMNS = 200
TELL_EVERY = 20_000  # rows
SUFFIXES = (".csv", ".xlsx")
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file by name and content, so that an upload and a file on disk are the same. `tell` hears how much of it has
    been read, a share from 0 to 1."""

    name: str
    content: bytes
    tell: Progress | None = field(default=None, compare=False, repr=False)

    @property
    def stem(self) -> str:
        return self.name.rsplit(".", 1)[0]


def watched(files: Sequence[DataFile], tell: Progress) -> list[DataFile]:
    """The same files; `tell` hears which share of all of them has been read."""
    total = sum(len(file.content) for file in files) or 1
    done = [0.0] * len(files)

    def of(n: int) -> Progress:
        def hear(share: float) -> None:
            done[n] = share * len(files[n].content)
            tell(sum(done) / total)

        return hear

    return [replace(file, tell=of(n)) for n, file in enumerate(files)]


def collect(paths: Iterable[Path]) -> list[DataFile]:
    """The data files in folders and among single files, in the order of their names.

    Raises:
        ImportRefused: a path does not exist, cannot be read or is no data file, or there is no data file at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(f for f in path.iterdir() if _is_data(f))
        elif _is_data(path):
            found.append(path)
        else:
            raise ImportRefused.of("import.not_a_file", str(path), suffixes=", ".join(SUFFIXES))
    if not found:
        raise ImportRefused.of("import.no_files", ", ".join(str(path) for path in paths))
    return [DataFile(path.name, _read(path)) for path in found]


def _is_data(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(("~$", "."))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImportRefused.of("import.too_large", path.name, limit=MAX_BYTES // 2**20)
        return path.read_bytes()
    except OSError as exc:
        raise ImportRefused.of("import.unreadable", path.name, detail=exc.strerror or "") from exc


def rows(file: DataFile) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, as text, with their number in the file (the header is row 1 as a rule).

    Raises:
        ImportRefused: the file is not what its name says, or larger than an import takes.
    """
    expected = file.content.count(b"\n") + 1 if file.tell else 1
    reader = _xlsx_rows if file.name.lower().endswith(".xlsx") else _csv_rows
    for number, cells in reader(file):
        if len(cells) > MAX_COLUMNS:
            raise ImportRefused.of("import.too_wide", f"{file.name}:{number}", limit=MAX_COLUMNS)
        if any(cell and not cell.isspace() for cell in cells):
            yield number, cells
        if file.tell and number % TELL_EVERY == 0:
            file.tell(min(1.0, number / expected))
    if file.tell:
        file.tell(1.0)


def decode(file: DataFile) -> str:
    """The text of a CSV file."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = file.content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise ImportRefused.of("import.encoding", file.name)


def _csv_rows(file: DataFile) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(decode(file), newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error as exc:
        raise ImportRefused.of("import.bad_csv", f"{file.name}:{number + 1}", detail=str(exc)) from exc


def _xlsx_rows(file: DataFile) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_INFLATED:
                raise ImportRefused.of("import.too_large", file.name, limit=MAX_INFLATED // 2**20)
        book = load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
    except ImportRefused:
        raise
    except Exception as exc:  # openpyxl raises whatever its parts raise
        raise ImportRefused.of("import.bad_xlsx", file.name) from exc
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, [_cell_text(cell) for cell in cells]
    except Exception as exc:
        raise ImportRefused.of("import.bad_xlsx", file.name) from exc
    finally:
        book.close()


def _cell_text(value: object) -> str:
    """A cell of a workbook as a person reads it: numbers to 15 digits, dates as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)

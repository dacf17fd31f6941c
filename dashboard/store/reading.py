"""Data files → typed rows of each table, with every problem named as FILE:ROW:COLUMN."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dashboard.errors import ImportRefused, Problem
from dashboard.rules.rulebook import Rulebook
from dashboard.store.cells import CellError, Parser, answer_names, parser_for, plain
from dashboard.store.datasets import DATASETS, Column, Dataset
from dashboard.store.files import DataFile, rows
from dashboard.store.ledger import Layout, VoteFile

MAX_PROBLEMS = 100


@dataclass
class Problems:
    """Problems of one import: the first hundred in full, and how many there are."""

    found: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, code: str, where: str, **values: object) -> None:
        self.total += 1
        if self.total <= MAX_PROBLEMS:
            self.found.append(Problem(code, where, values))

    def include(self, refused: ImportRefused) -> None:
        for problem in refused.problems:
            self.add(problem.code, problem.where, **problem.values)

    def refuse(self) -> None:
        """Raise `ImportRefused` if there is any problem."""
        if self.total > len(self.found):
            self.found.append(Problem("import.more_problems", "", {"total": self.total, "shown": len(self.found)}))
        if self.found:
            raise ImportRefused(self.found)


@dataclass
class ReadTable:
    """Rows of one table: `columns` in the order of the data set (only those that the files give), the typed
    `values` by column, and for each row the file and the row number it came from."""

    dataset: Dataset
    given: list[str]
    values: dict[str, list[object]]
    origin: list[tuple[str, int]] = field(default_factory=list)
    written: dict[tuple[str, str], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.origin)

    def where(self, row: int, column: str) -> str:
        """The place of a cell, with the header as its file writes it."""
        name, number = self.origin[row]
        return f"{name}:{number}:{self.written.get((name, column), column)}"


def read_tables(files: list[DataFile], rulebook: Rulebook, problems: Problems) -> dict[str, ReadTable]:
    """Every table that the files hold, in the order in which tables refer to each other."""
    tables: dict[str, ReadTable] = {}
    for file in sorted(files, key=lambda f: list(DATASETS).index(n) if (n := dataset_name(f)) else -1):
        name = dataset_name(file)
        if name is None:
            problems.add("import.unknown_table", file.name, known=", ".join(DATASETS))
            continue
        try:
            table = _read_table(file, DATASETS[name], rulebook, problems)
        except ImportRefused as refused:
            problems.include(refused)
            continue
        if table is None:
            continue
        if name in tables:
            tables[name] = _append(tables[name], table)
        else:
            tables[name] = table
    for table in tables.values():
        _check_keys(table, problems)
    return tables


Recall = Callable[[list[str]], "Layout | None"]


def read_votes(file: DataFile, problems: Problems, recall: Recall) -> VoteFile | None:
    """A file of votes. Its rows are judged at the tally, so only a file without the columns is a problem; `recall` says
    how files with headers of their own are laid out."""
    try:
        lines = rows(file)
        number, header = next(lines, (1, []))
        layout = recall(header)
        if layout:
            placed = _laid_out(header, layout)
        else:
            found = _place_header(file, DATASETS["votes"], number, header, problems)
            if found is None:
                return None
            placed = {name: index for name, (index, _) in found.items()}
        numbers: list[int] = []
        columns: dict[str, list[str | None]] = {name: [] for name in placed}
        places = [(columns[name], index) for name, index in placed.items()]
        for line, cells in lines:
            numbers.append(line)
            for column, index in places:
                column.append(cells[index] if index < len(cells) else None)
    except ImportRefused as refused:
        problems.include(refused)
        return None
    if layout and layout.channel:
        columns["channel"] = [layout.channel] * len(numbers)
    return VoteFile(file.name, hashlib.sha256(file.content).hexdigest(), columns, numbers, own=bool(layout))


def _laid_out(header: list[str], layout: Layout) -> dict[str, int]:
    """Where each column stands in a header that somebody explained."""
    at = {plain(cell): index for index, cell in reversed(list(enumerate(header)))}
    return {name: at[plain(source)] for name, source in layout.columns.items() if plain(source) in at}


def read_header(file: DataFile) -> list[str]:
    """The header row of a file.

    Raises:
        ImportRefused: the file cannot be read.
    """
    return next(rows(file), (1, []))[1]


def is_standard(header: list[str]) -> bool:
    """Whether a header has the columns of votes by their own names."""
    known = DATASETS["votes"].headers
    names = {known.get(plain(cell).rstrip("*").lower()) for cell in header if plain(cell)}
    return None not in names and {c.name for c in DATASETS["votes"].columns if not c.optional} <= names


def dataset_name(file: DataFile) -> str | None:
    stem = plain(file.stem).lower()
    for dataset in DATASETS.values():
        if stem in (dataset.name, dataset.zh):
            return dataset.name
    return None


def _append(first: ReadTable, second: ReadTable) -> ReadTable:
    given = [c.name for c in first.dataset.columns if c.name in first.given or c.name in second.given]
    for name in given:
        ahead = first.values.get(name) or [None] * len(first)
        first.values[name] = ahead + (second.values.get(name) or [None] * len(second))
    first.given = given
    first.origin += second.origin
    first.written |= second.written
    return first


def _read_table(file: DataFile, dataset: Dataset, rulebook: Rulebook, problems: Problems) -> ReadTable | None:
    lines = rows(file)
    number, header = next(lines, (1, []))
    if "answers" in dataset.by_name:
        header, lines = _gathered(header, lines, answer_names(rulebook))
    placed = _place_header(file, dataset, number, header, problems)
    if placed is None:
        return None
    numbers, cells = _columns(lines, file, len(header), problems)
    table = ReadTable(dataset, [c.name for c in dataset.columns if c.name in placed], {}, [])
    table.origin = [(file.name, n) for n in numbers]
    table.written = {(file.name, name): written for name, (_, written) in placed.items()}
    for column in dataset.columns:
        if column.name in placed:
            index, _ = placed[column.name]
            texts = cells[index] if index < len(cells) else [""] * len(numbers)
            table.values[column.name] = _parse(column, texts, table, rulebook, problems)
    return table


def _gathered(
    header: list[str], lines: Iterator[tuple[int, list[str]]], names: frozenset[str]
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Answers that stand in columns of their own (满意, 弃权 …), as the one column `answers`."""
    own = {n: plain(cell).rstrip("*") for n, cell in enumerate(header) if plain(cell).rstrip("*").lower() in names}
    if not own:
        return header, lines
    width = len(header)

    def gather(cells: list[str]) -> list[str]:
        cells = cells + [""] * (width - len(cells))
        told = "；".join(f"{name} {cells[n]}" for n, name in own.items() if cells[n].strip())
        return [*(cell for n, cell in enumerate(cells[:width]) if n not in own), told, *cells[width:]]

    return (
        [*(cell for n, cell in enumerate(header) if n not in own), "answers"],
        ((number, gather(cells)) for number, cells in lines),
    )


def _place_header(
    file: DataFile, dataset: Dataset, number: int, header: list[str], problems: Problems
) -> dict[str, tuple[int, str]] | None:
    """Where each column stands and how the file writes it; None if the header does not do."""
    placed: dict[str, tuple[int, str]] = {}
    before = problems.total
    expected = ", ".join(f"{c.name}/{c.zh}" for c in dataset.columns)
    for index, cell in enumerate(header):
        written = plain(cell).rstrip("*")
        if not written:
            continue
        name = dataset.headers.get(written.lower())
        if name is None:
            problems.add("import.unknown_column", f"{file.name}:{number}:{written}", expected=expected)
        elif name in placed:
            problems.add("import.column_twice", f"{file.name}:{number}:{written}")
        else:
            placed[name] = (index, written)
    for column in dataset.columns:
        if not column.optional and column.name not in placed:
            problems.add("import.missing_column", f"{file.name}:{number}:{column.name}", name=column.zh)
    return placed if problems.total == before else None


def _columns(
    lines: Iterator[tuple[int, list[str]]], file: DataFile, width: int, problems: Problems
) -> tuple[list[int], list[list[str]]]:
    numbers: list[int] = []
    cells: list[list[str]] = [[] for _ in range(width)]
    for number, row in lines:
        if any(cell.strip() for cell in row[width:]):
            problems.add("import.too_many_cells", f"{file.name}:{number}", width=width)
            continue
        numbers.append(number)
        for index, column in enumerate(cells):
            column.append(row[index] if index < len(row) else "")
    return numbers, cells


def _parse(column: Column, texts: list[str], table: ReadTable, rulebook: Rulebook, problems: Problems) -> list[object]:
    """Parse each distinct text once; blanks are None, or a problem where the column is required."""
    parse = memo(parser_for(column, rulebook))
    values: list[object] = []
    for row, text in enumerate(texts):
        if not text or text.isspace():
            if not column.optional and column.kind != "answers":  # nobody answered
                problems.add("import.blank", table.where(row, column.name))
            values.append(None)
            continue
        value = parse(text)
        if isinstance(value, CellError):
            problems.add(value.bad.code, table.where(row, column.name), **value.bad.values)
            value = None
        values.append(value)
    return values


def memo(parse: Parser) -> Callable[[str], object]:
    """A parser that remembers, and returns its error instead of raising it."""
    known: dict[str, object] = {}

    def look_up(text: str) -> object:
        if text not in known:
            try:
                known[text] = parse(text)
            except CellError as exc:
                known[text] = exc
        return known[text]

    return look_up


def _check_keys(table: ReadTable, problems: Problems) -> None:
    keys = table.dataset.keys
    seen: dict[tuple[object, ...], int] = {}
    for row, key in enumerate(zip(*(table.values[name] for name in keys), strict=True)):
        if None in key:
            continue
        first = seen.setdefault(key, row)
        if first != row:
            name, number = table.origin[first]
            problems.add(
                "import.duplicate_key",
                table.where(row, keys[0]),
                key=", ".join(str(part) for part in key),
                first=f"{name}:{number}",
            )

"""One import, one transaction: everything is checked, then all of it is stored or nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from dashboard.rules.appraisal import mistakes
from dashboard.rules.rulebook import Criterion, Rulebook
from dashboard.store.cells import CellError, answers_parser, mark_parser
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.datasets import DATASETS, RATED_BY, Dataset
from dashboard.store.files import DataFile, Progress, watched
from dashboard.store.ledger import VoteFile, add_file, channel_names, is_known, recall
from dashboard.store.reading import Problems, ReadTable, dataset_name, memo, read_tables, read_votes
from dashboard.store.voters import Hash, part, voter_hash
from dashboard.store.years import frozen

# The type of each kind of column (`datasets`); text where it is not named.
COLUMN_TYPES: dict[str, pa.DataType] = {
    "year": pa.int32(),
    "level": pa.int32(),
    "star": pa.int32(),
    "integer": pa.int32(),
    "flag": pa.bool_(),
    "date": pa.date32(),
    "score": pa.decimal128(18, 6),
    "count": pa.int32(),
    "answers": pa.map_(pa.string(), pa.int32()),
    "mark": pa.float64(),
    "voter": pa.decimal128(38, 0),
}


_READING = 0.4  # the share of an import that reading files takes, entering votes being the rest


class Counts(NamedTuple):
    """What an import did to one table; `conflicts` are vote rows known with other content, kept but not counted."""

    added: int
    updated: int
    unchanged: int
    conflicts: int = 0


def import_files(
    store: Store,
    files: list[DataFile],
    rulebook: Rulebook,
    who: str = "",
    *,
    as_votes: bool = False,
    progress: Progress | None = None,
) -> dict[str, Counts]:
    """Read, check and store a data set; `who` is noted with files of votes. With `as_votes` every file is one of votes,
    whatever its name. `progress` is told the share that is done, from 0 to 1.

    Returns:
        Counts by table, in the order of docs/data.md, for the tables that the files hold.

    Raises:
        ImportRefused: with the first hundred problems and their total; nothing is stored.
    """
    tell = progress or (lambda _: None)
    if progress:
        files = watched(files, lambda share: tell(_READING * share))
    problems = Problems()
    ballots = [f for f in files if as_votes or dataset_name(f) == "votes"]
    tables = read_tables([f for f in files if f not in ballots], rulebook, problems)
    votes = [read for f in ballots if (read := read_votes(f, problems, lambda header: recall(store, header)))]
    with store.read() as cursor:
        known = _Known(cursor, tables)
        if "marks" in tables:
            _read_marks(tables["marks"], known, rulebook, problems)
        if "appraisals" in tables:
            _read_answers(tables["appraisals"], rulebook, problems)
        for table in tables.values():
            _check_references(table, known, problems)
    problems.refuse()
    hashed = voter_hash(store) if votes or "identities" in tables else None
    counts: dict[str, Counts] = {}
    with store.write("import", files=[file.name for file in files]) as cursor:
        for name, table in tables.items():
            rows = to_arrow(table, hashed)
            for row, year in _in_final_years(cursor, table.dataset, rows):
                problems.add("import.year_final", table.where(row, "year"), year=year)
            problems.refuse()
            counts[name] = put(cursor, table.dataset, rows.column_names, rows)
        changed = any(c.added or c.updated for c in counts.values())
        if votes and hashed:
            counts["votes"], entered = _enter(
                cursor, votes, rulebook, hashed, who, lambda share: tell(_READING + (1 - _READING) * share)
            )
            changed = changed or entered
        if not changed:
            raise NothingToDo
    tell(1.0)
    return {name: counts[name] for name in DATASETS if name in counts}


def _enter(
    cursor: duckdb.DuckDBPyConnection,
    files: list[VoteFile],
    rulebook: Rulebook,
    hashed: Hash,
    who: str,
    tell: Progress,
) -> tuple[Counts, bool]:
    """Enter files of votes into the ledger; a file that is there already is left alone."""
    channels = channel_names(rulebook.member_star.channels if rulebook.member_star else {})
    total, entered = Counts(0, 0, 0), False
    for done, file in enumerate(files):
        tell(done / len(files))
        if is_known(cursor, file.sha256):
            total = total._replace(unchanged=total.unchanged + len(file.numbers))
            continue
        found = add_file(cursor, file, hashed, channels, who)
        entered = True
        total = Counts(
            total.added + found.added, 0, total.unchanged + found.unchanged, total.conflicts + found.conflicts
        )
    return total, entered


def to_arrow(table: ReadTable, hashed: Hash | None = None) -> pa.Table:
    """The rows as a relation, in the columns that the files give; `hashed` hides voters."""
    columns = {}
    for name in table.given:
        kind, values = table.dataset.by_name[name].kind, table.values[name]
        if kind == "voter":
            assert hashed is not None
            values = [None if value is None else hashed(str(value)) for value in values]
        if kind == "answers":
            values = [sorted(value.items()) if isinstance(value, dict) else None for value in values]
        columns[name] = pa.array(values, COLUMN_TYPES.get(kind, pa.string()))
    return with_parts(pa.table(columns)) if table.dataset.name == "identities" else pa.table(columns)


def with_parts(identities: pa.Table) -> pa.Table:
    """Identities with the part of each person (`store.voters`)."""
    parts = [part(None if person is None else int(person)) for person in identities.column("person").to_pylist()]
    return identities.append_column("part", pa.array(parts, pa.int16()))


class _Known:
    """What exists, stored or in the import: keys by table, and the standard of each branch."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, tables: Mapping[str, ReadTable]) -> None:
        self._cursor, self._tables = cursor, tables
        self._keys: dict[str, set[object]] = {}

    def keys(self, name: str) -> set[object]:
        if name not in self._keys:
            key = DATASETS[name].keys[0]
            stored = self._cursor.execute(f"SELECT {key} FROM {name}").fetchall()
            incoming = self._tables[name].values[key] if name in self._tables else []
            self._keys[name] = {row[0] for row in stored} | set(incoming)
        return self._keys[name]

    def sectors(self) -> dict[object, object]:
        """The sector of every branch; the import's word counts over the stored one."""
        found: dict[object, object] = dict(self._cursor.execute("SELECT branch_id, sector FROM branches").fetchall())
        if "branches" in self._tables:
            values = self._tables["branches"].values
            found |= zip(values["branch_id"], values["sector"], strict=True)
        return found


def _check_references(table: ReadTable, known: _Known, problems: Problems) -> None:
    for column in table.dataset.columns:
        if not column.refers_to or column.name not in table.values:
            continue
        exempt = _members_elsewhere(table) if table.dataset.name == "members" else frozenset()
        keys = known.keys(column.refers_to)
        for row, value in enumerate(table.values[column.name]):
            if value is not None and value not in keys and row not in exempt:
                problems.add(
                    "import.no_such_row",
                    table.where(row, column.name),
                    value=value,
                    table=DATASETS[column.refers_to].zh,
                    name=column.refers_to,
                )


def _members_elsewhere(table: ReadTable) -> frozenset[int]:
    """Rows of members whose membership is outside the subdistrict: their branch need not be known here."""
    return frozenset(row for row, inside in enumerate(table.values["in_subdistrict"]) if inside is False)


def _read_marks(table: ReadTable, known: _Known, rulebook: Rulebook, problems: Problems) -> None:
    """Marks are read by the measure of their criterion, in the standard of the branch's sector."""
    if "value" not in table.values:
        return
    sectors = known.sectors()
    parsers = {criterion: memo(mark_parser(*criterion)) for criterion in _measures(rulebook)}
    by_sector = {sector: _criteria(rulebook, sector) for sector in rulebook.sectors}
    anywhere = _criteria(rulebook, None)
    values = table.values["value"]
    for row, (branch, criterion) in enumerate(zip(table.values["branch_id"], table.values["criterion"], strict=True)):
        text = values[row]
        if text is None or criterion is None:
            continue
        found = by_sector.get(str(sectors.get(branch)), anywhere) or anywhere
        rule = found.get(str(criterion))
        if rule is None:
            problems.add("import.other_standard", table.where(row, "criterion"), criterion=criterion)
            continue
        value = parsers[(rule.measure, rule.points)](str(text))
        if isinstance(value, CellError):
            problems.add(value.bad.code, table.where(row, "value"), **value.bad.values)
        values[row] = value


def _read_answers(table: ReadTable, rulebook: Rulebook, problems: Problems) -> None:
    """Answers are read by the kind of their appraisal; then each round must balance."""
    parsers = {key: memo(answers_parser(kind)) for key, kind in rulebook.appraisals.items()}
    names = ("kind", "answers", "issued", "returned", "valid")
    columns: list[list[Any]] = [table.values[name] for name in names]
    for row, (kind, text, issued, returned, valid) in enumerate(zip(*columns, strict=True)):
        answers = parsers[str(kind)](str(text or "")) if kind is not None else None
        table.values["answers"][row] = answers
        if isinstance(answers, CellError):
            problems.add(answers.bad.code, table.where(row, "answers"), **answers.bad.values)
        elif isinstance(answers, dict) and None not in (issued, returned, valid):
            for column, figure, limit in mistakes(issued, returned, valid, answers):
                problems.add(f"appraisal.{column}", table.where(row, column), figure=figure, limit=limit)


def _measures(rulebook: Rulebook) -> set[tuple[str, Decimal | None]]:
    return {
        (criterion.measure, criterion.points)
        for standard in rulebook.standards.values()
        for section in standard.sections
        for criterion in section.criteria
    }


def _criteria(rulebook: Rulebook, sector: str | None) -> dict[str, Criterion]:
    chosen = rulebook.standards.values() if sector is None else [s for s in [rulebook.standard_of(sector)] if s]
    return {c.id: c for standard in chosen for section in standard.sections for c in section.criteria}


def put(cursor: duckdb.DuckDBPyConnection, dataset: Dataset, given: Iterable[str], rows: pa.Table) -> Counts:
    """Add and update rows of a table by key, inside the caller's transaction; columns not given stay as they are."""
    columns = list(given)
    keys = list(dataset.keys)
    cursor.register("incoming", rows)
    try:
        existing, equal = _compare(cursor, dataset.name, columns, keys)
        names = ", ".join(columns)
        on = " AND ".join(f"t.{key} = i.{key}" for key in keys)
        if existing > equal:
            others = [c for c in columns if c not in keys]
            differs = " OR ".join(f"t.{c} IS DISTINCT FROM {_kept(dataset.name, c)}" for c in others)
            changes = ", ".join([f"{c} = {_kept(dataset.name, c)}" for c in others] + _outdated(dataset.name))
            cursor.execute(f"UPDATE {dataset.name} AS t SET {changes} FROM incoming AS i WHERE {on} AND ({differs})")
        if len(rows) > existing:
            cursor.execute(
                f"INSERT INTO {dataset.name} ({names}) SELECT {_with_defaults(dataset, columns)} FROM incoming AS i"
                f" WHERE NOT EXISTS (SELECT 1 FROM {dataset.name} AS t WHERE {on})"
            )
    finally:
        cursor.unregister("incoming")
    return Counts(added=len(rows) - existing, updated=existing - equal, unchanged=equal)


def _in_final_years(cursor: duckdb.DuckDBPyConnection, dataset: Dataset, rows: pa.Table) -> list[tuple[int, int]]:
    """The rows (from 0) that would add to or change what the final result of a year rests on, each with that year."""
    final = frozen(cursor)
    if not final or dataset.name not in RATED_BY or "year" not in dataset.by_name:
        return []
    on = " AND ".join(f"t.{key} = i.{key}" for key in dataset.keys)
    differs = " OR ".join(f"t.{c} IS DISTINCT FROM i.{c}" for c in rows.column_names if c not in dataset.keys)
    cursor.register("incoming", rows.append_column("number", pa.array(range(len(rows)), pa.int64())))
    try:
        found = cursor.execute(
            f"SELECT i.number, coalesce(t.year, i.year) FROM incoming AS i LEFT JOIN {dataset.name} AS t ON {on}"
            f" WHERE (i.year IN (SELECT unnest($years)) OR t.year IN (SELECT unnest($years)))"
            f" AND (t.{dataset.keys[0]} IS NULL OR {differs or 'false'}) ORDER BY i.number",
            {"years": sorted(final)},
        ).fetchall()
    finally:
        cursor.unregister("incoming")
    return [(int(number), int(year)) for number, year in found]


def _compare(cursor: duckdb.DuckDBPyConnection, table: str, columns: list[str], keys: list[str]) -> tuple[int, int]:
    """How many incoming rows exist, and how many of those are equal."""
    on = " AND ".join(f"t.{key} = i.{key}" for key in keys)
    others = [c for c in columns if c not in keys]
    same = " AND ".join(f"t.{c} IS NOT DISTINCT FROM {_kept(table, c)}" for c in others) or "true"
    row = cursor.execute(
        f"SELECT count(*), count(*) FILTER (WHERE {same}) FROM incoming AS i JOIN {table} AS t ON {on}"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _kept(table: str, column: str) -> str:
    return f"coalesce(i.{column}, true)" if (table, column) == ("branches", "active") else f"i.{column}"


def _outdated(table: str) -> list[str]:
    """An imported result replaces a recorded one: what an evaluation noted about it is no longer so."""
    return [f"{c} = NULL" for c in ("basis", "stage", "rules", "recorded_at")] if table == "awards" else []


def _with_defaults(dataset: Dataset, columns: list[str]) -> str:
    return ", ".join(_kept(dataset.name, c) for c in columns)

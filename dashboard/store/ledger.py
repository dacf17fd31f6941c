"""The ledger of votes: files in, nothing ever out. What counts of a row that came twice is settled when it is asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple, TypeAlias

import duckdb
import pyarrow as pa

from dashboard.errors import StoreError
from dashboard.rules.tally import VOTES
from dashboard.store.cells import plain
from dashboard.store.connection import Store
from dashboard.store.voters import Hash, part, voter_hash

Cursor: TypeAlias = duckdb.DuckDBPyConnection
LOCAL = timezone(timedelta(hours=8))  # Asia/Shanghai; a time without offset is of there
MAX_TEXT = 200
_DAY = r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
_LOOSE = re.compile(_DAY + r"(?:[ T]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")

SCHEMA = pa.schema(
    [
        ("file_id", pa.int32()),
        ("row_key", pa.string()),
        ("vote_id", pa.string()),
        ("channel", pa.string()),
        ("voter", pa.decimal128(38, 0)),
        ("part", pa.int16()),
        ("nominee_id", pa.string()),
        ("cast_at", pa.timestamp("us")),
        ("cast_text", pa.string()),
    ]
)
_CONTENT = ("channel", "voter", "nominee_id", "cast_at", "cast_text")

# The rows that count as received. A row whose key stands once is itself; of those that share one, the first file's
# (its first by content, where one file has several) is the row, equal ones are repetitions, others conflicts.
_ACTIVE = "SELECT v.* FROM votes v JOIN vote_files f USING (file_id) WHERE f.withdrawn_at IS NULL"
_REPEATED = (
    f"WITH active AS ({_ACTIVE}), first AS (SELECT * FROM active WHERE row_key IN (FROM vote_repeats)"
    f" QUALIFY row_number() OVER (PARTITION BY row_key ORDER BY file_id, {', '.join(_CONTENT)}) = 1)"
)
EFFECTIVE = f"{_REPEATED} SELECT * FROM active WHERE row_key NOT IN (FROM vote_repeats) UNION ALL FROM first"


@dataclass(frozen=True, slots=True)
class VoteFile:
    """A file of votes as read: its name, the SHA-256 of its content, and its rows in columns. In a file of the `own`
    form of a channel the ids of rows are those of the channel in the year of most rows: others may use the same."""

    name: str
    sha256: str
    columns: Mapping[str, Sequence[str | None]]
    numbers: Sequence[int]
    own: bool = False


class VoteCounts(NamedTuple):
    """What an import of votes did: rows added, rows that were known with the same content, and rows known with other
    content, which are kept, listed and not counted."""

    added: int
    unchanged: int
    conflicts: int


def parse_time(text: str) -> datetime | None:
    """A moment as local time without offset, from ISO 8601 or as Chinese programs write it; None for what is none."""
    written = plain(text)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        found = _LOOSE.fullmatch(written)
        if not found:
            return None
        year, *days = found.group(1, 2, 3, 4, 5)
        month, day = (d for d in days if d)
        hour, minute, second = (int(part or 0) for part in found.group(6, 7, 8))
        try:
            return datetime(int(year), int(month), int(day), hour, minute, second)
        except ValueError:
            return None
    try:
        return moment.astimezone(LOCAL).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        return None


def to_rows(file: VoteFile, file_id: int, hashed: Hash, channels: Mapping[str, str]) -> pa.Table:
    """The rows of a file in the columns of the ledger."""

    def column(name: str, read: Any) -> list[Any]:
        known: dict[str, Any] = {}
        found: list[Any] = []
        for text in file.columns.get(name) or [None] * len(file.numbers):
            if text is None or not text or text.isspace():
                found.append(None)
                continue
            if text not in known:
                known[text] = read(text)
            found.append(known[text])
        return found

    ids = column("vote_id", _code)
    times = column("cast_at", parse_time)
    voters = column("voter", hashed)
    ways = column("channel", lambda c: channels.get(_code(c).lower(), _code(c)))
    if file.own:
        years = Counter(at.year for at in times if at).most_common(1)
        ids = [i and f"{way or ''}:{years[0][0] if years else ''}:{i}" for i, way in zip(ids, ways, strict=True)]
    keys = [i or f"{file.sha256[:32]}:{n}" for i, n in zip(ids, file.numbers, strict=True)]
    written = file.columns.get("cast_at") or [None] * len(keys)
    return pa.table(
        {
            "file_id": pa.array([file_id] * len(keys), pa.int32()),
            "row_key": pa.array(keys, pa.string()),
            "vote_id": pa.array(ids, pa.string()),
            "channel": pa.array(ways, pa.string()),
            "voter": pa.array(voters, pa.decimal128(38, 0)),
            "part": pa.array([part(voter) for voter in voters], pa.int16()),
            "nominee_id": pa.array(column("nominee_id", _code), pa.string()),
            "cast_at": pa.array(times, pa.timestamp("us")),
            "cast_text": pa.array(
                [None if time or not text else text[:MAX_TEXT] for time, text in zip(times, written, strict=True)],
                pa.string(),
            ),
        },
        schema=SCHEMA,
    )


def _code(text: str) -> str:
    return plain(text)[:MAX_TEXT].replace("\x00", "")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files of one channel are laid out: for each column of the ledger the header that holds it, and the
    channel where the files do not say it."""

    columns: Mapping[str, str]
    channel: str | None


def header_key(header: Sequence[str]) -> str:
    """A header row as one text."""
    return "\x1f".join(plain(cell).lower() for cell in header if plain(cell))


def recall(store: Store, header: Sequence[str]) -> Layout | None:
    """How files with this header are laid out, if anybody said."""
    row = store.query("SELECT channel, columns FROM vote_headers WHERE header = ?", [header_key(header)]).to_pylist()
    return Layout(json.loads(row[0]["columns"]), row[0]["channel"]) if row else None


def remember(store: Store, header: Sequence[str], layout: Layout) -> None:
    """Keep how files with this header are laid out."""
    with store.transaction() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO vote_headers VALUES (?, ?, ?)",
            [header_key(header), layout.channel, json.dumps(dict(layout.columns), ensure_ascii=False)],
        )


def is_known(cursor: Cursor, sha256: str) -> bool:
    """Whether a file of this content was imported and is not withdrawn."""
    found = cursor.execute("SELECT 1 FROM vote_files WHERE sha256 = ? AND withdrawn_at IS NULL", [sha256]).fetchone()
    return found is not None


def add_file(cursor: Cursor, file: VoteFile, hashed: Hash, channels: Mapping[str, str], who: str) -> VoteCounts:
    """Enter a file with its rows, inside the caller's transaction; `channels` maps names of a channel to its code."""
    row = cursor.execute("SELECT coalesce(max(file_id), 0) + 1 FROM vote_files").fetchone()
    assert row is not None
    rows = to_rows(file, int(row[0]), hashed, channels)
    cursor.execute(
        "INSERT INTO vote_files (file_id, name, sha256, rows, imported_at, imported_by) VALUES (?, ?, ?, ?, ?, ?)",
        [row[0], file.name, file.sha256, len(rows), datetime.now(UTC).replace(tzinfo=None), who],
    )
    return _add_rows(cursor, rows)


def _add_rows(cursor: Cursor, rows: pa.Table) -> VoteCounts:
    """Enter rows, and note the keys that now stand more than once."""
    cursor.register("incoming", rows)
    try:
        cursor.execute(
            "INSERT INTO vote_repeats SELECT row_key FROM ("
            "  SELECT row_key FROM incoming GROUP BY row_key HAVING count(*) > 1"
            "  UNION SELECT DISTINCT i.row_key FROM incoming i SEMI JOIN votes v ON v.row_key = i.row_key"
            ") ANTI JOIN vote_repeats USING (row_key)"
        )
        cursor.execute("INSERT INTO votes SELECT * FROM incoming")
        repeated = cursor.execute(
            f"{_REPEATED} SELECT count(*) FILTER (WHERE {_same('v', 'f')}), count(*),"
            " count(DISTINCT v.row_key) FILTER (WHERE v.file_id = f.file_id)"
            " FROM incoming v JOIN first f USING (row_key)"
        ).fetchone()
    finally:
        cursor.unregister("incoming")
    assert repeated is not None
    same, total, new = (int(n) for n in repeated)
    return VoteCounts(added=len(rows) - total + new, unchanged=same - new, conflicts=total - same)


def _same(a: str, b: str) -> str:
    return " AND ".join(f"{a}.{c} IS NOT DISTINCT FROM {b}.{c}" for c in _CONTENT)


_CONFLICTS = f"FROM active a JOIN first f USING (row_key) WHERE NOT ({_same('a', 'f')})"


def files(store: Store) -> list[dict[str, Any]]:
    """Every file that came in, in order, withdrawn ones too."""
    found: list[dict[str, Any]] = store.query("SELECT * FROM vote_files ORDER BY file_id").to_pylist()
    return found


def conflicts(store: Store, most: int = 1000) -> list[dict[str, Any]]:
    """Rows with a key that another row has with other content: `row_key`, the file it came in, and the file of the row
    that counts."""
    found: list[dict[str, Any]] = store.query(
        f"{_REPEATED} SELECT a.row_key, a.file_id, f.file_id AS counted_in, a.channel, a.nominee_id, a.cast_at,"
        "   f.channel AS counted_channel, f.nominee_id AS counted_nominee_id, f.cast_at AS counted_cast_at"
        f" {_CONFLICTS} ORDER BY a.file_id, a.row_key LIMIT {int(most)}"
    ).to_pylist()
    return found


def count_conflicts(store: Store) -> int:
    """How many such rows there are."""
    return _count(store, f"{_REPEATED} SELECT count(*) AS n {_CONFLICTS}")


def withdraw(store: Store, file_id: int, who: str, because: str) -> None:
    """Take a file out of the count. It stays in the ledger.

    Raises:
        StoreError: there is no such file, or it is withdrawn already.
    """
    with store.write("withdraw_votes", file=file_id, because=because) as cursor:
        row = cursor.execute("SELECT withdrawn_at FROM vote_files WHERE file_id = ?", [file_id]).fetchone()
        if row is None or row[0] is not None:
            raise StoreError.of("votes.no_such_file", file=file_id)
        cursor.execute(
            "UPDATE vote_files SET withdrawn_at = ?, withdrawn_by = ?, withdrawn_because = ? WHERE file_id = ?",
            [datetime.now(UTC).replace(tzinfo=None), who, because, file_id],
        )


def channel_names(channels: Mapping[str, Any]) -> dict[str, str]:
    """The names under which files may write a channel."""
    names: dict[str, str] = {}
    for code, channel in channels.items():
        names |= {plain(word).lower(): code for word in (code, channel.name.zh, channel.name.en)}
    return names


def adopt_plain_votes(store: Store) -> None:
    """Bring the votes and identities of a store from before the ledger into it, as one file."""
    votes = store.query("SELECT * FROM plain_votes ORDER BY row_key")
    people = store.query("SELECT * FROM plain_identities")
    hashed = voter_hash(store) if len(votes) or len(people) else None
    with store.write("adopt_votes") if hashed else store.transaction() as cursor:
        if hashed:
            _adopt(cursor, votes, people, hashed)
        cursor.execute("DROP TABLE plain_votes")
        cursor.execute("DROP TABLE plain_identities")


def _adopt(cursor: Cursor, votes: pa.Table, people: pa.Table, hashed: Hash) -> None:
    columns = {name: votes.column(name).to_pylist() for name in ("channel", "voter", "nominee_id", "cast_at")}
    columns["vote_id"] = votes.column("row_key").to_pylist()
    content = hashlib.sha256(repr(votes.to_pylist()).encode()).hexdigest()
    file = VoteFile("votes", content, columns, range(1, len(votes) + 1))
    if len(votes):
        add_file(cursor, file, hashed, {}, "")
    pairs = {name: [hashed(v) for v in people.column(name).to_pylist()] for name in ("voter", "person")}
    hidden = pa.table({name: pa.array(values, pa.decimal128(38, 0)) for name, values in pairs.items()})
    hidden = hidden.append_column("part", pa.array([part(person) for person in pairs["person"]], pa.int16()))
    cursor.register("people", hidden)
    cursor.execute("INSERT OR IGNORE INTO identities SELECT * FROM people")


def votes_of_year(store: Store, year: int) -> str:
    """The query of the received rows that belong to a year: that of the nominee; for a nominee unknown that of the
    moment, if there are nominees in it, else the latest year with nominees. So each row is of one year, whatever file
    it came in. Without any nominees it is that of the moment, or any."""
    columns = ", ".join(f"v.{name}" for name in VOTES)
    effective = EFFECTIVE if len(store.query("SELECT 1 FROM vote_repeats LIMIT 1")) else _ACTIVE
    years = sorted(store.query("SELECT DISTINCT year FROM nominees").column("year").to_pylist())
    if years == [year]:
        return f"SELECT {columns} FROM ({effective}) v"
    known = ", ".join(str(int(found)) for found in years) or "NULL"
    latest = str(int(years[-1])) if years else f"coalesce(year(v.cast_at), {int(year)})"
    return (
        f"SELECT {columns} FROM ({effective}) v LEFT JOIN (SELECT nominee_id, year FROM nominees) n USING (nominee_id)"
        f" WHERE coalesce(n.year, CASE WHEN year(v.cast_at) IN ({known}) THEN year(v.cast_at) END, {latest})"
        f" IS NOT DISTINCT FROM {int(year)}"
    )


def count_rows(store: Store) -> int:
    """Rows in the ledger, withdrawn ones too."""
    return _count(store, "SELECT count(*) AS n FROM votes")


def _count(store: Store, sql: str) -> int:
    return int(store.query(sql).column("n")[0].as_py())

"""Runs the tally's expressions on DuckDB, in as many parts as memory wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from dashboard.rules import tally
from dashboard.rules.rulebook import MemberStar
from dashboard.store.connection import Store
from dashboard.store.engine import compile_sql
from dashboard.store.ledger import count_rows, votes_of_year

ROWS_A_PART = 4_000_000


class Count(NamedTuple):
    """A row of `rules.tally.counts`; a `nominee_id` stands with accepted votes only."""

    file_id: int
    channel: str | None
    nominee_id: str | None
    outcome: str


@lru_cache(maxsize=4)
def _sql(make: Callable[[], ir.Table]) -> str:
    return compile_sql(make())


def count_votes(
    store: Store, rules: MemberStar, year: int, eligible: Mapping[str, bool], without: str | None = None
) -> Counter[Count]:
    """How many rows of the year there are of each kind; as if nothing had come through the channel `without`."""
    found: Counter[Count] = Counter()
    for row in _rows(store, tally.counts, rules, year, eligible, without):
        rows = row.pop("rows")
        found[Count(**row)] += rows
    return found


def votes_by_day(store: Store, rules: MemberStar, year: int, eligible: Mapping[str, bool]) -> Iterator[dict[str, Any]]:
    """`day`, `channel`, `outcome`, `rows` of the rows that name a moment; a day may stand several times."""
    return _rows(store, tally.by_day, rules, year, eligible)


def _rows(
    store: Store,
    make: Callable[[], ir.Table],
    rules: MemberStar,
    year: int,
    eligible: Mapping[str, bool],
    without: str | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of one of the tally's expressions, part after part."""
    order = {name: n for n, name in enumerate(sorted(eligible))}
    nominees = pa.table(
        {
            "nominee_id": pa.array(list(eligible), pa.string()),
            "nominee": pa.array([order[name] for name in eligible], pa.int32()),
            "eligible": pa.array(list(eligible.values()), pa.bool_()),
        }
    )
    relations = {"tally_nominees": nominees, "rule_channels": tally.channels(rules)}
    kept = "" if without is None else " WHERE channel IS DISTINCT FROM $without"
    sql = f"WITH tally_votes AS (FROM ({votes_of_year(store, year)}){kept}) SELECT * FROM ({_sql(make)})"
    values = {} if without is None else {"without": without}
    parts = max(1, -(-count_rows(store) // ROWS_A_PART))
    for part in range(parts):
        settings = tally.terms(rules, year, buckets=parts, bucket=part)
        yield from store.query(sql, values, relations={**relations, "tally_terms": settings}).to_pylist()


def nominees_of(store: Store, year: int) -> list[dict[str, Any]]:
    """The nominees of a year, by id: `nominee_id`, `member_id`, `name`, `branch`, `status`, `in_subdistrict`,
    `objections` (departments that object)."""
    rows: list[dict[str, Any]] = store.query(
        "SELECT n.nominee_id, n.member_id, n.statement, m.name, b.name AS branch, b.branch_id, m.status,"
        " m.in_subdistrict, (SELECT list(o.department ORDER BY o.department) FROM opinions o"
        "   WHERE o.nominee_id = n.nominee_id AND o.verdict = 'object') AS objections"
        " FROM nominees n LEFT JOIN members m USING (member_id) LEFT JOIN branches b USING (branch_id)"
        " WHERE n.year = ? ORDER BY n.nominee_id",
        [year],
    ).to_pylist()
    return rows


def decisions_of(store: Store, year: int) -> dict[str, tuple[str, str]]:
    """What the leading group decided: outcome and reason by nominee."""
    rows = store.query(
        "SELECT d.nominee_id, d.outcome, d.reason FROM vote_decisions d JOIN nominees n USING (nominee_id)"
        " WHERE n.year = ?",
        [year],
    ).to_pylist()
    return {row["nominee_id"]: (row["outcome"], row["reason"]) for row in rows}


def inputs_of(store: Store, year: int) -> list[list[object]]:
    """All that a tally depends on beside the rules, in an order of its own: for fingerprints."""
    tables = {
        "votes": "SELECT sha256 FROM vote_files WHERE withdrawn_at IS NULL ORDER BY file_id",
        "nominees": f"SELECT nominee_id, member_id FROM nominees WHERE year = {int(year)} ORDER BY nominee_id",
        "members": "SELECT m.member_id, m.status, m.in_subdistrict FROM members m SEMI JOIN nominees n"
        f" ON n.member_id = m.member_id AND n.year = {int(year)} ORDER BY m.member_id",
        "opinions": f"SELECT o.* EXCLUDE (note) FROM opinions o JOIN nominees n USING (nominee_id)"
        f" WHERE n.year = {int(year)} ORDER BY ALL",
        "identities": "SELECT count(*), coalesce(sum(md5_number_lower(voter || ' ' || person)::HUGEINT), 0)::VARCHAR"
        " FROM identities",
    }
    return [[name, store.query(sql).to_pylist()] for name, sql in tables.items()]


def bursts(store: Store, year: int, most: int = 20) -> list[dict[str, Any]]:
    """Hours in which a channel received many more rows than it does in the same hour of its other days: `channel`,
    `hour`, `rows`, `usual` (the median of that hour of the day)."""
    rows: list[dict[str, Any]] = store.query(
        f"WITH v AS ({votes_of_year(store, year)}), hours AS ("
        "  SELECT channel, date_trunc('hour', cast_at) AS hour, count(*) AS rows FROM v"
        "  WHERE cast_at IS NOT NULL AND channel IS NOT NULL GROUP BY ALL),"
        " usual AS (SELECT channel, hour(hour) AS of_day, median(rows) AS usual, stddev_pop(rows) AS spread,"
        "  count(*) AS days FROM hours GROUP BY ALL)"
        " SELECT h.channel, h.hour, h.rows, u.usual FROM hours h"
        " JOIN usual u ON u.channel = h.channel AND u.of_day = hour(h.hour)"
        " WHERE u.days >= 5 AND h.rows >= 30 AND h.rows > 4 * u.usual + 3 * sqrt(u.usual + 1)"
        f" ORDER BY h.rows / (u.usual + 1) DESC, h.hour LIMIT {int(most)}"
    ).to_pylist()
    return rows


def same_choices(store: Store, year: int, most: int = 20) -> list[dict[str, Any]]:
    """Sets of at least four nominees that many voters chose alike: `nominees`, `voters`, `first`, `last` (moments)."""
    rows: list[dict[str, Any]] = store.query(
        f"WITH v AS ({votes_of_year(store, year)}), sets AS ("
        "  SELECT voter, list_sort(list_distinct(list(nominee_id))) AS nominees, min(cast_at) AS first,"
        "   max(cast_at) AS last FROM v WHERE voter IS NOT NULL AND nominee_id IS NOT NULL GROUP BY voter)"
        " SELECT nominees, count(*) AS voters, min(first) AS first, max(last) AS last FROM sets"
        " WHERE len(nominees) >= 4 GROUP BY nominees HAVING count(*) >= 10"
        f" ORDER BY voters DESC, nominees LIMIT {int(most)}"
    ).to_pylist()
    return rows


def very_many(store: Store, year: int, choices: int, most: int = 20) -> list[dict[str, Any]]:
    """Voters with more nominees than a voter has: `nominees` (how many), `rows`, `channels`."""
    rows: list[dict[str, Any]] = store.query(
        f"WITH v AS ({votes_of_year(store, year)}) SELECT count(DISTINCT nominee_id) AS nominees, count(*) AS rows,"
        " list_sort(list_distinct(list(channel))) AS channels FROM v WHERE voter IS NOT NULL GROUP BY voter"
        f" HAVING count(DISTINCT nominee_id) > {int(choices)} ORDER BY nominees DESC, rows DESC LIMIT {int(most)}"
    ).to_pylist()
    return rows


def opinions_of(store: Store, nominee_id: str) -> list[dict[str, Any]]:
    """What the departments said of a nominee."""
    rows: list[dict[str, Any]] = store.query(
        "SELECT department, verdict, note FROM opinions WHERE nominee_id = ? ORDER BY department", [nominee_id]
    ).to_pylist()
    return rows


_RUN = ("year", "made_at", "made_by", "inputs", "rules", "result", "document")


def decide(store: Store, decisions: list[tuple[str, str, str]], run: Mapping[str, object]) -> None:
    """Record what the leading group decided: nominee, outcome and reason; a later word replaces an earlier one. The
    tally that it had before it is kept with the decision, once for each result."""
    with store.write("decide_votes", nominees=[n for n, _, _ in decisions]) as cursor:
        cursor.executemany("INSERT OR REPLACE INTO vote_decisions VALUES (?, ?, ?)", decisions)
        cursor.execute(
            f"INSERT INTO tally_runs (run_id, {', '.join(_RUN)})"
            f" SELECT coalesce(max(run_id), 0) + 1, {', '.join('?' for _ in _RUN)} FROM tally_runs"
            " HAVING coalesce(max_by(result || rules || inputs, run_id) FILTER (WHERE year = ?), '') <> ?",
            [*(run[name] for name in _RUN), run["year"], f"{run['result']}{run['rules']}{run['inputs']}"],
        )


def runs(store: Store, year: int) -> list[dict[str, Any]]:
    """The tallies of a year that were kept, in order."""
    found: list[dict[str, Any]] = store.query(
        f"SELECT {', '.join(_RUN)} FROM tally_runs WHERE year = ? ORDER BY run_id", [year]
    ).to_pylist()
    return found

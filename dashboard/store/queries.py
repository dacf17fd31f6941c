"""What the screens read. Values are bound; rows come as dictionaries of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.store.connection import Store

Row = dict[str, Any]


def _rows(store: Store, sql: str, values: Sequence[object] = ()) -> list[Row]:
    rows: list[Row] = store.query(sql, values).to_pylist()
    return rows


def years(store: Store) -> list[int]:
    """Every year that any result, application or mark speaks of, ascending."""
    sql = " UNION ".join(f"SELECT DISTINCT year FROM {t}" for t in ("awards", "applications", "marks", "inspections"))
    return sorted(int(y) for y in store.query(sql).column("year").to_pylist())


def application_years(store: Store) -> list[int]:
    """The years with applications, ascending."""
    return sorted(int(y) for y in store.query("SELECT DISTINCT year FROM applications").column("year").to_pylist())


def latest_application_year(store: Store) -> int | None:
    """The latest year with an application."""
    found = store.query("SELECT max(year) AS year FROM applications").column("year").to_pylist()[0]
    return int(found) if found is not None else None


_BRANCH = (
    "SELECT b.branch_id, b.name AS branch, b.sector, b.active, b.superior_id, s.name AS superior, s.kind"
    " FROM branches b LEFT JOIN superiors s USING (superior_id)"
)


def branch_names(store: Store) -> list[Row]:
    """`branch_id`, `branch`, `sector`, `active`, `superior_id`, `superior`, `kind` of every branch, by id."""
    return _rows(store, f"{_BRANCH} ORDER BY b.branch_id")


def branch_row(store: Store, branch_id: str) -> Row | None:
    """One branch, with the columns of `branch_names`."""
    rows = _rows(store, f"{_BRANCH} WHERE b.branch_id = ?", [branch_id])
    return rows[0] if rows else None


def count_members(store: Store, branch_id: str) -> int:
    """How many members a branch has."""
    return int(store.query("SELECT count(*) FROM members WHERE branch_id = ?", [branch_id]).column(0)[0].as_py())


def awards_of(store: Store, branch_id: str) -> list[Row]:
    """The recorded results of a branch by year."""
    return _rows(store, "SELECT year, level, basis, stage FROM awards WHERE branch_id = ? ORDER BY year", [branch_id])


def award_counts(store: Store) -> list[Row]:
    """`year`, `level`, `branches`: recorded results by year and level, of branches that were active then."""
    return _rows(
        store,
        "SELECT year, level, count(*) AS branches FROM awards WHERE basis IS DISTINCT FROM 'inactive'"
        " GROUP BY ALL ORDER BY year, level",
    )


def marks_of(store: Store, branch_id: str, year: int) -> list[Row]:
    """`stage`, `criterion`, `value`, `note`, `evidence` of a branch in a year."""
    return _rows(
        store,
        "SELECT stage, criterion, value, note, evidence FROM marks WHERE branch_id = ? AND year = ?"
        " ORDER BY stage, criterion",
        [branch_id, year],
    )


def marks_by_stage(store: Store, year: int) -> dict[str, dict[tuple[str, str], float]]:
    """The known marks of a year by stage, then by branch and criterion."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    sql = "SELECT stage, branch_id, criterion, value FROM marks WHERE year = ? AND value IS NOT NULL"
    for stage, branch, criterion, value in zip(*store.query(sql, [year]).to_pydict().values(), strict=True):
        found.setdefault(stage, {})[branch, criterion] = value
    return found


def state_before(store: Store, year: int) -> str:
    """A fingerprint of what is recorded of the years before `year`: equal as long as none of it changes."""
    tables = ("marks", "applications", "inspections", "awards", "rectifications", "appraisals", "incidents")
    sql = " UNION ALL ".join(f"SELECT count(*), bit_xor(hash(t)) FROM {t} AS t WHERE year < $year" for t in tables)
    with store.read() as cursor:
        return str(cursor.execute(sql, {"year": year}).fetchall())


def rechecked(store: Store, year: int) -> frozenset[str]:
    """The branches whose recheck of a year has an outcome."""
    sql = "SELECT branch_id FROM inspections WHERE year = ? AND kind = 'recheck' AND outcome IS NOT NULL"
    return frozenset(store.query(sql, [year]).column(0).to_pylist())


def rows_of_year(store: Store, table: str, branch_id: str, year: int) -> list[Row]:
    """The rows of one of the yearly tables for a branch."""
    if table not in ("applications", "inspections", "incidents", "rectifications", "deferrals", "decisions"):
        raise ValueError(table)
    return _rows(store, f"SELECT * FROM {table} WHERE branch_id = ? AND year = ? ORDER BY ALL", [branch_id, year])


def open_rectifications(store: Store, year: int) -> list[Row]:
    """Rectifications of a year that are still open: `branch_id`, `due_on`."""
    return _rows(
        store,
        "SELECT branch_id, due_on FROM rectifications WHERE year = ? AND outcome = 'open' ORDER BY due_on, branch_id",
        [year],
    )

"""Rounds of appraisal (测评) as the store keeps them."""

from __future__ import annotations

from dashboard.rules.appraisal import Round
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.datasets import DATASETS
from dashboard.store.importing import put, to_arrow
from dashboard.store.reading import ReadTable
from dashboard.store.years import require_open

_COLUMNS = tuple(DATASETS["appraisals"].by_name)


def rounds(store: Store, year: int, branch_id: str | None = None) -> tuple[Round, ...]:
    """Every round of a year in the order of the days, or those of one branch; those that do not count too."""
    table = store.query(
        f"SELECT {', '.join(_COLUMNS)} FROM appraisals WHERE year = ? AND (? IS NULL OR branch_id = ?)"
        " ORDER BY held_on NULLS FIRST, appraisal_id",
        [year, branch_id, branch_id],
    )
    return tuple(Round(**row | {"answers": dict(row["answers"])}) for row in table.to_pylist())


def keep(store: Store, found: Round) -> None:
    """Add a round, or replace the one of its id; the same again changes nothing.

    Raises:
        StoreError: the result of its year is final.
    """
    values: dict[str, list[object]] = {name: [getattr(found, name)] for name in _COLUMNS}
    table = ReadTable(DATASETS["appraisals"], list(_COLUMNS), values, [("", 0)])
    with store.write("record_appraisal", appraisal=found.appraisal_id) as cursor:
        require_open(cursor, found.year)
        counts = put(cursor, table.dataset, table.given, to_arrow(table))
        if counts.unchanged:
            raise NothingToDo

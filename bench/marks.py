"""A store with the marks of any number of branches, made by DuckDB itself; the same marks every time."""

from __future__ import annotations

from pathlib import Path

from dashboard.rules.level import parameters
from dashboard.rules.rulebook import Rulebook
from dashboard.store.connection import Store

YEAR = 2022
BLANK = 3  # percent of marks

# A branch aims at a level (or none): its marks lie at or above the requirement, now and then below it.
# Loading a primary key takes many times as long as the rows, and rating does not use it: here marks have none.
_BRANCHES = """
INSERT INTO branches
SELECT printf('b%07d', n), printf('b%07d', n), NULL, ?, TRUE FROM range(?) AS numbers(n) ORDER BY n
"""
_MARKS = """
CREATE TABLE marks AS
SELECT
    branch_id,
    {year}::INTEGER AS year,
    'self' AS stage,
    asked.criterion AS criterion,
    CASE WHEN luck % 100 >= {blank} THEN
        asked.needs[aim + 1] + (luck // 100) % 3 - ((luck // 300) % 150 = 0)::INTEGER
    END::DOUBLE AS value
FROM (
    SELECT
        *,
        (hash(branch_id, asked.criterion) >> 34)::INTEGER AS luck,
        (hash(branch_id) >> 34)::INTEGER % {aims} AS aim
    FROM (
        SELECT branch_id, unnest((
            SELECT list({{'criterion': criterion, 'needs': [0, {needs}]}} ORDER BY criterion)
            FROM rule_requirements
            WHERE standard = ?
        )) AS asked
        FROM branches
    )
)
"""
_VIEWS = """
CREATE VIEW preview_branches AS SELECT branch_id, standard FROM branches JOIN sector_standards USING (sector);
CREATE VIEW preview_marks AS
SELECT branch_id, criterion, value FROM marks WHERE year = {year} AND stage = 'self'
"""


def make_store(path: Path, rulebook: Rulebook, branches: int) -> None:
    """A store of `branches` branches in the first sector with a standard, self-assessed in `YEAR`.

    The marks of a branch lie together. `preview_branches` and `preview_marks` are views, as `dashboard.rules.preview`
    reads them.
    """
    sector, standard = next((key, sector.standard) for key, sector in rulebook.sectors.items() if sector.standard)
    levels = len(rulebook.level_keys)
    needs = ", ".join(f"coalesce(need_{i}, 0)" for i in range(levels))
    with Store(path) as store:
        with store.write("bench", branches=branches) as cursor:
            cursor.execute(_BRANCHES, [sector, branches])
        # in a transaction of its own, as rows that are not yet committed are read by one thread only
        with store.write("bench", marks=branches) as cursor:
            for name, relation in parameters(rulebook).items():
                cursor.register(name, relation)
            cursor.execute("CREATE TABLE sector_standards AS FROM rule_sectors")
            cursor.execute("DROP TABLE marks")
            cursor.execute(_MARKS.format(year=YEAR, blank=BLANK, needs=needs, aims=levels + 1), [standard])
            cursor.execute(_VIEWS.format(year=YEAR))
        with store.read() as cursor:
            cursor.execute("CHECKPOINT")

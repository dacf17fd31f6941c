"""One way to rate a store, in a process of its own: `python -m bench.contestant NAME STORE`, a JSON object out.

A process each, so that the peak memory is that of one contestant and none finds another's caches warm.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bench import peers
from bench.marks import YEAR
from bench.measure import Cost, measure, peak_memory
from dashboard.rules.level import Shape, parameters
from dashboard.rules.load import load
from dashboard.rules.preview import bounds
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.engine import compile_sql, facts_sql

SCAN = "SELECT count(*), sum(value), min(criterion), max(criterion), min(branch_id), max(branch_id) FROM marks"


def scan(path: Path) -> dict[str, object]:
    """The floor: every mark, criterion and branch read once, and nothing done with them."""
    with Store(path) as store:
        cost, rows = measure(lambda: store.query(SCAN))
    return {**_report(cost), "marks": rows.column(0)[0].as_py()}


def dashboard(path: Path) -> dict[str, object]:
    """The dashboard's own expression, as the preview runs it, over every branch of the store."""
    rulebook = load(ROOT / "rules.yaml")
    rated = bounds(Shape.of(rulebook))
    sql = compile_sql(rated.select("branch_id", level=rated.low))
    with Store(path) as store:
        cost, levels = measure(lambda: store.query(sql, relations=parameters(rulebook)))
    return {**_report(cost), **_outcome(levels)}


def facts(path: Path) -> dict[str, object]:
    """All the facts of the year, as the evaluation reads them: both stages, and eight more relations joined."""
    rulebook = load(ROOT / "rules.yaml")
    sql = facts_sql(Shape.of(rulebook))
    relations = {**parameters(rulebook), "year_scope": pa.table({"year": pa.array([YEAR], pa.int32())})}
    with Store(path) as store:
        cost, rows = measure(lambda: store.query(sql, relations=relations))
    return {**_report(cost), **_outcome(rows.select(["branch_id", "self_level"]))}


def peer(prepare: Callable[[pa.Table, pa.Table, pa.Table], peers.Rate], path: Path) -> dict[str, object]:
    """A peer, from the frames that it makes of the marks (making them is not counted)."""
    tables = parameters(load(ROOT / "rules.yaml"))
    with duckdb.connect(str(path), read_only=True) as connection:
        marks = connection.execute("SELECT branch_id, year, stage, criterion, value FROM marks").to_arrow_table()
    needs = [name for name in tables["rule_requirements"].column_names if name.startswith("need_")]
    requirements = tables["rule_requirements"].select(["criterion", *needs])
    rate = prepare(marks, requirements, tables["rule_standards"])
    del marks
    cost, levels = measure(rate)
    return {**_report(cost), **_outcome(levels)}


CONTESTANTS: dict[str, Callable[[Path], dict[str, object]]] = {
    "scan": scan,
    "dashboard": dashboard,
    "facts": facts,
    "polars": lambda path: peer(peers.with_polars, path),
    "pandas": lambda path: peer(peers.with_pandas, path),
}


def _report(cost: Cost) -> dict[str, object]:
    return {**cost._asdict(), "peak_memory": peak_memory()}


def _outcome(levels: pa.Table) -> dict[str, object]:
    """Branches by level, and a checksum of the level of every branch in the order of their ids."""
    ids, level = (column.combine_chunks() for column in levels.columns)
    ordered = level.cast(pa.int32()).take(pc.sort_indices(ids.cast(pa.large_string())))
    counts = {str(row["values"]): row["counts"] for row in pc.value_counts(ordered).to_pylist()}
    digest = hashlib.sha256(ordered.to_numpy().tobytes()).hexdigest()[:16]
    return {"levels": dict(sorted(counts.items())), "checksum": digest}


if __name__ == "__main__":
    print(json.dumps(CONTESTANTS[sys.argv[1]](Path(sys.argv[2]))))

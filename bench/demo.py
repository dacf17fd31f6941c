"""The demo: filling a fresh store, and one round trip of the command line on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Cost, measure
from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store.connection import Store

BRANCHES, VOTES = 200, 200_000
FLOOR = "import duckdb, ibis, pyarrow"  # what any command that reads a store and compiles a query must do


def run() -> dict[str, object]:
    """Nothing but a message where there is no demo to fill a store with."""
    if find_spec("dashboard.demo.fill") is None:
        return {"skipped": "dashboard.demo.fill cannot be imported"}
    from dashboard.demo.fill import fill

    rulebook = load(ROOT / "rules.yaml")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "demo.duckdb"
        with Store(path) as store:
            filling, tables = measure(lambda: fill(store, rulebook, OPERATOR, branches=BRANCHES, votes=VOTES), runs=1)
            latest = store.query("SELECT max(year) FROM applications").column(0)[0].as_py()
        command = ["evaluate", "--year", str(latest), "--format", "json", "--store", str(path)]
        evaluating, text = _process("-m", "dashboard", *command)
        floor, _ = _process("-c", FLOOR)
    json.loads(text)
    return {
        "branches": BRANCHES,
        "votes": VOTES,
        "rows": sum(tables.values()),
        "filling": filling._asdict(),
        "help": _process("-m", "dashboard", "--help")[0]._asdict(),
        "evaluating": evaluating._asdict(),
        "floor": floor._asdict(),
        "ratio": evaluating.wall / floor.wall,
    }


def _process(*arguments: str) -> tuple[Cost, str]:
    """A Python process from start to end; its CPU time is that of the children that this process waited for."""

    def once() -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    before = os.times()
    cost, text = measure(once)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return cost._replace(cpu=used / cost.runs), text

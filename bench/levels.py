"""Rate every branch at once: the level met from long rows of marks, beside a bare scan, pandas and polars."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.contestant import CONTESTANTS, SCAN
from bench.marks import make_store
from bench.measure import measure
from dashboard.rules.load import load
from dashboard.settings import ROOT

SIZES = (10_000, 100_000, 1_000_000)
FLOOR = "scan"


def run(sizes: Sequence[int] = SIZES) -> dict[str, object]:
    """Every contestant at every size.

    Raises:
        AssertionError: two contestants rate any branch differently.
    """
    return {"floor": SCAN, "sizes": [_at_size(branches) for branches in sorted(sizes)]}


def _at_size(branches: int) -> dict[str, object]:
    rulebook = load(ROOT / "rules.yaml")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "marks.duckdb"
        print(f"  {branches:,} branches: making the marks …", file=sys.stderr, flush=True)
        making, _ = measure(lambda: make_store(path, rulebook, branches), runs=1)
        found = {name: _contest(name, path) for name in CONTESTANTS}
    _agree(found)
    for result in found.values():
        result["ratio"] = {unit: result[unit] / found[FLOOR][unit] for unit in ("wall", "cpu")}
    return {"branches": branches, "marks": found[FLOOR]["marks"], "making": making._asdict(), "contestants": found}


def _contest(name: str, path: Path) -> dict[str, Any]:
    print(f"  {name} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.contestant", name, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _agree(found: Mapping[str, Mapping[str, Any]]) -> None:
    outcomes = {name: (of["levels"], of["checksum"]) for name, of in found.items() if "checksum" in of}
    first = next(iter(outcomes.values()))
    if any(outcome != first for outcome in outcomes.values()):
        raise AssertionError(f"the contestants give different levels: {outcomes}")

"""The `draw` command, against a reading of its own."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.services.evaluation import rate_one
from dashboard.services.ground import prepare
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.reference.subdistricts import random_tables

YEAR = 2019


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("draw") / "store.duckdb"
    with Store(path) as store:
        load_tables(store, load(ROOT / "rules.yaml"), random_tables(7, branches=90, year=YEAR))
    return path


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", "draw", "--store", str(path), "--year", str(YEAR), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["spot_check", "recheck"])
def test_the_draw_is_what_anyone_recomputes(path: Path, kind: str) -> None:
    rulebook = load(ROOT / "rules.yaml")
    with Store(path) as store:
        table = rate_one(store, prepare(store, rulebook, OPERATOR, YEAR), rulebook).table.to_pylist()
    in_draw: dict[str | None, list[str]] = {}
    for row in table:
        new = row["previous_level"] == 0 and row["applied_level"] == 3 and row["application_status"] == "accepted"
        holds = row["previous_level"] >= 3
        if row["basis"] != "inactive" and (new if kind == "spot_check" else holds):
            in_draw.setdefault(row["superior_id"], []).append(row["branch_id"])
    found = json.loads(run(path, "--kind", kind, "--seed", "公开种子", "--format", "json").stdout)
    assert {(r["superior_id"], r["branch_id"]) for r in found} == {(s, b) for s, bs in in_draw.items() for b in bs}
    assert found
    for superior, branches in in_draw.items():
        tickets = {b: hashlib.sha256(f"公开种子,{b}".encode()).hexdigest() for b in branches}
        size = max(1, math.ceil(Fraction(3, 10) * len(branches)))
        drawn = set(sorted(branches, key=tickets.__getitem__)[:size])
        mine = [r for r in found if r["superior_id"] == superior]
        assert {r["branch_id"] for r in mine if r["drawn"]} == drawn
        assert {r["branch_id"]: r["ticket"] for r in mine} == tickets
        assert set(mine[0]) == {"superior_id", "branch_id", "ticket", "drawn"}


def test_a_blank_seed_is_refused(path: Path) -> None:
    done = run(path, "--kind", "recheck", "--seed", " ")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--seed: ")

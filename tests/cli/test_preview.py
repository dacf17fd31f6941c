"""`preview`: bounds, what is missing and what decides, as an independent reading has them; and chances that add up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services.preview import preview, read_marks
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.reference.basics import Marks, Rules, criteria, highest_level, level_bounds, level_keys, met
from tests.reference.subdistricts import random_tables

YEAR = 2019
RULES: Rules = yaml.safe_load((ROOT / "rules.yaml").read_text("utf-8"))


def missing(standard: str, marks: Marks) -> tuple[int | None, list[str]]:
    """The level above the one met, and what it asks that the marks do not show."""
    above = [level for level in level_keys(RULES) if level > highest_level(RULES, standard, marks, False)]
    if not above:
        return None, []
    key = level_keys(RULES)[above[0]]
    return above[0], [str(c["id"]) for c in criteria(RULES, standard) if not met(c, key, marks)]


def decisive(standard: str, marks: Marks) -> list[str]:
    """Unknown criteria that would hold the branch back if they alone were not met."""
    best = highest_level(RULES, standard, marks, True)
    unknown = [str(c["id"]) for c in criteria(RULES, standard) if not (marks.get(str(c["id"])) or "").strip()]
    return [c for c in unknown if highest_level(RULES, standard, {**marks, c: "0"}, True) < best]


@pytest.mark.parametrize("seed", range(6))
def test_the_preview_agrees_with_an_independent_reading(rulebook: Rulebook, seed: int) -> None:
    tables = random_tables(seed, branches=50, year=YEAR)
    with Store(None) as store:
        load_tables(store, rulebook, tables)
        some = 0
        for branch in tables["branches"]:
            name = branch["branch_id"]
            marks = {
                row["criterion"]: row["value"]
                for row in tables["marks"]
                if (row["branch_id"], row["year"], row["stage"]) == (name, str(YEAR), "self")
            }
            found = preview(store, rulebook, OPERATOR, name, read_marks(store, rulebook, OPERATOR, name, YEAR).values)
            assert found is not None
            standard = str(RULES["sectors"][branch["sector"]]["standard"])
            low, high = level_bounds(RULES, standard, marks)
            assert (found.level_low, found.level_met, found.level_high) == (low, low, high)
            assert (found.next_level, [gap.criterion.id for gap in found.missing]) == missing(standard, marks)
            # choice: where nothing can move the result no unknown is decisive
            assert [c.id for c in found.decisive] == (decisive(standard, marks) if low < high else [])
            some += bool(found.decisive)
        assert some


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, rulebook: Rulebook) -> Path:
    path = tmp_path_factory.mktemp("preview") / "store.duckdb"
    with Store(path) as store:
        load_tables(store, rulebook, random_tables(4, branches=40, year=YEAR))
    return path


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", "preview", "--store", str(path), "--year", str(YEAR), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_json_has_the_keys_that_are_promised(path: Path, rulebook: Rulebook) -> None:
    with Store(path) as store:
        names = store.query("SELECT branch_id FROM branches WHERE active ORDER BY 1").column(0).to_pylist()
        own = preview(store, rulebook, OPERATOR, names[3], read_marks(store, rulebook, OPERATOR, names[3], YEAR).values)
    assert own is not None
    done = run(path, names[3], "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert list(document) == ["level_low", "level_met", "level_high", "next_level", "missing", "probability"]
    assert list(document["probability"]) == ["0", "3", "4", "5"]
    assert sum(document["probability"].values()) == pytest.approx(1)
    assert (document["level_low"], document["level_high"]) == (own.level_low, own.level_high)
    assert [(m["criterion"], m["required"], m["value"]) for m in document["missing"]] == [
        (gap.criterion.id, float(gap.required), gap.value) for gap in own.missing
    ]


def test_table_and_csv_and_an_unknown_branch(path: Path) -> None:
    with Store(path) as store:
        name = store.query("SELECT min(branch_id) AS b FROM branches").column("b")[0].as_py()
    assert "%" in run(path, name).stdout
    head, row = run(path, name, "--format", "csv").stdout.splitlines()
    assert head.split(",")[:5] == ["branch_id", "level_low", "level_met", "level_high", "next_level"]
    assert row.startswith(name)
    done = run(path, "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr

"""`preview`: what the command says is what an independent reading and the services say; and chances that add up."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services.expectation import expect
from dashboard.services.preview import preview, read_marks
from dashboard.services.sheet_feedback import feedback
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.reference.basics import Rules
from tests.reference.preview import foresee
from tests.reference.subdistricts import random_tables
from tests.rules.test_evaluation import as_document
from tests.services.test_preview import FILES, SECTORS, as_found, exact, random_sheet

YEAR = 2019
RULES: Rules = yaml.safe_load((ROOT / "rules.yaml").read_text("utf-8"))


@pytest.mark.parametrize("seed", range(4))
def test_the_sheets_of_a_subdistrict_are_read_alike(rulebook: Rulebook, seed: int) -> None:
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
            assert as_found(found) == foresee(RULES, str(RULES["sectors"][branch["sector"]]["standard"]), marks)
            some += bool(found.decisive)
        assert some


@pytest.mark.parametrize("scheme", list(FILES))
def test_screen_and_command_agree(tmp_path: Path, scheme: str) -> None:
    """Sheets of marks handed in, under rules of one's own: the command, the page and the feedback say what they say by
    the independent reading; the chances are those of the page, and none goes to what cannot be won."""
    rulebook, rng, year = load(FILES[scheme]), random.Random(f"{scheme} 3"), 2024
    rules, path = as_document(rulebook), tmp_path / "store.duckdb"
    sheets = {sector: random_sheet(rng, rules, str(rules["sectors"][sector]["standard"])) for sector in SECTORS}
    with Store(path) as store:
        own = [{"branch_id": s, "name": s, "superior_id": "", "sector": s} for s in SECTORS]
        marks = [
            {"branch_id": s, "year": year, "stage": "self", "criterion": c, "value": value}
            for s, sheet in sheets.items()
            for c, value in sheet.items()
        ]
        load_tables(store, rulebook, {"branches": own, "marks": marks})
        told = {s: feedback(store, rulebook, OPERATOR, s, year, "self") for s in SECTORS}
        page = {s: expect(store, rulebook, OPERATOR, s, year) for s in SECTORS}
    for sector, sheet in sheets.items():
        done = run(path, sector, "--rules", str(FILES[scheme]), "--format", "json", year=year)
        assert (done.returncode, done.stderr) == (0, "")
        document = json.loads(done.stdout)
        read = foresee(rules, str(rules["sectors"][sector]["standard"]), sheet)
        bounds = (document["level_low"], document["level_met"], document["level_high"], document["next_level"])
        assert bounds == (read.level_low, read.level_met, read.level_high, read.next_level)
        missing = [(m["criterion"], exact(m["required"]), exact(m["value"])) for m in document["missing"]]
        assert missing == list(read.missing)
        feedback_says = told[sector]
        assert bounds == tuple(feedback_says[name] for name in ("low", "met", "high", "next"))
        assert feedback_says["missing"] == [[m["criterion"], m["required"], m["value"]] for m in document["missing"]]
        assert document["probability"] == {str(level): chance for level, chance in page[sector].chances.items()}
        assert sum(document["probability"].values()) == pytest.approx(1)
        assert all(0 <= chance <= 1 for chance in document["probability"].values())
        most = max(page[sector].target or 0, 0)  # nobody holds a star yet
        assert all(not chance for level, chance in document["probability"].items() if int(level) > most)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, rulebook: Rulebook) -> Path:
    path = tmp_path_factory.mktemp("preview") / "store.duckdb"
    with Store(path) as store:
        load_tables(store, rulebook, random_tables(4, branches=40, year=YEAR))
    return path


def run(path: Path, *options: str, year: int = YEAR) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", "preview", "--store", str(path), "--year", str(year), *options]
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

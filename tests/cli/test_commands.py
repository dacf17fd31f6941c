"""The command line: what it prints, its exit status, and that bad input changes nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.settings import ROOT
from tests.helpers import write_csv
from tests.reference.subdistricts import random_tables, write_folder

SUPERIORS = [{"superior_id": "S1", "name": "湖滨社区党委", "kind": "community"}]
BRANCHES = [{"branch_id": f"B{n}", "name": f"第{n}党支部", "superior_id": "S1", "sector": "two_new"} for n in (1, 2, 3)]


class Cli:
    """Runs commands in a process of their own, from a folder of their own, on one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DASHBOARD_STORE": str(folder / "store.duckdb"),
            "DASHBOARD_LANGUAGE": "en",
        }

    def __call__(self, *arguments: object, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "dashboard", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: object) -> object:
        return json.loads(self(*arguments, "--format", "json").stdout)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


def test_quota_prints_the_places_of_the_document(cli: Cli) -> None:
    rows = cli.json("quota", "--years", "2017-2022")
    assert isinstance(rows, list)
    places = {level: [r["places"] for r in rows if r["level"] == level] for level in (4, 5)}
    assert places == {4: [30, 33, 36, 40, 44, 48], 5: [10, 11, 12, 13, 15, 16]}
    done = cli("quota", "--years", "2018-2018", "--format", "csv", "--set", "quotas.five_star.growth.rounding=floor")
    assert list(csv.reader(io.StringIO(done.stdout))) == [
        ["level", "year", "places"],
        ["4", "2018", "33"],
        ["5", "2018", "11"],
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["quota", "--years", "2016-2018"], "first published year is 2017"),
        (["quota", "--years", "22"], "FIRST-LAST"),
        (["quota", "--years", "2018", "--set", "cascade=maybe"], "--set cascade: must be true or false"),
        (["quota", "--years", "2018", "--set", "quotas.six_star.places.2017=1"], "there is no “quotas.six_star.places"),
        (["quota", "--years", "2018", "--set", "quotas.five_star.growth.rate=180%"], "between 0% and 100%"),
        (["quota", "--years", "2018", "--set", "cascade"], "PATH=VALUE"),
        (["quota", "--years", "2018", "--rules", "nowhere.yaml"], "nowhere.yaml: the file cannot be read"),
        (["import", "nowhere"], "nowhere: there is no such folder"),
        (["evaluate", "--year", "2016"], "first published year is 2017"),
        (["evaluate", "--year", "9"], "--year"),
        (["evaluate", "--year", "2019", "--stage", "later"], "--stage"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_input_gets_one_clear_message_and_status_2(cli: Cli, arguments: list[str], told: str) -> None:
    done = cli(*arguments, status=2)
    assert told in done.stderr
    assert done.stdout == ""


def test_import_evaluate_write_export(cli: Cli, tmp_path: Path) -> None:
    tables = random_tables(5, branches=40, year=2019)
    write_folder(tables, tmp_path / "in")
    counts = cli.json("import", "in")
    assert isinstance(counts, dict)
    assert counts["branches"] == {"added": 40, "updated": 0, "unchanged": 0}
    rows = cli.json("evaluate", "--year", 2019)
    assert isinstance(rows, list)
    assert list(rows[0]) == [
        "branch_id",
        "previous_level",
        "self_level",
        "applied_level",
        "application_status",
        "level_met",
        "awarded_level",
        "basis",
        "clause",
    ]
    assert [r["branch_id"] for r in rows] == sorted(r["branch_id"] for r in tables["branches"])
    assert all(r["clause"] for r in rows)
    cli("evaluate", "--year", 2019, "--write")
    cli("export", "out")
    with (tmp_path / "out" / "awards.csv").open(encoding="utf-8") as file:
        written = {r["branch_id"]: int(r["level"]) for r in csv.DictReader(file) if r["year"] == "2019"}
    assert written == {r["branch_id"]: r["awarded_level"] for r in rows}
    following = cli.json("evaluate", "--year", 2020)
    assert isinstance(following, list)
    assert {r["branch_id"]: r["previous_level"] for r in following} == written


def test_a_broken_folder_is_refused_with_every_place_and_nothing_is_stored(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    applications = [
        {"branch_id": "B1", "year": 2019, "level": 3, "submitted_on": "2026-02-30", "review": "approved"},
        {"branch_id": "B7", "year": 2019, "level": 9, "submitted_on": "2019-04-30", "review": "approved"},
    ]
    write_csv(
        tmp_path / "in", {"superiors": SUPERIORS, "branches": [*BRANCHES, BRANCHES[0]], "applications": applications}
    )
    done = cli("import", "in", status=2)
    places = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert set(places) == {
        "branches.csv:5:branch_id",
        "applications.csv:2:submitted_on",
        "applications.csv:3:level",
        "applications.csv:3:branch_id",
    }
    assert cli.json("evaluate", "--year", 2019) == []


def test_rules_check_and_show(cli: Cli, tmp_path: Path) -> None:
    good = cli.json("rules", "check")
    assert isinstance(good, dict)
    assert good["problems"] == []
    assert len(good["fingerprint"]) == 64
    text = (ROOT / "rules.yaml").read_text("utf-8")
    broken = text.replace("growth: {rate: 10%", "growth: {rate: 110%", 1).replace("cascade: true", "cascade: maybe")
    (tmp_path / "broken.yaml").write_text(broken, "utf-8")
    done = cli("rules", "check", "broken.yaml", "--format", "json", status=2)
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert json.loads(done.stdout) == {"fingerprint": None, "problems": lines}
    number = next(n for n, line in enumerate(broken.splitlines(), 1) if "110%" in line)
    assert lines[0].startswith(f"broken.yaml:{number}: quotas.four_star.growth.rate: ")
    assert "cascade" in lines[1]
    shown = cli.json("rules", "show", "--set", "cascade=false")
    assert isinstance(shown, dict)
    assert shown["rules"]["cascade"] is False
    assert shown["fingerprint"] != good["fingerprint"]
    written = cli("rules", "show", "--set", "quotas.five_star.places.2019=12").stdout
    assert "cascade: true" in written
    (tmp_path / "shown.yaml").write_text(written, "utf-8")
    again = cli.json("rules", "check", str(tmp_path / "shown.yaml"))
    meant = cli.json("rules", "show", "--set", "quotas.five_star.places.2019=12")
    assert isinstance(again, dict)
    assert isinstance(meant, dict)
    assert again["fingerprint"] == meant["fingerprint"]


def test_demo_fills_an_empty_store_only(cli: Cli) -> None:
    counts = cli.json("demo", "--branches", 40, "--votes", 500, "--seed", 3)
    assert isinstance(counts, dict)
    assert counts["branches"] == 40
    assert counts["votes"] == 500
    done = cli("demo", "--branches", 40, "--votes", 500, status=2)
    assert "already has data" in done.stderr


def test_speaks_chinese_unless_told_otherwise(cli: Cli) -> None:
    done = cli("import", "nowhere", status=2, DASHBOARD_LANGUAGE="")
    assert "没有这个文件夹或数据文件" in done.stderr

"""`simulate` on the command line: the shape of what it prints, scenario files, and one line for each problem."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dashboard import __main__ as program
from dashboard.i18n import translator
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario
from dashboard.settings import ROOT
from tests.cli.test_commands import Cli
from tests.helpers import changed
from tests.reference.evaluation import LevelSummary, Rated
from tests.reference.evaluation import evaluate as read_independently
from tests.reference.subdistricts import random_tables, write_folder
from tests.rules.test_evaluation import as_document

YEAR = 2018
TABLES = random_tables(12, branches=70, year=YEAR)
SETS = ("quotas.four_star.places.2018=4", "quotas.five_star.places.2018=6", "cascade=false", "ranking=[criteria_met]")
LEVEL_KEYS = ["level", "quota", "applicants", "pool", "places", "selected", "tied", "binding"]


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A store with a subdistrict in 2018 in which most things happen."""
    folder = tmp_path_factory.mktemp("simulate")
    write_folder(TABLES, folder / "in")
    runner = Cli(folder)
    runner("import", "in")
    return runner


class Told(NamedTuple):
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it is."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Run = Callable[..., Told]


@pytest.fixture
def simulate(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The same command in this process, which is quicker."""
    settings = replace(program.SETTINGS, store=cli.folder / "store.duckdb", rules=ROOT / "rules.yaml")
    monkeypatch.chdir(cli.folder)
    monkeypatch.setattr(program, "SETTINGS", settings)
    monkeypatch.setattr(program, "T", translator("en"))

    def run(*arguments: str, form: str = "json", year: int = YEAR, status: int = 0) -> Told:
        words = ["simulate", "--year", str(year), "--format", form, *arguments]
        monkeypatch.setattr(sys, "argv", ["dashboard", *words])
        with pytest.raises(SystemExit) as left:
            program.main()
        assert left.value.code == status
        return Told(*capsys.readouterr())

    return run


def options(*sets: str) -> list[str]:
    return [part for text in sets for part in ("--set", text)]


def expected_side(rated: list[Rated], levels: list[LevelSummary]) -> dict[str, object]:
    counts = Counter(r.awarded_level for r in rated)
    rows = [{key: getattr(level, key) for key in LEVEL_KEYS} for level in levels]
    return {"stars": {str(level): counts[level] for level in (3, 4, 5)}, "levels": rows}


def expected(baseline: Rulebook, scenario: Rulebook, stage: str = "auto") -> dict[str, object]:
    """What the independent reading of the rules would print."""
    before, levels_before = read_independently(TABLES, as_document(baseline), YEAR, stage)
    after, levels_after = read_independently(TABLES, as_document(scenario), YEAR, stage)
    changes = [
        {"branch_id": b.branch_id, "from": a.awarded_level, "to": b.awarded_level, "basis": b.basis}
        for a, b in zip(before, after, strict=True)
        if a.awarded_level != b.awarded_level
    ]
    return {
        "baseline": expected_side(before, levels_before),
        "scenario": expected_side(after, levels_after),
        "changed": changes,
    }


def test_json_is_one_document_of_the_shape_that_is_promised(cli: Cli, rulebook: Rulebook) -> None:
    done = cli("simulate", "--year", YEAR, *options(*SETS), "--format", "json")
    assert done.stderr == ""
    document = json.loads(done.stdout)  # nothing before it, nothing after it
    assert list(document) == ["baseline", "scenario", "changed"]
    for side in (document["baseline"], document["scenario"]):
        assert list(side) == ["stars", "levels"]
        assert list(side["stars"]) == ["3", "4", "5"]
        assert [list(row) for row in side["levels"]] == [LEVEL_KEYS] * 2
        assert [row["level"] for row in side["levels"]] == [4, 5]
        for row in side["levels"]:
            assert {type(row[key]) for key in LEVEL_KEYS[:-1]} == {int}
            assert row["binding"] in ("supply", "fallback", "quota")
    assert document["changed"]
    for row in document["changed"]:
        assert list(row) == ["branch_id", "from", "to", "basis"]
        assert row["from"] != row["to"]
        assert {row["from"], row["to"]} <= {0, 3, 4, 5}
    assert document == expected(rulebook, changed(rulebook, *SETS))


def test_every_word_for_what_binds_is_printed(simulate: Run, rulebook: Rulebook) -> None:
    sets = ("quotas.four_star.shortfall.ratio=10%", "quotas.five_star.places.2018=6")
    document = simulate(*options(*sets)).document
    assert document == expected(rulebook, changed(rulebook, *sets))
    bindings = [row["binding"] for side in ("baseline", "scenario") for row in document[side]["levels"]]
    assert bindings == ["supply", "supply", "fallback", "quota"]


def test_a_level_without_a_quota_has_stars_but_no_row(simulate: Run) -> None:
    document = simulate("--set", "quotas.four_star=null").document
    assert [row["level"] for row in document["baseline"]["levels"]] == [4, 5]
    assert [row["level"] for row in document["scenario"]["levels"]] == [5]
    assert list(document["scenario"]["stars"]) == ["3", "4", "5"]


def test_the_stage_may_be_chosen(simulate: Run, rulebook: Rulebook) -> None:
    """A projection goes by the self-assessment where nothing was inspected."""
    scenario = changed(rulebook, *SETS)
    told = {stage: simulate(*options(*SETS), "--stage", stage).document for stage in ("auto", "projected", "final")}
    assert told == {stage: expected(rulebook, scenario, stage) for stage in told}
    assert told["auto"] == told["final"] != told["projected"]


def scenario_file(folder: Path, name: str, text: str | bytes) -> str:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return name


def changes_text(*lines: str, **head: str) -> str:
    """A scenario file; changes begin on the line after the head."""
    written = {"name": "试算", **head}
    return "\n".join([*(f"{key}: {value}" for key, value in written.items()), "changes:", *(f"  {x}" for x in lines)])


AS_LINES = tuple(text.replace("=", ": ", 1) for text in SETS)


def test_a_scenario_file_is_what_its_changes_are(cli: Cli, simulate: Run, rulebook: Rulebook) -> None:
    whole = scenario_file(cli.folder, "whole.yaml", changes_text(*AS_LINES, note="说明", author="组织办"))
    half = scenario_file(cli.folder, "half.yaml", changes_text(*AS_LINES[:2]))
    answer = expected(rulebook, changed(rulebook, *SETS))
    assert simulate("--scenario", whole).document == answer
    assert simulate("--scenario", half, *options(*SETS[2:])).document == answer


def test_a_scenario_as_the_program_writes_it(cli: Cli, simulate: Run, rulebook: Rulebook) -> None:
    scenario = Scenario("试算", tuple(Change.parse(text) for text in SETS), base=rulebook.fingerprint)
    told = simulate("--scenario", scenario_file(cli.folder, "written.yaml", scenario.write()))
    assert told.document == expected(rulebook, changed(rulebook, *SETS))
    assert told.err == ""  # made for the rules in force: nothing to warn of


def test_a_scenario_made_for_other_rules_is_run_with_a_warning(cli: Cli, rulebook: Rulebook) -> None:
    text = (ROOT / "rules.yaml").read_text("utf-8").replace("\ncascade: true", "\ncascade: false")
    (cli.folder / "district.yaml").write_text(text, "utf-8")
    own = load(cli.folder / "district.yaml")
    assert own.fingerprint != rulebook.fingerprint
    name = scenario_file(cli.folder, "elsewhere.yaml", changes_text(AS_LINES[0], base=rulebook.fingerprint))
    done = cli("simulate", "--year", YEAR, "--rules", "district.yaml", "--scenario", name, "--format", "json")
    assert json.loads(done.stdout) == expected(own, changed(own, SETS[0]))
    (line,) = done.stderr.splitlines()
    assert "made for other rules" in line
    assert "试算" in line
    assert rulebook.fingerprint[:12] in line
    assert own.fingerprint[:12] in line


def test_csv_is_the_branches_that_change(simulate: Run, rulebook: Rulebook) -> None:
    told = simulate(*options(*SETS), form="csv")
    changes = expected(rulebook, changed(rulebook, *SETS))["changed"]
    assert isinstance(changes, list)
    header, *rows = csv.reader(io.StringIO(told.out))
    assert header == ["branch_id", "from", "to", "basis"]
    assert rows == [[str(value) for value in row.values()] for row in changes]
    assert told.err == ""


def test_the_table_shows_both_sides_and_the_branches_that_change(simulate: Run, rulebook: Rulebook) -> None:
    answer = expected(rulebook, changed(rulebook, *SETS))
    sides, branches = simulate(*options(*SETS), form="table").out.split("\n\n")
    rows = [[cell.strip() for cell in line.split("  ") if cell] for line in sides.splitlines()[2:]]
    for side, label in (("baseline", "in force"), ("scenario", "scenario")):
        told = answer[side]
        assert isinstance(told, Mapping)
        outcomes = {row["level"]: row for row in told["levels"]}
        for level, stars in told["stars"].items():
            (row,) = [r for r in rows if r[:2] == [label, level]]
            outcome = outcomes.get(int(level), {})
            assert row[2:] == [str(stars), *(str(outcome.get(key, "—")) for key in LEVEL_KEYS[1:])]
    changes = answer["changed"]
    assert isinstance(changes, list)
    assert [line.split()[:3] for line in branches.splitlines()[2:]] == [
        [row["branch_id"], str(row["from"]), str(row["to"])] for row in changes
    ]


@pytest.mark.parametrize("text", ["name: 现行\n", "name: 现行\nchanges:\n", "name: 现行\nchanges: {}\n"])
def test_an_empty_scenario_says_that_nothing_changes(text: str, cli: Cli, simulate: Run, rulebook: Rulebook) -> None:
    name = scenario_file(cli.folder, "empty.yaml", text)
    assert simulate("--scenario", name).document == expected(rulebook, rulebook)
    assert simulate("--scenario", name).document["changed"] == []
    assert simulate("--scenario", name, form="csv").out == "branch_id,from,to,basis\n"
    shown = simulate("--scenario", name, form="table").out
    assert shown.endswith("\n\nNo branch would hold another level.\n")


Problems = list[tuple[str, str]]
FIVE = "quotas.five_star"


def assert_refused(told: Told, problems: Problems) -> None:
    """Nothing on standard output, and one line for each problem: the place, and words of what is wrong."""
    assert told.out == ""
    lines = sorted(told.err.splitlines())
    assert len(lines) == len(problems), lines
    for line, (where, words) in zip(lines, sorted(problems), strict=True):
        assert line.startswith(f"{where}: ")
        assert words in line.removeprefix(where)


@pytest.mark.parametrize(
    ("sets", "problems"),
    [
        ([f"{FIVE}.places.2018=-1"], [(f"--set {FIVE}.places.2018", "at least 0")]),
        ([f"{FIVE}.growth.rate=180%"], [(f"--set {FIVE}.growth.rate", "between 0% and 100%")]),
        ([f"{FIVE}.shortfall.ratio=180%"], [(f"--set {FIVE}.shortfall.ratio", "between 0% and 100%")]),
        (["quotas.six_star.places.2018=1"], [("--set quotas.six_star.places.2018", "four_star, five_star")]),
        (["cascade=false", "cascade=false"], [("--set cascade", "the same place as “cascade”")]),
        ([f"{FIVE}=null", f"{FIVE}.counts=holders"], [(f"--set {FIVE}.counts", f"the same place as “{FIVE}”")]),
        (["cascade"], [("--set cascade", "PATH=VALUE")]),
        (["=1", "veto={members"], [("--set =1", "PATH=VALUE"), ("--set veto:1", "not valid YAML")]),
        ([f"{FIVE}.places={{2020: 10}}"], [(f"{FIVE}.places", "nothing is published for 2018")]),
        (
            [f"{FIVE}.places.2018=-1", f"{FIVE}.growth.rate=180%", "cascad=false", "veto.members=0"],
            [
                (f"--set {FIVE}.places.2018", "at least 0"),
                (f"--set {FIVE}.growth.rate", "between 0% and 100%"),
                ("--set cascad", "there is no “cascad”"),
                ("--set veto.members", "at least 1"),
            ],
        ),
    ],
)
def test_a_change_that_cannot_be_is_refused(sets: list[str], problems: Problems, simulate: Run) -> None:
    assert_refused(simulate(*options(*sets), status=2), problems)


@pytest.mark.parametrize(
    ("text", "sets", "problems"),
    [
        (
            changes_text(
                f"{FIVE}.places.2018: -1", f"{FIVE}.growth.rate: 180%", "quotas.six_star.places.2018: 1", "cascade: 7"
            ),
            [],
            [
                (f"s.yaml:3: changes.{FIVE}.places.2018", "at least 0"),
                (f"s.yaml:4: changes.{FIVE}.growth.rate", "between 0% and 100%"),
                ("s.yaml:5: changes.quotas.six_star.places.2018", "there is no “quotas.six_star.places.2018”"),
                ("s.yaml:6: changes.cascade", "true or false"),
            ],
        ),
        (
            changes_text("cascade: false", f"{FIVE}.places.2018: 3", "cascade: true"),
            [],
            [("s.yaml:5: changes.cascade", "first on line 3")],
        ),
        (
            changes_text(f"{FIVE}.growth: null", f"{FIVE}.growth.rate: 5%"),
            [],
            [(f"s.yaml:4: changes.{FIVE}.growth.rate", f"the same place as “s.yaml:3: changes.{FIVE}.growth”")],
        ),
        (
            changes_text("cascade: false"),
            ["cascade=true"],
            [("--set cascade", "the same place as “s.yaml:3: changes.cascade”")],
        ),
        (
            changes_text(f"{FIVE}.places.2018: -1"),
            ["veto.members=0"],
            [(f"s.yaml:3: changes.{FIVE}.places.2018", "at least 0"), ("--set veto.members", "at least 1")],
        ),
        (b"name: \xce\xe5\xd0\xc7\n", [], [("s.yaml", "not UTF-8")]),  # 五星 in GB18030
        ("name: x\nchanges: {cascade: false\n", [], [("s.yaml:3", "not valid YAML")]),
        (
            "name: x\nnotes: y\nchange:\n  cascade: false\n",
            [],
            [
                ("s.yaml:2: notes", "“notes” does not belong here"),
                ("s.yaml:3: change", "“change” does not belong here"),
            ],
        ),
        ("", [], [("s.yaml", "must be a mapping")]),
        ("changes:\n  cascade: false\n", [], [("s.yaml:1: name", "“name” is missing")]),
    ],
)
def test_a_scenario_file_that_cannot_be_is_refused(
    text: str | bytes, sets: list[str], problems: Problems, cli: Cli, simulate: Run
) -> None:
    name = scenario_file(cli.folder, "s.yaml", text)
    assert_refused(simulate("--scenario", name, *options(*sets), status=2), problems)


def test_a_scenario_file_that_is_not_there_is_refused(simulate: Run) -> None:
    for name, words in (("nowhere.yaml", "No such file"), (".", "Is a directory")):
        assert_refused(simulate("--scenario", name, status=2), [(name, f"cannot be read ({words}")])


def test_a_year_before_any_published_figure_is_refused(simulate: Run) -> None:
    words = "nothing is published for 2016; the first published year is 2017"
    problems = [(f"quotas.{level}.places", words) for level in ("four_star", "five_star")]
    assert_refused(simulate("--set", "cascade=false", year=2016, status=2), problems)


def test_a_refused_command_ends_with_status_2(cli: Cli) -> None:
    """The same from outside: the status of the process, and standard output left empty."""
    name = scenario_file(cli.folder, "bad.yaml", changes_text(f"{FIVE}.places.2018: -1"))
    done = cli("simulate", "--year", YEAR, "--scenario", name, "--set", "cascad=1", "--format", "json", status=2)
    where = f"bad.yaml:3: changes.{FIVE}.places.2018"
    problems = [(where, "at least 0"), ("--set cascad", "there is no “cascad”")]
    assert_refused(Told(done.stdout, done.stderr), problems)

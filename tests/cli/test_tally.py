"""`tally` on the command line, and what `import` says of votes."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from dashboard import __main__ as program
from dashboard.i18n import translator
from dashboard.settings import ROOT
from tests.cli.test_commands import Cli
from tests.helpers import write_csv
from tests.reference.votes import REASONS, Made, Settings, count, random_votes
from tests.rules.test_tally import BASE, YEAR, two_nominees, vote

SETS = [part for text in ("member_star.channels.web.weight=0.3", "member_star.places=2") for part in ("--set", text)]
HELD: Settings = replace(BASE.weighing(web="0.3"), places=2)
MADE: Made = random_votes(21, BASE, votes=60)
EXPECTED = count(MADE.files, MADE.tables, HELD, YEAR)


class Told(NamedTuple):
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it is."""
        return json.loads(self.out)


Run = Callable[..., Told]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, on a store in a folder of its own."""
    settings = replace(program.SETTINGS, store=tmp_path / "store.duckdb", rules=ROOT / "rules.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "SETTINGS", settings)
    monkeypatch.setattr(program, "T", translator("en"))

    def command(*words: object, status: int = 0) -> Told:
        monkeypatch.setattr(sys, "argv", ["dashboard", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            program.main()
        told = Told(*capsys.readouterr())
        assert left.value.code == status, told.err
        return told

    return command


@pytest.fixture
def vote_held(run: Run, tmp_path: Path) -> Run:
    """The same, after the import of a vote."""
    write_vote(tmp_path, MADE)
    for folder in ("in", *(f"in{n}" for n in range(len(MADE.files)))):
        run("import", folder)
    return run


def write_vote(folder: Path, made: Made) -> None:
    """The tables in `in`, each file of votes in a folder of its own."""
    (folder / "in").mkdir()
    write_csv(folder / "in", made.tables)
    for n, rows in enumerate(made.files):
        (folder / f"in{n}").mkdir()
        write_csv(folder / f"in{n}", {"votes": rows})


def balance(found: dict[str, Any]) -> tuple[int, int, dict[str, int]]:
    assert list(found["rejected"]) == list(REASONS)
    return found["received"], found["accepted"], {k: n for k, n in found["rejected"].items() if n}


def test_json_has_the_keys_that_are_promised_and_nothing_else_is_printed(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    write_vote(tmp_path, MADE)
    cli("import", "in", *(f"in{n}" for n in range(len(MADE.files))))
    done = cli("tally", "--year", YEAR, "--format", "json", *SETS)
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert list(document) == ["received", "accepted", "rejected", "channels", "nominees"]
    assert balance(document) == (EXPECTED.balance.received, EXPECTED.balance.accepted, EXPECTED.balance.rejected)
    assert list(document["channels"])[:4] == list(BASE.channels)
    for name, found in document["channels"].items():
        assert list(found) == ["received", "accepted", "rejected"]
        if name in BASE.channels:
            expected = EXPECTED.channels[name]
            assert balance(found) == (expected.received, expected.accepted, expected.rejected)
    assert document["nominees"] == [
        {
            "nominee_id": s.nominee_id,
            "score": float(s.score),
            "rank": s.rank,
            "votes": s.votes,
            "inside": s.inside,
            "tied": s.tied,
        }
        for s in EXPECTED.standings
    ]
    assert all(set(n) == {"nominee_id", "score", "rank", "votes", "inside", "tied"} for n in document["nominees"])


def test_csv_has_a_row_for_each_nominee(vote_held: Run) -> None:
    told = vote_held("tally", "--year", YEAR, "--format", "csv", *SETS)
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert [(row["nominee_id"], row["rank"]) for row in rows] == [
        (s.nominee_id, "" if s.rank is None else str(s.rank)) for s in EXPECTED.standings
    ]
    assert [float(row["score"]) for row in rows] == [float(s.score) for s in EXPECTED.standings]
    assert told.err == ""


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_table_says_how_the_rows_balance(vote_held: Run, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr(program, "T", translator(language))
    told = vote_held("tally", "--year", YEAR, *SETS)
    assert told.err == ""
    assert str(EXPECTED.balance.received) in told.out.splitlines()[0]
    for standing in EXPECTED.standings:
        assert standing.nominee_id in told.out
    for raw in ("vote.", "column.", "tally.", "_nominee", "over_limit", "None", "False"):
        assert raw not in told.out


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_year_without_nominees_has_an_empty_tally(vote_held: Run, form: str) -> None:
    told = vote_held("tally", "--year", YEAR + 5, "--format", form)
    assert told.err == ""
    if form == "json":
        assert (told.document["received"], told.document["accepted"], told.document["nominees"]) == (0, 0, [])
    assert "N01" not in told.out


def test_import_counts_votes_and_tells_of_conflicts(run: Run, tmp_path: Path) -> None:
    first = [vote("a", "N1", vote_id="V1"), vote("b", "N1", vote_id="V2"), vote("", "?", "gestern")]
    second = [vote("a", "N2", vote_id="V1"), first[1], vote("c", "N2"), vote("d", "N2", vote_id="V1")]
    write_vote(tmp_path, Made(YEAR, two_nominees(), [first, second], BASE))
    told = run("import", "in", "in0", "--format", "json")
    assert told.document["votes"] == {"added": 3, "updated": 0, "unchanged": 0, "conflicts": 0}
    assert told.document["nominees"] == {"added": 2, "updated": 0, "unchanged": 0}
    assert told.err == ""
    told = run("import", "in1", "--format", "json")
    assert told.document == {"votes": {"added": 1, "updated": 0, "unchanged": 1, "conflicts": 2}}
    assert told.err.startswith("Note: 2 rows")
    assert len(told.err.strip().splitlines()) == 1
    told = run("import", "in1", "--format", "json")
    assert told.document == {"votes": {"added": 0, "updated": 0, "unchanged": 4, "conflicts": 0}}
    for form in ("table", "csv"):
        assert "votes" in run("import", "in0", "--format", form).out
    assert run("tally", "--year", YEAR, "--format", "json").document["received"] == 4


@pytest.mark.parametrize(
    "words",
    [
        ("tally",),
        ("tally", "--year", "soon"),
        ("tally", "--year", YEAR, "--set", "member_star.voting.choices_per_voter=0"),
        ("tally", "--year", YEAR, "--set", "member_star.channels.fax.weight=1"),
        ("tally", "--year", YEAR, "--set", "member_star.objection=ignores"),
        ("tally", "--year", YEAR, "--rules", "nowhere.yaml"),
    ],
)
def test_bad_input_is_told_with_status_2(run: Run, words: tuple[object, ...]) -> None:
    told = run(*words, status=2)
    assert told.out == ""
    assert told.err
    assert "Traceback" not in told.err


def test_rules_without_star_members_have_no_tally(run: Run, tmp_path: Path) -> None:
    document = yaml.safe_load((ROOT / "rules.yaml").read_text("utf-8"))
    del document["member_star"]
    document["readings"] = [r for r in document["readings"] if not r["path"].startswith("member_star")]
    (tmp_path / "none.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    told = run("tally", "--year", YEAR, "--rules", "none.yaml", status=2)
    assert (told.out, len(told.err.strip().splitlines())) == ("", 1)
    assert "member_star" in told.err


def test_a_lost_key_is_told_and_the_tally_still_counts(run: Run, tmp_path: Path) -> None:
    files = [[vote("a", "N1")], [vote("b", "N1")]]
    write_vote(tmp_path, Made(YEAR, two_nominees(), files, BASE))
    run("import", "in", "in0")
    (tmp_path / "store.duckdb.key").unlink()
    told = run("import", "in1", status=2)
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert "store.duckdb.key" in told.err
    assert run("tally", "--year", YEAR, "--format", "json").document["accepted"] == 1

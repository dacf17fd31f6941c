"""评定存档: kept as it was, with checksums that anyone can make again, and compared with what is so now."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.errors import UserError
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services import runs
from dashboard.services.evaluation import evaluate
from dashboard.services.runs import Difference
from dashboard.store.connection import Store
from dashboard.store.files import DataFile
from dashboard.store.importing import import_files
from tests.helpers import changed, codes, load_tables
from tests.services.finished import final, finish, rated, untie
from tests.services.year import YEAR


@pytest.fixture
def rules(store: Store, rulebook: Rulebook) -> Rulebook:
    return finish(store, rulebook)


def test_the_same_is_kept_once_and_comes_back_as_it_was(store: Store, rules: Rulebook) -> None:
    first = runs.keep(store, rules, OPERATOR, YEAR)
    assert runs.keep(store, rules, OPERATOR, YEAR) == first
    [run] = runs.of_year(store, OPERATOR, YEAR)
    assert (run.state, run.row.stage, run.row.rules) == ("kept", "final", rules.fingerprint)
    found = runs.read(store, OPERATOR, first)
    was, now = found.evaluation(store, rules), rated(store, rules)
    assert was.table.equals(now.table)
    assert (was.levels, was.stage, was.rows()) == (now.levels, now.stage, now.rows())
    assert found.document["branches"] == now.rows()
    untie(store, rules)
    second = runs.keep(store, rules, OPERATOR, YEAR)
    assert second != first
    assert runs.read(store, OPERATOR, first).evaluation(store, rules).rows() == was.rows()


def test_a_run_names_what_no_longer_holds(store: Store, rules: Rulebook) -> None:
    run_id = runs.keep(store, rules, OPERATOR, YEAR)
    [run] = runs.of_year(store, OPERATOR, YEAR)
    fresh = runs.freshness(store, rules, OPERATOR, run)
    assert (fresh.data, fresh.rules, fresh.changes, fresh.holds) == (False, False, (), True)
    note = {"branch_id": "A4", "year": YEAR, "stage": "self", "criterion": "c01", "value": "1", "note": "补充说明"}
    load_tables(store, rules, {"marks": [note]})
    fresh = runs.freshness(store, rules, OPERATOR, run)
    assert (fresh.data, fresh.changes, fresh.holds) == (True, (), True)
    untie(store, rules)
    fresh = runs.freshness(store, rules, OPERATOR, run)
    assert not fresh.holds
    assert fresh.changes == (
        Difference("A2", 3, 4, "tie_pending", "cascaded"),
        Difference("A3", 3, 5, "tie_pending", "selected"),
    )
    other = runs.freshness(store, changed(rules, "cascade=false"), OPERATOR, run)
    assert (other.rules, other.holds) == (True, False)
    assert runs.read(store, OPERATOR, run_id).run.state == "kept"


def test_the_final_result_stands_whatever_the_rules_become(store: Store, rules: Rulebook) -> None:
    final(store, rules)
    before = runs.standing(store, rules, OPERATOR, YEAR)
    other = changed(rules, f"quotas.five_star.places.{YEAR}=1")
    assert evaluate(store, other, OPERATOR, YEAR).rows() != before.rows()
    assert runs.standing(store, other, OPERATOR, YEAR).rows() == before.rows()
    assert runs.standing(store, other, OPERATOR, YEAR).fingerprint == rules.fingerprint


def test_the_kept_rules_and_data_give_the_kept_result(store: Store, rules: Rulebook, tmp_path: Path) -> None:
    untie(store, rules)
    found = runs.read(store, OPERATOR, runs.keep(store, rules, OPERATOR, YEAR))
    (tmp_path / "rules.yaml").write_text(found.held.rulebook, "utf-8")
    book = load(tmp_path / "rules.yaml")
    assert book.fingerprint == found.run.row.rules
    files = runs.data_of(store, OPERATOR, YEAR)
    with Store(tmp_path / "again.duckdb") as again:
        import_files(again, [DataFile(name, content) for name, content in files.items()], book)
        assert evaluate(again, book, OPERATOR, YEAR, "final").rows() == found.document["branches"]
        assert runs.data_of(again, OPERATOR, YEAR) == files


def test_checksums_are_those_of_sha256sum(store: Store, rules: Rulebook, tmp_path: Path) -> None:
    found = runs.read(store, OPERATOR, runs.keep(store, rules, OPERATOR, YEAR))
    files = runs.data_of(store, OPERATOR, YEAR)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    said = subprocess.run(["sha256sum", *files], cwd=tmp_path, check=True, capture_output=True).stdout
    assert said == runs.inputs_of(files).encode()
    assert hashlib.sha256(said).hexdigest() == found.run.row.inputs
    told = json.dumps(found.document["branches"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(told.encode()).hexdigest() == found.run.row.result


def test_there_is_no_such_run(store: Store) -> None:
    with pytest.raises(UserError) as caught:
        runs.read(store, OPERATOR, 7)
    assert codes(caught.value) == ["run.unknown"]

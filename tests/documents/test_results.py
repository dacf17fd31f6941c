"""The result of a year to take along: a workbook, and an archive from which anyone gets the same result."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.documents.archive import archive
from dashboard.documents.results import Result, workbook
from dashboard.i18n.catalogue import LANGUAGES, Translator, translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services import deciding, runs
from dashboard.services.branches import list_branches
from dashboard.services.consequences import amounts, consequences
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.services.finished import final, finish
from tests.services.year import YEAR

CHINESE = translator("zh_CN")


def result(store: Store, rules: Rulebook, run_id: int) -> Result:
    found = runs.read(store, OPERATOR, run_id)
    evaluation = found.evaluation(store, rules)
    follows = consequences(rules, OPERATOR, evaluation)
    return Result(
        run=found.run,
        evaluation=evaluation,
        rulebook=rules,
        branches={branch.branch_id: branch for branch in list_branches(store, OPERATOR)},
        decisions=deciding.decisions(store, OPERATOR, YEAR),
        consequences=follows,
        amounts=amounts(rules, OPERATOR, follows),
    )


def rows(book: Any, name: str, t: Translator) -> list[dict[str, Any]]:
    head, *rest = book[t(f"result.sheet.{name}")].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


@pytest.mark.parametrize("t", [translator(language) for language in LANGUAGES], ids=LANGUAGES)
def test_the_workbook_tells_the_result_and_what_follows(store: Store, rulebook: Rulebook, t: Translator) -> None:
    rules = changed(finish(store, rulebook), "consequences.funding.five_star=30000")
    load_tables(
        store, rules, {"branches": [{"branch_id": "A1", "name": "=1+1", "superior_id": "S1", "sector": "two_new"}]}
    )
    book = openpyxl.load_workbook(io.BytesIO(workbook(result(store, rules, final(store, rules)), t)))
    found = rows(book, "branches", t)
    names = [row[t("result.column.branch")] for row in found]
    assert names == ["=1+1", "A3", "A2", "A8", "A4", "A5", "A6", "A7"]
    assert {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    first, last = found[0], found[-1]
    assert (first[t("result.column.score")], first[t("result.column.funding")]) == ("95", "30000")
    assert first[t("result.column.basis")] == t("basis.selected")
    assert (last[t("result.column.plan")], last[t("result.column.basis")]) == (t("value.yes"), t("basis.vetoed"))
    assert [row[t("result.column.decision")] for row in rows(book, "decisions", t)] == [
        t("decision.not_selected"),
        t("decision.selected"),
    ]
    assert [row[t("result.column.total")] for row in rows(book, "funding", t)] == [
        "60000",
        t("result.unset"),
        t("result.unset"),
    ]


def test_anyone_gets_the_result_again_from_the_archive(store: Store, rulebook: Rulebook, tmp_path: Path) -> None:
    rules = finish(store, rulebook)
    found = runs.read(store, OPERATOR, final(store, rules))
    content = archive(found, runs.data_of(store, OPERATOR, YEAR), b"xlsx", CHINESE)
    assert content == archive(found, runs.data_of(store, OPERATOR, YEAR), b"xlsx", CHINESE)
    ZipFile(io.BytesIO(content)).extractall(tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "data", check=True)
    assert found.run.row.inputs in (tmp_path / "说明.txt").read_text("utf-8")
    options = ["--rules", "rules.yaml", "--store", "again.duckdb"]

    def dashboard(*words: str) -> str:
        command = [sys.executable, "-m", "dashboard", *words, *options]
        return subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True
        ).stdout

    dashboard("import", "data")
    said = json.loads(dashboard("evaluate", "--year", str(YEAR), "--stage", "final", "--format", "json"))
    assert said == json.loads((tmp_path / "result.json").read_text("utf-8"))["branches"]

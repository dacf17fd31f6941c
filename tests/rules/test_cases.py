"""The rules by example: every file in tests/cases is a small subdistrict with its results, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import evaluate
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.subdistrict import expand

CASES = [
    pytest.param(case, id=f"{path.stem}-{n}")
    for path in sorted((Path(__file__).parent.parent / "cases").glob("*.yaml"))
    for n, case in enumerate(yaml.safe_load_all(path.read_text("utf-8")), 1)
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], rulebook: Rulebook) -> None:
    rules = changed(rulebook, *case.get("set", []))
    with Store(None) as store:
        load_tables(store, rulebook, expand(rulebook, case["year"], case["branches"]))
        result = evaluate(store, rules, OPERATOR, case["year"], case.get("stage", "auto"))
    found = {r.branch_id: [r.awarded_level, r.basis, r.application_status] for r in result.branches()}
    for branch in case["branches"]:
        expected = branch["gets"]
        assert found[branch["id"]][: len(expected)] == expected, (case["says"], branch["id"])
    for level, values in case.get("levels", {}).items():
        outcome = next(o for o in result.levels if o.level == level)
        assert {name: getattr(outcome, name) for name in values} == values, case["says"]

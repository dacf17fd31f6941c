"""Rounds of appraisal as files: one column for the answers or one for each, all or nothing, and out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.errors import ImportRefused
from dashboard.i18n.catalogue import LANGUAGES, translator
from dashboard.rules.rulebook import Rulebook
from dashboard.store.appraisals import rounds
from dashboard.store.connection import Store
from dashboard.store.exporting import export_folder
from dashboard.store.files import DataFile, collect
from dashboard.store.importing import Counts, import_files
from tests.helpers import data_file, load_tables

BRANCHES = [{"branch_id": "B1", "name": "第一党支部", "sector": "two_new"}]
ROW: dict[str, object] = {
    "appraisal_id": "A1",
    "kind": "satisfaction",
    "year": 2022,
    "branch_id": "B1",
    "stage": "",
    "issued": 60,
    "returned": 52,
    "valid": 50,
    "answers": "满意 46；基本满意 3；弃权 1",
}
ANSWERS = {"satisfied": 46, "fairly_satisfied": 3, "abstained": 1}


@pytest.fixture
def branch(store: Store, rulebook: Rulebook) -> Store:
    load_tables(store, rulebook, {"branches": BRANCHES})
    return store


@pytest.mark.parametrize(
    "written",
    [
        "满意 46；基本满意 3；弃权 1",
        "满意：46票，基本满意：3票，不满意：0票，弃权：1票",
        "satisfied=46; fairly_satisfied=3; abstained=1",
        "Satisfied 46, Fairly satisfied 3, Abstained 1",
        "弃权１　、基本满意３、满意４６",
    ],
)
def test_answers_in_one_cell(branch: Store, rulebook: Rulebook, written: str) -> None:
    load_tables(branch, rulebook, {"appraisals": [ROW | {"answers": written}]})
    (found,) = rounds(branch, 2022)
    assert found.answers == ANSWERS
    assert (found.kind, found.branch_id, found.stage, found.invalid) == ("satisfaction", "B1", None, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_answers_in_columns_of_their_own(branch: Store, rulebook: Rulebook, encoding: str) -> None:
    text = (
        "测评编号,测评类型,年度,支部编号,环节,测评日期,发出票,收回票,有效票,满意,基本满意,不满意,弃权\n"
        "A1,满意度测评,2022,B1,自评,2022年4月8日,６０,52,50,46,3,,1\n"
        "A2,年末评议,2022,,,2022-12-20,400,390,389,389,0,0,0\n"
    )
    counts = import_files(branch, [DataFile("测评.csv", text.encode(encoding))], rulebook)
    assert counts == {"appraisals": Counts(2, 0, 0)}
    first, second = rounds(branch, 2022)
    assert (first.answers, first.stage, str(first.held_on)) == (ANSWERS, "self", "2022-04-08")
    assert (second.answers, second.kind, second.branch_id) == ({"satisfied": 389}, "year_end", None)


def test_out_and_in_again_changes_nothing(branch: Store, rulebook: Rulebook, tmp_path: Path) -> None:
    more = ROW | {"appraisal_id": "A2", "stage": "inspection", "held_on": "2022-10-09", "void": "录错", "note": "=1+1"}
    load_tables(branch, rulebook, {"appraisals": [{**dict.fromkeys(more, ""), **ROW}, more]})
    before = rounds(branch, 2022)
    for suffix in ("csv", "xlsx"):
        folder = tmp_path / suffix
        export_folder(branch, folder, chinese=suffix == "xlsx", suffix=suffix)
        files = [f for f in collect([folder]) if f.stem in ("appraisals", "branches")]
        assert import_files(branch, files, rulebook)["appraisals"] == Counts(0, 0, 2)
        with Store(None) as other:
            import_files(other, files, rulebook)
            assert rounds(other, 2022) == before


def test_a_round_that_nobody_answered_goes_out_and_in_again(branch: Store, rulebook: Rulebook, tmp_path: Path) -> None:
    load_tables(branch, rulebook, {"appraisals": [ROW | {"valid": 0, "answers": ""}]})
    (before,) = rounds(branch, 2022)
    assert (before.answers, before.invalid) == ({}, 52)
    export_folder(branch, tmp_path / "out")
    files = [f for f in collect([tmp_path / "out"]) if f.stem == "appraisals"]
    assert import_files(branch, files, rulebook)["appraisals"] == Counts(0, 0, 1)


def test_a_round_is_corrected_by_its_id(branch: Store, rulebook: Rulebook) -> None:
    load_tables(branch, rulebook, {"appraisals": [ROW]})
    corrected = ROW | {"answers": "满意 45；弃权 5"}
    assert load_tables(branch, rulebook, {"appraisals": [corrected]})["appraisals"] == Counts(0, 1, 0)
    assert rounds(branch, 2022)[0].answers == {"satisfied": 45, "abstained": 5}


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"returned": 61}, "appraisal.returned", "returned"),
        ({"valid": 53, "answers": "满意 53"}, "appraisal.valid", "valid"),
        ({"answers": "满意 46"}, "appraisal.answers", "answers"),
        ({"answers": "满意 46；好评 4"}, "import.answers", "answers"),
        ({"answers": "满意 四十六"}, "import.answers", "answers"),
        ({"answers": "满意 46；满意 4"}, "import.answer_twice", "answers"),
        ({"answers": ""}, "appraisal.answers", "answers"),
        ({"issued": -1}, "import.count", "issued"),
        ({"issued": "六十"}, "import.integer", "issued"),
        ({"kind": "民意调查"}, "import.choice", "kind"),
        ({"branch_id": "B9"}, "import.no_such_row", "branch_id"),
        ({"stage": "年中"}, "import.choice", "stage"),
    ],
)
def test_each_mistake_is_told_with_its_place_and_nothing_is_stored(
    branch: Store, rulebook: Rulebook, cells: dict[str, object], code: str, column: str
) -> None:
    before = branch.revision()
    with pytest.raises(ImportRefused) as caught:
        import_files(branch, [data_file("appraisals", [ROW | {"appraisal_id": "A0"}, ROW | cells])], rulebook)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == (code, f"appraisals.csv:3:{column}")
    assert all(translator(language).problem(problem) for language in LANGUAGES)
    assert branch.revision() == before
    assert rounds(branch, 2022) == ()


def test_rules_without_appraisals_take_no_rounds(branch: Store, rulebook: Rulebook) -> None:
    bare = rulebook.model_copy(update={"appraisals": {}})
    with pytest.raises(ImportRefused) as caught:
        import_files(branch, [data_file("appraisals", [ROW])], bare)
    assert [problem.code for problem in caught.value.problems] == ["import.choice"]

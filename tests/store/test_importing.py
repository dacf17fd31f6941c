"""Importing a data set: everything or nothing, and every problem with its place."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import ImportRefused
from dashboard.rules.rulebook import Rulebook
from dashboard.store.connection import Store
from dashboard.store.exporting import export_folder
from dashboard.store.files import DataFile, collect
from dashboard.store.importing import Counts, import_files
from tests.helpers import codes, data_file, load_tables
from tests.reference.subdistricts import random_tables, write_folder

SUPERIORS = [{"superior_id": "S1", "name": "湖滨社区党委", "kind": "community"}]
BRANCHES = [
    {"branch_id": "B1", "name": "第一党支部", "superior_id": "S1", "sector": "two_new"},
    {"branch_id": "B2", "name": "第二党支部", "superior_id": "", "sector": "organ"},
]


def rows(store: Store, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = store.query(f"SELECT * FROM {table} ORDER BY ALL").to_pylist()
    return found


def refused(store: Store, rulebook: Rulebook, *files: DataFile) -> ImportRefused:
    """The refusal of an import that leaves the store as it was."""
    before = store.revision()
    with pytest.raises(ImportRefused) as caught:
        import_files(store, list(files), rulebook)
    assert store.revision() == before
    return caught.value


def test_counts_added_updated_and_unchanged(store: Store, rulebook: Rulebook) -> None:
    assert load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": BRANCHES}) == {
        "superiors": Counts(1, 0, 0),
        "branches": Counts(2, 0, 0),
    }
    changed = [{**BRANCHES[0], "name": "一支部"}, BRANCHES[1], {**BRANCHES[1], "branch_id": "B3"}]
    assert load_tables(store, rulebook, {"branches": changed})["branches"] == Counts(1, 1, 1)
    assert [row["name"] for row in rows(store, "branches")] == ["一支部", "第二党支部", "第二党支部"]
    assert store.revision().version == 2


def test_the_same_again_changes_nothing_and_makes_no_revision(store: Store, rulebook: Rulebook) -> None:
    tables = {"superiors": SUPERIORS, "branches": BRANCHES}
    load_tables(store, rulebook, tables)
    before = store.revision()
    assert load_tables(store, rulebook, tables)["branches"] == Counts(0, 0, 2)
    assert store.revision() == before


def test_a_column_that_is_not_given_stays_and_a_blank_one_is_cleared(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": [{**BRANCHES[0], "active": "0"}]})
    load_tables(store, rulebook, {"branches": [{"branch_id": "B1", "name": "改名", "sector": "two_new"}]})
    assert rows(store, "branches") == [
        {"branch_id": "B1", "name": "改名", "superior_id": "S1", "sector": "two_new", "active": False}
    ]
    load_tables(store, rulebook, {"branches": [{**BRANCHES[0], "superior_id": "", "active": ""}]})
    assert rows(store, "branches")[0]["superior_id"] is None
    assert rows(store, "branches")[0]["active"] is True


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_chinese_headers_words_and_full_width(store: Store, rulebook: Rulebook, encoding: str) -> None:
    text = "支部编号,名称,上级编号,类别,存续\n　Ｂ００１ , 第一（临时）党支部 ,Ｓ１,两新组织,是\n"
    marks = "支部编号,年度,环节,标准项,填报值\nB001,２０１９,自评,c01,是\nB001,2019,自评,c15,８０%\n"
    files = [
        data_file("superiors", SUPERIORS),
        DataFile("党支部.csv", text.encode(encoding)),
        DataFile("填报值.csv", marks.encode(encoding)),
    ]
    import_files(store, files, rulebook)
    assert rows(store, "branches") == [
        {"branch_id": "B001", "name": "第一（临时）党支部", "superior_id": "S1", "sector": "two_new", "active": True}
    ]
    assert [(m["criterion"], m["value"]) for m in rows(store, "marks")] == [("c01", 1.0), ("c15", 80.0)]


def test_xlsx_with_dates_numbers_and_blank_rows(store: Store, rulebook: Rulebook) -> None:
    import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["支部编号", "年度", "申报星级", "提交日期", "审核", "推荐顺序"],
        ["B1", 2019, "四星", datetime.date(2019, 4, 3), "通过", 2],
        [],
        ["B2", 2019.0, 3, "2019/4/5", "待审", None],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": BRANCHES})
    assert import_files(store, [DataFile("applications.xlsx", out.getvalue())], rulebook) == {
        "applications": Counts(2, 0, 0)
    }
    found = [(r["branch_id"], r["level"], str(r["submitted_on"]), r["review"]) for r in rows(store, "applications")]
    assert found == [("B1", 4, "2019-04-03", "approved"), ("B2", 3, "2019-04-05", "pending")]


def test_every_kind_of_mistake_is_named_at_its_place(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": BRANCHES})
    applications = (
        "branch_id,year,level,submitted_on,review,priority\n"
        "B1,2019,4,2019-02-30,approved,1\n"
        "B9,2019,6,2019-04-30,approved,first\n"
        "B2,19,5,4/30,maybe,\n"
        "B1,2019,3,2019-04-01,approved,\n"
        ",2019,3,2019-04-01,approved,\n"
    )
    marks = (
        "branch_id,year,stage,criterion,value\n"
        "B1,2019,self,c01,2\n"
        "B1,2019,self,c10,1.5\n"
        "B1,2019,self,c15,101\n"
        "B1,2019,self,c43,1\n"
        "B1,2019,final,c02,1\n"
    )
    error = refused(
        store,
        rulebook,
        DataFile("applications.csv", applications.encode()),
        DataFile("marks.csv", marks.encode()),
        DataFile("notes.csv", b"a\n1\n"),
    )
    assert {(problem.where, problem.code) for problem in error.problems} == {
        ("applications.csv:2:submitted_on", "import.no_such_date"),
        ("applications.csv:3:level", "import.choice"),
        ("applications.csv:3:priority", "import.integer"),
        ("applications.csv:3:branch_id", "import.no_such_row"),
        ("applications.csv:4:year", "import.year"),
        ("applications.csv:4:submitted_on", "import.date_form"),
        ("applications.csv:4:review", "import.choice"),
        ("applications.csv:5:branch_id", "import.duplicate_key"),
        ("applications.csv:6:branch_id", "import.blank"),
        ("marks.csv:2:value", "import.mark_yes_no"),
        ("marks.csv:3:value", "import.mark_count"),
        ("marks.csv:4:value", "import.mark_percent"),
        ("marks.csv:5:criterion", "import.unknown_criterion"),
        ("marks.csv:6:stage", "import.choice"),
        ("notes.csv", "import.unknown_table"),
    }


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("branches.csv", b"branch_id,nome,sector\nB1,x,two_new\n", "import.unknown_column"),
        ("branches.csv", b"branch_id,name\nB1,x\n", "import.missing_column"),
        ("branches.csv", b"branch_id,name,name,sector\n", "import.column_twice"),
        ("branches.csv", b"branch_id,name,sector\nB1,x,two_new,extra\n", "import.too_many_cells"),
        ("branches.csv", b"branch_id,name,sector\nB1,x,farm\n", "import.choice"),
        ("branches.csv", b"", "import.missing_column"),
        ("branches.csv", b'branch_id,name,sector\n"B1,x,two_new\n', "import.bad_csv"),
        ("branches.csv", b"\xff\xfe\x00b\x00r", "import.encoding"),
        ("branches.xlsx", b"not a workbook", "import.bad_xlsx"),
        ("branches.csv", ("branch_id,name,sector\n" + "B" * 65 + ",x,two_new\n").encode(), "import.identifier"),
        ("branches.csv", b"branch_id,name,sector\nB1,x\x07y,two_new\n", "import.name"),
        ("superiors.csv", b"superior_id,name,kind\nS1,x,village\n", "import.choice"),
        ("members.csv", b"member_id,name,branch_id,status,in_subdistrict\nm,x,B9,full,1\n", "import.no_such_row"),
        ("awards.csv", b"branch_id,year,level\nB9,2019,3\n", "import.no_such_row"),
        ("applications.csv", b"branch_id,year,level,submitted_on,review\nB9,2019,0,2019-04-01,", "import.choice"),
    ],
)
def test_a_bad_file_is_refused(store: Store, rulebook: Rulebook, name: str, content: bytes, code: str) -> None:
    assert code in codes(refused(store, rulebook, DataFile(name, content)))


def test_the_first_hundred_problems_are_told_with_the_total(store: Store, rulebook: Rulebook) -> None:
    lines = "".join(f"B{n},x,farm\n" for n in range(160))
    error = refused(store, rulebook, DataFile("branches.csv", f"branch_id,name,sector\n{lines}".encode()))
    assert len(error.problems) == 101
    assert error.problems[59].where == "branches.csv:61:sector"
    assert error.problems[-1].values == {"total": 160, "shown": 100}


def test_a_zip_bomb_is_refused_before_it_is_read(
    store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.store.files.MAX_INFLATED", 10_000)
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["x" * 20_000])
    out = io.BytesIO()
    book.save(out)
    error = refused(store, rulebook, DataFile("branches.xlsx", out.getvalue()))
    assert codes(error) == ["import.too_large"]


def test_a_missing_path_and_an_empty_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ImportRefused):
            collect([path])


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("chinese", [False, True])
def test_what_is_exported_can_be_imported(
    tmp_path: Path, store: Store, rulebook: Rulebook, suffix: str, chinese: bool
) -> None:
    write_folder(random_tables(7, branches=30), tmp_path / "in")
    import_files(store, collect([tmp_path / "in"]), rulebook)
    export_folder(store, tmp_path / "out", chinese=chinese, suffix=suffix)
    with Store(tmp_path / "copy.duckdb") as copy:
        import_files(copy, collect([tmp_path / "out"]), rulebook)
        for table in ("superiors", "branches", "awards", "marks", "applications", "inspections", "incidents"):
            assert rows(copy, table) == rows(store, table)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda s: s.encode("utf-8", "replace")))
def test_no_content_makes_an_import_fail_otherwise_than_by_refusal(rulebook: Rulebook, content: bytes) -> None:
    with Store(None) as store:
        try:
            import_files(store, [DataFile("branches.csv", content)], rulebook)
        except ImportRefused as error:
            assert error.problems
        assert len(store.query("SELECT 1 FROM branches")) == 0


def test_formulas_in_text_stay_text(tmp_path: Path, store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"branches": [{"branch_id": "B1", "name": "=1+1", "sector": "organ"}]})
    export_folder(store, tmp_path, suffix="xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "branches.xlsx").active
    assert sheet is not None
    cell = sheet["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_votes_are_kept_once_and_never_changed(store: Store, rulebook: Rulebook) -> None:
    votes = [
        {"vote_id": "V1", "channel": "sms", "voter": "a", "nominee_id": "N1", "cast_at": "2022-10-02T08:00:00"},
        {"vote_id": "V1", "channel": "sms", "voter": "a", "nominee_id": "N1", "cast_at": "2022-10-02T08:00:00"},
        {"vote_id": "", "channel": "", "voter": "", "nominee_id": "?", "cast_at": "gestern"},
    ]
    assert load_tables(store, rulebook, {"votes": votes}) == {"votes": Counts(2, 0, 1)}
    assert load_tables(store, rulebook, {"votes": votes}) == {"votes": Counts(0, 0, 3)}
    other = [votes[0], {**votes[0], "voter": "b"}]
    assert load_tables(store, rulebook, {"votes": other}) == {"votes": Counts(0, 0, 1, conflicts=1)}


def test_an_imported_result_replaces_a_recorded_one_as_a_whole(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": BRANCHES})
    with store.write("test") as cursor:
        cursor.execute("INSERT INTO awards (branch_id, year, level, basis) VALUES ('B1', 2018, 0, 'not_met')")
    load_tables(store, rulebook, {"awards": [{"branch_id": "B1", "year": 2018, "level": 4}]})
    assert [(r["level"], r["basis"]) for r in rows(store, "awards")] == [(4, None)]


def test_progress_goes_from_nothing_to_all_and_never_back(store: Store, rulebook: Rulebook) -> None:
    votes = "channel,voter,nominee_id,cast_at\n" + "sms,138,N1,2022-10-05\n" * 45_000
    files = [DataFile("votes.csv", votes.encode()), data_file("branches", BRANCHES), data_file("superiors", SUPERIORS)]
    told: list[float] = []
    import_files(store, files, rulebook, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert sum(0.05 < share < 0.4 for share in told) >= 2, "nothing is told within a long file"

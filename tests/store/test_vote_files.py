"""Files of votes as they come: a file that cannot be read is refused whole, a row that cannot be read is counted."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth.viewer import OPERATOR
from dashboard.errors import ImportRefused
from dashboard.rules.rulebook import Rulebook
from dashboard.services.tally import Balance, tally
from dashboard.store.connection import Store
from dashboard.store.files import MAX_COLUMNS, DataFile
from dashboard.store.importing import Counts, import_files
from dashboard.store.voters import key_path
from tests.helpers import codes, data_file, load_tables
from tests.rules.test_tally import HEADER, YEAR, two_nominees, vote, votes_file

HEAD = ",".join(HEADER) + "\n"
GOOD = votes_file([vote("a", "N1")])


def workbook(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(store: Store, rulebook: Rulebook, *files: DataFile) -> list[str]:
    """The codes of a refusal that leaves everything as it was, the key too."""
    before = store.revision()
    with pytest.raises(ImportRefused) as caught:
        import_files(store, list(files), rulebook)
    assert store.revision() == before
    for table in ("votes", "vote_files", "vote_repeats", "identities", "members", "nominees"):
        assert not len(store.query(f"FROM {table}")), table
    key = key_path(store)
    assert key is not None
    assert not key.exists()
    return codes(caught.value)


def counted(store: Store, rulebook: Rulebook) -> Balance:
    return tally(store, rulebook, OPERATOR, YEAR).balance


def moments(store: Store) -> list[str | None]:
    found = store.query("SELECT cast_at FROM votes ORDER BY file_id, row_key").column("cast_at").to_pylist()
    return [None if moment is None else moment.isoformat() for moment in found]


# ---------------------------------------------------------------- files that cannot be read

BAD_FILES: dict[str, tuple[DataFile, str]] = {
    "utf-16": (DataFile("votes.csv", GOOD.content.decode().encode("utf-16")), "import.encoding"),
    "utf-16 without mark": (DataFile("votes.csv", GOOD.content.decode().encode("utf-16-le")), "import.encoding"),
    "neither encoding": (DataFile("votes.csv", HEAD.encode() + b"\xff\xff\xff,sms,a,N1,\n"), "import.encoding"),
    "binary": (DataFile("votes.csv", bytes(range(256)) * 4), "import.encoding"),
    "empty": (DataFile("votes.csv", b""), "import.missing_column"),
    "blank": (DataFile("votes.csv", b"\n\n , ,\n"), "import.missing_column"),
    "only a mark": (DataFile("votes.csv", b"\xef\xbb\xbf"), "import.missing_column"),
    "no header": (DataFile("votes.csv", b"V1,sms,a,N1,2022-10-05T08:00:00\n"), "import.unknown_column"),
    "other header": (DataFile("votes.csv", HEAD.replace("voter", "phone").encode()), "import.unknown_column"),
    "column missing": (DataFile("votes.csv", b"channel,voter,nominee_id\nsms,a,N1\n"), "import.missing_column"),
    "column twice": (DataFile("votes.csv", ("投票人," + HEAD).encode()), "import.column_twice"),
    "open quote": (DataFile("votes.csv", HEAD.encode() + b'V1,sms,"a,N1,2022\n'), "import.bad_csv"),
    "many columns": (DataFile("votes.csv", ("," * 16_383 + "\n").encode() + GOOD.content), "import.too_wide"),
    "a wide row": (DataFile("votes.csv", GOOD.content + b"x" + b"," * 16_383 + b"\n"), "import.too_wide"),
    "no workbook": (DataFile("votes.xlsx", GOOD.content), "import.bad_xlsx"),
    "empty workbook": (DataFile("votes.xlsx", b""), "import.bad_xlsx"),
    "blank workbook": (DataFile("votes.xlsx", workbook()), "import.missing_column"),
    "workbook without header": (DataFile("votes.xlsx", workbook(["V1", "sms", "a", "N1", 5])), "import.unknown_column"),
    "wide workbook": (DataFile("votes.xlsx", workbook(["x"] * 16_384)), "import.too_wide"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_and_nothing_of_the_import_is_stored(store: Store, rulebook: Rulebook, name: str) -> None:
    file, code = BAD_FILES[name]
    tables = [data_file(table, rows) for table, rows in two_nominees().items()]
    found = refused(store, rulebook, *tables, file)
    assert code in found
    assert set(found) <= {code, "import.missing_column"}
    assert set(refused(store, rulebook, file, GOOD, *tables)) == set(found)  # a good file beside it is not stored


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_refused(store: Store, rulebook: Rulebook, share: float) -> None:
    whole = workbook(HEADER, *(list(vote(f"v{n}", "N1").values()) for n in range(50)))
    file = DataFile("votes.xlsx", whole[: int(len(whole) * share)])
    assert refused(store, rulebook, file) == ["import.bad_xlsx"]


def test_a_workbook_with_a_damaged_sheet_is_refused(store: Store, rulebook: Rulebook) -> None:
    whole = io.BytesIO(workbook(HEADER, *(list(vote(f"v{n}", "N1").values()) for n in range(50))))
    damaged = io.BytesIO()
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(damaged, "w") as bad:
        for info in good.infolist():
            content = good.read(info)
            bad.writestr(info, content[: len(content) // 2] if "sheet1" in info.filename else content)
    assert refused(store, rulebook, DataFile("votes.xlsx", damaged.getvalue())) == ["import.bad_xlsx"]


def test_a_zip_bomb_of_votes_is_refused_before_it_is_read(
    store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.store.files.MAX_INFLATED", 10_000)
    file = DataFile("votes.xlsx", workbook(HEADER, ["x" * 20_000]))
    assert refused(store, rulebook, file) == ["import.too_large"]


def test_all_bad_files_are_told_at_once(store: Store, rulebook: Rulebook) -> None:
    bad = [BAD_FILES[name][0] for name in ("utf-16", "column missing", "no workbook")]
    members = data_file("members", [{"member_id": "M1", "name": "x"}])
    found = refused(store, rulebook, *bad, members)
    assert {"import.encoding", "import.bad_xlsx", "import.missing_column"} <= set(found)
    assert found.count("import.missing_column") == 4


def test_a_bad_table_keeps_the_votes_out(store: Store, rulebook: Rulebook) -> None:
    orphan = data_file("nominees", [{"nominee_id": "N1", "year": YEAR, "member_id": "M1"}])
    assert refused(store, rulebook, GOOD, orphan) == ["import.no_such_row"]


def test_a_row_as_wide_as_may_be_is_taken(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, two_nominees())
    wide = GOOD.content + b"V9,sms,b,N1,2022-10-05" + b"," * (MAX_COLUMNS - 5) + b"\n"
    assert import_files(store, [DataFile("votes.csv", wide)], rulebook)["votes"] == Counts(2, 0, 0)
    assert counted(store, rulebook).received == 2


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda s: (HEAD + s).encode("utf-8", "replace")))
def test_no_content_makes_an_import_of_votes_fail_otherwise_than_by_refusal(rulebook: Rulebook, content: bytes) -> None:
    with Store(None) as store:
        try:
            found = import_files(store, [DataFile("votes.csv", content)], rulebook)["votes"]
        except ImportRefused as error:
            assert error.problems
            assert not len(store.query("FROM vote_files"))
            return
        assert counted(store, rulebook).received == found.added
        assert len(store.query("FROM votes")) == found.added + found.unchanged + found.conflicts


# ---------------------------------------------------------------- rows that cannot be read


def test_short_rows_long_rows_and_odd_cells_are_counted(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, two_nominees())
    lines = [
        "V1",
        "V2,sms",
        ",,,,",
        ",,,,2022-10-05T08:00:00",
        "V3,sms,a,N1,2022-10-05T08:00:00,and,more",
        "V4,sms,=1+1,N1,2022-10-05T08:00:00",
        f"V5,sms,{'长' * 5000},N1,2022-10-05T08:00:00",
        f"V6,sms,b,{'N' * 5000},2022-10-05T08:00:00",
        f"V7,sms,b,N1,{'9' * 5000}",
        'V8,sms,"c\nd",N1,2022-10-05T08:00:00',
        "V9,sms,e,N1,0000-00-00 00:00:00",
        "V10,sms,e,N1,9999-12-31T23:59:59-23:59",
        "V11,sms,e,N1,0001-01-01T00:00:00+23:59",
    ]
    counts = import_files(store, [DataFile("votes.csv", (HEAD + "\n".join(lines)).encode())], rulebook)
    assert counts["votes"] == Counts(len(lines) - 1, 0, 0)  # a line of blanks is no row
    balance = counted(store, rulebook)
    assert balance.received == len(lines) - 1
    assert balance.accepted == 4
    assert balance.rejected["malformed"] == 7
    assert balance.rejected["unknown_nominee"] == 1


def test_a_file_of_a_header_alone_has_no_votes(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, two_nominees())
    assert import_files(store, [DataFile("votes.csv", HEAD.encode())], rulebook)["votes"] == Counts(0, 0, 0)
    assert counted(store, rulebook).received == 0
    import_files(store, [GOOD], rulebook)
    assert counted(store, rulebook).accepted == 1


# ---------------------------------------------------------------- times, digits and encodings


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2022-10-05T08:00:00", "2022-10-05T08:00:00"),
        ("2022-10-05 08:00:00", "2022-10-05T08:00:00"),
        ("2022-10-05T08:00", "2022-10-05T08:00:00"),
        ("2022-10-05T08:00:00.250", "2022-10-05T08:00:00.250000"),
        ("2022-10-05T00:00:00Z", "2022-10-05T08:00:00"),
        ("2022-10-05T00:00:00+00:00", "2022-10-05T08:00:00"),
        ("2022-10-04 19:00:00-05:00", "2022-10-05T08:00:00"),
        ("2022-10-05T08:00:00+0800", "2022-10-05T08:00:00"),
        ("2022/10/5 8:00", "2022-10-05T08:00:00"),
        ("2022/10/05 08:00:07", "2022-10-05T08:00:07"),
        ("2022年10月5日 08:00:00", "2022-10-05T08:00:00"),
        ("2022年10月05日8:00", "2022-10-05T08:00:00"),
        ("２０２２－１０－０５　０８：００：００", "2022-10-05T08:00:00"),
        (" ２０２２／１０／５ ８：００\u3000", "2022-10-05T08:00:00"),
        ("2022-10-05", "2022-10-05T00:00:00"),
        ("2022/10/5 25:00", None),
        ("2022/13/5 8:00", None),
        ("2022年2月30日 08:00:00", None),
        ("10/5/2022 8:00", None),
        ("5. 10. 2022", None),
        ("2022-10-05T08:00:00+25:00", None),
        ("2022-10-05T8", None),
        ("二〇二二年十月五日", None),
        ("44839.3333333333", None),
        ("1664928000", None),
        ("昨天", None),
    ],
)
def test_times_as_programs_write_them(store: Store, rulebook: Rulebook, written: str, moment: str | None) -> None:
    load_tables(store, rulebook, two_nominees())
    import_files(store, [votes_file([vote("a", "N1", written)])], rulebook)
    assert moments(store) == [moment]
    balance = counted(store, rulebook)
    assert (balance.accepted, balance.rejected["malformed"]) == ((0, 1) if moment is None else (1, 0))


def test_workbook_cells_of_every_kind(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, two_nominees())
    rows: list[list[object]] = [
        ["投票编号", "渠道", "投票人", "候选人编号", "投票时间"],
        ["V1", "手机短信", 13912345678, "N1", datetime.datetime(2022, 10, 5, 8, 0, 0)],
        ["V2", "手机短信", 13912345678.0, "N2", datetime.datetime(2022, 10, 5, 8, 0, 1, 500_000)],
        ["V3", "sms", "１３９１２３４５６７８", "N1", datetime.datetime(2022, 10, 6)],
        ["V4", "微信公众号", "wx", "N1", datetime.date(2022, 10, 7)],
        [],
        ["V5", "SMS", "b", "N1", "2022年10月5日 08:00:00"],
        ["V6", "sms", "c", "N1", datetime.time(8, 0)],
        ["V7", "sms", "c", "N1", None],
        ["V8", "sms", "c", 5, datetime.datetime(2022, 10, 5, 8)],
        ["V9", "sms", True, "N1", datetime.datetime(2022, 10, 5, 8)],
    ]
    counts = import_files(store, [DataFile("投票.xlsx", workbook(*rows))], rulebook)
    assert counts["votes"] == Counts(9, 0, 0)
    assert moments(store)[:4] == [
        "2022-10-05T08:00:00",
        "2022-10-05T08:00:01.500000",
        "2022-10-06T00:00:00",
        "2022-10-07T00:00:00",
    ]
    balance = counted(store, rulebook)
    assert (balance.received, balance.accepted) == (9, 5)
    assert {k: n for k, n in balance.rejected.items() if n} == {"malformed": 2, "unknown_nominee": 1, "duplicate": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_chinese_headers_and_full_width(store: Store, rulebook: Rulebook, encoding: str, ending: str) -> None:
    load_tables(store, rulebook, two_nominees())
    lines = [
        "渠道,投票人,候选人编号,投票时间",
        "手机短信,１３９１２３４５６７８,Ｎ１,２０２２－１０－０５ ０８：００：００",
        "门户网站, 13912345678\u3000,N1,2022年10月6日 08:00:00",
        "网络投票,李四,N2,2022/10/5 8:00",
    ]
    file = DataFile("投票.csv", ending.join(lines).encode(encoding))
    assert import_files(store, [file], rulebook)["votes"] == Counts(3, 0, 0)
    balance = counted(store, rulebook)
    assert (balance.accepted, balance.rejected["duplicate"]) == (2, 1)


def test_a_person_is_the_same_in_every_kind_of_file(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, two_nominees())
    files = [
        DataFile("votes.csv", (HEAD + ",sms,13912345678,N1,2022-10-05T08:00:00\n").encode("gb18030")),
        DataFile("votes.xlsx", workbook(HEADER, [None, "web", 13912345678, "N1", datetime.datetime(2022, 10, 6, 8)])),
        DataFile("投票.csv", (HEAD + ",portal,\ufeff13912345678,N1,2022-10-07T08:00:00\n").encode()),
    ]
    assert import_files(store, files[:2], rulebook)["votes"] == Counts(2, 0, 0)
    assert counted(store, rulebook).rejected["duplicate"] == 1
    import_files(store, files[2:], rulebook)
    assert counted(store, rulebook).received == 3

"""Files of votes as the channels give them: headers are explained once and remembered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import ImportRefused, NotAllowed, UserError
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services.exchange import explain, import_votes, unexplained
from dashboard.services.tally import tally
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.files import DataFile
from dashboard.store.importing import Counts
from tests.helpers import codes, load_tables

HEADER = ("openid", "候选人", "投票时间", "备注")
ROWS = "openid,候选人,投票时间,备注\nwx1,N1,2022-10-05 08:00,好\nwx2,N1,2022/10/6 9:30,\nwx1,N1,2022-10-07 08:00,\n"
WECHAT = DataFile("微信导出10月.csv", ROWS.encode("gb18030"))
COLUMNS = {"voter": "openid", "nominee_id": "候选人", "cast_at": "投票时间", "vote_id": None, "channel": None}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load(ROOT / "rules.yaml")


@pytest.fixture
def store(rulebook: Rulebook) -> Iterator[Store]:
    with Store(None) as store:
        load_tables(
            store,
            rulebook,
            {
                "branches": [{"branch_id": "B1", "name": "一", "sector": "organ"}],
                "members": [
                    {"member_id": "M1", "name": "甲", "branch_id": "B1", "status": "full", "in_subdistrict": 1}
                ],
                "nominees": [{"nominee_id": "N1", "year": 2022, "member_id": "M1"}],
            },
        )
        yield store


def test_a_strange_header_is_asked_about_once_and_remembered(store: Store, rulebook: Rulebook) -> None:
    assert [found.header for found in unexplained(store, OPERATOR, [WECHAT])] == [HEADER]
    explain(store, OPERATOR, HEADER, COLUMNS, "wechat")
    assert unexplained(store, OPERATOR, [WECHAT]) == ()
    assert import_votes(store, rulebook, OPERATOR, [WECHAT]) == Counts(3, 0, 0)
    found = tally(store, rulebook, OPERATOR, 2022)
    assert (found.balance.accepted, found.balance.rejected["duplicate"]) == (2, 1)
    assert found.channels["wechat"].received == 3
    later = DataFile("11月.csv", WECHAT.content + "wx9,N1,2022-10-08 08:00,\n".encode("gb18030"))
    assert unexplained(store, OPERATOR, [later]) == ()
    assert import_votes(store, rulebook, OPERATOR, [WECHAT, later]) == Counts(4, 0, 3)


NUMBERED = "流水号,用户,候选人,时间\n1,u1,N1,2022-10-05 08:00\n2,u2,N1,2022-10-06 08:00\n"


def numbered(channel: str, content: str = NUMBERED) -> DataFile:
    return DataFile("导出.csv", content.replace("用户", f"{channel}用户").encode())


def test_each_channel_and_year_numbers_its_rows_as_it_likes(store: Store, rulebook: Rulebook) -> None:
    for channel in ("web", "portal"):
        header = ("流水号", f"{channel}用户", "候选人", "时间")
        columns = dict(zip(("vote_id", "voter", "nominee_id", "cast_at"), header, strict=True))
        explain(store, OPERATOR, header, {**columns, "channel": None}, channel)
    assert import_votes(store, rulebook, OPERATOR, [numbered("web"), numbered("portal")]) == Counts(4, 0, 0)
    next_year = numbered("web", NUMBERED.replace("2022", "2023"))
    assert import_votes(store, rulebook, OPERATOR, [next_year]) == Counts(2, 0, 0)
    other = numbered("web", NUMBERED.replace("u1", "u9"))  # row 1 of the channel and year, saying something else
    assert import_votes(store, rulebook, OPERATOR, [other]) == Counts(0, 0, 1, 1)
    assert tally(store, rulebook, OPERATOR, 2022).conflicts == 1


def test_a_file_by_the_usual_names_needs_no_explaining(store: Store, rulebook: Rulebook) -> None:
    usual = DataFile("短信.csv", "渠道,投票人,候选人编号,投票时间\n手机短信,138,N1,2022-10-05\n".encode())
    assert unexplained(store, OPERATOR, [usual]) == ()
    assert import_votes(store, rulebook, OPERATOR, [usual]) == Counts(1, 0, 0)
    assert tally(store, rulebook, OPERATOR, 2022).channels["sms"].accepted == 1


def test_a_header_that_nobody_explained_is_refused_and_nothing_is_stored(store: Store, rulebook: Rulebook) -> None:
    with pytest.raises(ImportRefused) as refused:
        import_votes(store, rulebook, OPERATOR, [WECHAT])
    assert "import.unknown_column" in codes(refused.value)
    assert not len(store.query("SELECT 1 FROM vote_files"))


@pytest.mark.parametrize(
    ("columns", "channel", "code"),
    [
        (COLUMNS, None, "votes.missing_channel"),
        ({**COLUMNS, "voter": None}, "wechat", "votes.missing_voter"),
        ({**COLUMNS, "nominee_id": "openid"}, "wechat", "votes.column_twice"),
    ],
)
def test_an_explanation_must_be_whole(
    store: Store, columns: dict[str, str | None], channel: str | None, code: str
) -> None:
    with pytest.raises(UserError) as refused:
        explain(store, OPERATOR, HEADER, columns, channel)
    assert codes(refused.value) == [code]
    assert unexplained(store, OPERATOR, [WECHAT])


def test_who_may_not_import_may_not_explain(store: Store) -> None:
    nobody = Viewer("", "nobody")
    for call in (lambda: unexplained(store, nobody, [WECHAT]), lambda: explain(store, nobody, HEADER, COLUMNS, "sms")):
        with pytest.raises(NotAllowed):
            call()


def test_what_is_no_table_is_refused(store: Store) -> None:
    with pytest.raises(ImportRefused):
        unexplained(store, OPERATOR, [DataFile("x.xlsx", b"PK\x03\x04")])

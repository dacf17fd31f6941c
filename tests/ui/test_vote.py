"""What the vote screen says and does, by Streamlit's own test client, on a small demo store."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.services.tally import Tally, tally
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.ui.screens.vote import VIEWS
from tests.ui.serving import open_page, press, said

YEAR = 2022


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import vote

    with shell.guard():
        vote.show()


def opened(**query: str) -> AppTest:
    return open_page(page, **{"year": str(YEAR), **query})


def counted(store: Store) -> Tally:
    return tally(store, load(ROOT / "rules.yaml"), OPERATOR, YEAR)


def cards(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", list(VIEWS))
def test_every_view_opens(served: Store, view: str, language: str) -> None:
    app = opened(view=view, lang=language)
    assert [error.value for error in app.error] == []
    assert app.metric


def test_what_came_in_balances_before_ones_eyes(served: Store) -> None:
    found = counted(served)
    app = opened(view="balance")
    balance = found.balance
    assert cards(app)["收到（行）"] == f"{balance.received:,}" == "3,000"
    assert f"收到 3,000 行 = 计入 {balance.accepted:,} + 未计入 {balance.received - balance.accepted:,}" in said(app)
    tables = [d.value for d in app.dataframe if "差额（应为 0）" in d.value.columns]
    assert len(tables) == 2
    for table in tables:
        assert set(table["差额（应为 0）"]) == {0}
        assert table["收到（行）"].sum() == balance.received


def test_the_ranking_names_the_line(served: Store) -> None:
    found = counted(served)
    app = opened()
    table = next(d.value for d in app.dataframe if "名次" in d.value.columns)
    eligible = [s for s in found.standings if s.eligible]
    assert list(table["得分"])[: len(eligible)] == [float(s.score) for s in eligible]
    assert list(table["入围线"]).count("入围") == sum(s.inside for s in found.standings)


def test_a_withdrawn_file_no_longer_counts_and_says_why(served: Store) -> None:
    app = opened(view="balance")
    send = next(button for button in app.button if button.label == "撤回")
    send.click().run()
    assert any("撤回的理由" in error.value for error in app.error)
    app.text_input[0].set_value("来源有误")
    press(app, "撤回")
    assert counted(served).balance.received == 0
    files = served.query("SELECT withdrawn_because, rows FROM vote_files").to_pylist()
    assert files == [{"withdrawn_because": "来源有误", "rows": 3000}]
    assert cards(app)["收到（行）"] == "0"


def test_a_decision_that_departs_from_the_order_takes_a_reason_and_shows_it(served: Store) -> None:
    with served.write("test") as cursor:
        cursor.execute("DELETE FROM vote_decisions")
    found = counted(served)
    inside = next(s.nominee_id for s in found.standings if s.inside)
    app = opened(view="decide")
    app.multiselect[0].set_value([inside])
    app.radio[0].set_value("not_selected")
    press(app, "记录决定")
    assert any("写明理由" in error.value for error in app.error)
    assert counted(served).decisions == {}
    app.text_input[0].set_value("本人放弃")
    press(app, "记录决定")
    assert counted(served).decisions == {inside: ("not_selected", "本人放弃")}
    shown = next(t.value for t in app.table if "理由" in t.value.columns)
    assert list(shown["理由"]) == ["本人放弃"]


def test_the_list_as_a_whole_follows_the_order_and_leaves_ties_open(served: Store) -> None:
    app = opened(view="decide")
    app.button(key="decide_whole").click().run()
    found = counted(served)
    for standing in found.standings:
        if standing.eligible and not standing.tied:
            assert found.decisions[standing.nominee_id][0] == ("selected" if standing.inside else "not_selected")

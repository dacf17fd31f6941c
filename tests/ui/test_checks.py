"""A draw on the screen, from the list to the replacement, by Streamlit's own test client."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import OPERATOR
from dashboard.services.drawing import Draw, draws
from dashboard.store.connection import Store
from tests.ui.serving import open_page, press, said

YEAR = 2022


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import checks

    with shell.guard():
        checks.show()


def opened(**query: str) -> AppTest:
    return open_page(page, **{"year": str(YEAR), **query})


def latest(store: Store) -> Draw:
    return draws(store, OPERATOR, YEAR)[0]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", ["spot_check", "recheck"])
def test_both_kinds_open(served: Store, view: str, language: str) -> None:
    app = opened(view=view, lang=language)
    assert [error.value for error in app.error] == []
    assert app.subheader


def test_from_the_list_to_the_replacement(served: Store) -> None:
    app = opened(view="recheck")
    press(app, "冻结名单")
    found = latest(served)
    assert found.fingerprint in [code.value for code in app.code]
    press(app, "抽签")
    assert any("种子不能为空" in error.value for error in app.error)
    app.text_input[0].set_value("07 12 19 23 31 33 + 05")
    press(app, "抽签")
    drawn = [t for t in latest(served).tickets if t.drawn]
    assert f"抽中 {len(drawn)} 个支部（共 {len(found.branches)} 个）" in said(app)
    table = next(d.value for d in app.dataframe if "签号（前 16 位）" in d.value.columns)
    assert list(table["签号（前 16 位）"]) == [t.ticket[:16] for t in drawn]
    next(box for box in app.selectbox if box.label == "党支部").set_value(drawn[0].branch_id)
    app.text_input[0].set_value("停产检修")
    press(app, "替换")
    assert "停产检修" in said(app)
    assert drawn[0].branch_id not in {t.branch_id for t in latest(served).tickets if t.drawn}
    app.text_input[-1].set_value("名单有误")
    press(app, "作废")
    assert "已作废的抽签" in said(app)
    assert "名单有误" in said(app)
    assert latest(served).abandoned == "名单有误"


def test_a_draw_outlives_its_superiors(served: Store) -> None:
    app = opened(view="recheck")
    press(app, "冻结名单")
    app.text_input[0].set_value("x")
    press(app, "抽签")
    gone = next(t.superior_id for t in latest(served).tickets if t.drawn and t.superior_id)
    with served.write("test") as cursor:
        cursor.execute("UPDATE branches SET superior_id = NULL WHERE superior_id = ?", [gone])
    again = opened(view="recheck")
    assert [error.value for error in again.error] == []
    table = next(d.value for d in again.dataframe if "签号（前 16 位）" in d.value.columns)
    assert gone in set(table["上级党组织"])

"""What the appraisal screen says and does, by Streamlit's own test client, on a small demo store."""

from __future__ import annotations

from fractions import Fraction

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.load import load
from dashboard.services.appraisals import Held, held
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.ui.screens.appraisals import VIEWS
from tests.ui.serving import open_page, press, said

YEAR = 2022


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import appraisals

    with shell.guard():
        appraisals.show()


def opened(**query: str) -> AppTest:
    return open_page(page, **{"year": str(YEAR), **query})


def rounds(store: Store) -> tuple[Held, ...]:
    return held(store, load(ROOT / "rules.yaml"), VISITOR, YEAR)


def enter(app: AppTest, **figures: int) -> None:
    """Fill in the boxes by their labels, and send."""
    for label, value in figures.items():
        next(box for box in app.number_input if box.label == label).set_value(value)
    press(app, "记录")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("kind", ["satisfaction", "year_end"])
@pytest.mark.parametrize("view", list(VIEWS))
def test_every_view_opens(served: Store, view: str, kind: str, language: str) -> None:
    app = opened(view=view, kind=kind, lang=language, year="2021" if kind == "year_end" else "2022")
    assert [error.value for error in app.error] == []


def test_the_results_count_the_branches_that_reach_the_standard(served: Store) -> None:
    shares = {h.round.branch_id: h.share for h in rounds(served) if h.state == "counts" and h.share is not None}
    app = opened()
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards["已测评支部"].startswith(f"{len(shares)} / ")
    assert cards["达到要求"] == str(sum(share >= Fraction(9, 10) for share in shares.values()))
    assert "90%" in app.subheader[0].value
    (table,) = (d.value for d in app.dataframe)
    assert len(table) == len(rounds(served))
    assert table["用途"].str.startswith("已作废").sum() == sum(h.state == "void" for h in rounds(served)) > 0


def test_a_round_is_entered_once_and_told(served: Store) -> None:
    before = len(rounds(served))
    app = opened(view="enter")
    press(app, "记录")
    assert any("请选择支部" in warning.value for warning in app.warning)
    branch = next(box for box in app.selectbox if box.label == "对象")
    branch.set_value("B001")
    enter(app, 发出票=60, 收回票=52, 有效票=50, 满意=45, 弃权=4)
    assert [error.value for error in app.error] == ["各选项合计 49 张，与有效票 50 张不符；两者须相等。"]
    assert len(rounds(served)) == before
    enter(app, 满意=46)
    assert "发出 60 ≥ 收回 52 ＝ 有效 50 ＋ 无效 2" in said(app)
    (new,) = (h for h in rounds(served) if h.round.issued == 60 and h.round.valid == 50 and h.round.branch_id == "B001")
    assert new.share is not None
    assert (float(new.share), new.round.held_on) == (0.92, None)
    assert len(rounds(served)) == before + 1
    assert next(box for box in app.number_input if box.label == "发出票").value == 0  # ready for the next


def test_every_problem_of_a_round_is_told(served: Store) -> None:
    app = opened(view="enter")
    next(box for box in app.selectbox if box.label == "对象").set_value("")
    enter(app, 发出票=10, 收回票=11, 有效票=12, 满意=9)
    assert len(app.error) == 3
    assert all(error.value.count("票") for error in app.error)


def test_the_report_form_balances_and_a_void_round_says_why(served: Store) -> None:
    app = opened(view="report")
    first = rounds(served)[-1].round
    ballots, answers = (table.value for table in app.table)
    assert list(ballots["张数"]) == [str(n) for n in (first.issued, first.returned, first.valid, first.invalid)]
    assert sum(map(int, answers["张数"])) == first.valid
    press(app, "作废")
    assert any("请写明作废理由" in error.value for error in app.error)
    next(box for box in app.text_input if box.label == "作废理由").set_value("监票人数不足")
    press(app, "作废")
    assert next(h.round.void for h in rounds(served) if h.round.appraisal_id == first.appraisal_id) == "监票人数不足"
    assert "已作废：监票人数不足" in said(app)


def test_a_year_without_rounds_says_where_they_come_from(served: Store) -> None:
    with served.write("test") as cursor:
        cursor.execute("DELETE FROM appraisals")
    assert "数据导入" in said(opened())
    assert "还没有" in said(opened(view="report"))

"""What the preview page says of the year ahead, by Streamlit's own test client, on a small demo store."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import VISITOR
from dashboard.rules.load import load
from dashboard.services.evaluation import evaluate
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.ui.serving import open_page, said

YEAR = 2022


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import preview

    with shell.guard():
        preview.show()


def opened(branch: str, **query: str) -> AppTest:
    app = open_page(page, **{"year": str(YEAR), "branch": branch, **query})
    assert [error.value for error in app.error] == []
    return app


def branch_with(store: Store, status: str) -> str:
    result = evaluate(store, load(ROOT / "rules.yaml"), VISITOR, YEAR).branches()
    return next(b.branch_id for b in result if b.application_status == status and (b.applied_level or 0) >= 4)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_an_accepted_application_is_told_its_chances(served: Store, language: str) -> None:
    text = said(opened(branch_with(served, "accepted"), lang=language))
    assert ("大概能评上几星" if language == "zh_CN" else "Which level is likely") in text
    assert ("这是估计" if language == "zh_CN" else "An estimate, not a result") in text
    assert "%" in text


def test_an_application_that_cannot_be_accepted_says_so(served: Store) -> None:
    text = said(opened(branch_with(served, "over_cap")))
    assert "申报目前不能受理" in text
    assert "验收认定达到" not in text


def test_how_good_estimates_were_is_told_on_demand(served: Store) -> None:
    app = opened(branch_with(served, "accepted"))
    assert not [d for d in app.dataframe if "本估计的误差" in d.value.columns]
    app.toggle(key="likely_how_good").set_value(True).run()
    assert not app.exception
    (table,) = (d.value for d in app.dataframe if "本估计的误差" in d.value.columns)
    assert list(table["年度"]) == ["2018", "2019", "2020", "2021"]
    assert (table["本估计的误差"].astype(float) < table["“自评几星就几星”的误差"].astype(float)).all()

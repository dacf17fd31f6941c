"""党员之星: the vote while it runs, how it balances, and what the leading group decides."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.services.tally import Tally
from dashboard.ui import resources, shell
from dashboard.ui.vote import deciding, ledger, results, standing

View = Callable[[Tally], None]

VIEWS: dict[str, View] = {
    "ranking": standing.show,
    "balance": ledger.show,
    "questions": standing.show_questions,
    "nominee": standing.show_nominee,
    "decide": deciding.show,
}


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("vote.title"))
    book = resources.rulebook()
    if book.member_star is None:
        st.info(t("vote.no_rules"))
        return
    tally = results.tally(book, year)
    shell.freshness(resources.store().property("synthetic") is not None)
    if not tally.standings and not tally.files:
        _empty()
        return
    _headline(tally)
    _view()(tally)


def _empty() -> None:
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("vote.empty"), anchor=False)
        st.markdown(t("vote.empty_text"))
        st.page_link(shell.page("importing"), label=t("empty.link"))


def _headline(tally: Tally) -> None:
    t = shell.words()
    st.markdown(f"#### {standing.sentence(tally)}")
    balance = tally.balance
    with st.container(horizontal=True, gap="small"):
        for name, value in (
            ("received", balance.received),
            ("accepted", balance.accepted),
            ("rejected", balance.received - balance.accepted),
        ):
            st.metric(t(f"vote.{name}"), t.number(value), border=True, width=172)
        chosen = sum(outcome == "selected" for outcome, _ in tally.decisions.values())
        st.metric(t("vote.chosen"), f"{chosen} / {tally.places}", border=True, width=172)
    if tally.conflicts:
        st.warning(t("vote.conflicts", count=tally.conflicts))


def _view() -> View:
    t = shell.words()
    return VIEWS[shell.choose_view(list(VIEWS), lambda name: t(f"vote.view.{name}"))]

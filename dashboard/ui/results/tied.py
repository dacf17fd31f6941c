"""Ties before the leading group: who is equal, how many can be chosen, and the decision with its reason."""

from __future__ import annotations

from itertools import groupby

import pandas as pd
import streamlit as st

from dashboard.services import deciding
from dashboard.services.deciding import Tie
from dashboard.services.texts import REASON
from dashboard.store.deciding import Decision
from dashboard.ui import resources, shell
from dashboard.ui.results import found


def show(year: int) -> None:
    """The view."""
    t = shell.words()
    st.caption(t("results.tie_rule"))
    now = found.closing(year)
    if not now.ties:
        st.info(t("results.no_ties"))
    for tie in now.ties:
        _tie(tie, year)
    _decided(year)


def _tie(tie: Tie, year: int) -> None:
    t, names, known = shell.words(), shell.level_names(), found.branches()
    with st.container(border=True):
        st.subheader(t("results.ask.tie", level=names[tie.level], count=len(tie.branches), left=tie.left), anchor=False)
        st.markdown(t("results.tie_note", level=names[tie.level], places=tie.places, rank=tie.rank))
        st.dataframe(
            pd.DataFrame(
                {
                    t("column.branch"): [known[b.branch_id].name for b in tie.branches],
                    t("column.score"): [None if b.score is None else float(b.score) for b in tie.branches],
                    t("results.criteria_met"): [b.criteria_met for b in tie.branches],
                    t("column.previous_level"): [names[b.previous_level] for b in tie.branches],
                    t("column.superior"): [known[b.branch_id].superior or t("superior.none") for b in tie.branches],
                }
            ),
            hide_index=True,
        )
        with st.form(f"tie_{year}_{tie.level}"):
            chosen = st.multiselect(
                t("results.choose", left=tie.left), [b.branch_id for b in tie.branches],
                format_func=lambda b: known[b].name, max_selections=tie.left, placeholder=t("checks.choose"),
            )  # fmt: skip
            reason = st.text_input(t("results.decide_reason"), max_chars=REASON, placeholder=t("results.decide_hint"))
            sent = st.form_submit_button(t("results.decide"), type="primary")
        if sent:
            shell.attempt(lambda: _decide(tie, year, chosen, reason))


def _decide(tie: Tie, year: int, chosen: list[str], reason: str) -> None:
    deciding.decide(resources.store(), resources.viewer(), resources.evaluation(year), tie.level, chosen, reason)
    st.session_state["results_said"] = shell.words()("results.decided")


def _decided(year: int) -> None:
    """What was decided so far, by level, and taking it back."""
    t, names = shell.words(), shell.level_names()
    said = deciding.decisions(resources.store(), resources.viewer(), year)
    if not said:
        return
    st.subheader(t("results.ask.decided"), anchor=False)
    final = found.closing(year).step == "final"
    for level, group in groupby(said, key=lambda d: d.level):
        own = list(group)
        with st.container(border=True):
            st.markdown(f"**{names.get(level, str(level))}**")
            st.dataframe(_table(own), hide_index=True)
            if not final:
                _take_back(year, level)


def _table(own: list[Decision]) -> pd.DataFrame:
    t, known = shell.words(), found.branches()
    return pd.DataFrame(
        {
            t("column.branch"): [known[d.branch_id].name if d.branch_id in known else d.branch_id for d in own],
            t("column.decision"): [t(f"decision.{d.outcome}") for d in own],
            t("column.why"): [d.reason for d in own],
        }
    )


def _take_back(year: int, level: int) -> None:
    t = shell.words()
    with st.popover(t("results.take_back")), st.form(f"take_back_{year}_{level}", border=False):
        because = st.text_input(t("results.because"), max_chars=REASON)
        sent = st.form_submit_button(t("results.take_back"))
    if sent:
        shell.attempt(lambda: _taken_back(year, level, because))


def _taken_back(year: int, level: int, because: str) -> None:
    deciding.withdraw(resources.store(), resources.viewer(), year, level, because)
    st.session_state["results_said"] = shell.words()("results.taken_back")

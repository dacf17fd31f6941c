"""How many branches were appraised, how many reach the standard, and every round with what it counts for."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import streamlit as st

from dashboard.charts import appraisal as charts
from dashboard.services.appraisals import Held, Reach, reach
from dashboard.ui import resources, shell
from dashboard.ui.appraisal import results
from dashboard.ui.appraisal.telling import held_on, kind_name, standing_of, subject


def show(kind: str, year: int) -> None:
    """The view."""
    t = shell.words()
    own = [item for item in results.held(resources.rulebook(), year) if item.round.kind == kind]
    if not own:
        st.info(t("appraisal.none", kind=kind_name(kind), year=year))
        return
    found = reach(resources.rulebook(), kind, own, resources.branches())
    if found.shares:
        _reach(kind, found)
    whole = [item for item in own if item.round.branch_id is None]
    if whole:
        st.subheader(t("appraisal.ask.whole"), anchor=False)
        st.dataframe(_table(kind, whole), hide_index=True)
    if len(own) > len(whole):
        st.subheader(t("appraisal.ask.rounds"), anchor=False)
        st.dataframe(_table(kind, [item for item in own if item.round.branch_id]), hide_index=True, height=460)


def _reach(kind: str, found: Reach) -> None:
    t = shell.words()
    names = shell.level_names()
    with st.container(border=True):
        if found.least is None:
            st.subheader(t("appraisal.ask.shares"), anchor=False)
        else:
            share = t.share(Fraction(found.least) / 100)
            st.subheader(t("appraisal.ask.reach", share=share, level=names[found.level or 0]), anchor=False)
        with st.container(horizontal=True, gap="small"):
            st.metric(t("appraisal.appraised"), f"{len(found.shares)} / {found.branches}", border=True, width=190)
            if found.least is not None:
                st.metric(t("appraisal.reached"), t.number(found.reached), border=True, width=190)
        least = None if found.least is None else float(found.least)
        shell.chart(
            charts.shares(
                [100 * float(share) for share in found.shares.values()], least,
                (t("appraisal.axis.share"), t("appraisal.axis.branches")),
                (t("appraisal.reaches"), t("appraisal.below")),
            ),
            key=f"appraisal_shares_{kind}",
        )  # fmt: skip


def _table(kind: str, rounds: list[Held]) -> pd.DataFrame:
    """The rounds, the latest first."""
    t = shell.words()
    answers = resources.rulebook().appraisals[kind].answers
    rows = []
    for item in reversed(rounds):
        found = item.round
        row: dict[str, object] = {
            t("column.subject"): subject(found),
            t("appraisal.stage"): t(f"stage.{found.stage}") if found.stage else t("appraisal.any_stage"),
            t("appraisal.held_on"): held_on(t, found),
            t("appraisal.issued"): found.issued,
            t("appraisal.returned"): found.returned,
            t("appraisal.valid"): found.valid,
        }
        row |= {t.text(answer.name): found.answers.get(key, 0) for key, answer in answers.items()}
        row[t("appraisal.share")] = t.share(item.share) if item.share is not None else "—"
        row[t("appraisal.counts_for")] = standing_of(item)
        rows.append(row)
    return pd.DataFrame(rows)

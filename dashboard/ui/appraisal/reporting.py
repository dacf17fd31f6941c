"""测评结果报告单: one round as the form that is signed and filed; and declaring a round void."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard.documents import DOCX
from dashboard.documents import appraisal as documents
from dashboard.services import appraisals
from dashboard.services.appraisals import Held
from dashboard.ui import resources, shell
from dashboard.ui.appraisal import results
from dashboard.ui.appraisal.telling import held_on, kind_name, standing_of, subject


def show(kind: str, year: int) -> None:
    """The view."""
    t = shell.words()
    own = {
        item.round.appraisal_id: item
        for item in reversed(results.held(resources.rulebook(), year))
        if item.round.kind == kind
    }
    if not own:
        st.info(t("appraisal.none", kind=kind_name(kind), year=year))
        return
    chosen = st.selectbox(
        t("appraisal.choose"), list(own), key=f"appraisal_chosen_{kind}", format_func=lambda key: _name(own[key]),
    )  # fmt: skip
    item = own[chosen]
    with st.container(border=True):
        _form(item)
        form = _words(item)
        st.download_button(
            t("appraisal.download"),
            lambda: documents.report(form, t, datetime.now(UTC)),
            file_name=f"{documents.title(form)}.docx",
            mime=DOCX,
            key="appraisal_download",
            on_click="ignore",
        )
    if not item.round.void:
        _void(item)


def _words(item: Held) -> documents.Form:
    """The form of a round, by the standard of its branch."""
    sector = next((b.sector for b in resources.branches() if b.branch_id == item.round.branch_id), None)
    return documents.form(item, resources.rulebook(), subject(item.round), shell.words(), sector)


def _name(item: Held) -> str:
    t = shell.words()
    stage = t(f"stage.{item.round.stage}") if item.round.stage else ""
    return "　".join(part for part in (subject(item.round), held_on(t, item.round), stage) if part)


def _form(item: Held) -> None:
    form = _words(item)
    st.subheader(form.title, anchor=False)
    st.markdown(shell.plain(form.subtitle))
    for table in form.tables:
        st.table(pd.DataFrame(table.rows, columns=list(table.header)), hide_index=True)
    for line in (form.result, form.balance):
        st.markdown(shell.plain(line))
    st.caption(shell.plain(standing_of(item)))


def _void(item: Held) -> None:
    t = shell.words()
    key = item.round.appraisal_id
    with st.expander(t("appraisal.void")), st.form(f"appraisal_void_{key}"):
        st.caption(t("appraisal.void_note"))
        because = st.text_input(t("appraisal.because"), max_chars=appraisals.LONGEST)
        sent = st.form_submit_button(t("appraisal.void_send"))
    if sent:
        year = item.round.year
        shell.attempt(lambda: appraisals.declare_void(resources.store(), resources.viewer(), year, key, because))

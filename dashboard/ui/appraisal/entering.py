"""Enter a round: whom it is about, the ballots, and the answers."""

from __future__ import annotations

import streamlit as st

from dashboard.errors import UserError
from dashboard.rules.appraisal import Round
from dashboard.services import appraisals
from dashboard.ui import resources, shell
from dashboard.ui.appraisal.telling import kind_name, subject

WHOLE = ""  # the activity as a whole, among the branches to choose from


def show(kind: str, year: int) -> None:
    """The view."""
    t = shell.words()
    if message := st.session_state.pop("appraisal_said", None):
        st.success(message)
    st.subheader(t("appraisal.ask.enter", kind=kind_name(kind), year=year), anchor=False)
    st.caption(t("appraisal.enter_note"))
    with st.form(f"appraisal_{kind}"):
        found = _form(kind, year)
        sent = st.form_submit_button(t("appraisal.send"), type="primary")
    if not sent:
        return
    if found is None:
        st.warning(t("appraisal.choose_branch"))
        return
    try:
        appraisals.record(resources.store(), resources.rulebook(), resources.viewer(), found)
    except UserError as error:
        shell.complain(error)
        return
    del st.session_state["appraisal_id"]
    st.session_state["appraisal_said"] = shell.plain(
        t(
            "appraisal.recorded", subject=subject(found), issued=found.issued, returned=found.returned,
            valid=found.valid, invalid=found.invalid,
        )
    )  # fmt: skip
    st.rerun()


def _form(kind: str, year: int) -> Round | None:
    """The fields; None while nobody is chosen. The id is made before, so that sending twice is sending once."""
    t = shell.words()
    made = st.session_state.setdefault("appraisal_id", appraisals.new_id(year))
    names = {WHOLE: t("appraisal.whole")} | {b.branch_id: b.name for b in resources.branches() if b.active}
    first, second, third = st.columns(3)
    with first:
        chosen = st.selectbox(
            t("column.subject"), list(names), index=None, format_func=names.__getitem__,
            placeholder=t("appraisal.choose_branch"), key=f"appraisal_branch_{made}",
        )  # fmt: skip
    with second:
        stage = st.selectbox(
            t("appraisal.stage"), (None, *appraisals.STAGES), key=f"appraisal_stage_{made}",
            format_func=lambda s: t(f"stage.{s}") if s else t("appraisal.any_stage"),
        )  # fmt: skip
    with third:
        day = st.date_input(
            t("appraisal.held_on"), value=None, format="YYYY-MM-DD", key=f"appraisal_day_{made}",
            min_value=f"{year}-01-01", max_value=f"{year}-12-31",
        )  # fmt: skip
    figures = {name: t(f"appraisal.{name}") for name in ("issued", "returned", "valid")}
    ballots = _numbers(figures, made)
    st.markdown(t("appraisal.answers"))
    answers = resources.rulebook().appraisals[kind].answers
    counts = _numbers({key: t.text(answer.name) for key, answer in answers.items()}, made)
    note = st.text_input(t("column.note"), max_chars=appraisals.LONGEST, key=f"appraisal_note_{made}")
    if chosen is None:
        return None
    return Round(
        made, kind, year, chosen or None, stage, day, ballots["issued"], ballots["returned"], ballots["valid"],
        counts, note or None,
    )  # fmt: skip


def _numbers(names: dict[str, str], made: str) -> dict[str, int]:
    """A row of boxes for whole numbers."""
    found = {}
    for column, (name, label) in zip(st.columns(len(names)), names.items(), strict=True):
        with column:
            found[name] = int(
                st.number_input(label, min_value=0, max_value=appraisals.MOST, step=1, key=f"appraisal_{name}_{made}")
            )
    return found

"""The notice in words, and the form that announces a kept result (公示)."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboard.services import publishing
from dashboard.services.calendar import today, year_calendar
from dashboard.services.evaluation import Evaluation
from dashboard.services.publishing import Notice
from dashboard.services.runs import Run
from dashboard.services.texts import REASON
from dashboard.ui import resources, shell
from dashboard.ui.results import found

DAYS = 7  # of a notice, unless said otherwise


def form(run: Run, year: int) -> None:
    """From when to when, where, and whom to turn to."""
    t = shell.words()
    now = today(resources.store())
    last = _last_day(year, now)
    st.markdown(t("results.announce_note", date=t.day(last)) if last else t("results.announce_note_plain"))
    with st.form(f"announce_{run.row.run_id}"):
        left, right = st.columns(2)
        with left:
            first = st.date_input(t("results.first"), value=now, format="YYYY-MM-DD", key="announce_first")
        with right:
            until = st.date_input(
                t("results.last"), value=now + timedelta(days=DAYS - 1), format="YYYY-MM-DD", key="announce_last"
            )
        scope = st.text_input(t("results.scope"), max_chars=REASON, placeholder=t("results.scope_hint"))
        contact = st.text_input(t("results.contact"), max_chars=REASON, placeholder=t("results.contact_hint"))
        sent = st.form_submit_button(t("results.announce"), type="primary")
    if sent:
        shell.attempt(lambda: _announce(run, Notice(first, until, scope, contact)))


def _last_day(year: int, now: date) -> date | None:
    """By when the calendar wants the notice."""
    calendar = year_calendar(resources.rulebook(), year, now)
    return next((item.last for item in calendar if item.item.id == "public_notice"), None)


def _announce(run: Run, notice: Notice) -> None:
    publishing.announce(resources.store(), resources.rulebook(), resources.viewer(), run.row.run_id, notice)
    st.session_state["results_said"] = shell.words()("results.announced")


def text(run: Run, evaluation: Evaluation) -> str:
    """The notice: organisation and result only, the days, and whom to turn to."""
    t, names, known, row = shell.words(), shell.level_names(), found.branches(), run.row
    assert row.notice_from is not None
    assert row.notice_to is not None
    title = t.text(resources.rulebook().title)
    lines = [t("results.notice.title", year=row.year), "", t("results.notice.opening", title=title, year=row.year)]
    for value in reversed(resources.rulebook().level_values):
        own = [known[r.branch_id].name for r in evaluation.branches() if r.awarded_level == value]
        lines += ["", t("results.notice.level", level=names[value], count=len(own))]
        lines += own or [t("results.nobody")]
    lines += [
        "",
        t("results.notice.days", first=t.day(row.notice_from), last=t.day(row.notice_to)),
        t("results.notice.contact", contact=row.notice_contact or ""),
    ]
    return "\n".join(lines)

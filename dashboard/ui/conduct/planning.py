"""整改方案 on the page of a branch: what it found, what it will do, and by when it will hold a star."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard.services import improving
from dashboard.services.improving import Owed
from dashboard.services.texts import STATEMENT
from dashboard.ui import resources, shell


def show_plan(branch_id: str, year: int) -> None:
    """The plan of a branch that ended the year without a star, to hand in or replace; nothing for others."""
    found = improving.of_branch(resources.store(), resources.viewer(), resources.evaluation(year), branch_id)
    if found is None:
        return
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("plan.title"), anchor=False)
        if message := st.session_state.pop("plan_said", None):
            st.success(message)
        st.info(t("plan.to_branch", year=year))
        if found.plan:
            st.caption(plan_dates(found))
        _form(found, year)


def plan_dates(found: Owed) -> str:
    """When a plan was handed in, and the day that it names."""
    t, plan = shell.words(), found.plan
    assert plan is not None
    return t(
        "plan.dates", handed=t.moment(plan.handed_in_at), due=t.day(plan.due_on) if plan.due_on else t("plan.no_due")
    )


def _form(found: Owed, year: int) -> None:
    t, plan = shell.words(), found.plan
    days = improving.term(resources.store(), resources.rulebook(), year)
    named = plan.due_on if plan and plan.due_on and days.first <= plan.due_on <= days.last else days.usual
    with st.form(f"plan_{found.branch.branch_id}_{year}"):
        text = st.text_area(
            t("plan.text"), value=plan.plan if plan else "", max_chars=STATEMENT, height=180, placeholder=t("plan.hint")
        )
        due = st.date_input(
            t("plan.due"), value=named, min_value=days.first, max_value=days.last, format="YYYY-MM-DD",
            help=t("plan.due_help", last=year + 1),
        )  # fmt: skip
        sent = st.form_submit_button(t("plan.send_again" if plan else "plan.send"), type="primary")
    if sent:
        shell.attempt(lambda: _hand_in(found, year, text, due))


def _hand_in(found: Owed, year: int, text: str, due: date | None) -> None:
    improving.hand_in(resources.store(), resources.viewer(), found.branch.branch_id, year, text, due)
    st.session_state["plan_said"] = shell.words()("plan.sent")

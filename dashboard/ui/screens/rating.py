"""自评申报: a branch rates itself answer by answer, sees what that means, and applies."""

from __future__ import annotations

import streamlit as st

from dashboard.services.applying import Ready, application_of, apply, prepare_application, withdraw
from dashboard.services.timeline import timeline
from dashboard.store.applying import Application
from dashboard.ui import resources, shell
from dashboard.ui.conduct.planning import show_plan
from dashboard.ui.conduct.reply import show_reply
from dashboard.ui.progress.next import show_next
from dashboard.ui.screens.choosing import choose_branch
from dashboard.ui.sheet.editor import edit_sheet
from dashboard.ui.timeline import show_timeline


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("rating.title"))
    if shell.is_empty():
        return
    branch = choose_branch()
    shell.data_time(resources.store().property("synthetic") is not None)
    if message := st.session_state.pop("rating_said", None):
        st.success(message)
    show_next(branch.branch_id, year, here="rating")
    show_reply(branch.branch_id, year)
    show_plan(branch.branch_id, year)
    there = application_of(resources.store(), resources.viewer(), branch.branch_id, year)
    if there:
        _applied(there, branch.branch_id, year)
    show_timeline(branch, year)
    st.caption(t("rating.about"))
    if edit_sheet(branch.branch_id, year, "self", ready=t("rating.ready"), stamp=resources.store().revision().version):
        _apply(branch.branch_id, year)


def _applied(there: Application, branch_id: str, year: int) -> None:
    """What was applied for, and how it stands."""
    t = shell.words()
    result = resources.evaluation(year).branch(branch_id)
    status = result.application_status if result and result.application_status else there.review
    with st.container(border=True):
        level = shell.level_names()[there.level]
        st.markdown(
            t("rating.applied", level=level, date=t.month_day(there.submitted_on), status=t(f"status.{status}"))
        )
        if there.review == "returned":
            st.warning(t("rating.returned", reason=shell.plain(_why_returned(branch_id, year))))
        if there.review != "approved" and st.button(t("rating.withdraw"), key="rating_withdraw"):
            _withdraw(branch_id, year, level)


def _why_returned(branch_id: str, year: int) -> str:
    done = timeline(resources.store(), resources.viewer(), branch_id, year)
    return next((line.reason for line in reversed(done) if line.action == "returned"), "—")


@st.dialog(" ", width="small")
def _withdraw(branch_id: str, year: int, level: str) -> None:
    t = shell.words()
    st.markdown(t("rating.withdraw_sure", level=level))
    if st.button(t("rating.withdraw_yes"), type="primary"):
        shell.attempt(lambda: withdraw(resources.store(), resources.viewer(), branch_id, year))


@st.dialog(" ", width="large")
def _apply(branch_id: str, year: int) -> None:
    """Choose a level, with what speaks against each."""
    t, names = shell.words(), shell.level_names()
    ready = prepare_application(resources.store(), resources.rulebook(), resources.viewer(), branch_id, year)
    st.subheader(t("rating.ask.apply", year=year), anchor=False)
    if ready.preview is None:
        st.info(t("branch.no_standard"))
        return
    st.markdown(
        t(
            "rating.summary" if ready.preview.level_met else "rating.summary_none",
            branch=shell.plain(ready.branch.name), met=names[ready.preview.level_met],
            held=names[ready.previous_level],
        )
    )  # fmt: skip
    for line in _warnings(ready):
        st.warning(line)
    if ready.late:
        return
    levels = [prospect.level for prospect in ready.prospects]
    usual = ready.application.level if ready.application else ready.preview.level_met or levels[0]
    chosen = st.radio(
        t("rating.level"), levels, index=levels.index(usual), format_func=lambda level: names[level], horizontal=True
    )
    _against(ready, chosen)
    if st.button(t("rating.send", level=names[chosen]), type="primary", key="rating_send"):
        shell.attempt(lambda: _send(ready, year, chosen))


def _warnings(ready: Ready) -> list[str]:
    t = shell.words()
    found = []
    if ready.late:
        found.append(t("rating.late", date=t.month_day(ready.deadline)))
    elif ready.excepted:
        found.append(t("rating.excepted"))
    if ready.blank:
        found.append(t("rating.blank", count=ready.blank))
    return found


def _against(ready: Ready, level: int) -> None:
    """What speaks against an application for a level, by the rules as things stand."""
    t, names = shell.words(), shell.level_names()
    prospect = next(each for each in ready.prospects if each.level == level)
    if prospect.changes_nothing:
        st.info(t("rating.changes_nothing", held=names[ready.previous_level]))
    if prospect.status == "accepted":
        st.markdown(t("rating.nothing_against"))
    else:
        st.warning(t(f"rating.against.{prospect.status}", level=names[level]))


def _send(ready: Ready, year: int, level: int) -> None:
    apply(
        resources.store(), resources.rulebook(), resources.viewer(), ready.branch.branch_id, year, level,
        ready.sheet.fingerprint,
    )  # fmt: skip
    superior, name = ready.branch.superior, shell.level_names()[level]
    st.session_state["rating_said"] = (
        shell.words()("rating.sent", level=name, superior=shell.plain(superior))
        if superior
        else shell.words()("rating.sent_alone", level=name)
    )

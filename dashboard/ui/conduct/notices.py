"""Notices to rectify: those overdue first, what came of each, and who might need one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import streamlit as st

from dashboard.auth.viewer import Viewer
from dashboard.rules.rulebook import Rulebook
from dashboard.services import rectifying
from dashboard.services.calendar import today
from dashboard.services.rectifying import OUTCOMES, Outcome, Proposed, Rectification
from dashboard.services.texts import REASON, STATEMENT
from dashboard.store.connection import Store
from dashboard.ui import resources, shell
from dashboard.ui.conduct.telling import notice_text, state_name

USUAL = timedelta(days=30)  # from the notice to the day it is due, unless said otherwise
ACTED = "rectify_acted"  # the branch and year about which this session did something just now
_COLOURS = {"met": "green", "failed": "red", "open": "blue"}


def show(year: int) -> None:
    """The view."""
    t = shell.words()
    st.caption(t("rectify.rule"))
    found = rectifying.of_year(resources.store(), resources.viewer(), year)
    evaluation = resources.evaluation(year)
    proposed = rectifying.proposed(resources.store(), resources.viewer(), evaluation)
    if overdue := sum(each.overdue for each in found):
        st.warning(t("rectify.overdue_count", count=overdue))
    title = t("rectify.issue", count=len(proposed)) if proposed else t("rectify.issue_none")
    with st.expander(title, expanded=not found):
        _issue(year, proposed, {each.notice.branch_id for each in found})
    if not found:
        st.markdown(t("rectify.none"))
        return
    open_count = sum(each.notice.outcome == "open" for each in found)
    st.subheader(t("rectify.found", count=len(found), open=open_count), anchor=False)
    for each in found:
        _card(each)


@resources.shared
def _costs(book: Rulebook, /, year: int) -> Mapping[str, tuple[int, int]]:
    return rectifying.if_failed(resources.store(), book, resources.viewer(), resources.evaluation(year))


def _cost(branch: str, year: int) -> str:
    """What a failed rectification would cost the branch."""
    t, names = shell.words(), shell.level_names()
    now, then = _costs(resources.rulebook(), year).get(branch, (0, 0))
    return t("rectify.cost" if now > then else "rectify.costs_nothing", now=names[now], then=names[then])


def _issue(year: int, proposed: tuple[Proposed, ...], taken: set[str]) -> None:
    t = shell.words()
    failed = {each.branch_id: each.failed for each in proposed}
    names = {b.branch_id: b.name for b in resources.branches() if b.active and b.branch_id not in taken}
    options = [*failed, *(branch for branch in names if branch not in failed)]
    if failed:
        st.markdown(t("rectify.proposed", count=len(failed)))
    branch = st.selectbox(
        t("column.branch"), options, index=None, placeholder=t("checks.choose"), key=f"rectify_branch_{year}",
        format_func=lambda b: names[b] + (f"（{_why(failed[b])}）" if b in failed else ""),
    )  # fmt: skip
    if branch is None:
        return
    st.info(_cost(branch, year))
    now = today(resources.store())
    with st.form(f"rectify_{branch}_{year}"):
        because = st.text_area(
            t("rectify.because"), value=_why(failed[branch]) if branch in failed else "", max_chars=STATEMENT, height=90
        )
        demands = st.text_area(t("rectify.demands"), max_chars=STATEMENT, height=120)
        due = st.date_input(t("rectify.due"), value=now + USUAL, min_value=now, format="YYYY-MM-DD")
        sent = st.form_submit_button(t("rectify.send"), type="primary")
    if sent:
        shell.attempt(lambda: _issued(branch, year, because, demands, due))


def _why(kinds: tuple[str, ...]) -> str:
    t = shell.words()
    return t("inspecting.and").join(t(f"rectify.failed.{kind}") for kind in kinds)


def _issued(branch: str, year: int, because: str, demands: str, due: date) -> None:
    rectifying.issue(resources.store(), resources.viewer(), branch, year, because, demands, due)
    st.session_state["conduct_said"] = shell.words()("rectify.sent")


def _card(found: Rectification) -> None:
    t, notice = shell.words(), found.notice
    name = next((b.name for b in resources.branches() if b.branch_id == notice.branch_id), notice.branch_id)
    colour = "orange" if found.overdue else _COLOURS[notice.outcome]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{shell.plain(name)}**", width="content")
            st.badge(state_name(found), color=colour)  # type: ignore[arg-type]
        notice_text(found)
        if _changed_elsewhere(found):
            st.warning(t("rectify.meanwhile"))
        if st.toggle(t("rectify.act" if notice.outcome == "open" else "rectify.reopen"), key=_key(found)):
            (_close if notice.outcome == "open" else _reopen)(found)


def _key(found: Rectification, outcome: str | None = None) -> str:
    """Of the widget that opens a form; another outcome asks for another form, which opens anew."""
    return f"rectify_act_{found.notice.branch_id}_{found.notice.year}_{outcome or found.notice.outcome}"


def _changed_elsewhere(found: Rectification) -> bool:
    """Whether a form for another outcome was open until now, and it was not this session that changed it."""
    opened = any(
        st.session_state.get(_key(found, outcome)) for outcome in ("open", *OUTCOMES) if outcome != found.notice.outcome
    )
    own = st.session_state.get(ACTED) == (found.notice.branch_id, found.notice.year)
    if own:
        del st.session_state[ACTED]
    return opened and not own


def _close(found: Rectification) -> None:
    """Say what came of it, or take the notice back."""
    t, notice = shell.words(), found.notice
    if not notice.reply:
        st.caption(t("rectify.no_reply"))
    st.info(_cost(notice.branch_id, notice.year))
    with st.form(f"close_{notice.branch_id}_{notice.year}"):
        outcome: Outcome | None = st.radio(
            t("rectify.outcome"), OUTCOMES, index=None, horizontal=True,
            format_func=lambda name: t(f"event.rectification.{name}"),
        )  # fmt: skip
        finding = st.text_area(t("rectify.finding"), max_chars=STATEMENT, height=90)
        sent = st.form_submit_button(t("rectify.close"), type="primary")
    if sent:
        _act(
            found,
            lambda store, viewer, branch, year: rectifying.close(store, viewer, branch, year, outcome, finding),
            "rectify.closed",
        )
    with st.popover(t("rectify.withdraw")), st.form(f"withdraw_{notice.branch_id}_{notice.year}", border=False):
        because = st.text_input(t("rectify.reason"), max_chars=REASON)
        taken = st.form_submit_button(t("rectify.withdraw"))
    if taken:
        _act(
            found,
            lambda store, viewer, branch, year: rectifying.withdraw(store, viewer, branch, year, because),
            "rectify.withdrawn",
        )


def _reopen(found: Rectification) -> None:
    t, notice = shell.words(), found.notice
    with st.form(f"reopen_{notice.branch_id}_{notice.year}"):
        because = st.text_input(t("rectify.reason"), max_chars=REASON)
        sent = st.form_submit_button(t("rectify.reopen"))
    if sent:
        _act(
            found,
            lambda store, viewer, branch, year: rectifying.reopen(store, viewer, branch, year, because),
            "rectify.reopened",
        )


def _act(found: Rectification, act: Callable[[Store, Viewer, str, int], None], said: str) -> None:
    """Do something to a rectification, and say so."""

    def done() -> None:
        act(resources.store(), resources.viewer(), found.notice.branch_id, found.notice.year)
        st.session_state["conduct_said"] = shell.words()(said)
        st.session_state[ACTED] = (found.notice.branch_id, found.notice.year)

    shell.attempt(done)

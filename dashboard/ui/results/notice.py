"""公示 and what is said against it: the text to put up, objections, and what became of them."""

from __future__ import annotations

import streamlit as st

from dashboard.services import publishing
from dashboard.services.calendar import today
from dashboard.services.publishing import VERDICTS, Verdict
from dashboard.services.runs import Run
from dashboard.services.texts import REASON, STATEMENT
from dashboard.store.runs import ObjectionRow
from dashboard.ui import resources, shell
from dashboard.ui.results import announcing, found

_COLOURS = {None: "orange", "upheld": "red", "dismissed": "gray"}


def show(year: int) -> None:
    """The view."""
    t, now = shell.words(), found.closing(year)
    if now.run is None or now.run.state not in ("announced", "final"):
        st.info(t("results.not_announced"))
        return
    _text(now.run, year)
    _objections(now.run)


def _text(run: Run, year: int) -> None:
    t, row = shell.words(), run.row
    assert row.notice_from is not None
    assert row.notice_to is not None
    days = (row.notice_to - row.notice_from).days + 1
    with st.container(border=True):
        st.subheader(t("results.ask.notice"), anchor=False)
        first, last = t.day(row.notice_from), t.day(row.notice_to)
        st.markdown(
            shell.plain(t("results.notice_is", first=first, last=last, days=days, scope=row.notice_scope or ""))
        )
        written = announcing.text(run, found.result(resources.rulebook(), row.run_id))
        with st.expander(t("results.notice_text"), expanded=False):
            st.code(written, language=None, wrap_lines=True)
        st.download_button(
            t("results.notice_file"), written, file_name=f"{t('results.notice.title', year=year)}.txt",
            mime="text/plain", on_click="ignore", key="results_notice",
        )  # fmt: skip


def _objections(run: Run) -> None:
    t = shell.words()
    said = publishing.objections(resources.store(), resources.viewer(), run.row.run_id)
    is_open = run.state == "announced"
    st.subheader(t("results.ask.objections", count=len(said), open=sum(o.outcome is None for o in said)), anchor=False)
    if not said:
        st.caption(t("results.no_objections"))
    for objection in said:
        _card(objection, is_open=is_open)
    if is_open:
        with st.expander(t("results.object")):
            _form(run)


def _card(objection: ObjectionRow, *, is_open: bool) -> None:
    t, known = shell.words(), found.branches()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            branch = known.get(objection.branch_id or "")
            about = branch.name if branch else t("results.whole_result")
            st.markdown(f"**{shell.plain(about)}**", width="content")
            st.badge(t(f"results.objection.{objection.outcome or 'open'}"), color=_COLOURS[objection.outcome])  # type: ignore[arg-type]
        st.markdown(shell.plain(objection.statement))
        st.caption(shell.plain(t("results.objection_from", who=objection.raised_by, date=t.day(objection.received_on))))
        if objection.finding:
            st.markdown(shell.plain(t("results.objection_finding", finding=objection.finding)))
        if is_open and st.toggle(t("results.answer"), key=f"answer_{objection.objection_id}"):
            _answer(objection)


def _answer(objection: ObjectionRow) -> None:
    t = shell.words()
    with st.form(f"answer_form_{objection.objection_id}"):
        verdict: Verdict | None = st.radio(
            t("results.verdict"), VERDICTS, index=None, horizontal=True,
            format_func=lambda v: t(f"results.objection.{v}"),
        )  # fmt: skip
        finding = st.text_area(t("results.finding"), max_chars=STATEMENT, height=90)
        sent = st.form_submit_button(t("results.answer_send"), type="primary")
    if sent:
        shell.attempt(lambda: _answered(objection, verdict, finding))


def _answered(objection: ObjectionRow, verdict: Verdict | None, finding: str) -> None:
    publishing.answer(resources.store(), resources.viewer(), objection.run_id, objection.objection_id, verdict, finding)
    st.session_state["results_said"] = shell.words()("results.answered")


def _form(run: Run) -> None:
    """Enter an objection; its id is made before, so that sending twice is sending once."""
    t, known, now = shell.words(), found.branches(), today(resources.store())
    made = st.session_state.setdefault("objection_id", publishing.new_id())
    with st.form(f"object_{made}"):
        branch = st.selectbox(
            t("results.about"), [None, *known], key=f"object_branch_{made}",
            format_func=lambda b: known[b].name if b in known else t("results.whole_result"),
        )  # fmt: skip
        left, right = st.columns(2)
        with left:
            who = st.text_input(t("results.raised_by"), max_chars=REASON, key=f"object_who_{made}")
        with right:
            day = st.date_input(t("results.received_on"), value=now, format="YYYY-MM-DD", key=f"object_day_{made}")
        statement = st.text_area(t("results.statement"), max_chars=STATEMENT, key=f"object_text_{made}", height=100)
        sent = st.form_submit_button(t("results.object_send"), type="primary")
    if sent:
        row = ObjectionRow(made, run.row.run_id, branch, day, who, statement, None, None, None)
        shell.attempt(lambda: _objected(row))


def _objected(row: ObjectionRow) -> None:
    publishing.object_to(resources.store(), resources.viewer(), row)
    st.session_state.pop("objection_id", None)
    st.session_state["results_said"] = shell.words()("results.objected")

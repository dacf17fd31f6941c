"""One application as its superior reads it: item by item, with what differs, and then the decision."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from dashboard.services.calendar import today
from dashboard.services.dossier import Dossier, look
from dashboard.ui import resources, shell
from dashboard.ui.reviewing import deciding
from dashboard.ui.reviewing.results import case_of
from dashboard.ui.reviewing.telling import applied_text, is_remarkable, level_name, line_text, since_text
from dashboard.ui.sheet.editor import edit_sheet
from dashboard.ui.timeline import show_timeline

FILTERS = ("differs", "all")


def show(branch_id: str, year: int) -> None:
    """The view."""
    found = look(resources.store(), resources.rulebook(), resources.viewer(), branch_id, year)
    _heading(found, year)
    show_timeline(found.branch, year)
    if deciding.may_decide(found) and st.session_state.get("reviewing_checking") == f"{branch_id}.{year}":
        _check(found, year)
        return
    _items(found, year)
    deciding.show(found, year)


def _heading(found: Dossier, year: int) -> None:
    """Whose application this is, how it stands, and what the reviewer should know before."""
    t, branch = shell.words(), found.branch
    st.subheader(branch.name, anchor=False)
    st.caption(shell.plain(branch.superior or t("superior.none")))
    if case := case_of(branch.branch_id, year):
        st.markdown("　".join((applied_text(case), since_text(case, today(resources.store())))))
        if case.application.review == "pending":
            tone = st.info if case.then == "accepted" else st.warning
            tone(t(f"reviewing.means.{case.then}"))
        elif case.application.review == "returned":
            st.info(t("reviewing.is_returned", reason=shell.plain(case.returned) or t("reviewing.no_reason")))
        elif case.status != "accepted":
            st.warning(t(f"reviewing.means.{case.status}"))
    if found.typed_since and found.application.review != "approved":
        st.warning(t("reviewing.moved_on", count=found.typed_since))


def _check(found: Dossier, year: int) -> None:
    """The sheet of findings, until its reviewer has done with it."""
    t = shell.words()
    st.caption(t("reviewing.check_note"))
    if edit_sheet(
        found.branch.branch_id, year, "review", ready=t("reviewing.checked"), stamp=resources.store().revision().version
    ):
        st.session_state.pop("reviewing_checking", None)
        st.rerun()


def _items(found: Dossier, year: int) -> None:
    """The self-assessment by section; at first only what differs."""
    t, lines = shell.words(), found.lines
    if not lines:
        st.info(t("branch.no_standard"))
        return
    remarkable = [line for line in lines if is_remarkable(line)]
    st.markdown(
        t("reviewing.summary", met=level_name(found.met), short=sum(line.short for line in lines),
          moved=sum(bool(line.moved) for line in lines), differs=sum(line.differs for line in lines))
    )  # fmt: skip
    counts = {"differs": len(remarkable), "all": len(lines)}
    shown = st.pills(
        t("reviewing.show"), FILTERS, default=FILTERS[0], required=True, label_visibility="collapsed",
        format_func=lambda name: t(f"reviewing.show.{name}", count=counts[name]),
        key=f"reviewing_show_{found.branch.branch_id}",
    )  # fmt: skip
    listed = lines if shown == "all" else remarkable
    if not listed:
        st.markdown(t("reviewing.nothing_differs"))
    for section, own in groupby(listed, key=lambda line: line.section):
        with st.container(border=True, gap="small"):
            st.markdown("\n\n".join([f"**{t.text(section.name)}**", *(line_text(line) for line in own)]))
    if deciding.may_decide(found):
        checked = sum(line.found is not None for line in lines)
        label = t("reviewing.check_again", count=checked) if checked else t("reviewing.check")
        asked = f"{found.branch.branch_id}.{year}"
        st.button(label, icon=":material/fact_check:", key="reviewing_check", on_click=_begin, args=(asked,))


def _begin(asked: str) -> None:
    st.session_state["reviewing_checking"] = asked

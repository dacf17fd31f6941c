"""The desk of a superior: what waits first, what is approved under the caps, what was returned, who has not applied."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard.services.calendar import today
from dashboard.services.reviewing import ABSENCES, Case, Desk
from dashboard.ui import resources, shell
from dashboard.ui.reviewing import queue
from dashboard.ui.reviewing.rows import MOST, more, name_button
from dashboard.ui.reviewing.telling import applied_text, since_text, stands_text


def show(desk: Desk, year: int) -> None:
    """The view."""
    t, day = shell.words(), today(resources.store())
    by_review = {review: desk.reviewed(review) for review in ("pending", "approved", "returned")}
    counts = {review: len(cases) for review, cases in by_review.items()}
    st.markdown(t("reviewing.counts", **counts, absent=len(desk.absent)))
    if desk.superior_id is None:
        st.caption(t("reviewing.rule_own"))
        queue.show(desk, year)
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            _pending(by_review["pending"], day)
        with right:
            queue.show(desk, year)
        _returned(by_review["returned"], day)
    _absent(desk)


def _pending(cases: tuple[Case, ...], day: date) -> None:
    t = shell.words()
    with st.container(border=True, gap="small"):
        st.subheader(t("reviewing.pending", count=len(cases)), anchor=False)
        if not cases:
            st.markdown(t("reviewing.none_pending"))
            return
        waited = max((day - case.application.submitted_on).days for case in cases)
        notes = [t("reviewing.longest", days=waited)] if len(cases) > 1 and waited > 0 else []
        notes += [t("reviewing.if_all")] if any(case.then == "over_cap" for case in cases) else []
        if notes:
            st.caption("".join(notes))
        for case in sorted(cases, key=lambda case: case.application.submitted_on)[:MOST]:
            _row(case, ":material/rate_review:", f":gray[{since_text(case, day)}]", stands_text(case))
        more(len(cases))


def _row(case: Case, icon: str, *second: str) -> None:
    """The branch, what it applies for, and a second line."""
    with st.container(gap=None):
        name_button(case, icon=icon)
        st.markdown(f"{applied_text(case)}  \n{'　'.join(part for part in second if part)}")


def _returned(cases: tuple[Case, ...], day: date) -> None:
    t = shell.words()
    if not cases:
        return
    with st.container(border=True, gap="small"):
        st.subheader(t("reviewing.returned", count=len(cases)), anchor=False)
        st.caption(t("reviewing.returned_note"))
        for case in cases[:MOST]:
            reason = shell.plain(case.returned) or t("reviewing.no_reason")
            _row(case, ":material/undo:", f":gray[{since_text(case, day)}]", t("reviewing.because", reason=reason))
        more(len(cases))


def _absent(desk: Desk) -> None:
    t = shell.words()
    if not desk.absent:
        return
    with st.expander(t("reviewing.absent", count=len(desk.absent))):
        for why in ABSENCES:
            names = [shell.plain(each.branch.name) for each in desk.absent if each.why == why]
            if names:
                told, listed = f"**{t(f'reviewing.absent.{why}')}**", t("reviewing.comma").join(names)
                st.markdown(t("reviewing.absent_line", why=told, count=len(names), names=listed))

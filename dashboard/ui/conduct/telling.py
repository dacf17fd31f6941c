"""A notice to rectify in words: on the page of the office and on that of the branch."""

from __future__ import annotations

import streamlit as st

from dashboard.services import evidence
from dashboard.services.rectifying import Rectification
from dashboard.ui import resources, shell


def state_name(found: Rectification) -> str:
    """Open, overdue, met or failed."""
    return shell.words()("rectify.overdue" if found.overdue else f"event.rectification.{found.notice.outcome}")


def notice_text(found: Rectification) -> None:
    """What was ordered and why, what the branch said, what was found."""
    t, notice = shell.words(), found.notice
    issued = t("rectify.issued", date=t.day(notice.issued_on)) if notice.issued_on else t("rectify.no_notice")
    st.caption(t("rectify.dates", issued=issued, due=t.day(notice.due_on)))
    _said("rectify.because", notice.because)
    _said("rectify.demands", notice.demands)
    if notice.replied_at:
        _said("rectify.reply", notice.reply, t.moment(notice.replied_at))
    files = evidence.files_of(
        resources.store(), resources.viewer(), notice.branch_id, notice.year, evidence.RECTIFICATION
    )
    if files:
        links = "　".join(f"[{shell.plain(file.name)}](/api/evidence/{file.file_id})" for file in files)
        st.markdown(f"**{t('rectify.files')}**　{links}")
    if notice.closed_at:
        _said("rectify.finding", notice.finding, t.moment(notice.closed_at))


def _said(key: str, text: str | None, at: str = "") -> None:
    if text:
        lines = shell.plain(text).replace("\n", "  \n")
        st.markdown(f"**{shell.words()(key)}**　{lines}" + (f"  \n:gray[{at}]" if at else ""))

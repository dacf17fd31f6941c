"""The decision on an application: approve, return with reasons, take an approval back."""

from __future__ import annotations

import streamlit as st

from dashboard.services import review_results
from dashboard.services.dossier import Dossier
from dashboard.services.texts import REASON, STATEMENT
from dashboard.ui import resources, shell
from dashboard.ui.reviewing import acting
from dashboard.ui.reviewing.telling import level_name

_UNLISTED = (None, "no_standard", "inactive")  # without a sheet of items there is a decision all the same


def may_decide(found: Dossier) -> bool:
    """Whether there is something to decide."""
    pending = found.application.review == "pending" and found.branch.superior_id is not None
    return pending and found.lock in _UNLISTED


def show(found: Dossier, year: int) -> None:
    """The decision, or why there is none to take."""
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("reviewing.conclude"), anchor=False)
        acting.tell()
        if found.branch.superior_id is None:
            st.info(t("error.review.no_superior"))
        elif found.lock not in (*_UNLISTED, "approved"):
            st.info(t(f"error.sheet.locked_{found.lock}", year=year))
        elif found.application.review == "approved":
            _approved(found, year)
        elif found.application.review == "returned":
            st.info(t("reviewing.returned_note"))
        else:
            _pending(found, year)


def _pending(found: Dossier, year: int) -> None:
    t, branch = shell.words(), found.branch.branch_id
    applied = level_name(found.application.level)
    if found.lines:
        st.markdown(t("reviewing.comes_to", applied=applied, met=level_name(found.met), found=level_name(found.found)))
    if found.unmet:
        st.warning(t("reviewing.unmet"))
    if found.remarks:
        st.caption(t("reviewing.with_findings", count=len(found.remarks)))
    key = f"reviewing_remark_{branch}_{year}"
    with st.form(f"reviewing_decide_{branch}_{year}", border=False):
        st.text_area(
            t("reviewing.remark_unmet" if found.unmet else "reviewing.remark"), max_chars=STATEMENT, height=90, key=key
        )
        with st.container(horizontal=True):
            for name, kind in (("approve", "primary"), ("send_back", "secondary")):
                st.form_submit_button(
                    t(f"reviewing.{name}"), type="primary" if kind == "primary" else "secondary", on_click=_decide,
                    args=(name, found.branch.name, applied, branch, year, found.fingerprint, key),
                )  # fmt: skip


def _decide(name: str, title: str, level: str, branch: str, year: int, seen: str, key: str) -> None:
    t, text = shell.words(), str(st.session_state.get(key, ""))
    decide = review_results.approve if name == "approve" else review_results.send_back
    said = "reviewing.approved_said" if name == "approve" else "reviewing.returned_said"

    def done() -> None:
        decide(resources.store(), resources.rulebook(), resources.viewer(), branch, year, seen, text)

    if acting.act(done, t(said, branch=title, level=level)):
        acting.close_case()


def _approved(found: Dossier, year: int) -> None:
    """An approval can be taken back until its inspection begins."""
    t, branch = shell.words(), found.branch.branch_id
    st.markdown(t("reviewing.is_approved"))
    if found.inspected:
        st.info(t("error.review.inspected"))
        return
    with st.expander(t("reviewing.take_back")), st.form(f"reviewing_take_back_{branch}_{year}", border=False):
        st.caption(t("reviewing.take_back_note"))
        key = f"reviewing_reason_{branch}_{year}"
        st.text_input(t("reviewing.reason"), max_chars=REASON, key=key)
        st.form_submit_button(t("reviewing.take_back"), on_click=_take_back, args=(branch, year, key))


def _take_back(branch: str, year: int, key: str) -> None:
    because = str(st.session_state.get(key, ""))
    acting.act(
        lambda: review_results.take_back(resources.store(), resources.viewer(), branch, year, because),
        shell.words()("reviewing.taken_back"),
    )

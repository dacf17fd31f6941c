"""责令整改通知 on the page of a branch: what is demanded, and the branch's reply."""

from __future__ import annotations

import streamlit as st

from dashboard.services import evidence, rectifying
from dashboard.services.rectifying import Rectification
from dashboard.services.texts import STATEMENT
from dashboard.store.evidence import FileRow
from dashboard.ui import resources, shell
from dashboard.ui.conduct.telling import notice_text, state_name


def show_reply(branch_id: str, year: int) -> None:
    """The notice of a branch in a year, which it may answer while it is open; nothing where there is none."""
    found = rectifying.of_branch(resources.store(), resources.viewer(), branch_id, year)
    if found is None:
        return
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("rectify.title", state=state_name(found)), anchor=False)
        if message := st.session_state.pop("reply_said", None):
            st.success(message)
        if found.notice.outcome == "open":
            (st.warning if found.overdue else st.info)(t("rectify.to_branch"))
        notice_text(found)
        if found.notice.outcome == "open":
            _form(found)


def _form(found: Rectification) -> None:
    t, notice = shell.words(), found.notice
    with st.form(f"reply_{notice.branch_id}_{notice.year}"):
        text = st.text_area(
            t("rectify.your_reply"), value=notice.reply or "", max_chars=STATEMENT, height=140,
            placeholder=t("rectify.reply_hint"),
        )  # fmt: skip
        files = st.file_uploader(
            t("rectify.files_add", most=evidence.LARGEST // 1024 // 1024), type=[s[1:] for s in evidence.SUFFIXES],
            accept_multiple_files=True, key=f"reply_files_{len(_files(found))}",
        )  # fmt: skip
        sent = st.form_submit_button(t("rectify.send_again" if notice.reply else "rectify.send_reply"), type="primary")
    if sent:
        shell.attempt(lambda: _answer(found, text, [(file.name, file.getvalue()) for file in files]))
    if kept := _files(found):
        _remove(kept)


def _files(found: Rectification) -> tuple[FileRow, ...]:
    notice = found.notice
    return evidence.files_of(
        resources.store(), resources.viewer(), notice.branch_id, notice.year, evidence.RECTIFICATION
    )


def _answer(found: Rectification, text: str, files: list[tuple[str, bytes]]) -> None:
    store, viewer, notice = resources.store(), resources.viewer(), found.notice
    for name, content in files:
        evidence.add_file(
            store,
            resources.rulebook(),
            viewer,
            notice.branch_id,
            notice.year,
            evidence.RECTIFICATION,
            "",
            name,
            content,
        )
    rectifying.answer(store, viewer, notice.branch_id, notice.year, text)
    st.session_state["reply_said"] = shell.words()("rectify.answered")


def _remove(kept: tuple[FileRow, ...]) -> None:
    """Take a file away again."""
    t, names = shell.words(), {file.file_id: file.name for file in kept}
    with st.popover(t("rectify.files_remove")):
        chosen = st.selectbox(t("rectify.files_which"), list(names), index=None, format_func=names.__getitem__,
                              placeholder=t("incident.choose"))  # fmt: skip
        if chosen and st.button(t("rectify.files_remove_yes"), key="reply_file_remove"):
            shell.attempt(
                lambda: evidence.remove_file(resources.store(), resources.rulebook(), resources.viewer(), chosen)
            )

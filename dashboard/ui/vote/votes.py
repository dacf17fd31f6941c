"""Files of votes as the channels give them: their columns are explained once and remembered."""

from __future__ import annotations

import streamlit as st

from dashboard.errors import UserError
from dashboard.services.exchange import Unexplained, explain, import_votes, unexplained
from dashboard.store.files import DataFile
from dashboard.ui import resources, shell
from dashboard.ui.vote.standing import channel_names

COLUMNS = ("voter", "nominee_id", "cast_at", "vote_id", "channel")
_USUAL = {
    "voter": ("手机", "电话", "openid", "用户", "微信", "voter", "phone", "user", "投票人"),
    "nominee_id": ("候选", "nominee", "candidate", "选手", "编号"),
    "cast_at": ("时间", "time", "date", "日期"),
    "vote_id": ("流水", "序号", "投票编号", "vote_id"),
    "channel": ("渠道", "channel", "来源"),
}


def show() -> None:
    """The section of the import page."""
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("votes.title"), anchor=False)
        st.markdown(t("votes.intro"))
        uploads = st.file_uploader(t("votes.files"), type=["csv", "xlsx"], accept_multiple_files=True, key="vote_files")
        if not uploads:
            return
        files = [DataFile(upload.name, upload.getvalue()) for upload in uploads]
        try:
            strange = unexplained(resources.store(), resources.viewer(), files)
        except UserError as error:
            shell.complain(error)
            return
        if strange:
            _explain(strange[0])
        elif st.button(t("votes.send", count=len(files)), type="primary", key="vote_send"):
            _import(files)


def _explain(found: Unexplained) -> None:
    t, channels = shell.words(), channel_names()
    st.markdown(t("votes.explain", name=shell.plain(found.name)))
    guesses = _guesses(found.header)
    with st.form("explain"):
        chosen: dict[str, str | None] = {}
        for column, name in zip(st.columns(len(COLUMNS)), COLUMNS, strict=True):
            with column:
                chosen[name] = st.selectbox(
                    t(f"votes.column.{name}"), [None, *found.header], index=guesses[name],
                    format_func=lambda cell: cell or t("votes.not_there"),
                )  # fmt: skip
        channel = st.selectbox(
            t("votes.channel"), list(channels), index=None, format_func=channels.__getitem__,
            placeholder=t("votes.in_file"),
        )  # fmt: skip
        sent = st.form_submit_button(t("votes.remember"), type="primary")
    if not sent:
        return
    shell.attempt(lambda: explain(resources.store(), resources.viewer(), found.header, chosen, channel))


def _guesses(header: tuple[str, ...]) -> dict[str, int]:
    """Which header most likely holds each column, counted from 1; 0 for none. None is taken twice."""
    found: dict[str, int] = {}
    for name in COLUMNS:
        at = (
            place
            for word in _USUAL[name]
            for place, cell in enumerate(header, 1)
            if word in cell.lower() and place not in found.values()
        )
        found[name] = next(at, 0)
    return found


def _import(files: list[DataFile]) -> None:
    t = shell.words()
    try:
        with shell.progress(t("import.working")) as tell:
            counts = import_votes(resources.store(), resources.rulebook(), resources.viewer(), files, tell)
    except UserError as error:
        shell.complain(error)
        return
    st.success(t("votes.done", added=t.number(counts.added), unchanged=t.number(counts.unchanged)))
    if counts.conflicts:
        st.warning(t("vote.conflicts", count=counts.conflicts))

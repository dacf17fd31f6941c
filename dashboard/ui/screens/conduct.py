"""违纪与整改: incidents with the distance to the veto, notices to rectify, plans to improve."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.ui import resources, shell
from dashboard.ui.conduct import incidents, notices, plans

VIEWS: dict[str, Callable[[int], None]] = {
    "incidents": incidents.show,
    "rectification": notices.show,
    "plans": plans.show,
}


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("conduct.title"))
    if shell.is_empty():
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    view = shell.choose_view(list(VIEWS), lambda name: t(f"conduct.view.{name}"))
    if message := st.session_state.pop("conduct_said", None):
        st.success(message)
    VIEWS[view](year)

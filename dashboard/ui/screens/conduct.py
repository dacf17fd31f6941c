"""违纪与整改: incidents with the distance to the veto, and notices to rectify with what came of them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.ui import resources, shell
from dashboard.ui.conduct import incidents, notices

VIEWS: dict[str, Callable[[int], None]] = {"incidents": incidents.show, "rectification": notices.show}


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

"""评定公示: from the evaluation to the final year, with ties, the notice, objections, what is kept and what follows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.ui import resources, shell
from dashboard.ui.results import following, keeping, notice, standing, tied

VIEWS: dict[str, Callable[[int], None]] = {
    "standing": standing.show,
    "tied": tied.show,
    "notice": notice.show,
    "keeping": keeping.show,
    "following": following.show,
}


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("results.title"))
    if shell.is_empty():
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    view = shell.choose_view(list(VIEWS), lambda name: t(f"results.view.{name}"))
    if message := st.session_state.pop("results_said", None):
        st.success(message)
    VIEWS[view](year)

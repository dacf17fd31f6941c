"""What the lists of applications share."""

from __future__ import annotations

import streamlit as st

from dashboard.services.reviewing import Case
from dashboard.ui import shell
from dashboard.ui.reviewing import acting

MOST = 100  # applications of one list


def name_button(case: Case, *, icon: str | None = None, number: str = "") -> None:
    """The branch; a touch opens its application."""
    branch = case.branch
    st.button(
        number + shell.plain(branch.name), key=f"open_{branch.branch_id}", type="tertiary", icon=icon,
        on_click=acting.open_case, args=(branch.branch_id,),
    )  # fmt: skip


def more(count: int) -> None:
    """Say how many are not listed."""
    if count > MOST:
        st.caption(shell.words()("reviewing.more", count=count - MOST))

"""Acts on this page: they go by what was on screen, so they run before the page is made anew."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.errors import UserError
from dashboard.ui import shell

ADDRESS = "task"  # of the application that is open: its branch
_SAID, _WRONG = "reviewing_said", "reviewing_wrong"


def act(done: Callable[[], object], said: str = "") -> bool:
    """Do something in a callback and keep what to say; whether it was done."""
    with shell.guard():
        try:
            done()
        except UserError as error:
            st.session_state[_WRONG] = shell.words().problems(error)
            return False
        st.session_state[_SAID] = said
        return True
    return False


def tell(*, wrong: bool = True) -> None:
    """Say what came of the last act; `wrong` leaves problems to another place of the page."""
    if message := st.session_state.pop(_SAID, ""):
        st.success(shell.plain(message))
    for line in st.session_state.pop(_WRONG, ()) if wrong else ():
        st.error(shell.plain(line))


def open_case(branch_id: str) -> None:
    """Open the application of a branch."""
    st.query_params[ADDRESS] = branch_id


def close_case() -> None:
    """Back to the list."""
    st.query_params.pop(ADDRESS, None)

"""The entry of the web application: language, navigation, and nothing else.

`python -m dashboard serve` starts it; `streamlit run dashboard/app.py` works from any folder as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402

from dashboard.ui import shell, url  # noqa: E402
from dashboard.ui.navigation import pages  # noqa: E402

t = shell.words()
wall = url.is_on("wall")
st.set_page_config(page_title=t("app.title"), layout="wide", initial_sidebar_state="collapsed")
shell.frame(wall=wall)
with shell.guard():
    groups = pages()
    st.session_state["pages"] = {name: page for group in groups.values() for name, page in group.items()}
    menu = {t(f"group.{group}"): list(found.values()) for group, found in groups.items()}
    st.navigation(menu, position="hidden" if wall else "top").run()

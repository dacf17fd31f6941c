"""Choose a branch: the same box on every page that shows one, kept in the address."""

from __future__ import annotations

import streamlit as st

from dashboard.services.branches import Branch
from dashboard.ui import resources, shell, url


def choose_branch() -> Branch:
    """The branch to show. At least one branch exists."""
    t = shell.words()
    branches = {b.branch_id: b for b in resources.branches()}
    ids = list(branches)
    url.start("branch", ids, ids[0])
    chosen = st.selectbox(
        t("branch.choose"),
        ids,
        key=url.widget_key("branch"),
        format_func=lambda i: f"{branches[i].name}　{branches[i].superior or t('superior.none')}",
    )
    url.keep("branch", chosen)
    return branches[chosen]

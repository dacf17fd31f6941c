"""The pages, in the order of the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.ui import shell
from dashboard.ui.screens import (
    appraisals,
    branch,
    checks,
    distribution,
    importing,
    overview,
    preview,
    rules,
    simulation,
    vote,
)

SCREENS: dict[str, Callable[[], None]] = {
    "overview": overview.show,
    "distribution": distribution.show,
    "simulation": simulation.show,
    "branch": branch.show,
    "preview": preview.show,
    "checks": checks.show,
    "vote": vote.show,
    "appraisals": appraisals.show,
    "rules": rules.show,
    "importing": importing.show,
}


def pages() -> dict[str, Any]:
    """Every page by name; the first is the start page."""
    t = shell.words()
    return {
        name: st.Page(shell.screen(show), title=t(f"page.{name}"), url_path=name, default=name == "overview")
        for name, show in SCREENS.items()
    }

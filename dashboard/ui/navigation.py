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
    conduct,
    distribution,
    importing,
    inspecting,
    overview,
    preview,
    progress,
    rating,
    results,
    reviewing,
    rules,
    simulation,
    vote,
)

GROUPS: dict[str, dict[str, Callable[[], None]]] = {
    "look": {
        "overview": overview.show,
        "progress": progress.show,
        "distribution": distribution.show,
        "simulation": simulation.show,
    },
    "branch": {"rating": rating.show, "preview": preview.show, "branch": branch.show},
    "rate": {
        "reviewing": reviewing.show,
        "checks": checks.show,
        "inspecting": inspecting.show,
        "conduct": conduct.show,
        "results": results.show,
    },
    "vote": {"vote": vote.show, "appraisals": appraisals.show},
    "office": {"rules": rules.show, "importing": importing.show},
}


def pages() -> dict[str, dict[str, Any]]:
    """Every page by group and name; the first is the start page."""
    t = shell.words()
    return {
        group: {
            name: st.Page(shell.screen(show), title=t(f"page.{name}"), url_path=name, default=name == "overview")
            for name, show in screens.items()
        }
        for group, screens in GROUPS.items()
    }

"""测评: rounds of ballots among members and the public, how many branches reach the standard, and the report form."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.ui import resources, shell, url
from dashboard.ui.appraisal import entering, reporting, standing
from dashboard.ui.appraisal.telling import kind_name

View = Callable[[str, int], None]
VIEWS: dict[str, View] = {"results": standing.show, "enter": entering.show, "report": reporting.show}


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("appraisal.title"))
    book = resources.rulebook()
    if not book.appraisals:
        st.info(t("appraisal.no_rules"))
        return
    if shell.is_empty():
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    kinds = list(book.appraisals)
    url.start("kind", kinds, kinds[0])
    kind = st.selectbox(t("appraisal.kind"), kinds, key=url.widget_key("kind"), format_func=kind_name, width=320)
    url.keep("kind", kind, kinds[0])
    view = shell.choose_view(list(VIEWS), lambda name: t(f"appraisal.view.{name}"))
    VIEWS[view](kind, year)

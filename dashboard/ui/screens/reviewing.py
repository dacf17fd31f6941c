"""申报审核: what each superior has before it, one application item by item, and who may apply late or a year later."""

from __future__ import annotations

import streamlit as st

from dashboard.services import permits
from dashboard.services.reviewing import Desk
from dashboard.ui import resources, shell, url
from dashboard.ui.reviewing import acting, desk, reading
from dashboard.ui.reviewing import permits as permits_view
from dashboard.ui.reviewing.results import desks

VIEWS = ("desk", "permits")
NO_SUPERIOR = "-"


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("reviewing.title"))
    if shell.is_empty():
        return
    branch = st.query_params.get(acting.ADDRESS, "")
    if any(each.branch_id == branch for each in resources.branches()):
        st.button(t("reviewing.back"), icon=":material/arrow_back:", on_click=acting.close_case, key="reviewing_back")
        reading.show(branch, year)
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    every = desks(year)
    granted = permits.permits(resources.store(), resources.rulebook(), resources.viewer(), year)
    counts = {
        "desk": sum(len(each.reviewed("pending")) for each in every),
        "permits": len(granted.exceptions) + len(granted.deferrals),
    }
    view = shell.choose_view(VIEWS, lambda name: f"{t(f'reviewing.view.{name}')} {counts[name]}")
    if view == "permits":
        permits_view.show(year)
        return
    st.caption(t("reviewing.rule"))
    chosen = _choose(every)
    acting.tell(wrong=False)
    desk.show(chosen, year)


def _choose(every: tuple[Desk, ...]) -> Desk:
    """The superior whose desk is shown, kept in the address; at first one with something to do."""
    t = shell.words()
    by_key = {each.superior_id or NO_SUPERIOR: each for each in every}
    options = list(by_key)
    url.start("desk", options, next((key for key in options if by_key[key].reviewed("pending")), options[0]))

    def label(key: str) -> str:
        name, waiting = by_key[key].superior or t("superior.none"), len(by_key[key].reviewed("pending"))
        return t("reviewing.superior_waiting", superior=name, count=waiting) if waiting else name

    key = st.selectbox(t("reviewing.superior"), options, key=url.widget_key("desk"), format_func=label)
    url.keep("desk", key)
    return by_key[key]

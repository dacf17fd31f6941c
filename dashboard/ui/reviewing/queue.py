"""The approved applications of a superior by level, in the order in which they use the cap, which is drawn in."""

from __future__ import annotations

import streamlit as st

from dashboard.services import review_results, reviewing
from dashboard.services.reviewing import Desk
from dashboard.ui import resources, shell
from dashboard.ui.reviewing import acting
from dashboard.ui.reviewing.rows import MOST, more, name_button
from dashboard.ui.reviewing.telling import level_name, stands_text


def show(desk: Desk, year: int) -> None:
    """The highest level first."""
    t, cases = shell.words(), desk.reviewed("approved")
    movable = reviewing.movable(resources.store(), resources.viewer(), desk, year)
    with st.container(border=True, gap="small"):
        st.subheader(t("reviewing.approved", count=len(cases)), anchor=False)
        if not cases:
            st.markdown(t("reviewing.none_approved"))
        if movable:
            st.caption(t("reviewing.order_note"))
        elif any(len(desk.approved(level)) > 1 for level in desk.caps):
            st.caption(t("reviewing.order_fixed"))
        acting.tell()
        for level in sorted({*desk.caps, *(case.application.level for case in cases)}, reverse=True):
            _level(desk, year, level, movable=level in movable)


def _level(desk: Desk, year: int, level: int, *, movable: bool) -> None:
    t, cases, cap = shell.words(), desk.approved(level), desk.caps.get(level)
    used = sum(case.status == "accepted" for case in cases)
    told = t("reviewing.no_cap", count=len(cases)) if cap is None else t("reviewing.cap", cap=cap, used=used)
    st.markdown(f"**{level_name(level)}**　{told}")
    order = tuple(case.branch.branch_id for case in cases)
    first_over = next((place for place, case in enumerate(cases) if case.status == "over_cap"), None)
    for place, case in enumerate(cases[:MOST]):
        if place == first_over:
            st.markdown(f":red[——　{t('reviewing.cap_line', cap=cap)}]")
        with st.container(gap=None):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                name_button(case, number="" if cap is None else f"{place + 1}　")
                if movable:
                    _arrows(desk, year, level, order, place)
            if stands := stands_text(case):
                st.markdown(stands)
    more(len(cases))


def _arrows(desk: Desk, year: int, level: int, order: tuple[str, ...], place: int) -> None:
    """Up and down; one that leads nowhere is shut."""
    with st.container(horizontal=True, width="content", gap="small"):
        for name, step in (("up", -1), ("down", 1)):
            st.button(
                shell.words()(f"reviewing.{name}"), key=f"{name}_{order[place]}", type="tertiary",
                disabled=not 0 <= place + step < len(order), on_click=_move,
                args=(desk.superior_id, year, level, order, place, step),
            )  # fmt: skip


def _move(superior: str, year: int, level: int, shown: tuple[str, ...], place: int, step: int) -> None:
    wanted = list(shown)
    wanted.insert(place + step, wanted.pop(place))
    acting.act(
        lambda: review_results.reorder(resources.store(), resources.viewer(), superior, year, level, shown, wanted)
    )

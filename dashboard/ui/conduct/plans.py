"""整改方案 of a year: who owes one, and what those that have handed it in mean to do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import streamlit as st

from dashboard.services import improving
from dashboard.services.improving import Owed
from dashboard.ui import resources, shell
from dashboard.ui.conduct.planning import plan_dates

MOST = 100  # plans that a page shows


def show(year: int) -> None:
    """The view."""
    t = shell.words()
    st.caption(t("plan.rule"))
    found = improving.of_year(resources.store(), resources.viewer(), resources.evaluation(year))
    if not found:
        st.info(t("plan.not_yet" if found is None else "plan.nobody", year=year))
        return
    handed = [each for each in found if each.plan]
    st.subheader(t("plan.found", owed=len(found), handed=len(handed)), anchor=False)
    missing = [each for each in found if not each.plan]
    if missing:
        with st.container(border=True):
            st.markdown(f"**{t('plan.missing', count=len(missing))}**")
            st.markdown(_by_superior(missing))
    if handed:
        st.subheader(t("plan.handed"), anchor=False)
    for each in handed[:MOST]:
        _card(each)
    if len(handed) > MOST:
        st.caption(t("plan.more", count=len(handed) - MOST))


def _by_superior(found: Iterable[Owed]) -> str:
    """The names of branches, a line for each superior."""
    t = shell.words()
    ordered = sorted(found, key=lambda each: each.branch.superior_id or "")
    groups = groupby(ordered, key=lambda each: each.branch.superior or t("superior.none"))
    lines = ((name, t("list.join").join(each.branch.name for each in own)) for name, own in groups)
    return "\n".join("- " + shell.plain(t("plan.of_superior", superior=name, names=names)) for name, names in lines)


def _card(found: Owed) -> None:
    assert found.plan is not None
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{shell.plain(found.branch.name)}**", width="content")
            if found.overdue:
                st.badge(shell.words()("plan.overdue"), color="orange")
        st.caption(plan_dates(found))
        st.markdown(shell.plain(found.plan.plan).replace("\n", "  \n"))

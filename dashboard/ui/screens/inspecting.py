"""验收录入: who is to be inspected and how far it has come, made for a phone; one of them opens for entering."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import streamlit as st

from dashboard.services import inspecting
from dashboard.services.inspecting import KINDS, STATES, Kind, Task
from dashboard.ui import resources, shell, url
from dashboard.ui.inspecting import entering
from dashboard.ui.inspecting.telling import outcome_name, progress, sanction_text

MOST = 100  # inspections of one list
WIDTH = 760  # pixels of the list: it is read on a phone
NO_SUPERIOR = "-"
ADDRESS = "task"  # of the inspection that is open: KIND.BRANCH


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("inspecting.title"))
    if shell.is_empty():
        return
    kind, _, branch = st.query_params.get(ADDRESS, "").partition(".")
    if branch and kind in KINDS:
        st.button(t("inspecting.back"), icon=":material/arrow_back:", on_click=_close, key="inspecting_back")
        entering.show(kind, branch, year)
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    evaluation = resources.evaluation(year)
    every = inspecting.tasks(resources.store(), resources.rulebook(), resources.viewer(), evaluation)
    counts: dict[str, str] = {name: _count([task for task in every if task.kind == name]) for name in KINDS}
    view = shell.choose_view(KINDS, lambda name: f"{t(f'event.{name}')} {counts[name]}")
    for sanction in inspecting.sanctions(resources.rulebook(), resources.viewer(), evaluation, every):
        if sanction.holds and view == "spot_check":
            st.warning(sanction_text(sanction))
    own = [task for task in every if task.kind == view]
    if not own:
        st.info(t(f"inspecting.none.{view}"))
        if view != "acceptance":
            st.page_link(shell.page("checks"), label=t("inspecting.to_draws"))
        return
    if view == "acceptance" and evaluation.stage == "projected":
        st.info(t("inspecting.first"))
    _list(own)


def _close() -> None:
    st.query_params.pop(ADDRESS, None)


def _open(kind: Kind, branch_id: str) -> None:
    st.query_params[ADDRESS] = f"{kind}.{branch_id}"
    st.session_state.pop(entering.SEEN, None)


def _count(own: list[Task]) -> str:
    return f"{sum(task.state == 'done' for task in own)}/{len(own)}"


def _list(own: list[Task]) -> None:
    """The inspections of one kind by superior, those with something left to do first; a touch opens one."""
    t = shell.words()
    found = _filtered(own)
    st.subheader(t("inspecting.found", found=len(found), all=len(own)), anchor=False)
    if not found:
        st.markdown(t("inspecting.none_found"))
    groups = [list(group) for _, group in groupby(found[:MOST], key=lambda task: task.branch.superior_id)]
    for listed in sorted(groups, key=lambda group: all(task.state == "done" for task in group)):
        superior = listed[0].branch.superior_id
        whole = _count([task for task in own if task.branch.superior_id == superior])
        with st.container(border=True, width=WIDTH, gap="small"):
            name = shell.plain(listed[0].branch.superior or t("superior.none"))
            st.markdown(f"**{name}**　:gray[{t('inspecting.done_of', count=whole)}]")
            for task in sorted(listed, key=lambda task: STATES.index(task.state)):
                _row(task)
    if len(found) > MOST:
        st.caption(t("inspecting.more", count=len(found) - MOST))


def _row(task: Task) -> None:
    names = shell.level_names()
    aim = "" if task.target is None else names.get(task.target, "")
    state = outcome_name(task.result) if task.result else progress(task)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.button(
            shell.plain(task.branch.name), key=f"open_{task.kind}_{task.branch.branch_id}", type="tertiary",
            icon=_ICONS[task.state], on_click=_open, args=(task.kind, task.branch.branch_id),
        )  # fmt: skip
        st.markdown(f":gray[{shell.plain(aim)}]　{_coloured(task, state)}", width="content")


_ICONS = {"to_do": ":material/radio_button_unchecked:", "begun": ":material/edit:", "done": ":material/check_circle:"}


def _coloured(task: Task, state: str) -> str:
    failed = task.result is not None and task.result.outcome == "fail"
    return f":red[{shell.plain(state)}]" if failed else shell.plain(state)


def _filtered(own: list[Task]) -> list[Task]:
    """Those of the superior and the states chosen; the address keeps both."""
    t = shell.words()
    superiors = {task.branch.superior_id or NO_SUPERIOR: task.branch.superior or t("superior.none") for task in own}
    options = ["", *superiors]
    url.start("within", options, "")
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        within = st.selectbox(
            t("column.superior"), options, key=url.widget_key("within"),
            format_func=lambda key: superiors.get(key, t("filter.all")),
        )  # fmt: skip
    url.keep("within", within, "")
    here = [task for task in own if not within or (task.branch.superior_id or NO_SUPERIOR) == within]
    counts = Counter(task.state for task in here)
    url.start_many("state", STATES)
    with right:
        states = st.pills(
            t("inspecting.state"), STATES, selection_mode="multi", key=url.widget_key("state"),
            format_func=lambda state: f"{t(f'inspecting.state.{state}')} {counts[state]}",
        )  # fmt: skip
    url.keep("state", states, [])
    return [task for task in here if not states or task.state in states]

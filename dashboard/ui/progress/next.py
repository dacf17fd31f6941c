"""下一步 on the pages of a branch: what to do, by when, and where."""

from __future__ import annotations

import streamlit as st

from dashboard.services.calendar import today
from dashboard.services.steps import Step, Todo
from dashboard.ui import resources, shell
from dashboard.ui.progress import results
from dashboard.ui.progress.telling import distance, instruction, turn_name, waited, when

_PAGES: dict[Step, str] = {  # where a step is done
    "rate_self": "rating",
    "finish_self": "rating",
    "apply": "rating",
    "may_apply": "rating",
    "mend": "rating",
    "reply": "rating",
    "plan": "rating",
    "close": "conduct",
    "draw": "checks",
    "spot_check": "inspecting",
    "acceptance": "inspecting",
    "recheck": "inspecting",
    "review": "reviewing",
    "unmet": "reviewing",
    "permit": "reviewing",
    "tie": "results",
    "result": "results",
    "notice": "results",
    "finalise": "results",
}
_VIEWS: dict[Step, str] = {  # the part of the page
    "close": "rectification",
    "draw": "spot_check",
    "permit": "permits",
    "tie": "tied",
    "notice": "notice",
}
_COLOURS = {"late": "red", "now": "blue", "may": "gray", "ahead": "gray", "done": "gray"}


def show_next(branch_id: str, year: int, *, here: str) -> None:
    """The next steps of a branch, the most urgent first, with links to other pages than the one that is shown; nothing
    for one that was dissolved."""
    todos = results.next_steps(branch_id, year)
    if not todos:
        return
    with st.container(border=True, gap="small"):
        st.subheader(shell.words()("progress.next"), anchor=False)
        for todo in todos:
            _tell(todo, year, here)


def _tell(todo: Todo, year: int, here: str) -> None:
    t, now = shell.words(), today(resources.store())
    far = distance(t, todo, now)
    mark = f":{_COLOURS[todo.state]}-badge[{far}] " if far else ""
    st.markdown(f"{mark}**{shell.plain(instruction(t, todo))}**")
    turn = t("progress.turn", who=turn_name(t, todo.actor)) if todo.actor else ""
    said = "　".join(part for part in (turn, when(t, todo), waited(t, todo)) if part)
    if said:
        st.caption(shell.plain(said))
    page = _PAGES.get(todo.step)
    if page and page != here and todo.state != "ahead":
        st.page_link(shell.page(page), label=t(f"progress.to.{page}"), query_params=_query(todo, year))


def _query(todo: Todo, year: int) -> dict[str, str]:
    """The same branch, year and language; an inspection is opened at once."""
    found = {"branch": todo.branch.branch_id, "year": str(year), "lang": shell.language()}
    if _PAGES[todo.step] == "inspecting":
        found["task"] = f"{todo.step}.{todo.branch.branch_id}"
    if todo.step in ("review", "unmet"):
        found["task"] = todo.branch.branch_id
    if view := _VIEWS.get(todo.step):
        found["view"] = view
    return found

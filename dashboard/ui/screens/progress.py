"""进度: how many branches are late and whose turn it is, what is open where, and the next step of every branch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts.progress import piles
from dashboard.rules.rulebook import Rulebook
from dashboard.services.agenda import Agenda
from dashboard.services.calendar import move_day
from dashboard.services.standing import Pile, Together, own
from dashboard.services.steps import ACTORS, STATES, STEPS, Todo
from dashboard.ui import resources, shell
from dashboard.ui.filters import choose_many
from dashboard.ui.milestones import show_milestones
from dashboard.ui.progress import results
from dashboard.ui.progress.listing import show_list
from dashboard.ui.progress.results import Shown
from dashboard.ui.progress.telling import days_left, distance, state_names, step_name, superior_name, turn_name, when

NO_SUPERIOR = "-"
TURN = 122  # pixels of each whose turn it may be: four beside each other at a desk, two on a phone


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("progress.title"))
    if shell.is_empty():
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    shown = results.agenda(year)
    state = shown.agenda
    _move_day(state.today)
    if all(todo.step == "over" for todo in state.todos):
        st.info(t("progress.over", year=year))
        return
    typed = t("progress.typed") if state.standing and state.standing.phase == "apply" else ""
    st.caption(t("progress.today_is", date=t.day(state.today)) + typed)
    _answer(state)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _charts(state)
    with right:
        _together(state)
        show_milestones(state.calendar)
    _list(shown)


def _move_day(now: date) -> None:
    """Synthetic data can live on another day."""
    if resources.store().property("synthetic") is None:
        return
    t = shell.words()
    with st.popover(t("progress.move_day"), icon=":material/event:"), st.form("move_day", border=False):
        st.markdown(t("progress.move_day_note"))
        day = st.date_input(t("progress.move_day"), value=now, format="YYYY-MM-DD", label_visibility="collapsed")
        sent = st.form_submit_button(t("progress.move_day_send"), type="primary")
    if sent:
        shell.attempt(lambda: move_day(resources.store(), resources.viewer(), day))


def _answer(state: Agenda) -> None:
    """How many are late, how far the step now due has come, and with whom the turn lies."""
    t = shell.words()
    late, standing, turns = st.columns([1, 1, 2])
    with late.container(border=True, height="stretch"):
        st.metric(t("progress.late"), t("progress.branches", count=len(state.late)))
        longest = max((todo.late for todo in own(state.todos)), default=0)
        said = t("progress.longest", days=longest) if longest else t("progress.nobody_late")
        st.caption(t("progress.of_all", all=state.branches, said=said))
    with standing.container(border=True, height="stretch"):
        _standing(state)
    with turns.container(border=True, height="stretch"):
        st.markdown(f":small[{t('progress.ask.turn')}]")
        with st.container(horizontal=True):
            for turn in state.turns:
                with st.container(width=TURN, gap="small"):
                    st.metric(turn_name(t, turn.actor), t.number(turn.branches))
                    if turn.late:
                        st.markdown(f":small[:red[{t('progress.of_them_late', count=turn.late)}]]")


def _standing(state: Agenda) -> None:
    """The step now due, or what the year waits for."""
    t, found = shell.words(), state.standing
    if found is None:
        awaited = state.together[0] if state.together else None
        st.metric(t("progress.now"), step_name(t, awaited.step) if awaited else t("progress.nothing_due"))
        if awaited:
            st.caption(_days(awaited, state))
        return
    st.metric(t("progress.done", phase=t(f"progress.phase.{found.phase}")), f"{found.done} / {found.asked}")
    if found.opens and found.opens > state.today:
        said = [t("progress.opens", date=t.month_day(found.opens))]
    else:
        said = [t("progress.undone", count=found.asked - found.done)]
        if found.due:
            said += [t("progress.due", date=t.month_day(found.due)), days_left(t, found.due, state.today)]
    st.caption("　".join(said))


def _days(found: Together, state: Agenda) -> str:
    t = shell.words()
    return "　".join(part for part in (when(t, found), distance(t, found, state.today)) if part)


def _charts(state: Agenda) -> None:
    t, book, names = shell.words(), resources.rulebook(), tuple(state_names(shell.words()).values())
    with st.container(border=True):
        st.subheader(t("progress.ask.steps"), anchor=False)
        if state.steps:
            labels = tuple(step_name(t, pile.key) for pile in state.steps)
            shell.chart(_figure(book, _values(state.steps), labels, names), key="chart_steps")
        else:
            st.markdown(t("progress.nothing_open"))
    with st.container(border=True):
        st.subheader(t("progress.ask.superiors"), anchor=False)
        shown = tuple(pile for pile in state.superiors if pile.counts.keys() - {"done"})
        if shown:
            labels = tuple(superior_name(t, pile.name) for pile in shown)
            shell.chart(_figure(book, _values(shown), labels, names), key="chart_superiors")
        if rest := len(state.superiors) - len(shown):
            st.caption(t("progress.superiors_done", count=rest))


Counts = tuple[tuple[int, ...], ...]


def _values(found: tuple[Pile, ...]) -> Counts:
    return tuple(tuple(pile.counts.get(state, 0) for state in STATES) for pile in found)


@resources.shared
def _figure(_: Rulebook, /, counts: Counts, labels: tuple[str, ...], names: tuple[str, ...]) -> go.Figure:
    """Kept for what it shows: what branches type changes it without a new revision."""
    found = [Pile(None, None, dict(zip(STATES, row, strict=True))) for row in counts]
    return piles(found, labels, dict(zip(STATES, names, strict=True)))


def _together(state: Agenda) -> None:
    """What is one act for all branches, once."""
    if not state.together:
        return
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("progress.ask.together"), anchor=False)
        for found in state.together:
            late = found.state == "late"
            days = f":red[{_days(found, state)}]" if late else _days(found, state)
            who = t("progress.turn", who=turn_name(t, found.actor))
            concerns = t("progress.concerns", count=found.branches)
            st.markdown(f"**{step_name(t, found.step)}**　{days}  \n:small[{who}　{concerns}]")


def _list(shown: Shown) -> None:
    """Every branch about which something is to be done, narrowed by what is chosen."""
    t, state, lines = shell.words(), shown.agenda, shown.lines
    st.subheader(t("progress.ask.list"), anchor=False)
    chosen = _filters([line.todo for line in lines])
    found = [line for line in lines if _fits(line.todo, chosen)]
    rest = state.branches - len({line.todo.branch.branch_id for line in lines})
    st.caption(t("progress.found", found=len(found), all=len(lines), rest=rest))
    if not found:
        st.info(t("progress.none" if lines else "progress.nothing_open"))
        return
    show_list(found, state.year)


def _filters(todos: list[Todo]) -> dict[str, list[str]]:
    t = shell.words()
    superiors = {d.branch.superior_id or NO_SUPERIOR: superior_name(t, d.branch.superior) for d in todos}
    present = {d.step for d in todos}
    return choose_many(
        {
            "superior": dict(sorted(superiors.items())),
            "step": {step: step_name(t, step) for step in STEPS if step in present},
            "urgency": {state: name for state, name in state_names(t).items() if state != "done"},
            "turn": {actor: turn_name(t, actor) for actor in ACTORS},
        }
    )


def _fits(todo: Todo, chosen: Mapping[str, list[str]]) -> bool:
    values = {
        "superior": todo.branch.superior_id or NO_SUPERIOR,
        "step": todo.step,
        "urgency": todo.state,
        "turn": todo.actor or "",
    }
    return all(not chosen[name] or value in chosen[name] for name, value in values.items())

"""The list of next steps: a table that becomes a card for each branch on a phone, and the same as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from urllib.parse import urlencode

import streamlit as st

from dashboard.documents.lists import csv_list
from dashboard.i18n import Translator
from dashboard.services.agenda import Agenda
from dashboard.services.standing import own
from dashboard.services.steps import STATES, State, Todo
from dashboard.ui import shell
from dashboard.ui.progress.telling import (
    distance,
    state_names,
    step_name,
    superior_name,
    turn_name,
    waited,
    when,
)

MOST = 200  # rows that a page shows
COLUMNS = ("branch", "superior", "step", "turn", "due", "time")
IN_FILE = ("branch", "superior", "step", "turn", "state", "opens", "due", "late", "waiting")


@dataclass(frozen=True, slots=True)
class Line:
    """A step as a row of the table (HTML) and of the file."""

    todo: Todo
    row: str
    cells: tuple[str | int | None, ...]


def lines_of(t: Translator, state: Agenda) -> tuple[Line, ...]:
    """What is to be done about single branches, the most urgent first."""
    states = state_names(t)
    todos = sorted(own(state.todos), key=lambda d: (STATES.index(d.state), -d.late, d.due or date.max))
    return tuple(Line(d, _row(t, d, state.today, state.year), _cells(t, d, states)) for d in todos)


def _row(t: Translator, todo: Todo, now: date, year: int) -> str:
    query = urlencode({"branch": todo.branch.branch_id, "year": year, "lang": t.language})
    far = f'<span class="{todo.state}">{escape(distance(t, todo, now))}</span>'
    cells = {
        "branch": f'<a href="branch?{escape(query)}" target="_self">{escape(todo.branch.name)}</a>',
        "superior": escape(superior_name(t, todo.branch.superior)),
        "step": escape(step_name(t, todo.step)),
        "turn": escape(turn_name(t, todo.actor)),
        "due": escape(when(t, todo)),
        "time": " ".join(part for part in (far, escape(waited(t, todo))) if part),
    }
    return f"<tr>{''.join(f'<td class={column}>{cells[column]}</td>' for column in COLUMNS)}</tr>"


def _cells(t: Translator, todo: Todo, states: Mapping[State, str]) -> tuple[str | int | None, ...]:
    return (
        todo.branch.name,
        superior_name(t, todo.branch.superior),
        step_name(t, todo.step),
        turn_name(t, todo.actor),
        states[todo.state],
        todo.opens.isoformat() if todo.opens else None,
        todo.due.isoformat() if todo.due else None,
        todo.late or None,
        todo.waiting,
    )


def show_list(lines: Sequence[Line], year: int) -> None:
    """The rows, one element for all of them; all of them as a file, those too that the page leaves out."""
    t = shell.words()
    heads = "".join(f"<th>{escape(_title(t, name))}</th>" for name in COLUMNS)
    rows = "".join(line.row for line in lines[:MOST])
    st.html(f'<table class="steps"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>')
    if len(lines) > MOST:
        st.caption(t("progress.more", count=len(lines) - MOST))
    content = csv_list([_title(t, name) for name in IN_FILE], [line.cells for line in lines])
    st.download_button(
        t("progress.download"), content, file_name=f"progress-{year}.csv", mime="text/csv", on_click="ignore",
        key="progress_csv",
    )  # fmt: skip


def _title(t: Translator, name: str) -> str:
    return t(f"column.{name}" if name in ("branch", "superior") else f"progress.column.{name}")

"""The timetable, shared by all sessions.

What is handed in makes a new revision and shows at once. Answers that are typed and not handed in make none: on the
page of all branches they may be up to a minute old, on the pages of a branch they are read anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard.i18n import translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services import agenda as agenda_service
from dashboard.services.agenda import Agenda
from dashboard.services.calendar import today
from dashboard.services.steps import Todo, Year
from dashboard.ui import resources, shell
from dashboard.ui.progress.listing import Line, lines_of

STALE = 60  # seconds that typed answers may be old in the agenda of all branches


def bucket() -> int:
    """Which stretch of `STALE` seconds it is."""
    return int(time.time() // STALE)


@dataclass(frozen=True, slots=True)
class Shown:
    """The agenda of a year, and its steps in the words of a language."""

    agenda: Agenda
    lines: tuple[Line, ...]


def agenda(year: int) -> Shown:
    """The next steps of all branches."""
    day, book = today(resources.store()), resources.rulebook()
    version, role = resources.store().revision().version, resources.viewer().role
    return _shown(version, book.fingerprint, role, year, shell.language(), day, bucket())


@st.cache_resource(show_spinner=False, max_entries=8)
def _shown(version: int, rules: str, role: str, year: int, language: str, day: date, stretch: int) -> Shown:
    found = _agenda(version, rules, role, year, day, stretch)
    return Shown(found, lines_of(translator(language), found))


@st.cache_resource(show_spinner=False, max_entries=8)
def _agenda(version: int, rules: str, role: str, year: int, day: date, stretch: int) -> Agenda:
    book = resources.rulebook()
    known = _known(book, year, day)
    return agenda_service.agenda(resources.store(), book, resources.viewer(), resources.evaluation(year), known=known)


def next_steps(branch_id: str, year: int) -> tuple[Todo, ...]:
    """The next steps of a branch, with what it has typed by now."""
    book = resources.rulebook()
    known = _known(book, year, today(resources.store()))
    return agenda_service.next_steps(
        resources.store(), book, resources.viewer(), resources.evaluation(year), branch_id, known=known
    )


@resources.shared
def _known(book: Rulebook, /, year: int, day: date) -> Year:
    """What the steps of the year follow from on a day."""
    return Year.read(resources.store(), book, resources.viewer(), resources.evaluation(year))

"""The scenario being worked on: its changes as text, kept in the address, with undo.

The address is `?set=PATH=VALUE&set=…`, as on the command line, so that a link shows a second person the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.errors import Problem, RulesError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply

Entries = tuple[tuple[str, str], ...]  # path and value, in the order in which they were made

_KEY, _PAST, _SEEN = "draft", "draft_past", "draft_seen"
_MOST_PAST = 50
_MOST = 40


@dataclass(frozen=True)
class Draft:
    """The entries under a baseline: those that hold are `changes`; the others have `problems`, by position."""

    entries: Entries
    changes: tuple[Change, ...]
    problems: Mapping[int, tuple[Problem, ...]]
    rulebook: Rulebook

    def problems_of(self, path: str) -> tuple[Problem, ...]:
        return tuple(p for n, found in self.problems.items() if self.entries[n][0] == path for p in found)


def entries() -> Entries:
    """The entries of this session; those of the address where that was typed or followed anew."""
    written = tuple(st.query_params.get_all("set"))[:_MOST]
    if written and written != st.session_state.get(_SEEN):
        _remember()
        st.session_state[_KEY] = tuple(_split(text) for text in written)
    return tuple(st.session_state.get(_KEY, ()))


def write_address() -> None:
    """Bring the address up to date with the entries."""
    written = [f"{path}={value}" for path, value in st.session_state.get(_KEY, ())]
    st.session_state[_SEEN] = tuple(written)
    if st.query_params.get_all("set") != written:
        if written:
            st.query_params["set"] = written
        elif "set" in st.query_params:
            del st.query_params["set"]


def put(path: str, value: str | None) -> None:
    """Set a value, or with None take the change out."""
    now = entries()
    if value is None:
        replace([entry for entry in now if entry[0] != path])
    elif any(known == path for known, _ in now):
        replace(list({k: value if k == path else v for k, v in now}.items()))
    else:
        replace([*now, (path, value)])


def replace(new: Sequence[tuple[str, str]]) -> None:
    """Make these the entries; the ones before can be brought back."""
    if tuple(new) != entries():
        _remember()
        st.session_state[_KEY] = tuple(new)
        write_address()


def _remember() -> None:
    past = [*st.session_state.get(_PAST, []), st.session_state.get(_KEY, ())]
    st.session_state[_PAST] = past[-_MOST_PAST:]


def can_undo() -> bool:
    return bool(st.session_state.get(_PAST))


def undo() -> None:
    """Bring back the entries before the last change."""
    past = st.session_state.get(_PAST, [])
    if past:
        st.session_state[_KEY] = past[-1]
        st.session_state[_PAST] = past[:-1]
        write_address()


def _split(text: str) -> tuple[str, str]:
    path, _, value = text.partition("=")
    return path.strip(), value.strip()


def read(baseline: Rulebook, found: Entries) -> Draft:
    """Try every entry on its own, then those that hold together."""
    problems: dict[int, tuple[Problem, ...]] = {}
    changes: list[tuple[int, Change]] = []
    for n, (path, value) in enumerate(found):
        try:
            change = Change.parse(f"{path}={value}")
            apply(baseline, [change])
            apply(baseline, [*(c for _, c in changes), change])
        except RulesError as error:
            problems[n] = error.problems
        else:
            changes.append((n, change))
    held = tuple(change for _, change in changes)
    return Draft(found, held, problems, apply(baseline, held))

"""What the address bar keeps: year, language, filters. Codes, not labels, so that a link outlives a language."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

import streamlit as st

V = TypeVar("V")


def start(name: str, options: Sequence[V], default: V) -> V:
    """The value to begin with: what the widget holds, else the address, else what the session kept.

    It is given to the widget anew each time: one of the same name on another page does not take it over by itself.
    """
    key = widget_key(name)
    if key in st.session_state:
        return _give(key, st.session_state[key] if st.session_state[key] in options else default)
    written = st.query_params.get(name)
    kept = st.session_state.get(f"kept_{name}")
    found = next((o for o in options if written is not None and str(o) == written), None)
    if found is None and kept in options:
        found = kept
    return _give(key, default if found is None else found)


def _give(key: str, value: V) -> V:
    st.session_state[key] = value
    return value


def start_many(name: str, options: Sequence[str]) -> list[str]:
    """The same for several values at once, comma-separated in the address."""
    key = widget_key(name)
    if key not in st.session_state:
        written = st.query_params.get(name)
        kept = written.split(",") if written is not None else st.session_state.get(f"kept_{name}", [])
        st.session_state[key] = [value for value in kept if value in options]
    else:
        st.session_state[key] = [value for value in st.session_state[key] if value in options]
    return list(st.session_state[key])


def keep(name: str, value: object, default: object = None) -> None:
    """Write a value to the address, or take it out when it is the default."""
    text = ",".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
    st.session_state[f"kept_{name}"] = value
    if value == default or text == "":
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != text:
        st.query_params[name] = text


def arrive(names: Collection[str]) -> None:
    """Where a link has come with some of these names, let nothing that the session kept of the others narrow it."""
    fresh = not any(widget_key(name) in st.session_state for name in names)
    if fresh and any(name in st.query_params for name in names):
        for name in names:
            st.session_state.pop(f"kept_{name}", None)


def widget_key(name: str) -> str:
    """The session key of the widget behind a name in the address."""
    return f"url_{name}"


def is_on(name: str) -> bool:
    """Whether a switch such as `?wall=1` is set."""
    return st.query_params.get(name) == "1"

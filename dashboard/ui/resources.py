"""What all sessions share: the store, the rulebook, and results kept for as long as the data stays the same.

Results are frozen, so they are shared by reference. Every key names the data's version, the rules and the role.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import plotly.graph_objects as go
import streamlit as st

from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services import overview as overview_service
from dashboard.services import runs
from dashboard.services.branches import Branch, Years, list_branches, list_years
from dashboard.services.calendar import today
from dashboard.services.evaluation import Evaluation
from dashboard.services.overview import Overview
from dashboard.settings import Settings
from dashboard.store.connection import Store

MakeFigure = Callable[[], go.Figure]
P = ParamSpec("P")
R = TypeVar("R")
Make = Callable[Concatenate[Rulebook, P], R]

gc.collect()
gc.freeze()  # the libraries never change: a collection after each rerun need not walk them


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    return Settings.from_environment()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store of this process, opened at the first request."""
    return Store(settings().store)


def rulebook() -> Rulebook:
    """The rules as they are on disk now, with the changes that the server was started with."""
    path = settings().rules
    stat = path.stat() if path.exists() else None
    return _rulebook(str(path), stat.st_mtime_ns if stat else 0, os.environ.get("DASHBOARD_SET", ""))


@st.cache_resource(show_spinner=False, max_entries=4)
def _rulebook(path: str, changed: int, changes: str) -> Rulebook:
    return apply(load(settings().rules), [Change.parse(text) for text in changes.split("\n") if text])


def viewer() -> Viewer:
    """Who asks. Accounts are not part of this version."""
    return VISITOR


def evaluation(year: int) -> Evaluation:
    """The result of a year, made once for each state of data and rules; a final one is the one that was made final."""
    return _evaluation(store().revision().version, rulebook().fingerprint, year, viewer().role)


@st.cache_resource(show_spinner=False, max_entries=64)
def _evaluation(version: int, rules: str, year: int, role: str) -> Evaluation:
    return runs.standing(store(), rulebook(), viewer(), year)


def overview(year: int) -> Overview:
    """The overview of a year; deadlines count from today, so a new day makes it anew."""
    day = today(store())
    return _overview(store().revision().version, rulebook().fingerprint, year, viewer().role, day)


@st.cache_resource(show_spinner=False, max_entries=64)
def _overview(version: int, rules: str, year: int, role: str, day: date) -> Overview:
    return overview_service.overview(store(), rulebook(), viewer(), _evaluation(version, rules, year, role))


def branches() -> tuple[Branch, ...]:
    return _branches(store().revision().version, viewer().role)


@st.cache_resource(show_spinner=False, max_entries=4)
def _branches(version: int, role: str) -> tuple[Branch, ...]:
    return list_branches(store(), viewer())


def years() -> Years:
    return _years(store().revision().version, rulebook().fingerprint, viewer().role)


@st.cache_resource(show_spinner=False, max_entries=4)
def _years(version: int, rules: str, role: str) -> Years:
    return list_years(store(), rulebook(), viewer())


@st.cache_resource(show_spinner=False, max_entries=256)
def _figure(name: str, version: int, rules: str, year: int, language: str, role: str, _make: MakeFigure) -> go.Figure:
    return _make()


def figure(name: str, year: int, language: str, make: MakeFigure) -> go.Figure:
    """A figure, built once for each state of data, rules and language."""
    return _figure(name, store().revision().version, rulebook().fingerprint, year, language, viewer().role, make)


def shared(make: Make[P, R]) -> Make[P, R]:
    """Keep what a function of a rulebook gives, for each state of data and rules, role, rulebook and arguments."""

    def call(book: Rulebook, /, *args: P.args, **kwargs: P.kwargs) -> R:
        data, rules = store().revision().version, rulebook().fingerprint
        key = (
            make.__module__,
            make.__qualname__,
            data,
            rules,
            viewer().role,
            book.fingerprint,
            args,
            tuple(kwargs.items()),
        )
        found: R = _shared(key, lambda: make(book, *args, **kwargs))
        return found

    return call


@st.cache_resource(show_spinner=False, max_entries=256)
def _shared(key: tuple[object, ...], _make: Callable[[], Any]) -> Any:
    return _make()

"""What every screen stands in: language, title row with the year, and one guard for errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.errors import UserError
from dashboard.i18n import LANGUAGES, Translator, translator
from dashboard.services import sentences
from dashboard.ui import resources, url

LOG = logging.getLogger("dashboard")
REFRESH_SECONDS = 10
_STYLE = Path(__file__).with_name("style.css")
_WALL_STYLE = Path(__file__).with_name("wall.css")


def language() -> str:
    """The language of this session, from the address or the choice made before."""
    found = st.query_params.get("lang") or st.session_state.get("kept_lang") or resources.settings().language
    return found if found in LANGUAGES else LANGUAGES[0]


def words() -> Translator:
    return translator(language())


def frame(*, wall: bool = False) -> None:
    """The style of the page."""
    st.html(_STYLE)
    if wall:
        st.html(_WALL_STYLE)


def choose_language() -> None:
    """A link to the other language; the address keeps it."""
    current = language()
    other = next(name for name in LANGUAGES if name != current)
    if st.button(translator(other)("language.switch"), type="tertiary", key="language"):
        url.keep("lang", other, resources.settings().language)
        st.rerun()


def heading(title: str, *, with_year: bool = True) -> int:
    """The title row: what the page is, which year, which language. Returns the year."""
    t = words()
    years = resources.years()
    year = url.start("year", years.all, years.current)
    row = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    with row:
        st.title(title, anchor=False, width="stretch")
        if with_year:
            year = st.selectbox(
                t("year.choose"),
                years.all,
                key=url.widget_key("year"),
                format_func=lambda y: t("year.current", year=y) if y == years.current else t("year.past", year=y),
                width=158,
                label_visibility="collapsed",
            )
        choose_language()
    url.keep("year", year, years.current)
    url.keep("lang", language(), resources.settings().language)
    return int(year)


def choose_view(options: Sequence[str], label: Callable[[str], str]) -> str:
    """Which part of a page to show, kept in the address; the first is the usual one.

    A run that the next click cuts off loses the state of widgets below that point, so the choice is kept apart and
    given to the widget anew each time.
    """
    written = st.query_params.get("view")
    kept = st.session_state.get("kept_view")
    now = next((str(view) for view in (kept, written) if view in options), options[0])
    key = url.widget_key("view")
    st.session_state[key] = now
    st.pills(
        words()("simulate.view"),
        options,
        key=key,
        format_func=label,
        label_visibility="collapsed",
        required=True,
        on_change=lambda: st.session_state.update(kept_view=st.session_state[key]),
    )
    url.keep("view", now, options[0])
    return now


def data_time(synthetic: bool) -> None:
    """The time of the data, and a plain word where it is synthetic."""
    t = words()
    revision = resources.store().revision()
    text = t("data.as_of", time=t.moment(revision.at)) if revision.at else t("data.none")
    st.caption(f"{text}　{t('data.synthetic')}" if synthetic else text)


def freshness(synthetic: bool) -> None:
    """The time of the data; the page shows itself anew when the data has changed."""
    _look_again(resources.store().revision().version, synthetic)


@st.fragment(run_every=REFRESH_SECONDS)
def _look_again(shown: int, synthetic: bool) -> None:
    if resources.store().revision().version != shown:
        st.rerun(scope="app")
    data_time(synthetic)


def is_empty() -> bool:
    """Say what to do where there is no data yet; True if so."""
    if resources.branches():
        return False
    t = words()
    with st.container(border=True):
        st.subheader(t("empty.title"), anchor=False)
        st.markdown(t("empty.text"))
        st.page_link(page("importing"), label=t("empty.link"))
    return True


def page(name: str) -> Any:
    """A page of the navigation, to link to."""
    return st.session_state["pages"][name]


@contextmanager
def guard() -> Iterator[None]:
    """Users see what is wrong and what to do, never a traceback; the log has the rest, without user data."""
    try:
        yield
    except UserError as error:
        for line in words().problems(error)[:20]:
            st.error(line.replace("$", r"\$"))
    except Exception as error:
        if type(error).__module__.startswith("streamlit.runtime"):
            raise
        LOG.exception("screen failed")
        st.error(words()("error.unexpected"))


def screen(body: Callable[[], None]) -> Callable[[], None]:
    """A page function with the guard around it."""

    def run() -> None:
        with guard():
            body()

    run.__name__ = body.__name__
    return run


def chart(figure: go.Figure, *, key: str, **options: Any) -> Any:
    """A figure in its own look, without the library's tools; `options` as for `st.plotly_chart`."""
    return st.plotly_chart(figure, config={"displayModeBar": False}, theme=None, key=key, **options)


@contextmanager
def progress(text: str) -> Iterator[Callable[[float], None]]:
    """A bar while something long goes on; it takes the share that is done, from 0 to 1."""
    bar = st.progress(0.0, text)

    def tell(share: float) -> None:
        bar.progress(min(1.0, share), text)

    try:
        yield tell
    finally:
        bar.empty()


def complain(error: UserError) -> None:
    """What is wrong, a line each, as it was typed."""
    for line in words().problems(error)[:20]:
        st.error(plain(line))


def attempt(act: Callable[[], object]) -> None:
    """Do something and show the page anew, or say what is wrong."""
    try:
        act()
    except UserError as error:
        complain(error)
    else:
        st.rerun()


def level_names() -> dict[int, str]:
    """The name of each level by value, 0 included."""
    return sentences.level_names(words(), resources.rulebook())


_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>()#+-.!|~$:"})


def plain(text: str) -> str:
    """Text that users typed, so that Markdown shows it as it is."""
    return text.translate(_MARKDOWN)

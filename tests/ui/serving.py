"""A store served to the screens, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.store.connection import Store


@contextmanager
def serve(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[Store]:
    """A file as the store of the application; one that is not there becomes an empty store."""
    from dashboard.ui import resources

    monkeypatch.setenv("DASHBOARD_STORE", str(path))
    st.cache_resource.clear()
    yield resources.store()
    resources.store().close()
    st.cache_resource.clear()


def said(app: AppTest) -> str:
    """All text of a page."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.error, app.warning, app.info, app.success)
    sentences = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*sentences, *(f"{metric.label} {metric.value}" for metric in app.metric)])


def open_page(page: Callable[[], None], **query: str) -> AppTest:
    """A screen run once, with what the address says; it must not fail."""
    app = AppTest.from_function(page, default_timeout=90)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> None:
    """Press the first button of a label."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception

"""A small demo store, filled once and copied for each test that is served one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.demo.fill import fill
from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.ui.serving import serve


@pytest.fixture(scope="session")
def demo_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ui") / "demo.duckdb"
    with Store(path) as store:
        fill(store, load(ROOT / "rules.yaml"), OPERATOR, branches=80, votes=3000)
    return path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, demo_path: Path, tmp_path: Path) -> Iterator[Store]:
    """A demo store of its own, as the store of the application: tests may write to it."""
    for name in (demo_path.name, f"{demo_path.name}.key"):
        shutil.copy(demo_path.with_name(name), tmp_path / name)
    with serve(monkeypatch, tmp_path / demo_path.name) as store:
        yield store

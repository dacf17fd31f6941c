"""What every test may use: the rules of the document, and stores that vanish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.settings import ROOT
from dashboard.store.connection import Store


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The rules of the document, as shipped."""
    return load(ROOT / "rules.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a real file."""
    with Store(tmp_path / "store.duckdb") as opened:
        yield opened

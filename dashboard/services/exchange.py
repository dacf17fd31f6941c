"""Data sets in and out."""

from __future__ import annotations

from pathlib import Path

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.store import exporting, importing
from dashboard.store.connection import Store
from dashboard.store.files import DataFile
from dashboard.store.importing import Counts


def import_files(store: Store, rulebook: Rulebook, viewer: Viewer, files: list[DataFile]) -> dict[str, Counts]:
    """Import a data set in one transaction; counts by table.

    Raises:
        ImportRefused: with every problem as FILE:ROW:COLUMN; nothing is stored.
    """
    require(viewer, "import")
    return importing.import_files(store, files, rulebook, viewer.name)


def export_folder(store: Store, viewer: Viewer, folder: Path, *, chinese: bool, suffix: str) -> dict[str, int]:
    """Write every table to `folder` as NAME.csv or NAME.xlsx; rows by table.

    Raises:
        UserError: `folder` is a file or cannot be written.
    """
    require(viewer, "export")
    return exporting.export_folder(store, folder, chinese=chinese, suffix=suffix)

"""Data sets in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.store import exporting, importing, ledger
from dashboard.store.connection import Store
from dashboard.store.files import DataFile, Progress
from dashboard.store.importing import Counts
from dashboard.store.reading import is_standard, read_header


def import_files(
    store: Store, rulebook: Rulebook, viewer: Viewer, files: list[DataFile], progress: Progress | None = None
) -> dict[str, Counts]:
    """Import a data set in one transaction; counts by table. `progress` is told the share done, from 0 to 1.

    Raises:
        ImportRefused: with every problem as FILE:ROW:COLUMN; nothing is stored.
    """
    require(viewer, "import")
    return importing.import_files(store, files, rulebook, viewer.name, progress=progress)


def export_folder(store: Store, viewer: Viewer, folder: Path, *, chinese: bool, suffix: str) -> dict[str, int]:
    """Write every table to `folder` as NAME.csv or NAME.xlsx; rows by table.

    Raises:
        UserError: `folder` is a file or cannot be written.
    """
    require(viewer, "export")
    return exporting.export_folder(store, folder, chinese=chinese, suffix=suffix)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A file of votes whose columns nobody has explained yet."""

    name: str
    header: tuple[str, ...]


def unexplained(store: Store, viewer: Viewer, files: list[DataFile]) -> tuple[Unexplained, ...]:
    """The files of votes with headers of their own that are not known yet.

    Raises:
        ImportRefused: a file cannot be read.
    """
    require(viewer, "import")
    found = []
    for file in files:
        header = read_header(file)
        if not is_standard(header) and ledger.recall(store, header) is None:
            found.append(Unexplained(file.name, tuple(cell for cell in header if cell.strip())))
    return tuple(found)


def explain(
    store: Store, viewer: Viewer, header: tuple[str, ...], columns: Mapping[str, str | None], channel: str | None
) -> None:
    """Remember which header holds which column of votes; `channel` where the files do not say it.

    Raises:
        UserError: voter, nominee, time or channel would be missing, or one header stands for two of them.
    """
    require(viewer, "import")
    given = {name: source for name, source in columns.items() if source}
    missing = [name for name in ("voter", "nominee_id", "cast_at") if name not in given]
    if "channel" not in given and not channel:
        missing.append("channel")
    if missing:
        raise UserError(Problem(f"votes.missing_{name}") for name in missing)
    if len(set(given.values())) < len(given):
        raise UserError.of("votes.column_twice")
    ledger.remember(store, header, ledger.Layout(given, None if "channel" in given else channel))


def import_votes(
    store: Store, rulebook: Rulebook, viewer: Viewer, files: list[DataFile], progress: Progress | None = None
) -> Counts:
    """Import files of votes, whatever their names. `progress` is told the share done, from 0 to 1.

    Raises:
        ImportRefused: with every problem as FILE:ROW:COLUMN; nothing is stored.
    """
    require(viewer, "import")
    found = importing.import_files(store, files, rulebook, viewer.name, as_votes=True, progress=progress)
    return found.get("votes", Counts(0, 0, 0))

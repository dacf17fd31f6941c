"""佐证材料: files added to a criterion, or by a branch to its answer to a notice to rectify; known by their content."""

from __future__ import annotations

import hashlib
import io
import secrets
import unicodedata
import zipfile
from pathlib import PurePath
from typing import Any, Literal

from dashboard.auth.viewer import Action, Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sheets
from dashboard.services.sheets import MAY, Stage
from dashboard.store import evidence as kept
from dashboard.store import rectifying
from dashboard.store.connection import Store
from dashboard.store.evidence import FileRow
from dashboard.store.years import require_open

Place = Stage | Literal["rectification"]
RECTIFICATION: Literal["rectification"] = "rectification"

LARGEST = 5 * 1024 * 1024  # bytes of a file
MOST = 10  # files of one criterion

_IMAGES = ((b"\x89PNG\r\n\x1a\n", "image/png", (".png",)), (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")))
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_SUFFIXES = {
    ".doc": "application/msword",
    ".wps": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".et": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".dps": "application/vnd.ms-powerpoint",
}
_OPEN_OFFICE = "application/vnd.openxmlformats-officedocument"
_NEW_SUFFIXES = {
    ".docx": ("word/", f"{_OPEN_OFFICE}.wordprocessingml.document"),
    ".xlsx": ("xl/", f"{_OPEN_OFFICE}.spreadsheetml.sheet"),
    ".pptx": ("ppt/", f"{_OPEN_OFFICE}.presentationml.presentation"),
}
SUFFIXES = (".jpg", ".jpeg", ".png", ".pdf", *_NEW_SUFFIXES, *_OLD_SUFFIXES)


def media_type(name: str, content: bytes) -> str | None:
    """What a file is by its content, where that fits its name: a picture, PDF, or an office document without macros."""
    suffix = PurePath(name).suffix.lower()
    for magic, kind, suffixes in _IMAGES:
        if content.startswith(magic) and suffix in suffixes:
            return kind
    if content.startswith(b"%PDF-") and suffix == ".pdf":
        return "application/pdf"
    if content.startswith(_OLD_OFFICE):
        return _OLD_SUFFIXES.get(suffix)
    return _office(suffix, content) if content.startswith(b"PK\x03\x04") else None


def _office(suffix: str, content: bytes) -> str | None:
    """A zip is an office document when it has the parts of one, and none that would run."""
    folder, kind = _NEW_SUFFIXES.get(suffix, ("", ""))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    whole = "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
    safe = not any("vbaproject" in name.lower() or "/activex/" in name.lower() for name in names)
    return kind if kind and whole and safe else None


def add_file(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    branch_id: str,
    year: int,
    place: Place,
    criterion: str,
    name: str,
    content: bytes,
) -> FileRow:
    """Add a file to a criterion (none for a rectification); the same content again gives the file that is there.

    Raises:
        UserError: the sheet is locked, the file is too large, empty or of no kind that is taken, or there are too many.
        StoreError: the rectification is not open, or the year is final.
    """
    require(viewer, _may(place))
    shown = _shown(name)
    if not content or len(content) > LARGEST:
        raise UserError.of("evidence.size", shown, most=LARGEST // 1024 // 1024)
    kind = media_type(shown, content)
    if kind is None:
        raise UserError.of("evidence.kind", shown)
    digest = hashlib.sha256(content).hexdigest()
    row = FileRow(secrets.token_hex(16), branch_id, year, place, criterion, shown, kind, len(content), digest)
    with store.transaction() as cursor:
        _require_open(store, rulebook, viewer, cursor, row)
        there = [file for file in kept.of_sheet(cursor, branch_id, year, place) if file.criterion == criterion]
        same = next((file for file in there if file.sha256 == digest), None)
        if same is None and len(there) >= MOST:
            raise UserError.of("evidence.too_many", shown, most=MOST)
        if same is None:
            kept.add(cursor, row, content, viewer.name)
    return same or row


def _may(place: Place) -> Action:
    return "answer_rectification" if place == RECTIFICATION else MAY[place]


def _require_open(store: Store, rulebook: Rulebook, viewer: Viewer, cursor: Any, row: FileRow) -> None:
    """Let files come and go where what they belong to is open."""
    if row.stage == RECTIFICATION:
        require_open(cursor, row.year)
        found = rectifying.find(cursor, row.branch_id, row.year)
        if found is None or found.outcome != "open" or row.criterion:
            raise StoreError.of("rectification.not_open")
        return
    sheet = sheets.read_sheet(store, rulebook, viewer, row.branch_id, row.year, sheets.as_stage(row.stage))
    if sheet.lock:
        raise UserError.of(f"sheet.locked_{sheet.lock}", year=row.year)
    if sheet.standard is None or row.criterion not in sheet.standard.criteria:
        raise UserError.of("sheet.unknown_criterion")


def _shown(name: str) -> str:
    """The name of a file without folders and without characters that no eye sees."""
    base = PurePath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    seen = "".join(c for c in base if unicodedata.category(c)[0] != "C").strip()
    stem, suffix = PurePath(seen).stem, PurePath(seen).suffix
    return f"{stem[:100]}{suffix[:10]}"


def remove_file(store: Store, rulebook: Rulebook, viewer: Viewer, file_id: str) -> None:
    """Take a file away; one that is gone already is gone.

    Raises:
        UserError: the sheet is locked.
        StoreError: the rectification is not open, or the year is final.
    """
    row = kept.find(store, file_id)
    if row is None:
        return
    require(viewer, _may(as_place(row.stage)))
    with store.transaction() as cursor:
        _require_open(store, rulebook, viewer, cursor, row)
        kept.remove(cursor, file_id)


def as_place(text: str) -> Place:
    """Where a file belongs, by name.

    Raises:
        UserError: there is no such sheet.
    """
    return RECTIFICATION if text == RECTIFICATION else sheets.as_stage(text)


def files_of(store: Store, viewer: Viewer, branch_id: str, year: int, place: Place) -> tuple[FileRow, ...]:
    """The files of a branch in one place, in the order in which they came."""
    require(viewer, "view_branch")
    with store.read() as cursor:
        return kept.of_sheet(cursor, branch_id, year, place)


def read_file(store: Store, viewer: Viewer, file_id: str) -> tuple[FileRow, bytes]:
    """A file and its content.

    Raises:
        UserError: there is no such file.
    """
    require(viewer, "view_branch")
    row = kept.find(store, file_id)
    if row is None:
        raise UserError.of("evidence.unknown")
    return row, kept.content(store, file_id)

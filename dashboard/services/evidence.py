"""佐证材料: files that a branch, a superior or an inspector adds to a criterion, known by their content."""

from __future__ import annotations

import hashlib
import io
import secrets
import unicodedata
import zipfile
from pathlib import PurePath

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sheets
from dashboard.services.sheets import MAY, Stage
from dashboard.store import evidence as kept
from dashboard.store.connection import Store
from dashboard.store.evidence import FileRow

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
    stage: Stage,
    criterion: str,
    name: str,
    content: bytes,
) -> FileRow:
    """Add a file to a criterion; the same content again gives the file that is there.

    Raises:
        UserError: the sheet is locked, the file is too large, empty or of no kind that is taken, or there are too many.
    """
    require(viewer, MAY[stage])
    shown = _shown(name)
    if not content or len(content) > LARGEST:
        raise UserError.of("evidence.size", shown, most=LARGEST // 1024 // 1024)
    kind = media_type(shown, content)
    if kind is None:
        raise UserError.of("evidence.kind", shown)
    sheet = _open_sheet(store, rulebook, viewer, branch_id, year, stage)
    if sheet.standard is None or criterion not in sheet.standard.criteria:
        raise UserError.of("sheet.unknown_criterion")
    digest = hashlib.sha256(content).hexdigest()
    row = FileRow(secrets.token_hex(16), branch_id, year, stage, criterion, shown, kind, len(content), digest)
    with store.transaction() as cursor:
        there = [file for file in kept.of_sheet(cursor, branch_id, year, stage) if file.criterion == criterion]
        same = next((file for file in there if file.sha256 == digest), None)
        if same is None and len(there) >= MOST:
            raise UserError.of("evidence.too_many", shown, most=MOST)
        if same is None:
            kept.add(cursor, row, content, viewer.name)
    return same or row


def _open_sheet(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, stage: Stage
) -> sheets.Sheet:
    sheet = sheets.read_sheet(store, rulebook, viewer, branch_id, year, stage)
    if sheet.lock:
        raise UserError.of(f"sheet.locked_{sheet.lock}", year=year)
    return sheet


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
    """
    row = kept.find(store, file_id)
    if row is None:
        return
    stage = sheets.as_stage(row.stage)
    require(viewer, MAY[stage])
    _open_sheet(store, rulebook, viewer, row.branch_id, row.year, stage)
    with store.transaction() as cursor:
        kept.remove(cursor, file_id)


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

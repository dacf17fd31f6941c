"""Files of evidence are known by their content, kept once, and never without the sheet being open."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evidence import (
    LARGEST,
    MOST,
    RECTIFICATION,
    add_file,
    files_of,
    media_type,
    read_file,
    remove_file,
)
from dashboard.services.sheets import read_sheet
from dashboard.store.connection import Store
from dashboard.store.evidence import FileRow
from tests.helpers import codes, load_tables
from tests.services.year import YEAR, set_day, settle

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"compound"


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("合影.png", PNG, "image/png"),
        ("合影.JPG", JPEG, "image/jpeg"),
        ("制度.pdf", b"%PDF-1.7 x", "application/pdf"),
        ("台账.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            "台账.xlsx",
            office("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("台账.doc", OLD, "application/msword"),
        ("台账.et", OLD, "application/vnd.ms-excel"),
        ("合影.png", JPEG, None),
        ("合影.png", b"<script>alert(1)</script>", None),
        ("页面.html", b"<html>", None),
        ("图.svg", b"<svg onload='x'/>", None),
        ("程序.exe", b"MZ", None),
        ("程序.pdf", b"MZ", None),
        ("压缩.zip", DOCX, None),
        ("表.xlsx", DOCX, None),
        ("宏.docx", office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        ("坏.docx", b"PK\x03\x04broken", None),
        ("没有扩展名", PNG, None),
    ],
)
def test_a_file_is_what_its_content_says(name: str, content: bytes, kind: str | None) -> None:
    assert media_type(name, content) == kind


@pytest.fixture
def subdistrict(store: Store, rulebook: Rulebook) -> Store:
    settle(store, rulebook)
    return store


def add(store: Store, rulebook: Rulebook, name: str, content: bytes, criterion: str = "c01") -> FileRow:
    return add_file(store, rulebook, VISITOR, "B1", YEAR, "self", criterion, name, content)


def files(store: Store, rulebook: Rulebook) -> tuple[FileRow, ...]:
    return read_sheet(store, rulebook, VISITOR, "B1", YEAR, "self").files


def test_a_file_comes_back_as_it_was_and_the_same_again_is_one(subdistrict: Store, rulebook: Rulebook) -> None:
    first = add(subdistrict, rulebook, "合影.png", PNG)
    again = add(subdistrict, rulebook, "又一次.png", PNG)
    elsewhere = add(subdistrict, rulebook, "合影.png", PNG, "c02")
    assert (again, [file.criterion for file in files(subdistrict, rulebook)]) == (first, ["c01", "c02"])
    row, content = read_file(subdistrict, VISITOR, elsewhere.file_id)
    assert (content, row.sha256, row.size) == (PNG, hashlib.sha256(PNG).hexdigest(), len(PNG))


def test_a_removed_file_is_listed_no_more_and_its_row_stays(subdistrict: Store, rulebook: Rulebook) -> None:
    row = add(subdistrict, rulebook, "合影.png", PNG)
    for _ in range(2):
        remove_file(subdistrict, rulebook, VISITOR, row.file_id)
    assert files(subdistrict, rulebook) == ()
    with pytest.raises(UserError) as refused:
        read_file(subdistrict, VISITOR, row.file_id)
    assert codes(refused.value) == ["evidence.unknown"]
    assert len(subdistrict.query("SELECT 1 FROM evidence_files")) == 1
    assert add(subdistrict, rulebook, "合影.png", PNG).file_id != row.file_id


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\照片\\合影.png", "合影.png"),
        ("a\x00\u202egnp.exe\n.png", "agnp.exe.png"),
        ("长" * 300 + ".png", "长" * 100 + ".png"),
    ],
)
def test_names_lose_what_no_eye_sees(subdistrict: Store, rulebook: Rulebook, name: str, shown: str) -> None:
    assert add(subdistrict, rulebook, name, PNG).name == shown


@pytest.mark.parametrize("content", [b"", PNG + b"x" * LARGEST])
def test_an_empty_or_too_large_file_is_refused(subdistrict: Store, rulebook: Rulebook, content: bytes) -> None:
    with pytest.raises(UserError) as refused:
        add(subdistrict, rulebook, "合影.png", content)
    assert codes(refused.value) == ["evidence.size"]


def test_a_criterion_has_room_for_ten(subdistrict: Store, rulebook: Rulebook) -> None:
    for n in range(MOST):
        add(subdistrict, rulebook, f"{n}.png", PNG + bytes([n]))
    with pytest.raises(UserError) as refused:
        add(subdistrict, rulebook, "再来.png", PNG)
    assert codes(refused.value) == ["evidence.too_many"]
    assert len(files(subdistrict, rulebook)) == MOST


def test_no_file_comes_or_goes_once_the_sheet_is_locked(subdistrict: Store, rulebook: Rulebook) -> None:
    row = add(subdistrict, rulebook, "合影.png", PNG)
    applied = {"branch_id": "B1", "year": YEAR, "level": 4, "submitted_on": "2022-04-02", "review": "approved"}
    load_tables(subdistrict, rulebook, {"applications": [applied]})
    for act in (lambda: add(subdistrict, rulebook, "b.png", JPEG), lambda: remove(subdistrict, rulebook, row)):
        with pytest.raises(UserError):
            act()
    assert files(subdistrict, rulebook) == (row,)
    set_day(subdistrict, "2023-04-01")
    assert read_file(subdistrict, VISITOR, row.file_id)[1] == PNG


def remove(store: Store, rulebook: Rulebook, row: FileRow) -> None:
    remove_file(store, rulebook, VISITOR, row.file_id)


def test_a_branch_adds_files_to_its_answer_as_long_as_the_rectification_is_open(
    store: Store, rulebook: Rulebook
) -> None:
    settle(store, rulebook)

    def add() -> FileRow:
        return add_file(store, rulebook, VISITOR, "B1", YEAR, RECTIFICATION, "", "整改.pdf", b"%PDF-1.7")

    def refused(act: Callable[[], object]) -> list[str]:
        with pytest.raises(UserError) as caught:
            act()
        return codes(caught.value)

    assert refused(add) == ["rectification.not_open"]
    row = {"branch_id": "B1", "year": YEAR, "due_on": f"{YEAR}-06-30", "outcome": "open"}
    load_tables(store, rulebook, {"rectifications": [row]})
    found = add()
    assert files_of(store, VISITOR, "B1", YEAR, RECTIFICATION) == (found,)
    assert files_of(store, VISITOR, "B1", YEAR, "self") == ()
    assert read_file(store, VISITOR, found.file_id)[1] == b"%PDF-1.7"
    load_tables(store, rulebook, {"rectifications": [{**row, "outcome": "met"}]})
    assert refused(lambda: remove_file(store, rulebook, VISITOR, found.file_id)) == ["rectification.not_open"]
    load_tables(store, rulebook, {"rectifications": [row]})
    remove_file(store, rulebook, VISITOR, found.file_id)
    assert files_of(store, VISITOR, "B1", YEAR, RECTIFICATION) == ()

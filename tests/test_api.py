"""The calls beside the screens: who may call, how long a call may be, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from dashboard import api
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sheets
from dashboard.services.evidence import LARGEST
from dashboard.store.connection import Store
from tests.helpers import run_apart
from tests.services.year import settle
from tests.ui.serving import serve

PNG = b"\x89PNG\r\n\x1a\npixels"
SHEET = "/api/sheet/self/B1/2022"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rulebook: Rulebook) -> Iterator[Store]:
    with serve(monkeypatch, tmp_path / "store.duckdb") as store:
        settle(store, rulebook)
        yield store


def call(path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """One request straight into the routes, its body in two parts."""
    path, _, query = path.partition("?")
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    heard: list[MutableMapping[str, Any]] = []
    written = {"host": "localhost:8501", **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def receive() -> dict[str, object]:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: MutableMapping[str, Any]) -> None:
        heard.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in written.items()],
    }
    run_apart(Starlette(routes=api.ROUTES)(scope, receive, send))
    told = {key.decode(): value.decode() for key, value in heard[0]["headers"]}
    return Answer(heard[0]["status"], told, b"".join(message.get("body", b"") for message in heard[1:]))


def save(*changes: list[object], path: str = SHEET, **headers: str) -> Answer:
    return call(path, "POST", json.dumps({"changes": changes}).encode(), **headers)


def test_a_sheet_is_saved_read_back_and_judged(served: Store) -> None:
    answer = save(["c01", "value", None, 1], ["c10", "value", None, "二"], ["c02", "note", None, "兼职两人"])
    assert answer.status == 200
    assert answer.content["kept"] == [["c01", "value", 1.0], ["c02", "note", "兼职两人"]]
    assert [refused[:2] for refused in answer.content["refused"]] == [["c10", "value"]]
    assert "二" in answer.content["refused"][0][2]
    sheet = call(SHEET).content
    assert sheet["entries"]["c01"] == {"value": 1.0, "note": None, "evidence": None}
    assert (sheet["open"], sheet["lock"]) == (["c01", "c02"], None)
    feedback = call(f"{SHEET}/feedback").content
    assert (feedback["low"], feedback["high"], feedback["next"]) == (0, 5, 3)
    assert len(feedback["missing"]) == 12


def test_a_conflict_tells_what_is_there(served: Store) -> None:
    save(["c01", "value", None, 1])
    assert save(["c01", "value", None, 0]).content["conflicts"] == [
        {"criterion": "c01", "field": "value", "theirs": 1.0}
    ]


def test_only_pages_of_this_server_may_call(served: Store) -> None:
    assert save(["c01", "value", None, 1], origin="http://localhost:8501").status == 200
    for origin in ("http://evil.example", "http://localhost:8502", "null"):
        answer = save(["c02", "value", None, 1], origin=origin)
        assert (answer.status, "只接受" in answer.content["problems"][0]) == (403, True)
    assert set(call(SHEET).content["entries"]) == {"c01"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"changes": 1}',
        b'{"changes": [[1]]}',
        b'{"changes": [["c01", "value", null]]}',
        b"\xff",
        b"[" * 90_000,
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(served: Store, body: bytes) -> None:
    answer = call(f"{SHEET}?lang=en", "POST", body)
    assert (answer.status, "cannot be read" in answer.content["problems"][0]) == (400, True)
    assert call(SHEET).content["entries"] == {}


def test_a_call_that_is_too_long_is_cut_off(served: Store) -> None:
    assert call(SHEET, "POST", b"x" * (api.LONGEST_BODY + 1)).status == 413
    assert call(f"{SHEET}/files/c01?name=a.png", "POST", PNG + b"x" * LARGEST).status in (400, 413)
    assert call(SHEET, "GET", b"x").status == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/sheet/self/B404/2022", 400),
        ("/api/sheet/other/B1/2022", 400),
        ("/api/sheet/self/B1/twenty", 404),
        ("/api/evidence/nothing", 400),
        ("/api/sheet/self/%00/2022", 400),
    ],
)
def test_what_is_not_there_is_said(served: Store, path: str, status: int) -> None:
    answer = call(path)
    assert answer.status == status
    assert b"Traceback" not in answer.body


def test_a_file_goes_up_comes_back_and_can_run_nothing(served: Store) -> None:
    name = quote("合影 一.png")
    sent = call(f"{SHEET}/files/c01?name={name}", "POST", PNG)
    assert (sent.status, sent.content["name"]) == (200, "合影 一.png")
    assert call(SHEET).content["files"] == [sent.content]
    found = call(f"/api/evidence/{sent.content['id']}")
    assert (found.status, found.body, found.headers["content-type"]) == (200, PNG, "image/png")
    assert "sandbox" in found.headers["content-security-policy"]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-disposition"] == f"inline; filename*=UTF-8''{name}"
    pdf = call(f"{SHEET}/files/c01?name=a.pdf", "POST", b"%PDF-1.4 x").content
    assert call(f"/api/evidence/{pdf['id']}").headers["content-disposition"].startswith("attachment")
    assert call(f"/api/evidence/{sent.content['id']}", "DELETE", origin="http://evil.example").status == 403
    assert call(f"/api/evidence/{sent.content['id']}", "DELETE").status == 200
    assert call(f"/api/evidence/{sent.content['id']}").status == 400


def test_a_failure_is_logged_and_not_shown(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(sheets, "read_sheet", fail)
    answer = call(SHEET)
    assert answer.status == 500
    assert b"secret" not in answer.body

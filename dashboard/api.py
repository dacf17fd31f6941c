"""The few calls that screens make besides Streamlit: sheets saved as they are typed, and files of evidence.

A save is a small HTTP request with an answer, not a rerun of a page: it costs the server little, and the page knows
what has arrived. Only pages of this server may call.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.viewer import Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.i18n import LANGUAGES, Translator, translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services import evidence, sheet_feedback, sheets
from dashboard.services.sheets import Change, Entry, Stage
from dashboard.store.connection import Store
from dashboard.ui import resources

LOG = logging.getLogger("dashboard")
LONGEST_BODY = 2 * 1024 * 1024  # bytes of a save: more than a whole sheet of long notes
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class Call:
    """Who calls, in which language, and on what; `stage`, `branch_id` and `year` are those of the address."""

    request: Request
    viewer: Viewer
    t: Translator

    @property
    def store(self) -> Store:
        return resources.store()

    @property
    def rulebook(self) -> Rulebook:
        return resources.rulebook()

    @property
    def sheet(self) -> tuple[str, int, Stage]:
        at = self.request.path_params
        return at["branch"], at["year"], sheets.as_stage(at["stage"])


Handler = Callable[[Call, bytes], Response]


def _answering(handler: Handler, *, largest: int = 0) -> Callable[[Request], Awaitable[Response]]:
    """A route: checks where a call comes from and how long it is, works beside the event loop, tells what is wrong."""

    async def answer(request: Request) -> Response:
        language = request.query_params.get("lang", "")
        t = translator(language if language in LANGUAGES else resources.settings().language)
        if not _from_here(request):
            return _problems([t("error.api.elsewhere")], 403)
        try:
            body = await _body(request, largest)
            if body is None:
                return _problems([t("error.api.too_long")], 413)
            return await run_in_threadpool(handler, Call(request, resources.viewer(), t), body)
        except NotAllowed as error:
            return _problems(t.problems(error), 403)
        except UserError as error:
            return _problems(t.problems(error), 400)
        except Exception:
            LOG.exception("call failed")
            return _problems([t("error.unexpected")], 500)

    return answer


def _from_here(request: Request) -> bool:
    """Whether a page of this server calls: browsers say where a writing request comes from."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _body(request: Request, largest: int) -> bytes | None:
    """What was sent; None if it is longer than it may be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            return None
    return body


def _problems(lines: list[str], status: int) -> Response:
    return JSONResponse({"problems": lines}, status, headers=_PRIVATE)


def _json(content: object) -> Response:
    return JSONResponse(content, headers=_PRIVATE)


def _cells(entry: Entry) -> dict[str, object]:
    return {"value": entry.value, "note": entry.note, "evidence": entry.evidence}


def read_sheet(call: Call, _: bytes) -> Response:
    """A sheet as it stands, what is shown beside it, and its files."""
    branch, year, stage = call.sheet
    sheet = sheets.read_sheet(call.store, call.rulebook, call.viewer, branch, year, stage)
    beside = sheet_feedback.beside(call.store, call.viewer, branch, year, stage)
    return _json(
        {
            "entries": {criterion: _cells(entry) for criterion, entry in sheet.entries.items()},
            "open": sorted(sheet.open),
            "files": [
                {"id": file.file_id, "criterion": file.criterion, "name": file.name, "size": file.size}
                for file in sheet.files
            ],
            "beside": {criterion: _cells(entry) for criterion, entry in beside.items()},
            "lock": call.t(f"error.sheet.locked_{sheet.lock}", year=year) if sheet.lock else None,
        }
    )


def save_sheet(call: Call, body: bytes) -> Response:
    """Keep changes: a list of `[criterion, field, before, after]`; says what was kept, what stands in conflict and what
    is no answer."""
    branch, year, stage = call.sheet
    changes = _changes(body)
    saved = sheets.save(call.store, call.rulebook, call.viewer, branch, year, stage, changes)
    return _json(
        {
            "kept": [[c.criterion, c.field, c.after] for c in saved.kept],
            "conflicts": [
                {"criterion": c.change.criterion, "field": c.change.field, "theirs": c.theirs} for c in saved.conflicts
            ],
            "refused": [[c.criterion, c.field, call.t.sentence(problem)] for c, problem in saved.refused],
        }
    )


def _changes(body: bytes) -> list[Change]:
    try:
        found = [Change(str(c), field, before, after) for c, field, before, after in json.loads(body)["changes"]]
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise UserError.of("api.unreadable") from exc
    return found


def feedback(call: Call, _: bytes) -> Response:
    """What the sheet means: the level that it meets, what is missing, what is open."""
    branch, year, stage = call.sheet
    return _json(sheet_feedback.feedback(call.store, call.rulebook, call.viewer, branch, year, stage))


def add_file(call: Call, body: bytes) -> Response:
    """Add a file of evidence; the body is its content."""
    branch, year, stage = call.sheet
    name = call.request.query_params.get("name", "")
    criterion = call.request.path_params["criterion"]
    row = evidence.add_file(call.store, call.rulebook, call.viewer, branch, year, stage, criterion, name, body)
    return _json({"id": row.file_id, "criterion": row.criterion, "name": row.name, "size": row.size})


def remove_file(call: Call, _: bytes) -> Response:
    """Take a file of evidence away."""
    evidence.remove_file(call.store, call.rulebook, call.viewer, call.request.path_params["file_id"])
    return _json({})


def send_file(call: Call, _: bytes) -> Response:
    """A file of evidence, to look at; it can run nothing."""
    row, content = evidence.read_file(call.store, call.viewer, call.request.path_params["file_id"])
    shown = "inline" if row.media_type.startswith("image/") else "attachment"
    headers = {
        **_PRIVATE,
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(row.name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=row.media_type, headers=headers)


def _route(path: str, handler: Handler, method: str, largest: int = 0) -> Route:
    return Route(f"/api{path}", _answering(handler, largest=largest), methods=[method])


_SHEET = "/sheet/{stage}/{branch}/{year:int}"

ROUTES: list[Any] = [
    _route(_SHEET, read_sheet, "GET"),
    _route(_SHEET, save_sheet, "POST", LONGEST_BODY),
    _route(f"{_SHEET}/feedback", feedback, "GET"),
    _route(f"{_SHEET}/files/{{criterion}}", add_file, "POST", evidence.LARGEST + 1),
    _route("/evidence/{file_id}", send_file, "GET"),
    _route("/evidence/{file_id}", remove_file, "DELETE"),
]

"""The ASGI application around the Streamlit script: what `python -m dashboard serve` runs.

Streamlit's page looks for its server below the address of the page first (`/branch/_stcore/…`), which costs every
visitor of a deep link two failed requests. The page is told where its server is instead, and which language it speaks.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from dashboard.api import ROUTES  # noqa: E402
from dashboard.i18n.catalogue import messages  # noqa: E402
from dashboard.settings import Settings  # noqa: E402

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]


def _head() -> bytes:
    """What the page needs before its first script: where the server is, and the client's own words in Chinese."""
    chinese, english = messages("zh_CN"), messages("en")
    words = {english[key]: chinese[key] for key in english if key.startswith("client.")}
    script = Path(__file__).with_name("client.js").read_text("utf-8")
    script = script.replace("__WORDS__", json.dumps(words, ensure_ascii=False).replace("</", "<\\/"))
    script = script.replace("__LANGUAGE__", Settings.from_environment().language)
    where = "window.__streamlit={BACKEND_BASE_URL:window.location.origin}"
    return f"<head>\n<script>{where}</script>\n<script>{script}</script>".encode()


_HEAD = _head()


class TellThePage:
    """Middleware: completes the HTML page that starts the client."""

    def __init__(self, app: Asgi) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        # the page must come uncompressed to be completed; it is small
        scope = {**scope, "headers": [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]}
        start: Message | None = None
        body = b""

        async def completed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = body.replace(b"<head>", _HEAD, 1).replace(b'<html lang="en">', b'<html lang="zh-CN">', 1)
            kept = [(k, v) for k, v in start["headers"] if k.lower() not in (b"content-length", b"etag")]
            await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, completed)


def _wants_page(scope: Message) -> bool:
    return any(key == b"accept" and b"text/html" in value for key, value in scope["headers"])


def _is_page(message: Message) -> bool:
    headers = {key.lower(): value for key, value in message["headers"]}
    return bool(message["status"] == 200 and headers.get(b"content-type", b"").startswith(b"text/html"))


def _warm_up() -> None:
    """Compile the rules' expressions before the first visitor asks; a rules file that is wrong is told on the page."""
    from dashboard.errors import UserError
    from dashboard.rules.load import load
    from dashboard.store.engine import compile_all

    with suppress(UserError):
        compile_all(load(Settings.from_environment().rules))


def answer_at_once(loop: asyncio.AbstractEventLoop) -> None:
    """Let the servers of a loop send the parts of an answer without waiting until each has been acknowledged.

    asyncio asks for that itself, but only of sockets that name their protocol, and Streamlit's does not: an answer of
    two parts, as every one is, then takes 40 ms more. Connections take it over from the socket that they come in by.
    """
    make = loop.create_server

    async def create_server(*args: Any, sock: socket.socket | None = None, **kwargs: Any) -> asyncio.Server:
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return await make(*args, sock=sock, **kwargs)

    loop.create_server = create_server  # type: ignore[method-assign]


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[dict[str, Any] | None]:
    answer_at_once(asyncio.get_running_loop())
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    yield None


app = st.App(
    Path(__file__).with_name("app.py"), routes=ROUTES, middleware=[Middleware(TellThePage)], lifespan=_lifespan
)

"""The server around the screens: how it listens."""

from __future__ import annotations

import asyncio
import socket

from streamlit import App

from dashboard.server import _lifespan
from tests.helpers import run_apart


def test_connections_do_not_hold_small_answers_back() -> None:
    """On a socket bound as Streamlit binds its own, without a named protocol: asyncio alone would leave Nagle's
    algorithm on, and every answer of two parts would wait for an acknowledgement."""

    async def served() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class Listener(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                own = transport.get_extra_info("socket")
                accepted.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bound:
            bound.bind(("127.0.0.1", 0))
            async with _lifespan(App("nothing.py")):
                server = await asyncio.get_running_loop().create_server(Listener, sock=bound)
                async with server:
                    _, writer = await asyncio.open_connection(*bound.getsockname())
                    found = await asyncio.wait_for(accepted, 10)
                    writer.close()
        return found

    assert run_apart(served())

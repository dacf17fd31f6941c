"""Start the web application with the store and the rules of a command."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence

import click

from dashboard.errors import UserError
from dashboard.i18n import translator
from dashboard.settings import ROOT, Settings

_HERE = ("127.0.0.1", "0.0.0.0", "::", "::1")  # noqa: S104 – addresses that this machine answers to as localhost


def run(settings: Settings, changes: Sequence[str], *, address: str, port: int) -> None:
    """Replace this process by the server; returns never.

    Raises:
        UserError: the port is taken.
    """
    _check_port(address, port)
    t = translator(settings.language)
    os.environ |= {
        "DASHBOARD_STORE": str(settings.store.resolve()),
        "DASHBOARD_RULES": str(settings.rules.resolve()),
        "DASHBOARD_LANGUAGE": settings.language,
        "DASHBOARD_SET": "\n".join(changes),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py")]
    command += ["--server.address", address, "--server.port", str(port)]
    host = "localhost" if address in _HERE else address
    click.echo(t("cli.serving", url=f"http://{host}:{port}"), err=True)
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _check_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as exc:
            raise UserError.of("cli.port_busy", "--port", port=port) from exc

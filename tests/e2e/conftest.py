"""A real server on demo data, started from another folder, and a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from dashboard.auth.viewer import OPERATOR
from dashboard.demo.fill import fill
from dashboard.rules.load import load
from dashboard.settings import ROOT
from dashboard.store.connection import Store

CHROMIUM = "/usr/bin/chromium"
DESK, PHONE, WALL = (1440, 900), (390, 844), (1920, 1080)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m dashboard serve` on a store, from a folder that is not the project's."""

    def __init__(self, store: Path, folder: Path) -> None:
        self.store, self.folder, self.port = store, folder, free_port()
        self.address = f"http://localhost:{self.port}"
        self.log = folder / "server.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "dashboard", "serve", "--store", str(self.store), "--port", str(self.port)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "DASHBOARD_LANGUAGE": "zh_CN"}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.25)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert "Traceback" not in self.log.read_text()


@contextmanager
def serving(store: Path, folder: Path) -> Iterator[str]:
    """A server on a store; gives its address."""
    server = Server(store, folder)
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on the usual demo data."""
    folder = tmp_path_factory.mktemp("served")
    with Store(folder / "demo.duckdb") as store:
        fill(store, load(ROOT / "rules.yaml"), OPERATOR, branches=200, votes=1000)
    with serving(folder / "demo.duckdb", folder) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def settle(page: Page) -> None:
    """Wait until the page shows its title and nothing is running."""
    page.wait_for_selector('[data-testid="stMainBlockContainer"] h1', timeout=60_000)
    page.wait_for_function(
        "!document.querySelector('[data-testid=stStatusWidget]') && !document.querySelector('[data-stale=true]')",
        timeout=60_000,
    )
    page.wait_for_timeout(500)


class Watch:
    """What a page asks for and complains about."""

    def __init__(self, page: Page, address: str) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self._host = urlsplit(address).netloc
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.elsewhere.append(request.url)


@cache
def at_size(browser: Browser, size: tuple[int, int]) -> BrowserContext:
    """A browser window of a size, for many pages: what the client loads stays in its cache."""
    return browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")


def open_page(browser: Browser, address: str, path: str, size: tuple[int, int] = DESK) -> tuple[Page, Watch]:
    page = at_size(browser, size).new_page()
    watch = Watch(page, address)
    page.goto(f"{address}/{path}")
    settle(page)
    return page, watch

"""Saving an answer of a self-assessment: what a call costs the server, beside a bare server and a bare database."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bench.measure import Cost, measure
from dashboard.auth.viewer import OPERATOR
from dashboard.demo.cast import YEARS
from dashboard.demo.fill import fill
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.e2e.conftest import Server, free_port

BRANCHES, SHEETS, CLIENTS = 200, 10, 8
ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def echo(request): return JSONResponse(await request.json())
app = Starlette(routes=[Route("/echo", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
"""
UPSERT = (
    "INSERT INTO sheet_entries VALUES (?, ?, 'self', ?, ?, NULL, NULL, ?, 'bench') ON CONFLICT DO UPDATE SET"
    " value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by"
)

Call = tuple[str, str, bytes | None]  # method, path, body
Answer = tuple[str, float]  # criterion, value


class Caller:
    """One browser: a connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __call__(self, call: Call) -> float:
        """Make a call; gives the seconds until its answer was there."""
        method, path, body = call
        begin = time.perf_counter()
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - begin
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:500]!r}")
        return took


class Meter:
    """What calls of one kind cost: the time that callers waited, and the CPU time of the server's process."""

    def __init__(self, pid: int) -> None:
        self._clock = (~pid << 3) | 2  # the CPU clock of another process on Linux, as clock_getcpuclockid gives it
        self._calls, self._waited, self._busy = 0, 0.0, 0.0

    def measure(self, make: Callable[[], Iterable[float]]) -> None:
        """Make some calls; `make` gives how long each waited."""
        before = time.clock_gettime(self._clock)
        waits = list(make())
        self._busy += time.clock_gettime(self._clock) - before
        self._waited += sum(waits)
        self._calls += len(waits)

    @property
    def cost(self) -> dict[str, float]:
        """Seconds a call, the mean of all; `runs` is their number."""
        return Cost(self._waited / self._calls, self._busy / self._calls, self._calls)._asdict()


def run() -> dict[str, object]:
    """In the April after the last year of the demo every branch rates itself; nobody has applied yet."""
    rulebook = load(ROOT / "rules.yaml")
    year = rulebook.first_year + YEARS
    answers = [
        (c.id, float(c.threshold(rulebook.level_keys[-1]) or 1))
        for c in rulebook.standards["two_new"].criteria.values()
    ]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        branches = _fill(folder / "demo.duckdb", rulebook, year)
        alone = [[branch] for branch in branches[: SHEETS + 1]]
        at_once = [branches[n : n + CLIENTS] for n in range(SHEETS + 1, SHEETS + 1 + 3 * CLIENTS, CLIENTS)]
        with _served(folder / "demo.duckdb", folder) as server:
            loads = [_load(server, rounds, year, answers) for rounds in (alone, at_once)]
        floors = {"echo": _echo(answers), "upsert": _upsert(folder / "demo.duckdb", branches[-SHEETS:], year, answers)}
    return {"branches": BRANCHES, "loads": loads, "floors": floors}


def _fill(path: Path, rulebook: Rulebook, year: int) -> list[str]:
    """The demo on the 20th of the April after its last year; gives its active branches."""
    with Store(path) as store:
        fill(store, rulebook, OPERATOR, branches=BRANCHES, votes=100)
        with store.write("bench") as cursor:
            cursor.execute("INSERT OR REPLACE INTO properties VALUES ('as_of', ?)", [f"{year}-04-20"])
        found: list[str] = store.query("SELECT branch_id FROM branches WHERE active ORDER BY 1").column(0).to_pylist()
    return found


@contextmanager
def _served(path: Path, folder: Path) -> Iterator[Server]:
    server = Server(path, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _load(server: Server, rounds: Sequence[Sequence[str]], year: int, answers: Sequence[Answer]) -> dict[str, object]:
    """Sheets filled in answer by answer, those of a round at once; the feedback follows each answer, as on the page.
    The first round is not counted."""
    clients = len(rounds[0])
    callers = [Caller(server.port) for _ in range(clients)]
    meters: dict[str, Meter] = {}
    with ThreadPoolExecutor(clients) as pool:
        for n, sheets in enumerate([f"/api/sheet/self/{branch}/{year}" for branch in found] for found in rounds):
            if n <= 1:
                meters = {name: Meter(server.process.pid) for name in ("save", "feedback")}
            for answer in answers:
                saves: list[Call] = [("POST", sheet, _body(answer)) for sheet in sheets]
                looks: list[Call] = [("GET", f"{sheet}/feedback", None) for sheet in sheets]
                meters["save"].measure(lambda: pool.map(Caller.__call__, callers, saves))  # noqa: B023
                meters["feedback"].measure(lambda: pool.map(Caller.__call__, callers, looks))  # noqa: B023
    return {"clients": clients} | {name: meter.cost for name, meter in meters.items()}


def _body(answer: Answer) -> bytes:
    criterion, value = answer
    return json.dumps({"changes": [[criterion, "value", None, value]]}).encode()


def _echo(answers: Sequence[Answer]) -> dict[str, float]:
    """The same calls to a route that only reads and gives back their JSON, on the server that the dashboard runs on."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", ECHO, str(port)])
    try:
        caller = _reached(port)
        meter = Meter(process.pid)
        for _ in range(SHEETS):
            meter.measure(lambda: [caller(("POST", "/echo", _body(answer))) for answer in answers])
    finally:
        process.terminate()
        process.wait(20)
    return meter.cost


def _reached(port: int) -> Caller:
    for _ in range(100):
        with suppress(ConnectionError):
            caller = Caller(port)
            caller(("POST", "/echo", b"{}"))
            return caller
        time.sleep(0.1)
    raise RuntimeError("the echo does not answer")


def _upsert(path: Path, branches: Sequence[str], year: int, answers: Sequence[Answer]) -> dict[str, float]:
    """One row of the same table in the same file, each in a transaction of its own, without a server."""
    with duckdb.connect(str(path)) as connection:

        def fill_in() -> None:
            for branch in branches:
                for criterion, value in answers:
                    now = datetime.now(UTC).replace(tzinfo=None)
                    connection.execute(UPSERT, [branch, year, criterion, value, now])

        cost, _ = measure(fill_in, runs=1)
    calls = len(branches) * len(answers)
    return Cost(cost.wall / calls, cost.cpu / calls, calls)._asdict()

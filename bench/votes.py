"""The vote: importing and tallying a million rows, and tallying many more, beside a bare scan and a bare GROUP BY."""

from __future__ import annotations

import csv
import io
import random
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Cost, measure
from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.services.exchange import import_votes
from dashboard.services.tally import tally
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.store.files import DataFile

SIZES = (1_000_000, 10_000_000, 100_000_000)
YEAR, NOMINEES = 2022, 200
SCAN = "SELECT count(*), sum(voter), max(nominee_id), max(cast_at) FROM votes"
GROUP = "SELECT nominee_id, channel, count(*) FROM votes GROUP BY ALL"
MEMORY = "3GB"


def run(sizes: Sequence[int] = SIZES) -> dict[str, object]:
    """Each size in a process of its own, so that its peak memory is its own."""
    return {
        "scan": SCAN,
        "group": GROUP,
        "memory": MEMORY,
        "import": _apart("import", 1_000_000),
        "tallies": [_apart("tally", size) for size in sizes],
    }


def _apart(what: str, rows: int) -> dict[str, object]:
    import json

    print(f"  {what} {rows:,} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.votes", what, str(rows)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _nominees(store: Store) -> None:
    with store.write("bench") as cursor:
        cursor.execute("INSERT INTO branches VALUES ('B1', 'x', NULL, 'organ', true)")
        numbers = [[f"M{n:03d}"] for n in range(NOMINEES)]
        cursor.executemany("INSERT INTO members VALUES (?, 'x', 'B1', 'full', true)", numbers)
        cursor.executemany(
            "INSERT INTO nominees VALUES (?, ?, ?, NULL)", [[f"N{n:03d}", YEAR, f"M{n:03d}"] for n in range(NOMINEES)]
        )


def import_million(rows: int) -> dict[str, object]:
    """A file of votes, from bytes to the ledger, and its tally."""
    rulebook, file = load(ROOT / "rules.yaml"), _file(rows)
    with TemporaryDirectory() as folder, Store(Path(folder) / "votes.duckdb") as store:
        _nominees(store)
        importing, _ = measure(lambda: import_votes(store, rulebook, OPERATOR, [file]), runs=1)
        counting, found = measure(lambda: tally(store, rulebook, OPERATOR, YEAR))
    assert found.balance.received == rows
    return _told(rows, import_=importing, tally=counting)


def _file(rows: int) -> DataFile:
    rng, text = random.Random(rows), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["vote_id", "channel", "voter", "nominee_id", "cast_at"])
    for n in range(rows):
        voter, second = rng.randrange(rows // 7), rng.randrange(31 * 86_400)
        day, rest = divmod(second, 86_400)
        moment = f"{YEAR}-10-{1 + day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
        nominee = f"N{int(rng.triangular(0, NOMINEES, 0)):03d}"
        writer.writerow([f"V{n}", ("sms", "web", "portal", "wechat")[voter % 4], f"138{voter:08d}", nominee, moment])
    return DataFile("votes.csv", text.getvalue().encode())


def tally_many(rows: int) -> dict[str, object]:
    """Votes made inside DuckDB, one in thirty a repetition; the tally within bounded memory."""
    rulebook = load(ROOT / "rules.yaml")
    with TemporaryDirectory() as folder, Store(Path(folder) / "votes.duckdb") as store:
        _nominees(store)
        with store.write("bench") as cursor:
            cursor.execute(f"SET memory_limit = '{MEMORY}'")
            cursor.execute("INSERT INTO vote_files VALUES (1, 'x', 'x', ?, now(), '', NULL, NULL, NULL)", [rows])
            cursor.execute(
                "INSERT INTO votes SELECT 1, 'V' || i, NULL, ['sms', 'web', 'portal', 'wechat'][1 + v % 4],"
                " (hash(v)::HUGEINT * 1000003 + v)::DECIMAL(38, 0), hash(v + 7) % 256,"
                f" 'N' || lpad((hash(i + 2) % 1000 * (hash(i + 3) % 1000) * {NOMINEES} // 1000000)::VARCHAR, 3, '0'),"
                f" TIMESTAMP '{YEAR}-10-01' + INTERVAL (hash(i + 1) % 2678400) SECOND, NULL"
                f" FROM (SELECT i, (hash(i) % {max(rows // 7, 1)})::BIGINT AS v FROM range({rows}) t(i))"
            )
        scan, _ = measure(lambda: store.query(SCAN))
        group, _ = measure(lambda: store.query(GROUP))
        counting, found = measure(lambda: tally(store, rulebook, OPERATOR, YEAR), runs=1)
    assert found.balance.received == rows
    return _told(rows, scan=scan, group=group, tally=counting)


def _told(rows: int, **costs: Cost) -> dict[str, object]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"rows": rows, "peak_memory": peak} | {name.rstrip("_"): cost._asdict() for name, cost in costs.items()}


if __name__ == "__main__":
    import json

    work = import_million if sys.argv[1] == "import" else tally_many
    print(json.dumps(work(int(sys.argv[2]))))

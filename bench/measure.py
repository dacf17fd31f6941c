"""Wall time, CPU time and memory of a piece of work, and the machine it ran on."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

PACKAGES = ("duckdb", "ibis-framework", "pandas", "polars", "pyarrow", "numpy")


class Cost(NamedTuple):
    """Seconds by the clock and on all cores together: the least of `runs` runs."""

    wall: float
    cpu: float
    runs: int


def measure(work: Callable[[], T], *, runs: int = 3, patience: float = 10.0) -> tuple[Cost, T]:
    """The best of several runs, and what the last one gave; none begins after `patience` seconds in all.

    Wall and CPU time are each the least seen: another program on the machine can only add to them.
    """
    begin = time.perf_counter()
    wall, cpu, done = float("inf"), float("inf"), 0
    while True:
        clock, busy = time.perf_counter(), time.process_time()
        result = work()
        now = time.perf_counter()
        wall, cpu, done = min(wall, now - clock), min(cpu, time.process_time() - busy), done + 1
        if done == runs or now - begin > patience:
            return Cost(wall, cpu, done), result


def peak_memory() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # the counter of getrusage starts from what the parent process held
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def machine() -> dict[str, object]:
    """Cores, memory and versions, and the date."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }

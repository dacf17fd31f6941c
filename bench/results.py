"""Results as JSON files, each written in whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.measure import machine
from dashboard.settings import ROOT

_FOLDER = ROOT / "bench" / "results"


def write_result(name: str, result: dict[str, object]) -> None:
    """Store a result with the machine it was measured on."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    content = {"name": name, "machine": machine(), **result}
    write_text(_FOLDER / f"{name}.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_result(name: str) -> dict[str, Any] | None:
    """The last result of a bench, or None if it never ran."""
    path = _FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write_text(path: Path, text: str) -> None:
    """Replace a file at once."""
    beside = path.with_name(path.name + ".tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)

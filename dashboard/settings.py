"""Paths and switches, from the environment. Resolved from the package, never from the working directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO_STORE = ROOT / "data" / "demo.duckdb"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this process finds its store and its rules, and which language it speaks first."""

    store: Path
    rules: Path
    language: str

    @classmethod
    def from_environment(cls) -> Settings:
        """Read `DASHBOARD_STORE`, `DASHBOARD_RULES` and `DASHBOARD_LANGUAGE` (`zh_CN` or `en`)."""
        return cls(
            store=Path(os.environ.get("DASHBOARD_STORE") or ROOT / "data" / "dashboard.duckdb"),
            rules=Path(os.environ.get("DASHBOARD_RULES") or ROOT / "rules.yaml"),
            language=os.environ.get("DASHBOARD_LANGUAGE") or "zh_CN",
        )

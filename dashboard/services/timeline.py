"""办理记录: what was done about a branch in a year, in order, by whom and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.auth.viewer import GRANTS, Viewer, require
from dashboard.store import proceedings
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Done:
    """Something done at a time in UTC; `detail` is what its action keeps."""

    action: str
    at: datetime
    who: str
    reason: str
    detail: Mapping[str, Any]


def timeline(store: Store, viewer: Viewer, branch_id: str, year: int) -> tuple[Done, ...]:
    """The oldest first; what is about incidents only for those who may see incidents."""
    require(viewer, "view_branch")
    all_of_it = "view_incidents" in GRANTS[viewer.role]
    return tuple(
        Done(line["action"], line["happened_at"], line["who"], line["reason"], line["detail"])
        for line in proceedings.of_branch(store, branch_id, year)
        if all_of_it or not line["action"].startswith("incident_")
    )

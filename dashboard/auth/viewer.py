"""The viewer of a call, and the one place that says what a viewer may do.

Accounts are not part of this version: every visitor is `VISITOR`, the command line is `OPERATOR`, and both may do
everything in `GRANTS`. Services ask `require` on every call, so that roles can be narrowed here alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dashboard.errors import NotAllowed

Action = Literal[
    "view_results",
    "view_branch",
    "view_rules",
    "simulate",
    "keep_scenario",
    "view_tally",
    "decide_vote",
    "withdraw_votes",
    "view_appraisals",
    "record_appraisal",
    "draw",
    "rate_self",
    "apply",
    "grant_exception",
    "review",
    "inspect",
    "view_incidents",
    "record_incident",
    "rectify",
    "answer_rectification",
    "keep_run",
    "decide_award",
    "publish",
    "view_progress",
    "import",
    "export",
    "record_awards",
    "fill_demo",
    "move_day",
]

GRANTS: dict[str, frozenset[str]] = {
    "visitor": frozenset(get_args(Action)) - {"record_awards", "fill_demo"},
    "operator": frozenset(get_args(Action)),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever makes a call."""

    name: str
    role: str


VISITOR = Viewer("", "visitor")
OPERATOR = Viewer("", "operator")


def require(viewer: Viewer, action: Action) -> None:
    """Let the call go on.

    Raises:
        NotAllowed: the viewer's role does not have the action.
    """
    if action not in GRANTS.get(viewer.role, frozenset()):
        raise NotAllowed.of("auth.not_allowed", action=action)

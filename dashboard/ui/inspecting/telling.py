"""Inspections in words."""

from __future__ import annotations

from dashboard.services.inspecting import Sanction, Task
from dashboard.store.inspecting import Result
from dashboard.ui import resources, shell


def outcome_name(result: Result) -> str:
    """Pass or fail, or that an imported result says neither."""
    return shell.words()(f"event.outcome.{result.outcome}" if result.outcome else "inspecting.no_outcome")


def progress(task: Task) -> str:
    """How far the sheet has come."""
    t = shell.words()
    return t(f"inspecting.progress.{task.state}", answered=task.answered, items=task.items)


def result_line(result: Result) -> str:
    """A result in one line: outcome, level, score and day, as far as it says them."""
    t, names = shell.words(), shell.level_names()
    parts = [outcome_name(result)]
    if result.level_met is not None:
        parts.append(t("event.met", level=names.get(result.level_met, str(result.level_met))))
    if result.score is not None:
        parts.append(t("event.score", score=f"{result.score.normalize():f}"))
    if result.inspected_on is not None:
        parts.append(t.day(result.inspected_on))
    return t("inspecting.comma").join(parts)


def sanction_text(sanction: Sanction) -> str:
    """What the failures under a superior have led to, or will lead to."""
    t = shell.words()
    names = {branch.branch_id: branch.name for branch in resources.branches()}
    struck = t("inspecting.and").join(names[branch] for branch in sanction.struck) or t("inspecting.nobody")
    text = t(
        "inspecting.sanction" if sanction.holds else "inspecting.sanction_near",
        superior=sanction.superior, failed=sanction.failed, enough=sanction.enough, count=len(sanction.struck),
        names=struck, left=sanction.enough - sanction.failed,
    )  # fmt: skip
    return shell.plain(text)

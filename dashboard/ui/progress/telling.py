"""A step in words: what, by whom, by when, and how late."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from dashboard.i18n import Translator
from dashboard.services.standing import Together
from dashboard.services.steps import STATES, State, Todo
from dashboard.ui import shell


def step_name(t: Translator, step: str | None) -> str:
    """A step in a few words."""
    return t(f"step.{step}")


def state_names(t: Translator) -> dict[State, str]:
    """Every state, the most urgent first."""
    return {state: t(f"progress.state.{state}") for state in STATES}


def turn_name(t: Translator, actor: str | None) -> str:
    """Whose turn it is; nobody's where there is nothing to do."""
    return t(f"turn.{actor}") if actor else "—"


def superior_name(t: Translator, name: str | None) -> str:
    return name or t("superior.none")


def instruction(t: Translator, todo: Todo) -> str:
    """What the step asks of a branch, as a sentence to it."""
    level = shell.level_names().get(todo.level, "")
    superior = superior_name(t, todo.branch.superior)
    return t(f"step.{todo.step}.do", answered=todo.answered, items=todo.items, level=level, superior=superior)


@lru_cache(maxsize=1024)
def _month_day(t: Translator, day: date) -> str:
    return t.month_day(day)


def when(t: Translator, todo: Todo | Together) -> str:
    """By when, or from when on; "" where no day is set."""
    if todo.state == "ahead" and todo.opens:
        first = _month_day(t, todo.opens)
        if todo.due:
            return t("progress.span", first=first, last=_month_day(t, todo.due))
        return t("progress.opens", date=first)
    return t("progress.due", date=_month_day(t, todo.due)) if todo.due and todo.state != "done" else ""


def distance(t: Translator, todo: Todo | Together, now: date) -> str:
    """How late, or how many days are left; "" where no day is set or it is not yet time."""
    if todo.state == "late":
        return t("progress.late_by", days=todo.late)
    if todo.state in ("ahead", "done") or todo.due is None:
        return ""
    return days_left(t, todo.due, now)


def days_left(t: Translator, due: date, now: date) -> str:
    """How many days are left up to one that is not over."""
    left = (due - now).days
    return t("progress.left", days=left) if left else t("progress.today")


def waited(t: Translator, todo: Todo) -> str:
    """How long it has waited for whose turn it is; "" where that is unknown, or nobody waits."""
    if not todo.waiting or todo.state not in ("late", "now"):
        return ""
    return t("progress.waiting", days=todo.waiting)

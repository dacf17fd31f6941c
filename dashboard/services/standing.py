"""How far a year has come: the step now due, whose turn it is, and what is open where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.services.evaluation import BranchResult
from dashboard.services.steps import ACTORS, STATES, STEPS, TOGETHER, Actor, State, Step, Todo, Year

Phase = Literal["apply", "review", "inspect", "plan"]

_OPEN: Mapping[Phase, frozenset[Step]] = {
    "apply": frozenset({"rate_self", "finish_self", "apply", "mend", "permit"}),
    "review": frozenset({"review", "unmet"}),
    "inspect": frozenset({"spot_check", "acceptance", "recheck"}),
    "plan": frozenset({"plan"}),
}
PHASES: tuple[Phase, ...] = tuple(_OPEN)
_REVIEWED = ("accepted", "over_cap")  # what an application is once its review is over


@dataclass(frozen=True, slots=True)
class Standing:
    """The step that is due now: of the branches `asked` to take it, `done` have; it opens and ends on these days."""

    phase: Phase
    done: int
    asked: int
    opens: date | None
    due: date | None


@dataclass(frozen=True, slots=True)
class Turn:
    """With whom the turn lies about how many branches, and how many of them are late; what concerns all branches at
    once is not counted."""

    actor: Actor
    branches: int
    late: int


@dataclass(frozen=True, slots=True)
class Together:
    """One act for many branches; see `Todo`."""

    step: Step
    state: State
    actor: Actor | None
    opens: date | None
    due: date | None
    late: int
    branches: int


@dataclass(frozen=True, slots=True)
class Pile:
    """Branches by the state of what is open: of a step, or of a superior (None where there is none)."""

    key: str | None
    name: str | None
    counts: Mapping[State, int]


def standing(year: Year, results: Iterable[BranchResult], todos: Iterable[Todo]) -> Standing | None:
    """The step that the calendar asks for now; None from the end of the inspections until the result is final."""
    phase, opens, due = _phase(year)
    if phase is None:
        return None
    left = {todo.branch.branch_id for todo in todos if todo.step in _OPEN[phase]}
    applied = {r.branch_id: r.application_status for r in results if r.application_status is not None}
    done: Mapping[Phase, Iterable[str]] = {
        "apply": applied,
        "review": (branch for branch, status in applied.items() if status in _REVIEWED),
        "inspect": year.inspected,
        "plan": (branch for branch, found in year.situations.items() if found.planned),
    }
    finished = (set(done[phase]) & year.situations.keys()) - left
    return Standing(phase, len(finished), len(finished) + len(left), opens, due)


def _phase(year: Year) -> tuple[Phase | None, date | None, date | None]:
    """The phase of the day, when it began and when it ends."""
    if year.run and year.run.final_at:
        return "plan", None, None
    if year.run or year.recorded:
        return None, None, None
    ends: tuple[tuple[Phase, date | None, date | None], ...] = (
        ("apply", year.first("self_assessment"), year.deadline),
        ("review", None, year.reviewed_by),
        ("inspect", year.first("acceptance"), year.last("acceptance")),
    )
    return next((found for found in ends if found[2] and year.today <= found[2]), (None, None, None))


def own(todos: Iterable[Todo]) -> tuple[Todo, ...]:
    """What is to be done about single branches."""
    return tuple(todo for todo in todos if todo.step not in TOGETHER and todo.state != "done")


def late(todos: Iterable[Todo]) -> tuple[str, ...]:
    """The branches about which something is late, by id."""
    return tuple(sorted({todo.branch.branch_id for todo in own(todos) if todo.state == "late"}))


def turns(todos: Iterable[Todo]) -> tuple[Turn, ...]:
    """With whom the turn lies now, everybody named."""
    now = [todo for todo in own(todos) if todo.state in ("late", "now")]

    def count(actor: Actor, *states: State) -> int:
        return len({todo.branch.branch_id for todo in now if todo.actor == actor and todo.state in states})

    return tuple(Turn(actor, count(actor, "late", "now"), count(actor, "late")) for actor in ACTORS)


def together(todos: Iterable[Todo]) -> tuple[Together, ...]:
    """What is one act for many branches, said once, in the order of the year."""
    found: dict[Step, list[Todo]] = {}
    for todo in todos:
        if todo.step in TOGETHER:
            found.setdefault(todo.step, []).append(todo)
    return tuple(
        Together(step, every[0].state, every[0].actor, every[0].opens, every[0].due, every[0].late, len(every))
        for step, every in sorted(found.items(), key=lambda pair: STEPS.index(pair[0]))
    )


def by_step(todos: Iterable[Todo]) -> tuple[Pile, ...]:
    """How many branches each step is open for, in the order of the year."""
    found: dict[Step, Counter[State]] = {}
    for todo in own(todos):
        found.setdefault(todo.step, Counter())[todo.state] += 1
    return tuple(Pile(step, None, dict(found[step])) for step in STEPS if step in found)


def by_superior(todos: Sequence[Todo]) -> tuple[Pile, ...]:
    """The branches of each superior by the most urgent of what is open about them, those most often late first; `done`
    counts the others."""
    most: dict[str, State] = {}
    for todo in todos:
        before = most.get(todo.branch.branch_id, "done")
        state = "done" if todo.step in TOGETHER else todo.state
        most[todo.branch.branch_id] = min(before, state, key=STATES.index)
    counts: dict[tuple[str | None, str | None], Counter[State]] = {}
    for branch in {todo.branch.branch_id: todo.branch for todo in todos}.values():
        key = (branch.superior_id, branch.superior)
        counts.setdefault(key, Counter())[most[branch.branch_id]] += 1
    piles = [Pile(key, name, dict(found)) for (key, name), found in counts.items()]
    return tuple(sorted(piles, key=lambda pile: (-pile.counts.get("late", 0), pile.key is None, pile.key or "")))

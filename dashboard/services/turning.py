"""Where a result turns: the next value of a parameter that would change it, and the least that reaches a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from dashboard.rules.adjustable import Adjustable
from dashboard.services.sweep import Sweep, Totals

Aim = Literal["stars", "level", "coverage", "bare", "funding"]


@dataclass(frozen=True, slots=True)
class Step:
    """A value, as scenario files write it, and what it would come to."""

    value: object
    totals: Totals


@dataclass(frozen=True, slots=True)
class Turning:
    """The nearest values below and above the present one that change any branch's level; None where no value tried
    does. For a choice `others` are the other options that change something."""

    adjustable: Adjustable
    below: Step | None
    above: Step | None
    others: tuple[Step, ...] = ()

    @property
    def inert(self) -> bool:
        """Whether no value tried changes anything."""
        return not (self.below or self.above or self.others)


def turning(sweep: Sweep) -> Turning:
    """Where a sweep, counted against the present result, turns."""
    axis = sweep.axis
    steps = {
        n: Step(value, totals)
        for n, (value, totals) in enumerate(zip(axis.written, sweep.totals, strict=True))
        if totals is not None and totals.changed
    }
    if axis.adjustable.kind in ("choice", "order", "several"):
        return Turning(axis.adjustable, None, None, tuple(steps.values()))
    present = axis.adjustable.value
    now = axis.values.index(present) if present in axis.values else len(axis.values)  # no limit is the most of all
    below = [step for n, step in steps.items() if n < now]
    above = [step for n, step in steps.items() if n > now]
    return Turning(axis.adjustable, below[-1] if below else None, above[0] if above else None)


@dataclass(frozen=True, slots=True)
class Goal:
    """A target: at least `amount` stars in all, stars at `level`, or coverage (a share); at most `amount` superiors
    of `kind` without a star, or yuan a year."""

    aim: Aim
    amount: float
    level: int | None = None
    kind: str | None = None

    def figure(self, totals: Totals) -> float | None:
        """What the target is about; None where it is not known (no amounts set)."""
        match self.aim:
            case "stars":
                return totals.total
            case "level":
                return totals.stars.get(self.level or 0, 0)
            case "coverage":
                return totals.coverage
            case "bare":
                return totals.bare.get(self.kind or "", 0)
            case "funding":
                return totals.funding

    @property
    def at_most(self) -> bool:
        return self.aim in ("bare", "funding")

    def reached(self, totals: Totals) -> bool:
        figure = self.figure(totals)
        if figure is None:
            return False
        return figure <= self.amount if self.at_most else figure >= self.amount


@dataclass(frozen=True, slots=True)
class Sought:
    """The answer to a goal: the least value that reaches it, else the value that comes nearest.

    `falls_back` is the first greater value at which the target is missed again (the cliff of 附2·三), if any.
    """

    step: Step | None
    nearest: Step | None
    falls_back: Step | None


def seek(sweep: Sweep, goal: Goal) -> Sought:
    """The first value of the axis, in its order, that reaches the goal."""
    steps = list(_steps(sweep))
    hit = next((n for n, step in enumerate(steps) if goal.reached(step.totals)), None)
    if hit is None:
        return Sought(None, _nearest(steps, goal), None)
    after = (step for step in steps[hit:] if not goal.reached(step.totals))
    return Sought(steps[hit], None, next(after, None))


def _steps(sweep: Sweep) -> Iterator[Step]:
    for value, totals in zip(sweep.axis.written, sweep.totals, strict=True):
        if totals is not None:
            yield Step(value, totals)


def _nearest(steps: Iterable[Step], goal: Goal) -> Step | None:
    known = [(figure, step) for step in steps if (figure := goal.figure(step.totals)) is not None]
    if not known:
        return None
    pick = min if goal.at_most else max
    return pick(known, key=lambda pair: pair[0])[1]

"""Which step comes next for a branch, by the calendar and what is on record of it (正文·四, 附2·四)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from dashboard.auth.viewer import Viewer
from dashboard.i18n.catalogue import LOCAL_TIME
from dashboard.rules.rulebook import Rulebook
from dashboard.services import drawing, inspecting
from dashboard.services.applying import deadline_of
from dashboard.services.branches import Branch
from dashboard.services.calendar import Milestone, today, year_calendar
from dashboard.services.evaluation import BranchResult, Evaluation
from dashboard.store import agenda as kept
from dashboard.store.agenda import Run, Situation
from dashboard.store.connection import Store

Actor = Literal["branch", "superior", "office", "group"]
State = Literal["late", "now", "may", "ahead", "done"]
Step = Literal[
    "rate_self",
    "finish_self",
    "apply",
    "may_apply",
    "mend",
    "permit",
    "review",
    "unmet",
    "reply",
    "close",
    "draw",
    "spot_check",
    "acceptance",
    "recheck",
    "tie",
    "result",
    "notice",
    "finalise",
    "plan",
    "deferred",
    "exempt",
    "over",
]

ACTORS: tuple[Actor, ...] = get_args(Actor)
STATES: tuple[State, ...] = get_args(State)
STEPS: tuple[Step, ...] = get_args(Step)
TOGETHER: frozenset[Step] = frozenset({"draw", "result", "notice", "finalise"})  # one act for all branches of a year
_WHOSE: Mapping[Step, Actor] = {
    "rate_self": "branch",
    "finish_self": "branch",
    "apply": "branch",
    "may_apply": "branch",
    "mend": "branch",
    "permit": "office",
    "review": "superior",
    "unmet": "superior",
    "reply": "branch",
    "close": "office",
    "draw": "group",
    "spot_check": "group",
    "acceptance": "group",
    "recheck": "group",
    "tie": "group",
    "result": "group",
    "notice": "office",
    "finalise": "group",
    "plan": "branch",
}


@dataclass(frozen=True, slots=True)
class Todo:
    """A step of a branch, and whose turn it is (nobody's where it is done).

    It can be taken from `opens` on, and is late by `late` days after `due`; in the state `may` nothing is lost without
    it. `waiting` counts the days since the step before it. `answered` of `items` criteria have a mark. `level` is the
    one that the step is about.
    """

    branch: Branch
    step: Step
    state: State
    actor: Actor | None
    opens: date | None
    due: date | None
    late: int
    waiting: int | None
    answered: int
    items: int
    level: int


@dataclass(frozen=True, slots=True)
class Year:
    """What the steps of all branches of a year follow from; `inspected` names branches with a result of an inspection.

    All of it but `answered` stays the same until the data has a new revision or the day is over.
    """

    rulebook: Rulebook
    today: date
    deadline: date
    calendar: tuple[Milestone, ...]
    run: Run | None
    recorded: bool
    situations: Mapping[str, Situation]
    answered: Mapping[str, frozenset[str]]
    inspections: Mapping[str, tuple[inspecting.Task, ...]]
    inspected: frozenset[str]
    to_draw: frozenset[str]

    @classmethod
    def read(cls, store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Year:
        year, now = evaluation.year, today(store)
        situations = kept.situations(store, year)
        open_tasks: dict[str, tuple[inspecting.Task, ...]] = {}
        tasks = inspecting.tasks(store, rulebook, viewer, evaluation)
        for task in tasks:
            if task.result is None:
                branch = task.branch.branch_id
                open_tasks[branch] = (*open_tasks.get(branch, ()), task)
        return cls(
            rulebook=rulebook,
            today=now,
            deadline=deadline_of(rulebook, year),
            calendar=year_calendar(rulebook, year, now),
            run=kept.announced(store, year),
            recorded=any(found.awarded is not None for found in situations.values()),
            situations=situations,
            answered=kept.answered(store, year),
            inspections=open_tasks,
            inspected=frozenset(task.branch.branch_id for task in tasks if task.result),
            to_draw=_to_draw(store, rulebook, viewer, evaluation),
        )

    @property
    def reviewed_by(self) -> date | None:
        """The last day of review: that before inspections begin."""
        first = self.first("acceptance")
        return first - timedelta(days=1) if first else None

    def with_answers(self, store: Store, branch_id: str | None = None) -> Year:
        """The same with what branches, or the one given, have typed by now."""
        return replace(self, answered=kept.answered(store, self.deadline.year, branch_id))

    def first(self, item: str) -> date | None:
        """The first day of an item of the calendar."""
        return next((found.first for found in self.calendar if found.item.id == item), None)

    def last(self, item: str) -> date | None:
        """The last day of an item of the calendar."""
        return next((found.last for found in self.calendar if found.item.id == item), None)

    def steps(self, branch: Branch, result: BranchResult) -> tuple[Todo, ...]:
        """The steps of a branch, the most urgent first."""
        found = list(self._closing(branch, result)) or [
            *self._applying(branch, result),
            *self._rectifying(branch),
            *self._inspecting(branch, result),
        ]
        found = found or [self._waiting(branch, result)]
        return tuple(sorted(found, key=lambda todo: (STATES.index(todo.state), todo.due or date.max)))

    def _closing(self, branch: Branch, result: BranchResult) -> Iterator[Todo]:
        """The end of the year, once its result is announced or on record."""
        stands = self.situations[branch.branch_id]
        if self.run and self.run.final_at:
            level = result.awarded_level if stands.awarded is None else stands.awarded
            if level == 0 and not stands.planned and result.basis != "deferred":
                yield self._todo(branch, "plan", since=_day(self.run.final_at))
            else:
                yield self._todo(branch, "over")
        elif self.run:
            until = self.run.notice_to
            if until is None or self.today <= until:
                yield self._todo(branch, "notice", due=until, since=_day(self.run.announced_at))
            else:
                yield self._todo(branch, "finalise", due=self.last("commendation"), since=until)
        elif self.recorded:
            yield self._todo(branch, "over")

    def _applying(self, branch: Branch, result: BranchResult) -> Iterator[Todo]:
        """Self-assessment, application and review (附2·四·1)."""
        stands, level = self.situations[branch.branch_id], result.applied_level or 0
        match result.application_status:
            case _ if result.basis == "vetoed":
                return
            case _ if self.rulebook.standard_of(branch.sector) is None:
                yield self._todo(branch, "exempt")
            case None:
                yield from self._not_applied(branch, result, stands)
            case "returned":
                day = _day(stands.returned_at)
                in_time = not stands.excepted and (day is None or day <= self.deadline)
                yield self._todo(branch, "mend", due=self.deadline if in_time else None, since=day, level=level)
            case "late":
                yield self._todo(branch, "permit", since=stands.submitted_on, level=level)
            case "pending":
                yield self._todo(branch, "review", due=self.reviewed_by, since=stands.submitted_on, level=level)
            case "self_unmet":
                actor: Actor = "superior" if branch.superior_id else "branch"
                yield self._todo(branch, "unmet", due=self.reviewed_by, level=level, actor=actor)

    def _not_applied(self, branch: Branch, result: BranchResult, stands: Situation) -> Iterator[Todo]:
        if result.basis == "deferred":
            yield self._todo(branch, "deferred")
            return
        standard = self.rulebook.standard_of(branch.sector)
        criteria = standard.criteria.keys() if standard else frozenset()
        answered = len(self.answered.get(branch.branch_id, frozenset()) & criteria)
        opens = self.first("self_assessment")
        if result.previous_level > 0:
            if self.today <= self.deadline and result.previous_level < self.rulebook.level_values[-1]:
                yield self._todo(
                    branch, "may_apply", opens=opens, due=self.deadline, answered=answered, level=result.previous_level
                )
            return
        step: Step = "rate_self" if not answered else "apply" if answered == len(criteria) else "finish_self"
        due = None if stands.excepted else self.deadline
        yield self._todo(branch, step, opens=opens, due=due, answered=answered)

    def _rectifying(self, branch: Branch) -> Iterator[Todo]:
        """责令整改 (附2·五·3): first the branch answers, then the office closes it."""
        stands = self.situations[branch.branch_id]
        if stands.due_on is not None and stands.replied_at is None:
            yield self._todo(branch, "reply", due=stands.due_on, since=stands.issued_on)
        elif stands.due_on is not None:
            yield self._todo(branch, "close", due=stands.due_on, since=_day(stands.replied_at))

    def _inspecting(self, branch: Branch, result: BranchResult) -> Iterator[Todo]:
        """Spot check, acceptance inspection, recheck (附2·四·2)."""
        if result.basis != "vetoed":
            for task in self.inspections.get(branch.branch_id, ()):
                yield self._in_autumn(branch, task.kind, task.target or 0)

    def _waiting(self, branch: Branch, result: BranchResult) -> Todo:
        """What remains when nothing is left to do about the branch itself."""
        if branch.branch_id in self.to_draw and result.basis != "vetoed":
            return self._in_autumn(branch, "draw", result.applied_level or result.previous_level)
        if result.basis == "tie_pending":
            return self._todo(branch, "tie", due=self.last("public_notice"), level=result.competed_at or 0)
        return self._todo(branch, "result", opens=self.first("appraisal"), due=self.last("public_notice"))

    def _in_autumn(self, branch: Branch, step: Step, level: int) -> Todo:
        return self._todo(branch, step, opens=self.first("acceptance"), due=self.last("acceptance"), level=level)

    def _todo(
        self,
        branch: Branch,
        step: Step,
        *,
        opens: date | None = None,
        due: date | None = None,
        since: date | None = None,
        answered: int = 0,
        level: int = 0,
        actor: Actor | None = None,
    ) -> Todo:
        whose = actor or _WHOSE.get(step)
        late = max(0, (self.today - due).days) if due and whose else 0
        state: State = "done" if whose is None else "late" if late else "may" if step == "may_apply" else "now"
        standard = self.rulebook.standard_of(branch.sector)
        return Todo(
            branch=branch,
            step=step,
            state="ahead" if state != "done" and opens and opens > self.today else state,
            actor=whose,
            opens=opens,
            due=due,
            late=late,
            waiting=max(0, (self.today - since).days) if since else None,
            answered=answered,
            items=len(standard.criteria) if standard else 0,
            level=level,
        )


def _to_draw(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> frozenset[str]:
    """Who is in a draw that is still to come: neither drawn here nor, as results show, elsewhere."""
    here = {found.kind for found in drawing.draws(store, viewer, evaluation.year) if found.tickets}
    drawn = here | kept.inspected_kinds(store, evaluation.year)
    pools = (drawing.pool(rulebook, evaluation, kind) for kind in get_args(drawing.Kind) if kind not in drawn)
    return frozenset(branch for pool in pools for _, branch in pool)


def _day(at: datetime | None) -> date | None:
    """The day of a moment in the subdistrict."""
    return at.astimezone(LOCAL_TIME).date() if at else None

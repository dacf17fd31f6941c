"""验收录入: who is inspected in a year, and how far each inspection has come (附2·二, 附2·四·2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import Branch, list_branches
from dashboard.services.drawing import draws
from dashboard.services.evaluation import BranchResult, Evaluation
from dashboard.services.preview import Preview, preview, read_marks
from dashboard.services.sheets import Lock, read_sheet
from dashboard.store import inspecting as kept
from dashboard.store import proceedings
from dashboard.store.connection import Store
from dashboard.store.inspecting import Filled, Result

Kind = Literal["acceptance", "spot_check", "recheck"]
Outcome = Literal["pass", "fail"]
State = Literal["to_do", "begun", "done"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
_NOT_BEGUN = Filled(frozenset(), 0)


def stage_of(kind: Kind) -> Literal["inspection", "recheck"]:
    """The sheet that an inspection fills in."""
    return "recheck" if kind == "recheck" else "inspection"


@dataclass(frozen=True, slots=True)
class Task:
    """An inspection of a branch. `target` is the level that it is held to, by value: the one applied for, or for a
    recheck the one held; None where there is neither. `answered` of `items` criteria have a mark; `typed` entries are
    not handed in. `counts`: its failure would count towards the collective sanction (附2·四·3)."""

    branch: Branch
    kind: Kind
    target: int | None
    answered: int
    items: int
    typed: int
    result: Result | None
    counts: bool

    @property
    def state(self) -> State:
        return "done" if self.result else "begun" if self.answered or self.typed else "to_do"

    def proposal(self, level: int) -> Outcome | None:
        """The outcome that follows from the level met; None where the branch is held to none."""
        if self.target is None:
            return None
        return "pass" if level >= self.target else "fail"


@dataclass(frozen=True, slots=True)
class Sanction:
    """集中不予认定: a superior with `failed` applications, of which `enough` take the entry level from all its branches
    that applied for it; `struck` of them (ids) have lost it by this alone."""

    superior_id: str
    superior: str
    failed: int
    enough: int
    struck: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.failed >= self.enough


@dataclass(frozen=True, slots=True)
class Line:
    """What was done about a result, at a time in UTC: recorded, or corrected from `before`."""

    action: Literal["inspected", "inspection_corrected"]
    at: datetime
    who: str
    reason: str
    before: Result | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An inspection as it stands. `marks` is what the sheet comes to, None where nothing is entered in it; `blank`
    counts its criteria without a mark, which count as not met; `proposed` follows from it; `lock` says why nobody may
    enter anything."""

    task: Task
    marks: Preview | None
    blank: int
    proposed: Outcome | None
    lock: Lock | None
    lines: tuple[Line, ...]
    vetoed: bool
    sanction: Sanction | None


def tasks(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> tuple[Task, ...]:
    """Everything there is to inspect in the year of an evaluation, by superior and branch.

    An acceptance inspection of every accepted application for a level competed for above the one held; a spot check or
    recheck of those drawn; and whatever has a result.
    """
    require(viewer, "view_results")
    year = evaluation.year
    branches = {branch.branch_id: branch for branch in list_branches(store, viewer)}
    rated = {row.branch_id: row for row in evaluation.branches()}
    results, filled = kept.results(store, year), kept.filled(store, year)
    known = {(branch, kind) for branch, kind in results if branch in rated}
    due = _to_accept(rulebook, rated.values()) | _drawn(store, viewer, year)
    made = (
        _task(rulebook, rated[branch], branches[branch], kind, filled, results.get((branch, kind)))
        for kind in KINDS
        for branch in sorted(branch for branch, of_kind in due | known if of_kind == kind and branch in rated)
    )
    return tuple(sorted(made, key=lambda task: (task.branch.superior_id or "", task.branch.branch_id)))


def _to_accept(rulebook: Rulebook, rows: Iterable[BranchResult]) -> set[tuple[str, str]]:
    competed = {level.value for _, level, _ in rulebook.competed_levels()}
    return {(row.branch_id, "acceptance") for row in rows if _rises(row) and row.applied_level in competed}


def _rises(row: BranchResult) -> bool:
    """Whether an application for more than the level held is accepted."""
    return row.application_status == "accepted" and (row.applied_level or 0) > row.previous_level


def _drawn(store: Store, viewer: Viewer, year: int) -> set[tuple[str, str]]:
    return {
        (ticket.branch_id, found.kind)
        for found in draws(store, viewer, year)
        if found.abandoned is None
        for ticket in found.tickets
        if ticket.drawn
    }


def _task(
    rulebook: Rulebook,
    row: BranchResult,
    branch: Branch,
    kind: Kind,
    filled: Mapping[tuple[str, str], Filled],
    result: Result | None,
) -> Task:
    standard = rulebook.standard_of(branch.sector)
    criteria = standard.criteria.keys() if standard else frozenset()
    sheet = filled.get((branch.branch_id, stage_of(kind)), _NOT_BEGUN)
    return Task(
        branch=branch,
        kind=kind,
        target=(row.previous_level or None) if kind == "recheck" else row.applied_level,
        answered=len(sheet.criteria & criteria),
        items=len(criteria),
        typed=sheet.typed,
        result=result,
        counts=_counts(rulebook, row, branch, kind),
    )


def _counts(rulebook: Rulebook, row: BranchResult, branch: Branch, kind: Kind) -> bool:
    rule = rulebook.inspection.collective_sanction
    if rule is None or branch.superior_kind not in rule.applies_to or not branch.active or not _rises(row):
        return False
    entry = row.applied_level in {rulebook.levels[key].value for key in rulebook.entry_keys}
    return kind == "spot_check" if entry else kind == "acceptance" and rule.counts == "any"


def sanctions(
    rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, found: Iterable[Task]
) -> tuple[Sanction, ...]:
    """Superiors with failures that count towards the collective sanction, the most first."""
    require(viewer, "view_results")
    rule = rulebook.inspection.collective_sanction
    if rule is None:
        return ()
    failed = [task.branch for task in found if task.counts and task.result and task.result.outcome == "fail"]
    names = {branch.superior_id or "": branch.superior or "" for branch in failed}
    struck: dict[str, list[str]] = {}
    for row in evaluation.table.select(["branch_id", "superior_id", "basis"]).to_pylist():
        if row["basis"] == "collective_sanction":
            struck.setdefault(row["superior_id"], []).append(row["branch_id"])
    counted = Counter(branch.superior_id or "" for branch in failed)
    return tuple(
        Sanction(superior, names[superior], count, rule.failures, tuple(struck.get(superior, ())))
        for superior, count in counted.most_common()
    )


def task_of(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, branch_id: str, kind: Kind
) -> Task:
    """One inspection.

    Raises:
        UserError: the branch is not inspected in this way this year.
    """
    return _find(tasks(store, rulebook, viewer, evaluation), branch_id, kind)


def _find(every: Iterable[Task], branch_id: str, kind: Kind) -> Task:
    found = next((task for task in every if (task.branch.branch_id, task.kind) == (branch_id, kind)), None)
    if found is None:
        raise UserError.of("inspection.not_due")
    return found


def look(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, branch_id: str, kind: Kind
) -> Standing:
    """One inspection as it stands, with what was typed and not handed in.

    Raises:
        UserError: the branch is not inspected in this way this year.
    """
    require(viewer, "view_branch")
    every, year = tasks(store, rulebook, viewer, evaluation), evaluation.year
    task = _find(every, branch_id, kind)
    marks = marks_of(store, rulebook, viewer, task, year)
    rated = evaluation.branch(branch_id)
    counted = sanctions(rulebook, viewer, evaluation, every)
    return Standing(
        task=task,
        marks=marks,
        blank=sum(section.unknown for section in marks.sections) if marks else task.items,
        proposed=task.proposal(marks.level_met) if marks else None,
        lock=read_sheet(store, rulebook, viewer, branch_id, year, stage_of(kind)).lock,
        lines=tuple(lines_of(store, branch_id, year, kind)),
        vetoed=rated is not None and rated.basis == "vetoed",
        sanction=next((found for found in counted if found.superior_id == task.branch.superior_id), None),
    )


def marks_of(store: Store, rulebook: Rulebook, viewer: Viewer, task: Task, year: int) -> Preview | None:
    """What the sheet of an inspection comes to with what was typed; None where nothing is entered in it, or no standard
    covers the branch."""
    branch = task.branch.branch_id
    marks = read_marks(store, rulebook, viewer, branch, year, stage_of(task.kind), typed=True)
    return preview(store, rulebook, viewer, branch, marks.values) if marks.stated else None


def lines_of(store: Store, branch_id: str, year: int, kind: Kind) -> Iterator[Line]:
    """What was done about a result, the oldest first; nothing about one that was imported."""
    for line in proceedings.of_branch(store, branch_id, year):
        if line["action"] in ("inspected", "inspection_corrected") and line["detail"].get("kind") == kind:
            before = line["detail"].get("before")
            yield Line(line["action"], line["happened_at"], line["who"], line["reason"], before and _read(before))


def _read(told: Mapping[str, Any]) -> Result:
    """A result as a line of the proceedings holds it."""
    score, day = told["score"], told["inspected_on"]
    return Result(
        told["outcome"], told["level_met"], Decimal(score) if score else None, date.fromisoformat(day) if day else None
    )

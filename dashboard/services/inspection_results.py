"""What an inspection found: recorded once with its sheet, and corrected with a reason (附2·四·2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.calendar import today
from dashboard.services.evaluation import Evaluation
from dashboard.services.inspecting import Kind, Outcome, Task, lines_of, marks_of, stage_of, task_of
from dashboard.services.preview import Preview
from dashboard.services.sheets import read_sheet
from dashboard.services.texts import REASON, given
from dashboard.store import inspecting as kept
from dashboard.store import proceedings, sheets
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.inspecting import Result
from dashboard.store.years import require_open

HIGHEST = Decimal(100)
_STEP = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspector hands in. `level` (a value) is stated only where the sheet is empty; `remark` is the reason of
    a correction."""

    outcome: Outcome | None
    inspected_on: date | None
    score: Decimal | None = None
    level: int | None = None
    remark: str = ""


def finish(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    evaluation: Evaluation,
    branch_id: str,
    kind: Kind,
    found: Finding,
) -> None:
    """Record what an inspection found, and hand in its sheet. The same again changes nothing.

    Raises:
        UserError: with every problem: the branch is not inspected in this way; a date, score, level or remark is
            missing or wrong.
        StoreError: somebody else recorded another result, or the year is final.
    """
    _record(store, rulebook, viewer, evaluation, branch_id, kind, found, correcting=False)


def correct(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    evaluation: Evaluation,
    branch_id: str,
    kind: Kind,
    found: Finding,
) -> None:
    """Put another result in place of one recorded, with what was typed in the sheet since; `found.remark` says why.

    Raises:
        UserError: as for `finish`; there is no reason.
        StoreError: there is no result to correct, or the year is final.
    """
    given(found.remark, REASON, "inspection.reason_wanted")
    _record(store, rulebook, viewer, evaluation, branch_id, kind, found, correcting=True)


def _record(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    evaluation: Evaluation,
    branch_id: str,
    kind: Kind,
    found: Finding,
    *,
    correcting: bool,
) -> None:
    require(viewer, "inspect")
    year, stage, remark = evaluation.year, stage_of(kind), found.remark.strip()
    task = task_of(store, rulebook, viewer, evaluation, branch_id, kind)
    lock = read_sheet(store, rulebook, viewer, branch_id, year, stage).lock
    if lock not in (None, "no_standard"):  # without a standard there is an outcome all the same
        raise UserError.of(f"sheet.locked_{lock}", year=year)
    after = Result(found.outcome, found.level, found.score, found.inspected_on)
    with store.write("record_inspection", branch=branch_id, year=year, kind=kind) as cursor:
        require_open(cursor, year)
        before, typed = kept.find(cursor, branch_id, year, kind), sheets.both(cursor, branch_id, year, stage)[1]
        said = [line.reason for line in lines_of(store, branch_id, year, kind)]
        if before == after and not typed and (correcting or said[-1:] in ([], [remark])):
            raise NothingToDo
        if correcting != (before is not None):
            raise StoreError.of("inspection.none_yet" if correcting else "inspection.done_already")
        marks = marks_of(store, rulebook, viewer, task, year)
        if problems := list(_problems(store, rulebook, task, year, marks, found)):
            raise UserError(problems)
        handed_in = sheets.hand_in(cursor, branch_id, year, stage)
        kept.put(cursor, branch_id, year, kind, after)
        action = "inspection_corrected" if correcting else "inspected"
        told: dict[str, object] = {"kind": kind, "marks": handed_in, **after._asdict()}
        if before is not None:
            told["before"] = before._asdict()
        proceedings.note(cursor, branch_id, year, action, viewer.name, remark, **told)


def _problems(
    store: Store, rulebook: Rulebook, task: Task, year: int, marks: Preview | None, found: Finding
) -> Iterator[Problem]:
    if found.inspected_on is None or not date(year, 1, 1) <= found.inspected_on <= today(store):
        yield Problem("inspection.day", values={"year": year})
    if found.score is None:
        if task.kind == "acceptance":
            yield Problem("inspection.score_wanted")
    elif not found.score.is_finite() or not 0 <= found.score <= HIGHEST or found.score % _STEP:
        yield Problem("inspection.score")
    if marks is not None and found.level is not None:
        yield Problem("inspection.level_or_list")
    if marks is None and task.kind == "acceptance" and found.level not in (0, *rulebook.level_values):
        yield Problem("inspection.level_wanted")
    if len(found.remark) > REASON:
        yield Problem("inspection.remark_long", values={"limit": REASON})
    yield from _against(task, marks.level_met if marks else found.level, found)


def _against(task: Task, level: int | None, found: Finding) -> Iterator[Problem]:
    """An outcome is wanted, and one that contradicts the level met takes a remark."""
    if found.outcome is None:
        yield Problem("inspection.outcome_wanted")
        return
    expected = None if level is None else task.proposal(level)
    if expected not in (None, found.outcome) and not found.remark.strip():
        yield Problem(f"inspection.contradicts_{expected}")

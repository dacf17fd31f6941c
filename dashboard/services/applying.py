"""申报: a branch applies for a level, before the deadline, knowing what speaks against it (附2·四·1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import Branch, find_branch
from dashboard.services.calendar import today
from dashboard.services.evaluation import BranchResult, rate_one
from dashboard.services.ground import Ground, prepare
from dashboard.services.preview import Preview, preview, read_marks
from dashboard.services.sheets import Sheet, read_sheet
from dashboard.store import applying as kept
from dashboard.store import proceedings, sheets, years
from dashboard.store.applying import Application
from dashboard.store.connection import NothingToDo, Store


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an application for a level would come to as things stand: its `status` if the superior approves, and
    `changes_nothing` where the branch holds the level already."""

    level: int
    status: str
    changes_nothing: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """What a branch should know before it applies. `blank` counts criteria without an answer, which count as not met;
    `late` means that applications are closed to it, `excepted` that the office lets it apply all the same."""

    branch: Branch
    sheet: Sheet
    preview: Preview | None
    previous_level: int
    application: Application | None
    deadline: date
    late: bool
    excepted: bool
    prospects: tuple[Prospect, ...]

    @property
    def blank(self) -> int:
        return sum(section.unknown for section in self.preview.sections) if self.preview else 0


def application_of(store: Store, viewer: Viewer, branch_id: str, year: int) -> Application | None:
    """The application of a branch in a year."""
    require(viewer, "view_branch")
    with store.read() as cursor:
        return kept.find(cursor, branch_id, year)


def deadline_of(rulebook: Rulebook, year: int) -> date:
    """The last day of applications (附2·四·1)."""
    return date(year, *rulebook.application.deadline)


def prepare_application(store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int) -> Ready:
    """What an application for each level would meet, by the rules and as things stand.

    Raises:
        UserError: there is no such branch.
        RulesError: a quota has no published year up to `year`.
    """
    require(viewer, "apply")
    branch = find_branch(store, branch_id)
    sheet = read_sheet(store, rulebook, viewer, branch_id, year, "self")
    marks = read_marks(store, rulebook, viewer, branch_id, year, typed=True)
    seen = preview(store, rulebook, viewer, branch_id, marks.values)
    ground = prepare(store, rulebook, viewer, year, "projected")
    day, deadline = today(store), deadline_of(rulebook, year)
    with store.read() as cursor:
        there, excepted = kept.find(cursor, branch_id, year), kept.exception(cursor, branch_id, year)
    results = {
        level: _result(store, rulebook, ground, branch_id, index, seen, day, excepted=excepted is not None)
        for index, level in enumerate(rulebook.level_values, 1)
    }
    previous = next(iter(results.values())).previous_level
    return Ready(
        branch=branch,
        sheet=sheet,
        preview=seen,
        previous_level=previous,
        application=there,
        deadline=deadline,
        late=day > deadline and not excepted and not _mends(there, deadline),
        excepted=excepted is not None,
        prospects=tuple(
            Prospect(level, result.application_status or "", level <= previous) for level, result in results.items()
        ),
    )


def _mends(there: Application | None, deadline: date) -> bool:
    """Whether an application may come again after the deadline: it was in time, and the superior returned it."""
    return there is not None and there.review == "returned" and there.submitted_on <= deadline


def _result(
    store: Store,
    rulebook: Rulebook,
    ground: Ground,
    branch_id: str,
    index: int,
    seen: Preview | None,
    day: date,
    *,
    excepted: bool,
) -> BranchResult:
    """The result of a branch if it had applied today for a level and its superior approved."""
    met = (0, *rulebook.level_values).index(seen.level_met) if seen else 0
    applied: Mapping[str, object] = {
        "applied_level": index,
        "self_level": met,
        "submitted_on": min(day, deadline_of(rulebook, ground.year)),
        "review": "approved",
        "priority": None,
        "exception": excepted,
    }
    rows = [row | applied if row["branch_id"] == branch_id else row for row in ground.facts.to_pylist()]
    facts = pa.Table.from_pylist(rows, schema=ground.facts.schema)
    result = rate_one(store, Ground(ground.year, True, ground.revision, facts), rulebook).branch(branch_id)
    assert result is not None
    return result


def apply(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, level: int, fingerprint: str
) -> None:
    """Apply for a level: the self-assessment is handed in with it. The same again changes nothing.

    Args:
        fingerprint: of the sheet that the applicant saw.

    Raises:
        UserError: the sheet changed meanwhile or is locked, the level does not exist, or applications are closed.
    """
    require(viewer, "apply")
    if level not in rulebook.level_values:
        raise UserError.of("apply.level")
    branch, day, deadline = find_branch(store, branch_id), today(store), deadline_of(rulebook, year)
    with store.write("apply", branch=branch_id, year=year, level=level) as cursor:
        years.require_open(cursor, year)
        there, excepted = kept.find(cursor, branch_id, year), kept.exception(cursor, branch_id, year)
        sheet = read_sheet(store, rulebook, viewer, branch_id, year, "self")
        if there and there.level == level and there.review != "returned" and not sheet.open:
            raise NothingToDo
        if sheet.lock:
            raise UserError.of(f"sheet.locked_{sheet.lock}", year=year)
        if sheet.fingerprint != fingerprint:
            raise UserError.of("apply.changed")
        if not sheet.answered and rulebook.application.requires_self_assessment:
            raise UserError.of("apply.nothing_answered")
        submitted = day
        if day > deadline and not excepted:
            if there is None or not _mends(there, deadline) or level > there.level:
                raise UserError.of("apply.closed", month=deadline.month, day=deadline.day)
            submitted = there.submitted_on
        handed = sheets.hand_in(cursor, branch_id, year, "self")
        review = "approved" if branch.superior_id is None else "pending"
        kept.put(
            cursor, branch_id, year, Application(level, submitted, review, None, excepted if day > deadline else None)
        )
        proceedings.note(cursor, branch_id, year, "applied", viewer.name, level=level, answers=handed)


def withdraw(store: Store, viewer: Viewer, branch_id: str, year: int) -> None:
    """Take an application back; the self-assessment stays. One that is gone is gone.

    Raises:
        UserError: the superior has approved it.
        StoreError: the result of the year is final.
    """
    require(viewer, "apply")
    with store.write("withdraw_application", branch=branch_id, year=year) as cursor:
        years.require_open(cursor, year)
        there = kept.find(cursor, branch_id, year)
        if there is None:
            raise NothingToDo
        if there.review == "approved" and find_branch(store, branch_id).superior_id is not None:
            raise UserError.of("sheet.locked_approved", year=year)
        kept.remove(cursor, branch_id, year)
        proceedings.note(cursor, branch_id, year, "withdrawn", viewer.name, level=there.level)

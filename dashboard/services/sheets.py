"""填报: the sheet of a branch at one stage, kept answer by answer as it is typed (附2·四·1, 附2·四·2).

Two people may fill in one sheet. A change says what it found and what it leaves, so that the same change sent twice is
one, and a change of what somebody else has changed meanwhile is a conflict that is shown, never an overwriting.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

from dashboard.auth.viewer import Action, Viewer, require
from dashboard.errors import Problem, UserError
from dashboard.rules.rulebook import Rulebook, Standard
from dashboard.services.calendar import today
from dashboard.store import sheets as kept
from dashboard.store.cells import MAX_TEXT, CellError, mark_parser
from dashboard.store.connection import Store
from dashboard.store.evidence import FileRow
from dashboard.store.evidence import of_sheet as files_of

Stage = Literal["self", "review", "inspection", "recheck"]
Field = Literal["value", "note", "evidence"]
Lock = Literal["final", "approved", "no_application", "other_year", "no_standard", "inactive"]

MAY: Mapping[Stage, Action] = {"self": "rate_self", "review": "review", "inspection": "inspect", "recheck": "inspect"}
MOST_CHANGES = 200  # of one call: more than a sheet has
LONGEST = MAX_TEXT


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one criterion. An unknown mark has the value None."""

    value: float | None = None
    note: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one criterion, from `before` to `after`."""

    criterion: str
    field: Field
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change that met something else than it expected: `theirs`, typed at `at` (UTC), where that is known."""

    change: Change
    theirs: object
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it stands. `entries` hold what was typed over what was handed in; `open` names the criteria that were
    typed and not handed in; `lock` says why nobody may type, None where somebody may."""

    branch_id: str
    year: int
    stage: Stage
    standard: Standard | None
    entries: Mapping[str, Entry]
    open: frozenset[str]
    files: tuple[FileRow, ...]
    lock: Lock | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the sheet says."""
        said = sorted((c, e.value, e.note, e.evidence) for c, e in self.entries.items() if e != Entry())
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    @property
    def values(self) -> dict[str, float | None]:
        """The marks by criterion, unknown ones too where a note or evidence stands."""
        return {criterion: entry.value for criterion, entry in self.entries.items()}

    @property
    def answered(self) -> int:
        """How many criteria of the standard have a mark."""
        criteria = self.standard.criteria if self.standard else {}
        return sum(entry.value is not None for c, entry in self.entries.items() if c in criteria)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of changes: those that are `kept` now (each as it is stored), those in conflict, and those `refused`
    with what is wrong with them."""

    kept: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    refused: tuple[tuple[Change, Problem], ...]


def as_stage(text: str) -> Stage:
    """A stage by its name.

    Raises:
        UserError: there is no such stage.
    """
    if text not in get_args(Stage):
        raise UserError.of("sheet.unknown_stage")
    return cast(Stage, text)


def read_sheet(store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, stage: Stage) -> Sheet:
    """The sheet of a branch.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    with store.read() as cursor:
        context = _context(cursor, rulebook, branch_id, year)
        handed, typed = kept.both(cursor, branch_id, year, stage)
        files = files_of(cursor, branch_id, year, stage)
    cells = handed | typed
    return Sheet(
        branch_id,
        year,
        stage,
        context.standard,
        {criterion: Entry(*(found[name] for name in kept.FIELDS)) for criterion, found in cells.items()},
        frozenset(typed),
        files,
        _lock(store, context, year, stage),
    )


def save(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    branch_id: str,
    year: int,
    stage: Stage,
    changes: Iterable[Change],
) -> Saved:
    """Keep changes, in one transaction; those in conflict, or with a value that is not of its measure, are left out and
    told.

    Raises:
        UserError: the sheet is locked, or a criterion is not of the standard; nothing is kept.
    """
    require(viewer, MAY[stage])
    with store.transaction() as cursor:
        context = _context(cursor, rulebook, branch_id, year)
        if lock := _lock(store, context, year, stage):
            raise UserError.of(f"sheet.locked_{lock}", year=year)
        assert context.standard is not None
        clean, refused = _clean(context.standard, list(changes))
        handed, typed = kept.both(cursor, branch_id, year, stage)
        found, conflicts = _merge(handed, typed, clean)
        blank = dict.fromkeys(kept.FIELDS)
        back = [c for c, cells in found.items() if _cells(handed.get(c, blank)) == cells and c in typed]
        new = {c: cells for c, cells in found.items() if cells != _cells((handed | typed).get(c, blank))}
        if back:
            kept.drop(cursor, branch_id, year, stage, back)
        if put := {c: cells for c, cells in new.items() if c not in back}:
            kept.put(cursor, branch_id, year, stage, put, viewer.name)
    lost = {id(conflict.change) for conflict in conflicts}
    return Saved(tuple(change for change in clean if id(change) not in lost), tuple(conflicts), refused)


def _cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cells[name] for name in kept.FIELDS}


def _merge(
    handed: dict[str, kept.Cells], typed: dict[str, kept.Cells], changes: Iterable[Change]
) -> tuple[dict[str, kept.Cells], list[Conflict]]:
    """The cells of the criteria that changes touch, and the changes that found something else."""
    found: dict[str, kept.Cells] = {}
    conflicts = []
    for change in changes:
        now = handed | typed | found
        cells = _cells(now[change.criterion]) if change.criterion in now else dict.fromkeys(kept.FIELDS)
        if cells[change.field] not in (change.before, change.after):
            at = typed.get(change.criterion, {}).get("changed_at")
            conflicts.append(Conflict(change, cells[change.field], at))
        else:
            found[change.criterion] = cells | {change.field: change.after}
    return found, conflicts


def _clean(standard: Standard, changes: list[Change]) -> tuple[list[Change], tuple[tuple[Change, Problem], ...]]:
    """Changes with values of their measure, and those without."""
    refused: list[tuple[Change, Problem]] = []
    clean: list[Change] = []
    if len(changes) > MOST_CHANGES:
        raise UserError.of("sheet.too_many")
    for change in changes:
        if change.criterion not in standard.criteria or change.field not in get_args(Field):
            raise UserError.of("sheet.unknown_criterion")
        read = _mark if change.field == "value" else _text
        try:
            before, after = (read(standard, change.criterion, text) for text in (change.before, change.after))
        except CellError as error:
            refused.append((change, Problem(error.bad.code, "", error.bad.values)))
            continue
        clean.append(Change(change.criterion, change.field, before, after))
    return clean, tuple(refused)


def _mark(standard: Standard, criterion: str, value: object) -> float | None:
    if value is None or value == "":
        return None
    rule = standard.criteria[criterion]
    return float(str(mark_parser(rule.measure, rule.points)(str(value)[:40])))


def _text(_: Standard, __: str, value: object) -> str | None:
    if value is None or not str(value).strip():
        return None
    text = str(value)
    if len(text) > LONGEST or "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise CellError("import.text", limit=LONGEST)
    return text


@dataclass(frozen=True, slots=True)
class _Context:
    """What decides whether a sheet may be filled in."""

    active: bool
    standard: Standard | None
    applied: bool
    approved: bool
    final: bool


def _context(cursor: Any, rulebook: Rulebook, branch_id: str, year: int) -> _Context:
    row = kept.context(cursor, branch_id, year)
    if row is None:
        raise UserError.of("branch.unknown", "", branch_id=branch_id)
    sector, active, review, final = row
    return _Context(active, rulebook.standard_of(sector), review is not None, review == "approved", final)


def _lock(store: Store, context: _Context, year: int, stage: Stage) -> Lock | None:
    """Why nobody may fill in a sheet: the first reason that holds."""
    now = today(store).year
    inspecting = stage in ("inspection", "recheck")
    reasons: tuple[tuple[Lock, bool], ...] = (
        ("no_standard", context.standard is None),
        ("inactive", not context.active),
        ("final", context.final),
        ("other_year", year not in ((now - 1, now) if inspecting else (now,))),
        ("approved", not inspecting and context.approved),
        ("no_application", stage == "review" and not context.applied),
    )
    return next((reason for reason, holds in reasons if holds), None)

"""One application as its superior reads it: the self-assessment item by item, and what was found (附2·四·1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.level import need_of
from dashboard.rules.rulebook import Criterion, Rulebook, Section
from dashboard.services import sheet_feedback
from dashboard.services.branches import Branch, find_branch
from dashboard.services.preview import preview, read_marks
from dashboard.services.sheets import Entry, Lock, read_sheet
from dashboard.store import applying as applied
from dashboard.store import reviewing as kept
from dashboard.store import sheets
from dashboard.store.applying import Application
from dashboard.store.connection import Store
from dashboard.store.evidence import FileRow


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a self-assessment as its superior reads it. `required` is what the level applied for asks, None
    where it asks nothing; `value` is the mark as it counts (an appraisal may stand in place of what was `said`);
    `before` holds last year's marks by stage; `found` is what the superior found."""

    section: Section
    criterion: Criterion
    required: Decimal | None
    value: float | None
    said: Entry
    files: tuple[FileRow, ...]
    before: Mapping[str, float | None]
    found: Entry | None

    @property
    def short(self) -> bool:
        """Whether it is below what is asked; what is blank is."""
        return self.required is not None and (self.value is None or self.value < float(self.required))

    @property
    def moved(self) -> Mapping[str, float]:
        """Last year's marks that were others, by stage."""
        return {stage: value for stage, value in self.before.items() if value not in (None, self.value)}

    @property
    def differs(self) -> bool:
        """Whether the superior found another mark."""
        return self.found is not None and self.found.value is not None and self.found.value != self.value


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application with its self-assessment. `met` is the level that the self-assessment meets, `found` the one that
    it meets by what the superior found; `lines` is empty where no standard covers the branch. `typed_since` counts what
    the branch has changed and not handed in again; `lock` says why nobody may enter findings; `inspected` that an
    inspection has begun."""

    branch: Branch
    application: Application
    lines: tuple[Line, ...]
    met: int
    found: int
    typed_since: int
    lock: Lock | None
    inspected: bool
    fingerprint: str

    @property
    def remarks(self) -> tuple[Line, ...]:
        """The items on which the superior found another mark or has something to say."""
        return tuple(line for line in self.lines if line.differs or (line.found and line.found.note))

    @property
    def unmet(self) -> bool:
        """Whether what was found does not meet the level applied for."""
        return self.found < self.application.level


def look(store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int) -> Dossier:
    """One application, with what its superior has typed so far.

    Raises:
        UserError: there is no such branch, or it has not applied.
    """
    require(viewer, "view_branch")
    branch = find_branch(store, branch_id)
    with store.read() as cursor:
        application = applied.find(cursor, branch_id, year)
        inspected = kept.inspected(cursor, [branch_id], year)
        handed, typed = sheets.both(cursor, branch_id, year, "self")
    if application is None:
        raise UserError.of("review.gone")
    review = read_sheet(store, rulebook, viewer, branch_id, year, "review")
    own = read_marks(store, rulebook, viewer, branch_id, year)
    levels = [
        found.level_met if (found := preview(store, rulebook, viewer, branch_id, marks)) else 0
        for marks in (own.values, sheet_feedback.values(store, rulebook, viewer, branch_id, year, "review"))
    ]
    said = {criterion: Entry(*(cells[name] for name in sheets.FIELDS)) for criterion, cells in handed.items()}
    shown = [
        [application.level, application.submitted_on.isoformat(), review.fingerprint],
        sorted((criterion, entry.value, entry.note, entry.evidence) for criterion, entry in said.items()),
    ]
    return Dossier(
        branch=branch,
        application=application,
        lines=tuple(_lines(store, rulebook, viewer, branch, year, application.level, own.values, said, review.entries)),
        met=levels[0],
        found=levels[1],
        typed_since=len(typed),
        lock=review.lock,
        inspected=inspected,
        fingerprint=hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest(),
    )


def _lines(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    branch: Branch,
    year: int,
    level: int,
    marks: Mapping[str, float | None],
    said: Mapping[str, Entry],
    found: Mapping[str, Entry],
) -> Iterable[Line]:
    standard = rulebook.standard_of(branch.sector)
    if standard is None:
        return
    keys = dict(zip(rulebook.level_values, rulebook.level_keys, strict=True))
    files = read_sheet(store, rulebook, viewer, branch.branch_id, year, "self").files
    before = {
        stage: read_marks(store, rulebook, viewer, branch.branch_id, year - 1, stage).values
        for stage in ("self", "inspection")
    }
    for section in standard.sections:
        for criterion in section.criteria:
            if criterion.id in standard.criteria:
                yield Line(
                    section,
                    criterion,
                    need_of(standard, criterion, keys[level], rulebook.level_keys) if level in keys else None,
                    marks.get(criterion.id),
                    said.get(criterion.id, Entry()),
                    tuple(file for file in files if file.criterion == criterion.id),
                    {stage: values.get(criterion.id) for stage, values in before.items()},
                    found.get(criterion.id),
                )

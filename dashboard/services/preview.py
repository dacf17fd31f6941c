"""自评预览: what level a branch's 42 marks meet, what is missing for the next, and what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.appraisal import Measured
from dashboard.rules.level import Shape, requirements, standards
from dashboard.rules.preview import Gap, decisive_unknowns, gaps, is_met
from dashboard.rules.rulebook import Criterion, Rulebook, Section, Standard
from dashboard.services.appraisals import STAGES, measured_of
from dashboard.services.branches import find_branch
from dashboard.store.connection import Store
from dashboard.store.engine import run_bounds
from dashboard.store.queries import marks_of
from dashboard.store.sheets import entries


@dataclass(frozen=True, slots=True)
class SectionProgress:
    """How much of a section meets the highest level, and how much is unknown."""

    section: Section
    met: int
    unknown: int
    total: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Levels are values (0, 3, 4, 5). `next_level` is None at the top; `missing` is what it still asks."""

    standard: Standard
    provisional: bool
    marks: Mapping[str, float | None]
    level_low: int
    level_met: int
    level_high: int
    next_level: int | None
    missing: tuple[Gap, ...]
    decisive: tuple[Criterion, ...]
    sections: tuple[SectionProgress, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a branch by criterion as they count: those of `measured` come from an appraisal, in place of what
    the branch `stated` itself."""

    values: Mapping[str, float | None]
    stated: Mapping[str, float | None]
    measured: Mapping[str, Measured]


def read_marks(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    branch_id: str,
    year: int,
    stage: str = "self",
    *,
    typed: bool = False,
) -> Marks:
    """The marks of a branch at one stage; `typed` as for `read_sheets`."""
    return read_sheets(store, rulebook, viewer, branch_id, year, typed=typed)[stage]


def read_sheets(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, *, typed: bool = False
) -> dict[str, Marks]:
    """The marks of a branch at every stage: those handed in, or with `typed` also what was typed since. An appraisal
    gives a mark only where the branch stated any."""
    require(viewer, "view_branch")
    rows, found = marks_of(store, branch_id, year), measured_of(store, rulebook, year, branch_id)
    sheets = {}
    for stage in STAGES:
        stated = {row["criterion"]: row["value"] for row in rows if row["stage"] == stage}
        if typed:
            stated |= {c: cells["value"] for c, cells in entries(store, branch_id, year, stage).items()}
        measured = {mark.criterion: mark for mark in found if stated and mark.stage == stage}
        values = stated | {key: float(mark.value) for key, mark in measured.items()}
        sheets[stage] = Marks(values, stated, measured)
    return sheets


def preview(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, marks: Mapping[str, float | None]
) -> Preview | None:
    """What the given marks mean for a branch; None if no standard covers its sector.

    The marks need not be stored: the caller may change some to see what would follow.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    branch = find_branch(store, branch_id)
    standard = rulebook.standard_of(branch.sector)
    if standard is None:
        return None
    sector = rulebook.sectors[branch.sector]
    low, high = _bounds(store, rulebook, str(sector.standard), marks)
    values = (0, *rulebook.level_values)
    next_level = values[low + 1] if low + 1 < len(values) else None
    key = rulebook.level_keys[low] if next_level is not None else None
    return Preview(
        standard=standard,
        provisional=sector.provisional,
        marks=dict(marks),
        level_low=values[low],
        level_met=values[low],
        level_high=values[high],
        next_level=next_level,
        missing=tuple(gaps(rulebook, standard, key, marks)) if key else (),
        decisive=tuple(decisive_unknowns(rulebook, standard, low, high, marks)),
        sections=tuple(_progress(rulebook, standard, section, marks) for section in standard.sections),
    )


def _bounds(store: Store, rulebook: Rulebook, standard: str, marks: Mapping[str, float | None]) -> tuple[int, int]:
    known = {c: v for c, v in marks.items() if v is not None}
    rows = pa.table(
        {
            "branch_id": pa.array(["-"] * len(known), pa.string()),
            "criterion": pa.array(list(known), pa.string()),
            "value": pa.array(list(known.values()), pa.float64()),
        }
    )
    branches = pa.table({"branch_id": ["-"], "standard": [standard]})
    needed = {"rule_requirements": requirements(rulebook), "rule_standards": standards(rulebook)}
    found = run_bounds(store, Shape.of(rulebook), branches, rows, needed).to_pylist()[0]
    return found["low"], found["high"]


def _progress(
    rulebook: Rulebook, standard: Standard, section: Section, marks: Mapping[str, float | None]
) -> SectionProgress:
    top = rulebook.level_keys[-1]
    own = [c for c in section.criteria if c.id in standard.criteria]
    met = sum(is_met(rulebook, standard, c, top, marks) for c in own)
    unknown = sum(marks.get(c.id) is None for c in own)
    return SectionProgress(section, met=met, unknown=unknown, total=len(own))

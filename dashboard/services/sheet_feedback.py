"""What a sheet means while it is filled in, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.preview import Preview, preview, read_sheets
from dashboard.services.sheets import Entry, Stage, read_sheet
from dashboard.store import sheets as kept
from dashboard.store.connection import Store


def beside(store: Store, viewer: Viewer, branch_id: str, year: int, stage: Stage) -> Mapping[str, Entry]:
    """What helps to fill in a sheet: for a self-assessment the one handed in a year before, as a proposal; for every
    other sheet the self-assessment of the year."""
    require(viewer, "view_branch")
    then = year - 1 if stage == "self" else year
    found = kept.handed_in(store, branch_id, then, "self")
    return {criterion: Entry(*(cells[name] for name in kept.FIELDS)) for criterion, cells in found.items()}


def values(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, stage: Stage
) -> Mapping[str, float | None]:
    """The marks that a sheet comes to: appraisals stand in place of what was stated; the findings of a review stand
    over the self-assessment."""
    if stage != "review":
        return read_sheets(store, rulebook, viewer, branch_id, year, typed=True)[stage].values
    own = read_sheets(store, rulebook, viewer, branch_id, year)["self"].values
    found = read_sheet(store, rulebook, viewer, branch_id, year, stage).values
    return {**own, **{criterion: value for criterion, value in found.items() if value is not None}}


def feedback(
    store: Store, rulebook: Rulebook, viewer: Viewer, branch_id: str, year: int, stage: Stage
) -> dict[str, Any]:
    """The level that a sheet meets, at worst and at best, what the next one misses, which unknowns decide, and how far
    each section is; levels are values, criteria their ids."""
    marks = values(store, rulebook, viewer, branch_id, year, stage)
    found = preview(store, rulebook, viewer, branch_id, marks)
    return _told(found) if found else {}


def _told(found: Preview) -> dict[str, Any]:
    return {
        "low": found.level_low,
        "met": found.level_met,
        "high": found.level_high,
        "next": found.next_level,
        "missing": [[gap.criterion.id, float(gap.required), gap.value] for gap in found.missing],
        "decisive": [criterion.id for criterion in found.decisive],
        "sections": {
            progress.section.id: {"met": progress.met, "unknown": progress.unknown, "total": progress.total}
            for progress in found.sections
        },
    }

"""What one branch can expect: what its marks meet, and what the year is likely to make of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Criterion, Rulebook
from dashboard.services.branches import find_branch
from dashboard.services.evaluation import rate_one
from dashboard.services.ground import Ground, prepare
from dashboard.services.likely import Likely, Supposed, likely
from dashboard.services.preview import Preview, preview, read_marks
from dashboard.store import queries
from dashboard.store.connection import Store

MOST_RISKS = 3


@dataclass(frozen=True, slots=True)
class Risk:
    """A criterion that may not be found met: the chance that it is, and that of the level if it certainly were."""

    criterion: Criterion
    found: float
    then: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a branch can expect. Levels are values; chances are from 0 to 1.

    `preview` is None where no standard covers the branch. `chances` are of the result of the year, by level. `target`
    is the level applied for, else the one that it is `assumed` to apply for, None where there is neither; `status` is
    that of the application as things stand, `met` the chance of an inspection that finds the level, `rivals` how many
    are expected to meet it and how many to be chosen. `risks` are the criteria that would help most if they were
    certain.
    """

    preview: Preview | None
    chances: Mapping[int, float]
    target: int | None
    assumed: bool
    status: str | None
    met: float | None
    rivals: tuple[int, int] | None
    risks: tuple[Risk, ...]
    worlds: int
    years: tuple[int, ...]
    inspections: int


def assumed_level(rulebook: Rulebook, ground: Ground, branch_id: str, met: int) -> int | None:
    """The level that a branch is taken to apply for: the one that its marks `met` (by value), where it has not applied,
    nothing was inspected yet in the year, and it does not hold that level already."""
    row = next(iter(ground.facts.filter(pc.field("branch_id") == branch_id).to_pylist()), None)
    if row is None or not row["active"] or not ground.projected or row["applied_level"] is not None:
        return None
    return met if met > (0, *rulebook.level_values)[row["previous_level"]] else None


def expect(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    branch_id: str,
    year: int,
    known: Callable[[], Likely] | None = None,
) -> Expectation:
    """What a branch can expect of a year. What it typed and has not handed in counts as if it were, until it applies.

    Args:
        known: gives the chances of the year on its applications as they are, where they may be at hand.

    Raises:
        UserError: there is no such branch.
        RulesError: a quota has no published year up to the year.
    """
    require(viewer, "view_branch")
    find_branch(store, branch_id)
    ground = prepare(store, rulebook, viewer, year)
    applications = queries.rows_of_year(store, "applications", branch_id, year)
    marks = read_marks(store, rulebook, viewer, branch_id, year, typed=not applications)
    seen = preview(store, rulebook, viewer, branch_id, marks.values)
    assumed = assumed_level(rulebook, ground, branch_id, seen.level_met) if seen else None
    at_hand = known() if known else None
    if assumed and seen:
        supposed = {branch_id: Supposed(assumed, seen.level_met, marks.values)}
        found = likely(store, rulebook, viewer, ground, supposed, past=at_hand.past if at_hand else None)
    else:
        found = at_hand or likely(store, rulebook, viewer, ground)
    target = applications[0]["level"] if applications else assumed
    result = rate_one(store, ground, rulebook).branch(branch_id)
    at = found.branches.get(branch_id)
    index = rulebook.level_values.index(target) if target in rulebook.level_values and at is not None else None
    return Expectation(
        preview=seen,
        chances=found.of(branch_id),
        target=target,
        assumed=assumed is not None,
        status=result.application_status if result else None,
        met=None if index is None or at is None else float(found.met[at, index]),
        rivals=found.rivals.get(target or 0),
        risks=_risks(found, seen, branch_id, index) if index is not None and seen else (),
        worlds=found.worlds,
        years=found.years,
        inspections=found.learnt.inspections,
    )


def _risks(found: Likely, seen: Preview, branch_id: str, index: int) -> tuple[Risk, ...]:
    """The criteria of a level least likely to be found met, and the chance of the level without each risk; none by
    points, where no single criterion decides."""
    if seen.standard.mode == "points":
        return ()
    at, sheets = found.branches[branch_id], found.sheets
    chances = found.learnt.by_criterion(sheets, index + 1)[sheets.branches.index(branch_id)]
    power = float(found.learnt.exponent[index])
    risks = []
    for n in np.argsort(chances, kind="stable")[:MOST_RISKS]:
        criterion = seen.standard.criteria.get(sheets.criteria[n])
        if criterion and chances[n] < 1:
            then = min(1.0, float(found.met[at, index]) / float(chances[n]) ** power)
            risks.append(Risk(criterion, float(chances[n]), then))
    return tuple(risks)

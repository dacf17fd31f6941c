"""How hard it is to make good what is missing: how many of the branches that missed a criterion met it a year later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.preview import Gap
from dashboard.rules.rulebook import Rulebook
from dashboard.services.assumptions import Ints
from dashboard.services.likely import learn
from dashboard.services.survival import Sheets
from dashboard.store.connection import Store

_WEIGHT = 5.0  # cases with which a criterion is smoothed towards all of them


@dataclass(frozen=True, slots=True)
class Effort:
    """Of `missed` self-assessments that missed a criterion, `mended` met it a year later; `ease` is their share,
    smoothed, from 0 to 1."""

    mended: int
    missed: int
    ease: float


def efforts(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> Mapping[int, Mapping[str, Effort]]:
    """By level value and criterion, from the self-assessments of the finished years before `year`."""
    require(viewer, "view_results")
    sheets = [found.sheets for _, found, _ in learn(store, rulebook, viewer, year)]
    if len(sheets) < 2:
        return {}
    steps = [_counts(before, after) for before, after in pairwise(sheets)]
    mended, missed = (np.sum([step[part] for step in steps], axis=0) for part in (0, 1))
    usual = mended.sum() / missed.sum() if missed.sum() else 0.5
    ease = (mended + _WEIGHT * usual) / (missed + _WEIGHT)
    return {
        level: {
            criterion: Effort(int(mended[n, index]), int(missed[n, index]), float(ease[n, index]))
            for n, criterion in enumerate(sheets[0].criteria)
        }
        for index, level in enumerate(rulebook.level_values)
    }


def _counts(before: Sheets, after: Sheets) -> tuple[Ints, Ints]:
    """Criteria × levels: self-assessments that missed the criterion and met it a year later, and all that missed it
    and answered it again."""
    at = {branch: n for n, branch in enumerate(after.branches)}
    rows = [(n, at[branch]) for n, branch in enumerate(before.branches) if branch in at]
    then = np.array([n for n, _ in rows], dtype=np.int64)
    now = np.array([n for _, n in rows], dtype=np.int64)
    answered = ~np.isnan(after.stated[now])[:, :, None]
    missed = (before.stated[then][:, :, None] < before.need[then]) & answered
    mended = missed & (after.stated[now][:, :, None] >= after.need[now])
    return mended.sum(axis=0), missed.sum(axis=0)


def by_effort(missing: Sequence[Gap], known: Mapping[str, Effort]) -> list[Gap]:
    """What is missing in order of effort: first what only needs an answer, then what others made good most often."""
    unknown = Effort(0, 0, 0.0)
    return sorted(missing, key=lambda gap: (gap.value is not None, -known.get(gap.criterion.id, unknown).ease))

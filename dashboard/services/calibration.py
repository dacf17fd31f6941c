"""How good the estimates are: those of earlier Aprils beside what the years brought."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import RulesError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import evaluate
from dashboard.services.ground import prepare
from dashboard.services.likely import likely
from dashboard.store import queries
from dashboard.store.connection import Store

BINS = 10
_Z = 1.959964  # of a 95% interval


@dataclass(frozen=True, slots=True)
class Bin:
    """Chances between `low` and `high`: how many were given, their mean, and the share that came true with its 95%
    interval (Wilson)."""

    low: float
    high: float
    count: int
    given: float
    came_true: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """The Brier score of a year: the mean over its branches of the sum over levels of (chance − outcome)²; 0 is
    perfect. Beside it that of two certainties: that the self-assessed level comes true, and that the level held stays.
    """

    year: int
    branches: int
    brier: float
    self_assessed: float
    held: float


@dataclass(frozen=True)
class Calibration:
    """Every finished year that has another before it, and all their chances in bins."""

    scores: tuple[Score, ...]
    bins: tuple[Bin, ...]


def calibration(store: Store, rulebook: Rulebook, viewer: Viewer) -> Calibration:
    """Estimate each finished year as of April, from the years before it, and compare."""
    require(viewer, "view_results")
    rated = sorted({int(row["year"]) for row in queries.award_counts(store)})
    finished = [year for year in queries.application_years(store) if year in rated and year > rated[0]]
    scores, pairs = [], []
    for year in finished:
        try:
            score, given = _of_year(store, rulebook, viewer, year)
        except RulesError:  # before the first published quota
            continue
        scores.append(score)
        pairs += given
    return Calibration(tuple(scores), tuple(_bins(pairs)))


def _of_year(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> tuple[Score, list[tuple[float, bool]]]:
    """The score of a year, and each chance that was given with whether it came true."""
    found = likely(store, rulebook, viewer, prepare(store, rulebook, viewer, year, "final"), april=True)
    totals, pairs = [0.0, 0.0, 0.0], []
    results = [b for b in evaluate(store, rulebook, viewer, year, "final").branches() if b.branch_id in found.branches]
    for branch in results:
        chances = found.of(branch.branch_id)
        came = branch.awarded_level
        totals[0] += sum((chance - (level == came)) ** 2 for level, chance in chances.items())
        totals[1] += 2.0 * (branch.self_level != came)
        totals[2] += 2.0 * (branch.previous_level != came)
        pairs += [(chance, level == came) for level, chance in chances.items()]
    brier, self_assessed, held = (total / max(len(results), 1) for total in totals)
    return Score(year, len(results), brier, self_assessed, held), pairs


def _bins(pairs: list[tuple[float, bool]]) -> Iterator[Bin]:
    for n in range(BINS):
        own = [(chance, came) for chance, came in pairs if min(int(chance * BINS), BINS - 1) == n]
        if own:
            share = sum(came for _, came in own) / len(own)
            given = sum(chance for chance, _ in own) / len(own)
            yield Bin(n / BINS, (n + 1) / BINS, len(own), given, share, wilson(share, len(own)))


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95% interval of a share of `count`."""
    square = _Z**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, middle - reach), min(1.0, middle + reach)

"""What the years ahead are assumed to bring: who applies, who passes, who fails a recheck, who is vetoed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, RulesError, UserError
from dashboard.rules.exact import RoundedShare
from dashboard.rules.rulebook import Rulebook, Sampling
from dashboard.services.evaluation import rate_one
from dashboard.services.ground import Ground, prepare
from dashboard.store import queries
from dashboard.store.connection import Store

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

MOST_REPLICATIONS = 500
FINISHED_YEARS = 3  # how many of the last finished years are measured

# What is taken for granted as if PRIOR_WEIGHT branches had been seen.
PRIOR_WEIGHT = 10
PRIOR_ENTRY, PRIOR_COMPETED = 0.6, 0.2  # applications; the share halves with each further level competed for
PRIOR_PASSES, PRIOR_RECHECK_FAILS, PRIOR_VETOED = 0.8, 0.05, 0.01


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of every later year. Shares are from 0 to 1, levels are values (3, 4, 5).

    Attributes:
        apply: level applied for -> the share of the active branches below it that apply in a year, in time, approved
            and self-assessed for it (附2·四·1). A branch applies for one level at most: one draw decides, with the
            shares laid side by side from the highest level down; what exceeds 1 is missing at the lowest. A level that
            is not named is not applied for.
        passes: level -> the share of inspections that find it met: of accepted applications for a level competed for,
            of the spot checks for a level recognised on application (附2·四·2, 附2·四·3). 1 where not named.
        recheck_fails: the share of the rechecked branches that fail (附2·二).
        vetoed: the share of the branches that lose their stars by the veto in a year (附2·二).
        replications: how many times the years are drawn, 1 to 500.
        seed: names the random numbers; the same seed gives the same result.

    Raises:
        UserError: a share is outside 0 to 1, or there are too few or too many replications.
    """

    apply: Mapping[int, float]
    passes: Mapping[int, float]
    recheck_fails: float
    vetoed: float
    replications: int = 60
    seed: str | int = 1

    def __post_init__(self) -> None:
        shares = {"recheck_fails": self.recheck_fails, "vetoed": self.vetoed}
        shares |= {f"apply.{level}": share for level, share in self.apply.items()}
        shares |= {f"passes.{level}": share for level, share in self.passes.items()}
        problems = [
            Problem("outlook.share", where, {"value": share})
            for where, share in sorted(shares.items())
            if not 0 <= share <= 1  # also what is no number
        ]
        if not 1 <= self.replications <= MOST_REPLICATIONS:
            limits = {"value": self.replications, "least": 1, "most": MOST_REPLICATIONS}
            problems.append(Problem("outlook.replications", "replications", limits))
        if problems:
            raise UserError(problems)


N = TypeVar("N", int, Ints)


def rounded(share: RoundedShare, n: N) -> N:
    """`RoundedShare` of one number or of many."""
    return (share.factor * n + share.offset) // share.divisor


def sample_size(settings: Sampling, n: Ints) -> Ints:
    """How many of the `n` branches of each superior are drawn for a check (附2·四·2)."""
    by_rate = rounded(RoundedShare.of(settings.rate, "ceil"), n)
    return np.minimum(np.maximum(by_rate, settings.min_per_superior), n)


def superiors_of(facts: pa.Table) -> Ints:
    """The superior of each branch as a number from 1; 0 for those without."""
    encoded = facts.column("superior_id").combine_chunks().dictionary_encode()
    return _ints(encoded.indices, -1) + 1


def assumed(store: Store, rulebook: Rulebook, viewer: Viewer, year: int, ground: Ground) -> Assumptions:
    """Assumptions measured on the last three finished years before `year` (those with recorded awards and any
    application), and on `ground`, the facts of `year`; each is smoothed as if ten branches had been seen before.

    - `apply`: applications in order (accepted, or over the cap of a superior) for a level, of the active branches
      below it that a standard covers; the year of the ground counts.
    - `passes`: inspected levels that meet the level applied for, of the accepted applications that were inspected;
      for a level recognised on application the spot checks that did not fail.
    - `recheck_fails`: failed rechecks, of as many branches with a star as the rate of rechecks draws.
    - `vetoed`: branches vetoed, of the active ones.

    The last three leave the year of the ground out while it is projected: its checks and incidents are still to come.

    Raises:
        NotAllowed: the viewer may not see results.
    """
    require(viewer, "view_results")
    hits: Counter[tuple[str, int]] = Counter()
    of: Counter[tuple[str, int]] = Counter()
    for record in _records(store, rulebook, viewer, year, ground):
        for what, hit, among in record.counts(rulebook):
            hits[what] += hit
            of[what] += among
    found = {
        what: round((hits[what] + PRIOR_WEIGHT * prior) / (of[what] + PRIOR_WEIGHT), 3)
        for what, prior in _priors(rulebook).items()
    }
    return Assumptions(
        apply={level: found["apply", level] for level in rulebook.level_values},
        passes={level: found["passes", level] for level in rulebook.level_values},
        recheck_fails=min(found["recheck_fails", 0], 1.0),
        vetoed=found["vetoed", 0],
    )


def _priors(rulebook: Rulebook) -> dict[tuple[str, int], float]:
    priors = {("recheck_fails", 0): PRIOR_RECHECK_FAILS, ("vetoed", 0): PRIOR_VETOED}
    share = PRIOR_COMPETED
    for key in rulebook.level_keys:
        level, entry = rulebook.levels[key].value, key in rulebook.entry_keys
        priors["apply", level] = PRIOR_ENTRY if entry else share
        priors["passes", level] = PRIOR_PASSES
        share *= 1.0 if entry else 0.5
    return priors


@dataclass(frozen=True)
class _Record:
    """What one year tells: the facts, and what the rules made of them, both by branch id.

    `over`: whether the checks and incidents of the year can be counted.
    """

    facts: pa.Table
    results: pa.Table
    over: bool

    def counts(self, rulebook: Rulebook) -> Iterator[tuple[tuple[str, int], int, int]]:
        """What was seen how often, and among how many."""
        facts, results = self.facts, self.results
        active = _flags(facts, "active")
        previous, applied = _ints(results.column("previous_level"), 0), _ints(results.column("applied_level"), 0)
        in_order = _among(results, "application_status", ["accepted", "over_cap"])
        accepted = _among(results, "application_status", ["accepted"])
        for level in rulebook.level_values:
            below = active & _flags(facts, "covered") & (previous < level)
            yield ("apply", level), int((below & in_order & (applied == level)).sum()), int(below.sum())
        if not self.over:
            return
        inspected = _ints(results.column("inspected"), -1)
        checked = _among(facts, "spot_check", ["pass", "fail"])
        for key in rulebook.level_keys:
            level = rulebook.levels[key].value
            candidates = accepted & (applied == level) & (previous < level)
            if key in rulebook.entry_keys:
                seen, met = candidates & checked, ~_among(facts, "spot_check", ["fail"])
            else:
                seen, met = candidates & (inspected >= 0), inspected >= level
            yield ("passes", level), int((seen & met).sum()), int(seen.sum())
        holders = active & (previous > 0)
        drawn = sample_size(rulebook.inspection.recheck, np.bincount(superiors_of(facts)[holders]))
        yield ("recheck_fails", 0), int((holders & _flags(facts, "recheck_failed")).sum()), int(drawn.sum())
        yield ("vetoed", 0), int(_among(results, "basis", ["vetoed"]).sum()), int(active.sum())


def _records(store: Store, rulebook: Rulebook, viewer: Viewer, year: int, ground: Ground) -> Iterator[_Record]:
    """The finished years, and that of the ground. A year before the first published quota has nothing to say."""
    rated = {int(row["year"]) for row in queries.award_counts(store) if row["year"] < year}
    finished = [prepare(store, rulebook, viewer, y, "final") for y in sorted(rated)[-FINISHED_YEARS:]]
    for seen in (*finished, ground):
        facts = seen.facts.sort_by("branch_id")
        if facts.column("applied_level").null_count == len(facts):
            continue
        try:
            rated_year = rate_one(store, replace(seen, facts=facts, projected=False), rulebook)
        except RulesError:
            continue
        yield _Record(facts, rated_year.table, over=not seen.projected)


def _ints(column: pa.Array | pa.ChunkedArray, absent: int) -> Ints:
    return np.asarray(pc.fill_null(column, absent), dtype=np.int64)


def _flags(table: pa.Table, name: str) -> Flags:
    return np.asarray(table.column(name), dtype=bool)


def _among(table: pa.Table, name: str, values: list[str]) -> Flags:
    return np.asarray(pc.is_in(table.column(name), pa.array(values, pa.string())), dtype=bool)

"""How self-assessments fared at inspection in earlier years, and so the chance that marks are found to meet a level.

Each criterion has a chance to be found met, by what the self-assessment said (met, not met, unknown); a superior whose
branches were found met more often, or less, than others shifts it. Few cases are smoothed towards the whole. That
criteria fail together is allowed for by one exponent for each level, such that the earlier years expect as many passes
as there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.rules.level import need_of
from dashboard.rules.rulebook import Rulebook
from dashboard.services.assumptions import PRIOR_PASSES, PRIOR_WEIGHT, Flags, Floats, Ints

MET, UNMET, UNKNOWN = range(3)
_PRIOR = (0.95, 0.1, 0.6)  # found met, by what the self-assessment said
_WEIGHT, _SUPERIOR_WEIGHT = 20.0, 150.0  # marks that a criterion (a superior) is smoothed with
_LEAST = 1e-6


@dataclass(frozen=True)
class Sheets:
    """The marks of a year: branches × criteria, NaN where unknown. `need` is what each level asks (× levels, NaN for
    nothing), `superior` the superior of each branch, `by_points` whose standard works by points."""

    branches: tuple[str, ...]
    criteria: tuple[str, ...]
    superior: tuple[str | None, ...]
    stated: Floats
    found: Floats
    need: Floats
    by_points: Flags

    @classmethod
    def of(
        cls,
        rulebook: Rulebook,
        branches: Sequence[tuple[str, str | None, str]],
        stated: Mapping[tuple[str, str], float],
        found: Mapping[tuple[str, str], float],
    ) -> Sheets:
        """From branches (id, superior, sector) and marks by branch and criterion."""
        criteria = list(dict.fromkeys(c for s in rulebook.standards.values() for c in s.criteria))
        at = {criterion: n for n, criterion in enumerate(criteria)}
        rows = {branch: n for n, (branch, _, _) in enumerate(branches)}
        keys = rulebook.level_keys
        needs: dict[str | None, Floats] = {}
        for name, standard in rulebook.standards.items():
            needs[name] = np.full((len(criteria), len(keys)), np.nan)
            for criterion in standard.criteria.values():
                for i, key in enumerate(keys):
                    least = need_of(standard, criterion, key, keys)
                    if least is not None:
                        needs[name][at[criterion.id], i] = float(least)
        needs[None] = np.full((len(criteria), len(keys)), np.nan)
        named = [rulebook.sectors[sector].standard if sector in rulebook.sectors else None for _, _, sector in branches]

        def sheet(marks: Mapping[tuple[str, str], float]) -> Floats:
            values = np.full((len(branches), len(criteria)), np.nan)
            for (branch, criterion), value in marks.items():
                if branch in rows and criterion in at:
                    values[rows[branch], at[criterion]] = value
            return values

        return cls(
            branches=tuple(branch for branch, _, _ in branches),
            criteria=tuple(criteria),
            superior=tuple(superior for _, superior, _ in branches),
            stated=sheet(stated),
            found=sheet(found),
            need=np.array([needs[name] for name in named]).reshape(len(branches), len(criteria), len(keys)),
            by_points=np.array([bool(n) and rulebook.standards[str(n)].mode == "points" for n in named], dtype=bool),
        )

    def states(self, level: int) -> Ints:
        """What the self-assessment says of each criterion that a level (index from 1) asks for; -1 where it asks
        nothing."""
        need = self.need[:, :, level - 1]
        said = np.where(np.isnan(self.stated), UNKNOWN, np.where(self.stated >= need, MET, UNMET))
        return np.where(np.isnan(need), -1, said)


@dataclass(frozen=True)
class Year:
    """One earlier year: its sheets, and by branch the level applied for (index, 0 for none) and whether the inspection
    found it met (only where `inspected`)."""

    sheets: Sheets
    applied: Ints
    inspected: Flags
    passed: Flags


@dataclass(frozen=True)
class Survival:
    """`found`: states × criteria, the chance that a criterion is found met. `shift` of each superior is in log-odds.
    `exponent` and `passes` are by level index: the exponent of the product, and the share of inspections passed.
    `marks` and `inspections` count what all this was learnt from."""

    found: Floats
    shift: Mapping[str | None, float]
    exponent: Floats
    passes: Floats
    marks: int
    inspections: int

    @classmethod
    def learn(cls, years: Sequence[Year], now: Sheets) -> Survival:
        """From earlier years; without any, what is taken for granted of the sheets there are `now`."""
        criteria, levels = now.need.shape[1:]
        hits, seen = np.zeros((3, criteria)), np.zeros((3, criteria))
        by_superior: dict[str | None, list[float]] = {}
        for year in years:
            for level in range(1, levels + 1):
                rows = np.flatnonzero((year.applied == level) & ~np.isnan(year.sheets.found).all(axis=1))
                states, need = year.sheets.states(level)[rows], year.sheets.need[rows, :, level - 1]
                known = ~np.isnan(year.sheets.found[rows])
                met = year.sheets.found[rows] >= need
                for state in (MET, UNMET, UNKNOWN):
                    of = (states == state) & known
                    hits[state] += (of & met).sum(axis=0)
                    seen[state] += of.sum(axis=0)
                of = (states == MET) & known
                for row, good, all_ in zip(rows, (of & met).sum(axis=1), of.sum(axis=1), strict=True):
                    counts = by_superior.setdefault(year.sheets.superior[row], [0.0, 0.0])
                    counts[0] += good
                    counts[1] += all_
        whole = (hits.sum(axis=1) + _WEIGHT * np.array(_PRIOR)) / (seen.sum(axis=1) + _WEIGHT)
        found = (hits + _WEIGHT * whole[:, None]) / (seen + _WEIGHT)
        met = whole[MET]
        shift = {
            superior: float(_logit((good + _SUPERIOR_WEIGHT * met) / (all_ + _SUPERIOR_WEIGHT)) - _logit(met))
            for superior, (good, all_) in by_superior.items()
        }
        first = cls(found, shift, np.ones(levels), np.full(levels, PRIOR_PASSES), int(seen.sum()), 0)
        return first._calibrated(years, now)

    def _calibrated(self, years: Sequence[Year], now: Sheets) -> Survival:
        levels = len(self.exponent)
        exponent, passes, inspections = np.full(levels, np.nan), self.passes.copy(), 0
        for level in range(1, levels + 1):
            logs, met, good, of = [], 0, 0, 0
            for year in years:
                rows = (year.applied == level) & year.inspected
                by_criteria = rows & ~year.sheets.by_points
                logs.append(self.log_chance(year.sheets, level)[by_criteria])
                met += int((by_criteria & year.passed).sum())
                good, of = good + int((rows & year.passed).sum()), of + int(rows.sum())
            inspections += of
            passes[level - 1] = (good + PRIOR_WEIGHT * PRIOR_PASSES) / (of + PRIOR_WEIGHT)
            every = np.concatenate(logs) if logs else np.array([])
            if len(every):
                share = (met + PRIOR_WEIGHT * PRIOR_PASSES) / (len(every) + PRIOR_WEIGHT)
                exponent[level - 1] = _solve(every, share)
        taught = np.flatnonzero(~np.isnan(exponent))
        for untaught in np.flatnonzero(np.isnan(exponent)):  # nobody was inspected for it
            nearest = exponent[taught[np.abs(taught - untaught).argmin()]] if len(taught) else np.nan
            exponent[untaught] = self._granted(now, int(untaught)) if np.isnan(nearest) else nearest
        return Survival(self.found, self.shift, exponent, passes, self.marks, inspections)

    def _granted(self, now: Sheets, level: int) -> float:
        """The exponent with which a sheet that meets all that a level (from 0) asks passes as is taken for granted."""
        asked = ~np.isnan(now.need[~now.by_points, :, level])
        logs = (asked * np.log(self.found[MET])[None, :]).sum(axis=1)
        return float(np.log(PRIOR_PASSES) / logs.mean()) if len(logs) and logs.mean() < 0 else 1.0

    def log_chance(self, sheets: Sheets, level: int) -> Floats:
        """For each branch the sum over the criteria that a level asks for of the log of the chance to be found met."""
        return np.asarray(np.where(sheets.states(level) < 0, 0.0, np.log(self.by_criterion(sheets, level))).sum(axis=1))

    def by_criterion(self, sheets: Sheets, level: int) -> Floats:
        """The chance of each branch's criteria to be found met; 1 where the level asks nothing."""
        states = sheets.states(level)
        chance = self.found[np.maximum(states, 0), np.arange(states.shape[1])[None, :]]
        shift = np.array([self.shift.get(superior, 0.0) for superior in sheets.superior])[:, None]
        moved = 1 / (1 + np.exp(-(_logit(chance) + shift)))
        return np.where(states < 0, 1.0, np.clip(moved, _LEAST, 1.0))

    def chances(self, sheets: Sheets) -> Floats:
        """Branches × levels: the chance that an inspection finds at least the level."""
        levels = len(self.exponent)
        found = np.empty((len(sheets.branches), levels))
        for level in range(levels, 0, -1):
            product = np.exp(self.exponent[level - 1] * self.log_chance(sheets, level))
            found[:, level - 1] = np.where(sheets.by_points, self.passes[level - 1], product)
            if level < levels:
                found[:, level - 1] = np.maximum(found[:, level - 1], found[:, level])
        return found


def _logit(p: Floats | float) -> Floats:
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _solve(logs: Floats, target: float) -> float:
    """The exponent with which the mean of exp(exponent × log) is the target; between 0 and 200."""
    low, high = 0.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.exp(middle * logs).mean() > target else (low, middle)
    return (low + high) / 2

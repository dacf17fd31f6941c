"""The facts of later years in many worlds at once, drawn from assumptions: what the award of a year reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.rules.rulebook import Rulebook, Sampling
from dashboard.rules.terms import AwardShape
from dashboard.services.assumptions import Assumptions, Flags, Floats, Ints, sample_size, superiors_of
from dashboard.services.evaluation import Evaluation

PERSISTENT, YEARLY = 0.8, 0.6  # weights of a branch's strength and of the year in its score; their squares add up to 1
MEAN, SPREAD = 80.0, 6.0  # of the scores


class Draws(NamedTuple):
    """The random numbers of a year, worlds × branches; all uniform on 0 to 1 but `noise`, which is standard normal.

    They depend on the seed, the year, and the number of branches only, so that two rulebooks meet the same luck, and
    more worlds leave the first ones as they were.
    """

    wish: Floats
    inspection: Floats
    check_ticket: Floats
    check: Floats
    recheck_ticket: Floats
    recheck: Floats
    incident: Floats
    noise: Floats

    @classmethod
    def of(cls, seed: str | int, year: int, worlds: int, branches: int) -> Draws:
        uniform = stream(seed, "year", year).random((worlds, len(cls._fields) - 1, branches))
        noise = stream(seed, "noise", year).standard_normal((worlds, branches))
        return cls._make([*np.swapaxes(uniform, 0, 1), noise])


def stream(seed: str | int, *topic: object) -> np.random.Generator:
    """The random numbers of a topic."""
    name = "/".join(str(part) for part in (seed, *topic))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()))


@dataclass(frozen=True)
class Worlds:
    """The active branches, by id, in every world. Arrays are worlds × branches, levels are indexes from 1 (0: none).

    `base` holds their facts of the year that all worlds begin with; `strength` is a lasting trait of a branch in a
    world (standard normal), so that good branches stay good. Facts number their rows `n` world by world.
    """

    base: pa.Table
    rulebook: Rulebook
    assumptions: Assumptions
    strength: Floats
    superior: Ints

    @classmethod
    def of(cls, facts: pa.Table, rulebook: Rulebook, assumptions: Assumptions) -> Worlds:
        base = facts.filter(pc.field("active")).sort_by("branch_id")
        strength = stream(assumptions.seed, "strength").standard_normal((assumptions.replications, len(base)))
        return cls(base, rulebook, assumptions, strength, superiors_of(base))

    @property
    def count(self) -> int:
        return self.assumptions.replications

    def levels(self, evaluation: Evaluation) -> Ints:
        """The levels that an evaluation gave the branches, as one world."""
        at = pc.index_in(self.base.column("branch_id"), evaluation.table.column("branch_id").combine_chunks())
        values = np.asarray(evaluation.table.column("awarded").take(at), dtype=np.int64)
        return np.searchsorted([0, *self.rulebook.level_values], values)[None, :]

    def facts(self, year: int, held: Ints) -> pa.Table:
        """The facts of `year` (`rules.facts.schema`, with `n` and `world`), after the levels `held` the year before.

        Applications are in time and approved, and the self-assessment meets them. A superior puts its strongest
        branches first. An inspection that does not find the level applied for finds the one held, or that below
        the one applied for, whichever is higher. Whoever is vetoed has as many incidents as the rules ask for.
        """
        draws = Draws.of(self.assumptions.seed, year, *held.shape)
        applied = self._applied(draws, held)
        competed = np.isin(applied, AwardShape.of(self.rulebook).competed)
        passed = draws.inspection < self._by_index(self.assumptions.passes, 1.0)[applied]
        inspected = np.where(passed, applied, np.maximum(held, applied - 1))
        vetoed = draws.incident < self.assumptions.vetoed
        return self._table(
            {
                "previous_level": held,
                "self_level": applied,
                "applied_level": np.ma.masked_equal(applied, 0),
                "submitted_on": pa.scalar(date(year, *self.rulebook.application.deadline), pa.date32()),
                "review": pa.scalar("approved"),
                "priority": np.rint(-1e6 * self.strength),
                "exception": pa.scalar(False),
                "inspected_level": np.ma.masked_array(inspected, ~competed),
                "score": MEAN + SPREAD * (PERSISTENT * self.strength + YEARLY * draws.noise),
                "criteria_met": pa.scalar(0),
                "spot_check": self._spot_checks(draws, applied),
                "acceptance": _outcomes(competed, passed),
                "recheck_failed": self._recheck_failed(draws, held),
                "rectification_failed": pa.scalar(False),
                "committee_incidents": np.where(vetoed, self.rulebook.veto.committee, 0),
                "member_incidents": pa.scalar(0),
                "deferred": pa.scalar(False),
            }
        )

    def _applied(self, draws: Draws, held: Ints) -> Ints:
        """The level that each branch applies for: what it wishes for, as far as it may rise in a year; never a level
        that it holds."""
        shares = self._by_index(self.assumptions.apply, 0.0)
        wished, upper = np.zeros(held.shape, np.int64), 0.0
        for level in range(len(shares) - 1, 0, -1):
            lower, upper = upper, upper + shares[level]
            wished[(lower <= draws.wish) & (draws.wish < upper)] = level
        step = self.rulebook.promotion.levels_a_year
        within = wished if step is None else np.minimum(wished, held + step)
        return np.where(within > held, within, 0)

    def _spot_checks(self, draws: Draws, applied: Ints) -> pa.Array:
        entry = np.isin(applied, AwardShape.of(self.rulebook).entry) & np.asarray(self.base.column("covered"))
        checked = self._drawn(entry, draws.check_ticket, self.rulebook.inspection.spot_check)
        return _outcomes(checked, draws.check < self._by_index(self.assumptions.passes, 1.0)[applied])

    def _recheck_failed(self, draws: Draws, held: Ints) -> Flags:
        rechecked = self._drawn(held > 0, draws.recheck_ticket, self.rulebook.inspection.recheck)
        return rechecked & (draws.recheck < self.assumptions.recheck_fails)

    def _drawn(self, among: Flags, tickets: Floats, settings: Sampling) -> Flags:
        """Who is drawn: in every world, the smallest tickets of each superior (附2·四·2)."""
        kinds = int(self.superior.max(initial=0)) + 1
        stratum = (np.arange(self.count)[:, None] * kinds + self.superior)[among]
        sizes = np.bincount(stratum, minlength=self.count * kinds)
        order = np.lexsort((tickets[among], stratum))
        place = np.empty_like(order)
        place[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        drawn = np.zeros(among.shape, bool)
        drawn[among] = place < sample_size(settings, sizes)[stratum]
        return drawn

    def _by_index(self, shares: Mapping[int, float], otherwise: float) -> Floats:
        """Shares by level value as an array by level index; the first is that of no level."""
        return np.array([0.0, *(shares.get(value, otherwise) for value in self.rulebook.level_values)])

    def _table(self, drawn: Mapping[str, object]) -> pa.Table:
        """Drawn columns, beside those of the branches; what nobody knows in advance (decisions) is null."""
        lasting = ("branch_id", "superior_id", "superior_kind", "sector", "active", "covered")
        rows = self.strength.size
        tiled = self.base.select(lasting).take(pa.array(np.tile(np.arange(len(self.base)), self.count)))
        columns: dict[str, object] = {**drawn, **{name: tiled.column(name) for name in lasting}}
        columns["n"] = np.arange(rows)
        columns["world"] = np.repeat(np.arange(self.count), len(self.base))
        arrays = [_column(columns.get(field.name), field.type, rows) for field in self.base.schema]
        return pa.Table.from_arrays(arrays, schema=self.base.schema)


def _outcomes(checked: Flags, passed: Flags) -> pa.Array:
    """`pass` or `fail` where there was a check."""
    at = np.where(passed, 0, 1).ravel()
    return pa.array(["pass", "fail"]).take(pa.array(at, mask=~checked.ravel()))


def _column(values: object, dtype: pa.DataType, rows: int) -> pa.Array | pa.ChunkedArray:
    """A column of the facts from an array of worlds × branches, from one value for all, or from nothing."""
    if values is None:
        return pa.nulls(rows, dtype)
    if isinstance(values, pa.Scalar):
        return pa.repeat(values.cast(dtype), rows)
    if isinstance(values, np.ma.MaskedArray):
        return pa.array(values.data.ravel(), mask=np.ma.getmaskarray(values).ravel()).cast(dtype)
    if isinstance(values, np.ndarray):
        return pa.array(values.ravel()).cast(dtype)
    return values

"""What the demo needs of the rules: levels as indexes from 1 (the lowest), and the standards as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard.demo.streams import Flags, Floats, Ints, Texts, texts
from dashboard.rules.rulebook import Rulebook, Standard
from dashboard.rules.terms import AwardShape, Ordering


@dataclass(frozen=True)
class Ladder:
    """The levels: `values` by index (0 is none), which are recognised on application, which are competed for."""

    rulebook: Rulebook
    values: Ints
    entry: tuple[int, ...]
    competed: tuple[int, ...]  # the highest first
    sanction_failures: int
    sanctioned: frozenset[str]
    capped: frozenset[str]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Ladder:
        shape, ordering = AwardShape.of(rulebook), Ordering.of(rulebook)
        sanction = rulebook.inspection.collective_sanction
        return cls(
            rulebook=rulebook,
            values=np.array([0, *rulebook.level_values]),
            entry=shape.entry,
            competed=shape.competed,
            sanction_failures=sanction.failures if sanction else 2,
            sanctioned=frozenset(ordering.sanctioned),
            capped=frozenset(ordering.capped),
        )

    @property
    def top(self) -> int:
        return len(self.values) - 1

    @cached_property
    def cuts(self) -> Floats:
        """The strength at which a branch reaches each level: most reach the lowest, few the highest."""
        return np.asarray(np.interp(np.linspace(0, 1, self.top), [0, 0.5, 1], [-1.35, 0.6, 1.5]), dtype=np.float64)

    def reached(self, strength: Floats) -> Ints:
        """The level that a strength is good for."""
        return np.searchsorted(self.cuts, strength, side="right").astype(np.int64)

    def index(self, values: Ints) -> Ints:
        """Levels 0, 3, 4, 5 as 0, 1, 2, 3."""
        return np.searchsorted(self.values, values).astype(np.int64)

    @cached_property
    def yardsticks(self) -> dict[str, Yardstick]:
        """The standard of each sector that has one."""
        made = {name: Yardstick.of(s, self.rulebook.level_keys) for name, s in self.rulebook.standards.items()}
        return {key: made[s.standard] for key, s in self.rulebook.sectors.items() if s.standard}


@dataclass(frozen=True)
class Yardstick:
    """评定标准 as arrays over its criteria. `need` is criteria × (levels + 1), NaN where a level asks nothing."""

    criteria: Texts
    need: Floats
    yes_no: Flags
    count: Flags
    points: Floats  # NaN unless the mark itself is the points

    @classmethod
    def of(cls, standard: Standard, keys: tuple[str, ...]) -> Yardstick:
        rules = list(standard.criteria.values())
        need = [[np.nan, *(_number(rule.threshold(key)) for key in keys)] for rule in rules]
        return cls(
            criteria=texts([rule.id for rule in rules]),
            need=np.array(need, dtype=np.float64).reshape(len(rules), len(keys) + 1),
            yes_no=np.array([rule.measure == "yes_no" for rule in rules]),
            count=np.array([rule.measure == "count" for rule in rules]),
            points=np.array([_number(rule.points) if rule.measure == "score" else np.nan for rule in rules]),
        )

    def asked(self, level: Ints) -> Floats:
        """What each branch's level asks: branches × criteria."""
        return np.asarray(self.need.T[level], dtype=np.float64)

    @cached_property
    def first(self) -> Ints:
        """The first level that asks for each criterion; one above the top where none does."""
        stated = ~np.isnan(self.need)
        none = self.need.shape[1]
        return np.asarray(np.where(stated.any(axis=1), stated.argmax(axis=1), none), dtype=np.int64)

    @cached_property
    def least(self) -> Floats:
        """The lowest figure stated for each criterion; half the points, or 1, where none is."""
        stated = np.where(np.isnan(self.need), np.inf, self.need).min(axis=1)
        fallback = np.where(np.isnan(self.points), 1.0, self.points / 2)
        return np.where(np.isfinite(stated), stated, fallback)


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))

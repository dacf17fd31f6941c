"""What a branch can expect from its marks, while some are unknown (附2·二)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, gcd

import ibis
import ibis.expr.types as ir

from dashboard.rules import tables
from dashboard.rules.level import Shape, level_index, need_of, parameter_tables, totals
from dashboard.rules.rulebook import Criterion, Rulebook, Standard

_MOST_STEPS = 10**6


@lru_cache(maxsize=16)
def bounds(shape: Shape) -> ir.Table:
    """`branch_id`, `low`, `high`: the level met when unknown marks count as not met, and as met (indexes).

    Reads `preview_branches` (`branch_id`, `standard`) and `preview_marks` (`branch_id`, `criterion`, `value`).
    """
    branches = tables.table("preview_branches", {"branch_id": "string", "standard": "string"})
    marks = tables.table("preview_marks", {"branch_id": "string", "criterion": "string", "value": "float64"})
    own = marks.inner_join(branches, "branch_id").mutate(stage=ibis.literal("self"))
    asked = branches.inner_join(parameter_tables(shape.levels)["rule_standards"], "standard")
    sums = asked.left_join(totals(own, shape).drop("standard", "stage"), "branch_id")
    return sums.select(
        "branch_id",
        low=level_index(sums, shape),
        high=level_index(sums, shape, open_counts=True),
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """A criterion that stands between a branch and a level. `value` is None while it is unknown."""

    criterion: Criterion
    required: Decimal
    value: float | None


def gaps(rulebook: Rulebook, standard: Standard, level: str, marks: Mapping[str, float | None]) -> list[Gap]:
    """What is missing for a level, in the order of the standard: criteria below its requirement, or unknown.

    By points these are all the criteria that could still earn something, a score up to its full mark; the cutoff asks
    only for enough of them.
    """
    found = []
    for criterion in standard.criteria.values():
        value = marks.get(criterion.id)
        required = need_of(standard, criterion, level, rulebook.level_keys)
        if required is not None and not _reaches(value, required):
            found.append(Gap(criterion, required, value))
        elif criterion.measure == "score" and criterion.points and not _reaches(value, criterion.points):
            found.append(Gap(criterion, criterion.points, value))
    return found


def _reaches(value: float | None, required: Decimal) -> bool:
    return value is not None and value >= float(required)


def is_met(
    rulebook: Rulebook, standard: Standard, criterion: Criterion, level: str, marks: Mapping[str, float | None]
) -> bool:
    """Whether a criterion meets what a level requires of it; an unknown one does not."""
    required = need_of(standard, criterion, level, rulebook.level_keys)
    return required is None or _reaches(marks.get(criterion.id), required)


def decisive_unknowns(
    rulebook: Rulebook, standard: Standard, low: int, high: int, marks: Mapping[str, float | None]
) -> list[Criterion]:
    """Unknown criteria whose answers, alone or together, can move the result.

    `low` and `high` are level indexes (`bounds`); none when the result stands whatever they are. They are the unknown
    criteria that any level above `low`, up to `high`, asks for; by points those that can tip such a level.
    """
    unknown = [c for c in standard.criteria.values() if marks.get(c.id) is None]
    decide = _tipping if standard.mode == "points" else _asked
    found = {c.id for key in rulebook.level_keys[low:high] for c in decide(rulebook, standard, key, unknown, marks)}
    return [c for c in unknown if c.id in found]


def _asked(
    rulebook: Rulebook, standard: Standard, key: str, unknown: Sequence[Criterion], _: Mapping[str, float | None]
) -> list[Criterion]:
    return [c for c in unknown if need_of(standard, c, key, rulebook.level_keys) is not None]


def _tipping(
    rulebook: Rulebook, standard: Standard, key: str, unknown: Sequence[Criterion], marks: Mapping[str, float | None]
) -> list[Criterion]:
    """By points: what can tip a level that is open. What the level insists on does; another criterion does when some
    answers to the rest leave no more to the cutoff than it can earn."""
    insisted = standard.must.get(key, ())
    open_points = {c.id: c.points or Decimal(0) for c in unknown}
    still = standard.cutoffs[key] - sum(
        (_earned(rulebook, standard, c, key, marks) for c in standard.criteria.values()), Decimal(0)
    )
    rest, room = [], Decimal(0)
    for c in unknown:
        least = need_of(standard, c, key, rulebook.level_keys) if c.id in insisted else None
        if c.measure == "score":  # anything up to the full mark
            still -= least or Decimal(0)
            room += open_points[c.id] - (least or Decimal(0))
        elif c.id in insisted:
            still -= open_points[c.id]
        else:
            rest.append(c)
    tipping = []
    for c in unknown:
        own = Decimal(0) if c.measure == "score" else open_points[c.id]  # that of a score is in the room
        others = [open_points[other.id] for other in rest if other is not c]
        if c.id in insisted or some_sum(others, still - own - room, still):
            tipping.append(c)
    return tipping


def _earned(
    rulebook: Rulebook, standard: Standard, criterion: Criterion, key: str, marks: Mapping[str, float | None]
) -> Decimal:
    """The points that a criterion earns for a level with its mark."""
    value = marks.get(criterion.id)
    if criterion.measure == "score":
        return Decimal(str(value or 0))
    met = value is not None and is_met(rulebook, standard, criterion, key, marks)
    return (criterion.points or Decimal(0)) if met else Decimal(0)


def some_sum(parts: Sequence[Decimal], least: Decimal, below: Decimal) -> bool:
    """Whether some of the parts add up to at least `least` and less than `below`. Parts too fine to try (a grain under
    a millionth of their sum) are taken to."""
    whole = [int(part.scaleb(6)) for part in parts]
    grain = gcd(*whole) or 1
    if sum(whole) // grain > _MOST_STEPS:
        return True
    sums = 1  # bit n: some parts add up to n grains
    for part in whole:
        sums |= sums << part // grain
    first, end = (max(0, ceil(Fraction(edge) * 10**6 / grain)) for edge in (least, below))
    return bool(sums >> first & ~(-1 << max(0, end - first)))

"""What a branch can expect from its marks, while some are unknown (附2·二)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import ibis
import ibis.expr.types as ir

from dashboard.rules import tables
from dashboard.rules.level import Shape, level_index, need_of, parameter_tables, totals
from dashboard.rules.rulebook import Criterion, Rulebook, Standard


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

    By points these are all the criteria that could still earn something; the cutoff asks only for enough of them.
    """
    found = []
    for criterion in standard.criteria.values():
        required = need_of(standard, criterion, level, rulebook.level_keys)
        value = marks.get(criterion.id)
        if required is not None and (value is None or value < float(required)):
            found.append(Gap(criterion, required, value))
    return found


def decisive_unknowns(
    rulebook: Rulebook, standard: Standard, low: int, high: int, marks: Mapping[str, float | None]
) -> list[Criterion]:
    """Unknown criteria whose answers, alone or together, can move the result.

    `low` and `high` are level indexes (`bounds`). They are the unknown criteria that any level above `low`, up to
    `high`, asks for; none when the result stands whatever they are.
    """
    reachable = rulebook.level_keys[low:high]
    return [
        criterion
        for criterion in standard.criteria.values()
        if marks.get(criterion.id) is None
        and any(need_of(standard, criterion, key, rulebook.level_keys) is not None for key in reachable)
    ]

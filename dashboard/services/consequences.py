"""结果运用: what follows from the level of each branch (附2·五)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows for one branch. `funding` in yuan a year, None where the rules name no amount or it gets none;
    `honours`: it may be honoured this year; `advanced`: it may be recommended as advanced organisation; `plan`: a
    rectification plan is due."""

    branch_id: str
    level: int
    funding: Decimal | None
    honours: bool
    advanced: bool
    plan: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """The branches of a level, and what each gets in yuan a year (None while no amount is set)."""

    level: int
    branches: int
    each: Decimal | None

    @property
    def total(self) -> Decimal | None:
        return None if self.each is None else self.each * self.branches


def consequences(rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> tuple[Consequence, ...]:
    """What follows for every branch that is rated, by id. A deferred branch owes no plan: it is rated next year."""
    require(viewer, "view_results")
    amounts = _amounts(rulebook)
    key = rulebook.consequences.advanced_recommendation_from
    least = rulebook.levels[key].value if key else None
    return tuple(
        Consequence(
            branch_id=row.branch_id,
            level=row.awarded_level,
            funding=amounts.get(row.awarded_level),
            honours=row.awarded_level > 0,
            advanced=least is not None and row.awarded_level >= least,
            plan=row.awarded_level == 0 and row.basis != "deferred",
        )
        for row in evaluation.branches()
        if row.basis != "inactive"
    )


def amounts(rulebook: Rulebook, viewer: Viewer, found: Sequence[Consequence]) -> tuple[Amount, ...]:
    """Funding by level, the highest first (附2·五·1)."""
    require(viewer, "view_results")
    each = _amounts(rulebook)
    return tuple(
        Amount(level, sum(c.level == level for c in found), each.get(level))
        for level in reversed(rulebook.level_values)
    )


def _amounts(rulebook: Rulebook) -> dict[int, Decimal]:
    funding = rulebook.consequences.funding
    return {rulebook.levels[key].value: n for key, n in funding.items() if n is not None}

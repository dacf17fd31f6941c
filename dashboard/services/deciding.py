"""并列名次: ties at the last place, and what the leading group decided about them, with its reason (附2·四·3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.services.evaluation import Evaluation
from dashboard.services.margin import pools
from dashboard.services.texts import REASON, given
from dashboard.store import deciding as kept
from dashboard.store import proceedings
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.deciding import Decision
from dashboard.store.years import require_open

Outcome = Literal["selected", "not_selected"]


@dataclass(frozen=True, slots=True)
class Tied:
    """A branch in a tie: what orders it, the level it holds, and what was said about it so far."""

    branch_id: str
    score: Decimal | None
    criteria_met: int
    previous_level: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Tie:
    """Branches with equal keys across the last place of a level. `rank` is the place that they share, `left` how many
    of them can have one."""

    level: int
    rank: int
    places: int
    left: int
    branches: tuple[Tied, ...]


def ties(store: Store, viewer: Viewer, evaluation: Evaluation) -> tuple[Tie, ...]:
    """The ties that wait for the leading group, the highest level first."""
    require(viewer, "view_results")
    said = {(d.branch_id, d.level): d for d in kept.of_year(store, evaluation.year)}
    found = []
    for outcome, pool in pools(evaluation):
        rows = [row for row in pool if row["basis"] == "tie_pending" and row["competed_at"] == outcome.level]
        if not rows or outcome.places is None:
            continue
        tied = tuple(
            Tied(
                row["branch_id"],
                row["score"],
                int(row["criteria_met"]),
                row["previous_level"],
                said.get((row["branch_id"], outcome.level)),
            )
            for row in rows
        )
        rank = min(row["rank"] for row in rows)
        found.append(Tie(outcome.level, rank, outcome.places, outcome.places - rank + 1, tied))
    return tuple(reversed(found))


def decisions(store: Store, viewer: Viewer, year: int) -> tuple[Decision, ...]:
    """What was decided in a year, by level and branch."""
    require(viewer, "view_results")
    return tuple(kept.of_year(store, year))


def decide(
    store: Store,
    viewer: Viewer,
    evaluation: Evaluation,
    level: int,
    selected: Sequence[str],
    reason: str,
) -> None:
    """Say who of a tie gets the places that are left; the others do not. The same again changes nothing.

    Raises:
        UserError: there is no reason, another number than there are places is selected, or one is not in the tie.
        StoreError: data came in since the evaluation, or the year is final.
    """
    require(viewer, "decide_award")
    reason = given(reason, REASON, "decide_award.reason_wanted")
    year = evaluation.year
    with store.write("decide_award", year=year, level=level) as cursor:
        require_open(cursor, year)
        there = {d.branch_id: d for d in kept.of_year(store, year) if d.level == level}
        if selected and _said(there, selected, reason):
            raise NothingToDo
        if store.revision().version != evaluation.revision.version:
            raise StoreError.of("store.changed_meanwhile")
        tie = next((tie for tie in ties(store, viewer, evaluation) if tie.level == level), None)
        if tie is None:
            raise StoreError.of("decide_award.no_tie")
        members = [tied.branch_id for tied in tie.branches]
        if not set(selected) <= set(members):
            raise UserError.of("decide_award.not_tied")
        if len(set(selected)) != tie.left:
            raise UserError.of("decide_award.wrong_number", left=tie.left, selected=len(set(selected)))
        for branch in members:
            outcome: Outcome = "selected" if branch in selected else "not_selected"
            kept.put(cursor, Decision(branch, year, level, outcome, reason))
            proceedings.note(cursor, branch, year, "tie_decided", viewer.name, reason, level=level, outcome=outcome)


def _said(there: dict[str, Decision], selected: Sequence[str], reason: str) -> bool:
    """Whether this was decided already."""
    return all(b in there and (there[b].outcome, there[b].reason) == ("selected", reason) for b in selected)


def withdraw(store: Store, viewer: Viewer, year: int, level: int, because: str) -> None:
    """Take the decisions about a level back, with a reason; what they said stays in the proceedings.

    Raises:
        UserError: there is no reason.
        StoreError: the year is final.
    """
    require(viewer, "decide_award")
    because = given(because, REASON, "decide_award.reason_wanted")
    with store.write("withdraw_decision", year=year, level=level) as cursor:
        require_open(cursor, year)
        there = [decision for decision in kept.of_year(store, year) if decision.level == level]
        if not there:
            raise NothingToDo
        for decision in there:
            kept.remove(cursor, decision)
            proceedings.note(
                cursor, decision.branch_id, year, "decision_withdrawn", viewer.name, because,
                level=level, outcome=decision.outcome, because=decision.reason,
            )  # fmt: skip

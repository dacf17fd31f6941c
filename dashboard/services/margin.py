"""The cut of a level: who is last in, who is first out, by how much, and who is tied across it (附2·四·3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dashboard.services.evaluation import Evaluation, LevelOutcome


@dataclass(frozen=True, slots=True)
class AtCut:
    """A branch beside the cut with what orders it: its place in the pool, score and criteria met."""

    branch_id: str
    rank: int
    score: Decimal | None
    criteria_met: int


@dataclass(frozen=True, slots=True)
class Margin:
    """The cut of one level. `tied` wait for the leading group. `gap` is the distance by `gap_by`, the first key of the
    merit order in which the two sides differ, after those in `equal`; None where one side is empty or lacks it."""

    outcome: LevelOutcome
    last_in: AtCut | None
    first_out: AtCut | None
    tied: tuple[str, ...]
    gap: Decimal | None = None
    gap_by: str | None = None
    equal: tuple[str, ...] = ()


def margins(evaluation: Evaluation, ranking: Sequence[str]) -> tuple[Margin, ...]:
    """The cut of each level that is competed for, lowest first; `ranking` is the merit order of the rules."""
    return tuple(_margin(outcome, pool, ranking) for outcome, pool in pools(evaluation))


def pools(evaluation: Evaluation) -> list[tuple[LevelOutcome, list[dict[str, Any]]]]:
    """Each level that is competed for, lowest first, with its pool in merit order: rows with the `rank` in it."""
    indexes = sorted(int(n.removeprefix("rank_")) for n in evaluation.table.column_names if n.startswith("rank_"))
    columns = ["branch_id", "previous_level", "awarded", "basis", "competed_at", "score", "criteria_met"]
    rows = evaluation.table.select([*columns, *(f"rank_{n}" for n in indexes)]).to_pylist()
    found = []
    for n, outcome in zip(indexes, evaluation.levels, strict=True):
        pool = [{**row, "rank": row[f"rank_{n}"]} for row in rows if row[f"rank_{n}"] is not None]
        found.append((outcome, sorted(pool, key=lambda row: (row["rank"], row["branch_id"]))))
    return found


def _margin(outcome: LevelOutcome, pool: list[dict[str, Any]], ranking: Sequence[str]) -> Margin:
    waiting = [row for row in pool if row["basis"] == "tie_pending" and row["competed_at"] == outcome.level]
    inside = [row for row in pool if row["awarded"] == outcome.level and row not in waiting]
    outside = [row for row in pool if row not in inside and row not in waiting]
    last_in = _at_cut(inside[-1]) if inside else None
    first_out = _at_cut(outside[0]) if outside else None
    tied = tuple(row["branch_id"] for row in waiting)
    margin = Margin(outcome, last_in, first_out, tied)
    if last_in is None or first_out is None:
        return margin
    for n, key in enumerate(ranking):
        better, worse = getattr(last_in, key), getattr(first_out, key)
        if better is None or worse is None:
            return margin
        if better != worse:
            return replace(margin, gap=Decimal(better - worse), gap_by=key, equal=tuple(ranking[:n]))
    return margin


def _at_cut(row: dict[str, Any]) -> AtCut:
    score = row["score"]
    return AtCut(
        branch_id=str(row["branch_id"]),
        rank=int(str(row["rank"])),
        score=score if isinstance(score, Decimal) else None,
        criteria_met=int(str(row["criteria_met"])),
    )

"""The cut of a level: who is last in, who is first out, by how much, and who is tied across it (附2·四·3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

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
    return tuple(_margin(evaluation, outcome, n, ranking) for n, outcome in _numbered(evaluation))


def _numbered(evaluation: Evaluation) -> list[tuple[int, LevelOutcome]]:
    names = [name for name in evaluation.table.column_names if name.startswith("rank_")]
    return list(zip(sorted(int(name.removeprefix("rank_")) for name in names), evaluation.levels, strict=True))


def _margin(evaluation: Evaluation, outcome: LevelOutcome, index: int, ranking: Sequence[str]) -> Margin:
    rank = f"rank_{index}"
    columns = ["branch_id", "awarded", "basis", "competed_at", "score", "criteria_met", rank]
    pool = [row for row in evaluation.table.select(columns).to_pylist() if row[rank] is not None]
    pool.sort(key=lambda row: (row[rank], row["branch_id"]))
    waiting = [row for row in pool if row["basis"] == "tie_pending" and row["competed_at"] == outcome.level]
    inside = [row for row in pool if row["awarded"] == outcome.level and row not in waiting]
    outside = [row for row in pool if row not in inside and row not in waiting]
    last_in = _at_cut(inside[-1], rank) if inside else None
    first_out = _at_cut(outside[0], rank) if outside else None
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


def _at_cut(row: dict[str, object], rank: str) -> AtCut:
    score = row["score"]
    return AtCut(
        branch_id=str(row["branch_id"]),
        rank=int(str(row[rank])),
        score=score if isinstance(score, Decimal) else None,
        criteria_met=int(str(row["criteria_met"])),
    )

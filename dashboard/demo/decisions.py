"""Ties: decided by the leading group in finished years, open in the year under way (附2·四·3)."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from dashboard.auth.viewer import OPERATOR
from dashboard.demo import words
from dashboard.demo.sheets import sheet, write
from dashboard.demo.spring import Season
from dashboard.demo.streams import drawn, one_of
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.store.connection import Store


def settled(store: Store, season: Season) -> Evaluation:
    """The final evaluation of a finished year, after the leading group has decided every tie."""
    rng = season.stream("decisions")
    while True:
        evaluation = evaluate(store, season.ladder.rulebook, OPERATOR, season.year, "final")
        waiting = next((level for level in evaluation.levels if level.tied), None)
        if waiting is None:
            return evaluation
        group = [b for b in evaluation.branches() if b.basis == "tie_pending" and b.competed_at == waiting.level]
        left = int(waiting.places or 0) - int(group[0].merit_rank or 1) + 1
        chosen = set(drawn(rng, np.ones(len(group), bool), left).tolist())
        outcomes = ["selected" if i in chosen else "not_selected" for i in range(len(group))]
        write(
            store,
            [
                sheet(
                    "decisions",
                    branch_id=[b.branch_id for b in group],
                    year=[season.year] * len(group),
                    level=[waiting.level] * len(group),
                    outcome=outcomes,
                    reason=[one_of(rng, words.TIE_REASONS[outcome]) for outcome in outcomes],
                )
            ],
            year=season.year,
        )


def leave_a_tie(store: Store, season: Season) -> None:
    """See to it that the last place of the lowest level that is competed for falls between equals this year.

    Where it does not by itself, the jury's scores of two branches near the line that meet equally many criteria are
    brought to the same figure. Nothing is done where there are no such two.
    """
    evaluation = evaluate(store, season.ladder.rulebook, OPERATOR, season.year, "final")
    level = min(evaluation.levels, key=lambda outcome: outcome.level, default=None)
    if level is None or level.tied or not level.places or level.pool <= level.places:
        return
    columns = ["branch_id", "score", "criteria_met", "applied_level", "competed_at", "merit_rank"]
    rows = [row for row in evaluation.table.select(columns).to_pylist() if row["competed_at"] == level.level]
    rows.sort(key=lambda row: (row["merit_rank"], row["branch_id"]))
    pool = [
        _Entry(row["branch_id"], float(row["score"]), int(row["criteria_met"]), row["applied_level"] == level.level)
        for row in rows
        if row["score"] is not None
    ]
    found = dead_heat(pool, int(level.places))
    if found:
        branches, score = found
        same = sheet(
            "inspections",
            branch_id=list(branches),
            year=[season.year] * 2,
            kind=["acceptance"] * 2,
            score=[score] * 2,
        )
        write(store, [same], year=season.year)


class _Entry(NamedTuple):
    """A branch of the pool, in order of merit. Only those that `applied` for the level itself may be moved."""

    branch_id: str
    score: float
    criteria_met: int
    applied: bool


def dead_heat(pool: list[_Entry], places: int) -> tuple[tuple[str, str], float] | None:
    """The two branches, one on either side of the line, and the score that with the least change makes them equal
    at the line. `pool` is in order of merit; only what is near the line is looked at."""
    before = max(0, places - 30)
    near, line = pool[before : places + 30], places - before
    scores = sorted({entry.score for entry in near})
    best: tuple[float, tuple[str, str], float] | None = None
    for inside, outside in product(near[:line], near[line:]):
        if inside.criteria_met != outside.criteria_met or not (inside.applied and outside.applied):
            continue
        others = [(entry.score, entry.criteria_met) for entry in near if entry not in (inside, outside)]
        for score in scores:
            above = sum(other > (score, inside.criteria_met) for other in others)
            equal = sum(other == (score, inside.criteria_met) for other in others)
            change = abs(inside.score - score) + abs(outside.score - score)
            if above < line < above + equal + 2 and (best is None or change < best[0]):
                best = change, (inside.branch_id, outside.branch_id), score
    return best[1:] if best else None

"""年度收尾: how far the result of a year has come, and what is to be done next (附2·四·3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem
from dashboard.rules.rulebook import Rulebook
from dashboard.services.deciding import Tie, ties
from dashboard.services.evaluation import Evaluation
from dashboard.services.publishing import open_points
from dashboard.services.runs import Freshness, Run, freshness, of_year, result_of
from dashboard.store.connection import Store

Step = Literal["inspect", "decide", "keep", "announce", "notice", "finalise", "final"]
STEPS: tuple[Step, ...] = get_args(Step)


@dataclass(frozen=True)
class Closing:
    """Where a year stands. `run` is the one that is announced or final, else the latest that is just what the year
    gives now; `fresh` belongs to it. `points` keep an announced result from being final."""

    step: Step
    runs: tuple[Run, ...]
    run: Run | None
    fresh: Freshness | None
    ties: tuple[Tie, ...]
    points: tuple[Problem, ...]


def closing(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Closing:
    """How far a year has come.

    Args:
        evaluation: the year as things stand (`runs.standing`).
    """
    require(viewer, "view_results")
    every = of_year(store, viewer, evaluation.year)
    opened = next((run for run in every if run.state in ("announced", "final")), None)
    if opened is not None and opened.state == "final":
        return Closing("final", every, opened, None, (), ())
    tied = ties(store, viewer, evaluation)
    if opened is not None:
        fresh = freshness(store, rulebook, viewer, opened)
        points = open_points(store, viewer, opened, fresh)
        return Closing("notice" if points else "finalise", every, opened, fresh, tied, points)
    kept = _as_now(every, evaluation)
    step: Step = "announce" if kept else "keep"
    if evaluation.stage == "projected":
        step = "inspect"
    elif tied:
        step = "decide"
    return Closing(step, every, kept, None, tied, ())


def _as_now(every: tuple[Run, ...], evaluation: Evaluation) -> Run | None:
    """The latest run that is kept and says what the evaluation says, by the same rules."""
    now = (evaluation.stage, evaluation.fingerprint, result_of(evaluation))
    return next((r for r in every if r.state == "kept" and (r.row.stage, r.row.rules, r.row.result) == now), None)

"""Results of a simulation in words, the same on screen and on paper."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.i18n import Translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import LevelOutcome
from dashboard.services.fairness import Fairness
from dashboard.services.margin import AtCut, Margin
from dashboard.services.simulation import Move, Side, Simulation, Standing


def level_names(t: Translator, rulebook: Rulebook) -> dict[int, str]:
    """The name of each level by value, 0 included."""
    return {0: t("level.none")} | {level.value: t.text(level.name) for level in rulebook.levels.values()}


def headline(t: Translator, both: Simulation, changes: int) -> str:
    """How many would move, or why there is nothing to see."""
    if not changes:
        return t("simulate.start")
    if not both.moves:
        return t("simulate.no_moves")
    up = sum(move.after > move.before for move in both.moves)
    return t("simulate.moves", count=len(both.moves), up=up, down=len(both.moves) - up)


def binding(t: Translator, side: Side, outcome: LevelOutcome) -> str:
    """What binds a level: quota, supply or shortfall rule; and whom caps and vetoes keep out."""
    text = t(
        f"binds.{outcome.binding}" if outcome.quota is not None else "binds.none",
        level=level_names(t, side.rulebook)[outcome.level],
        quota="—" if outcome.quota is None else outcome.quota,
        applicants=outcome.applicants,
        pool=outcome.pool,
        places="—" if outcome.places is None else outcome.places,
        selected=outcome.selected,
        left=outcome.pool - (outcome.places or 0),
    )
    table = side.evaluation.table.select(["applied_level", "application_status", "basis"]).to_pylist()
    applied = [row for row in table if row["applied_level"] == outcome.level]
    for name, count in (
        ("over_cap", sum(row["application_status"] == "over_cap" for row in applied)),
        ("vetoed", sum(row["basis"] == "vetoed" for row in applied)),
    ):
        if count:
            text += t(f"binds.also.{name}", count=count)
    return text


def cliff_warning(t: Translator, both: Simulation, outcome: LevelOutcome) -> str | None:
    """Said where a scenario crosses the cliff of 附2·三: with more places than before the shortfall rule takes over and
    gives fewer than there were applications. None where it does not. `best` in the text is the largest quota at which
    every application can still have a place.
    """
    before = both.baseline.evaluation.level(outcome.level)
    if outcome.binding != "fallback" or before is None or before.binding == "fallback":
        return None
    if outcome.quota is None or before.quota is None or outcome.quota <= before.quota:
        return None
    return t(
        "simulate.cliff",
        level=level_names(t, both.scenario.rulebook)[outcome.level],
        quota=outcome.quota,
        applicants=outcome.applicants,
        places=outcome.places,
        best=_held(both.scenario, outcome) + outcome.applicants,
    )


def _held(side: Side, outcome: LevelOutcome) -> int:
    """Places that branches hold already, where these count against the quota."""
    key = next(k for k in side.rulebook.level_keys if side.rulebook.levels[k].value == outcome.level)
    quota = side.rulebook.quotas[key]
    holders_count = quota is not None and quota.counts == "holders"
    return side.stars.get(outcome.level, 0) - outcome.selected if holders_count else 0


def reason(t: Translator, both: Simulation, move: Move) -> str:
    """Why a branch moves: what it has now and what it had, with its place and the places there were."""
    now, was = _standing(t, both.scenario, move.now), _standing(t, both.baseline, move.was)
    text = t("simulate.reason", now=now, was=was)
    before, after = move.was.application_status, move.now.application_status
    if before != after and before and after:
        text += t("simulate.reason_status", was=t(f"status.{before}"), now=t(f"status.{after}"))
    return text


def _standing(t: Translator, side: Side, found: Standing) -> str:
    text = t(f"basis.{found.basis}")
    outcome = side.evaluation.level(found.competed_at or 0)
    if outcome is None or outcome.places is None or found.merit_rank is None:
        return text
    level = level_names(t, side.rulebook)[outcome.level]
    return text + t("simulate.place", level=level, rank=found.merit_rank, places=outcome.places)


def cut(t: Translator, rulebook: Rulebook, margin: Margin, names: Mapping[str, str]) -> str:
    """Last in, first out, gap and tie at a level; `names` of branches by id."""

    def told(found: AtCut) -> dict[str, object]:
        score = t("cut.no_score") if found.score is None else f"{found.score.normalize():f}"
        return {"name": names[found.branch_id], "rank": found.rank, "score": score, "met": found.criteria_met}

    parts = [t("cut.level", level=level_names(t, rulebook)[margin.outcome.level])]
    if margin.last_in:
        parts.append(t("cut.last_in", **told(margin.last_in)))
    if margin.tied:
        parts.append(t("cut.tied", count=len(margin.tied)))
    if margin.first_out:
        parts.append(t("cut.first_out", **told(margin.first_out)))
    elif not margin.tied:
        parts.append(t("cut.all_in"))
    if margin.gap is not None:
        parts += [t(f"cut.equal.{key}") for key in margin.equal]
        parts.append(t(f"cut.gap.{margin.gap_by}", gap=f"{margin.gap.normalize():f}"))
    return "".join(parts)


def favour(t: Translator, found: Fairness, names: Mapping[str | None, str]) -> str:
    """Which superiors gain and lose most, in one sentence."""
    parts = [
        t(f"fairness.{way}", name=names[share.key], gain=f"{share.gain:+.2f}")
        for way, share in (("favoured", found.favoured), ("losing", found.losing))
        if share
    ]
    return "".join(parts).strip() or t("fairness.even")

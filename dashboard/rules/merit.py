"""择优: the best of the pool get the places of one level (附2·三·2, 附2·三·3, 附2·四·3)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from dashboard.rules.exact import RoundedShare

SELECTED, NOT_SELECTED = 1, 0  # what the leading group decided about a branch in a tie


def compete(t: ir.Table, terms: ir.Table, level: int) -> tuple[ir.Table, ir.Table]:
    """Fill one level.

    Args:
        t: the year so far (`rules.award`), a row for each branch and scenario.
        terms: the settings, a row a scenario.
        level: index of the level.

    Returns:
        The same rows with `won`, `tied` and `lost` brought forward and `rank_{level}` (the place in the pool); and the
        outcome, a row a scenario with the columns of `rules.award.PER_LEVEL`.
    """
    applicant = t.candidate & (t.accepted_level == level)
    came_down = t.cascade & t.candidate & (t.accepted_level > level) & t.won.isnull() & ~t.tied
    t = t.mutate(in_pool=(applicant | came_down) & (t.reached >= level) & (t.previous_level < level))
    counted = t.group_by("scenario").aggregate(
        applicants=applicant.sum(),
        pool=t.in_pool.sum(),
        holders=((t.standing == level) & t.won.isnull()).sum(),
        branches=t.active.sum(),
    )
    filled = _with_places(counted, terms, level)
    pool = _winners(t.filter(t.in_pool), filled, level)
    outcome = filled.left_join(
        pool.group_by("scenario").aggregate(selected=pool.winner.sum(), tied=pool.waiting.sum()), "scenario"
    ).select(
        "scenario", "quota", "applicants", "pool", "places", "fallback",
        selected=ibis._.selected.fill_null(0), tied=ibis._.tied.fill_null(0),
    )  # fmt: skip
    of_pool = pool.select("scenario", "n", "winner", "waiting", **{f"rank_{level}": pool["rank"]})
    t = t.left_join(of_pool, ["scenario", "n"]).drop("scenario_right", "n_right")
    winner, waiting = t.winner.fill_null(False), t.waiting.fill_null(False)
    t = t.mutate(
        won=ibis.ifelse(winner, level, t.won).cast("int32"),
        tied=t.tied | waiting,
        lost=t.lost | (t.in_pool & ~winner & ~waiting),
    )
    return t.drop("in_pool", "winner", "waiting", f"decision_{level}"), outcome


def _with_places(counted: ir.Table, terms: ir.Table, level: int) -> ir.Table:
    """Quota, open places and places of each scenario. A level without a quota has places for all."""
    columns = [name for name in terms.columns if name.endswith(f"_{level}")]
    t = counted.join(terms.select("scenario", *columns), "scenario")
    of = ibis.ifelse(t[f"share_of_applications_{level}"], t.applicants, t.branches)
    quota = ibis.coalesce(t[f"quota_{level}"], _rounded(t, "share", level, of))
    opened = ibis.ifelse(t[f"holders_count_{level}"], ibis.greatest(quota - t.holders, 0), quota)
    t = t.mutate(quota=quota, opened=opened)
    fallback = (t.applicants < t.opened) & t[f"shortfall_divisor_{level}"].notnull()
    t = t.mutate(fallback=fallback.fill_null(False))
    places = ibis.ifelse(t.fallback, _rounded(t, "shortfall", level, t.applicants), t.opened)
    return t.select("scenario", "quota", "applicants", "pool", "fallback", places=places)


def _rounded(t: ir.Table, kind: str, level: int, n: ir.Value) -> ir.Value:
    """`RoundedShare` of n in a query; null where there is none. The division is of a multiple, hence exact."""
    factor, offset, divisor = (t[f"{kind}_{part}_{level}"] for part in RoundedShare._fields)
    total = factor * n + offset
    return ((total - total % divisor) / divisor).cast("int64")


def _winners(pool: ir.Table, filled: ir.Table, level: int) -> ir.Table:
    """Those within the places win. A tie across the last place waits until the leading group has decided: it has when
    it selected as many of the group as there are places left, or spoke about each of them (and selected no more)."""
    limit = filled.places.fill_null(filled.pool)  # no quota: places for all
    t = pool.join(filled.select("scenario", cut=limit), "scenario")
    t = t.mutate(
        rank=ibis.rank().over(group_by="scenario", order_by="merit") + 1,
        last_of_equals=t.count().over(
            ibis.range_window(preceding=None, following=0, group_by="scenario", order_by="merit")
        ),
    )
    at_cut = (t["rank"] <= t.cut) & (t.last_of_equals > t.cut)
    t = t.mutate(at_cut=at_cut, picked=at_cut & (t[f"decision_{level}"] == SELECTED).fill_null(False))
    of_scenario = ibis.window(group_by="scenario")
    t = t.mutate(
        left=t.cut - t["rank"] + 1 - t.picked.sum().over(of_scenario),
        silent=(t.at_cut & t[f"decision_{level}"].isnull()).sum().over(of_scenario),
    )
    decided = (t.left == 0) | ((t.left > 0) & (t.silent == 0))
    return t.select(
        "scenario", "n", "rank",
        winner=(t.last_of_equals <= t.cut) | (t.picked & decided),
        waiting=t.at_cut & ~decided,
    )  # fmt: skip

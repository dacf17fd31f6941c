"""入围: one year of awards (附2·二 to 附2·四), for any number of branches and scenarios at once.

Facts meet terms; then veto and downgrade, the levels won by merit from the highest down, and the levels recognised on
application. Every step adds columns to one relation of a row for each branch and scenario, so that it can be read from
top to bottom like the document. Levels are indexes from 1 (the lowest), 0 is none.
"""

from __future__ import annotations

from functools import lru_cache

import ibis
import ibis.expr.types as ir
import ibis.selectors as s

from dashboard.rules import facts as facts_room
from dashboard.rules import tables
from dashboard.rules.application import with_status
from dashboard.rules.exact import RoundedShare
from dashboard.rules.level import Shape
from dashboard.rules.terms import AwardShape
from dashboard.rules.terms import schema as terms_schema

PER_LEVEL = ("quota", "applicants", "pool", "places", "selected", "tied", "fallback")

BASES = (
    "inactive",
    "vetoed",
    "downgraded_recheck",
    "downgraded_rectification",
    "retained",
    "recognised",
    "spot_check_failed",
    "collective_sanction",
    "selected",
    "cascaded",
    "tie_pending",
    "not_inspected",
    "over_quota",
    "not_met",
    "not_accepted",
    "deferred",
    "not_applied",
)


_SCENARIO = ibis.window(group_by="scenario")


@lru_cache(maxsize=64)
def awards(shape: AwardShape) -> ir.Table:
    """The result of every branch in every scenario.

    Reads the relations `facts` (`rules.facts`) and `terms` (`rules.terms`). Adds to the facts: `scenario`,
    `application_status`, `inspected` (the inspected level, or the self-assessed one in a projection), `awarded`,
    `basis`, `competed_at` and `merit_rank` (the last level competed for, and the place there), and for each level i
    the columns of `PER_LEVEL`: quota, accepted applicants, pool, places, branches given the level, branches in an
    undecided tie, and whether the shortfall ratio set the places (null where the level is not competed for).
    """
    columns = facts_room.schema(Shape((0,) * shape.levels, by_points=False))
    facts = tables.table("facts", columns)
    terms = tables.table("terms", _terms_types(shape.levels))
    t = with_status(facts.cross_join(terms), shape)
    t = _with_standing(t, shape)
    for level in shape.competed:
        t = _compete(t, level, shape).drop(s.endswith(f"_{level}") & ~s.startswith("of_level_"))
    t = _recognise(t, shape)
    return _conclude(t, shape)


def _terms_types(levels: int) -> dict[str, str]:
    schema = ibis.schema(terms_schema(levels))
    return dict(zip(schema.names, (str(dtype) for dtype in schema.types), strict=True))


def _with_standing(t: ir.Table, shape: AwardShape) -> ir.Table:
    """Veto (附2·二), downgrade by recheck or failed rectification (附2·二, 附2·五·3), and who is a candidate."""
    vetoed = t.active & ((t.committee_incidents >= t.veto_committee) | (t.member_incidents >= t.veto_members))
    holds = t.active & ~vetoed & (t.previous_level > 0)
    downgraded = holds & (t.recheck_failed | t.rectification_failed)
    standing = ibis.cases(
        (~t.active | vetoed, 0),
        (downgraded, ibis.greatest(t.previous_level - t.downgrade, 0)),
        else_=t.previous_level,
    )
    t = t.mutate(
        vetoed=vetoed,
        downgraded=downgraded,
        standing=standing.cast("int32"),  # the level held unless something better is won this year
        candidate=t.active & ~vetoed & ~downgraded & (t.accepted_level > t.previous_level),
        inspected=ibis.coalesce(t.inspected_level, ibis.ifelse(t.projected, t.self_level, ibis.null("int32"))),
    )
    return t.mutate(
        reached=t.inspected.fill_null(0),
        won=ibis.null("int32"),
        tied=ibis.literal(False),
        lost=ibis.literal(False),
        competed_at=ibis.null("int32"),
        merit_rank=ibis.null("int64"),
    ).drop(
        "submitted_on", "review", "priority", "exception", "covered", "committee_incidents", "member_incidents",
        "rectification_failed", "inspected_level", "deadline", "requires_self", "levels_a_year", "veto_committee",
        "veto_members", "downgrade", "projected", "cap_order", *(f"cap_{i}" for i in range(1, shape.levels + 1)),
    )  # fmt: skip


def _compete(t: ir.Table, level: int, shape: AwardShape) -> ir.Table:
    """择优: the best of the pool get the places of a level (附2·三·2, 附2·三·3, 附2·四·3)."""
    applicant = t.candidate & (t.accepted_level == level)
    came_down = t.cascade & t.candidate & (t.accepted_level > level) & t.won.isnull() & ~t.tied
    in_pool = (applicant | came_down) & (t.reached >= level) & (t.previous_level < level)
    at_level = (t.standing == level) & t.won.isnull()
    t = t.mutate(
        in_pool=in_pool,
        n=applicant.sum().over(_SCENARIO),
        pool=in_pool.sum().over(_SCENARIO),
        holders=at_level.sum().over(_SCENARIO),
        branches=t.active.sum().over(_SCENARIO),
    )
    t = _with_places(t, level)
    by_merit = [ibis.desc(t[key], nulls_first=False) for key in shape.ranking]
    t = t.mutate(rank=ibis.rank().over(group_by=[t.scenario, t.in_pool], order_by=by_merit) + 1)
    t = t.mutate(group_size=t.count().over(ibis.window(group_by=[t.scenario, t.in_pool, t["rank"]])))
    return _with_winners(t, level)


def _with_places(t: ir.Table, level: int) -> ir.Table:
    """Quota, open places and places. A level without a quota has places for all."""
    counted = ibis.ifelse(t[f"share_of_applications_{level}"], t.n, t.branches)
    quota = ibis.coalesce(t[f"quota_{level}"], _rounded(t, "share", level, counted))
    opened = ibis.ifelse(t[f"holders_count_{level}"], ibis.greatest(quota - t.holders, 0), quota)
    t = t.mutate(quota=quota, opened=opened)
    fallback = ((t.n < t.opened) & t[f"shortfall_divisor_{level}"].notnull()).fill_null(False)
    t = t.mutate(fallback=fallback)
    places = ibis.ifelse(t.fallback, _rounded(t, "shortfall", level, t.n), t.opened)
    return t.mutate(places=places)


def _rounded(t: ir.Table, kind: str, level: int, n: ir.Value) -> ir.Value:
    """`RoundedShare` of n in a query; null where there is none. The division is of a multiple, hence exact."""
    factor, offset, divisor = (t[f"{kind}_{part}_{level}"] for part in RoundedShare._fields)
    total = factor * n + offset
    return ((total - total % divisor) / divisor).cast("int64")


def _with_winners(t: ir.Table, level: int) -> ir.Table:
    """Those within the places win. A tie across the last place waits until the leading group has decided: it has when
    it selected as many of the group as there are places left, or spoke about each of them (and selected no more)."""
    last_of_equals = t["rank"] + t.group_size - 1
    limit = t.places.fill_null(t.pool)  # no quota: places for all
    at_cut = t.in_pool & (t["rank"] <= limit) & (last_of_equals > limit)
    decision = t[f"decision_{level}"]
    picked = at_cut & (decision == "selected").fill_null(False)
    t = t.mutate(
        inside=t.in_pool & (last_of_equals <= limit),
        at_cut=at_cut,
        picked=picked,
        left=limit - t["rank"] + 1 - picked.sum().over(_SCENARIO),
        silent=(at_cut & decision.isnull()).sum().over(_SCENARIO),
    )
    decided = (t.left == 0) | ((t.left > 0) & (t.silent == 0))
    winner = t.inside | (t.picked & decided)
    waiting = t.at_cut & ~decided
    given = t.mutate(
        won=ibis.ifelse(winner, level, t.won).cast("int32"),
        tied=t.tied | waiting,
        lost=t.lost | (t.in_pool & ~winner & ~waiting),
        competed_at=ibis.ifelse(t.in_pool, level, t.competed_at).cast("int32"),
        merit_rank=ibis.ifelse(t.in_pool, t["rank"], t.merit_rank),
        **{
            f"of_level_quota_{level}": t.quota,
            f"of_level_applicants_{level}": t.n,
            f"of_level_pool_{level}": t.pool,
            f"of_level_places_{level}": t.places,
            f"of_level_fallback_{level}": t.fallback,
            f"of_level_selected_{level}": winner.sum().over(_SCENARIO),
            f"of_level_tied_{level}": waiting.sum().over(_SCENARIO),
        },
    )
    return given.drop(
        "in_pool", "n", "pool", "holders", "branches", "quota", "opened", "fallback", "places", "rank", "group_size",
        "inside", "at_cut", "picked", "left", "silent",
    )  # fmt: skip


def _recognise(t: ir.Table, shape: AwardShape) -> ir.Table:
    """Levels recognised on application: spot check, collective sanction, and who comes down (附2·四·3)."""
    applies = (t.accepted_level > t.previous_level) & t.active
    entry = t.accepted_level.isin(shape.entry) if shape.entry else ibis.literal(False)
    failed_check = applies & entry & (t.spot_check == "fail").fill_null(False)
    failed_acceptance = t.sanction_any & applies & ~entry & (t.acceptance == "fail").fill_null(False)
    kind = t.superior_kind.isin(shape.sanctioned).fill_null(False) if shape.sanctioned else ibis.literal(False)
    t = t.mutate(
        applies_entry=t.candidate & entry,
        failed_check=failed_check,
        failures=(failed_check | failed_acceptance).sum().over(ibis.window(group_by=["scenario", "superior_id"])),
    )
    t = t.mutate(sanctioned=(kind & t.applies_entry & (t.failures >= t.sanction_failures)).fill_null(False))
    recognised = t.applies_entry & ~t.failed_check & ~t.sanctioned
    t = t.mutate(won=ibis.ifelse(recognised, t.accepted_level, t.won))
    for level in sorted(shape.entry, reverse=True):
        comes = t.cascade & t.candidate & (t.accepted_level > level) & ~t.applies_entry & t.won.isnull()
        fits = (t.reached >= level) & (t.previous_level < level) & (~t.tied | (t.previous_level == 0))
        t = t.mutate(won=ibis.ifelse(comes & fits, level, t.won).cast("int32"))
    return t


def _conclude(t: ir.Table, shape: AwardShape) -> ir.Table:
    """The level awarded and its basis: the first that holds."""
    nothing = t.candidate & t.won.isnull()
    basis = ibis.cases(
        (~t.active, "inactive"),
        (t.vetoed, "vetoed"),
        (t.downgraded & t.recheck_failed, "downgraded_recheck"),
        (t.downgraded, "downgraded_rectification"),
        (t.tied, "tie_pending"),
        (t.won.notnull() & t.applies_entry, "recognised"),
        (t.won.notnull() & (t.won == t.accepted_level), "selected"),
        (t.won.notnull(), "cascaded"),
        (t.previous_level > 0, "retained"),
        (nothing & t.failed_check, "spot_check_failed"),
        (nothing & t.sanctioned, "collective_sanction"),
        (nothing & t.inspected.isnull(), "not_inspected"),
        (nothing & t.lost, "over_quota"),
        (nothing, "not_met"),
        (t.applied_level.notnull(), "not_accepted"),
        (t.deferred & t.deferral_open, "deferred"),
        else_="not_applied",
    )
    t = t.mutate(awarded=ibis.coalesce(t.won, t.standing).cast("int32"), basis=basis)
    per_level = {f"{name}_{level}": t[f"of_level_{name}_{level}"] for level in shape.competed for name in PER_LEVEL}
    return t.select(
        "scenario", "branch_id", "superior_id", "superior_kind", "sector", "previous_level", "self_level",
        "applied_level", "application_status", "inspected", "score", "criteria_met", "awarded", "basis",
        "competed_at", "merit_rank", **per_level,
    )  # fmt: skip

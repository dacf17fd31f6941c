"""入围: one year of awards (附2·二 to 附2·四), for any number of branches and scenarios at once.

Facts meet terms; then veto and downgrade, the levels won by merit from the highest down (`rules.merit`), and the levels
recognised on application. Every step adds columns to one narrow relation of a row for each branch and scenario, so
that it can be read from top to bottom like the document. Levels are indexes from 1 (the lowest), 0 is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from dashboard.rules import tables
from dashboard.rules.application import with_status
from dashboard.rules.facts import numbered_schema
from dashboard.rules.merit import compete
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


class Year(NamedTuple):
    """A year of awards as expressions.

    `facts`: the relation `numbered_facts`; `rows`: a narrow row for each branch and scenario
    with `awarded`, not yet joined to names; `outcomes`: for each level competed for, a row a scenario.
    """

    facts: ir.Table
    rows: ir.Table
    outcomes: dict[int, ir.Table]


@lru_cache(maxsize=64)
def year_of(shape: AwardShape) -> Year:
    """Decide a year: `rows` holds `awarded` and all that led to it, `outcomes` how each level was filled."""
    facts = tables.table("numbered_facts", numbered_schema(shape.levels))
    terms = tables.table("terms", _terms_types(shape.levels))
    rows = _with_standing(with_status(facts, terms, shape), shape)
    outcomes: dict[int, ir.Table] = {}
    for level in shape.competed:
        rows, outcomes[level] = compete(rows, terms, level)
    rows = _recognise(rows, terms, shape)
    rows = rows.mutate(awarded=ibis.coalesce(rows.won, rows.standing).cast("int32"))
    return Year(facts, rows, outcomes)


@lru_cache(maxsize=64)
def awards(shape: AwardShape) -> ir.Table:
    """The result of every branch in every scenario.

    Reads the relations `numbered_facts` (`rules.facts.numbered`) and `terms` (`rules.terms`). Gives, beside columns
    of the facts: `scenario`, `application_status`, `inspected` (the inspected level, or the self-assessed one in a
    projection), `awarded`, `basis`, `competed_at` and `merit_rank` (the last level competed for, and the place
    there), and for each level i competed for `rank_i` (the place in its pool, null outside it) and the columns of
    `PER_LEVEL`: quota, accepted applicants, pool, places, branches given the level, branches in an undecided tie, and
    whether the shortfall ratio set the places.
    """
    year = year_of(shape)
    names = year.facts.select(
        "n", "branch_id", "superior_id", "superior_kind", "sector", "score", "criteria_met", "deferred"
    )
    t = year.rows.join(names, "n").mutate(basis=_basis(year.rows, names.deferred))
    ranks = [t[f"rank_{level}"] for level in reversed(shape.competed)]
    at = [ibis.ifelse(t[f"rank_{i}"].notnull(), ibis.literal(i, "int32"), ibis.null("int32")) for i in shape.competed]
    t = t.mutate(
        competed_at=ibis.coalesce(*reversed(at)) if at else ibis.null("int32"),
        merit_rank=ibis.coalesce(*ranks) if ranks else ibis.null("int64"),
    )
    columns = [
        "scenario", "branch_id", "superior_id", "superior_kind", "sector", "previous_level", "self_level",
        "applied_level", "application_status", "inspected", "score", "criteria_met", "awarded", "basis",
        "competed_at", "merit_rank", *(f"rank_{level}" for level in shape.competed),
    ]  # fmt: skip
    t = t.select(columns)
    return with_outcomes(t, year)


def with_outcomes(t: ir.Table, year: Year, names: Sequence[str] = PER_LEVEL) -> ir.Table:
    """Rows by scenario beside how each level was filled: the columns `names` with the level after each."""
    for level, outcome in year.outcomes.items():
        t = t.join(outcome.select("scenario", **{f"{name}_{level}": name for name in names}), "scenario")
    return t


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
    return t.select(
        "scenario", "n", "superior", "active", "previous_level", "self_level", "applied_level", "application_status",
        "accepted_level", "vetoed", "downgraded", "recheck_failed", "standing", "candidate", "inspected", "merit",
        "cascade", "deferral_open", "spot_check", "acceptance", "sanctionable",
        *(f"decision_{level}" for level in shape.competed),
        reached=t.inspected.fill_null(0),
        won=ibis.null("int32"),
        tied=ibis.literal(False),
        lost=ibis.literal(False),
    )  # fmt: skip


def _recognise(t: ir.Table, terms: ir.Table, shape: AwardShape) -> ir.Table:
    """Levels recognised on application: spot check, collective sanction, and who comes down (附2·四·3)."""
    applies = (t.accepted_level > t.previous_level) & t.active
    entry = t.accepted_level.isin(shape.entry) if shape.entry else ibis.literal(False)
    t = t.mutate(
        applies_entry=t.candidate & entry,
        failed_check=applies & entry & (t.spot_check == "fail").fill_null(False),
        failed_acceptance=applies & ~entry & (t.acceptance == "fail").fill_null(False),
    )
    t = _with_sanction(t, terms)
    recognised = t.applies_entry & ~t.failed_check & ~t.sanctioned
    t = t.mutate(won=ibis.ifelse(recognised, t.accepted_level, t.won))
    for level in sorted(shape.entry, reverse=True):
        comes = t.cascade & t.candidate & (t.accepted_level > level) & ~t.applies_entry & t.won.isnull()
        fits = (t.reached >= level) & (t.previous_level < level) & (~t.tied | (t.previous_level == 0))
        t = t.mutate(won=ibis.ifelse(comes & fits, level, t.won).cast("int32"))
    return t


def _with_sanction(t: ir.Table, terms: ir.Table) -> ir.Table:
    """Whether as many applications of the branch's superior failed as take the entry level from all (附2·四·3)."""
    failing = t.filter(t.sanctionable & (t.failed_check | t.failed_acceptance))
    counted = failing.join(terms.select("scenario", "sanction_failures", "sanction_any"), "scenario")
    failures = counted.group_by("scenario", "superior").aggregate(
        failures=(counted.failed_check | counted.sanction_any).sum(),
        enough=counted.sanction_failures.max(),
    )
    hit = failures.filter(failures.failures >= failures.enough).select("scenario", "superior", hit=ibis.literal(True))
    t = t.left_join(hit, ["scenario", "superior"]).drop("scenario_right", "superior_right")
    return t.mutate(sanctioned=t.sanctionable & t.applies_entry & t.hit.fill_null(False)).drop("hit")


def _basis(t: ir.Table, deferred: ir.BooleanColumn) -> ir.Value:
    """Why a branch has its level: the first that holds."""
    nothing = t.candidate & t.won.isnull()
    return ibis.cases(
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
        (deferred & t.deferral_open, "deferred"),
        else_="not_applied",
    )

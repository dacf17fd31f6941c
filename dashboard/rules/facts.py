"""One row a branch: everything that the award of a year needs to know, before any quota or setting is applied.

Facts depend on the data and on the standards only, so one set of facts serves every scenario of a year.
"""

from __future__ import annotations

from functools import lru_cache

import ibis
import ibis.expr.types as ir

from dashboard.rules import tables
from dashboard.rules.level import Shape, level_index, parameter_tables, to_index, totals
from dashboard.rules.merit import NOT_SELECTED, SELECTED
from dashboard.rules.terms import Ordering


def schema(levels: int) -> dict[str, str]:
    """Names and types of the facts. Levels are indexes from 1 (the lowest), 0 is none.

    `inspected_level` is null without an acceptance inspection or inspection marks; `exception`, `recheck_failed`,
    `rectification_failed` and `deferred` are never null; `decision_i` is what the leading group decided at level i.
    """
    columns = {
        "branch_id": "string",
        "superior_id": "string",
        "superior_kind": "string",
        "sector": "string",
        "active": "boolean",
        "covered": "boolean",
        "previous_level": "int32",
        "self_level": "int32",
        "applied_level": "int32",
        "submitted_on": "date",
        "review": "string",
        "priority": "int32",
        "exception": "boolean",
        "inspected_level": "int32",
        "score": "decimal(18, 6)",
        "criteria_met": "int64",
        "spot_check": "string",
        "acceptance": "string",
        "recheck_failed": "boolean",
        "rectification_failed": "boolean",
        "committee_incidents": "int64",
        "member_incidents": "int64",
        "deferred": "boolean",
    }
    return columns | {f"decision_{i + 1}": "string" for i in range(levels)}


_NUMBERED = {
    "n": "int64",
    "world": "int32",
    "superior": "int64",
    "merit": "int64",
    "queue": "int64",
    "capped": "boolean",
    "sanctionable": "boolean",
}


def numbered_schema(levels: int) -> dict[str, str]:
    """Names and types of numbered facts: those of `schema`, with decisions as numbers, and beside them

    `n` (a number of its own for each row), `world` (facts meet the terms of their world: 0 for the one there is, many
    in a projection of later years), `superior` as a number, `merit` (1 is the best, equal for equals), `queue` (the
    order in which applications count against a cap), and whether the superior is `capped` and `sanctionable`.
    """
    plain = schema(levels)
    return {k: "int8" if k.startswith("decision_") else v for k, v in plain.items()} | _NUMBERED


@lru_cache(maxsize=64)
def numbered(levels: int, ordering: Ordering) -> ir.Table:
    """Numbered facts from the relation `facts`: the columns of `schema`, with `n` and `world`."""
    plain = schema(levels)
    facts = tables.table("facts", plain | {"n": "int64", "world": "int32"})
    by_merit = [ibis.desc(facts[key], nulls_first=False) for key in ordering.ranking]
    queue = [ibis.asc(facts.priority, nulls_first=False), facts.submitted_on, facts.branch_id]
    superior = ibis.dense_rank().over(order_by=facts.superior_id)
    found = facts.mutate(
        superior=ibis.ifelse(facts.superior_id.isnull(), ibis.null("int64"), superior),
        merit=ibis.dense_rank().over(group_by="world", order_by=by_merit),
        queue=ibis.row_number().over(group_by="world", order_by=queue),
        capped=_of_kind(facts, ordering.capped),
        sanctionable=_of_kind(facts, ordering.sanctioned),
        **{
            name: ibis.cases((facts[name] == "selected", SELECTED), (facts[name] == "not_selected", NOT_SELECTED))
            for name in plain
            if name.startswith("decision_")
        },
    )
    columns = numbered_schema(levels)
    return found.select(*columns).cast(columns)


def _of_kind(facts: ir.Table, kinds: tuple[str, ...]) -> ir.BooleanValue:
    return facts.superior_kind.isin(kinds).fill_null(False) if kinds else ibis.literal(False)


@lru_cache(maxsize=16)
def facts(shape: Shape, *, measured: bool = False) -> ir.Table:
    """The facts of every branch in the year `year_scope.year` (a relation of one row).

    With `measured`, the marks of the relation of that name (`branch_id`, `stage`, `criterion`, `value`) stand in place
    of what the branch stated, wherever it stated anything for the stage.
    """
    scope = tables.table("year_scope", {"year": "int32"})
    year = scope.year.as_scalar()
    base = _branches(shape)
    marks = _levels(base, _marks(year, measured=measured), shape)
    joined = base
    for relation in (
        marks,
        _previous(year),
        _applications(year),
        _inspections(year),
        _incidents(year),
        _rectified(year),
        _deferred(year),
        _decisions(shape, year),
    ):
        joined = joined.left_join(relation, "branch_id").drop("branch_id_right")
    return _finish(joined, shape)


def _branches(shape: Shape) -> ir.Table:
    branches = tables.table("branches", tables.BRANCHES)
    superiors = tables.table("superiors", tables.SUPERIORS).select("superior_id", superior_kind="kind")
    sectors = parameter_tables(shape.levels)["rule_sectors"]
    return (
        branches.left_join(superiors, "superior_id")
        .drop("superior_id_right")
        .left_join(sectors, "sector")
        .select("branch_id", "superior_id", "superior_kind", "sector", "active", "standard")
    )


def _marks(year: ir.Value, *, measured: bool) -> ir.Table:
    marks = tables.table("marks", tables.MARKS)
    stated = marks.filter((marks.year == year) & marks.stage.isin(["self", "inspection"])).drop("year")
    if not measured:
        return stated
    found = tables.table("measured", {name: kind for name, kind in tables.MARKS.items() if name != "year"})
    found = found.semi_join(stated, ["branch_id", "stage"])
    return stated.anti_join(found, ["branch_id", "stage", "criterion"]).union(found, distinct=False)


def _levels(base: ir.Table, marks: ir.Table, shape: Shape) -> ir.Table:
    """Self-assessed and inspected level, and the criteria that meet the highest level, from the marks."""
    with_standard = marks.inner_join(base.select("branch_id", "standard"), "branch_id")
    sums = totals(with_standard, shape).left_join(parameter_tables(shape.levels)["rule_standards"], "standard")
    top = f"met_{shape.levels - 1}"
    rated = sums.select("branch_id", "stage", level=level_index(sums, shape), top_met=sums[top])
    of_self, of_inspection = rated.stage == "self", rated.stage == "inspection"
    return rated.group_by("branch_id").aggregate(
        self_level=rated.level.max(where=of_self),
        marked_level=rated.level.max(where=of_inspection),
        self_met=rated.top_met.max(where=of_self),
        inspection_met=rated.top_met.max(where=of_inspection),
    )


def _previous(year: ir.Value) -> ir.Table:
    awards = tables.table("awards", tables.AWARDS)
    return awards.filter(awards.year == year - 1).select("branch_id", previous_value="level")


def _applications(year: ir.Value) -> ir.Table:
    applications = tables.table("applications", tables.APPLICATIONS)
    return applications.filter(applications.year == year).select(
        "branch_id", "submitted_on", "review", "priority", "exception", applied_value="level"
    )


def _inspections(year: ir.Value) -> ir.Table:
    t = tables.table("inspections", tables.INSPECTIONS)
    of_year = t.filter(t.year == year)
    acceptance = of_year.kind == "acceptance"
    return of_year.group_by("branch_id").aggregate(
        spot_check=of_year.outcome.max(where=of_year.kind == "spot_check"),
        acceptance=of_year.outcome.max(where=acceptance),
        recorded_value=of_year.level_met.max(where=acceptance),
        score=of_year.score.max(where=acceptance),
        recheck=of_year.outcome.max(where=of_year.kind == "recheck"),
    )


def _incidents(year: ir.Value) -> ir.Table:
    t = tables.table("incidents", tables.INCIDENTS)
    severe = t.filter((t.year == year) & t.severe)
    of_member = severe.subject == "member"
    return severe.group_by("branch_id").aggregate(
        committee_incidents=(severe.subject == "committee").sum(),
        # incidents that name nobody are about one member at least, and cannot be shown to be about others
        member_incidents=ibis.greatest(severe.member_id.nunique(where=of_member), of_member.any().cast("int64")),
    )


def _rectified(year: ir.Value) -> ir.Table:
    t = tables.table("rectifications", tables.RECTIFICATIONS)
    return t.filter(t.year == year).select("branch_id", rectification="outcome")


def _deferred(year: ir.Value) -> ir.Table:
    t = tables.table("deferrals", tables.DEFERRALS)
    return t.filter(t.year == year).select("branch_id", deferral=ibis.literal(True))


def _decisions(shape: Shape, year: ir.Value) -> ir.Table:
    t = tables.table("decisions", tables.DECISIONS)
    of_year = t.filter(t.year == year)
    return of_year.group_by("branch_id").aggregate(
        **{f"decision_{i}": of_year.outcome.max(where=of_year.level == v) for i, v in enumerate(shape.values, 1)}
    )


def _finish(joined: ir.Table, shape: Shape) -> ir.Table:
    derived = {
        "covered": joined.standard.notnull(),
        "active": joined.active.fill_null(True),
        "previous_level": to_index(joined.previous_value, shape.values).fill_null(0),
        "self_level": joined.self_level.fill_null(0),
        "applied_level": to_index(joined.applied_value, shape.values),
        "exception": joined.exception.notnull(),
        "inspected_level": to_index(joined.recorded_value, shape.values).fill_null(joined.marked_level),
        "criteria_met": ibis.coalesce(joined.inspection_met, joined.self_met, 0),
        "recheck_failed": (joined.recheck == "fail").fill_null(False),
        "rectification_failed": (joined.rectification == "failed").fill_null(False),
        "committee_incidents": joined.committee_incidents.fill_null(0),
        "member_incidents": joined.member_incidents.fill_null(0),
        "deferred": joined.deferral.fill_null(False),
    }
    finished = joined.mutate(**derived)
    return finished.select(*schema(shape.levels)).cast(schema(shape.levels))

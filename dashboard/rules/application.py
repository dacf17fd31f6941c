"""申报: is the application accepted? The first reason that holds is its status (附2·四·1)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from dashboard.rules.terms import AwardShape

STATUSES = (
    "ineligible",
    "late",
    "returned",
    "pending",
    "self_unmet",
    "above_step",
    "over_cap",
    "accepted",
)


def with_status(t: ir.Table, shape: AwardShape) -> ir.Table:
    """Facts with `application_status` (null without an application) and `accepted_level` (0 unless accepted).

    `above_step`: more levels above the one held than `promotion.levels_a_year` allows. Applications that pass all
    else count against the cap of their superior in the order priority (blank last), date handed in, branch id.
    """
    rise = t.applied_level - t.previous_level
    passed = ibis.cases(
        (t.applied_level.isnull(), ibis.null("string")),
        (~t.active | ~t.covered, "ineligible"),
        ((t.submitted_on > t.deadline) & ~t.exception, "late"),
        (t.superior_id.notnull() & (t.review != "approved"), t.review),
        (t.requires_self & (t.self_level < t.applied_level), "self_unmet"),
        ((rise > t.levels_a_year).fill_null(False), "above_step"),
        else_="accepted",
    )
    t = t.mutate(application_status=passed)
    in_order = ibis.window(
        group_by=[t.scenario, t.superior_id, t.applied_level, t.application_status],
        order_by=[ibis.asc(t.priority, nulls_first=False), t.submitted_on, t.branch_id],
    )
    t = t.mutate(cap_order=ibis.row_number().over(in_order) + 1)
    cap = ibis.cases(*((t.applied_level == i, t[f"cap_{i}"]) for i in range(1, shape.levels + 1)))
    capped = t.superior_kind.isin(shape.capped) & (t.cap_order > cap) if shape.capped else ibis.literal(False)
    over = ((t.application_status == "accepted") & capped).fill_null(False)
    t = t.mutate(application_status=ibis.ifelse(over, "over_cap", t.application_status))
    accepted = (t.application_status == "accepted").fill_null(False)
    return t.mutate(accepted_level=ibis.ifelse(accepted, t.applied_level, 0))

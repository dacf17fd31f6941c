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


def with_status(facts: ir.Table, terms: ir.Table, shape: AwardShape) -> ir.Table:
    """Facts meet terms: `application_status` (null without an application) and `accepted_level` (0 unless accepted).

    `above_step`: more levels above the one held than `promotion.levels_a_year` allows. Applications that pass all
    else count against the cap of their superior in the order priority (blank last), date handed in, branch id.
    """
    t = facts.join(terms, "world")
    rise = t.applied_level - t.previous_level
    passed = ibis.cases(
        (t.applied_level.isnull(), ibis.null("string")),
        (~t.active | ~t.covered, "ineligible"),
        ((t.submitted_on > t.deadline) & ~t.exception, "late"),
        (t.superior.notnull() & (t.review != "approved"), t.review),
        (t.requires_self & (t.self_level < t.applied_level), "self_unmet"),
        ((rise > t.levels_a_year).fill_null(False), "above_step"),
        else_="accepted",
    )
    t = t.mutate(application_status=passed)
    t = t.left_join(_over_cap(t, shape), ["scenario", "n"]).drop("scenario_right", "n_right")
    t = t.mutate(application_status=ibis.ifelse(t.over.fill_null(False), "over_cap", t.application_status))
    accepted = (t.application_status == "accepted").fill_null(False)
    return t.mutate(accepted_level=ibis.ifelse(accepted, t.applied_level, 0))


def _over_cap(t: ir.Table, shape: AwardShape) -> ir.Table:
    """`scenario` and `n` of the applications that a superior put forward beyond its cap."""
    cap = ibis.cases(*((t.applied_level == i, t[f"cap_{i}"]) for i in range(1, shape.levels + 1)))
    passed = t.capped & (t.application_status == "accepted") & cap.notnull()
    t = t.filter(passed).select("scenario", "n", "superior", "applied_level", "queue", cap=cap)
    in_order = ibis.window(group_by=["scenario", "superior", "applied_level"], order_by="queue")
    t = t.mutate(place=ibis.row_number().over(in_order) + 1)
    return t.filter(t.place > t.cap).select("scenario", "n", over=ibis.literal(True))

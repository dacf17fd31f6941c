"""A year of awards without names and reasons: what it comes to in each scenario, for sweeps and maps, and the bare
levels, for projections."""

from __future__ import annotations

from functools import lru_cache

import ibis.expr.types as ir

from dashboard.rules import tables
from dashboard.rules.award import with_outcomes, year_of
from dashboard.rules.terms import AwardShape

REFERENCE = {"n": "int64", "awarded": "int32"}  # the level that each numbered branch is compared with


LEVELS_ONLY = ("quota", "pool", "selected")  # what a projection reads of each level


@lru_cache(maxsize=64)
def levels_only(shape: AwardShape) -> ir.Table:
    """The award of a year without names or reasons: `n`, `scenario`, `awarded`, and for each level competed for the
    columns of `LEVELS_ONLY`."""
    year = year_of(shape)
    return with_outcomes(year.rows.select("n", "scenario", "awarded"), year, LEVELS_ONLY)


@lru_cache(maxsize=64)
def summary(shape: AwardShape) -> ir.Table:
    """One row a scenario.

    Reads `numbered_facts` and `terms` as `rules.award` does, and `reference`. Columns: `scenario`; `branches` (active
    ones); for each level i from 0 `at_i` (active branches that hold it); `changed` (branches whose level differs from
    the reference); for each kind of superior `bare_KIND` (superiors with branches of which none has a star); and for
    each level competed for the columns of `rules.award.PER_LEVEL`.
    """
    year = year_of(shape)
    reference = tables.table("reference", REFERENCE).select("n", was="awarded")
    rows = year.rows.select("scenario", "n", "superior", "active", "awarded").left_join(reference, "n")
    t = rows.group_by("scenario").aggregate(
        branches=rows.active.sum(),
        changed=(rows.awarded != rows.was).fill_null(False).sum(),
        **{f"at_{i}": (rows.active & (rows.awarded == i)).sum() for i in range(shape.levels + 1)},
    )
    if shape.kinds:
        t = t.left_join(_bare(year.facts, rows, shape), "scenario").drop("scenario_right")
        t = t.mutate(**{f"bare_{kind}": t[f"bare_{kind}"].fill_null(0) for kind in shape.kinds})
    return with_outcomes(t, year)


def _bare(facts: ir.Table, rows: ir.Table, shape: AwardShape) -> ir.Table:
    """Superiors without any star, by kind."""
    kinds = facts.filter(facts.superior.notnull()).select("superior", "superior_kind").distinct()
    under = rows.filter(rows.active & rows.superior.notnull())
    t = under.group_by("scenario", "superior").aggregate(best=under.awarded.max()).join(kinds, "superior")
    bare = t.best == 0
    return t.group_by("scenario").aggregate(**{f"bare_{k}": (bare & (t.superior_kind == k)).sum() for k in shape.kinds})

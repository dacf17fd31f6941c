"""Runs the rules' expressions on DuckDB: compiled once for each shape, then executed with bound relations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from dashboard.rules.award import awards
from dashboard.rules.facts import facts, numbered
from dashboard.rules.level import Shape
from dashboard.rules.preview import bounds
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.summary import levels_only, summary
from dashboard.rules.terms import AwardShape, Ordering
from dashboard.store.connection import Store


def compile_sql(expression: ir.Table) -> str:
    """The DuckDB statement of an expression."""
    return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))


@lru_cache(maxsize=16)
def facts_sql(shape: Shape, *, measured: bool = False) -> str:
    return compile_sql(facts(shape, measured=measured))


@lru_cache(maxsize=64)
def numbered_sql(levels: int, ordering: Ordering) -> str:
    return compile_sql(numbered(levels, ordering))


@lru_cache(maxsize=64)
def awards_sql(shape: AwardShape) -> str:
    return compile_sql(awards(shape))


@lru_cache(maxsize=64)
def summary_sql(shape: AwardShape) -> str:
    return compile_sql(summary(shape))


@lru_cache(maxsize=64)
def levels_sql(shape: AwardShape) -> str:
    return compile_sql(levels_only(shape))


def compile_all(rulebook: Rulebook) -> None:
    """Compile everything that a rulebook's year asks for, so that the first use does not wait."""
    shape = Shape.of(rulebook)
    facts_sql(shape)
    award = AwardShape.of(rulebook)
    numbered_sql(award.levels, Ordering.of(rulebook))
    awards_sql(award)
    summary_sql(award)
    levels_sql(award)
    bounds_sql(shape)


def read_facts(
    store: Store, shape: Shape, year: int, parameters: Mapping[str, pa.Table], measured: pa.Table
) -> pa.Table:
    """The facts of every branch in `year` (`rules.facts`); `measured` are the marks that appraisals give."""
    relations = {**parameters, "year_scope": pa.table({"year": pa.array([year], pa.int32())})}
    if len(measured):
        relations["measured"] = measured
    found = store.query(facts_sql(shape, measured=len(measured) > 0), relations=relations)
    return in_one_world(found.sort_by("branch_id"))


def in_one_world(facts: pa.Table) -> pa.Table:
    """Facts with a number `n` each, all in the `world` 0."""
    count = len(facts)
    with_number = facts.append_column("n", pa.array(range(count), pa.int64()))
    return with_number.append_column("world", pa.array([0] * count, pa.int32()))


def number(store: Store, facts_of_year: pa.Table, levels: int, ordering: Ordering) -> pa.Table:
    """The facts as awards read them (`rules.facts.numbered`)."""
    return store.query(numbered_sql(levels, ordering), relations={"facts": facts_of_year})


def run_awards(store: Store, shape: AwardShape, numbered_facts: pa.Table, terms: pa.Table) -> pa.Table:
    """The awards of every branch in every scenario of `terms` (`rules.award`)."""
    return store.query(awards_sql(shape), relations={"numbered_facts": numbered_facts, "terms": terms})


def run_levels(store: Store, shape: AwardShape, numbered_facts: pa.Table, terms: pa.Table) -> pa.Table:
    """The bare levels of every branch in every scenario of `terms` (`rules.summary.levels_only`)."""
    return store.query(levels_sql(shape), relations={"numbered_facts": numbered_facts, "terms": terms})


def run_summary(
    store: Store, shape: AwardShape, numbered_facts: pa.Table, terms: pa.Table, reference: pa.Table | None = None
) -> pa.Table:
    """What each scenario of `terms` comes to (`rules.summary`), ordered by scenario; `changed` counts against
    `reference` (`n`, `awarded`)."""
    nothing = pa.table({"n": pa.array([], pa.int64()), "awarded": pa.array([], pa.int32())})
    relations = {
        "numbered_facts": numbered_facts,
        "terms": terms,
        "reference": nothing if reference is None else reference,
    }
    return store.query(summary_sql(shape), relations=relations).sort_by("scenario")


@lru_cache(maxsize=16)
def bounds_sql(shape: Shape) -> str:
    return compile_sql(bounds(shape))


def run_bounds(
    store: Store, shape: Shape, branches: pa.Table, marks: pa.Table, parameters: Mapping[str, pa.Table]
) -> pa.Table:
    """The level bounds of every branch given (`rules.preview.bounds`)."""
    relations = {**parameters, "preview_branches": branches, "preview_marks": marks}
    return store.query(bounds_sql(shape), relations=relations)

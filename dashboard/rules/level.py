"""达标: which level the marks of a branch meet (附2·二, 评定标准).

One relational expression rates any number of branches at once. A criterion asks a least mark of each level
(● is 1, — is nothing); an absent mark is unknown: not met for a result, open for a preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from dashboard.rules import tables
from dashboard.rules.rulebook import Criterion, Rulebook, Standard

EXACT = pa.decimal128(18, 6)


def requirements(rulebook: Rulebook) -> pa.Table:
    """The requirements as a relation: one row for each standard and criterion.

    Columns: `standard`, `criterion`, for each level i (0 is the lowest) `need_i` (the least mark, null for —)
    and `must_i`; `points` (null outside points mode) and `by_mark` (the mark itself is the points).
    """
    rows = [
        _requirement_row(rulebook, name, standard, criterion)
        for name, standard in rulebook.standards.items()
        for criterion in standard.criteria.values()
    ]
    return pa.Table.from_pylist(rows, schema=_requirement_schema(len(rulebook.level_keys)))


def _requirement_schema(levels: int) -> pa.Schema:
    fields = [("standard", pa.string()), ("criterion", pa.string()), ("points", EXACT), ("by_mark", pa.bool_())]
    for i in range(levels):
        fields += [(f"need_{i}", pa.float64()), (f"must_{i}", pa.bool_())]
    return pa.schema(fields)


def _requirement_row(rulebook: Rulebook, name: str, standard: Standard, criterion: Criterion) -> dict[str, object]:
    row: dict[str, object] = {
        "standard": name,
        "criterion": criterion.id,
        "points": criterion.points,
        "by_mark": criterion.measure == "score",
    }
    for i, key in enumerate(rulebook.level_keys):
        need = need_of(standard, criterion, key, rulebook.level_keys)
        row[f"need_{i}"] = None if need is None else float(need)
        row[f"must_{i}"] = criterion.id in standard.must.get(key, ())
    return row


def need_of(standard: Standard, criterion: Criterion, key: str, levels: Sequence[str]) -> Decimal | None:
    """The least mark with which a criterion counts for a level; None where the level asks nothing.

    In points mode a criterion that states nothing for the level counts from the lowest requirement it states,
    a yes/no one from 1, a score only when it is full.
    """
    stated = criterion.threshold(key)
    if stated is not None or standard.mode == "all_required":
        return stated
    lowest = next((criterion.threshold(k) for k in levels if k in criterion.requires), None)
    if lowest is not None:
        return lowest
    return criterion.points if criterion.measure == "score" else Decimal(1)


def standards(rulebook: Rulebook) -> pa.Table:
    """What each standard asks in all: `standard`, for each level i `required_i` (criteria), `must_required_i`
    and `cutoff_i` (points; null in all-required mode), and `all_points` there are."""
    keys = rulebook.level_keys
    rows = []
    for name, standard in rulebook.standards.items():
        row: dict[str, object] = {
            "standard": name,
            "all_points": sum((c.points or Decimal(0) for c in standard.criteria.values()), Decimal(0)),
        }
        for i, key in enumerate(keys):
            needs = [need_of(standard, c, key, keys) for c in standard.criteria.values()]
            row[f"required_{i}"] = sum(need is not None for need in needs)
            row[f"must_required_{i}"] = len(standard.must.get(key, ()))
            row[f"cutoff_{i}"] = standard.cutoffs.get(key)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=_standard_schema(len(keys)))


def _standard_schema(levels: int) -> pa.Schema:
    fields = [("standard", pa.string()), ("all_points", EXACT)]
    for i in range(levels):
        fields += [(f"required_{i}", pa.int32()), (f"must_required_{i}", pa.int32()), (f"cutoff_{i}", EXACT)]
    return pa.schema(fields)


def sectors(rulebook: Rulebook) -> pa.Table:
    """`sector` and the `standard` that covers it."""
    rows = [{"sector": key, "standard": sector.standard} for key, sector in rulebook.sectors.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([("sector", pa.string()), ("standard", pa.string())]))


def parameters(rulebook: Rulebook) -> dict[str, pa.Table]:
    """The relations that carry the standards into a query, by name."""
    return {
        "rule_requirements": requirements(rulebook),
        "rule_standards": standards(rulebook),
        "rule_sectors": sectors(rulebook),
    }


def _ibis_schema(schema: pa.Schema) -> dict[str, str]:
    return dict(zip(schema.names, (str(t) for t in ibis.schema(schema).types), strict=True))


def parameter_tables(levels: int) -> Mapping[str, ir.Table]:
    """The same relations, unbound."""
    return {
        "rule_requirements": tables.table("rule_requirements", _ibis_schema(_requirement_schema(levels))),
        "rule_standards": tables.table("rule_standards", _ibis_schema(_standard_schema(levels))),
        "rule_sectors": tables.table("rule_sectors", {"sector": "string", "standard": "string"}),
    }


class Shape(NamedTuple):
    """What decides the form of the expressions (their numbers come in as relations): the values of the levels,
    ascending, and whether any standard works by points."""

    values: tuple[int, ...]
    by_points: bool

    @classmethod
    def of(cls, rulebook: Rulebook) -> Shape:
        return cls(rulebook.level_values, any(s.mode == "points" for s in rulebook.standards.values()))

    @property
    def levels(self) -> int:
        return len(self.values)


def totals(marks: ir.Table, shape: Shape) -> ir.Table:
    """What the marks of each branch and stage add up to.

    Args:
        marks: `branch_id`, `standard`, `stage`, `criterion`, `value`; at most one row a criterion.
        shape: of the rulebook.

    Returns:
        One row for each branch and stage: `known` marks, and for each level i `met_i` and `short_i` (known and
        not met); by points also `must_met_i`, `must_short_i`, `earned_i` and `lost_i` (points of the criteria
        that meet, or are known and fall short of, the level).
    """
    needs = parameter_tables(shape.levels)["rule_requirements"]
    judged = marks.filter(marks.value.notnull()).inner_join(needs, ["standard", "criterion"])
    exact = judged.value.cast("decimal(18, 6)")
    sums: dict[str, ir.Value] = {"known": judged.count()}
    for i in range(shape.levels):
        met, must = judged.value >= judged[f"need_{i}"], judged[f"must_{i}"]
        earned = ibis.ifelse(judged.by_mark, exact, ibis.ifelse(met, judged.points, 0))
        sums[f"met_{i}"] = met.sum()
        sums[f"short_{i}"] = (~met).sum()
        if not shape.by_points:
            continue
        sums[f"must_met_{i}"] = (must & met).sum()
        sums[f"must_short_{i}"] = (must & ~met).sum()
        sums[f"earned_{i}"] = earned.sum()
        sums[f"lost_{i}"] = (judged.points - earned).sum()
    return judged.group_by("branch_id", "standard", "stage").aggregate(**sums)


def level_index(sums: ir.Table, shape: Shape, *, open_counts: bool = False) -> ir.IntegerColumn:
    """The highest level met as its index from 1, 0 for none.

    Args:
        sums: `totals` joined with `rule_standards`.
        open_counts: whether an unknown criterion counts as met (the best case of a preview).
    """
    cases = [
        (_meets(sums, i, shape, open_counts=open_counts), ibis.literal(i + 1, "int32"))
        for i in reversed(range(shape.levels))
    ]
    return ibis.cases(*cases, else_=ibis.literal(0, "int32"))


def _meets(sums: ir.Table, i: int, shape: Shape, *, open_counts: bool) -> ir.BooleanValue:
    def total(name: str) -> ir.Value:
        return sums[f"{name}_{i}"].fill_null(0)

    every = total("short") == 0 if open_counts else total("met") == sums[f"required_{i}"]
    if not shape.by_points:
        return every.fill_null(False)
    cutoff = sums[f"cutoff_{i}"]
    if open_counts:
        enough = (sums["all_points"] - total("lost") >= cutoff) & (total("must_short") == 0)
    else:
        enough = (total("earned") >= cutoff) & (total("must_met") == sums[f"must_required_{i}"])
    return ibis.ifelse(cutoff.isnull(), every, enough).fill_null(False)


def to_index(level: ir.Value, values: tuple[int, ...]) -> ir.Value:
    """A level's value (3, 4, 5) as its index from 1; null stays null, 0 and anything unknown become 0."""
    cases = [(level == value, ibis.literal(index, "int32")) for index, value in enumerate(values, 1)]
    return ibis.cases((level.isnull(), ibis.null("int32")), *cases, else_=ibis.literal(0, "int32"))


def to_value(index: ir.Value, values: tuple[int, ...]) -> ir.Value:
    """The opposite of `to_index`."""
    cases = [(index == i, ibis.literal(value, "int32")) for i, value in enumerate(values, 1)]
    return ibis.cases((index.isnull(), ibis.null("int32")), *cases, else_=ibis.literal(0, "int32"))

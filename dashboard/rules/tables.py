"""The relations that the rules read, as unbound Ibis tables. A store lends its own under the same names."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SUPERIORS = {"superior_id": "string", "name": "string", "kind": "string"}
BRANCHES = {
    "branch_id": "string",
    "name": "string",
    "superior_id": "string",
    "sector": "string",
    "active": "boolean",
}
AWARDS = {"branch_id": "string", "year": "int32", "level": "int32"}
MARKS = {"branch_id": "string", "year": "int32", "stage": "string", "criterion": "string", "value": "float64"}
APPLICATIONS = {
    "branch_id": "string",
    "year": "int32",
    "level": "int32",
    "submitted_on": "date",
    "review": "string",
    "priority": "int32",
    "exception": "string",
}
INSPECTIONS = {
    "branch_id": "string",
    "year": "int32",
    "kind": "string",
    "outcome": "string",
    "level_met": "int32",
    "score": "decimal(18, 6)",
}
INCIDENTS = {
    "branch_id": "string",
    "year": "int32",
    "subject": "string",
    "member_id": "string",
    "severe": "boolean",
}
RECTIFICATIONS = {"branch_id": "string", "year": "int32", "outcome": "string"}
DEFERRALS = {"branch_id": "string", "year": "int32"}
DECISIONS = {"branch_id": "string", "year": "int32", "level": "int32", "outcome": "string"}


def table(name: str, schema: dict[str, str]) -> ir.Table:
    """An unbound table; whoever runs the expression provides a relation of this name."""
    return ibis.table(schema, name=name)

"""What the command line prints: one result as a table for people, CSV, or one JSON document."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from tabulate import tabulate

from dashboard.i18n import Translator

if TYPE_CHECKING:
    from dashboard.services.simulation import Side, Simulation

Format = Literal["table", "csv", "json"]
Rows = Sequence[Mapping[str, object]]

_WORDS = ("basis", "status", "application_status", "binding")


def print_rows(rows: Rows, columns: Sequence[str], form: Format, t: Translator, *, document: object = None) -> None:
    """Print rows. JSON prints `document` where one is given, else the list of rows with `columns` as keys."""
    if form == "json":
        print_json([{c: row[c] for c in columns} for row in rows] if document is None else document)
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(row[c]) for c in columns] for row in rows)
    else:
        body = [[_told(c, row[c], t) for c in columns] for row in rows]
        print(tabulate(body, headers=[t(f"column.{c}") for c in columns], disable_numparse=True))


def print_simulation(result: Simulation, form: Format, t: Translator) -> None:
    """Baseline beside scenario: stars and levels of both, and the branches whose level differs."""
    columns = ["branch_id", "from", "to", "basis"]
    changed = [{"branch_id": m.branch_id, "from": m.before, "to": m.after, "basis": m.basis} for m in result.moves]
    if form == "json":
        sides = {"baseline": _side(result.baseline), "scenario": _side(result.scenario)}
        print_json({**sides, "changed": changed})
        return
    if form == "table":
        levels = []
        for name, side in (("baseline", result.baseline), ("scenario", result.scenario)):
            outcomes = {row["level"]: row for row in _levels(side)}
            for level, stars in side.stars.items():
                row = dict.fromkeys(_LEVEL_COLUMNS) | outcomes.get(level, {}) | {"level": level}
                row |= {"rules": t(f"simulate.{name}"), "stars": stars, "open_places": row["places"]}
                levels.append(row)
        shown = ("quota", "applicants", "pool", "open_places", "selected", "tied", "binding")
        print_rows(levels, ["rules", "level", "stars", *shown], form, t)
        print()
        if not changed:
            print(t("simulate.nothing"))
            return
    print_rows(changed, columns, form, t)


_LEVEL_COLUMNS = ("level", "quota", "applicants", "pool", "places", "selected", "tied", "binding")


def _side(side: Side) -> dict[str, object]:
    return {"stars": {str(level): count for level, count in side.stars.items()}, "levels": _levels(side)}


def _levels(side: Side) -> list[dict[str, object]]:
    return [{c: getattr(outcome, c) for c in _LEVEL_COLUMNS} for outcome in side.quota_levels]


def print_json(document: object) -> None:
    """One JSON document, UTF-8."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1, default=_json)
    sys.stdout.write("\n")


def _json(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _plain(value: object) -> object:
    return "" if value is None else value


def _told(column: str, value: object, t: Translator) -> str:
    if value is None:
        return "—"
    if column in _WORDS:
        return t(f"{'basis' if column == 'basis' else 'binding' if column == 'binding' else 'status'}.{value}")
    return str(value)

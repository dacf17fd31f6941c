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
    from dashboard.services.expectation import Expectation
    from dashboard.services.simulation import Side, Simulation
    from dashboard.services.tally import Tally

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


def print_tally(result: Tally, form: Format, t: Translator) -> None:
    """The vote: how its rows balance, and the nominees in order."""
    document = result.document()
    if form == "json":
        print_json(document)
        return
    channels = [name for name in result.channels if any(name in s.votes for s in result.standings)]
    rows = []
    for nominee in document["nominees"]:
        votes = {f"votes_{name}": nominee["votes"].get(name, 0) for name in channels}
        rows.append({k: nominee[k] for k in ("rank", "nominee_id", "score")} | votes | {"line": _line(nominee)})
    if form == "table":
        balance = result.balance
        print(t("tally.balance", received=balance.received, accepted=balance.accepted))
        for reason, count in balance.rejected.items():
            print(f"  {t(f'vote.{reason}')}: {count}")
        print()
        labels = {f"votes_{name}": name for name in channels}
        shown = [{labels.get(k, k): v for k, v in row.items()} for row in rows]
        body = [[_told(c, v, t) for c, v in row.items()] for row in shown]
        heads = [t(f"column.{c}") if t.knows(f"column.{c}") else c for c in (shown[0] if shown else {})]
        print(tabulate([[t(f"vote.{c}") if c in _LINES else c for c in row] for row in body], headers=heads))
        return
    print_rows(rows, list(rows[0]) if rows else ["rank", "nominee_id", "score", "line"], form, t)


def print_expectation(branch_id: str, result: Expectation, form: Format, t: Translator) -> None:
    """What a branch can expect: one JSON object, or one row with the missing criteria by id."""
    seen = result.preview
    document: dict[str, object] = {
        "level_low": seen.level_low if seen else 0,
        "level_met": seen.level_met if seen else 0,
        "level_high": seen.level_high if seen else 0,
        "next_level": seen.next_level if seen else None,
        "missing": [
            {"criterion": gap.criterion.id, "required": _number(gap.required), "value": gap.value}
            for gap in (seen.missing if seen else ())
        ],
        "probability": {str(level): chance for level, chance in result.chances.items()},
    }
    if form == "json":
        print_json(document)
        return
    missing = " ".join(gap.criterion.id for gap in (seen.missing if seen else ()))
    chances = {f"p_{level}": round(chance, 3) for level, chance in result.chances.items()}
    row = {"branch_id": branch_id} | {k: document[k] for k in ("level_low", "level_met", "level_high", "next_level")}
    row |= chances | {"missing": missing}
    if form == "csv":
        print_rows([row], list(row), form, t)
        return
    told = [[t(f"expect.{name}"), _told(name, row[name], t)] for name in ("level_low", "level_met", "level_high")]
    told += [[t("expect.next_level"), _told("", row["next_level"], t)], [t("expect.missing"), missing or "—"]]
    told += [[t("expect.probability", level=level), t.percent(chance)] for level, chance in result.chances.items()]
    print(tabulate(told, tablefmt="plain", disable_numparse=True))


_LINES = ("inside", "tied", "outside")


def _line(nominee: Mapping[str, object]) -> str:
    return "tied" if nominee["tied"] else "inside" if nominee["inside"] else "outside"


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


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _plain(value: object) -> object:
    return "" if value is None else value


def _told(column: str, value: object, t: Translator) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return t("value.yes" if value else "value.no")
    if column in _WORDS:
        return t(f"{'basis' if column == 'basis' else 'binding' if column == 'binding' else 'status'}.{value}")
    return str(value)

"""Scenarios that are kept: by whom, why, and against which rules."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, UserError
from dashboard.rules.paths import freeze
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario, apply, plain
from dashboard.store import scenarios as kept_scenarios
from dashboard.store.connection import Store

MOST_KEPT = 200
LONGEST = {"name": 60, "author": 40, "note": 500}


@dataclass(frozen=True, slots=True)
class Kept:
    """A scenario in the store; `saved_at` in UTC."""

    scenario_id: str
    scenario: Scenario
    saved_at: datetime


def kept(store: Store, viewer: Viewer) -> tuple[Kept, ...]:
    """Every kept scenario, the latest first."""
    require(viewer, "simulate")
    return tuple(
        Kept(
            scenario_id=row["scenario_id"],
            scenario=Scenario(
                name=row["name"],
                note=row["note"],
                author=row["author"],
                base=row["base"],
                changes=tuple(Change(path, freeze(value)) for path, value in json.loads(row["changes"]).items()),
            ),
            saved_at=row["saved_at"].replace(tzinfo=UTC),
        )
        for row in kept_scenarios.rows(store)
    )


def keep(store: Store, rulebook: Rulebook, viewer: Viewer, scenario: Scenario, scenario_id: str | None = None) -> Kept:
    """Keep a scenario made for `rulebook`, as a new one or in place of `scenario_id`.

    Raises:
        UserError: it has no name, or a text is too long; or too many are kept.
        RulesError: its changes are not what the rules can mean.
    """
    require(viewer, "keep_scenario")
    problems = [
        Problem("scenario.too_long", "", {"field": field, "most": most, "found": len(getattr(scenario, field))})
        for field, most in LONGEST.items()
        if len(getattr(scenario, field)) > most
    ]
    if not scenario.name.strip():
        problems.append(Problem("scenario.no_name"))
    if any(_unwritable(getattr(scenario, field)) for field in LONGEST):
        problems.append(Problem("scenario.not_text"))
    if problems:
        raise UserError(problems)
    apply(rulebook, scenario.changes)
    there = kept_scenarios.rows(store)
    if scenario_id is None and len(there) >= MOST_KEPT:
        raise UserError.of("scenario.too_many", most=MOST_KEPT)
    row: dict[str, object] = {
        "scenario_id": scenario_id or secrets.token_hex(6),
        "name": scenario.name.strip(),
        "note": scenario.note.strip(),
        "author": scenario.author.strip(),
        "base": rulebook.fingerprint,
        "changes": json.dumps({c.path: plain(c.value) for c in scenario.changes}, ensure_ascii=False),
        "saved_at": datetime.now(UTC).replace(tzinfo=None),
    }
    kept_scenarios.put(store, row)
    return next(k for k in kept(store, viewer) if k.scenario_id == row["scenario_id"])


def drop(store: Store, viewer: Viewer, scenario_id: str) -> None:
    """Take a kept scenario out; nothing happens if it is gone already."""
    require(viewer, "keep_scenario")
    kept_scenarios.remove(store, scenario_id)


def _unwritable(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False

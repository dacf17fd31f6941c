"""A subdistrict in short form, for cases by example: one mapping a branch, expanded to the tables of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.rules.rulebook import Rulebook

Tables = dict[str, list[dict[str, object]]]


def marks_meeting(rulebook: Rulebook, level: int, standard: str = "two_new") -> dict[str, object]:
    """Marks that meet a level exactly: its requirements, and nothing beyond them."""
    if level == 0:
        return {}
    key = next(k for k, found in rulebook.levels.items() if found.value == level)
    thresholds = {c.id: c.threshold(key) for c in rulebook.standards[standard].criteria.values()}
    return {criterion: str(least) for criterion, least in thresholds.items() if least is not None}


def expand(rulebook: Rulebook, year: int, branches: Iterable[Mapping[str, Any]]) -> Tables:
    """Tables for branches written as `{id, superior, kind, held, self, applies, …}`.

    `held`: level last year; `self`, `inspected`: level that the marks or the recorded inspection meet; `applies`: level
    applied for; `on`, `review`, `priority`, `exception`: of the application; `score`; `check`, `recheck`,
    `acceptance`: outcomes; `committee`, `members`: severe incidents; `rectification`; `deferred`; `decision`: `[level,
    outcome]`; `active`, `sector`. Unless said otherwise the self-assessment meets what is applied for.
    """
    tables: Tables = {}

    def add(table: str, **row: object) -> None:
        tables.setdefault(table, []).append(row)

    kinds: dict[str, str] = {}
    for b in branches:
        own = {"branch_id": b["id"], "year": year}
        superior = b.get("superior", "")
        if superior and superior not in kinds:
            kinds[superior] = b.get("kind", "community")
            add("superiors", superior_id=superior, name=superior, kind=kinds[superior])
        add(
            "branches",
            branch_id=b["id"],
            name=b["id"],
            superior_id=superior,
            sector=b.get("sector", "two_new"),
            active=int(b.get("active", True)),
        )
        if b.get("held"):
            add("awards", branch_id=b["id"], year=year - 1, level=b["held"])
        for criterion, value in marks_meeting(rulebook, b.get("self", b.get("applies", 0))).items():
            add("marks", **own, stage="self", criterion=criterion, value=value)
        if "applies" in b:
            add(
                "applications",
                **own,
                level=b["applies"],
                submitted_on=b.get("on", f"{year}-04-20"),
                review=b.get("review", "approved"),
                priority=b.get("priority", ""),
                exception=b.get("exception", ""),
            )
        for kind, outcome in (("spot_check", b.get("check")), ("recheck", b.get("recheck"))):
            if outcome:
                add("inspections", **own, kind=kind, outcome=outcome, level_met="", score="")
        if "inspected" in b or "score" in b:
            add(
                "inspections",
                **own,
                kind="acceptance",
                outcome=b.get("acceptance", ""),
                level_met=b.get("inspected", ""),
                score=b.get("score", ""),
            )
        for subject, members in (("committee", b.get("committee", 0)), ("member", b.get("members", []))):
            named = [""] * members if isinstance(members, int) else members
            for n, member in enumerate(named):
                incident = f"{b['id']}-{subject}-{n}"
                add("incidents", **own, incident_id=incident, subject=subject, member_id=member, severe=1)
        if "rectification" in b:
            add("rectifications", **own, due_on=f"{year}-06-30", outcome=b["rectification"])
        if "deferred" in b:
            add("deferrals", **own, reason=b["deferred"])
        if "decision" in b:
            level, outcome = b["decision"]
            add("decisions", **own, level=level, outcome=outcome, reason="经集体研究")
    return tables

"""Incidents (附2·二) and rectifications (附2·五·3)."""

from __future__ import annotations

from datetime import date

import numpy as np

from dashboard.demo import words
from dashboard.demo.cast import Cast
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.spring import Season
from dashboard.demo.streams import Flags, Ints, chance, drawn, one_of

# Severe incidents by year: of a committee, of two members of a branch, or of one alone (which is no veto).
SEVERE = (
    ("member",),
    ("committee",),
    ("members",),
    ("committee", "member"),
    ("member", "committee"),
    ("members", "committee"),
)


def incidents(season: Season) -> tuple[Flags, Sheet]:
    """Which branches have severe incidents, and all incidents of the year."""
    rng, cast = season.stream("incidents"), season.cast
    n = len(cast.branches)
    holders = season.there & ((season.previous > 0) | (season.k == 0)) & ~season.new_estate
    severe = np.zeros(n, bool)
    rows: list[dict[str, object]] = []
    for what in SEVERE[season.k] * cast.units:
        for b in drawn(rng, holders & ~severe, 1, (1.0 + season.previous) ** 2):
            severe[b] = True
            rows += _severe(cast, int(b), what, rng)
    for b in drawn(rng, season.there & ~severe, 3 * cast.units + int(rng.poisson(1))):
        member = cast.members.ids[cast.members.first[b] + int(rng.integers(3))]
        rows.append(_row(cast, int(b), "member", member, severe=False, note=one_of(rng, words.MINOR_NOTES)))
    order = rng.permutation(len(rows))
    columns: dict[str, list[object]] = {name: [rows[i][name] for i in order] for name in (rows[0] if rows else ())}
    ids = [f"I{season.year}-{i:03d}" for i in range(1, len(rows) + 1)]
    return severe, sheet("incidents", incident_id=ids, year=[season.year] * len(rows), **columns)


def _severe(cast: Cast, branch: int, what: str, rng: np.random.Generator) -> list[dict[str, object]]:
    first = int(cast.members.first[branch])
    if what == "committee":
        note = one_of(rng, words.SEVERE_NOTES["committee"])
        return [_row(cast, branch, "committee", cast.members.ids[first], severe=True, note=note)]
    who = range(first + 1, first + (3 if what == "members" else 2))  # the first of a branch is its secretary
    notes = words.SEVERE_NOTES["member"]
    return [_row(cast, branch, "member", cast.members.ids[m], severe=True, note=one_of(rng, notes)) for m in who]


def _row(cast: Cast, branch: int, subject: str, member: object, *, severe: bool, note: str) -> dict[str, object]:
    return {
        "branch_id": cast.branches.ids[branch],
        "subject": subject,
        "member_id": member,
        "severe": severe,
        "note": note,
    }


def rectifications(season: Season, spared: Flags) -> tuple[Flags, Sheet]:
    """整改 of branches that hold a star: one fails, two others mend in time. `spared` are left out."""
    rng, units = season.stream("rectifications"), season.cast.units
    holders = season.there & (season.previous > 0) & ~spared
    ordered = drawn(rng, holders, 3 * units, np.exp(-season.strength))
    mending = "open" if season.current else "met"
    outcomes = ["failed" if i < units else mending for i in range(len(ordered))]
    due = [
        date(season.year, int(rng.integers(7, 10)), 30) if o != "open" else date(season.year, 11, 15) for o in outcomes
    ]
    has = np.zeros(len(holders), bool)
    has[ordered] = True
    return has, _sheet(season, ordered, due, outcomes)


def plans(season: Season, awarded: Ints, has: Flags) -> Sheet:
    """整改方案 of branches without a star once the year is rated (附2·五·3); none touches the rating."""
    rng = season.stream("plans")
    without = np.flatnonzero(season.there & (awarded == 0) & ~has)
    n = len(without)
    failing = chance(rng, 0.15, n) & (season.previous[without] == 0)
    outcomes = np.where(failing, "failed", "met").astype(object)
    return _sheet(season, without, [date(season.year + 1, 3, 31)] * n, outcomes.tolist())


def _sheet(season: Season, rows: Ints, due: list[date], outcomes: list[str]) -> Sheet:
    return sheet(
        "rectifications",
        branch_id=season.cast.branches.ids[rows],
        year=np.full(len(rows), season.year),
        due_on=due,
        outcome=outcomes,
    )

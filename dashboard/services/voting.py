"""What people look at while the vote runs, and what the leading group decides in the end (附1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import MemberStar, Rulebook
from dashboard.rules.tally import Standing, rank
from dashboard.services.tally import Tally, is_eligible, votes_of
from dashboard.store import ledger, tallying
from dashboard.store.connection import Store

Outcome = Literal["selected", "not_selected"]


@dataclass(frozen=True, slots=True)
class Nominee:
    """Who a nominee is, and why he or she cannot be voted for: `status`, `elsewhere`, or `objection`."""

    nominee_id: str
    name: str
    branch: str
    statement: str
    objections: tuple[str, ...]
    barred: str | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """Without each channel: who would come inside the line, and who would fall out."""

    channel: str
    comes_in: tuple[str, ...]
    falls_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something unusual for a person to look into; never a reason to reject."""

    kind: Literal["burst", "same_choices", "very_many"]
    count: int
    usual: float | None = None
    channel: str | None = None
    at: datetime | None = None
    nominees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """Rows of one day through one channel."""

    day: date
    channel: str
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row whose id came before with other content: where it stands and what it says, and what is counted instead."""

    row_key: str
    file_id: int
    said: tuple[str, str, datetime | None]
    counted_in: int
    counted: tuple[str, str, datetime | None]


def conflicts(store: Store, viewer: Viewer) -> tuple[Conflict, ...]:
    """Rows that are not counted because of a conflict, the first thousand; voters are not told."""
    require(viewer, "view_tally")
    return tuple(
        Conflict(
            row["row_key"],
            row["file_id"],
            (row["channel"] or "", row["nominee_id"] or "", row["cast_at"]),
            row["counted_in"],
            (row["counted_channel"] or "", row["counted_nominee_id"] or "", row["counted_cast_at"]),
        )
        for row in ledger.conflicts(store)
    )


def nominees(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> dict[str, Nominee]:
    """Every nominee of a year, by id."""
    require(viewer, "view_tally")
    rules = _rules(rulebook)
    return {
        row["nominee_id"]: Nominee(
            nominee_id=row["nominee_id"],
            name=row["name"] or row["nominee_id"],
            branch=row["branch"] or "",
            statement=row["statement"] or "",
            objections=tuple(row["objections"] or ()),
            barred=_barred(rules, row),
        )
        for row in tallying.nominees_of(store, year)
    }


def _barred(rules: MemberStar, row: Mapping[str, Any]) -> str | None:
    if is_eligible(rules, row):
        return None
    if row["status"] != rules.nominee.status:
        return "status"
    return "elsewhere" if rules.nominee.in_subdistrict and not row["in_subdistrict"] else "objection"


def by_day(store: Store, rulebook: Rulebook, viewer: Viewer, tally: Tally) -> tuple[Day, ...]:
    """Rows by day and channel, in order."""
    require(viewer, "view_tally")
    found: dict[tuple[date, str], list[int]] = {}
    for row in tallying.votes_by_day(store, _rules(rulebook), tally.year, _eligible(tally)):
        counts = found.setdefault((row["day"], row["channel"] or ""), [0, 0])
        counts[row["outcome"] != "accepted"] += row["rows"]
    return tuple(Day(day, channel, *counts) for (day, channel), counts in sorted(found.items()))


def robustness(store: Store, rulebook: Rulebook, viewer: Viewer, tally: Tally) -> tuple[Robustness, ...]:
    """The line without each channel. A person's vote through another channel then counts instead."""
    require(viewer, "view_tally")
    rules, eligible = _rules(rulebook), _eligible(tally)
    inside = {s.nominee_id for s in tally.standings if s.inside}
    found = []
    for channel in rules.channels:
        counts = tallying.count_votes(store, rules, tally.year, eligible, without=channel)
        without = {s.nominee_id for s in rank(rules, eligible, votes_of(rules, eligible, counts)) if s.inside}
        found.append(Robustness(channel, tuple(sorted(without - inside)), tuple(sorted(inside - without))))
    return tuple(found)


def questions(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> tuple[Question, ...]:
    """Unusual patterns: bursts against a channel's own rhythm, many identical sets of choices, voters with very many
    nominees."""
    require(viewer, "view_tally")
    rules = _rules(rulebook)
    bursts = (
        Question("burst", row["rows"], float(row["usual"]), row["channel"], row["hour"])
        for row in tallying.bursts(store, year)
    )
    alike = (
        Question("same_choices", row["voters"], at=row["first"], nominees=tuple(row["nominees"]))
        for row in tallying.same_choices(store, year)
    )
    many = (
        Question("very_many", row["nominees"], channel="、".join(row["channels"] or ()))
        for row in tallying.very_many(store, year, rules.voting.choices_per_voter)
    )
    return (*bursts, *alike, *many)


def departs(standing: Standing, outcome: Outcome) -> bool:
    """Whether a decision departs from the order: someone outside the line selected, someone inside not. In a tie across
    the line either may be."""
    if standing.tied:
        return False
    return standing.inside != (outcome == "selected")


def decide(store: Store, viewer: Viewer, tally: Tally, chosen: Sequence[str], outcome: Outcome, reason: str) -> None:
    """Record what the leading group decided about some nominees.

    Raises:
        UserError: a nominee is not known or cannot be voted for, more would be selected than there are places, or the
            decision departs from the order and gives no reason.
    """
    require(viewer, "decide_vote")
    standings = {s.nominee_id: s for s in tally.standings}
    for nominee in chosen:
        standing = standings.get(nominee)
        if standing is None or (outcome == "selected" and not standing.eligible):
            raise UserError.of("votes.not_eligible", nominee=nominee)
        if departs(standing, outcome) and not reason.strip():
            raise UserError.of("votes.reason_wanted", nominee=nominee)
    before = {n for n, (word, _) in tally.decisions.items() if word == "selected"}
    after = before | set(chosen) if outcome == "selected" else before - set(chosen)
    if len(after) > tally.places:
        raise UserError.of("votes.too_many", places=tally.places, selected=len(after))
    tallying.decide(store, [(nominee, outcome, reason.strip()) for nominee in chosen], _run(tally, viewer))


def decide_by_order(store: Store, viewer: Viewer, tally: Tally, reason: str) -> int:
    """Record the list as a whole: inside the line selected, the others not; ties are left open. Returns how many
    decisions that makes."""
    require(viewer, "decide_vote")
    decisions = [
        (s.nominee_id, "selected" if s.inside else "not_selected", reason.strip())
        for s in tally.standings
        if s.eligible and not s.tied
    ]
    if decisions:
        tallying.decide(store, decisions, _run(tally, viewer))
    return len(decisions)


def _run(tally: Tally, viewer: Viewer) -> dict[str, object]:
    return {
        "year": tally.year,
        "made_at": datetime.now(UTC).replace(tzinfo=None),
        "made_by": viewer.name,
        "inputs": tally.inputs,
        "rules": tally.rules,
        "result": tally.result,
        "document": tally.text,
    }


@dataclass(frozen=True, slots=True)
class Run:
    """A tally that decisions were made on, kept as it was; `made_at` in UTC."""

    made_at: datetime
    made_by: str
    inputs: str
    rules: str
    result: str
    document: str


def runs(store: Store, viewer: Viewer, year: int) -> tuple[Run, ...]:
    """The tallies of a year that were kept, in order."""
    require(viewer, "view_tally")
    return tuple(
        Run(
            row["made_at"].replace(tzinfo=UTC),
            row["made_by"],
            row["inputs"],
            row["rules"],
            row["result"],
            row["document"],
        )
        for row in tallying.runs(store, year)
    )


def withdraw(store: Store, viewer: Viewer, file_id: int, because: str) -> None:
    """Take a file of votes out of the count; it stays in the ledger.

    Raises:
        UserError: there is no reason.
        StoreError: there is no such file, or it is withdrawn already.
    """
    require(viewer, "withdraw_votes")
    if not because.strip():
        raise UserError.of("votes.because_wanted")
    ledger.withdraw(store, file_id, viewer.name, because.strip())


def _eligible(tally: Tally) -> dict[str, bool]:
    return {s.nominee_id: s.eligible for s in tally.standings}


def _rules(rulebook: Rulebook) -> MemberStar:
    assert rulebook.member_star is not None
    return rulebook.member_star

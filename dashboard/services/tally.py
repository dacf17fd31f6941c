"""The tally of a year: what became of every row, and the order of the nominees (附1)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import RulesError
from dashboard.rules.rulebook import MemberStar, Rulebook
from dashboard.rules.tally import REJECTIONS, Standing, rank
from dashboard.store import ledger, tallying
from dashboard.store.connection import Revision, Store
from dashboard.store.tallying import Count


@dataclass(frozen=True, slots=True)
class Balance:
    """received = accepted + the sum of all rejections."""

    received: int
    accepted: int
    rejected: Mapping[str, int]

    @classmethod
    def of(cls, counts: Iterable[tuple[Count, int]]) -> Balance:
        """Add up; every reason stands, also those of no row."""
        by_outcome: Counter[str] = Counter()
        for count, rows in counts:
            by_outcome[count.outcome] += rows
        rejected = {reason: by_outcome[reason] for reason in REJECTIONS}
        return cls(by_outcome.total(), by_outcome["accepted"], rejected)


@dataclass(frozen=True, slots=True)
class FileBalance:
    """One file of votes; a withdrawn one counts nothing."""

    file_id: int
    name: str
    sha256: str
    rows: int
    withdrawn: bool
    balance: Balance


@dataclass(frozen=True)
class Tally:
    """The vote of a year. `standings` come in order, those that cannot be voted for last; `inputs`, `rules` and
    `result` are SHA-256 of what it was made from, of the rules, and of what came out."""

    year: int
    places: int
    balance: Balance
    channels: Mapping[str, Balance]
    files: tuple[FileBalance, ...]
    standings: tuple[Standing, ...]
    decisions: Mapping[str, tuple[str, str]]
    conflicts: int
    inputs: str
    rules: str
    revision: Revision

    def document(self) -> dict[str, Any]:
        """The result as the command line prints it."""
        return {
            "received": self.balance.received,
            "accepted": self.balance.accepted,
            "rejected": dict(self.balance.rejected),
            "channels": {
                name: {"received": b.received, "accepted": b.accepted, "rejected": dict(b.rejected)}
                for name, b in self.channels.items()
            },
            "nominees": [
                {
                    "nominee_id": s.nominee_id,
                    "score": exact(s.score),
                    "rank": s.rank,
                    "votes": dict(s.votes),
                    "inside": s.inside,
                    "tied": s.tied,
                }
                for s in self.standings
            ],
        }

    @property
    def result(self) -> str:
        """SHA-256 of `text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def text(self) -> str:
        """The result as one line of JSON with sorted keys: the same inputs and rules give the same bytes."""
        return _written(self.document())


def exact(score: Decimal) -> int | float:
    """A score as a number: whole where it is whole."""
    return int(score) if score == score.to_integral_value() else float(score)


def tally(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> Tally:
    """Count the votes of `year`. Stores nothing.

    Raises:
        RulesError: the rules know no star members.
    """
    require(viewer, "view_tally")
    rules = rulebook.member_star
    if rules is None:
        raise RulesError.of("rules.no_member_star", "member_star")
    revision = store.revision()
    nominees = tallying.nominees_of(store, year)
    eligible = {str(n["nominee_id"]): is_eligible(rules, n) for n in nominees}
    counts = tallying.count_votes(store, rules, year, eligible)
    return Tally(
        year=year,
        places=rules.places,
        balance=Balance.of(counts.items()),
        channels=_by_channel(rules, counts),
        files=_by_file(store, counts),
        standings=rank(rules, eligible, votes_of(rules, eligible, counts)),
        decisions=tallying.decisions_of(store, year),
        conflicts=ledger.count_conflicts(store),
        inputs=_sha256(tallying.inputs_of(store, year)),
        rules=rulebook.fingerprint,
        revision=revision,
    )


def votes_of(rules: MemberStar, eligible: Iterable[str], counts: Mapping[Count, int]) -> dict[str, dict[str, int]]:
    """Accepted votes of each nominee by channel."""
    votes = {nominee: dict.fromkeys(rules.channels, 0) for nominee in eligible}
    for count, rows in counts.items():
        if count.nominee_id is not None and count.channel is not None:
            votes[count.nominee_id][count.channel] += rows
    return votes


def is_eligible(rules: MemberStar, nominee: Mapping[str, Any]) -> bool:
    """Whether a member may be voted for (附1·一, 附1·四·1): the right status, membership here, and no objection."""
    wanted = rules.nominee
    if nominee["status"] != wanted.status or (wanted.in_subdistrict and not nominee["in_subdistrict"]):
        return False
    return not (rules.objection == "excludes" and nominee["objections"])


def _by_channel(rules: MemberStar, counts: Counter[Count]) -> dict[str, Balance]:
    """Every channel of the rules, then whatever else the rows say ("" where they say nothing)."""
    others = sorted({count.channel or "" for count in counts} - set(rules.channels))
    return {
        name: Balance.of((count, rows) for count, rows in counts.items() if (count.channel or "") == name)
        for name in (*rules.channels, *others)
    }


def _by_file(store: Store, counts: Counter[Count]) -> tuple[FileBalance, ...]:
    return tuple(
        FileBalance(
            file_id=row["file_id"],
            name=row["name"],
            sha256=row["sha256"],
            rows=row["rows"],
            withdrawn=row["withdrawn_at"] is not None,
            balance=Balance.of((count, rows) for count, rows in counts.items() if count.file_id == row["file_id"]),
        )
        for row in ledger.files(store)
    )


def _written(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))


def _sha256(content: object) -> str:
    return hashlib.sha256(_written(content).encode()).hexdigest()

"""社会评议: the outcome of every vote row, and the order of the nominees (附1).

One row says that a voter supports a nominee through a channel at a time. Rows are judged in the order of `OUTCOMES`;
the first that holds is the row's outcome. A person is the voter, or whom `identities` says it is; a person's rows are
taken by time, channel and nominee, so that neither the order of rows nor that of files changes a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from dashboard.rules import tables
from dashboard.rules.rulebook import MemberStar

OUTCOMES = (
    "malformed",
    "unknown_nominee",
    "ineligible_nominee",
    "early",
    "late",
    "unknown_channel",
    "duplicate",
    "over_limit",
    "accepted",
)
REJECTIONS = OUTCOMES[:-1]

# `voter` and `person` are keyed hashes; `part` is a small number of the voter's (the person's) by which to take parts.
VOTES = {
    "file_id": "int32",
    "channel": "string",
    "voter": "decimal(38, 0)",
    "part": "int16",
    "nominee_id": "string",
    "cast_at": "timestamp",
}
IDENTITIES = {"voter": "decimal(38, 0)", "person": "decimal(38, 0)", "part": "int16"}
_NOMINEES = {"nominee_id": "string", "nominee": "int32", "eligible": "boolean"}  # `nominee`: the place by id
_CHANNELS = {"channel": "string", "way": "int32"}  # `way`: the place by name
_TERMS = {"opens": "timestamp", "closes": "timestamp", "choices": "int64", "buckets": "int64", "bucket": "int64"}


def terms(rules: MemberStar, year: int, *, buckets: int = 1, bucket: int = 0) -> pa.Table:
    """The settings of a tally as a relation of one row. `closes` is the first moment after the last day; only persons
    whose part falls into `bucket` of `buckets` are judged, so that very many votes can be counted in parts."""
    voting = rules.voting
    row = {
        "opens": datetime.combine(date(year, *voting.opens), time()),
        "closes": datetime.combine(date(year, *voting.closes) + timedelta(1), time()),
        "choices": voting.choices_per_voter,
        "buckets": buckets,
        "bucket": bucket,
    }
    types = (pa.timestamp("us"), pa.timestamp("us"), pa.int64(), pa.int64(), pa.int64())
    return pa.Table.from_pylist([row], schema=pa.schema(list(zip(_TERMS, types, strict=True))))


def channels(rules: MemberStar) -> pa.Table:
    """The channels that there are, and their order."""
    names = sorted(rules.channels)
    return pa.table({"channel": pa.array(names, pa.string()), "way": pa.array(range(len(names)), pa.int32())})


@lru_cache(maxsize=1)
def judged() -> ir.Table:
    """Every row of one bucket with its `outcome`: `file_id`, `channel`, `nominee_id`, `cast_at`, `outcome`.

    Reads `tally_votes` (`VOTES`), `identities`, `tally_nominees` (the nominees of the year, and whether each is
    `eligible`), `rule_channels` and `tally_terms`.
    """
    first = _with_first_outcome()
    names = ["file_id", "channel", "nominee_id", "cast_at", "outcome"]
    t = first.filter(first.outcome.isnull()).select(
        "person", "nominee", "way", "choices", "file_id", "channel", "nominee_id", "cast_at"
    )
    in_time = ["cast_at", "way", "nominee", "file_id"]
    t = t.mutate(place=ibis.row_number().over(group_by=["person", "nominee"], order_by=in_time))
    # the how-manieth nominee of the person this is; every row of a nominee takes it from the nominee's first row
    is_first = (t.place == 0).cast("int64")
    t = t.mutate(chosen=is_first.sum().over(ibis.cumulative_window(group_by="person", order_by=in_time)))
    t = t.mutate(chosen=ibis.ifelse(t.place == 0, t.chosen, ibis.null("int64")))
    t = t.mutate(chosen=t.chosen.max().over(group_by=["person", "nominee"]))
    outcome = ibis.cases((t.chosen > t.choices, "over_limit"), (t.place > 0, "duplicate"), else_="accepted")
    counted = t.mutate(outcome=outcome).select(names)
    return first.filter(first.outcome.notnull()).select(names).union(counted, distinct=False)


def _with_first_outcome() -> ir.Table:
    """Rows of the bucket with the outcome that does not depend on other rows; null where others decide."""
    votes = tables.table("tally_votes", VOTES)
    identities = tables.table("identities", IDENTITIES)
    nominees = tables.table("tally_nominees", _NOMINEES)
    known_channels = tables.table("rule_channels", _CHANNELS)
    settings = tables.table("tally_terms", _TERMS)
    t = votes.left_join(identities, "voter").drop("voter_right")
    t = t.mutate(person=ibis.coalesce(t.person, t.voter), part=ibis.coalesce(t.part_right, t.part, 0))
    t = t.drop("voter", "part_right").cross_join(settings)
    t = t.filter(t.part % t.buckets == t.bucket)
    t = t.left_join(nominees, "nominee_id").drop("nominee_id_right")
    t = t.left_join(known_channels, "channel").drop("channel_right")
    missing = t.person.isnull() | t.nominee_id.isnull() | t.channel.isnull() | t.cast_at.isnull()
    return t.mutate(
        outcome=ibis.cases(
            (missing, "malformed"),
            (t.nominee.isnull(), "unknown_nominee"),
            (~t.eligible, "ineligible_nominee"),
            (t.cast_at < t.opens, "early"),
            (t.cast_at >= t.closes, "late"),
            (t.way.isnull(), "unknown_channel"),
        )
    )


@lru_cache(maxsize=1)
def counts() -> ir.Table:
    """Rows by `file_id`, `channel`, `nominee_id` (accepted ones only, else null) and `outcome`: `rows`."""
    t = judged()
    t = t.mutate(nominee_id=ibis.ifelse(t.outcome == "accepted", t.nominee_id, ibis.null("string")))
    return t.group_by("file_id", "channel", "nominee_id", "outcome").aggregate(rows=t.count())


@lru_cache(maxsize=1)
def by_day() -> ir.Table:
    """Rows by `day`, `channel` and `outcome`: `rows`."""
    t = judged().filter(ibis._.cast_at.notnull())
    return t.group_by(day=t.cast_at.date(), channel=t.channel, outcome=t.outcome).aggregate(rows=t.count())


@dataclass(frozen=True, slots=True)
class Standing:
    """A nominee in the tally. `rank` is that of equals (1, 2, 2, 4), None for one who cannot be voted for; `inside` the
    line, or `tied` across it, which is left to the leading group."""

    nominee_id: str
    eligible: bool
    votes: Mapping[str, int]
    score: Decimal
    rank: int | None
    inside: bool
    tied: bool


def rank(
    rules: MemberStar, eligible: Mapping[str, bool], votes: Mapping[str, Mapping[str, int]]
) -> tuple[Standing, ...]:
    """Order the nominees by Σ weight × accepted votes, exactly; by id where the scores are equal.

    Args:
        eligible: every nominee of the year.
        votes: accepted votes of a nominee by channel.
    """
    scores = {n: score(rules, votes.get(n, {})) for n in eligible}
    order = sorted((n for n in eligible if eligible[n]), key=lambda n: (-scores[n], n))
    found = [*_standings(rules, order, scores, votes)]
    found += [
        Standing(n, False, dict(votes.get(n, {})), scores[n], None, False, False)
        for n in sorted(eligible)
        if not eligible[n]
    ]
    return tuple(found)


def score(rules: MemberStar, votes: Mapping[str, int]) -> Decimal:
    """Σ weight(channel) × accepted votes."""
    return sum((rules.channels[c].weight * n for c, n in votes.items() if c in rules.channels), Decimal(0))


def _standings(
    rules: MemberStar,
    order: Sequence[str],
    scores: Mapping[str, Decimal],
    votes: Mapping[str, Mapping[str, int]],
) -> Iterable[Standing]:
    places = rules.places
    first: dict[Decimal, int] = {}
    last: dict[Decimal, int] = {}
    for place, nominee in enumerate(order, 1):
        first.setdefault(scores[nominee], place)
        last[scores[nominee]] = place
    for nominee in order:
        mine = scores[nominee]
        yield Standing(
            nominee_id=nominee,
            eligible=True,
            votes=dict(votes.get(nominee, {})),
            score=mine,
            rank=first[mine],
            inside=last[mine] <= places,
            tied=first[mine] <= places < last[mine],
        )

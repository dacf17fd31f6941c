"""社会评议: votes through every channel, with the untidiness of real ones (附1·四·2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from dashboard.demo import words
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.stars import Nominees
from dashboard.demo.streams import Flags, Floats, Ints, Texts, chance, drawn, some_of, stream, texts
from dashboard.rules.rulebook import MemberStar

CHUNK = 1_000_000  # votes made at a time, so that memory stays bounded
CHOICES = 6  # nominees that a voter supports on average
DAYS, DAY = 20, 86_400
DUPLICATES = 0.03
SPOILT = 0.0005  # of the votes, for each way to be spoilt
LINKED = 1 / 200  # people known by a phone and a WeChat id, for each vote

# How votes spread over the hours of a day, for channels used after hours, at work, and on a call to vote.
_EVENING = (2, 1, 0.5, 0.3, 0.3, 1, 3, 5, 5, 4, 4, 5, 9, 7, 4, 4, 4, 5, 7, 9, 12, 13, 9, 5)
_OFFICE = (0.3, 0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 9, 13, 12, 9, 4, 5, 9, 10, 9, 7, 3, 2, 3, 3, 2, 1)
_CALLS = (0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 1, 3, 8, 16, 14, 9, 5, 4, 7, 12, 9, 6, 5, 5, 6, 4, 2, 0.6)
# Days 1–7 are a holiday; reminders go out on the 8th and the 17th.
_LEISURE_DAYS = (9, 7, 6, 5, 5, 4, 5, 7, 6, 5, 5, 4, 4, 4, 5, 6, 8, 7, 6, 6)
_WORKING_DAYS = (2, 1, 1, 1, 1, 1, 1, 10, 9, 8, 8, 7, 7, 5, 3, 3, 10, 9, 8, 7)


@dataclass(frozen=True)
class Rhythm:
    share: float
    phone: bool
    hours: tuple[float, ...]
    days: tuple[float, ...]


_RHYTHMS = {
    "sms": Rhythm(0.16, True, _CALLS, _WORKING_DAYS),
    "web": Rhythm(0.21, True, _EVENING, _LEISURE_DAYS),
    "portal": Rhythm(0.09, True, _OFFICE, _WORKING_DAYS),
    "wechat": Rhythm(0.54, False, _EVENING, _LEISURE_DAYS),
}
_OTHER = Rhythm(0.1, True, _EVENING, _LEISURE_DAYS)


@dataclass
class Ballots:
    """Votes as numbers, one element each: voter, nominee and channel (positions), and seconds since the first day."""

    voter: Ints
    nominee: Ints
    channel: Ints
    second: Ints

    def at(self, rows: Ints | Flags) -> Ballots:
        return Ballots(self.voter[rows], self.nominee[rows], self.channel[rows], self.second[rows])

    def __add__(self, other: Ballots) -> Ballots:
        return Ballots(
            np.concatenate([self.voter, other.voter]),
            np.concatenate([self.nominee, other.nominee]),
            np.concatenate([self.channel, other.channel]),
            np.concatenate([self.second, other.second]),
        )


def make_votes(rules: MemberStar, nominees: Nominees, seed: int, year: int, total: int) -> Iterator[list[Sheet]]:
    """`total` votes and the identities behind some of them, a chunk at a time."""
    popularity = stream(seed, "popularity").standard_normal(len(nominees.ids)) * 0.9
    for number, start in enumerate(range(0, total, CHUNK)):
        rng = stream(seed, "votes", number)
        yield _chunk(_Poll(rules, nominees, popularity, year, number), rng, start, min(CHUNK, total - start))


@dataclass(frozen=True)
class _Poll:
    rules: MemberStar
    nominees: Nominees
    popularity: Floats
    year: int
    number: int

    @property
    def channels(self) -> list[str]:
        return list(self.rules.channels)

    @property
    def rhythms(self) -> list[Rhythm]:
        return [_RHYTHMS.get(name, _OTHER) for name in self.channels]

    @property
    def by_phone(self) -> Flags:
        """Whether voters of each channel are known by their phone number."""
        return np.array([rhythm.phone for rhythm in self.rhythms])


def _chunk(poll: _Poll, rng: np.random.Generator, start: int, size: int) -> list[Sheet]:
    again = round(DUPLICATES * size)
    first, by_phone = _first_votes(poll, rng, size - again)
    linked = drawn(rng, ~by_phone, round(LINKED * size))  # people who also have a phone number here
    ballots = first + _repeated(poll, rng, first, linked, again)
    _misdate(poll, rng, ballots)
    ballots = ballots.at(np.argsort(ballots.second, kind="stable"))
    own = _names(rng, by_phone, poll.number)
    phones = np.full(len(own), None, dtype=object)
    phones[linked] = _phones(linked, 2 * poll.number * CHUNK + 1)
    crossed = poll.by_phone[ballots.channel] & np.isin(ballots.voter, linked)
    voter = np.where(crossed, phones[ballots.voter], own[ballots.voter])
    people = [f"P{poll.number * CHUNK + i:05d}" for i in range(1, len(linked) + 1)]
    identities = sheet("identities", voter=np.concatenate([own[linked], phones[linked]]), person=people + people)
    return [_votes(poll, rng, ballots, voter, start), identities]


def _first_votes(poll: _Poll, rng: np.random.Generator, size: int) -> tuple[Ballots, Flags]:
    """Every voter supports some nominees, once each, in one sitting. Also whether each voter is known by phone."""
    n = len(poll.nominees.ids)
    wanted = np.minimum(rng.geometric(1 / CHOICES, size // 2 + 10), min(n, 30))
    if n > poll.rules.voting.choices_per_voter and size > 1000:
        wanted[:3] = min(n, poll.rules.voting.choices_per_voter + 8)  # more than the rules allow
    ends = np.cumsum(wanted)
    count = int(np.searchsorted(ends, size)) + 1
    wanted = wanted[:count]
    wanted[-1] -= int(wanted.sum()) - size
    nominee = _choices(rng, poll.popularity, wanted)
    shares = np.array([r.share for r in poll.rhythms])
    channel = rng.choice(len(shares), size=count, p=shares / shares.sum())
    begin = _times(poll, rng, channel)
    voter = np.repeat(np.arange(count), wanted)
    place = np.arange(len(voter)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    second = begin[voter] + place * rng.integers(3, 15, count)[voter]
    return Ballots(voter, nominee, channel[voter], np.minimum(second, DAYS * DAY - 1)), poll.by_phone[channel]


def _choices(rng: np.random.Generator, popularity: Floats, wanted: Ints) -> Ints:
    """Different nominees for each voter, the popular ones more often (the largest of perturbed popularities)."""
    slices = np.array_split(np.arange(len(wanted)), max(1, len(wanted) * len(popularity) // 4_000_000))
    chosen = []
    for voters in slices:
        keys = popularity + rng.gumbel(size=(len(voters), len(popularity)))
        order = np.argsort(-keys, axis=1)
        chosen.append(order[np.arange(len(popularity)) < wanted[voters][:, None]])
    return np.concatenate(chosen)


def _times(poll: _Poll, rng: np.random.Generator, channel: Ints) -> Ints:
    """Seconds since the first day at which each voter begins, in the rhythm of the channel."""
    begin = np.zeros(len(channel), np.int64)
    for i, rhythm in enumerate(poll.rhythms):
        mine = np.flatnonzero(channel == i)
        days, hours = np.array(rhythm.days, float), np.array(rhythm.hours, float)
        day = rng.choice(DAYS, size=len(mine), p=days / days.sum())
        hour = rng.choice(24, size=len(mine), p=hours / hours.sum())
        begin[mine] = day * DAY + hour * 3600 + rng.integers(3600, size=len(mine))
    return begin


def _names(rng: np.random.Generator, by_phone: Flags, series: int) -> Texts:
    """How voters are known: by a number too long for a telephone, or a WeChat id."""
    numbers = _phones(rng.permutation(len(by_phone)), 2 * series * CHUNK)
    ids = rng.integers(2**63 - 1, size=len(by_phone)).tolist()
    return np.where(by_phone, numbers, texts([f"wx_{wechat:016x}" for wechat in ids]))


def _phones(numbers: Ints, offset: int) -> Texts:
    return texts([f"1990000{2 * number + offset:06d}" for number in numbers.tolist()])


def _repeated(poll: _Poll, rng: np.random.Generator, first: Ballots, linked: Ints, count: int) -> Ballots:
    """Votes cast again: mostly the same way, some by phone by a person who has voted through WeChat."""
    if not len(first.voter):
        return first
    rows = rng.integers(len(first.voter), size=count)
    of_linked = np.flatnonzero(np.isin(first.voter, linked))
    phones = np.flatnonzero(poll.by_phone)
    crossing = chance(rng, 0.3, count) & bool(len(of_linked)) & bool(len(phones))
    if crossing.any():
        rows[crossing] = of_linked[rng.integers(len(of_linked), size=int(crossing.sum()))]
    again = first.at(rows)
    later = again.second + np.floor(rng.exponential(40_000, count)).astype(np.int64) + 30
    again.second = np.minimum(later, DAYS * DAY - 1)
    if crossing.any():
        again.channel = np.where(crossing, phones[0], again.channel)
    return again


def _few(rng: np.random.Generator, n: int) -> Ints:
    return rng.permutation(n)[: max(min(n, 1), round(SPOILT * n))]


def _misdate(poll: _Poll, rng: np.random.Generator, ballots: Ballots) -> None:
    """A few votes before the voting opens, and a few from clocks that say it has closed."""
    n, voting = len(ballots.second), poll.rules.voting
    open_for = date(poll.year, *voting.closes) - date(poll.year, *voting.opens)
    early, late = _few(rng, n), _few(rng, n)
    ballots.second[early] = -rng.integers(60, 2 * DAY, len(early))
    ballots.second[late] = (open_for.days + 1) * DAY + rng.integers(60, 3 * DAY, len(late))


def _votes(poll: _Poll, rng: np.random.Generator, ballots: Ballots, voter: Texts, start: int) -> Sheet:
    """The rows as they came in, a few of them spoilt and a few written in their own way."""
    n = len(voter)
    opens = np.datetime64(date(poll.year, *poll.rules.voting.opens), "s")
    cast_at = np.datetime_as_string(opens + ballots.second).astype(object)
    channel, nominee = texts(poll.channels)[ballots.channel], poll.nominees.ids[ballots.nominee]
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for rows, written in ((_few(rng, n), lambda v: v.translate(wide)), (_few(rng, n), lambda v: f" {v} ")):
        voter[rows] = [written(v) for v in voter[rows]]
    for column, wrong in ((cast_at, words.NO_TIMES), (channel, words.NO_CHANNELS), (nominee, words.NO_NOMINEES)):
        rows = _few(rng, n)
        column[rows] = some_of(rng, wrong, len(rows))
    voter[_few(rng, n)] = None
    ids = [f"V{i:07d}" for i in range(start + 1, start + n + 1)]
    return sheet("votes", vote_id=ids, channel=channel, voter=voter, nominee_id=nominee, cast_at=cast_at)

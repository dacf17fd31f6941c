"""Counts the votes for the star members row by row, straight from the text of the rules, and makes untidy votes.

Written to be read next to the definitions, not to be fast. Rows are what `csv.DictReader` gives for the English
headers. Files of votes are lists of rows, in the order in which they were imported.

Wherever the text leaves room, a comment starting with "choice:" says which way this reading went.
"""

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from .basics import Row

REASONS = (
    "malformed",
    "unknown_nominee",
    "ineligible_nominee",
    "early",
    "late",
    "unknown_channel",
    "duplicate",
    "over_limit",
)
ACCEPTED = "accepted"
IN_TURN = ("accepted", "duplicate", "over_limit")
SHANGHAI = timezone(timedelta(hours=8))
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Settings:
    """What `member_star` of the rules says about the vote; channels: id → (Chinese name, English name, weight)."""

    places: int
    status: str
    in_subdistrict: bool
    objection: str
    opens: tuple[int, int]
    closes: tuple[int, int]
    choices: int
    channels: Mapping[str, tuple[str, str, Decimal]]

    @classmethod
    def of(cls, star: Mapping[str, Any]) -> "Settings":
        voting, nominee = star["voting"], star["nominee"]
        return cls(
            places=int(star["places"]),
            status=nominee["status"],
            in_subdistrict=bool(nominee["in_subdistrict"]),
            objection=star["objection"],
            opens=month_day(voting["opens"]),
            closes=month_day(voting["closes"]),
            choices=int(voting["choices_per_voter"]),
            channels={
                key: (channel["name"]["zh"], channel["name"]["en"], Decimal(str(channel.get("weight", 1))))
                for key, channel in star["channels"].items()
            },
        )

    def weighing(self, **weights: str) -> "Settings":
        return replace(
            self,
            channels={k: (zh, en, Decimal(weights.get(k, str(w)))) for k, (zh, en, w) in self.channels.items()},
        )

    @property
    def sets(self) -> list[str]:
        """What has to be changed in the rules to have these settings, one `PATH=VALUE` each."""
        return [
            f"member_star.places={self.places}",
            f"member_star.objection={self.objection}",
            f"member_star.voting.choices_per_voter={self.choices}",
            *(f"member_star.channels.{key}.weight={weight}" for key, (_, _, weight) in self.channels.items()),
        ]


def month_day(text: str) -> tuple[int, int]:
    month, day = str(text).split("-")
    return int(month), int(day)


@dataclass
class Balance:
    """received = accepted + the rejections."""

    received: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str) -> None:
        self.received += 1
        self.outcomes[outcome] += 1

    @property
    def accepted(self) -> int:
        return self.outcomes[ACCEPTED]

    @property
    def rejected(self) -> dict[str, int]:
        return {reason: self.outcomes[reason] for reason in REASONS if self.outcomes[reason]}


@dataclass(frozen=True)
class Standing:
    """One nominee; `rank` is None for those who may not be nominated."""

    nominee_id: str
    score: Decimal
    rank: int | None
    inside: bool
    tied: bool
    votes: dict[str, int]


@dataclass
class Counted:
    """The result: `outcomes` by (file, row); a repeated row has `same`, one that contradicts a known one `conflict`."""

    outcomes: dict[tuple[int, int], str]
    balance: Balance
    channels: dict[str, Balance]
    files: list[Balance]
    open_files: set[int]
    standings: list[Standing]

    @property
    def conflicts(self) -> int:
        return sum(outcome == "conflict" for outcome in self.outcomes.values())


# ---------------------------------------------------------------- cells


def text(row: Row, name: str) -> str:
    """Full-width forms are the same as plain ones, and blanks around do not count."""
    return unicodedata.normalize("NFKC", row.get(name) or "").strip()


def moment(written: str) -> datetime | None:
    """The time of a vote; None when nobody can tell."""
    # choice: ISO 8601 with `T` or a blank, seconds and offset optional; a day alone or any other form is illegible.
    if not TIME.fullmatch(written):
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def channel_of(written: str, settings: Settings) -> str:
    """The id of a channel given by id or name; "" for one that the rules do not know."""
    for key, (zh, en, _) in settings.channels.items():
        if written in (key, zh, en):
            return key
    return ""


# ---------------------------------------------------------------- who may be voted for


def may_be_nominated(nominee: Row, members: Mapping[str, Row], opinions: Sequence[Row], settings: Settings) -> bool:
    member = members[nominee["member_id"]]
    # choice: an objection counts whichever department raises it.
    objected = any(o["nominee_id"] == nominee["nominee_id"] and o["verdict"] == "object" for o in opinions)
    return (
        member["status"] == settings.status
        and (member["in_subdistrict"] == "1") == settings.in_subdistrict
        and not (objected and settings.objection == "excludes")
    )


# ---------------------------------------------------------------- the count


def received_rows(files: Sequence[Sequence[Row]], outcomes: dict[tuple[int, int], str]) -> list[tuple[int, int]]:
    """The places of the rows that count as received; what is not received gets its outcome here."""
    known: dict[str, tuple[str, ...]] = {}
    result = []
    for f, rows in enumerate(files):
        for r, row in enumerate(rows):
            vote_id = text(row, "vote_id")
            # choice: the content of a row is its cells after normalisation.
            content = tuple(text(row, name) for name in ("channel", "voter", "nominee_id", "cast_at"))
            if not vote_id or vote_id not in known:
                result.append((f, r))
                if vote_id:
                    known[vote_id] = content
            else:
                outcomes[f, r] = "same" if known[vote_id] == content else "conflict"
    return result


def count(
    files: Sequence[Sequence[Row]], tables: Mapping[str, Sequence[Row]], settings: Settings, year: int
) -> Counted:
    """The vote of a year; `tables` holds nominees, members, opinions and identities."""
    members = {row["member_id"]: row for row in tables["members"]}
    eligible = {
        row["nominee_id"]: may_be_nominated(row, members, tables.get("opinions", ()), settings)
        for row in tables["nominees"]
    }
    persons = {text(row, "voter"): text(row, "person") for row in tables.get("identities", ())}
    opens = datetime(year, *settings.opens, tzinfo=SHANGHAI)
    # choice: both days are included as a whole.
    closed = datetime(year, *settings.closes, tzinfo=SHANGHAI) + timedelta(days=1)

    outcomes: dict[tuple[int, int], str] = {}
    received = received_rows(files, outcomes)
    turns: dict[str, list[tuple[datetime, str, str, tuple[int, int]]]] = defaultdict(list)
    for f, r in received:
        row = files[f][r]
        voter, nominee, written = text(row, "voter"), text(row, "nominee_id"), text(row, "channel")
        when = moment(text(row, "cast_at"))
        if not (voter and nominee and written) or when is None:
            outcomes[f, r] = "malformed"
        elif nominee not in eligible:
            outcomes[f, r] = "unknown_nominee"
        elif not eligible[nominee]:
            outcomes[f, r] = "ineligible_nominee"
        elif when < opens:
            outcomes[f, r] = "early"
        elif when >= closed:
            outcomes[f, r] = "late"
        elif not channel_of(written, settings):
            outcomes[f, r] = "unknown_channel"
        else:
            # choice: one step, not a chain: what `identities` maps a key to is a person, never a key to look up again.
            person = persons.get(voter, voter)
            turns[person].append((when, channel_of(written, settings), nominee, (f, r)))

    votes: dict[str, Counter[str]] = defaultdict(Counter)
    open_files: set[int] = set()
    for rows in turns.values():
        chosen: set[str] = set()
        equal: dict[tuple[datetime, str, str], set[int]] = defaultdict(set)
        for when, channel, nominee, place in sorted(rows):
            equal[when, channel, nominee].add(place[0])
            if nominee in chosen:
                outcomes[place] = "duplicate"
            elif len(chosen) >= settings.choices:
                outcomes[place] = "over_limit"
            else:
                outcomes[place] = ACCEPTED
                chosen.add(nominee)
                votes[nominee][channel] += 1
        open_files |= {f for found in equal.values() if len(found) > 1 for f in found}

    balance, by_file = Balance(), [Balance() for _ in files]
    channels = {key: Balance() for key in (*settings.channels, "")}
    for f, r in received:
        # choice: rows whose channel is blank or unknown are balanced together, under "".
        channel = channel_of(text(files[f][r], "channel"), settings)
        for sums in (balance, by_file[f], channels[channel]):
            sums.add(outcomes[f, r])
    return Counted(outcomes, balance, channels, by_file, open_files, standings(eligible, votes, settings))


def standings(
    eligible: Mapping[str, bool], votes: Mapping[str, Mapping[str, int]], settings: Settings
) -> list[Standing]:
    """Candidates by score, then those who may not be nominated; by id where nothing else decides."""
    cast = {n: {key: votes.get(n, {}).get(key, 0) for key in settings.channels} for n in eligible}
    weight = {key: channel[2] for key, channel in settings.channels.items()}
    score = {n: sum((weight[key] * many for key, many in cast[n].items()), Decimal(0)) for n in eligible}
    candidates = [n for n in eligible if eligible[n]]
    result = []
    for nominee in candidates:
        better = sum(score[other] > score[nominee] for other in candidates)
        at_least = sum(score[other] >= score[nominee] for other in candidates)
        # choice: nobody of a group across the line is inside; the whole group is tied.
        inside, tied = at_least <= settings.places, better < settings.places < at_least
        result.append(Standing(nominee, score[nominee], better + 1, inside, tied, cast[nominee]))
    result.sort(key=lambda s: (s.rank, s.nominee_id))
    others = sorted(n for n in eligible if not eligible[n])
    return result + [Standing(n, Decimal(0), None, False, False, cast[n]) for n in others]


# ---------------------------------------------------------------- untidy votes

ILLEGIBLE = ("gestern", "{y}-13-05T08:00:00", "{y}-10-05T25:00:00", "05.10.{y} 08:00", "{y}-02-30T10:00:00", "8点")
EXTRA_CHANNELS = ("fax", "电话", "sms2", "微信群")
WEIGHTS = ("1", "1", "0.3", "1.5", "2", "0.1", "0")
BLANKS = ("", "", " ", "  ", "\u3000", "\u00a0", "\t")


@dataclass
class Made:
    """A vote: the tables beside it, its files in the order of import, and the settings it is held under."""

    year: int
    tables: dict[str, list[dict[str, str]]]
    files: list[list[dict[str, str]]]
    settings: Settings


def full_width(plain: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in plain)


class _Maker:
    def __init__(self, seed: int, base: Settings, year: int, distinct: bool) -> None:
        self.rng = random.Random(seed)
        self.base, self.year, self.distinct = base, year, distinct
        self.used: set[tuple[str, datetime]] = set()
        self.number = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def untidy(self, plain: str) -> str:
        """The same text as somebody else types it."""
        rng = self.rng
        typed = full_width(plain) if self.chance(0.2) else plain
        return f"{rng.choice(BLANKS)}{typed}{rng.choice(BLANKS)}" if self.chance(0.4) else typed

    def settings(self) -> Settings:
        rng = self.rng
        weights = {key: rng.choice(WEIGHTS) if self.chance(0.6) else "1" for key in self.base.channels}
        return replace(
            self.base.weighing(**weights),
            places=rng.choice((1, 2, 3, 5, 8)),
            choices=rng.choice((1, 2, 3, 50)),
            objection="flags" if self.chance(0.2) else "excludes",
        )

    def nominees(self) -> dict[str, list[dict[str, str]]]:
        rng = self.rng
        ids = [f"N{n:02}" for n in range(1, rng.randint(4, 12))]
        rng.shuffle(ids)
        members, nominees, opinions = [], [], []
        for n, nominee in enumerate(ids):
            members.append(
                {
                    "member_id": f"M{n}",
                    "name": f"党员{n}",
                    "branch_id": "B1",
                    "status": "probationary" if self.chance(0.08) else "full",
                    "in_subdistrict": "0" if self.chance(0.08) else "1",
                }
            )
            nominees.append({"nominee_id": nominee, "year": str(self.year), "member_id": f"M{n}"})
            opinions += [
                {"nominee_id": nominee, "department": d, "verdict": "object" if self.chance(0.04) else "agree"}
                for d in ("discipline", "public_security", "family_planning")
                if self.chance(0.5)
            ]
        branches = [{"branch_id": "B1", "name": "第一党支部", "superior_id": "", "sector": "organ"}]
        return {"branches": branches, "members": members, "nominees": nominees, "opinions": opinions}

    def people(self) -> tuple[list[str], list[dict[str, str]]]:
        """Voter keys, and which of them are known to be one person."""
        rng, keys, identities = self.rng, [], []
        for n in range(rng.randint(3, 14)):
            phone, wechat = f"138{rng.randrange(10**7):07}{n % 10}", f"wx_{n}{rng.choice('abAB')}"
            keys += [phone, wechat]
            if n and self.chance(0.2):
                keys.append(wechat.swapcase())
            kind = rng.random()
            person = rng.choice((f"P{n}", phone, rng.choice(keys)))
            if kind < 0.3:
                identities += [{"voter": wechat, "person": person}]
            elif kind < 0.6:
                identities += [{"voter": wechat, "person": person}, {"voter": phone, "person": person}]
        return keys, [{name: self.untidy(value) for name, value in row.items()} for row in identities]

    def when(self) -> datetime:
        rng, second = self.rng, timedelta(seconds=1)
        opens = datetime(self.year, *self.base.opens, tzinfo=SHANGHAI)
        closed = datetime(self.year, *self.base.closes, tzinfo=SHANGHAI) + timedelta(days=1)
        kind = rng.random()
        if kind < 0.1:
            year = timedelta(days=365)
            return rng.choice(
                (opens - second, closed, opens - timedelta(days=1), closed + timedelta(hours=9), closed + year)
            )
        if kind < 0.2:
            return rng.choice((opens, closed - second, closed - timedelta(milliseconds=1)))
        return opens + timedelta(days=rng.randrange(3), hours=rng.choice((0, 8, 16)))

    def written(self, when: datetime) -> str:
        style = self.rng.choice(("none", "none", "none", "+08:00", "+00:00", "Z", "-05:00"))
        offset = {"+00:00": 0, "Z": 0, "-05:00": -5}.get(style, 8)
        local = when.astimezone(timezone(timedelta(hours=offset))).replace(tzinfo=None)
        exact = "milliseconds" if local.microsecond else "seconds"
        short = not local.second and not local.microsecond and self.chance(0.1)
        result = local.isoformat("T" if self.chance(0.7) else " ", "minutes" if short else exact)
        return result + ("" if style == "none" else style)

    def vote(self, keys: Sequence[str], nominees: Sequence[str], popular: Sequence[str]) -> dict[str, str]:
        rng = self.rng
        voter, when = rng.choice(keys), self.when()
        while self.distinct and (voter, when) in self.used:
            when += timedelta(seconds=rng.randint(1, 5))
        if self.distinct:  # nobody is at two places at one moment, whoever is whom
            self.used |= {(key, when) for key in keys}
        channel = rng.choice(list(self.base.channels))
        row = {
            "vote_id": "",
            "channel": rng.choice((channel, channel, *self.base.channels[channel][:2])),
            "voter": voter,
            "nominee_id": rng.choice(popular if self.chance(0.6) else nominees),
            "cast_at": self.written(when),
        }
        if self.chance(0.03):
            row["nominee_id"] = rng.choice(("N99", "M1", "?"))
        if self.chance(0.04):
            row["channel"] = rng.choice(EXTRA_CHANNELS)
        if self.chance(0.04):
            row["cast_at"] = rng.choice(ILLEGIBLE).format(y=self.year)
        row = {name: self.untidy(value) for name, value in row.items()}
        if self.chance(0.04):
            row[rng.choice(("channel", "voter", "nominee_id", "cast_at"))] = rng.choice(BLANKS)
        if self.chance(0.4):
            self.number += 1
            row["vote_id"] = self.untidy(f"V{self.number}")
        return row

    def repeats(self, files: list[list[dict[str, str]]], f: int) -> list[dict[str, str]]:
        """Rows of this file and those before once more: the same row, the same support again, or a contradiction."""
        rng, result = self.rng, []
        for row in rng.sample(files[f], min(len(files[f]), 3)):
            again = dict(row)
            if not text(row, "vote_id"):
                again["cast_at"] = self.written(self.when())
                if self.distinct:
                    continue
            result.append(again)
        for row in [row for rows in files[:f] for row in rows if text(row, "vote_id")]:
            kind = rng.random()
            if kind < 0.1:
                result.append(dict(row))
            elif kind < 0.2:
                result.append({**row, "nominee_id": "N01" if text(row, "nominee_id") != "N01" else "N02"})
            elif kind < 0.3 and not self.distinct:
                result.append({**row, "vote_id": ""})
        # Two rows of one id that differ within one file leave open which of them counts.
        seen = {text(row, "vote_id"): row for row in files[f]}
        return [row for row in result if not (i := text(row, "vote_id")) or seen.setdefault(i, row) == row]

    def make(self, votes: int) -> Made:
        rng, tables = self.rng, self.nominees()
        nominees = [row["nominee_id"] for row in tables["nominees"]]
        popular = rng.sample(nominees, min(3, len(nominees)))
        keys, tables["identities"] = self.people()
        files: list[list[dict[str, str]]] = [[] for _ in range(rng.randint(1, 4))]
        for _ in range(votes):
            rng.choice(files).append(self.vote(keys, nominees, popular))
        files = [rows for rows in files if rows]
        for f, rows in enumerate(files):
            rows.extend(self.repeats(files, f))
            rng.shuffle(rows)
        return Made(self.year, tables, files, self.settings())


def random_votes(seed: int, base: Settings, votes: int = 0, year: int = 2022, distinct: bool = False) -> Made:
    """Untidy votes, the same for the same seed; with `distinct`, no two rows of a person are of one moment."""
    return _Maker(seed, base, year, distinct).make(votes or (12, 40, 120)[seed % 3])

"""Published elections as votes for star members: the totals, the line and the ties come out as published.

Only totals are published, so the ballots are made to fit them: voters in turn support each candidate as often as was
counted, nobody the same one twice, nobody more than a voter may. Then rows are added that must not count.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count as numbers

import pytest

from dashboard.rules.rulebook import Rulebook
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.votes import Settings, count
from tests.rules.test_tally import BASE, YEAR, VoteRow, agree, enter, tally, vote

# election: which column came through which channel, choices a voter had, places with the tie that the published totals
# have at their line, and who is in it
ELECTIONS = {
    "turku_2017": ({"advance": "portal", "election_day": "web"}, 1, 47, ("185", "211")),
    "nove_mesto_2018": ({"votes": "wechat"}, 21, 25, ("ODS 11", "VPM 12", "VPM 14")),
}
FILES = 7

Totals = dict[str, dict[str, int]]  # votes of a candidate by channel


def published(name: str, channels: Mapping[str, str]) -> Totals:
    with (ROOT / "tests" / "elections" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["candidate"]: {channel: int(row[column]) for column, channel in channels.items()}
            for row in csv.DictReader(file)
        }


def tables(candidates: Totals) -> dict[str, list[dict[str, str]]]:
    return {
        "branches": [{"branch_id": "B1", "name": "第一党支部", "sector": "organ"}],
        "members": [
            {"member_id": f"M {n}", "name": n, "branch_id": "B1", "status": "full", "in_subdistrict": "1"}
            for n in candidates
        ],
        "nominees": [{"nominee_id": n, "year": str(YEAR), "member_id": f"M {n}"} for n in candidates],
    }


def ballots(candidates: Totals, choices: int) -> Iterator[VoteRow]:
    """Ballots that give exactly these totals."""
    ids = numbers()
    for channel in next(iter(candidates.values())):
        total = sum(votes[channel] for votes in candidates.values())
        voters = max(-(-total // choices), *(votes[channel] for votes in candidates.values()))
        cast = 0
        for candidate, votes in candidates.items():
            for _ in range(votes[channel]):
                moment = f"{YEAR}-10-{1 + cast % 31:02d}T{cast % 24:02d}:{cast // 60 % 60:02d}:{cast % 60:02d}"
                yield vote(f"{channel}-{cast % voters}", candidate, moment, channel, f"V{next(ids)}")
                cast += 1


def untidy(rows: list[VoteRow], rng: random.Random) -> list[VoteRow]:
    """Rows of the same voters that must not count, one for every fifty."""
    spoilt = []
    for n, row in enumerate(rng.sample(rows, len(rows) // 50)):
        change: VoteRow = [
            {"cast_at": f"{YEAR}-10-31T23:59:59"},  # the same again, later
            {"cast_at": f"{YEAR}-09-30T23:59:59"},
            {"cast_at": f"{YEAR}-11-01T00:00:00"},
            {"cast_at": "昨天"},
            {"nominee_id": "nobody"},
            {"channel": "fax"},
            {"voter": ""},
        ][n % 7]
        spoilt.append({**row, "vote_id": f"X{n}", **change})
    return spoilt


@pytest.mark.parametrize("name", ELECTIONS)
def test_a_published_election_comes_out_as_published(rulebook: Rulebook, name: str) -> None:
    channels, choices, places, tied = ELECTIONS[name]
    candidates, rng = published(name, channels), random.Random(name)
    rows = list(ballots(candidates, choices))
    spoilt = untidy(rows, rng)
    everything = rows + spoilt
    rng.shuffle(everything)
    files = [everything[n::FILES] for n in range(FILES)]
    held: Settings = replace(BASE, places=places, choices=choices)
    with Store(None) as store:
        load_tables(store, rulebook, tables(candidates))
        for rows_of_file in files:
            enter(store, rulebook, rows_of_file)
        found = tally(store, changed(rulebook, *held.sets))

    assert {s.nominee_id: {c: s.votes[c] for c in channels.values()} for s in found.standings} == candidates
    assert found.balance.accepted == sum(sum(votes.values()) for votes in candidates.values())
    assert found.balance.received == len(everything)
    assert {s.nominee_id for s in found.standings if s.tied} == set(tied)
    totals = sorted((sum(votes.values()) for votes in candidates.values()), reverse=True)
    assert [int(s.score) for s in found.standings] == totals
    assert totals[places - 1] == totals[places]
    assert sum(s.inside for s in found.standings) < places
    agree(found, count(files, tables(candidates), held, YEAR), tuple(BASE.channels))


@pytest.mark.parametrize("name", ELECTIONS)
def test_fewer_choices_than_were_cast(rulebook: Rulebook, name: str) -> None:
    """Voters who support more than they may: what is over is counted as such, the same way in both counts."""
    channels, choices, places, _ = ELECTIONS[name]
    candidates = published(name, channels)
    rows = list(ballots(candidates, choices + 2))
    held = replace(BASE, places=places, choices=choices)
    with Store(None) as store:
        load_tables(store, rulebook, tables(candidates))
        enter(store, rulebook, rows)
        found = tally(store, changed(rulebook, *held.sets))
    assert found.balance.rejected["over_limit"] > 0
    agree(found, count([rows], tables(candidates), held, YEAR), tuple(BASE.channels))

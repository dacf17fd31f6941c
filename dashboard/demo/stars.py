"""党员之星: nominees, the opinions of the departments, and last year's decisions (附1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.demo import words
from dashboard.demo.cast import Cast, numbered
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.streams import Ints, Texts, drawn, one_of, stream, texts
from dashboard.rules.rulebook import MemberStar

NOMINEES_A_BRANCH, MOST_NOMINEES = 0.4, 400


@dataclass(frozen=True)
class Nominees:
    """Nominees of one year, one element each: ids, members (positions), and who was objected to."""

    ids: Texts
    member: Ints
    objected: Ints


def make_nominees(cast: Cast, rules: MemberStar, seed: int, year: int) -> tuple[Nominees, list[Sheet]]:
    """Nominees of the year before and of `year`; those of `year` are returned."""
    a_year = max(8, min(MOST_NOMINEES, round(NOMINEES_A_BRANCH * len(cast.branches))))
    ids = numbered("N", 2 * a_year, 3)
    past, before = _year(cast, rules, stream(seed, "nominees", 0), ids[:a_year], year - 1)
    nominees, now = _year(cast, rules, stream(seed, "nominees", 1), ids[a_year:], year)
    return nominees, [*before, *now, _decided(cast, rules, stream(seed, "nominees", 2), past)]


def _year(
    cast: Cast, rules: MemberStar, rng: np.random.Generator, ids: Texts, year: int
) -> tuple[Nominees, list[Sheet]]:
    members, n = cast.members, len(ids)
    fit = members.full & members.inside
    chosen = drawn(rng, fit, n, np.exp(cast.branches.strength[members.branch, -1]))
    chosen[-2:-1] = drawn(rng, ~members.full & members.inside, 1)  # 预备党员
    chosen[-1:] = drawn(rng, members.full & ~members.inside, 1)  # 组织关系不在街道
    chosen = chosen[rng.permutation(n)]
    objected = drawn(rng, fit[chosen], 2 * cast.units)
    nominees = sheet(
        "nominees",
        nominee_id=ids,
        year=np.full(n, year),
        member_id=members.ids[chosen],
        statement=[_statement(_field(cast, int(b)), rng) for b in members.branch[chosen]],
    )
    departments = list(rules.departments)
    rows = n * len(departments)
    against = np.zeros((n, len(departments)), bool)
    if departments:
        against[objected, rng.integers(len(departments), size=len(objected))] = True
    notes = np.full(rows, None, dtype=object)
    notes[against.ravel()] = [one_of(rng, words.OBJECTIONS) for _ in range(int(against.sum()))]
    opinions = sheet(
        "opinions",
        nominee_id=np.repeat(ids, len(departments)),
        department=np.tile(texts(departments), n),
        verdict=np.where(against.ravel(), "object", "agree").astype(object),
        note=notes,
    )
    return Nominees(ids, chosen, objected), [nominees, opinions]


def _field(cast: Cast, branch: int) -> str:
    """What the work of a branch's members is about."""
    name, sector = cast.branches.names[branch], str(cast.branches.sector[branch])
    if sector == "direct_unit" and any(word in name for word in ("学", "幼", "教育")):
        return "school"
    return "clinic" if sector == "direct_unit" and "卫生" in name else sector


def _statement(field: str, rng: np.random.Generator) -> str:
    deeds = words.DEEDS[field]
    told = [deeds[i] for i in rng.permutation(len(deeds))[: 1 + int(rng.integers(2))]]
    return "".join([*told, one_of(rng, words.DEED_ENDINGS)])


def _decided(cast: Cast, rules: MemberStar, rng: np.random.Generator, past: Nominees) -> Sheet:
    """What the leading group decided last year about those who could be chosen."""
    members = cast.members
    able = members.full[past.member] & members.inside[past.member]
    able[past.objected] = False
    order = drawn(rng, able, len(past.ids))
    outcomes = ["selected" if i < rules.places else "not_selected" for i in range(len(order))]
    at = np.argsort(order)
    return sheet(
        "vote_decisions",
        nominee_id=past.ids[order[at]],
        outcome=texts(outcomes)[at],
        reason=texts([words.STAR_REASONS[outcome] for outcome in outcomes])[at],
    )

"""What a sheet of marks shows of a branch (sections 1 and 2 of the rules): its bounds, what is missing, what decides.

Written from the definitions alone, for standards in which all criteria are required and for those by points. A mark is
a text, "" or none at all is unknown. Sums are fractions, and what is undecided is found by trying answers.

Wherever the text leaves room, a comment starting with "choice:" says which way this reading went.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .basics import Marks, Rules, level_keys

Criterion = Mapping[str, Any]


@dataclass(frozen=True)
class Foreseen:
    """What the preview of one sheet has to say."""

    level_low: int
    level_met: int
    level_high: int
    next_level: int | None
    missing: tuple[tuple[str, Fraction, Fraction | None], ...]
    decisive: tuple[str, ...]
    criteria_met: int


class Sheet:
    """The marks of one branch beside its standard."""

    def __init__(self, rules: Rules, standard: str, marks: Marks) -> None:
        self.node = rules["standards"][standard]
        self.keys = level_keys(rules)
        self.by_points = self.node.get("mode", "all_required") == "points"
        rows = [row for section in self.node["sections"] for row in section["criteria"]]
        self.criteria = {str(row["id"]): row for row in rows}
        texts = {name: (marks.get(name) or "").strip() for name in self.criteria}
        self.marks = {name: Fraction(text) if text else None for name, text in texts.items()}

    # what a level asks

    def asked(self, name: str, key: str) -> Fraction | None:
        """The least mark that meets the level; None where it asks nothing (—)."""
        row = self.criteria[name]
        stated = {level: least(value) for level, value in (row.get("requires") or {}).items() if value is not None}
        if key in stated or not self.by_points:
            return stated.get(key)
        # choice: also a score that states nothing for the level is met from the lowest requirement it states; without
        # any, when it is full.
        lowest = min((value for value in stated.values() if value is not None), default=None)
        return lowest or (self.full(name) if row["measure"] == "score" else Fraction(1))

    def full(self, name: str) -> Fraction:
        return Fraction(str(self.criteria[name]["points"]))

    def must(self, key: str) -> list[str]:
        """The criteria without which there is no such level."""
        if self.by_points:
            return [str(name) for name in (self.node.get("must") or {}).get(key) or ()]
        return [name for name in self.criteria if self.asked(name, key) is not None]

    def cutoff(self, key: str) -> Fraction:
        return Fraction(str(self.node["cutoffs"][key])) if self.by_points else Fraction(0)

    # what the marks give

    def met(self, name: str, key: str, unknown: bool = False) -> bool:
        required, mark = self.asked(name, key), self.marks[name]
        if required is None:
            return True
        return unknown if mark is None else mark >= required

    def earned(self, name: str, key: str, unknown: bool = False) -> Fraction:
        """The points of a criterion for a level."""
        if not self.by_points:
            return Fraction(0)
        mark = self.marks[name]
        if self.criteria[name]["measure"] != "score":
            return self.full(name) if self.met(name, key, unknown) else Fraction(0)
        if mark is None:
            return self.full(name) if unknown else Fraction(0)
        return mark

    def reaches(self, key: str, unknown: bool) -> bool:
        total = sum((self.earned(name, key, unknown) for name in self.criteria), Fraction(0))
        return total >= self.cutoff(key) and all(self.met(name, key, unknown) for name in self.must(key))

    def level(self, unknown: bool = False) -> int:
        return max((value for value, key in self.keys.items() if self.reaches(key, unknown)), default=0)

    def short(self, name: str, key: str) -> bool:
        """Whether the criterion still holds something back for a level."""
        # choice: by points, a criterion is missing as long as it does not earn all its points, or is not met.
        held = self.by_points and self.earned(name, key) < self.full(name)
        return held or not self.met(name, key)

    # what is undecided

    def answered(self, answers: Mapping[str, Fraction | None]) -> Sheet:
        other = object.__new__(Sheet)
        other.__dict__.update(self.__dict__)
        other.marks = {**self.marks, **answers}
        return other

    def unknown(self) -> list[str]:
        return [name for name, mark in self.marks.items() if mark is None]


def least(value: object) -> Fraction | None:
    if value is None or value is False:
        return None
    return Fraction(1) if value is True else Fraction(str(value).strip().removesuffix("%"))


def moves(sheet: Sheet, name: str, key: str) -> bool:
    """Whether, the other unknowns answered in some way, this one decides about the level.

    A level is out of reach without what it insists on, so the others under `must` are answered well; of the rest any
    may earn its points or not. A score may be anything up to its full mark.
    """
    others = [other for other in sheet.unknown() if other != name]
    must = sheet.must(key)
    if any(not sheet.met(other, key, unknown=True) for other in must):
        return False
    known = sum((sheet.earned(other, key) for other in sheet.criteria), Fraction(0))
    sums, room = {known}, Fraction(0)
    for other in others:
        scored = sheet.by_points and sheet.criteria[other]["measure"] == "score"
        best = sheet.earned(other, key, unknown=True)
        floor = (sheet.asked(other, key) or Fraction(0) if scored else best) if other in must else Fraction(0)
        if scored:
            room += best - floor
            sums = {total + floor for total in sums}
        else:
            sums = {total + points for total in sums for points in {floor, best}}
    own = sheet.earned(name, key, unknown=True)
    # choice: an answer is as good as can be, or no better than none at all.
    if name in must:
        return max(sums) + room + own >= sheet.cutoff(key)
    # some total of the others lies from cutoff - own up to, but not at, the cutoff
    return any(total < sheet.cutoff(key) and total + room >= sheet.cutoff(key) - own for total in sums) and own > 0


def decisive(sheet: Sheet) -> tuple[str, ...]:
    """The unknown criteria whose answer, alone or together with that of others, can move the level met."""
    return tuple(name for name in sheet.unknown() if any(moves(sheet, name, key) for key in sheet.keys.values()))


def decisive_by_trying(sheet: Sheet, grain: Fraction = Fraction(1, 2)) -> tuple[str, ...]:
    """The same by trying every way to answer; for a few unknowns only."""
    unknown = sheet.unknown()
    found = set()
    for answers in itertools.product(*(list(answers_to(sheet, name, grain)) for name in unknown)):
        given = dict(zip(unknown, answers, strict=True))
        now = sheet.answered(given).level()
        found |= {name for name in unknown if sheet.answered({**given, name: None}).level() != now}
    return tuple(name for name in unknown if name in found)


def answers_to(sheet: Sheet, name: str, grain: Fraction) -> Iterator[Fraction | None]:
    """No answer, and every answer that some level tells from another."""
    yield None
    if sheet.by_points and sheet.criteria[name]["measure"] == "score":
        yield from (grain * step for step in range(1, int(sheet.full(name) / grain) + 1))
    else:
        yield from sorted({least for key in sheet.keys.values() if (least := sheet.asked(name, key)) is not None})


def foresee(rules: Rules, standard: str, marks: Marks) -> Foreseen:
    """The preview of one sheet."""
    sheet = Sheet(rules, standard, marks)
    now = sheet.level()
    above: Sequence[int] = [value for value in sheet.keys if value > now]
    missing = []
    if above:
        key = sheet.keys[above[0]]
        missing = [
            (name, target(sheet, name, key), sheet.marks[name]) for name in sheet.criteria if sheet.short(name, key)
        ]
    top = list(sheet.keys.values())[-1]
    return Foreseen(
        level_low=sheet.level(unknown=False),
        level_met=now,
        level_high=sheet.level(unknown=True),
        next_level=above[0] if above else None,
        missing=tuple(missing),
        decisive=decisive(sheet),
        criteria_met=sum(sheet.met(name, top) for name in sheet.criteria),
    )


def target(sheet: Sheet, name: str, key: str) -> Fraction:
    """The mark at which a criterion holds nothing back any more."""
    # choice: a score that is as good as the level insists on can still earn points, up to its full mark.
    asked = sheet.asked(name, key)
    return sheet.full(name) if asked is None or sheet.met(name, key) else asked

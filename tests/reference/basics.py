"""Numbers, quotas (section 4) and the levels that marks meet (section 2), straight from the text of the rules."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
Rules = Mapping[str, Any]
Marks = Mapping[str, str]

LADDER = (0, 3, 4, 5)
THREE = 3


# ---------------------------------------------------------------- numbers


def cell(row: Row, name: str) -> str:
    return (row.get(name) or "").strip()


def ratio(value: object) -> Fraction:
    """A percentage of the rules: "10%", "0.1", 0.1 or a whole number."""
    text = str(value).strip()
    if text.endswith("%"):
        return Fraction(Decimal(text[:-1].strip())) / 100
    return Fraction(Decimal(text))


def rounded(value: Fraction, how: str) -> int:
    if how == "floor":
        return math.floor(value)
    if how == "ceil":
        return math.ceil(value)
    if how == "half_up":
        return math.floor(value + Fraction(1, 2))
    raise ValueError(f"unknown rounding {how!r}")


def one_down(level: int, steps: int) -> int:
    return LADDER[max(0, LADDER.index(level) - steps)]


# ---------------------------------------------------------------- section 4: quotas


def places(rules: Rules, level_key: str, year: int) -> int:
    """The published places of a level, grown to the year."""
    quota = rules["quotas"][level_key]
    published = {int(when): int(many) for when, many in quota.get("places", {}).items()}
    earlier = [when for when in published if when <= year]
    if not earlier:
        raise ValueError(f"no places published for {level_key} in {year} or before")
    start = max(earlier)
    # choice: no `growth` at all means that the published figure stands.
    growth = quota.get("growth") or {}
    rate = ratio(growth.get("rate", 0))
    kind = growth.get("kind", "compound")
    if kind == "compound":
        factor = (1 + rate) ** (year - start)
    elif kind == "linear":
        factor = 1 + rate * (year - start)
    else:
        raise ValueError(f"unknown growth {kind!r}")
    return rounded(published[start] * factor, growth.get("rounding", "half_up"))


def quota_of(rules: Rules, level_key: str, year: int, active_branches: int, applicants: int) -> int | None:
    """Q(L, Y); None where the level has no quota."""
    quota = (rules.get("quotas") or {}).get(level_key)
    if not quota:
        return None
    share = quota.get("share")
    if share is None:
        return places(rules, level_key, year)
    # choice: a share of branches is one of active branches, a share of applications one of the applicants n(L).
    base = {"branches": active_branches, "applications": applicants}[share["of"]]
    return rounded(ratio(share["ratio"]) * base, share.get("rounding", "half_up"))


# ---------------------------------------------------------------- section 2: levels and marks


def level_keys(rules: Rules) -> dict[int, str]:
    """Level value → its name in the rules, ascending."""
    return dict(sorted((int(node["value"]), key) for key, node in rules["levels"].items()))


def criteria(rules: Rules, standard: str) -> list[Mapping[str, Any]]:
    node = rules["standards"][standard]
    if node.get("mode", "all_required") != "all_required":
        raise NotImplementedError("only standards in which all criteria are required")
    return [criterion for section in node["sections"] for criterion in section["criteria"]]


def met(criterion: Mapping[str, Any], level_key: str, marks: Marks, unknown: bool = False) -> bool:
    """Whether the marks meet what the level requires of the criterion; `unknown` is the answer for no mark."""
    required = (criterion.get("requires") or {}).get(level_key)
    if required is None or required is False:
        return True
    text = (marks.get(str(criterion["id"])) or "").strip()
    if text == "":
        return unknown
    mark = Fraction(Decimal(text))
    if required is True:
        return mark == 1
    return mark >= Fraction(Decimal(str(required).strip().removesuffix("%")))


def highest_level(rules: Rules, standard: str | None, marks: Marks, unknown: bool) -> int:
    # choice: where no standard covers a branch it meets no level, so 0.
    best = 0
    if standard is not None:
        for level, key in level_keys(rules).items():
            if all(met(criterion, key, marks, unknown) for criterion in criteria(rules, standard)):
                best = level
    return best


def level_met(rules: Rules, standard: str | None, marks: Marks) -> int:
    """The highest level whose every requirement is met; an unknown mark meets nothing."""
    # choice: without any marks this is 0 too ("else 0"), so a branch that did not assess itself has self_level 0.
    return highest_level(rules, standard, marks, unknown=False)


def level_bounds(rules: Rules, standard: str | None, marks: Marks) -> tuple[int, int]:
    """(level_low, level_high)."""
    return (highest_level(rules, standard, marks, False), highest_level(rules, standard, marks, True))


def criteria_met(rules: Rules, standard: str | None, marks: Marks) -> int:
    # choice: a criterion of which the highest level requires nothing is met; no marks at all give 0, not "absent".
    if standard is None:
        return 0
    top = list(level_keys(rules).values())[-1]
    return sum(met(criterion, top, marks) for criterion in criteria(rules, standard))

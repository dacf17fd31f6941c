"""The values of a parameter that are worth trying."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import permutations
from typing import Any

from dashboard.rules.adjustable import Adjustable
from dashboard.rules.exact import write_ratio
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, LevelOutcome


def write_value(value: object) -> object:
    """A value of a rulebook as a scenario file writes it."""
    if isinstance(value, Fraction):
        return write_ratio(value)
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return f"{value[0]:02d}-{value[1]:02d}"
    return list(value) if isinstance(value, tuple) else value


def domain(
    adjustable: Adjustable, rulebook: Rulebook, evaluation: Evaluation, *, most: int | None = None, also: object = None
) -> tuple[object, ...]:
    """Every value worth trying, in order: whole numbers up to where nothing can change any more, percents by one
    point, days of the year, and all options of a choice; with `most`, that many numbers around the present one. The
    present value is always among them.

    Args:
        rulebook: that the adjustable is from.
        evaluation: by that rulebook; its branches bound the places worth trying.
        also: a number not to leave out of `most`, such as the value in force.
    """
    now = adjustable.value
    match adjustable.kind:
        case "whole" if adjustable.at[0] == "quotas":
            level = evaluation.level(rulebook.levels[str(adjustable.at[1])].value)
            return _places(int(str(now)), evaluation, level, most, also)
        case "whole":
            values = _whole(adjustable)
        case "share":
            values = tuple(Fraction(n, 100) for n in range(101))
        case "amount" if adjustable.at[0] == "standards":
            values = tuple(range(101))
        case "day":
            first = date(2001, 1, 1)
            values = tuple((d.month, d.day) for d in (first + timedelta(n) for n in range(365)))
        case "amount":
            values = ()
        case _:
            return options(adjustable)
    numbers: tuple[Any, ...] = values if now is None or now in values else tuple(sorted({*values, now}))
    limitless = adjustable.optional and (not most or now is None)
    around = _around(numbers, now, most - limitless if most else len(numbers), also)
    return (*around, None) if limitless else around


def options(adjustable: Adjustable) -> tuple[object, ...]:
    """Every option of a choice, every order, or the sets worth trying: single ones, all, and the present one."""
    found: list[object] = list(adjustable.options)
    if adjustable.kind == "order":
        found = [order for n in range(1, len(found) + 1) for order in permutations(found, n)]
    elif adjustable.kind == "several":
        found = [adjustable.value, *((option,) for option in found), adjustable.options]
    if adjustable.optional:
        found.append(None)
    return tuple(dict.fromkeys(found))


def _whole(adjustable: Adjustable) -> tuple[object, ...]:
    least = int(adjustable.least or 0)
    now = adjustable.value if isinstance(adjustable.value, int) else least
    if adjustable.at[-1] in ("first_year", "from"):
        return tuple(range(now - 10, now + 11))
    top = max(now + 10, 20)
    return tuple(range(least, 1 + (top if adjustable.most is None else min(top, int(adjustable.most)))))


def _places(
    now: int, evaluation: Evaluation, level: LevelOutcome | None, most: int | None, also: object
) -> tuple[object, ...]:
    """Places from none to where every branch that applied or holds a star has one, and past the cliff; a window of
    `most` of them lies around the present figure and the cliff, evenly thinned where these are far apart."""
    table = evaluation.table
    holders = sum(held > 0 for held in table.column("previous_level").to_pylist())
    applied = len(table) - table.column("applied_level").null_count
    wanted = [now]
    if isinstance(also, int):
        wanted.append(also)
    if level:
        cliff = _holders(evaluation, level) + level.applicants
        wanted += [cliff, cliff + 1]
    top = max(now + 5, *wanted, min(now + 80, holders + applied))
    if not most or top < most:
        return tuple(range(top + 1))
    low, high = max(0, min(wanted) - most // 8), max(wanted) + most // 8
    if high - low < most:
        low = max(0, low - (most - 1 - (high - low)) // 2)
        return tuple(range(low, low + most))
    chosen = {low + (high - low) * n // (most - 1) for n in range(most)}
    for value in wanted:  # in place of the nearest that is not itself wanted
        if value not in chosen:
            chosen.remove(min(chosen - set(wanted), key=lambda known: abs(known - value)))
            chosen.add(value)
    return tuple(sorted(chosen))


def _holders(evaluation: Evaluation, outcome: LevelOutcome) -> int:
    """Branches that keep a level, without those that win it this year."""
    return int(evaluation.table.column("awarded").to_pylist().count(outcome.level)) - outcome.selected


def _around(values: tuple[object, ...], now: object, most: int, also: object) -> tuple[object, ...]:
    """At most `most` values around the present one; `also` takes the place of the one farthest from it."""
    if len(values) <= most:
        return values
    at = values.index(now) if now in values else 0
    first = min(max(at + 1 - most // 2, 0), len(values) - most)
    window = values[first : first + most]
    if also is None or also not in values or also in window:
        return window
    return (also, *window[1:]) if values.index(also) < first else (*window[:-1], also)

"""Exact ratios and roundings. No binary floating point: 45 × 1.1 is 49.5, and 0.8 × 35 is 28."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

Rounding = Literal["half_up", "floor", "ceil"]

MAX_DENOMINATOR = 10**9  # a ratio times a count of branches then stays inside 64 bits
_MAX_LENGTH = 40  # of a ratio in writing


def parse_ratio(value: object) -> Fraction:
    """`"10%"`, `"0.1"`, `1/10`, `Decimal("0.1")` or `0` as an exact fraction, to nine places."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction, str)):
        raise PydanticCustomError("ratio", "not a ratio")
    try:
        text = str(value).strip()
        ratio = _exact(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except (ValueError, InvalidOperation, ZeroDivisionError, OverflowError) as exc:
        raise PydanticCustomError("ratio", "not a ratio") from exc
    if ratio.denominator > MAX_DENOMINATOR:
        raise PydanticCustomError("ratio", "finer than a ratio may be")
    return ratio


def _exact(text: str) -> Fraction:
    """A fraction or decimal. `1e999999999` is refused before it becomes an integer of a billion digits."""
    if len(text) > _MAX_LENGTH:
        raise ValueError(text)
    if "/" in text:
        return Fraction(text)
    number = Decimal(text)
    if number.is_finite() and abs(number.adjusted()) > _MAX_LENGTH:
        raise ValueError(text)
    return Fraction(number)


def write_ratio(value: Fraction) -> str:
    """The shortest exact way to write a ratio: `10%` where that is exact, else `1/3`."""
    percent = value * 100
    as_decimal = Decimal(percent.numerator) / Decimal(percent.denominator)
    return f"{as_decimal.normalize():f}%" if Fraction(as_decimal) == percent else str(value)


def parse_share(value: object) -> Fraction:
    """A ratio between 0% and 100%."""
    ratio = parse_ratio(value)
    if not 0 <= ratio <= 1:
        raise PydanticCustomError("share", "outside 0% to 100%")
    return ratio


Ratio = Annotated[Fraction, BeforeValidator(parse_share), PlainSerializer(write_ratio, return_type=str)]


def round_exact(value: Fraction, rounding: Rounding) -> int:
    """Round a fraction that is not negative: 四舍五入 (`half_up`), `floor` or `ceil`."""
    return math.floor(value + Fraction(1, 2)) if rounding == "half_up" else getattr(math, rounding)(value)


class RoundedShare(NamedTuple):
    """`round(ratio × n)` as `floor((factor × n + offset) / divisor)`, so that a query can do it in integers."""

    factor: int
    offset: int
    divisor: int

    @classmethod
    def of(cls, ratio: Fraction, rounding: Rounding) -> RoundedShare:
        p, q = ratio.numerator, ratio.denominator
        match rounding:
            case "half_up":
                return cls(2 * p, q, 2 * q)
            case "floor":
                return cls(p, 0, q)
            case "ceil":
                return cls(p, q - 1, q)

    def __call__(self, n: int) -> int:
        return (self.factor * n + self.offset) // self.divisor

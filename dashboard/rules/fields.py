"""The kinds of values that a rulebook is made of: exact numbers, days of every year, names in two languages."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StringConstraints,
    WrapSerializer,
)
from pydantic_core import PydanticCustomError

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Clause = Annotated[str, StringConstraints(min_length=1, max_length=64)]
LevelKey = Identifier


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _thaw(value: Mapping[Hashable, object], write: SerializerFunctionWrapHandler) -> object:
    return write(dict(value))


Frozen = Annotated[
    Mapping[K, V],
    AfterValidator(lambda m: MappingProxyType(dict(m))),
    WrapSerializer(_thaw),
]


def _parse_day(value: object) -> tuple[int, int]:
    """`"04-30"` → (4, 30); 29 February is refused, since a rule must exist every year."""
    try:
        month, day = value if isinstance(value, tuple) else (int(part) for part in str(value).split("-"))
        date(2001, month, day)
    except (ValueError, TypeError) as exc:
        raise PydanticCustomError("month_day", "not MM-DD") from exc
    return month, day


MonthDay = Annotated[
    tuple[int, int], BeforeValidator(_parse_day), PlainSerializer(lambda d: f"{d[0]:02d}-{d[1]:02d}", return_type=str)
]


def _exact_number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise PydanticCustomError("number", "not a number")
    try:
        number = Decimal(value)
    except ArithmeticError as exc:
        raise PydanticCustomError("number", "not a number") from exc
    if not number.is_finite() or number < 0:
        raise PydanticCustomError("number", "not a number")
    if number >= 10**9 or number != round(number, 6):
        raise PydanticCustomError("number_range", "more than 9 digits before the point or 6 after it")
    return number


def write_number(value: Decimal) -> int | str:
    """A decimal without trailing zeros; whole ones as integers."""
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


Number = Annotated[Decimal, BeforeValidator(_exact_number), PlainSerializer(write_number)]


def _requirement(value: object) -> bool | Decimal:
    return True if value is True else _exact_number(value)


# What a level asks of a criterion: `true` (●) or the least value, itself included (以上、不少于、不低于).
Requirement = Annotated[
    bool | Decimal,
    BeforeValidator(_requirement),
    PlainSerializer(lambda r: True if r is True else write_number(r)),
]


class Node(BaseModel):
    """A part of the rulebook: frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Text(Node):
    """Words of the document with their translation."""

    zh: Annotated[str, StringConstraints(min_length=1)]
    en: Annotated[str, StringConstraints(min_length=1)]

    def read(self, language: str) -> str:
        """The text in `zh_CN` or `en`."""
        return self.zh if language.startswith("zh") else self.en


class Named(Node):
    name: Text
    clause: Clause | None = None

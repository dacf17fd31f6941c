"""What may be decided otherwise: every value of a rulebook that is a number or a choice, and what it may be.

The kinds follow from the types of `rules.rulebook`, so that a rule added there can be adjusted without another word.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel

from dashboard.rules.paths import Key, Location
from dashboard.rules.quota import places
from dashboard.rules.rulebook import Rulebook

Kind = Literal["whole", "share", "amount", "choice", "day", "order", "several"]
Effect = Literal["stars", "draw", "vote", "money", "calendar", "coverage"]

_FIXED = ("schema", "title", "source", "levels", "superior_kinds", "readings", "document")
_FIXED_ANYWHERE = ("id", "clause", "name", "text", "note", "unit", "measure", "mode", "provisional", "retired")


@dataclass(frozen=True, slots=True)
class Adjustable:
    """One value. `least` and `most` bound numbers; `options` are what a choice, an order or a set is made of;
    `optional` says that null (no such limit) is a value too; `clause` is the nearest one stated above it."""

    path: str
    at: Location
    kind: Kind
    value: object
    clause: str
    least: Fraction | None = None
    most: Fraction | None = None
    options: tuple[object, ...] = ()
    optional: bool = False

    @property
    def effect(self) -> Effect:
        """What the value decides."""
        for prefix, effect in _EFFECTS:
            if self.path == prefix or self.path.startswith(f"{prefix}."):
                return effect
        return "stars"


_EFFECTS: tuple[tuple[str, Effect], ...] = (
    ("member_star", "vote"),
    ("calendar", "calendar"),
    ("consequences.funding", "money"),
    ("consequences", "coverage"),
    ("inspection.spot_check.rate", "draw"),
    ("inspection.spot_check.min_per_superior", "draw"),
    ("inspection.recheck", "draw"),
    ("coverage", "coverage"),
    ("first_year", "coverage"),
)


def adjustables(rulebook: Rulebook, year: int | None = None) -> tuple[Adjustable, ...]:
    """Every value that may be decided otherwise, in the order of the rulebook.

    With `year`, each quota by places also has the places of that year, published or grown: setting them pins it.
    """
    found = tuple(_of_model(rulebook, (), (), "", rulebook))
    return found if year is None else tuple(_with_year(found, rulebook, year))


def _with_year(found: Sequence[Adjustable], rulebook: Rulebook, year: int) -> Iterator[Adjustable]:
    seen = {a.path for a in found}
    for key in rulebook.level_keys:
        quota = rulebook.quotas.get(key)
        path = f"quotas.{key}.places.{year}"
        if quota and quota.places and path not in seen and min(quota.places) <= year:
            grown = places(quota, key, year)
            at = ("quotas", key, "places", year)
            yield Adjustable(path, at, "whole", grown, quota.clause or "", Fraction(0), Fraction(10**9))
    yield from found


def find(rulebook: Rulebook, path: str, year: int | None = None) -> Adjustable | None:
    """The adjustable value at a path."""
    return next((a for a in adjustables(rulebook, year) if a.path == path), None)


def _of_model(
    node: BaseModel, at: Location, names: tuple[str, ...], clause: str, book: Rulebook
) -> Iterator[Adjustable]:
    clause = getattr(node, "clause", None) or clause
    for name, field in type(node).model_fields.items():
        key = field.alias or name
        if key in _FIXED_ANYWHERE or (not at and key in _FIXED) or (at[:1] == ("calendar",) and key == "kind"):
            continue
        yield from _of_value(
            getattr(node, name), field.annotation, field.metadata, (*at, key), (*names, key), clause, book
        )
    extra = getattr(type(node), "__annotations__", {}).get("__pydantic_extra__")
    for key, value in (node.model_extra or {}).items():
        annotation = typing.get_type_hints(type(node), include_extras=True)["__pydantic_extra__"] if extra else None
        inner = typing.get_args(annotation)[1] if annotation else None
        yield from _of_value(value, inner, (), (*at, key), (*names, key), clause, book)


def _of_value(
    value: object,
    annotation: Any,
    metadata: Sequence[object],
    at: Location,
    names: tuple[str, ...],
    clause: str,
    book: Rulebook,
) -> Iterator[Adjustable]:
    if isinstance(value, BaseModel):
        yield from _of_model(value, at, names, clause, book)
        return
    base, limits, optional = _unwrapped(annotation, metadata)
    if isinstance(value, Mapping):
        item = typing.get_args(base)[1] if typing.get_args(base) else None
        for key, inner in value.items():
            yield from _of_value(inner, item, (), (*at, key), (*names, str(key)), clause, book)
        return
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for i, inner in enumerate(value):
            yield from _of_model(inner, (*at, i), (*names, getattr(inner, "id", str(i))), clause, book)
        return
    kind, options = _kind(base, value, at, book)
    if kind is None or (at[0] == "standards" and not isinstance(value, Decimal)):  # ● and — have no other value
        return
    least, most = _bounds(kind, limits)
    yield Adjustable(".".join(names), at, kind, value, clause, least, most, options, optional)


def _unwrapped(annotation: Any, metadata: Sequence[object]) -> tuple[Any, list[object], bool]:
    """A type without `Annotated` and `| None`, with the limits that it carried."""
    limits, optional = list(metadata), False
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation, *extra = typing.get_args(annotation)
            limits += extra
        elif origin in (typing.Union, types.UnionType):
            rest = [a for a in typing.get_args(annotation) if a is not type(None)]
            optional = optional or len(rest) < len(typing.get_args(annotation))
            if len(rest) != 1:
                return annotation, limits, optional
            annotation = rest[0]
        else:
            return annotation, limits, optional


def _kind(base: Any, value: object, at: Location, book: Rulebook) -> tuple[Kind | None, tuple[object, ...]]:
    origin = typing.get_origin(base)
    if references := _references(at, book):
        return ("several" if origin is tuple else "choice"), references
    if origin is Literal:
        return "choice", typing.get_args(base)
    if origin is tuple:
        items = typing.get_args(base)
        if items == (int, int):
            return "day", ()
        return ("order", typing.get_args(items[0])) if typing.get_origin(items[0]) is Literal else (None, ())
    if base is bool:
        return "choice", (True, False)
    if at[0] == "standards" and isinstance(value, Decimal):
        return "amount", ()
    plain: dict[object, Kind] = {int: "whole", Fraction: "share", Decimal: "amount"}
    return plain.get(base), ()


def _references(at: Location, book: Rulebook) -> tuple[object, ...]:
    """The names that a value may refer to: levels, standards, kinds of superiors."""
    match at:
        case ("coverage", "level") | ("consequences", "advanced_recommendation_from"):
            return book.level_keys
        case ("inspection", "spot_check", "levels"):
            return book.level_keys
        case ("sectors", _, "standard"):
            return tuple(book.standards)
        case (*_, "applies_to"):
            return tuple(book.superior_kinds)
    return ()


def _bounds(kind: Kind, limits: Sequence[object]) -> tuple[Fraction | None, Fraction | None]:
    if kind == "share":
        return Fraction(0), Fraction(1)
    if kind == "amount":
        return Fraction(0), None
    if kind != "whole":
        return None, None
    least = most = None
    for limit in limits:
        for part in (limit, *getattr(limit, "metadata", ())):
            least = getattr(part, "ge", least)
            most = getattr(part, "le", most)
    return (None if least is None else Fraction(least)), (None if most is None else Fraction(most))


def graft(rulebook: Rulebook, at: Location, value: object) -> Rulebook:
    """The rulebook with one value replaced by another of its kind, not validated again: for sweeps over values that
    are known to be right. A scenario that is kept is made by `rules.scenario.apply`."""
    return typing.cast(Rulebook, _graft(rulebook, at, value))


def _graft(node: object, at: Location, value: object) -> object:
    if not at:
        return value
    key, rest = at[0], at[1:]
    if isinstance(node, BaseModel):
        name = _field(node, key)
        copied = node.model_copy(update={name: _graft(getattr(node, name, None), rest, value)})
        for cached in [n for n in copied.__dict__ if n not in type(node).model_fields]:
            del copied.__dict__[cached]  # cached properties of the original
        return copied
    if isinstance(node, Mapping):
        return types.MappingProxyType({**node, key: _graft(node.get(key), rest, value)})
    assert isinstance(node, tuple)
    assert isinstance(key, int)
    return (*node[:key], _graft(node[key], rest, value), *node[key + 1 :])


def _field(node: BaseModel, key: Key) -> str:
    return next((n for n, f in type(node).model_fields.items() if (f.alias or n) == key), str(key))

"""Paths into a rulebook: dots between keys, list items by their `id` (or index), `*` for any key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import yaml

from dashboard.rules.rulebook import Rulebook

Key: TypeAlias = str | int
Location: TypeAlias = tuple[Key, ...]


def canonical(rulebook: Rulebook) -> dict[str, object]:
    """The full content of a rulebook, defaults included: what fingerprints and paths are made from."""
    return rulebook.model_dump(mode="json", by_alias=True)


def write_rules(rulebook: Rulebook) -> str:
    """The full content as a rules file that loads as the same rulebook."""
    content = dict(years_as_integers(canonical(rulebook)))
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def years_as_integers(content: Mapping[str, object]) -> Mapping[str, object]:
    """JSON writes the years under `places` as text; the rulebook wants integers."""
    quotas = content.get("quotas")
    if not isinstance(quotas, Mapping):
        return content
    return {**content, "quotas": {key: _integer_years(quota) for key, quota in quotas.items()}}


def _integer_years(quota: object) -> object:
    if not isinstance(quota, Mapping) or not isinstance(quota.get("places"), Mapping):
        return quota
    places = {int(k) if is_year(k) else k: v for k, v in quota["places"].items()}
    return {**quota, "places": places}


def is_year(key: object) -> bool:
    return isinstance(key, str) and len(key) == 4 and key.isascii() and key.isdecimal()


def write_path(content: object, location: Location) -> str:
    """A location as users write it: dots between keys, list items by their `id` where they have one."""
    parts: list[str] = []
    for key in location:
        if isinstance(content, Mapping):
            content = content.get(key)
            parts.append(str(key))
        elif isinstance(content, tuple) and isinstance(key, int) and key < len(content):
            content = content[key]
            named = content.get("id") if isinstance(content, Mapping) else None
            parts.append(named if isinstance(named, str) else str(key))
        else:
            parts.append(str(key))
    return ".".join(parts)


def resolve(content: object, path: str) -> Location:
    """A dotted path (list items by id or index) as keys into `content`, as far as it exists."""
    location: list[Key] = []
    for part in path.split("."):
        key = _step(content, part)
        if key is None:
            break
        location.append(key)
        content = content[key]  # type: ignore[index]
    return tuple(location)


def _step(content: object, part: str) -> Key | None:
    if isinstance(content, Mapping):
        if part in content:
            return part
        return int(part) if _is_index(part) and int(part) in content else None
    if isinstance(content, tuple):
        for i, item in enumerate(content):
            if isinstance(item, Mapping) and item.get("id") == part:
                return i
        return int(part) if _is_index(part) and int(part) < len(content) else None
    return None


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) < 10


def exists(content: object, location: Location) -> bool:
    """Whether there is a node at a location."""
    for key in location:
        if isinstance(content, Mapping) and key in content:
            content = content[key]
        elif isinstance(content, tuple) and isinstance(key, int) and key < len(content):
            content = content[key]
        else:
            return False
    return True


def freeze(value: object) -> object:
    """Lists as tuples, all the way down (the form that a Rulebook validates)."""
    if isinstance(value, Mapping):
        return {k: freeze(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(freeze(v) for v in value)
    return value


def paths_like(rulebook: Rulebook, pattern: str) -> list[str]:
    """Every path that a pattern such as `quotas.*.counts` stands for."""
    return [write_path(content, at) for content, at in _matches(freeze(canonical(rulebook)), pattern.split("."))]


def _matches(root: object, parts: list[str]) -> Iterator[tuple[object, Location]]:
    locations: list[Location] = [()]
    for part in parts:
        locations = [(*at, key) for at in locations for key in _steps(value_at(root, at), part)]
    yield from ((root, at) for at in locations)


def _steps(node: object, part: str) -> list[Key]:
    if part != "*":
        key = _step(node, part)
        return [] if key is None else [key]
    if isinstance(node, Mapping):
        return list(node)
    return list(range(len(node))) if isinstance(node, tuple) else []


def value_at(content: object, location: Location) -> object:
    """The node at a location that exists."""
    for key in location:
        content = content[key]  # type: ignore[index]
    return content


def leaves(rulebook: Rulebook) -> Iterator[tuple[str, object]]:
    """Every single value of a rulebook with its path."""
    content = freeze(canonical(rulebook))

    def walk(node: object, at: Location) -> Iterator[tuple[str, object]]:
        if isinstance(node, Mapping):
            for key, value in node.items():
                yield from walk(value, (*at, key))
        elif isinstance(node, tuple):
            for i, value in enumerate(node):
                yield from walk(value, (*at, i))
        else:
            yield write_path(content, at), node

    yield from walk(content, ())

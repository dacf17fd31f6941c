"""The rulebook as people read it: each rule's values beside the words of the clause that states it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.auth.viewer import Viewer, require
from dashboard.i18n.rule_words import GROUPS, MERIT
from dashboard.rules.paths import leaves
from dashboard.rules.rulebook import Passage, Reading, Rulebook


@dataclass(frozen=True, slots=True)
class RuleValue:
    """One value: its path in rules.yaml (for `--set`), its key for the catalogue, and the value itself."""

    path: str
    key: str
    value: object


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Values that one clause states. `key` is the level that a quota is about, or the kind of appraisal."""

    name: str
    key: str | None
    clause: str
    passage: Passage | None
    values: tuple[RuleValue, ...]


@dataclass(frozen=True, slots=True)
class OpenReading:
    """A doubtful clause with the value in force."""

    reading: Reading
    in_force: tuple[tuple[str, object], ...]


def rule_groups(rulebook: Rulebook, viewer: Viewer) -> tuple[RuleGroup, ...]:
    """Every rule that has a number or a choice, grouped by clause."""
    require(viewer, "view_rules")
    everything = list(leaves(rulebook))
    passages = {passage.clause: passage for passage in rulebook.document}
    found = []
    for name in GROUPS:
        for key, prefixes in _prefixes(rulebook, name):
            values = tuple(_values(everything, prefixes))
            clause = next((str(v.value) for v in values if v.key == "clause"), "")
            shown = tuple(v for v in values if not _is_word(v.key) and v.value is not None)
            if shown:
                clause = clause or (_merit_clause(rulebook) if name == "merit" else "")
                found.append(RuleGroup(name, key, clause, passages.get(clause), shown))
    return tuple(found)


def _prefixes(rulebook: Rulebook, name: str) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    if name == "merit":
        yield None, MERIT
    elif name == "quotas.*":
        for key in rulebook.level_keys:
            if rulebook.quotas.get(key):
                yield key, (f"quotas.{key}",)
    elif name == "appraisals.*":
        for key in rulebook.appraisals:
            yield key, (f"appraisals.{key}",)
    else:
        yield None, (name,)


def _is_word(key: str) -> bool:
    """Whether a value only names something or says where it stands."""
    return key.endswith("clause") or "name" in key.split(".")


def _values(everything: list[tuple[str, object]], prefixes: tuple[str, ...]) -> Iterator[RuleValue]:
    for prefix in prefixes:
        for path, value in everything:
            if path == prefix or path.startswith(f"{prefix}."):
                inside = path.removeprefix(f"{prefix}.") if path != prefix else prefix
                yield RuleValue(path, inside if prefix not in MERIT else path, value)


def _merit_clause(rulebook: Rulebook) -> str:
    sanction = rulebook.inspection.collective_sanction
    return (sanction.clause if sanction else None) or ""


def open_readings(rulebook: Rulebook, viewer: Viewer) -> tuple[OpenReading, ...]:
    """Where the document is silent or can be read in two ways, and how it is read now."""
    require(viewer, "view_rules")
    values = dict(leaves(rulebook))
    found = []
    for reading in rulebook.readings:
        pattern = reading.path.split(".")
        in_force = tuple((path, value) for path, value in values.items() if _matches(path.split("."), pattern))
        found.append(OpenReading(reading, in_force))
    return tuple(found)


def _matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(p in ("*", part) for part, p in zip(path, pattern, strict=True))

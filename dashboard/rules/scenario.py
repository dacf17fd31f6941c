"""A scenario: the baseline plus changes, validated as a whole, giving a new rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from dashboard.errors import Problem, RulesError
from dashboard.rules.load import Document, build
from dashboard.rules.paths import (
    Location,
    canonical,
    freeze,
    is_year,
    resolve,
    value_at,
    write_path,
    years_as_integers,
)
from dashboard.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Change:
    """One value of the rulebook set to another. `path` as in `quotas.five_star.places.2018`; `source` is where the
    change was written, for messages."""

    path: str
    value: object
    source: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        return self.source or f"--set {self.path}"

    @classmethod
    def parse(cls, text: str) -> Change:
        """`PATH=VALUE`, the value as YAML.

        Raises:
            RulesError: there is no `=`, or the value is no YAML or uses a key twice.
        """
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise RulesError.of("rules.set_form", f"--set {text}")
        document = Document(value, f"--set {path.strip()}")
        if document.problems:
            raise RulesError(document.problems)
        return cls(path.strip(), document.content)


@dataclass(frozen=True)
class _Changed:
    """A rulebook's content with changes, which names the change behind each problem."""

    content: object
    changed: Mapping[Location, str]
    problems: Sequence[Problem] = field(default_factory=tuple)

    def where(self, location: Location) -> str:
        path = write_path(self.content, location)
        for at, name in self.changed.items():
            if [str(k) for k in location[: len(at)]] == [str(k) for k in at]:
                return name if len(location) == len(at) else f"{name}: {path}"
        return path


def apply(rulebook: Rulebook, changes: Iterable[Change]) -> Rulebook:
    """The rulebook with the changes made, or the same rulebook if there are none.

    Raises:
        RulesError: a path does not exist or is changed twice, or the result says something that rules
            cannot mean; all problems at once.
    """
    changes = tuple(changes)
    if not changes:
        return rulebook
    content = canonical(rulebook)
    frozen = freeze(content)
    problems: list[Problem] = []
    targets: dict[Location, Change] = {}
    for change in changes:
        target = _target(frozen, change.path)
        if target is None:
            problems.append(_no_such_path(frozen, change))
        elif clash := next((c for at, c in targets.items() if _overlap(at, target)), None):
            problems.append(Problem("rules.set_twice", change.where, {"other": clash.source or clash.path}))
        else:
            targets[target] = change
    for at, change in targets.items():
        _put(content, at, change.value)
    changed = _Changed(freeze(years_as_integers(content)), {at: c.where for at, c in targets.items()})
    try:
        result = build(changed, with_readings=False)
    except RulesError as exc:
        raise RulesError([*problems, *exc.problems]) from exc
    if problems:
        raise RulesError(problems)
    return result


def _overlap(a: Location, b: Location) -> bool:
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter]


def _target(content: object, path: str) -> Location | None:
    parts = path.split(".")
    found = resolve(content, path)
    if len(found) == len(parts):
        return found
    may_add = len(parts) == 4 and parts[0] == "quotas" and parts[2] == "places" and is_year(parts[3])
    if may_add and len(found) == 3 and isinstance(value_at(content, found), Mapping):
        return (*found, parts[3])
    return None


def _no_such_path(content: object, change: Change) -> Problem:
    found = resolve(content, change.path)
    node = value_at(content, found)
    if isinstance(node, Mapping):
        names = ", ".join(str(key) for key in node)
    elif isinstance(node, tuple):
        names = ", ".join(str(i.get("id", n)) if isinstance(i, Mapping) else str(n) for n, i in enumerate(node))
    else:
        names = ""
    parent = write_path(content, found)
    code = "rules.no_such_path_in" if names else "rules.no_such_path"
    return Problem(code, change.where, {"path": change.path, "parent": parent or "rules.yaml", "names": names})


def _put(content: object, at: Location, value: object) -> None:
    """Replace a node. A whole node that says no clause of its own keeps the one it had."""
    parent = value_at(content, at[:-1])
    assert isinstance(parent, (dict, list))
    there = parent[at[-1]] if isinstance(parent, list) or at[-1] in parent else None  # type: ignore[index]
    if isinstance(there, Mapping) and isinstance(value, Mapping) and "clause" in there:
        value = {"clause": there["clause"], **value}
    parent[at[-1]] = value  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named overlay on the rules: who made it, why, and for which rules (`base`, a fingerprint)."""

    name: str
    changes: tuple[Change, ...] = ()
    note: str = ""
    author: str = ""
    base: str = ""

    def write(self) -> str:
        """The scenario as YAML."""
        changes = {change.path: plain(change.value) for change in self.changes}
        head = {"name": self.name, "note": self.note, "author": self.author, "base": self.base}
        return yaml.safe_dump({**head, "changes": changes}, allow_unicode=True, sort_keys=False)

    @classmethod
    def read(cls, text: str, name: str) -> Scenario:
        """Parse a scenario file.

        Raises:
            RulesError: it is no YAML, a key is unknown or used twice, or `changes` is no mapping.
        """
        document = Document(text, name)
        problems = list(document.problems)
        content = document.content
        if not isinstance(content, Mapping):
            raise RulesError.of("rules.not_a_mapping", name)
        known = ("name", "note", "author", "base", "changes")
        for key, value in content.items():
            if key not in known:
                problems.append(Problem("rules.unknown_key", document.where((key,)), {"key": key}))
            elif key != "changes" and not isinstance(value, str):
                problems.append(Problem("rules.string", document.where((key,))))
        changes = {} if content.get("changes") is None else content["changes"]
        if not isinstance(changes, Mapping):
            problems.append(Problem("rules.mapping", document.where(("changes",))))
        if "name" not in content:
            problems.append(Problem("rules.missing", document.where(("name",)), {"key": "name"}))
        if problems:
            raise RulesError(problems)
        texts = {key: str(content.get(key, "")) for key in known[:-1]}
        made = (Change(str(path), value, document.where(("changes", path))) for path, value in changes.items())
        return cls(changes=tuple(made), **texts)


def plain(value: object) -> object:
    """A value as YAML and JSON write it: exact decimals as text."""
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)

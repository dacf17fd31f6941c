"""YAML → Rulebook. Every problem at once, each with its path and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dashboard.errors import Problem, RulesError
from dashboard.rules.check import check
from dashboard.rules.paths import Key, Location, exists, resolve, write_path
from dashboard.rules.rulebook import Rulebook

MAX_BYTES = 4_000_000
MAX_NODES = 200_000
MAX_DEPTH = 32


class _Loader(yaml.SafeLoader):
    """Composes a document, unless it is nested deeper than rules ever are."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth == MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=self.peek_event().start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"


class Document:
    """A YAML document as plain values (numbers exact, lists as tuples) that knows the line of every path."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._lines: dict[Location, int] = {}
        self._repeated: list[tuple[Location, int]] = []
        self._left = MAX_NODES
        try:
            root = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as exc:
            mark = exc.problem_mark
            raise RulesError.of(
                "rules.not_yaml", f"{name}:{mark.line + 1 if mark else 1}", detail=exc.problem or ""
            ) from exc
        except yaml.reader.ReaderError as exc:
            line = text.count("\n", 0, exc.position) + 1
            raise RulesError.of("rules.not_yaml", f"{name}:{line}", detail=str(exc).splitlines()[0]) from exc
        except (yaml.YAMLError, ValueError, OverflowError) as exc:  # "\UFFFFFFFF" is a ValueError of the scanner
            raise RulesError.of("rules.not_yaml", f"{name}:1", detail=str(exc).splitlines()[0]) from exc
        self.content = self._read(root, ()) if root is not None else None
        for at, line in self._repeated:
            where = f"{name}:{line}: {write_path(self.content, at)}"
            self.problems.append(Problem("rules.duplicate_key", where, {"key": at[-1], "first": self._lines[at]}))

    def where(self, location: Location) -> str:
        """`rules.yaml:31: quotas.four_star.growth` (the nearest line known)."""
        known = location
        while known and known not in self._lines:
            known = known[:-1]
        path = write_path(self.content, location)
        return f"{self.name}:{self._lines.get(known, 1)}" + (f": {path}" if path else "")

    def _read(self, node: yaml.Node, at: Location) -> object:
        self._left -= 1
        if self._left < 0:
            raise RulesError.of("rules.too_large", self.name, limit=MAX_NODES)
        self._lines.setdefault(at, node.start_mark.line + 1)
        if len(at) > MAX_DEPTH:  # an alias inside its own anchor never ends
            raise RulesError.of("rules.not_yaml", f"{self.name}:{self._lines[at]}", detail=_TOO_DEEP)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._read(item, (*at, i)) for i, item in enumerate(node.value))
        return read_scalar(node)

    def _read_mapping(self, node: yaml.MappingNode, at: Location) -> dict[Key, object]:
        result: dict[Key, object] = {}
        for key_node, value_node in node.value:
            key = read_scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            line = key_node.start_mark.line + 1
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "[…]"
                self.problems.append(Problem("rules.bad_key", f"{self.name}:{line}", {"key": shown}))
                continue
            here = (*at, key)
            if key in result:
                self._repeated.append((here, line))
                continue
            self._lines[here] = line
            result[key] = self._read(value_node, here)
        return result


_BOOLEANS = yaml.SafeLoader.bool_values
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


def read_scalar(node: yaml.ScalarNode) -> object:
    """The value of a YAML scalar; decimal numbers stay exact, dates stay text, and so does what is not what its
    tag claims (`!!int x`) or has no sensible use (an integer of 19 digits)."""
    text = str(node.value)
    match node.tag.rsplit(":", 1)[-1]:
        case "null":
            return None
        case "bool":
            return _BOOLEANS.get(text.lower(), text)
        case "int":
            try:
                number = int(_CONSTRUCTOR.construct_yaml_int(node))
            except (ValueError, IndexError):
                return text
            return number if abs(number) < 10**18 else text
        case "float":
            try:
                return Decimal(text.replace("_", ""))
            except InvalidOperation:
                return text
        case _:
            return text


class Written(Protocol):
    """Rules as somebody wrote them: a file, or a rulebook with changes."""

    @property
    def content(self) -> object: ...
    @property
    def problems(self) -> Sequence[Problem]: ...
    def where(self, location: Location) -> str:
        """The place of a node, ready to print."""


def build(document: Written, *, with_readings: bool = True) -> Rulebook:
    """The rulebook that a document states. `with_readings` checks that the paths of `readings` exist (a scenario
    may set a part of the rules aside that a reading is about).

    Raises:
        RulesError: with every problem, in the order of the lines.
    """
    problems = list(document.problems)
    if not isinstance(document.content, Mapping):
        raise RulesError.of("rules.not_a_mapping", document.where(()))
    content: object = document.content
    rulebook: Rulebook | None = None
    wrong: list[Location] = []
    for _ in range(6):  # set aside what is wrong, so that the rest is checked in the same run
        try:
            rulebook = Rulebook.model_validate(content)
            break
        except ValidationError as exc:
            details = exc.errors(include_url=False, include_context=True)
            if content is document.content:
                problems += [_problem(document, detail) for detail in details]
            wrong += [_location(detail) for detail in details]
            content = _without(content, wrong[-len(details) :])
    if rulebook is not None:
        findings = ((resolve(document.content, f.path), f) for f in check(rulebook, document.content, with_readings))
        problems += [
            Problem(finding.code, document.where(at), finding.values)
            for at, finding in findings
            if not any(location[: len(at)] == at for location in wrong)
        ]
    if problems:
        raise RulesError(sorted(problems, key=_line_of))
    assert rulebook is not None
    return rulebook


def _location(detail: ErrorDetails) -> Location:
    return tuple(part for part in detail["loc"] if part not in ("[key]", "__pydantic_extra__", "function-plain"))


def _problem(document: Written, detail: ErrorDetails) -> Problem:
    location, kind = _location(detail), detail["type"]
    context = detail.get("ctx", {})
    where = document.where(location)
    key = location[-1] if location else ""
    match kind:
        case "missing":
            return Problem("rules.missing", where, {"key": key})
        case "extra_forbidden":
            return Problem("rules.unknown_key", where, {"key": key})
        case "literal_error":
            return Problem("rules.choice", where, {"expected": context["expected"].replace(" or ", ", ")})
        case "ratio" | "share" | "month_day" | "number":
            return Problem(f"rules.{kind}", where)
        case "greater_than_equal":
            return Problem("rules.at_least", where, {"limit": context["ge"]})
        case "less_than_equal":
            return Problem("rules.at_most", where, {"limit": context["le"]})
        case "int_type" | "bool_type" | "string_type" | "tuple_type" | "mapping_type" | "dict_type" | "model_type":
            return Problem(f"rules.{kind.removesuffix('_type')}", where)
        case "string_pattern_mismatch":
            return Problem("rules.identifier", where)
        case "too_short" | "string_too_short":
            return Problem("rules.empty", where)
        case _:
            return Problem("rules.bad_value", where, {"detail": detail["msg"]})


def _without(content: object, locations: list[Location]) -> object:
    """A copy without the nodes that are wrong; a node that lacks a key goes as a whole."""

    def copy(node: object, at: Location) -> object:
        if isinstance(node, Mapping):
            return {k: copy(v, (*at, k)) for k, v in node.items() if (*at, k) not in gone}
        if isinstance(node, tuple):
            return tuple(copy(v, (*at, i)) for i, v in enumerate(node) if (*at, i) not in gone)
        return node

    def present(location: Location) -> Location:
        return location if exists(content, location) else location[:-1]

    gone = {present(location) for location in locations}
    return copy(content, ())


def _line_of(problem: Problem) -> int:
    parts = problem.where.split(":")
    return next((int(part) for part in parts[1:] if part.strip().isdecimal()), 0)


def load(path: Path) -> Rulebook:
    """Read a rules file.

    Raises:
        RulesError: it is missing, is no UTF-8 YAML, or says something that the rules cannot mean.
    """
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise RulesError.of("rules.unreadable", str(path), detail=exc.strerror or "") from exc
    if len(raw) > MAX_BYTES:
        raise RulesError.of("rules.too_large", path.name, limit=MAX_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RulesError.of("rules.not_utf8", path.name) from exc
    return _load_text(text, path.name)


@lru_cache(maxsize=8)
def _load_text(text: str, name: str) -> Rulebook:
    return build(Document(text, name))


def fingerprint(rulebook: Rulebook) -> str:
    """The fingerprint of a rulebook."""
    return rulebook.fingerprint

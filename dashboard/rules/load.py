"""YAML → Rulebook. Every problem at once, each with its path and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dashboard.errors import Problem, RulesError
from dashboard.rules.check import Finding, check
from dashboard.rules.paths import Key, Location, exists, resolve, write_path
from dashboard.rules.rulebook import Rulebook

MAX_BYTES = 4_000_000
MAX_NODES = 200_000
MAX_DEPTH = 32
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"


class _Loader(yaml.SafeLoader):
    """Composes a document, unless it is nested deeper than rules ever are."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth == MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def compose_scalar_node(self, anchor: dict[object, yaml.Node]) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        node.value.encode()  # refuses half of a surrogate pair, which no text can hold
        return node


def _compose(text: str, name: str) -> yaml.Node | None:
    def refused(line: int, detail: str) -> RulesError:
        return RulesError([Problem("rules.not_yaml", f"{name}:{line}", {"detail": detail})])

    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as exc:
        raise refused(text.count("\n", 0, exc.position) + 1, str(exc).splitlines()[0]) from exc
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        raise refused(mark.line + 1 if mark else 1, exc.problem or "") from exc
    except (yaml.YAMLError, ValueError, OverflowError) as exc:  # also from the scanner, for "\UFFFFFFFF"
        raise refused(loader.line + 1, str(exc).splitlines()[0]) from exc
    finally:
        loader.dispose()


class Document:
    """A YAML document as plain values (numbers exact, lists as tuples) that knows the line of every path."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._lines: dict[Location, int] = {}
        self._repeated: list[tuple[Location, int]] = []
        self._left = MAX_NODES
        root = _compose(text, name)
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
        assert isinstance(node, yaml.ScalarNode)
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
    rest = _Rest(document.content)
    rulebook: Rulebook | None = None
    for _ in range(8):  # set aside what is wrong, so that the rest is checked in the same run
        try:
            rulebook = Rulebook.model_validate(rest.content)
            break
        except ValidationError as exc:
            details = exc.errors(include_url=False, include_context=True)
            if not rest.wrong:
                problems += [_problem(document, detail) for detail in details]
            rest.set_aside([_location(detail) for detail in details])
    if rulebook is not None:
        for finding in check(rulebook, document.content, with_readings):
            at = rest.origin(resolve(rest.content, finding.path))
            if not rest.explains(finding, at):
                problems.append(Problem(finding.code, document.where(at), finding.values))
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


_TEXT = {"zh": "…", "en": "…"}
_STAND_INS: Mapping[Key, object] = {
    "schema": 1,
    "title": _TEXT,
    "source": {"document": _TEXT, "issued_by": _TEXT},
    "first_year": 2017,
    "levels": {},
    "sectors": {},
    "standards": {},
    "application": {"deadline": "12-31"},
    "ranking": ("score",),
    "cascade": False,
    "veto": {"committee": 1, "members": 1},
    "inspection": {"spot_check": {"rate": 0}, "recheck": {"rate": 0}},
    "downgrade": {},
}


class _Rest:
    """What is left of a document when the nodes that are wrong are set aside, so that it can be checked too.

    A node that lacks a key goes as a whole; a part that every rulebook has is stood in for. `wrong` and `origin` are
    places in the document, where a list item may stand further down than it does in `content`.
    """

    def __init__(self, document: Mapping[Key, object]) -> None:
        self._document = document
        self._origin: dict[Location, Location] = {}
        self._gone: set[Location] = set()
        self.wrong: list[Location] = []
        self.content: object = document

    def set_aside(self, locations: Iterable[Location]) -> None:
        """Leave out the nodes at these places in `content`."""
        for location in locations:
            self.wrong.append(self.origin(location))
            self._gone.add(self.origin(location if exists(self.content, location) else location[:-1]))
        kept = self._copy(self._document, (), ())
        assert isinstance(kept, dict)
        self.content = {**_STAND_INS, **kept}

    def origin(self, location: Location) -> Location:
        """The place in the document of a place in `content`."""
        if not self._origin:
            return location
        known = next(n for n in range(len(location), -1, -1) if location[:n] in self._origin)
        return self._origin[location[:known]] + location[known:]

    def explains(self, finding: Finding, at: Location) -> bool:
        """Whether a finding may be nothing but the consequence of what was set aside."""
        match finding.code:
            case "rules.unknown_criterion" | "rules.cutoff_unreachable":
                reach = at[:2]  # the standard, which may have lost criteria
            case "rules.no_such_path":
                reach = (str(finding.values["path"]).split(".")[0],)
            case _:
                reach = at
        return any(location[: len(reach)] == reach for location in self.wrong)

    def _copy(self, node: object, at: Location, to: Location) -> object:
        self._origin[to] = at
        if isinstance(node, Mapping):
            return {k: self._copy(v, (*at, k), (*to, k)) for k, v in node.items() if (*at, k) not in self._gone}
        if isinstance(node, tuple):
            left = [i for i in range(len(node)) if (*at, i) not in self._gone]
            return tuple(self._copy(node[i], (*at, i), (*to, n)) for n, i in enumerate(left))
        return node


def _line_of(problem: Problem) -> int:
    parts = problem.where.split(":")
    return next((int(part) for part in parts[1:] if part.strip().isdecimal()), 0)


def load(path: Path) -> Rulebook:
    """Read a rules file.

    Raises:
        RulesError: it is missing, is no UTF-8 YAML, or says something that the rules cannot mean.
    """
    return _load_text(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a YAML file.

    Raises:
        RulesError: it is missing, larger than rules ever are, or no UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise RulesError.of("rules.unreadable", str(path), detail=exc.strerror or "") from exc
    return decode(raw, path.name)


def decode(raw: bytes, name: str) -> str:
    """The same for a file that was uploaded."""
    if len(raw) > MAX_BYTES:
        raise RulesError.of("rules.too_large", name, limit=MAX_BYTES)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RulesError.of("rules.not_utf8", name) from exc


@lru_cache(maxsize=8)
def _load_text(text: str, name: str) -> Rulebook:
    return build(Document(text, name))

"""What the program passes as an argument, by its source: texts, choices between texts, and names that hold them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
HOLE = "\0"  # stands for what an f-string fills in


class Sources:
    """Modules by path."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self.calls = [
            (path, call, within, ast.unparse(call.func))
            for path, text in texts.items()
            for call, within in _calls(ast.parse(text), None)
        ]
        self.known: dict[tuple[Function, str], set[str]] = {}

    def passed(self, of: Callable[[str], bool], position: int, keyword: str) -> tuple[set[str], list[str]]:
        """The texts that calls of these functions get at a place (f-strings with a `HOLE` for each value), and the
        calls whose argument could not be read.

        Args:
            of: says of a dotted name whether it is one of the functions.
        """
        found: set[str] = set()
        unread = []
        for path, call, within, name in self.calls:
            argument = _argument(call, position, keyword) if of(name) else None
            if argument is not None:
                texts = set(self._texts(argument, within))
                found |= texts
                unread += [] if texts else [f"{path}:{call.lineno}: {ast.unparse(call)}"]
        return found, unread

    def _texts(self, node: ast.expr, within: Function | None) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(str(p.value) if isinstance(p, ast.Constant) else HOLE for p in parts)
            case ast.IfExp(body=one, orelse=other):
                yield from self._texts(one, within)
                yield from self._texts(other, within)
            case ast.Name(id=name) if within is not None:
                if (within, name) not in self.known:
                    self.known[within, name] = set()  # a name that holds itself adds nothing
                    self.known[within, name] = set(self._held(name, within))
                yield from self.known[within, name]

    def _held(self, name: str, within: Function) -> Iterator[str]:
        """What a name holds in a function: what is assigned to it, or what callers give."""
        for node in ast.walk(within):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                yield from self._texts(node.value, within)
        names = [arg.arg for arg in (*within.args.posonlyargs, *within.args.args)]
        if name not in [*names, *(arg.arg for arg in within.args.kwonlyargs)]:
            return
        shift = 1 if names[:1] in (["self"], ["cls"]) else 0
        at = names.index(name) - shift if name in names else -1
        for _, call, caller, called in self.calls:
            argument = _argument(call, at, name) if called.split(".")[-1] == within.name else None
            if argument is not None:
                yield from self._texts(argument, caller)


def _calls(node: ast.AST, within: Function | None) -> Iterator[tuple[ast.Call, Function | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, within
        yield from _calls(child, child if isinstance(child, Function) else within)


def _argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    if 0 <= position < len(call.args):
        return call.args[position]
    return next((each.value for each in call.keywords if each.arg == keyword), None)


def matching(text: str, among: set[str]) -> set[str]:
    """The keys that a text with holes may become."""
    pattern = re.compile(".+".join(re.escape(part) for part in text.split(HOLE)))
    return {key for key in among if pattern.fullmatch(key)}

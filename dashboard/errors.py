"""Errors that users see.

An error carries codes and values; the sentence belongs to the catalogues in `dashboard.i18n`, so that the
same problem reads well on a terminal, on a screen and in either language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a catalogue key, the place, and the values that the sentence names.

    `where` is ready to print: `rules.yaml:31: quotas.four_star.growth.rate`, or `branches.csv:3:sector`.
    """

    code: str
    where: str = ""
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


class UserError(Exception):
    """Bad input, told as a list of problems (all of them, not only the first)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.where}: {p.code} {dict(p.values)}" for p in self.problems))

    @classmethod
    def of(cls, code: str, where: str = "", **values: object) -> UserError:
        """An error with a single problem."""
        return cls([Problem(code, where, values)])


class RulesError(UserError):
    """`rules.yaml`, a `--set` or a scenario says something that the rules cannot mean."""


class ImportRefused(UserError):
    """A data set was refused; nothing of it was stored."""


class StoreError(UserError):
    """The store cannot be opened or used as asked."""


class NotAllowed(UserError):
    """The viewer may not do this."""

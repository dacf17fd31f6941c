"""The settings of an award as a relation: one row a scenario, so that many scenarios are one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa

from dashboard.errors import Problem, RulesError
from dashboard.rules.exact import RoundedShare
from dashboard.rules.quota import places
from dashboard.rules.rulebook import Quota, Rulebook


class AwardShape(NamedTuple):
    """What decides the form of the award expression; scenarios of one shape run together.

    Levels are indexes from 1 (the lowest). `entry` are recognised on application and checked by sample, the others
    are competed for; `kinds` are the kinds of superiors.
    """

    levels: int
    entry: tuple[int, ...]
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(cls, rulebook: Rulebook) -> AwardShape:
        keys = rulebook.level_keys
        return cls(
            levels=len(keys),
            entry=tuple(keys.index(key) + 1 for key in rulebook.entry_keys),
            kinds=tuple(rulebook.superior_kinds),
        )

    @property
    def competed(self) -> tuple[int, ...]:
        """Indexes of the levels won by merit, the highest first."""
        return tuple(i for i in range(self.levels, 0, -1) if i not in self.entry)


class Ordering(NamedTuple):
    """How branches are compared and whom the rules for superiors concern: the merit order (`ranking`), and the kinds
    of superiors that are `capped` and `sanctioned`. Scenarios of one ordering share their numbered facts."""

    ranking: tuple[str, ...]
    capped: tuple[str, ...]
    sanctioned: tuple[str, ...]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Ordering:
        sanction = rulebook.inspection.collective_sanction
        return cls(
            ranking=tuple(rulebook.ranking),
            capped=tuple(rulebook.application.caps.applies_to),
            sanctioned=tuple(sanction.applies_to) if sanction else (),
        )


_INT, _BOOL = pa.int64(), pa.bool_()


def schema(levels: int) -> pa.Schema:
    """Columns of the relation `terms`; see `row` for what they mean."""
    fields: list[tuple[str, pa.DataType]] = [
        ("scenario", pa.int32()),
        ("world", pa.int32()),
        ("projected", _BOOL),
        ("deadline", pa.date32()),
        ("requires_self", _BOOL),
        ("levels_a_year", _INT),
        ("veto_committee", _INT),
        ("veto_members", _INT),
        ("downgrade", pa.int32()),
        ("sanction_failures", _INT),
        ("sanction_any", _BOOL),
        ("cascade", _BOOL),
        ("deferral_open", _BOOL),
    ]
    for i in range(1, levels + 1):
        fields += [(f"cap_{i}", _INT), (f"quota_{i}", _INT), (f"holders_count_{i}", _BOOL)]
        fields += [(f"{kind}_{part}_{i}", _INT) for kind in ("share", "shortfall") for part in RoundedShare._fields]
        fields += [(f"share_of_applications_{i}", _BOOL)]
    return pa.schema(fields)


def terms(rulebooks: Sequence[Rulebook], year: int, *, projected: bool) -> pa.Table:
    """One row for each rulebook, numbered from 0. All must have the same `AwardShape`.

    Raises:
        RulesError: a quota has no published year up to `year`.
    """
    rows = [row(rulebook, n, year, projected=projected) for n, rulebook in enumerate(rulebooks)]
    return pa.Table.from_pylist(rows, schema=schema(len(rulebooks[0].level_keys)))


def row(rulebook: Rulebook, scenario: int, year: int, *, projected: bool, world: int = 0) -> dict[str, object]:
    """The settings of one rulebook for one year, every ratio as integers (`RoundedShare`), for the facts of a world."""
    sanction = rulebook.inspection.collective_sanction
    result: dict[str, object] = {
        "scenario": scenario,
        "world": world,
        "projected": projected,
        "deadline": date(year, *rulebook.application.deadline),
        "requires_self": rulebook.application.requires_self_assessment,
        "levels_a_year": rulebook.promotion.levels_a_year,
        "veto_committee": rulebook.veto.committee,
        "veto_members": rulebook.veto.members,
        "downgrade": rulebook.downgrade.levels,
        "sanction_failures": sanction.failures if sanction else None,
        "sanction_any": bool(sanction and sanction.counts == "any"),
        "cascade": rulebook.cascade,
        "deferral_open": year in deferral_years(rulebook),
    }
    problems: list[Problem] = []
    for i, key in enumerate(rulebook.level_keys, 1):
        result[f"cap_{i}"] = rulebook.application.caps.by_level.get(key)
        quota = rulebook.quotas.get(key)
        try:
            result |= _quota_columns(quota, key, i, year) if quota else {}
        except RulesError as exc:
            problems += exc.problems
    if problems:
        raise RulesError(problems)
    return result


def deferral_years(rulebook: Rulebook) -> range:
    """The years in which a branch in special circumstances may put its application off (附2·三·1)."""
    first, coverage = rulebook.first_year, rulebook.coverage
    return range(first, first + coverage.deferral_years + 1) if coverage else range(0)


def _quota_columns(quota: Quota, key: str, i: int, year: int) -> dict[str, object]:
    columns: dict[str, object] = {f"holders_count_{i}": quota.counts == "holders"}
    if quota.share:
        columns |= _rounded("share", i, RoundedShare.of(quota.share.ratio, quota.share.rounding))
        columns[f"share_of_applications_{i}"] = quota.share.of == "applications"
    else:
        columns[f"quota_{i}"] = places(quota, key, year)
    if quota.shortfall:
        columns |= _rounded("shortfall", i, RoundedShare.of(quota.shortfall.ratio, quota.shortfall.rounding))
    return columns


def _rounded(kind: str, i: int, share: RoundedShare) -> dict[str, object]:
    return {f"{kind}_{part}_{i}": value for part, value in share._asdict().items()}

"""名额: places by level and year, in exact arithmetic (附2·三)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dashboard.errors import RulesError
from dashboard.rules.exact import RoundedShare, round_exact
from dashboard.rules.rulebook import Quota, Rulebook


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """Places of a level in a year; `places` is None where the quota is a share of what will be counted."""

    level: int
    year: int
    places: int | None
    published_year: int | None


def published_year(quota: Quota, key: str, year: int) -> int:
    """The latest published year that is not after `year`.

    Raises:
        RulesError: nothing is published for `year` or before; it is never guessed.
    """
    assert quota.places is not None
    years = [y for y in quota.places if y <= year]
    if not years:
        raise RulesError.of("rules.quota_unpublished", f"quotas.{key}.places", year=year, first=min(quota.places))
    return max(years)


def places(quota: Quota, key: str, year: int) -> int:
    """Places that a quota by `places` gives in `year`: the published figure, grown and rounded once.

    `key` names the level for the message. 30 places growing by 10% compound give 30, 33, 36, 40, 44, 48.
    """
    assert quota.places is not None
    base = published_year(quota, key, year)
    published = quota.places[base]
    if quota.growth is None or year == base:
        return published
    rate, years = quota.growth.rate, year - base
    factor = (1 + rate) ** years if quota.growth.kind == "compound" else 1 + rate * years
    return round_exact(Fraction(published) * factor, quota.growth.rounding)


def quota_table(rulebook: Rulebook, years: Iterable[int]) -> list[QuotaRow]:
    """Published and grown places of every level with a quota, by level and year, lowest level first."""
    years = list(years)
    return [
        QuotaRow(rulebook.levels[key].value, year, None, None)
        if quota.share
        else QuotaRow(rulebook.levels[key].value, year, places(quota, key, year), published_year(quota, key, year))
        for key in rulebook.level_keys
        if (quota := rulebook.quotas.get(key))
        for year in years
    ]


def shortfall_places(quota: Quota, applicants: int) -> int | None:
    """Places when applicants do not fill the quota (80% of them, rounded); None where there is no such rule."""
    if quota.shortfall is None:
        return None
    return RoundedShare.of(quota.shortfall.ratio, quota.shortfall.rounding)(applicants)

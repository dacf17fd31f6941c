"""Names for people and organisations, as many different ones as are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np

from dashboard.demo import words
from dashboard.demo.streams import Texts, texts

_DIGITS = "零一二三四五六七八九"


def ordinal(n: int) -> str:
    """第一, 第十二, 第二十; digits from a hundred on."""
    if n >= 100:
        return f"第{n}"
    tens, ones = divmod(n, 10)
    return "第" + ("" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")


def people(rng: np.random.Generator, n: int) -> Texts:
    """Names of `n` people; some share a name, as people do."""
    surnames = len(words.SURNAMES)
    weights = 1.0 / (np.arange(surnames) + 6.0)
    family = texts(list(words.SURNAMES))[rng.choice(surnames, size=n, p=weights / weights.sum())]
    first = texts(list(words.GIVEN_FIRST))[rng.integers(len(words.GIVEN_FIRST), size=n)]
    second = texts(list(words.GIVEN_SECOND))[rng.integers(len(words.GIVEN_SECOND), size=n)]
    return np.asarray(family + first + second, dtype=object)


def communities(rng: np.random.Generator, n: int) -> list[str]:
    """Names of `n` communities, such as 湖滨社区."""
    more = [a + b for a, b in product(words.PLACE_FIRST, words.PLACE_SECOND)]
    shuffled = [more[i] for i in rng.permutation(len(more)) if more[i] not in words.COMMUNITIES]
    own = [words.COMMUNITIES[i] for i in rng.permutation(len(words.COMMUNITIES))]
    return _numbered([*own, *shuffled], n, lambda base, again: f"{base}{again}社区")


def companies(rng: np.random.Generator, n: int) -> list[str]:
    """Names of `n` companies and social organisations."""
    brands = [a + b for a, b in product(words.BRAND_FIRST, words.BRAND_SECOND)]
    order = rng.permutation(len(brands))
    names = []
    for i in range(n):
        brand, again = brands[order[i % len(brands)]], i // len(brands)
        trade = words.TRADES[(int(rng.integers(len(words.TRADES))) + again) % len(words.TRADES)]
        names.append(f"无锡{brand}{trade}")
    return _distinct(names)


def units(n: int) -> list[str]:
    """Names of `n` units directly under the subdistrict."""
    named = [
        f"{place}{unit}" for place, unit in zip(words.UNIT_PLACES * len(words.UNITS), _turning_units(), strict=True)
    ]
    return _numbered(named, n, lambda base, again: f"太湖街道{base}{again}")


def _turning_units() -> list[str]:
    size = len(words.UNIT_PLACES)
    return [words.UNITS[(i + i // size) % len(words.UNITS)] for i in range(size * len(words.UNITS))]


def offices(n: int) -> list[str]:
    """Names of `n` branches of the subdistrict's offices, without 党支部."""
    return _numbered(list(words.OFFICES), n, lambda base, again: f"{base}{again}")


def other_superiors(kind: str, n: int) -> list[str]:
    """Names of `n` superiors that are not communities."""
    return _numbered(
        list(words.OTHER_SUPERIORS[kind]), n, lambda base, again: f"{base}{f'（{again}）' if again else ''}"
    )


def _numbered(bases: list[str], n: int, name: Callable[[str, str], str]) -> list[str]:
    return [name(bases[i % len(bases)], ordinal(i // len(bases) + 1) if i >= len(bases) else "") for i in range(n)]


def _distinct(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}{ordinal(seen[name])}分公司")
    return result

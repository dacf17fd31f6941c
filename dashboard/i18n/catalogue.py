"""Catalogues: `zh_CN.po` and `en.po` beside this file. A key that is missing is an error, not a blank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from dashboard.errors import Problem, UserError
from dashboard.rules.fields import Text

LANGUAGES = ("zh_CN", "en")
LOCAL_TIME = ZoneInfo("Asia/Shanghai")


@lru_cache(maxsize=len(LANGUAGES))
def messages(language: str) -> Mapping[str, str]:
    """The catalogue of a language: key → text with `{named}` values."""
    source = resources.files("dashboard.i18n") / f"{language}.po"
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return MappingProxyType({str(m.id): str(m.string) for m in catalogue if m.id})


class Translator:
    """Speaks one language. Call it with a key and the values that the text names."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._messages = messages(self.language)

    def __call__(self, key: str, /, **values: object) -> str:
        return self._messages[key].format(**values)

    def knows(self, key: str) -> bool:
        return key in self._messages

    def text(self, text: Text) -> str:
        """Words of the rulebook in this language."""
        return text.read(self.language)

    def problem(self, problem: Problem) -> str:
        """One line for one problem: the place, then what is wrong and what would be right."""
        sentence = self.sentence(problem)
        return f"{problem.where}: {sentence}" if problem.where else sentence

    def sentence(self, problem: Problem) -> str:
        """What is wrong and what would be right, without the place."""
        return self(f"error.{problem.code}", **problem.values)

    def problems(self, error: UserError) -> list[str]:
        """A line for each problem of an error."""
        return [self.problem(problem) for problem in error.problems]

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.language))

    def percent(self, value: float, digits: int = 0) -> str:
        """0.125 as `13%`, or `12.5%` with one digit."""
        return str(format_percent(value, format=f"#,##0{'.' + '0' * digits if digits else ''}%", locale=self.language))

    def share(self, value: float | Fraction) -> str:
        """0.92 as `92%`, to two decimals and never rounded up: what is below a threshold does not read as on it."""
        hundredths = math.floor(Fraction(value).limit_denominator(10**12) * 10_000)
        return str(format_percent(Decimal(hundredths) / 10_000, format="#,##0.##%", locale=self.language))

    def day(self, value: date) -> str:
        return str(format_date(value, format="long", locale=self.language))

    def month_day(self, value: date) -> str:
        return str(format_date(value, format="M月d日" if self.language == "zh_CN" else "d MMM", locale=self.language))

    def moment(self, value: datetime) -> str:
        """A moment in local time (Asia/Shanghai)."""
        form = "yyyy年M月d日 HH:mm:ss" if self.language == "zh_CN" else "d MMM yyyy, HH:mm:ss"
        return str(format_datetime(value.astimezone(LOCAL_TIME), format=form, locale=self.language))

    def hour(self, value: datetime) -> str:
        """An hour of local time that says no offset, such as the moment of a vote."""
        form = "M月d日 H时" if self.language == "zh_CN" else "d MMM, HH:00"
        return str(format_datetime(value, format=form, locale=self.language))


@lru_cache(maxsize=len(LANGUAGES))
def translator(language: str) -> Translator:
    """The translator of a language (zh_CN for one that is not known)."""
    return Translator(language)

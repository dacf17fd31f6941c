"""What a cell says: text from a file → a typed value, or the problem with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from dashboard.rules.fields import Named
from dashboard.rules.rulebook import Appraisal, Rulebook
from dashboard.store.datasets import Column


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why a cell cannot be read: a catalogue key and the values that its sentence names."""

    code: str
    values: Mapping[str, object]


Parser = Callable[[str], object]

MAX_ID, MAX_NAME, MAX_TEXT = 64, 200, 4000
_DATE = re.compile(r"^(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)$")
_PARTS = re.compile(r"[;,、\n]")
_ANSWER = re.compile(r"(.*?)[\s:=]*(\d{1,9})(?:\.0+)?\s*[票人]?")
_TRUE = {"1", "是", "有", "true", "yes", "y", "√", "●", "达标"}
_FALSE = {"0", "否", "无", "false", "no", "n", "×", "未达标"}
_NO_REASON = {"0", "否", "无", "no", "none"}


class CellError(ValueError):
    def __init__(self, code: str, **values: object) -> None:
        self.bad = BadCell(code, values)
        super().__init__(code)


def plain(text: str) -> str:
    """A code, number or date without surrounding blanks and full-width forms."""
    return unicodedata.normalize("NFKC", text).strip()


def parser_for(column: Column, rulebook: Rulebook) -> Parser:
    """The parser of a column; it raises `CellError`. Blank cells never reach it."""
    match column.kind:
        case "choice":
            return _choice_parser(_choices(column, rulebook))
        case "level":
            return _choice_parser(_levels(rulebook, none=True))
        case "star":
            return _choice_parser(_levels(rulebook, none=False))
        case "criterion":
            names = {c: c for s in rulebook.standards.values() for section in s.sections for c in _ids(section)}
            return _choice_parser({name: (code,) for name, code in names.items()}, "import.unknown_criterion")
        case "department":
            departments = rulebook.member_star.departments if rulebook.member_star else {}
            return _choice_parser(_named(departments))
        case "appraisal":
            return _choice_parser(_named(rulebook.appraisals))
        case _:
            return PARSERS[column.kind]


def _named(things: Mapping[str, Named]) -> dict[object, tuple[str, ...]]:
    return {key: (key, thing.name.zh, thing.name.en) for key, thing in things.items()}


def _ids(section: object) -> list[str]:
    return [criterion.id for criterion in section.criteria]  # type: ignore[attr-defined]


def _choices(column: Column, rulebook: Rulebook) -> dict[object, tuple[str, ...]]:
    named: Mapping[str, object] = {}
    if column.name == "sector":
        named = {k: s.name for k, s in rulebook.sectors.items()}
    elif column.name == "kind" and "community" in column.choices:
        named = {k: s.name for k, s in rulebook.superior_kinds.items()}
    words: dict[object, tuple[str, ...]] = {}
    for code, zh in column.choices.items():
        name = named.get(code)
        words[code] = (code, zh, *((name.zh, name.en) if name else ()))  # type: ignore[attr-defined]
    return words


def _levels(rulebook: Rulebook, *, none: bool) -> dict[object, tuple[str, ...]]:
    words: dict[object, tuple[str, ...]] = {0: ("0", "无", "none")} if none else {}
    for key, level in rulebook.levels.items():
        words[level.value] = (str(level.value), level.name.zh, level.name.en, key)
    return words


def _choice_parser(words: Mapping[object, tuple[str, ...]], code: str = "import.choice") -> Parser:
    accepted = {plain(word).lower(): value for value, names in words.items() for word in names}
    told = "、".join(dict.fromkeys("/".join(dict.fromkeys(names[:2])) for names in words.values()))

    def parse(text: str) -> object:
        word = plain(text).lower()
        if word not in accepted:
            raise CellError(code, value=text, expected=told if len(words) <= 12 else _range(words))
        return accepted[word]

    return parse


def _range(words: Mapping[object, tuple[str, ...]]) -> str:
    names = [str(value) for value in words]
    return f"{names[0]} … {names[-1]}"


def _identifier(text: str) -> str:
    value = plain(text)
    if len(value) > MAX_ID or not value.isprintable():
        raise CellError("import.identifier", limit=MAX_ID)
    return value


def _name(text: str) -> str:
    value = text.strip()
    if len(value) > MAX_NAME or not value.isprintable():
        raise CellError("import.name", limit=MAX_NAME)
    return value


def _text(text: str) -> str:
    if len(text) > MAX_TEXT or "\x00" in text:
        raise CellError("import.text", limit=MAX_TEXT)
    return text.strip()


def _reason(text: str) -> str | None:
    value = _text(text)
    return None if plain(value).lower() in _NO_REASON else value


def _raw(text: str) -> str:
    return text[:MAX_TEXT].replace("\x00", "")


def _voter(text: str) -> str:
    value = plain(text)
    if len(value) > MAX_TEXT:
        raise CellError("import.text", limit=MAX_TEXT)
    return value


def _integer(text: str) -> int:
    value = plain(text)
    if not re.fullmatch(r"[+-]?\d{1,9}(\.0+)?", value):
        raise CellError("import.integer", value=text)
    return int(value.split(".")[0])


def _count(text: str) -> int:
    value = _integer(text)
    if value < 0:
        raise CellError("import.count", value=text)
    return value


def _year(text: str) -> int:
    value = plain(text).removesuffix("年")
    if not re.fullmatch(r"(19|2\d)\d\d(\.0)?", value):
        raise CellError("import.year", value=text)
    return int(value[:4])


def _flag(text: str) -> bool:
    value = plain(text).lower().removesuffix(".0")
    if value not in _TRUE | _FALSE:
        raise CellError("import.flag", value=text)
    return value in _TRUE


def _date(text: str) -> date:
    value = plain(text)
    found = _DATE.match(value.removesuffix(" 00:00:00").removesuffix("T00:00:00"))
    if not found:
        raise CellError("import.date_form", value=text)
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError as exc:
        raise CellError("import.no_such_date", value=text) from exc


def _number(text: str) -> Decimal:
    value = plain(text).removesuffix("%").strip()
    if not re.fullmatch(r"[+-]?(\d{1,12}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", value):
        raise CellError("import.number", value=text)
    try:
        return Decimal(value)
    except InvalidOperation as exc:
        raise CellError("import.number", value=text) from exc


def _score(text: str) -> Decimal:
    value = _number(text)
    if not -1_000_000 < value < 1_000_000:
        raise CellError("import.number", value=text)
    return round(value, 6)


def mark_parser(measure: str, most: Decimal | None) -> Parser:
    """The parser of a mark: `yes_no` 0 or 1, `count` a whole number, `percent` 0–100, `score` 0 to its points."""

    def parse(text: str) -> float:
        if measure == "yes_no":
            word = plain(text).lower().removesuffix(".0")
            if word not in _TRUE | _FALSE:
                raise CellError("import.mark_yes_no", value=text)
            return float(word in _TRUE)
        value = _number(text)
        if measure == "count" and (value < 0 or value != value.to_integral_value()):
            raise CellError("import.mark_count", value=text)
        if measure == "percent" and not 0 <= value <= 100:
            raise CellError("import.mark_percent", value=text)
        if measure == "score" and not 0 <= value <= (most or value):
            raise CellError("import.mark_score", value=text, most=most)
        return float(value)

    return parse


def answer_names(rulebook: Rulebook) -> frozenset[str]:
    """Everything that an answer of any kind of appraisal is called, in small letters."""
    kinds = rulebook.appraisals.values()
    return frozenset(plain(w).lower() for kind in kinds for words in _named(kind.answers).values() for w in words)


def answers_parser(kind: Appraisal) -> Parser:
    """The parser of answers such as `满意 46；弃权 2`: how many gave each, those given by nobody left out."""
    names = {plain(word).lower(): key for key, words in _named(kind.answers).items() for word in words}
    told = "、".join(answer.name.zh for answer in kind.answers.values())

    def parse(text: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in _PARTS.split(plain(text)):
            if not part.strip():
                continue
            written = _ANSWER.fullmatch(part.strip())
            key = names.get(written[1].lower()) if written else None
            if written is None or key is None:
                raise CellError("import.answers", value=part.strip(), expected=told)
            if key in found:
                raise CellError("import.answer_twice", value=written[1])
            found[str(key)] = int(written[2])
        return {key: n for key, n in found.items() if n}

    return parse


PARSERS: dict[str, Parser] = {
    "id": _identifier,
    "name": _name,
    "text": _text,
    "reason": _reason,
    "voter": _voter,
    "integer": _integer,
    "count": _count,
    "year": _year,
    "flag": _flag,
    "date": _date,
    "score": _score,
    "answers": _raw,  # read by the kind of its appraisal
    "mark": _raw,  # read by the measure of its criterion, once all tables are known
}

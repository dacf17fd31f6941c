"""What the brief and the workbook both say about a comparison, as words and rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.i18n.catalogue import LOCAL_TIME, Translator
from dashboard.i18n.rule_words import group_name, group_of, label, say, short_label
from dashboard.rules.adjustable import find
from dashboard.rules.paths import canonical, freeze, paths_like, resolve, value_at
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sentences
from dashboard.services.branches import Branch
from dashboard.services.briefing import Report
from dashboard.services.evaluation import LevelOutcome
from dashboard.services.readings import Ambiguity

FIGURES = ("quota", "applicants", "pool", "places", "selected", "tied")  # of a LevelOutcome, as columns
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LEAD = re.compile(r"^\*\*(.+?)\*\*")
_UNSAID = ("clause", "name", "text", "note")


def clean(text: str) -> str:
    """Text without the characters that no office file can hold."""
    return _NOT_XML.sub("\ufffd", text)


def clip(text: str, most: int) -> str:
    """At most `most` characters, with `…` where some were left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def shown(value: object) -> str:
    return "—" if value is None else str(value)


def arrow(before: object, after: object) -> str:
    """`a → b`, or the value alone where both are the same."""
    return shown(after) if before == after else f"{shown(before)} → {shown(after)}"


def split_lead(text: str) -> tuple[str, str]:
    """The emphasised beginning of a sentence (`**…**`) and the rest of it."""
    found = _LEAD.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def unmarked(text: str) -> str:
    """A sentence without the signs of emphasis at its beginning."""
    return "".join(split_lead(text))


def title(report: Report, t: Translator) -> str:
    return report.scenario.name.strip() or t("doc.title")


def data_time(report: Report, t: Translator) -> str:
    return t.moment(report.data.at) if report.data.at else t("data.none")


def local(moment: datetime) -> datetime:
    """A moment as the clock on the wall shows it, for cells that know no time zones."""
    return moment.astimezone(LOCAL_TIME).replace(tzinfo=None, microsecond=0)


def headline(report: Report, t: Translator) -> str:
    """How many would move; without any change, that nothing changes."""
    if not report.scenario.changes and not report.both.moves:
        return t("doc.no_changes")
    return sentences.headline(t, report.both, max(1, len(report.scenario.changes)))


def warnings(report: Report, t: Translator) -> list[str]:
    """Levels at which more places give fewer stars, the highest first."""
    levels = reversed(report.both.scenario.evaluation.levels)
    return [text for outcome in levels if (text := sentences.cliff_warning(t, report.both, outcome))]


def decided(report: Report, t: Translator) -> list[tuple[str, str, str]]:
    """What was changed: the rule, its value in force and the one of the scenario."""
    before, after, year = report.both.baseline.rulebook, report.both.scenario.rulebook, report.both.year
    return [
        (_rule_name(t, before, c.path), _value(t, before, c.path, year), _value(t, after, c.path, year))
        for c in report.scenario.changes
    ]


def _rule_name(t: Translator, book: Rulebook, path: str) -> str:
    """The name of a value, or that of a whole part of the rules."""
    group, parts = group_of(path), path.split(".")
    if group not in ("", "merit") and len(group.split(".")) == len(parts):
        return group_name(t, book, group, parts[-1])
    return label(t, book, path)


def _value(t: Translator, book: Rulebook, path: str, year: int) -> str:
    if found := find(book, path, year):
        return say(t, book, found.value)
    content = freeze(canonical(book))
    at = resolve(content, path)
    return _say_node(t, book, path, value_at(content, at)) if len(at) == len(path.split(".")) else "—"


def _say_node(t: Translator, book: Rulebook, path: str, node: object) -> str:
    """A whole part of the rules: each of its values with its name."""
    if not isinstance(node, Mapping):
        return say(t, book, node)
    inner = [(f"{path}.{key}", value) for key, value in node.items() if key not in _UNSAID and value is not None]
    return "；".join(
        _say_node(t, book, at, value)
        if isinstance(value, Mapping)
        else f"{short_label(t, book, at)} {say(t, book, value)}"
        for at, value in inner
    )


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level under both: how it was filled (None where it is not competed for), and all branches that have it."""

    name: str
    before: LevelOutcome | None
    after: LevelOutcome | None
    stars: tuple[int, int]

    def figure(self, name: str) -> tuple[int | None, int | None]:
        """One of `FIGURES` under both."""
        return getattr(self.before, name, None), getattr(self.after, name, None)


def levels(report: Report, t: Translator) -> list[LevelRow]:
    """Every level of either, the highest first."""
    a, b = report.both.baseline, report.both.scenario
    names = level_names(report, t)
    return [
        LevelRow(
            names[value],
            a.evaluation.level(value),
            b.evaluation.level(value),
            (a.stars.get(value, 0), b.stars.get(value, 0)),
        )
        for value in sorted({*a.stars, *b.stars}, reverse=True)
    ]


def level_names(report: Report, t: Translator) -> dict[int, str]:
    """The names of the levels of both, by value."""
    both = report.both
    return sentences.level_names(t, both.scenario.rulebook) | sentences.level_names(t, both.baseline.rulebook)


def bindings(report: Report, t: Translator) -> list[str]:
    """What binds each level under the scenario, the highest first."""
    side = report.both.scenario
    if not report.branches:
        return [t("doc.no_branches")]
    return [sentences.binding(t, side, outcome) for outcome in reversed(side.evaluation.levels)]


def cuts(report: Report, t: Translator) -> list[str]:
    """The cut of each level that anyone competed for, the highest first."""
    names = {key: branch.name for key, branch in report.branches.items()}
    book = report.both.scenario.rulebook
    return [sentences.cut(t, book, margin, names) for margin in reversed(report.cuts) if margin.outcome.pool]


def superior(t: Translator, branch: Branch) -> str:
    return branch.superior or t("superior.none")


def sector(t: Translator, book: Rulebook, key: str | None) -> str:
    found = book.sectors.get(key or "")
    return t.text(found.name) if found else key or "—"


def active(report: Report) -> int:
    return sum(branch.active for branch in report.branches.values())


def favour(report: Report, t: Translator) -> str:
    """Which superiors gain and lose most, in one sentence."""
    names = {b.superior_id: superior(t, b) for b in report.branches.values()}
    return sentences.favour(t, report.fairness, names)


def reading_name(report: Report, t: Translator, item: Ambiguity) -> str:
    """The rule that a doubtful clause is about; without the level where it is about several."""
    books = (report.both.scenario.rulebook, report.both.baseline.rulebook)
    named = (short_label(t, book, path) for book in books for path in paths_like(book, item.reading.path))
    return next(named, item.reading.path)


def in_force(report: Report, t: Translator, item: Ambiguity) -> str:
    """The reading in force, or several where levels differ."""
    return "、".join(say(t, report.both.scenario.rulebook, value) for value in item.in_force)

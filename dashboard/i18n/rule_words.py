"""What each value of a rulebook is called, and how its value reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dashboard.i18n.catalogue import Translator
from dashboard.rules.exact import write_ratio
from dashboard.rules.fields import Named, write_number
from dashboard.rules.rulebook import Rulebook

# Where each group of rules stands in the rulebook, in the order of the document. `*` is a level or a kind of appraisal.
GROUPS = (
    "application",
    "quotas.*",
    "merit",
    "inspection.spot_check",
    "inspection.recheck",
    "inspection.collective_sanction",
    "veto",
    "downgrade",
    "coverage",
    "consequences",
    "member_star.voting",
    "appraisals.*",
)
MERIT = ("ranking", "cascade", "promotion")


def group_of(path: str) -> str:
    """The group that a path belongs to; "" for standards, the calendar and what stands alone."""
    parts = path.split(".")
    if parts[0] in MERIT:
        return "merit"
    if parts[0] in ("quotas", "appraisals"):
        return f"{parts[0]}.*"
    return next((g for g in (*GROUPS, "member_star") if path == g or path.startswith(f"{g}.")), "")


def short_label(t: Translator, book: Rulebook, path: str) -> str:
    """A value's name within its group; the path itself where the catalogue has none."""
    match path.split("."):
        case ["appraisals", kind, "answers", answer, "worth"]:
            return t("rule.answer_worth", answer=t.text(book.appraisals[kind].answers[answer].name))
    group = group_of(path)
    prefix = ".".join(path.split(".")[:2]) if group.endswith(".*") else "" if group == "merit" else group
    parts = path.removeprefix(f"{prefix}.").split(".") if prefix else path.split(".")
    names = [t.text(book.levels[p].name) for p in parts if p in book.levels]
    if book.member_star:
        names += [t.text(book.member_star.channels[p].name) for p in parts if p in book.member_star.channels]
    years = [p for p in parts if p.isdecimal() and len(p) == 4]
    name = ".".join(p for p in parts if not p.isdecimal() and (p not in book.levels) and not _is_channel(book, p))
    key = f"rule.{group}.{name}" if t.knows(f"rule.{group}.{name}") else f"rule.{name}"
    return t(key, level="".join(names), year="".join(years)) if t.knows(key) else path


def _is_channel(book: Rulebook, part: str) -> bool:
    return book.member_star is not None and part in book.member_star.channels


def label(t: Translator, book: Rulebook, path: str) -> str:
    """A value's full name, such as `四星名额：每年增长`."""
    parts = path.split(".")
    match parts:
        case ["standards", _, "sections", _, "criteria", criterion, "requires", level]:
            found = next((c for s in book.standards.values() for c in s.criteria.values() if c.id == criterion), None)
            text = t.text(found.text) if found else criterion
            return t("rule.requires", text=text, level=t.text(book.levels[level].name))
        case ["standards", _, "sections", _, "criteria", criterion, "points"]:
            found = next((c for s in book.standards.values() for c in s.criteria.values() if c.id == criterion), None)
            return t("rule.points", text=t.text(found.text) if found else criterion)
        case ["standards", standard, "cutoffs", level]:
            name = t.text(book.standards[standard].name)
            return t("rule.cutoff", standard=name, level=t.text(book.levels[level].name))
        case ["sectors", sector, "standard"]:
            return t("rule.sector", sector=t.text(book.sectors[sector].name))
        case ["calendar", item, field]:
            name = next((t.text(c.name) for c in book.calendar if c.id == item), item)
            return t(f"rule.calendar.{field}", name=name)
    group = group_of(path)
    short = short_label(t, book, path)
    if not group:
        return short
    return t("rule.in_group", group=group_name(t, book, group, "".join(parts[1:2])), rule=short)


def group_name(t: Translator, book: Rulebook, group: str, key: str | None) -> str:
    """What a group is called; `key` is the level or the kind of appraisal that its `*` stands for."""
    named: dict[str, Mapping[str, Named]] = {"quotas.*": book.levels, "appraisals.*": book.appraisals}
    found = named[group].get(key or "") if group in named else None
    return t(f"rules.group.{group}", name=t.text(found.name) if found else "")


def say(t: Translator, book: Rulebook, value: object) -> str:
    """A value in words: yes and no, names of levels and kinds, days, percentages, orders."""
    if value is None:
        return t("value.null")
    if isinstance(value, bool):
        return t("value.yes" if value else "value.no")
    if isinstance(value, Fraction):
        return write_ratio(value)
    if isinstance(value, Decimal):
        return str(write_number(value))
    if isinstance(value, (tuple, list)):
        if len(value) == 2 and all(isinstance(v, int) for v in value):
            return t.month_day(date(2001, int(str(value[0])), int(str(value[1]))))
        return t("value.then").join(say(t, book, v) for v in value) or t("value.nobody")
    text = str(value)
    if text in book.levels:
        return t.text(book.levels[text].name)
    if text in book.superior_kinds:
        return t.text(book.superior_kinds[text].name)
    if text in book.standards:
        return t.text(book.standards[text].name)
    if criterion := next((s.criteria[text] for s in book.standards.values() if text in s.criteria), None):
        return t.text(criterion.text)
    if day := re.fullmatch(r"(\d\d)-(\d\d)", text):
        return t("value.day", month=int(day[1]), day=int(day[2]))
    return t(f"value.{text}") if t.knows(f"value.{text}") else text

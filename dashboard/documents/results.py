"""评定结果汇总: a year's result with what was decided and what follows (xlsx)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.documents import figures
from dashboard.documents.sheets import Book, Column, Kind
from dashboard.i18n.catalogue import Translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services import sentences
from dashboard.services.branches import Branch
from dashboard.services.consequences import Amount, Consequence
from dashboard.services.evaluation import Evaluation
from dashboard.services.runs import Run
from dashboard.store.deciding import Decision


@dataclass(frozen=True)
class Result:
    """What the workbook tells: a kept run, its evaluation, and what stands beside it."""

    run: Run
    evaluation: Evaluation
    rulebook: Rulebook
    branches: Mapping[str, Branch]
    decisions: Sequence[Decision]
    consequences: Sequence[Consequence]
    amounts: Sequence[Amount]


def workbook(found: Result, t: Translator) -> bytes:
    """The workbook as an xlsx."""
    book = Book(t("result.book", year=found.evaluation.year), found.run.row.made_at)
    book.table(t("result.sheet.branches"), _columns(t, *_BRANCHES), _branches(found, t))
    book.table(t("result.sheet.levels"), _columns(t, *_LEVELS), _levels(found, t))
    book.table(t("result.sheet.decisions"), _columns(t, *_DECISIONS), _decisions(found, t))
    book.table(t("result.sheet.funding"), _columns(t, *_FUNDING), _funding(found, t))
    book.table(
        t("result.sheet.sources"), _columns(t, ("item", 22, "words"), ("content", 76, "words")), _sources(found, t)
    )
    return book.done()


def _columns(t: Translator, *columns: tuple[str, float, Kind]) -> list[Column]:
    return [Column(t(f"result.column.{name}"), width, kind) for name, width, kind in columns]


_BRANCHES: tuple[tuple[str, float, Kind], ...] = (
    ("branch", 34, "words"),
    ("superior", 26, "words"),
    ("sector", 16, "words"),
    ("previous", 9, "text"),
    ("applied", 9, "text"),
    ("status", 16, "words"),
    ("met", 9, "text"),
    ("score", 9, "text"),
    ("level", 9, "text"),
    ("basis", 18, "words"),
    ("clause", 12, "words"),
    ("funding", 12, "text"),
    ("advanced", 10, "text"),
    ("plan", 10, "text"),
)


def _branches(found: Result, t: Translator) -> Iterator[tuple[object, ...]]:
    """Every branch that is rated, the highest level first, then by superior."""
    names = sentences.level_names(t, found.rulebook)
    scores = dict(zip(*(found.evaluation.table.column(c).to_pylist() for c in ("branch_id", "score")), strict=True))
    results = {row.branch_id: row for row in found.evaluation.branches()}
    order = sorted(found.consequences, key=lambda c: (-c.level, _place(found, c.branch_id)))
    for each in order:
        row, branch = results[each.branch_id], found.branches[each.branch_id]
        yield (
            branch.name,
            figures.superior(t, branch),
            figures.sector(t, found.rulebook, branch.sector),
            names.get(row.previous_level),
            names.get(row.applied_level) if row.applied_level is not None else None,
            t(f"status.{row.application_status or 'none'}"),
            names.get(row.level_met) if row.level_met is not None else None,
            _number(scores[each.branch_id]),
            names.get(row.awarded_level),
            t(f"basis.{row.basis}"),
            row.clause,
            _number(each.funding),
            t("value.yes") if each.advanced else None,
            t("value.yes") if each.plan else None,
        )


def _place(found: Result, branch_id: str) -> tuple[bool, str, str]:
    superior = found.branches[branch_id].superior_id
    return superior is None, superior or "", branch_id


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


_LEVELS: tuple[tuple[str, float, Kind], ...] = (
    ("level", 10, "text"),
    *((name, 11, "whole") for name in ("quota", "applicants", "pool", "places", "selected", "holders")),
    ("binding", 24, "words"),
)


def _levels(found: Result, t: Translator) -> Iterator[tuple[object, ...]]:
    names = sentences.level_names(t, found.rulebook)
    for value in reversed(found.rulebook.level_values):
        outcome = found.evaluation.level(value)
        held = sum(c.level == value for c in found.consequences)
        if outcome is None:
            yield names[value], None, None, None, None, None, held, t("doc.not_competed")
        else:
            numbers = (outcome.quota, outcome.applicants, outcome.pool, outcome.places, outcome.selected)
            yield names[value], *numbers, held, t(f"binding.{outcome.binding}")


_DECISIONS: tuple[tuple[str, float, Kind], ...] = (
    ("branch", 34, "words"),
    ("level", 10, "text"),
    ("decision", 12, "text"),
    ("reason", 60, "words"),
)


def _decisions(found: Result, t: Translator) -> Iterator[tuple[object, ...]]:
    names = sentences.level_names(t, found.rulebook)
    for each in found.decisions:
        branch = found.branches.get(each.branch_id)
        level = names.get(each.level, str(each.level))
        yield branch.name if branch else each.branch_id, level, t(f"decision.{each.outcome}"), each.reason


_FUNDING: tuple[tuple[str, float, Kind], ...] = (
    ("level", 10, "text"),
    ("branches", 12, "whole"),
    ("each", 18, "text"),
    ("total", 18, "text"),
)


def _funding(found: Result, t: Translator) -> Iterator[tuple[object, ...]]:
    names = sentences.level_names(t, found.rulebook)
    for each in found.amounts:
        unset = t("result.unset")
        yield names[each.level], each.branches, _number(each.each) or unset, _number(each.total) or unset


def _sources(found: Result, t: Translator) -> Iterator[tuple[object, ...]]:
    """What the result was made from and how far it has come."""
    row = found.run.row
    yield t("result.state"), t(f"run.state.{found.run.state}")
    yield t("result.made_at"), t.moment(row.made_at)
    if row.notice_from and row.notice_to:
        yield t("result.notice"), t("result.notice_days", first=t.day(row.notice_from), last=t.day(row.notice_to))
    if row.final_at:
        yield t("result.final_at"), t.moment(row.final_at)
    yield t("result.rules"), row.rules
    yield t("result.inputs"), row.inputs
    yield t("result.result"), row.result

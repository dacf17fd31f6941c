"""A comparison in full, for those who check it: figures, everyone who moves and why, every branch (xlsx)."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.documents import figures
from dashboard.documents.figures import FIGURES, unmarked
from dashboard.documents.sheets import Book, Column, Kind
from dashboard.documents.summary import Summary
from dashboard.i18n.catalogue import Translator
from dashboard.i18n.rule_words import say
from dashboard.services import sentences
from dashboard.services.briefing import Report
from dashboard.services.fairness import Share
from dashboard.services.readings import Alternative, Ambiguity
from dashboard.services.simulation import Move

_OF_BRANCH = ("previous_level", "applied_level", "application_status", "inspected", "awarded", "basis")


def workbook(report: Report, t: Translator) -> bytes:
    """The workbook as an xlsx."""
    book = Book(figures.title(report, t), report.made_at)
    Summary(book, report, t).write()
    book.table(t("doc.sheet.movers"), _columns(t, *_MOVERS), _movers(report, t))
    book.table(t("doc.sheet.levels"), _columns(t, *_LEVELS), _levels(report, t))
    book.table(t("doc.sheet.fairness"), _columns(t, *_FAIRNESS), _fairness(report, t))
    book.table(t("doc.sheet.branches"), _columns(t, *_BRANCHES), _branches(report, t))
    book.table(t("doc.sheet.doubts"), _columns(t, *_DOUBTS), _doubts(report, t))
    return book.done()


def _columns(t: Translator, *columns: tuple[str, float, Kind]) -> list[Column]:
    return [Column(t(f"doc.column.{name}"), width, kind) for name, width, kind in columns]


_MOVERS: tuple[tuple[str, float, Kind], ...] = (
    ("branch", 26, "words"),
    ("superior", 20, "words"),
    ("sector", 18, "words"),
    ("in_force", 11, "text"),
    ("scenario", 11, "text"),
    ("steps", 8, "signed"),
    ("basis_before", 14, "words"),
    ("basis_after", 14, "words"),
    ("rank_before", 8, "whole"),
    ("rank_after", 8, "whole"),
    ("clause", 11, "text"),
    ("reason", 44, "words"),
)


def _movers(report: Report, t: Translator) -> Iterator[tuple[object, ...]]:
    names, book = figures.level_names(report, t), report.both.baseline.rulebook
    for move in report.both.risers_first:
        branch = report.branches[move.branch_id]
        yield (
            branch.name,
            figures.superior(t, branch),
            figures.sector(t, book, branch.sector),
            names[move.before],
            names[move.after],
            _steps(names, move),
            t(f"basis.{move.was.basis}"),
            t(f"basis.{move.now.basis}"),
            move.was.merit_rank,
            move.now.merit_rank,
            move.clause,
            sentences.reason(t, report.both, move),
        )


def _steps(names: dict[int, str], move: Move) -> int:
    """By how many levels a branch rises or falls; from none to three stars is one."""
    order = sorted(names)
    return order.index(move.after) - order.index(move.before)


_LEVELS: tuple[tuple[str, float, Kind], ...] = (
    ("level", 10, "text"),
    ("rules", 9, "text"),
    *((name, 9, "whole") for name in FIGURES),
    ("holders", 10, "whole"),
    ("binding", 16, "words"),
    ("explained", 56, "words"),
)


def _levels(report: Report, t: Translator) -> Iterator[tuple[object, ...]]:
    """A row for each level under each set of rules."""
    both = report.both
    for row in figures.levels(report, t):
        for side, outcome, stars, name in (
            (both.baseline, row.before, row.stars[0], "in_force"),
            (both.scenario, row.after, row.stars[1], "scenario"),
        ):
            numbers = [getattr(outcome, figure, None) for figure in FIGURES]
            rules = t(f"doc.column.{name}")
            if outcome is None:
                yield row.name, rules, *numbers, stars, None, t("doc.not_competed")
            else:
                binding = t(f"binding.{outcome.binding}")
                yield row.name, rules, *numbers, stars, binding, unmarked(sentences.binding(t, side, outcome))


_FAIRNESS: tuple[tuple[str, float, Kind], ...] = (
    ("group", 14, "text"),
    ("group_name", 36, "words"),
    ("branches", 12, "whole"),
    ("starred_before", 14, "whole"),
    ("starred_after", 14, "whole"),
    ("rate_before", 14, "share"),
    ("rate_after", 14, "share"),
    ("gain", 18, "gain"),
)


def _fairness(report: Report, t: Translator) -> Iterator[tuple[object, ...]]:
    book = report.both.baseline.rulebook
    superiors = {b.superior_id: figures.superior(t, b) for b in report.branches.values()}
    for share in report.fairness.superiors:
        yield t("doc.column.superior"), superiors[share.key], *_share(share)
    for share in report.fairness.sectors:
        yield t("doc.column.sector"), figures.sector(t, book, share.key), *_share(share)


def _share(share: Share) -> tuple[object, ...]:
    return share.branches, share.before, share.after, share.rate_before, share.rate_after, share.gain


_BRANCHES: tuple[tuple[str, float, Kind], ...] = (
    ("branch", 34, "words"),
    ("superior", 28, "words"),
    ("sector", 18, "words"),
    ("state", 8, "text"),
    ("previous", 9, "text"),
    ("applied", 9, "text"),
    ("status_before", 16, "words"),
    ("status_after", 16, "words"),
    ("met", 9, "text"),
    ("level_before", 9, "text"),
    ("level_after", 9, "text"),
    ("moves", 8, "text"),
    ("basis_before", 18, "words"),
    ("basis_after", 18, "words"),
)


def _branches(report: Report, t: Translator) -> Iterator[tuple[object, ...]]:
    """Every branch by id, its results under both beside each other."""
    names = figures.level_names(report, t)
    tables = [side.evaluation.table for side in (report.both.baseline, report.both.scenario)]
    before, after = (zip(*(table.column(name).to_pylist() for name in _OF_BRANCH), strict=True) for table in tables)
    ids = tables[0].column("branch_id").to_pylist()
    for key, was, now in zip(ids, before, after, strict=True):
        branch = report.branches[key]
        previous, applied, status, _, level, basis = was
        yield (
            branch.name,
            figures.superior(t, branch),
            figures.sector(t, report.both.baseline.rulebook, branch.sector),
            t("doc.active" if branch.active else "doc.dissolved"),
            names.get(previous),
            names.get(applied),
            t(f"status.{status or 'none'}"),
            t(f"status.{now[2] or 'none'}"),
            names.get(now[3]),
            names.get(level),
            names.get(now[4]),
            t("doc.moves" if level != now[4] else "doc.stays"),
            t(f"basis.{basis}"),
            t(f"basis.{now[5]}"),
        )


_DOUBTS: tuple[tuple[str, float, Kind], ...] = (
    ("doubt", 20, "words"),
    ("clause", 11, "words"),
    ("question", 48, "words"),
    ("reading", 16, "words"),
    ("other", 16, "words"),
    ("movers", 9, "whole"),
    ("who", 46, "words"),
)


def _doubts(report: Report, t: Translator) -> Iterator[tuple[object, ...]]:
    """A row for each other reading of each doubtful clause."""
    for item in report.ambiguities:
        head = (
            figures.reading_name(report, t, item),
            item.reading.clause,
            t.text(item.reading.question),
            figures.in_force(report, t, item),
        )
        for other in item.alternatives:
            yield (
                *head,
                say(t, report.both.scenario.rulebook, other.value),
                len(other.moves),
                _who(report, t, item, other),
            )
        if not item.alternatives:
            yield *head, None, None, t("doc.no_alternative" if item.in_force else "doc.not_in_scenario")


def _who(report: Report, t: Translator, item: Ambiguity, other: Alternative) -> str:
    """The branches that another reading would move; where none, why."""
    if not other.moves:
        return t(f"doc.effect.{item.effect}")
    names = figures.level_names(report, t)
    told = (f"{report.branches[m.branch_id].name}（{names[m.before]}→{names[m.after]}）" for m in other.moves)
    return "、".join(told)

"""A comparison on two pages for those who decide: the answer, what makes it, and who moves (docx)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.documents import figures
from dashboard.documents.figures import FIGURES, arrow, clip
from dashboard.documents.paper import HEADING, LEAD, SMALL, SUBTITLE, TITLE, Block, Grid, Line, page_count
from dashboard.documents.word import write
from dashboard.i18n.catalogue import Translator
from dashboard.i18n.rule_words import say
from dashboard.services import sentences
from dashboard.services.briefing import Report
from dashboard.services.fairness import Share
from dashboard.services.readings import Ambiguity, touching
from dashboard.services.simulation import Move

PAGES = 2
FINGERPRINT = 16  # signs of a fingerprint that the brief prints


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each that the brief lists; the workbook has them all. `words` bounds what users wrote.

    Where fewer than `least` movers would fit, the next limits are tried.
    """

    least: int
    changes: int
    sectors: int
    doubts: int
    words: int


MOVERS = 18
_LIMITS = (
    Limits(least=8, changes=10, sectors=8, doubts=6, words=240),
    Limits(least=0, changes=4, sectors=4, doubts=3, words=80),
)


def brief(report: Report, t: Translator) -> bytes:
    """The brief as a docx of two pages at most: it lists as many movers as fit."""
    return write(_fitted(report, t), title=figures.title(report, t), made_at=report.made_at, language=t.language)


def _fitted(report: Report, t: Translator) -> list[Block]:
    head = [*_head(report, t), *_answer(report, t)]
    levels = [*_levels(report, t), *_binding(report, t), *_cut(report, t)]
    moves = report.both.risers_first
    blocks: list[Block] = []
    for limits in _LIMITS:
        before = [*head, *_changes(report, t, limits), *levels]
        after = [*_fairness(report, t, limits), *_doubts(report, t, limits), _provenance(report, t)]
        for most in range(min(MOVERS, len(moves)), min(limits.least, len(moves)) - 1, -1):
            blocks = [*before, *_movers(report, t, moves, most), *after]
            if page_count(blocks) <= PAGES:
                return blocks
    return blocks


def _head(report: Report, t: Translator) -> list[Block]:
    values = {
        "document": t("doc.title"),
        "year": report.both.year,
        "stage": t(f"doc.stage.{report.both.stage}"),
        "time": figures.data_time(report, t),
        "made": t.moment(report.made_at),
    }
    own = report.scenario.name.strip()
    return [
        Line(clip(figures.title(report, t), 60), TITLE),
        Line(t("doc.head" if own else "doc.head_unnamed", **values), SUBTITLE),
        Line(t("doc.times", **values), SUBTITLE),
    ]


def _answer(report: Report, t: Translator) -> list[Block]:
    texts = [figures.headline(report, t), *figures.warnings(report, t)]
    return [Line(t("doc.section.answer"), HEADING), *(Line(text, LEAD) for text in texts)]


def _changes(report: Report, t: Translator, limits: Limits) -> list[Block]:
    rows = figures.decided(report, t)
    blocks: list[Block] = [Line(t("doc.section.changes"), HEADING)]
    if not rows:
        return [*blocks, Line(t("doc.nothing_changed"))]
    header = tuple(t(f"doc.column.{name}") for name in ("rule", "in_force", "scenario"))
    told = tuple((clip(a, 80), clip(b, limits.words), clip(c, limits.words)) for a, b, c in rows[: limits.changes])
    blocks.append(Grid(header, told, (76, 40, 40), frozenset({1, 2})))
    if len(rows) > limits.changes:
        blocks.append(Line(t("doc.more_changes", count=len(rows) - limits.changes)))
    why = [
        t(f"doc.{name}", text=clip(text.strip(), limits.words))
        for name, text in (("note", report.scenario.note), ("author", report.scenario.author))
        if text.strip()
    ]
    return [*blocks, *([Line("　".join(why))] if why else [])]


def _levels(report: Report, t: Translator) -> list[Block]:
    header = tuple(t(f"doc.column.{name}") for name in ("level", *FIGURES, "holders"))
    rows = figures.levels(report, t)
    told = [(row.name, *(arrow(*row.figure(name)) for name in FIGURES), arrow(*row.stars)) for row in rows]
    total = arrow(report.both.baseline.total, report.both.scenario.total)
    told.append((t("doc.total"), *("" for _ in FIGURES), total))
    widths = (20.0, *(19.0 for _ in FIGURES), 22.0)
    return [
        Line(t("doc.section.levels"), HEADING),
        Grid(header, tuple(told), widths, frozenset(range(len(header)))),
    ]


def _binding(report: Report, t: Translator) -> list[Block]:
    return [Line(t("doc.section.binding"), HEADING), *map(_marked, figures.bindings(report, t))]


def _cut(report: Report, t: Translator) -> list[Block]:
    texts = figures.cuts(report, t) or [t("cut.none")]
    return [Line(t("doc.section.cut"), HEADING), *map(_marked, texts)]


def _marked(text: str) -> Line:
    lead, rest = figures.split_lead(text)
    return Line(rest, lead=lead)


def _movers(report: Report, t: Translator, moves: Sequence[Move], most: int) -> list[Block]:
    names = figures.level_names(report, t)
    blocks: list[Block] = [Line(t("doc.section.movers", count=len(moves)), HEADING)]
    if not moves:
        return [*blocks, Line(t("simulate.nobody"))]
    rows = []
    for move in moves[:most]:
        branch = report.branches[move.branch_id]
        reason = sentences.reason(t, report.both, move)
        above = clip(figures.superior(t, branch), 60)
        rows.append((clip(branch.name, 80), above, names[move.before], names[move.after], reason))
    header = tuple(t(f"doc.column.{name}") for name in ("branch", "superior", "from", "to", "reason"))
    if rows:
        blocks.append(Grid(header, tuple(rows), (31.5, 24.1, 13, 13, 74.4), frozenset({2, 3})))
    if len(moves) > len(rows):
        blocks.append(Line(t("doc.more_movers" if rows else "doc.all_movers", count=len(moves) - len(rows))))
    return blocks


def _fairness(report: Report, t: Translator, limits: Limits) -> list[Block]:
    blocks: list[Block] = [Line(t("doc.section.fairness"), HEADING), Line(figures.favour(report, t))]
    shares = sorted(report.fairness.sectors, key=lambda share: -abs(share.gain))
    header = tuple(t(f"doc.column.{name}") for name in ("sector", "branches", "starred", "rate", "gain"))
    rows = tuple(_share(report, t, share) for share in shares[: limits.sectors])
    if rows:
        blocks.append(Grid(header, rows, (44, 22, 24, 34, 32), frozenset({1, 2, 3, 4})))
    if len(shares) > len(rows):
        blocks.append(Line(t("doc.more_sectors", count=len(shares) - len(rows))))
    return blocks


def _share(report: Report, t: Translator, share: Share) -> tuple[str, ...]:
    name = figures.sector(t, report.both.baseline.rulebook, share.key)
    rate = arrow(t.percent(share.rate_before, 1), t.percent(share.rate_after, 1))
    return name, str(share.branches), arrow(share.before, share.after), rate, f"{share.gain:+.2f}"


def _doubts(report: Report, t: Translator, limits: Limits) -> list[Block]:
    found = touching(report.ambiguities)
    total = t("ambiguity.sum", count=len(report.ambiguities), touching=len(found))
    blocks: list[Block] = [Line(t("doc.section.doubts"), HEADING), Line(total)]
    rows = tuple(_doubt(report, t, item) for item in found[: limits.doubts])
    header = tuple(t(f"doc.column.{name}") for name in ("doubt", "clause", "reading", "others"))
    if rows:
        blocks.append(Grid(header, rows, (47, 22, 42, 45), frozenset({1})))
    if len(found) > len(rows):
        blocks.append(Line(t("doc.more_doubts", count=len(found) - len(rows))))
    return blocks


def _doubt(report: Report, t: Translator, item: Ambiguity) -> tuple[str, ...]:
    book = report.both.scenario.rulebook
    others = t("doc.or").join(
        t("doc.reading", value=say(t, book, other.value), count=len(other.moves))
        for other in item.alternatives
        if other.moves
    )
    name = clip(figures.reading_name(report, t, item), 60)
    return name, item.reading.clause or "—", figures.in_force(report, t, item), others


def _provenance(report: Report, t: Translator) -> Line:
    text = t(
        "doc.provenance",
        rules=report.both.baseline.rulebook.fingerprint[:FINGERPRINT],
        scenario=report.both.scenario.rulebook.fingerprint[:FINGERPRINT],
        version=report.data.version,
        time=figures.data_time(report, t),
    )
    return Line(text + (t("doc.synthetic") if report.synthetic else ""), SMALL)

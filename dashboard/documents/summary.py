"""The first sheet of the workbook: the figures of both, what was changed, what binds, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dashboard.documents import figures
from dashboard.documents.figures import unmarked
from dashboard.documents.sheets import Book, Kind, height_of
from dashboard.i18n.catalogue import Translator
from dashboard.services.briefing import Report
from dashboard.services.sweep import funding

IN_FORCE, SCENARIO = "#66707A", "#9E1B1B"  # colours
WIDTHS = (38, 24, 24, 16)  # characters

Cell = tuple[object, Kind]


class Summary:
    """Writes from top to bottom; `row` is the next one."""

    def __init__(self, book: Book, report: Report, t: Translator) -> None:
        self.book, self.report, self.t = book, report, t
        self.sheet = book.page(t("doc.sheet.summary"))
        self.row = 0

    def write(self) -> None:
        for n, width in enumerate(WIDTHS):
            self.sheet.set_column(n, n, width)
        self._line(figures.title(self.report, self.t), "title", 26)
        self.sheet.freeze_panes(1, 0)
        self.sheet.fit_to_pages(1, 1)
        for text in (figures.headline(self.report, self.t), *figures.warnings(self.report, self.t)):
            self._words(text)
        self._figures()
        self._changes()
        self._section("doc.sheet.binding", figures.bindings(self.report, self.t))
        self._section("doc.sheet.cut", figures.cuts(self.report, self.t) or [self.t("cut.none")])
        self._section("doc.sheet.favour", [figures.favour(self.report, self.t)])
        self._sources()

    def _line(self, text: str, form: str, height: float) -> None:
        self.sheet.set_row(self.row, height)
        self.book.put(self.sheet, self.row, 0, text, form)
        self.row += 1

    def _words(self, text: str) -> None:
        """A sentence across all columns; merged cells do not grow by themselves."""
        self.sheet.set_row(self.row, height_of([(text, sum(WIDTHS))]))
        self._across(0, text, "plain")
        self.row += 1

    def _across(self, first: int, text: str, form: str) -> None:
        self.sheet.merge_range(self.row, first, self.row, len(WIDTHS) - 1, "", self.book.format(form))
        self.book.put(self.sheet, self.row, first, text, form)

    def _section(self, key: str, texts: Iterable[str] = ()) -> None:
        self.row += 1
        self._line(self.t(key), "section", 20)
        for text in texts:
            self._words(unmarked(text))

    def _head(self, *names: str) -> None:
        for n, name in enumerate(names):
            self.book.put(self.sheet, self.row, n, self.t(f"doc.column.{name}"), "head")
        self.row += 1

    def _cells(self, cells: Sequence[Cell]) -> None:
        for n, (value, kind) in enumerate(cells):
            self.book.put(self.sheet, self.row, n, value, kind)
        self.row += 1

    def _figures(self) -> None:
        both, t = self.report.both, self.t
        self._section("doc.sheet.figures")
        self._head("figure", "in_force", "scenario", "change")
        first = self.row
        for level in figures.levels(self.report, t):
            self._pair(t("metric.level", level=level.name), *level.stars)
        if self.row > first:
            self._chart(first, self.row - 1)
        self._pair(t("metric.total"), both.baseline.total, both.scenario.total)
        if active := figures.active(self.report):
            shares = both.baseline.total / active, both.scenario.total / active
            self._cells([(t("doc.coverage"), "text"), *((share, "share") for share in shares), (None, "text")])
        amounts = tuple(funding(side.rulebook, side.stars) for side in (both.baseline, both.scenario))
        if amounts != (None, None):
            self._pair(t("metric.funding"), amounts[0], amounts[1])
        self._cells([(t("metric.changed"), "text"), (None, "text"), (len(both.moves), "whole"), (None, "text")])

    def _pair(self, name: str, before: float | None, after: float | None) -> None:
        change = None if before is None or after is None else after - before
        self._cells([(name, "text"), (before, "whole"), (after, "whole"), (change, "signed")])

    def _chart(self, first: int, last: int) -> None:
        """Stars by level under both, as a chart of Excel's own beside the figures."""
        name, t = self.sheet.get_name(), self.t
        chart = self.book.file.add_chart({"type": "column"})
        for column, colour in ((1, IN_FORCE), (2, SCENARIO)):
            chart.add_series(
                {
                    "name": [name, first - 1, column],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, column, last, column],
                    "fill": {"color": colour},
                    "data_labels": {"value": True},
                    "gap": 80,
                }
            )
        chart.set_title({"name": t("doc.chart"), "name_font": {"size": 12}})
        chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#E4E7EB"}}, "min": 0})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 460, "height": 300})
        self.sheet.insert_chart(1, len(WIDTHS), chart, {"x_offset": 16, "description": t("doc.chart")})

    def _changes(self) -> None:
        rows, scenario = figures.decided(self.report, self.t), self.report.scenario
        self._section("doc.sheet.changes", () if rows else [self.t("doc.nothing_changed")])
        if rows:
            self._head("rule", "in_force", "scenario")
        for row in rows:
            self.sheet.set_row(self.row, height_of(zip(row, WIDTHS, strict=False)))
            self._cells([(text, "words") for text in row])
        for name, text in (("note", scenario.note), ("author", scenario.author)):
            if text.strip():
                self._words(self.t(f"doc.{name}", text=text.strip()))

    def _sources(self) -> None:
        both, t, data = self.report.both, self.t, self.report.data
        self._section("doc.sheet.sources")
        facts: list[tuple[str, object, Kind]] = [
            (t("doc.source.year"), both.year, "text"),
            (t("doc.source.stage"), t(f"doc.stage.{both.stage}"), "text"),
            (t("doc.source.rules"), both.baseline.rulebook.fingerprint, "text"),
            (t("doc.source.scenario"), both.scenario.rulebook.fingerprint, "text"),
            (t("doc.source.version"), data.version, "whole"),
            (t("doc.source.data"), data.at or t("data.none"), "moment" if data.at else "text"),
            (t("doc.source.made"), self.report.made_at, "moment"),
        ]
        for name, value, kind in facts:
            self.book.put(self.sheet, self.row, 0, name, "text")
            self._value(value, kind)
        if self.report.synthetic:
            self._words(t("doc.synthetic").strip())

    def _value(self, value: object, kind: Kind) -> None:
        """A fact beside its name: long text across the other columns."""
        if isinstance(value, (int, datetime)):
            self.book.put(self.sheet, self.row, 1, value, kind)
        else:
            self._across(1, str(value), kind)
        self.row += 1

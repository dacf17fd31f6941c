"""The year's phases and milestones, and the next deadline (正文·四, 附2·四)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError
from dashboard.rules.rulebook import CalendarItem, Rulebook
from dashboard.store.connection import Store, set_property


@dataclass(frozen=True, slots=True)
class Milestone:
    """One item of the calendar in one year, first and last day included."""

    item: CalendarItem
    first: date
    last: date
    state: Literal["past", "now", "ahead"]


def today(store: Store) -> date:
    """Today in the subdistrict; synthetic data keeps the day that it was made for."""
    kept = store.property("as_of")
    return date.fromisoformat(kept) if kept else datetime.now(ZoneInfo("Asia/Shanghai")).date()


def move_day(store: Store, viewer: Viewer, day: date) -> None:
    """Let synthetic data live on another day, so that a year can be tried out from April to December.

    Raises:
        StoreError: the data is real; its day is today.
    """
    require(viewer, "move_day")
    if store.property("synthetic") is None:
        raise StoreError.of("demo.real_data")
    with store.write("move_day", day=day) as cursor:
        set_property(cursor, "as_of", day.isoformat())


def year_calendar(rulebook: Rulebook, year: int, today: date) -> tuple[Milestone, ...]:
    """The calendar of `year` as it stands on `today`, in the order of the days."""
    found = []
    for item in rulebook.calendar:
        first = date(year, item.from_month, 1)
        last = date(year, *item.due) if item.due else date(year, item.to_month, monthrange(year, item.to_month)[1])
        state: Literal["past", "now", "ahead"] = "past" if last < today else "ahead" if first > today else "now"
        found.append(Milestone(item, first, last, state))
    return tuple(sorted(found, key=lambda m: (m.last, m.first)))


def next_deadline(calendar: tuple[Milestone, ...]) -> Milestone | None:
    """The milestone that ends next; None when the year is over."""
    return next((m for m in calendar if m.state != "past" and m.item.kind == "milestone"), None)

"""The calendar of the year as a list, with what is going on now marked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.services.calendar import Milestone
from dashboard.ui import shell


def show_milestones(calendar: Sequence[Milestone], most: int | None = None) -> None:
    """The calendar; with `most`, only that many items that are not over."""
    t = shell.words()
    shown = calendar if most is None else [m for m in calendar if m.state != "past"][:most]
    with st.container(border=True):
        st.subheader(t("overview.ask.calendar"), anchor=False)
        for milestone in shown:
            item = milestone.item
            when = (
                t.month_day(milestone.last)
                if item.due
                else t("calendar.months", first=item.from_month, last=item.to_month)
                if item.from_month != item.to_month
                else t("calendar.month", month=item.from_month)
            )
            text = t(f"calendar.{milestone.state}", when=when, name=t.text(item.name))
            st.markdown(f":gray[:small[{text}]]" if milestone.state == "past" else f":small[{text}]")

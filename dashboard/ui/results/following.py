"""结果运用: funding, recommendation and plans that follow from the result (附2·五)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboard.services import consequences as service
from dashboard.services.consequences import Consequence
from dashboard.ui import resources, shell
from dashboard.ui.results import found


def show(year: int) -> None:
    """The view."""
    t, now = shell.words(), found.closing(year)
    if now.step != "final":
        st.info(t("results.following_open"))
    follows = found.consequences(year)
    _coverage(year, follows)
    _funding(follows)
    _recommended(follows)
    _plans(follows, year)


def _coverage(year: int, follows: tuple[Consequence, ...]) -> None:
    t, book = shell.words(), resources.rulebook()
    if book.coverage is None:
        return
    least = book.levels[book.coverage.level].value
    covered = sum(c.level >= least for c in follows)
    st.markdown(
        t(
            "results.coverage" if year >= book.coverage.from_year else "results.coverage_later",
            level=shell.level_names()[least], covered=covered, all=len(follows), year=book.coverage.from_year,
            share=t.share(covered / len(follows)) if follows else "—",
        )
    )  # fmt: skip


def _money(value: Decimal | None) -> str:
    t = shell.words()
    return t("results.unset") if value is None else t.number(float(value))


def _funding(follows: tuple[Consequence, ...]) -> None:
    """What each level gets, and what that comes to."""
    t, names = shell.words(), shell.level_names()
    amounts = service.amounts(resources.rulebook(), resources.viewer(), follows)
    with st.container(border=True):
        st.subheader(t("results.ask.funding"), anchor=False)
        st.dataframe(
            pd.DataFrame(
                {
                    t("column.level"): [names[a.level] for a in amounts],
                    t("column.stars"): [a.branches for a in amounts],
                    t("results.each"): [_money(a.each) for a in amounts],
                    t("results.total"): [_money(a.total) for a in amounts],
                }
            ),
            hide_index=True,
        )
        if any(a.each is None for a in amounts):
            st.caption(t("results.unset_note"))
        else:
            st.markdown(t("results.sum", sum=_money(sum((a.total or Decimal(0) for a in amounts), Decimal(0)))))


def _recommended(follows: tuple[Consequence, ...]) -> None:
    t, names = shell.words(), shell.level_names()
    key = resources.rulebook().consequences.advanced_recommendation_from
    if key is None:
        return
    own = [c for c in follows if c.advanced]
    with st.container(border=True):
        level = names[resources.rulebook().levels[key].value]
        st.subheader(t("results.ask.recommended", count=len(own), level=level), anchor=False)
        st.caption(t("results.recommended_note", level=level))
        if own:
            st.dataframe(_table(own), hide_index=True, height=min(36 * len(own) + 40, 320))


def _plans(follows: tuple[Consequence, ...], year: int) -> None:
    t = shell.words()
    own = [c for c in follows if c.plan]
    with st.container(border=True):
        st.subheader(t("results.ask.plans", count=len(own)), anchor=False)
        st.caption(t("results.plans_note", year=year))
        if own:
            st.dataframe(_table(own), hide_index=True, height=min(36 * len(own) + 40, 320))


def _table(own: list[Consequence]) -> pd.DataFrame:
    t, names, known = shell.words(), shell.level_names(), found.branches()
    ordered = sorted(own, key=lambda c: (-c.level, known[c.branch_id].superior_id or "￿", c.branch_id))
    return pd.DataFrame(
        {
            t("column.branch"): [known[c.branch_id].name for c in ordered],
            t("column.superior"): [known[c.branch_id].superior or t("superior.none") for c in ordered],
            t("column.level"): [names[c.level] for c in ordered],
        }
    )

"""总览: how the year stands, live. `?wall=1` shows it on a wall screen, without controls."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from dashboard.charts import overview as charts
from dashboard.services.calendar import next_deadline
from dashboard.services.overview import Attention, Group, LevelState, Overview
from dashboard.ui import resources, shell, url
from dashboard.ui.milestones import show_milestones


def show() -> None:
    """The page."""
    t = shell.words()
    wall = url.is_on("wall")
    year = _wall_heading() if wall else shell.heading(t("overview.title"))
    if shell.is_empty():
        return
    state = resources.overview(year)
    shell.freshness(state.synthetic)
    _headline(state)
    st.caption(t(f"overview.stage.{state.stage}"))
    if wall:
        _wall(state)
    else:
        _desk(state)
        st.page_link(shell.page("overview"), label=t("overview.wall"), query_params={"wall": "1"})


def _wall_heading() -> int:
    t = shell.words()
    years = resources.years()
    year = url.start("year", years.all, years.current)
    st.title(t("overview.wall_title", title=t.text(resources.rulebook().title), year=year), anchor=False)
    return int(year)


def _desk(state: Overview) -> None:
    t = shell.words()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _attention(state)
        show_milestones(state.calendar)
    with right:
        _chart(t("overview.ask.quota"), "quota", state, _quota)
        _chart(t("overview.ask.sectors"), "sectors", state, _sectors)
        if state.provisional_branches:
            st.caption(t("overview.provisional", count=state.provisional_branches))
    left, right = st.columns(2, gap="medium")
    with left:
        _chart(t("overview.ask.flow", before=state.year - 1, now=state.year), "flow", state, _flow)
    with right:
        _chart(t("overview.ask.history"), "history", state, _history)
    _chart(t("overview.ask.superiors"), "superiors", state, _superiors)


def _wall(state: Overview) -> None:
    t = shell.words()
    left, middle, right = st.columns([5, 6, 5], gap="medium")
    with left:
        _chart(t("overview.ask.quota"), "quota", state, _quota)
        _chart(t("overview.ask.history"), "history", state, _history)
    with middle:
        _chart(t("overview.ask.superiors"), "superiors", state, _superiors)
    with right:
        _attention(state, links=False)
        show_milestones(state.calendar, most=4)


def _headline(state: Overview) -> None:
    """The numbers first, each beside its goal and its change."""
    t = shell.words()
    names = shell.level_names()
    columns = st.columns(1 + len(state.levels))
    if state.coverage:
        cover = state.coverage
        with columns[0].container(border=True, height="stretch"):
            change = None if cover.last_year is None else (cover.share - cover.last_year) * 100
            st.metric(
                t("overview.coverage", level=names[cover.level]),
                t.percent(cover.share, 1),
                None if change is None else t("overview.points", change=f"{change:+.1f}"),
                help=t("overview.coverage_help", level=names[cover.level]),
            )
            goal = "overview.goal_now" if cover.goal_applies else "overview.goal_later"
            st.caption(t(goal, covered=cover.covered, branches=cover.branches, year=cover.from_year))
    for column, level in zip(columns[1:], reversed(state.levels), strict=True):
        with column.container(border=True, height="stretch"):
            change = level.branches - level.last_year
            st.metric(
                t("overview.level", level=names[level.level]),
                t.number(level.branches),
                t("overview.change", change=f"{change:+d}"),
            )
            st.caption(_against_quota(level))


def _against_quota(level: LevelState) -> str:
    t = shell.words()
    outcome = level.outcome
    if outcome is None or outcome.quota is None or outcome.places is None:
        return t("overview.no_quota")
    return t(
        "overview.against_quota",
        quota=outcome.quota,
        applicants=outcome.applicants,
        places=outcome.places,
        selected=outcome.selected,
    )


def _chart(title: str, name: str, state: Overview, make: Callable[[Overview], go.Figure]) -> None:
    with st.container(border=True):
        st.subheader(title, anchor=False)
        figure = resources.figure(name, state.year, shell.language(), lambda: make(state))
        shell.chart(figure, key=f"chart_{name}")


def _quota(state: Overview) -> go.Figure:
    return charts.levels_against_quota(state.levels, shell.level_names(), shell.words()("overview.quota"))


def _flow(state: Overview) -> go.Figure:
    values = [level.level for level in state.levels]
    t = shell.words()
    before, now = t("year.end", year=state.year - 1), t(f"overview.now.{state.stage}", year=state.year)
    return charts.flows(state.flows, values, shell.level_names(), before, now)


def _history(state: Overview) -> go.Figure:
    values = [level.level for level in state.levels]
    note = shell.words()("overview.history_now")
    return charts.history(state.history, values, shell.level_names(), note)


def _superiors(state: Overview) -> go.Figure:
    return _groups(state, state.superiors, {})


def _sectors(state: Overview) -> go.Figure:
    t = shell.words()
    names = {key: t.text(sector.name) for key, sector in resources.rulebook().sectors.items()}
    return _groups(state, state.sectors, names)


def _groups(state: Overview, groups: tuple[Group, ...], names: dict[str, str]) -> go.Figure:
    t = shell.words()
    labels = [names.get(g.key or "") or g.name or t("superior.none") for g in groups]
    return charts.stacked_groups(groups, labels, [level.level for level in state.levels], shell.level_names())


def _attention(state: Overview, *, links: bool = True) -> None:
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("overview.ask.attention"), anchor=False)
        deadline = next_deadline(state.calendar)
        if deadline:
            days = (deadline.last - state.today).days
            name = t.text(deadline.item.name)
            st.markdown(t("overview.deadline", name=name, date=t.month_day(deadline.last), days=days))
        else:
            st.markdown(t("overview.year_over", year=state.year))
        if not state.attention:
            st.markdown(t("overview.nothing"))
        for item in state.attention:
            _attention_line(item, state, links=links)


_FILTER = {  # where a concern is looked at: the page, and what narrows its list
    "late": ("progress", "urgency", "late"),
    "tie_pending": ("distribution", "basis", "tie_pending"),
    "not_inspected": ("distribution", "basis", "not_inspected"),
    "collective_sanction": ("distribution", "basis", "collective_sanction"),
    "vetoed": ("distribution", "basis", "vetoed"),
    "review_pending": ("distribution", "status", "pending"),
    "over_cap": ("distribution", "status", "over_cap"),
    "uncovered": ("distribution", "level", "0"),
}


def _attention_line(item: Attention, state: Overview, *, links: bool) -> None:
    t = shell.words()
    level = shell.level_names().get(item.level or 0, "")
    goal = state.coverage.from_year if state.coverage else state.year
    text = t(f"attention.{item.concern}", count=item.count, level=level, year=goal)
    chosen = _FILTER.get(item.concern)
    if links and chosen:
        page, name, value = chosen
        params = {name: value, "year": str(state.year), "lang": shell.language()}
        st.page_link(shell.page(page), label=text, query_params=params)
    else:
        st.markdown(f":small[{text}]")

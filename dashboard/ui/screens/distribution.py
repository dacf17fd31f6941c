"""分布: filters, chart to list to branch."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.charts.overview import stacked_groups
from dashboard.services.branches import Branch
from dashboard.services.evaluation import BranchResult
from dashboard.services.overview import Group
from dashboard.ui import resources, shell, url
from dashboard.ui.filters import choose_many

NO_SUPERIOR = "-"


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("distribution.title"))
    if shell.is_empty():
        return
    shell.data_time(resources.overview(year).synthetic)
    branches = {b.branch_id: b for b in resources.branches()}
    rows = [(branches[r.branch_id], r) for r in resources.evaluation(year).branches()]
    chosen = _filters(rows)
    with st.container(border=True):
        picked = _chart(year)
    found = [(b, r) for b, r in rows if _fits(b, r, chosen) and _picked(b, r, picked)]
    st.subheader(t("distribution.found", found=len(found), all=len(rows)), anchor=False)
    if not found:
        st.info(t("distribution.none"))
        return
    _list(found, year)


def _filters(rows: list[tuple[Branch, BranchResult]]) -> dict[str, Any]:
    t = shell.words()
    book = resources.rulebook()
    superiors = {b.superior_id or NO_SUPERIOR: b.superior or t("superior.none") for b, _ in rows}
    names = shell.level_names()
    options: dict[str, dict[str, str]] = {
        "superior": dict(sorted(superiors.items())),
        "sector": {key: t.text(sector.name) for key, sector in book.sectors.items()},
        "level": {str(value): names[value] for value in sorted(names, reverse=True)},
        "basis": {basis: t(f"basis.{basis}") for basis in sorted({r.basis for _, r in rows})},
        "status": {s: t(f"status.{s}") for s in sorted({r.application_status or "" for _, r in rows} - {""})},
    }
    with st.container(border=True):
        text = _text_filter()
        return {"text": text, **choose_many(options)}


def _text_filter() -> str:
    t = shell.words()
    key = url.widget_key("q")
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get("q", st.session_state.get("kept_q", ""))[:50]
    text = st.text_input(t("filter.text"), key=key, placeholder=t("filter.text_hint"), max_chars=50)
    url.keep("q", text.strip(), "")
    return text.strip()


def _fits(branch: Branch, result: BranchResult, chosen: dict[str, Any]) -> bool:
    values = {
        "superior": branch.superior_id or NO_SUPERIOR,
        "sector": branch.sector,
        "level": str(result.awarded_level),
        "basis": result.basis,
        "status": result.application_status or "",
    }
    text = chosen["text"].lower()
    named = not text or text in branch.name.lower() or text in branch.branch_id.lower()
    return named and all(not chosen[name] or value in chosen[name] for name, value in values.items())


def _chart(year: int) -> list[tuple[str, int]]:
    """The chart of all superiors; returns what was clicked: superior and level."""
    t = shell.words()
    state = resources.overview(year)
    values = [level.level for level in state.levels]
    labels = [group.name or t("superior.none") for group in state.superiors]
    st.subheader(t("distribution.ask"), anchor=False)
    event = shell.chart(
        resources.figure("pick", year, shell.language(), lambda: _figure(state.superiors, labels, values)),
        key=f"pick_{year}",
        on_select="rerun",
        selection_mode="points",
    )
    order = [*reversed(values), 0]
    keys = {label: group.key or NO_SUPERIOR for label, group in zip(labels, state.superiors, strict=True)}
    points = event["selection"]["points"]
    picked = [(keys[point["y"]], order[point["curve_number"]]) for point in points]
    if picked:
        st.caption(t("distribution.picked", names="、".join(point["y"] for point in points)))
    return picked


def _figure(groups: tuple[Group, ...], labels: list[str], values: list[int]) -> go.Figure:
    figure = stacked_groups(groups, labels, values, shell.level_names())
    return figure.update_layout(clickmode="event+select")


def _picked(branch: Branch, result: BranchResult, picked: list[tuple[str, int]]) -> bool:
    return not picked or (branch.superior_id or NO_SUPERIOR, result.awarded_level) in picked


def _list(found: list[tuple[Branch, BranchResult]], year: int) -> None:
    t = shell.words()
    names = shell.level_names()
    sectors = {key: t.text(sector.name) for key, sector in resources.rulebook().sectors.items()}
    table = pd.DataFrame(
        {
            t("column.branch"): [b.name for b, _ in found],
            t("column.superior"): [b.superior or t("superior.none") for b, _ in found],
            t("column.sector"): [sectors.get(b.sector, "") for b, _ in found],
            t("column.previous_level"): [names[r.previous_level] for _, r in found],
            t("column.applied_level"): [names[r.applied_level] if r.applied_level else "—" for _, r in found],
            t("column.application_status"): [
                t(f"status.{r.application_status}") if r.application_status else "—" for _, r in found
            ],
            t("column.level_met"): ["—" if r.level_met is None else names[r.level_met] for _, r in found],
            t("column.awarded_level"): [names[r.awarded_level] for _, r in found],
            t("column.basis"): [t(f"basis.{r.basis}") for _, r in found],
        }
    )
    st.caption(t("distribution.open_hint"))
    event = st.dataframe(
        table,
        hide_index=True,
        height=min(36 * len(found) + 40, 560),
        on_select="rerun",
        selection_mode="single-row",
        key=f"list_{year}",
        column_config={
            t("column.branch"): st.column_config.TextColumn(width=260, pinned=True),
            t("column.application_status"): st.column_config.TextColumn(width=120),
            t("column.basis"): st.column_config.TextColumn(width=150),
        },
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(found):
        chosen = found[rows[0]][0]
        params = {"branch": chosen.branch_id, "year": str(year), "lang": shell.language()}
        st.page_link(shell.page("branch"), label=t("distribution.open", name=chosen.name), query_params=params)

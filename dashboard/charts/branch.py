"""The figures of a branch's file and of a list of branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, GOLD, GRID, QUIET, finish
from dashboard.services.branch_file import YearOfStar


def stars_over_years(history: Sequence[YearOfStar], values: Sequence[int], names: Mapping[int, str]) -> go.Figure:
    """The level of each year as a stepped line; a year under way is an open point."""
    levels = [0, *values]
    years = [str(item.year) for item in history]
    heights = [levels.index(item.level) for item in history]
    figure = go.Figure()
    figure.add_scatter(
        x=years,
        y=heights,
        mode="lines+markers+text",
        line={"shape": "hv", "color": QUIET, "width": 2},
        marker={
            "size": 15,
            "symbol": [_symbol(item) for item in history],
            "color": [GOLD if item.level else QUIET for item in history],
            "line": {"width": 1.5, "color": [GOLD if item.recorded else ACCENT for item in history]},
        },
        text=[names[item.level] for item in history],
        textposition="top center",
        hovertemplate="%{x}　%{text}<extra></extra>",
        cliponaxis=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(levels))),
        ticktext=[names[level] for level in levels],
        range=[-0.4, len(levels) - 0.4],
        gridcolor=GRID,
    )
    figure.update_xaxes(type="category", showgrid=False)
    return finish(figure, height=240)


def _symbol(item: YearOfStar) -> str:
    """A star where there is one, else a dot; open for the year under way."""
    return ("star" if item.level else "circle") + ("" if item.recorded else "-open")

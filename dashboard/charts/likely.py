"""The figures of an estimate: the chance of each level, and how such chances came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.style import GRID, INK, QUIET, finish, marker
from dashboard.services.calibration import Bin


def chances(values: Mapping[int, float], names: Mapping[int, str], told: Mapping[int, str]) -> go.Figure:
    """A bar for each level, the highest on top; `told` are the chances in words."""
    levels = sorted(values, reverse=True)
    figure = go.Figure()
    figure.add_bar(
        y=[names[level] for level in levels], x=[values[level] for level in levels], orientation="h",
        marker={"color": [marker(level, sorted(values)[1:])["color"] for level in levels]},
        text=[told[level] for level in levels], textposition="outside", cliponaxis=False, hoverinfo="skip",
        textfont={"color": INK},
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.15], showgrid=False, showticklabels=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return finish(figure, height=38 * len(levels) + 20, bargap=0.35)


def reliability(bins: Sequence[Bin], axes: tuple[str, str]) -> go.Figure:
    """How often chances came true against what they said, with 95% intervals; on the diagonal they did."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot", "width": 1}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[b.given for b in bins], y=[b.came_true for b in bins], mode="markers",
        marker={"color": "#2c4f75", "size": 9},
        error_y={
            "type": "data", "symmetric": False, "color": "#7fa3c4", "thickness": 1.5,
            "array": [b.interval[1] - b.came_true for b in bins],
            "arrayminus": [b.came_true - b.interval[0] for b in bins],
        },
        customdata=[b.count for b in bins],
        hovertemplate="%{x:.0%} → %{y:.0%}　n = %{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%", title={"text": axes[0]}, gridcolor=GRID)
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", title={"text": axes[1]}, gridcolor=GRID)
    return finish(figure, height=360)

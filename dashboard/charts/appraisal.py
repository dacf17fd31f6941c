"""The figures of appraisals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, GRID, INK, finish

STEP = 2  # per cent that a bar spans


def shares(values: Sequence[float], least: float | None, axes: tuple[str, str], names: tuple[str, str]) -> go.Figure:
    """How many branches have which satisfied share, in per cent; those that reach `least` apart from those below."""
    figure = go.Figure()
    reach = [value for value in values if least is None or value >= least]
    below = [value for value in values if least is not None and value < least]
    for name, found, colour in ((names[0], reach, "#47729b"), (names[1], below, "#dfe3e8")):
        bars = Counter(min(int(value // STEP) * STEP, 100 - STEP) for value in found)
        if bars:
            starts = sorted(bars)
            figure.add_bar(
                x=[start + STEP / 2 for start in starts], y=[bars[start] for start in starts], name=name,
                width=STEP * 0.92, marker={"color": colour, "line": {"width": 0}},
                customdata=[f"{start}%–{start + STEP}%" for start in starts],
                text=[bars[start] for start in starts], textposition="outside", cliponaxis=False,
                hovertemplate="%{customdata}　%{y}<extra></extra>",
            )  # fmt: skip
    low = min(int(min(values) // 10) * 10, 80)
    figure.update_xaxes(range=[low - 1, 101], ticksuffix="%", title={"text": axes[0]}, showgrid=False)
    figure.update_yaxes(title={"text": axes[1]}, gridcolor=GRID, rangemode="tozero")
    if least is not None:
        figure.add_vline(
            x=least, line={"color": ACCENT, "width": 1.5, "dash": "dash"},
            annotation={"text": f"{least:g}%", "font": {"color": INK}, "xanchor": "right", "yanchor": "bottom"},
        )  # fmt: skip
    figure = finish(figure, height=300, legend=least is not None, barmode="stack")
    figure.update_layout(margin={"t": 46})
    return figure

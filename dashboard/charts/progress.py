"""The figures of the timetable: what is open, by step and by superior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, INK, NONE, finish
from dashboard.services.standing import Pile
from dashboard.services.steps import STATES, State

COLOURS: Mapping[State, str] = {"late": ACCENT, "now": "#47729b", "may": "#a8c0d6", "ahead": "#c9d3dc", "done": NONE}
_LIGHT: Mapping[State, str] = {"late": "#ffffff", "now": "#ffffff"}  # ink on dark bars


def piles(found: Sequence[Pile], labels: Sequence[str], names: Mapping[State, str]) -> go.Figure:
    """Branches by step or superior, as stacked bars by state, the most urgent first, but for states without any."""
    figure = go.Figure()
    for state in STATES:
        counts = [pile.counts.get(state, 0) for pile in found]
        if any(counts):
            figure.add_bar(
                y=list(labels),
                x=counts,
                orientation="h",
                name=names[state],
                marker={"color": COLOURS[state], "line": {"width": 0}},
                text=[str(n) if n else "" for n in counts],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": _LIGHT.get(state, INK)},
                hovertemplate="%{y}　" + names[state] + "　%{x}<extra></extra>",
            )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, showticklabels=False)
    return finish(figure, height=30 * len(found) + 60, legend=True, barmode="stack", bargap=0.28)

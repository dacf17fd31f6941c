"""The figures of the vote for star members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, GOLD, GRID, QUIET, finish

INSIDE, TIED, OUTSIDE = GOLD, ACCENT, "#a8c0d6"
_CHANNELS = ("#2c4f75", "#7fa3c4", "#d6a419", "#8a6a0c", "#66707a", "#47729b")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def ranking(
    labels: Sequence[str], scores: Sequence[float], lines: Sequence[str], names: Mapping[str, str]
) -> go.Figure:
    """Nominees in order, the best on top, by where they stand: `inside` the line, `tied` across it, or `outside`."""
    figure = go.Figure()
    for line, colour in (("inside", INSIDE), ("tied", TIED), ("outside", OUTSIDE)):
        rows = [n for n, found in enumerate(lines) if found == line]
        if rows:
            figure.add_bar(
                y=[labels[n] for n in rows], x=[scores[n] for n in rows], orientation="h", name=names[line],
                marker={"color": colour}, text=[f"{scores[n]:,g}" for n in rows], textposition="outside",
                cliponaxis=False, hovertemplate="%{y}　%{x:,}<extra></extra>",
            )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", categoryarray=list(labels))
    figure.update_xaxes(showgrid=False, showticklabels=False)
    figure = finish(figure, height=22 * len(labels) + 70, legend=True, barmode="overlay", bargap=0.25)
    figure.update_layout(margin={"r": 60})
    return figure


def by_day(days: Sequence[str], counts: Mapping[str, Sequence[int]], names: Mapping[str, str]) -> go.Figure:
    """Votes counted each day, a line a channel."""
    figure = go.Figure()
    for n, (channel, values) in enumerate(counts.items()):
        figure.add_scatter(
            x=list(days), y=list(values), mode="lines+markers", name=names.get(channel, channel),
            line={"color": _CHANNELS[n % len(_CHANNELS)], "width": 2, "dash": _DASHES[n % len(_DASHES)]},
            marker={"size": 5}, hovertemplate="%{x}　" + names.get(channel, channel) + " %{y:,}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(type="category", showgrid=False, nticks=10, tickangle=0)
    figure.update_yaxes(gridcolor=GRID, rangemode="tozero")
    return finish(figure, height=300, legend=True)


def balance(
    labels: Sequence[str], accepted: Sequence[int], rejected: Sequence[int], names: tuple[str, str]
) -> go.Figure:
    """What was counted and what was not, for each channel."""
    figure = go.Figure()
    for name, values, colour in ((names[0], accepted, "#47729b"), (names[1], rejected, "#dfe3e8")):
        figure.add_bar(
            y=list(labels), x=list(values), orientation="h", name=name, marker={"color": colour},
            text=[f"{v:,}" if v else "" for v in values], textposition="auto", insidetextanchor="start",
            textfont={"color": QUIET if colour == "#dfe3e8" else "#ffffff"},
            hovertemplate="%{y}　" + name + " %{x:,}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    longest = max((a + r for a, r in zip(accepted, rejected, strict=True)), default=0)
    figure.update_xaxes(showgrid=False, showticklabels=False, range=[0, 1.22 * longest or 1])  # room for the last label
    return finish(figure, height=36 * len(labels) + 60, legend=True, barmode="stack", bargap=0.3)

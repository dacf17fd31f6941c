"""The figures of the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, GRID, INK, QUIET, finish, level_colours, marker, text_colour
from dashboard.services.overview import Group, LevelState

Names = Mapping[int, str]


def levels_against_quota(levels: Sequence[LevelState], names: Names, quota_label: str) -> go.Figure:
    """Stars by level against the quota: a bar for each level, highest on top, a line where the quota stands."""
    values = [state.level for state in levels]
    figure = go.Figure()
    for state in levels:
        figure.add_bar(
            y=[names[state.level]],
            x=[state.branches],
            orientation="h",
            marker=marker(state.level, values),
            width=0.62,
            text=[str(state.branches)],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            textfont={"size": 15, "color": text_colour(state.level, values)},
            hoverinfo="skip",
        )
    for row, state in enumerate(levels):
        if state.outcome and state.outcome.quota is not None:
            quota = state.outcome.quota
            figure.add_shape(
                type="line",
                x0=quota,
                x1=quota,
                y0=row - 0.42,
                y1=row + 0.42,
                line={"color": ACCENT, "width": 3},
            )
            figure.add_annotation(
                x=quota,
                y=row + 0.44,
                text=f"{quota_label} {quota}",
                showarrow=False,
                yanchor="bottom",
                xanchor="left" if quota < max(s.branches for s in levels) * 0.7 else "right",
                font={"size": 12, "color": ACCENT},
            )
    figure.update_xaxes(showgrid=False, showticklabels=False, rangemode="tozero")
    return finish(figure, height=70 * len(levels) + 30, yaxis={"showgrid": False})


def stacked_groups(groups: Sequence[Group], labels: Sequence[str], values: Sequence[int], names: Names) -> go.Figure:
    """Branches by level within each superior or sector, as stacked bars with their numbers."""
    figure = go.Figure()
    for value in (*reversed(values), 0):
        counts = [group.levels.get(value, 0) for group in groups]
        figure.add_bar(
            y=list(labels),
            x=counts,
            orientation="h",
            name=names[value],
            marker=marker(value, values),
            text=[str(n) if n else "" for n in counts],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": text_colour(value, values)},
            hovertemplate="%{y}　" + names[value] + "　%{x}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, showticklabels=False)
    return finish(figure, height=30 * len(groups) + 60, legend=True, barmode="stack", bargap=0.28)


def flows(
    counts: Mapping[tuple[int, int], int], values: Sequence[int], names: Names, before: str, now: str
) -> go.Figure:
    """Branches by level last year and now, as a flow."""
    levels = [*reversed(values), 0]
    colours = level_colours(values)
    left = {level: sum(n for (a, _), n in counts.items() if a == level) for level in levels}
    right = {level: sum(n for (_, b), n in counts.items() if b == level) for level in levels}
    source_levels = [level for level in levels if left[level]]
    target_levels = [level for level in levels if right[level]]
    links = [(a, b, counts[a, b]) for a in source_levels for b in target_levels if counts.get((a, b))]
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "x": [0.001] * len(source_levels) + [0.999] * len(target_levels),
                "y": [*_middles(left, source_levels), *_middles(right, target_levels)],
                "label": [f"{names[v]} {left[v]}" for v in source_levels]
                + [f"{names[v]} {right[v]}" for v in target_levels],
                "color": [colours[v] for v in (*source_levels, *target_levels)],
                "line": {"width": 0},
                "pad": 16,
                "thickness": 16,
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": [source_levels.index(a) for a, _, _ in links],
                "target": [len(source_levels) + target_levels.index(b) for _, b, _ in links],
                "value": [n for _, _, n in links],
                "color": [_link_colour(a, b) for a, b, _ in links],
                "hovertemplate": "%{source.label} → %{target.label}　%{value}<extra></extra>",
            },
            textfont={"size": 13, "color": INK},
        )
    )
    for x, text, anchor in ((0, before, "left"), (1, now, "right")):
        figure.add_annotation(
            x=x, y=1.02, xref="paper", yref="paper", text=text, showarrow=False, xanchor=anchor, yanchor="bottom",
            font={"size": 12, "color": QUIET},
        )  # fmt: skip
    figure = finish(figure, height=330)
    figure.update_layout(margin={"t": 30, "l": 4, "r": 4, "b": 12})
    return figure


def _middles(counts: Mapping[int, int], levels: Sequence[int]) -> list[float]:
    """Where each node stands, from the top, so that the order of the levels is kept."""
    gap = 0.04
    total = sum(counts[level] for level in levels) or 1
    room = 1 - gap * (len(levels) - 1)
    found, top = [], 0.0
    for level in levels:
        height = counts[level] / total * room
        found.append(min(max(top + height / 2, 0.001), 0.999))
        top += height + gap
    return found


def _link_colour(before: int, now: int) -> str:
    """Risen, kept, or fallen."""
    if now > before:
        return "rgba(71,114,155,0.45)"
    return "rgba(158,27,27,0.45)" if now < before else "rgba(180,188,196,0.35)"


def history(counts: Mapping[int, Mapping[int, int]], values: Sequence[int], names: Names, under_way: str) -> go.Figure:
    """Branches by level over the years, as shares of all branches, with the last one marked as under way."""
    years = sorted(counts)
    labels = [str(year) for year in years[:-1]] + [f"{years[-1]}<br>{under_way}"]
    figure = go.Figure()
    for value in (*reversed(values), 0):
        numbers = [counts[year].get(value, 0) for year in years]
        totals = [sum(counts[year].values()) or 1 for year in years]
        figure.add_bar(
            x=labels,
            y=[n / total for n, total in zip(numbers, totals, strict=True)],
            name=names[value],
            marker=marker(value, values),
            text=[str(n) if n else "" for n in numbers],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": text_colour(value, values)},
            customdata=numbers,
            hovertemplate="%{x}　" + names[value] + "　%{customdata}（%{y:.0%}）<extra></extra>",
        )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.001], gridcolor=GRID)
    figure.update_xaxes(type="category")
    return finish(figure, height=330, legend=True, barmode="stack", bargap=0.32)

"""The figures of the simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import plotly.graph_objects as go

from dashboard.charts.style import ACCENT, GOLD, GRID, INK, QUIET, finish, level_colours

Names = Mapping[int, str]


def cliff(
    places: Sequence[int], stars: Sequence[int], *, now: int, in_force: int, labels: Mapping[str, str]
) -> go.Figure:
    """Stars at a level against its places. Every fall from one place to the next is drawn in red; the line stands at
    the places of today and of the scenario. Labels: `x`, `y`, `now`, `in_force`, `fall` (with {before} and {after})."""
    figure = go.Figure()
    figure.add_scatter(
        x=list(places), y=list(stars), mode="lines", line={"shape": "hv", "color": INK, "width": 2},
        hovertemplate=labels["x"] + " %{x}　" + labels["y"] + " %{y}<extra></extra>",
    )  # fmt: skip
    for (left, high), (right, low) in pairwise(zip(places, stars, strict=True)):
        if low < high:
            figure.add_scatter(
                x=[right, right], y=[high, low], mode="lines+markers",
                line={"color": ACCENT, "width": 4}, marker={"size": 7, "color": ACCENT}, hoverinfo="skip",
            )  # fmt: skip
            figure.add_annotation(
                x=right, y=high, text=labels["fall"].format(left=left, right=right, high=high, low=low),
                showarrow=False, xanchor="left", yanchor="bottom", font={"size": 12, "color": ACCENT},
            )  # fmt: skip
    by_place = dict(zip(places, stars, strict=True))
    marks = [(in_force, labels["in_force"], QUIET, "circle-open")]
    if now != in_force:
        marks.append((now, labels["now"], GOLD, "diamond"))
    for at, text, colour, symbol in marks:
        if at in by_place:
            figure.add_scatter(
                x=[at], y=[by_place[at]], mode="markers+text", text=[text], textposition="top left",
                marker={"size": 13, "color": colour, "symbol": symbol, "line": {"width": 2, "color": INK}},
                hovertemplate=f"{text}　%{{x}} → %{{y}}<extra></extra>", cliponaxis=False,
            )  # fmt: skip
    figure.update_xaxes(title={"text": labels["x"]}, showgrid=False)
    figure.update_yaxes(title={"text": labels["y"]}, rangemode="tozero", gridcolor=GRID)
    return finish(figure, height=340)


def sweep_lines(
    values: Sequence[str], stars: Mapping[int, Sequence[int | None]], names: Names, *, now: str, axis: str, unit: str
) -> go.Figure:
    """Branches by level at each value of one parameter, a line a level, and a line where the value stands."""
    levels = sorted(stars)
    colours = level_colours(levels)
    dashes = ("solid", "dash", "dot", "dashdot")
    figure = go.Figure()
    for n, level in enumerate(reversed(levels)):
        figure.add_scatter(
            x=list(values), y=list(stars[level]), name=names[level], mode="lines",
            line={"color": colours[level], "width": 3, "dash": dashes[n % len(dashes)], "shape": "hv"},
            hovertemplate=axis + " %{x}　" + names[level] + " %{y}<extra></extra>",
        )  # fmt: skip
    if now in values:
        figure.add_vline(x=list(values).index(now), line={"color": ACCENT, "width": 2, "dash": "dot"})
    figure.update_xaxes(type="category", title={"text": axis}, showgrid=False, nticks=12, tickangle=0)
    figure.update_yaxes(title={"text": unit}, gridcolor=GRID)
    return finish(figure, height=360, legend=True)


def decision_map(
    rows: Sequence[str],
    columns: Sequence[str],
    figures: Sequence[Sequence[float | None]],
    *,
    titles: tuple[str, str, str],
    now: tuple[str, str],
    in_force: tuple[str, str],
    labels: tuple[str, str],
) -> go.Figure:
    """A figure at each pair of values. `titles`: of the rows, the columns and the figure; `now` and `in_force` are
    pairs of row and column, marked and named by `labels` where the map has them."""
    figure = go.Figure(
        go.Heatmap(
            x=list(columns),
            y=list(rows),
            z=[list(row) for row in figures],
            colorscale="Cividis",
            colorbar={"title": {"text": titles[2]}, "thickness": 12, "outlinewidth": 0},
            hoverinfo="skip",
        )
    )
    # a layer of points that can be clicked: a heat map itself takes no selection
    figure.add_scatter(
        x=[c for _ in rows for c in columns], y=[r for r in rows for _ in columns],
        customdata=[value for row in figures for value in row], mode="markers", showlegend=False,
        marker={"size": 11, "opacity": 0, "symbol": "square"},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        hovertemplate=f"{titles[0]} %{{y}}<br>{titles[1]} %{{x}}<br>{titles[2]} %{{customdata}}<extra></extra>",
    )  # fmt: skip
    for (row, column), text, symbol in ((in_force, labels[1], "circle-open"), (now, labels[0], "diamond-open")):
        if row in rows and column in columns:
            figure.add_scatter(
                x=[column], y=[row], mode="markers+text", text=[text], textposition="top center",
                textfont={"color": "#ffffff", "size": 13},
                marker={"size": 15, "symbol": symbol, "color": "#ffffff", "line": {"width": 3, "color": "#ffffff"}},
                hoverinfo="skip",
            )  # fmt: skip
    figure.update_xaxes(type="category", title={"text": titles[1]}, nticks=7, tickangle=0, showgrid=False)
    figure.update_yaxes(type="category", title={"text": titles[0]}, nticks=14, showgrid=False)
    return finish(figure, height=560, clickmode="event+select")


def years_ahead(
    years: Sequence[int],
    bands: Sequence[tuple[float, float, float]],
    before: Sequence[float] | None,
    quota: Sequence[float | None] | None,
    supply: Sequence[float] | None,
    labels: Mapping[str, str],
) -> go.Figure:
    """The middle of many simulated years with its band (low, middle, high), the same under the rules in force, and
    where there is one the quota and the supply. Labels: `middle`, `band`, `in_force`, `quota`, `supply`."""
    x = [str(year) for year in years]
    figure = go.Figure()
    figure.add_scatter(
        x=x, y=[b[2] for b in bands], mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip"
    )
    figure.add_scatter(
        x=x, y=[b[0] for b in bands], mode="lines", line={"width": 0}, fill="tonexty",
        fillcolor="rgba(71,114,155,0.22)", name=labels["band"], hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=[b[1] for b in bands], mode="lines+markers+text", name=labels["middle"],
        text=[f"{b[1]:g}" for b in bands], textposition="top center", cliponaxis=False,
        line={"color": "#2c4f75", "width": 3}, marker={"size": 7},
    )  # fmt: skip

    if before is not None:
        figure.add_scatter(
            x=x,
            y=list(before),
            mode="lines",
            name=labels["in_force"],
            line={"color": QUIET, "width": 2, "dash": "dash"},
        )
    if quota is not None:
        figure.add_scatter(
            x=x, y=list(quota), mode="lines", name=labels["quota"], line={"color": ACCENT, "width": 2, "shape": "hvh"}
        )
    if supply is not None:
        figure.add_scatter(
            x=x, y=list(supply), mode="lines", name=labels["supply"], line={"color": GOLD, "width": 2, "dash": "dot"}
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(gridcolor=GRID, rangemode="tozero")
    return finish(figure, height=330, legend=True)


def before_and_after(
    labels: Sequence[str], before: Sequence[float], after: Sequence[float], names: tuple[str, str], *, percent: bool
) -> go.Figure:
    """Two points a row, joined: what was and what would be."""
    figure = go.Figure()
    for label, a, b in zip(labels, before, after, strict=True):
        figure.add_scatter(
            x=[a, b], y=[label, label], mode="lines", line={"color": "#2c4f75" if b >= a else ACCENT, "width": 4},
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    form = ":.0%" if percent else ""
    for name, xs, symbol, colour in ((names[0], before, "circle-open", QUIET), (names[1], after, "circle", "#2c4f75")):
        figure.add_scatter(
            x=list(xs), y=list(labels), mode="markers", name=name,
            marker={"size": 11, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
            hovertemplate="%{y}　" + name + " %{x" + form + "}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(tickformat=".0%" if percent else "", gridcolor=GRID)
    return finish(figure, height=26 * len(labels) + 80, legend=True)


def grouped_years(
    years: Sequence[str], before: Sequence[int], after: Sequence[int], names: tuple[str, str]
) -> go.Figure:
    """Stars of each finished year under both rules."""
    figure = go.Figure()
    for name, heights, colour in ((names[0], before, "#a8c0d6"), (names[1], after, "#2c4f75")):
        figure.add_bar(
            x=list(years), y=list(heights), name=name, marker={"color": colour}, text=[str(h) for h in heights],
            textposition="outside", cliponaxis=False, hovertemplate="%{x}　" + name + " %{y}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(gridcolor=GRID)
    return finish(figure, height=300, legend=True, barmode="group", bargap=0.3)

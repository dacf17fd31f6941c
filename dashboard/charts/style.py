"""One look for every chart: a fixed colour for each level, type for CJK, no decoration.

The colours stay apart for colour-blind readers and in black and white; the highest level is hatched as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

ACCENT = "#9e1b1b"
INK = "#1f2933"
QUIET = "#66707a"
GRID = "#e4e7eb"
GOLD = "#d6a419"
NONE = "#dfe3e8"
_RAMP = ("#a8c0d6", "#7fa3c4", "#47729b", "#2c4f75")
FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def level_colours(values: Sequence[int]) -> dict[int, str]:
    """A colour for each level: grey for none, blues ascending, gold for the highest."""
    lower = values[:-1]
    picks = (0, 2) if len(lower) == 2 else range(len(_RAMP))
    ramp = [_RAMP[i] for i in picks]
    colours = {0: NONE, values[-1]: GOLD}
    return colours | {value: ramp[min(i, len(ramp) - 1)] for i, value in enumerate(lower)}


def marker(value: int, values: Sequence[int]) -> dict[str, Any]:
    """How a bar of a level is drawn."""
    colour = level_colours(values)[value]
    hatch: dict[str, Any] = {}
    if value == values[-1]:
        hatch = {
            "shape": "/",
            "fillmode": "overlay",
            "fgcolor": "#8a6a0c",
            "fgopacity": 0.55,
            "size": 7,
            "solidity": 0.2,
        }
    return {"color": colour, "pattern": hatch, "line": {"width": 0}}


def text_colour(value: int, values: Sequence[int]) -> str:
    """Ink that reads on the colour of a level."""
    return "#ffffff" if value in values[1:-1] else INK


def finish(figure: go.Figure, *, height: int, legend: bool = False, **layout: Any) -> go.Figure:
    """Apply the house style."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 8, "t": 8 if not legend else 34, "b": 8},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
        hoverlabel={"font": {"family": FONT}},
        separators=".,",
        **layout,
    )
    axis = {"automargin": True, "zeroline": False, "fixedrange": True, "title": {"font": {"size": 13}, "standoff": 10}}
    figure.update_xaxes(gridcolor=GRID, **axis)
    figure.update_yaxes(gridcolor=GRID, **axis)
    return figure

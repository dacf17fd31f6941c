"""Before deciding: the cliff and the sweep of one parameter, the map of two, and the least that reaches a goal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from dashboard.charts import simulation as charts
from dashboard.i18n.rule_words import label, say
from dashboard.rules.adjustable import Adjustable
from dashboard.services.simulation import Simulation
from dashboard.services.sweep import GRID, Grid, Sweep, Totals
from dashboard.services.turning import Aim, Goal, Step, seek
from dashboard.ui import resources, shell, url
from dashboard.ui.simulation import draft as drafts
from dashboard.ui.simulation import results
from dashboard.ui.simulation.controls import usual_levers, write_text
from dashboard.ui.simulation.draft import Draft


def show_cliff(draft: Draft, both: Simulation) -> None:
    """The view: places against stars for each level, and any parameter as a line."""
    _cliffs(both)
    _sweep(draft, both)


def _cliffs(both: Simulation) -> None:
    t, names = shell.words(), shell.level_names()
    book = both.scenario.rulebook
    everything = results.choices(book, both.year)
    keys = [k for k in reversed(book.level_keys) if f"quotas.{k}.places.{both.year}" in everything]
    st.subheader(t("cliff.ask"), anchor=False)
    if not keys:
        st.markdown(t("cliff.none"))
        return
    paths = tuple(f"quotas.{k}.places.{both.year}" for k in keys)
    for key, sweep in zip(keys, results.sweeps(book, both.year, paths, False), strict=True):
        level = book.levels[key].value
        now = int(str(sweep.axis.adjustable.value))
        before = both.baseline.evaluation.level(level)
        in_force = now if before is None or before.quota is None else before.quota
        places, stars = _worth_showing(sweep, level, max(now, in_force))
        shell.chart(
            charts.cliff(
                places,
                stars,
                now=now,
                in_force=in_force,
                labels={
                    "x": t("cliff.x", level=names[level]),
                    "y": t("cliff.y", level=names[level]),
                    "now": t("simulate.scenario"),
                    "in_force": t("simulate.baseline"),
                    "fall": t("cliff.fall", left="{left}", right="{right}", high="{high}", low="{low}"),
                },
            ),
            key=f"cliff_{key}",
        )
        st.markdown(_cliff_sentence(sweep, level, now))


def _worth_showing(sweep: Sweep, level: int, least: int) -> tuple[list[int], list[int]]:
    """Places and stars up to a little beyond the last place where anything changes."""
    places = [int(str(value)) for value in sweep.axis.values]
    stars = [totals.stars[level] if totals else 0 for totals in sweep.totals]
    changes = [place for place, (a, b) in zip(places[1:], pairwise(stars), strict=True) if a != b]
    last = max([least, *changes]) + 8
    return [p for p in places if p <= last], [s for p, s in zip(places, stars, strict=True) if p <= last]


def _cliff_sentence(sweep: Sweep, level: int, now: int) -> str:
    t, name = shell.words(), shell.level_names()[level]
    found = [(int(str(v)), totals) for v, totals in zip(sweep.axis.values, sweep.totals, strict=True) if totals]
    falls = [
        (a, x.stars[level], b, y.stars[level]) for (a, x), (b, y) in pairwise(found) if y.stars[level] < x.stars[level]
    ]
    if not falls:
        return t("cliff.no_fall", level=name)
    left, high, right, low = max(falls, key=lambda fall: fall[1] - fall[3])
    side = t("cliff.beyond") if now >= right else t("cliff.before", left=left)
    return t("cliff.told", level=name, left=left, high=high, right=right, low=low) + side


def _sweep(draft: Draft, both: Simulation) -> None:
    t, book = shell.words(), resources.rulebook()
    st.subheader(t("sweep.ask"), anchor=False)
    everything = results.choices(both.scenario.rulebook, both.year)
    path = _parameter("sweep", [p for p, a in everything.items() if _sweepable(a)], draft, both)
    sweep = results.sweeps(both.scenario.rulebook, both.year, (path,), False)[0]
    levels = both.scenario.rulebook.level_values
    values = [say(t, book, value) for value in sweep.axis.values]
    stars: dict[int, list[int | None]] = {
        level: [None if totals is None else totals.stars[level] for totals in sweep.totals] for level in levels
    }
    shell.chart(
        charts.sweep_lines(
            values,
            stars,
            shell.level_names(),
            now=say(t, book, sweep.axis.adjustable.value),
            axis=label(t, book, path),
            unit=t("unit.branches"),
        ),
        key="sweep_chart",
    )


def _sweepable(item: Adjustable) -> bool:
    return item.effect == "stars" and item.kind in ("whole", "share", "day", "choice", "order", "amount")


def _mappable(item: Adjustable) -> bool:
    return item.effect == "stars" and item.kind in ("whole", "share", "day", "choice") and item.at[0] != "standards"


def _parameter(name: str, options: Sequence[str], draft: Draft, both: Simulation) -> str:
    """A box to choose a parameter, the usual levers and the changed ones first."""
    t, book = shell.words(), resources.rulebook()
    everything = results.choices(both.scenario.rulebook, both.year)
    first = [p for p in [*usual_levers(everything, both.year), *(c.path for c in draft.changes)] if p in options]
    ordered = list(dict.fromkeys([*first, *options]))
    url.start(name, ordered, ordered[0])
    chosen = st.selectbox(
        t(f"choose.{name}"), ordered, key=url.widget_key(name), format_func=lambda path: label(t, book, path)
    )
    url.keep(name, chosen, ordered[0])
    return str(chosen)


def show_map(draft: Draft, both: Simulation) -> None:
    """The view: a figure for each pair of values of two parameters; a click takes the pair over."""
    t, book = shell.words(), resources.rulebook()
    st.subheader(t("map.ask"), anchor=False)
    everything = results.choices(both.scenario.rulebook, both.year)
    options = [p for p, a in everything.items() if _mappable(a)]
    left, middle, right = st.columns(3)
    with left:
        across = _parameter("across", options, draft, both)
    with middle:
        along = _parameter("along", [p for p in options if p != across], draft, both)
    with right:
        metric = _metric(both, across)
    grid = results.grid(both.scenario.rulebook, both.year, across, along)
    rows = [say(t, book, value) for value in grid.across.values]
    columns = [say(t, book, value) for value in grid.along.values]
    st.caption(t("map.hint", count=len(rows) * len(columns), most=GRID))
    unit, figures = _figures(grid, metric)
    shell.chart(
        charts.decision_map(
            rows,
            columns,
            figures,
            titles=(label(t, book, across), label(t, book, along), unit),
            now=(say(t, book, grid.across.adjustable.value), say(t, book, grid.along.adjustable.value)),
            in_force=_in_force(both, across, along),
            labels=(t("simulate.scenario"), t("simulate.baseline")),
        ),
        key="map_chart",
        on_select=lambda: _take(grid, rows, columns),
        selection_mode="points",
    )


def _in_force(both: Simulation, across: str, along: str) -> tuple[str, str]:
    t, book = shell.words(), resources.rulebook()
    values = {path: a.value for path, a in results.choices(book, both.year).items()}
    return say(t, book, values.get(across)), say(t, book, values.get(along))


def _metric(both: Simulation, across: str) -> str:
    t, names = shell.words(), shell.level_names()
    options = {"total": t("metric.total")}
    options |= {f"level_{v}": t("metric.level", level=names[v]) for v in both.scenario.rulebook.level_values}
    options |= {"coverage": t("metric.coverage"), "changed": t("metric.changed")}
    if any(amount is not None for amount in both.scenario.rulebook.consequences.funding.values()):
        options["funding"] = t("metric.funding")
    key = across.split(".")[1] if across.startswith("quotas.") else None
    usual = f"level_{both.scenario.rulebook.levels[key].value}" if key else "total"
    url.start("metric", list(options), usual)
    chosen = st.selectbox(
        t("choose.metric"), list(options), key=url.widget_key("metric"), format_func=options.__getitem__
    )
    url.keep("metric", chosen, usual)
    return str(chosen)


def _figures(grid: Grid, metric: str) -> tuple[str, list[list[float | None]]]:
    t, names = shell.words(), shell.level_names()
    if metric.startswith("level_"):
        level = int(metric.removeprefix("level_"))
        return names[level], [[totals.stars[level] for totals in row] for row in grid.rows]
    return t(f"metric.{metric}"), [[_figure(totals, metric) for totals in row] for row in grid.rows]


def _figure(totals: Totals, metric: str) -> float | None:
    match metric:
        case "coverage":
            return round(totals.coverage * 100, 1)
        case "changed":
            return totals.changed
        case "funding":
            return totals.funding
    return totals.total


def _take(grid: Grid, rows: list[str], columns: list[str]) -> None:
    """Take over the pair of values that was clicked."""
    state: Any = st.session_state["map_chart"]
    points = state["selection"]["points"]
    if not points:
        return
    pair = (
        (grid.across, rows.index(str(points[0]["y"]))),
        (grid.along, columns.index(str(points[0]["x"]))),
    )
    now = dict(drafts.entries())
    for axis, n in pair:
        now[axis.adjustable.path] = write_text(axis.values[n])
    drafts.replace(list(now.items()))


def show_goal(draft: Draft, both: Simulation) -> None:
    """The view: the least value of a parameter that reaches a target."""
    t = shell.words()
    st.subheader(t("goal.ask"), anchor=False)
    everything = results.choices(both.scenario.rulebook, both.year)
    left, right = st.columns(2)
    with left:
        goal = _goal(both)
    with right:
        numbers = [p for p, a in everything.items() if a.kind in ("whole", "share") and _mappable(a)]
        path = _parameter("lever", numbers, draft, both)
    if goal is None:
        return
    sweep = results.sweeps(both.scenario.rulebook, both.year, (path,), False)[0]
    found = seek(sweep, goal)
    if found.step is None:
        nearest = found.nearest
        st.warning(
            t("goal.never", target=_target(goal), nearest=_reaches(nearest, goal)) if nearest else t("goal.unset")
        )
        return
    st.success(t("goal.found", target=_target(goal), reach=_reaches(found.step, goal), rule=_rule(path)))
    if found.falls_back:
        st.warning(t("goal.falls_back", reach=_reaches(found.falls_back, goal)))
    st.button(
        t("goal.take", value=say(t, resources.rulebook(), found.step.value)),
        key="goal_take",
        on_click=drafts.put,
        args=(path, str(found.step.value)),
    )


def _rule(path: str) -> str:
    return label(shell.words(), resources.rulebook(), path)


def _goal(both: Simulation) -> Goal | None:
    t, names, book = shell.words(), shell.level_names(), both.scenario.rulebook
    options: dict[str, tuple[Aim, int | None, str | None]] = {"stars": ("stars", None, None)}
    options |= {f"level_{v}": ("level", v, None) for v in reversed(book.level_values)}
    options |= {"coverage": ("coverage", None, None)}
    options |= {f"bare_{kind}": ("bare", None, kind) for kind in book.superior_kinds}
    options |= {"funding": ("funding", None, None)}
    labels = {"stars": t("aim.stars"), "coverage": t("aim.coverage"), "funding": t("aim.funding")}
    labels |= {f"level_{v}": t("aim.level", level=names[v]) for v in book.level_values}
    labels |= {f"bare_{k}": t("aim.bare", kind=t.text(kind.name)) for k, kind in book.superior_kinds.items()}
    usual = f"level_{book.level_values[-1]}"
    url.start("aim", list(options), usual)
    chosen = str(
        st.selectbox(t("choose.aim"), list(options), key=url.widget_key("aim"), format_func=labels.__getitem__)
    )
    url.keep("aim", chosen, usual)
    aim, level, kind = options[chosen]
    starts = {"stars": float(both.baseline.total + 1), "coverage": 95.0, "bare": 0.0, "funding": 0.0}
    start = starts.get(aim, float(both.baseline.stars.get(level or 0, 0) + 2))
    amount = st.number_input(
        t(f"amount.{aim}"), value=_kept_amount(chosen, start), step=1.0, format="%g", key=f"sim_amount_{chosen}"
    )
    if amount is None or amount < 0:
        st.error(t("goal.negative"))
        return None
    url.keep("amount", f"{chosen}:{amount:g}", None)
    return Goal(aim, amount / 100 if aim == "coverage" else amount, level, kind)


def _kept_amount(chosen: str, start: float) -> float:
    """The amount in the address, if it belongs to this target."""
    aim, _, text = (st.query_params.get("amount") or "").partition(":")
    try:
        return float(text) if aim == chosen else start
    except ValueError:
        return start


def _told(figure: float | None, goal: Goal) -> str:
    t = shell.words()
    if figure is None:
        return "—"
    return t.percent(figure, 1) if goal.aim == "coverage" else t.number(figure)


def _target(goal: Goal) -> str:
    t, names, book = shell.words(), shell.level_names(), resources.rulebook()
    kind = t.text(book.superior_kinds[goal.kind].name) if goal.kind else ""
    return t(f"target.{goal.aim}", amount=_told(goal.amount, goal), level=names.get(goal.level or 0, ""), kind=kind)


def _reaches(step: Step, goal: Goal) -> str:
    t, book = shell.words(), resources.rulebook()
    return t("goal.reach", value=say(t, book, step.value), figure=_told(goal.figure(step.totals), goal))

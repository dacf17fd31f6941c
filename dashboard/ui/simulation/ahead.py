"""The years ahead: quota, supply, stars and money under assumptions that one can see and change."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts import simulation as charts
from dashboard.errors import UserError
from dashboard.services.assumptions import Assumptions
from dashboard.services.outlook import UNTIL, Band, Outlook
from dashboard.services.simulation import Simulation
from dashboard.ui import resources, shell, url
from dashboard.ui.simulation import results
from dashboard.ui.simulation.controls import control
from dashboard.ui.simulation.draft import Draft

REPLICATIONS = 40


def show(draft: Draft, both: Simulation) -> None:
    """The view."""
    t = shell.words()
    st.subheader(t("ahead.ask"), anchor=False)
    until = max(UNTIL, both.year + 5)
    chosen = _assumptions(both)
    if chosen is None:
        return
    with st.spinner(t("ahead.working")):
        now = results.outlook(resources.rulebook(), both.year, until, chosen)
        then = results.outlook(both.scenario.rulebook, both.year, until, chosen) if draft.changes else now
    _outgrown(then)
    _charts(then, now if draft.changes else None)
    st.caption(t("ahead.note", count=chosen.replications))
    _money(draft, both, then, now)


def _assumptions(both: Simulation) -> Assumptions | None:
    """What is assumed of the later years, as measured on the years there are, to be changed at will."""
    t, names = shell.words(), shell.level_names()
    measured = results.assumed(resources.rulebook(), both.year)
    with st.expander(t("ahead.assumptions", told=_told(measured))):
        st.caption(t("ahead.measured"))
        apply = _shares("apply", {t("ahead.apply", level=names[v]): (v, s) for v, s in measured.apply.items()})
        passes = _shares("pass", {t("ahead.passes", level=names[v]): (v, s) for v, s in measured.passes.items()})
        rest = _shares(
            "rest", {t("ahead.rechecks"): (0, measured.recheck_fails), t("ahead.vetoed"): (1, measured.vetoed)}
        )
        left, right = st.columns(2)
        count = left.number_input(t("ahead.replications"), value=REPLICATIONS, step=10, key="sim_replications")
        seed = right.text_input(t("ahead.seed"), value=str(both.year), key="sim_seed", max_chars=40)
    try:
        return Assumptions(dict(apply), dict(passes), rest[0][1], rest[1][1], int(count), seed)
    except UserError as error:
        for problem in error.problems:
            st.error(shell.plain(t.sentence(problem)))
        return None


def _told(measured: Assumptions) -> str:
    t, names = shell.words(), shell.level_names()
    return "，".join(f"{names[level]} {t.percent(share)}" for level, share in sorted(measured.apply.items()))


def _shares(name: str, fields: dict[str, tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """A row of percentages to set."""
    found = []
    for column, (title, (key, share)) in zip(st.columns(len(fields)), fields.items(), strict=True):
        with column:
            percent = st.number_input(
                title, value=round(share * 100, 1), step=1.0, format="%g", key=f"sim_{name}_{key}"
            )
        found.append((key, round(percent / 100, 6)))
    return tuple(found)


def _outgrown(then: Outlook) -> None:
    t, names = shell.words(), shell.level_names()
    for level, year in sorted(then.outgrown.items(), reverse=True):
        if year is None:
            st.markdown(f"- {t('ahead.enough', level=names[level], year=then.years[-1].year)}")
        else:
            found = next(y for y in then.years if y.year == year)
            text = t(
                "ahead.outgrown", level=names[level], year=year, quota=found.quota[level],
                supply=f"{found.supply[level].middle:g}",
            )  # fmt: skip
            st.markdown(f"- {text}")


def _charts(then: Outlook, now: Outlook | None) -> None:
    t, names = shell.words(), shell.level_names()
    years = [y.year for y in then.years]
    labels = {
        "middle": t("ahead.middle"),
        "band": t("ahead.band"),
        "in_force": t("simulate.baseline"),
        "quota": t("column.quota"),
        "supply": t("ahead.supply"),
    }
    for level in sorted(then.years[0].stars, reverse=True):
        st.markdown(f"**{t('ahead.level', level=names[level])}**")
        has_quota = level in then.years[0].quota and then.years[0].quota[level] is not None
        shell.chart(
            charts.years_ahead(
                years,
                [_band(y.stars[level]) for y in then.years],
                [y.stars[level].middle for y in now.years] if now else None,
                [y.quota[level] for y in then.years] if has_quota else None,
                [y.supply[level].middle for y in then.years] if level in then.years[0].supply else None,
                labels,
            ),
            key=f"ahead_{level}",
        )


def _band(band: Band) -> tuple[float, float, float]:
    return band.low, band.middle, band.high


def _money(draft: Draft, both: Simulation, then: Outlook, now: Outlook) -> None:
    """Funding by level as one sets it, in all and against a budget."""
    t, names = shell.words(), shell.level_names()
    st.subheader(t("money.ask"), anchor=False)
    st.caption(t("money.hint"))
    amounts = [
        a
        for a in results.choices(resources.rulebook(), both.year).values()
        if a.path.startswith("consequences.funding.")
    ]
    for column, item in zip(st.columns(max(len(amounts), 1)), amounts, strict=False):
        with column:
            control(item, draft, place="money")
    url_budget = st.query_params.get("budget", "")
    budget = st.number_input(
        t("money.budget"), value=float(url_budget) if url_budget.replace(".", "", 1).isdigit() else None, step=1000.0,
        format="%g", key="sim_budget", placeholder=t("value.null"),
    )  # fmt: skip
    url.keep("budget", "" if budget is None else f"{budget:g}", "")
    if then.years[0].funding is None:
        st.info(t("money.unset"))
        return
    if budget is not None and budget < 0:
        st.error(t("goal.negative"))
        return
    st.table(_money_table(then, now if draft.changes else None, budget), hide_index=True)
    over = [y.year for y in then.years if budget is not None and y.funding and y.funding.middle > budget]
    if over:
        st.warning(t("money.over", year=over[0], budget=t.number(budget or 0)))
    elif budget is not None:
        st.success(t("money.within", year=then.years[-1].year))
    book = both.scenario.rulebook
    unset = [names[book.levels[k].value] for k in book.level_keys if book.consequences.funding.get(k) is None]
    if unset:
        st.caption(t("money.partly", levels=t("list.join").join(unset)))


def _money_table(then: Outlook, now: Outlook | None, budget: float | None) -> pd.DataFrame:
    t = shell.words()
    rows = []
    for n, year in enumerate(then.years):
        band = year.funding
        if band is None:
            continue
        row = {t("column.year"): str(year.year), t("money.middle"): t.number(band.middle)}
        row[t("money.range")] = f"{t.number(band.low)} – {t.number(band.high)}"
        before = now.years[n].funding if now else None
        if before:
            row[t("simulate.baseline")] = t.number(before.middle)
        if budget is not None:
            row[t("money.left")] = t.number(budget - band.middle)
        rows.append(row)
    return pd.DataFrame(rows)

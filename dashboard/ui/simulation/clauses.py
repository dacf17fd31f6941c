"""Beyond the numbers: doubtful clauses, whom a change favours, and what it would have done in finished years."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts import simulation as charts
from dashboard.i18n.rule_words import label, say
from dashboard.services import sentences
from dashboard.services.fairness import Share, fairness
from dashboard.services.readings import Ambiguity, touching
from dashboard.services.simulation import Simulation
from dashboard.ui import resources, shell
from dashboard.ui.simulation import draft as drafts
from dashboard.ui.simulation import results
from dashboard.ui.simulation.controls import write_text
from dashboard.ui.simulation.draft import Draft


def show_readings(draft: Draft, both: Simulation) -> None:  # noqa: ARG001
    """The view: every doubtful clause, and whom its other readings would touch."""
    t = shell.words()
    st.subheader(t("ambiguity.ask"), anchor=False)
    found = results.ambiguities(both.scenario.rulebook, both.year)
    widest = touching(found)
    st.markdown(t("ambiguity.sum", count=len(found), touching=len(widest)))
    for item in widest:
        _ambiguity(item)
    quiet = [a for a in found if not a.touches]
    if quiet:
        with st.expander(t("ambiguity.quiet", count=len(quiet))):
            for item in quiet:
                why = t("inert.never") if item.effect == "stars" else t(f"inert.{item.effect}")
                clause = item.reading.clause or ""
                st.markdown(f"- {shell.plain(t.text(item.reading.question))}（{clause}）　:gray[{why}]")


def _ambiguity(item: Ambiguity) -> None:
    t, book = shell.words(), resources.rulebook()
    names = {b.branch_id: b.name for b in resources.branches()}
    levels = shell.level_names()
    with st.container(border=True):
        st.markdown(f"**{t('ambiguity.touches', count=len(item.touches))}**　{item.reading.clause or ''}")
        st.markdown(shell.plain(t.text(item.reading.question)))
        st.caption(
            t("rules.in_force", value="、".join(say(t, book, v) for v in item.in_force), clause=item.reading.clause)
        )
        for n, other in enumerate(item.alternatives):
            if not other.moves:
                st.caption(t("ambiguity.same", value=say(t, book, other.value)))
                continue
            told = "、".join(
                f"{shell.plain(names[m.branch_id])}（{levels[m.before]}→{levels[m.after]}）" for m in other.moves[:20]
            )
            more = t("ambiguity.more", count=len(other.moves) - 20) if len(other.moves) > 20 else ""
            st.markdown(t("ambiguity.other", value=say(t, book, other.value), count=len(other.moves)) + told + more)
            st.button(
                t("ambiguity.take", value=say(t, book, other.value)),
                key=f"take_{item.reading.id}_{n}",
                on_click=_take,
                args=(tuple((c.path, write_text(c.value)) for c in other.changes),),
            )


def _take(changes: tuple[tuple[str, str], ...]) -> None:
    drafts.replace(list((dict(drafts.entries()) | dict(changes)).items()))


def show_fairness(draft: Draft, both: Simulation) -> None:  # noqa: ARG001
    """The view: stars per branch by superior and sector under both."""
    t = shell.words()
    branches = {b.branch_id: b for b in resources.branches()}
    found = fairness(both, branches)
    superiors = {b.superior_id: b.superior or t("superior.none") for b in branches.values()}
    st.subheader(t("fairness.ask"), anchor=False)
    st.markdown(sentences.favour(t, found, {key: shell.plain(name) for key, name in superiors.items()}))
    names = (t("simulate.baseline"), t("simulate.scenario"))
    labels = [f"{superiors[s.key]}（{s.branches}）" for s in found.superiors]
    shell.chart(
        charts.before_and_after(
            labels,
            [s.weight_before / s.branches for s in found.superiors],
            [s.weight_after / s.branches for s in found.superiors],
            names,
            percent=False,
        ),
        key="fair_superiors",
    )
    st.caption(t("fairness.unit"))
    sectors = {key: t.text(sector.name) for key, sector in resources.rulebook().sectors.items()}
    for title, shares, called in (
        ("column.superior", found.superiors, superiors),
        ("column.sector", found.sectors, sectors),
    ):
        st.dataframe(_shares(t(title), shares, {str(k): v for k, v in called.items()}), hide_index=True)


def _shares(title: str, shares: tuple[Share, ...], names: dict[str, str]) -> pd.DataFrame:
    t = shell.words()
    return pd.DataFrame(
        {
            title: [names.get(str(s.key), str(s.key)) for s in shares],
            t("column.branches"): [s.branches for s in shares],
            t("column.stars_before"): [s.before for s in shares],
            t("column.stars_after"): [s.after for s in shares],
            t("column.rate_before"): [t.percent(s.rate_before) for s in shares],
            t("column.rate_after"): [t.percent(s.rate_after) for s in shares],
            t("column.gain"): [f"{s.gain:+.2f}" if s.gain else "0" for s in shares],
        }
    )


def show_backtest(draft: Draft, both: Simulation) -> None:
    """The view: the scenario on each finished year."""
    t, names = shell.words(), shell.level_names()
    st.subheader(t("backtest.ask"), anchor=False)
    found = results.backtest(both.scenario.rulebook, both.year)
    if not found:
        st.info(t("backtest.none", year=both.year))
        return
    moved = sum(len(year.moves) for year in found)
    st.markdown(t("backtest.sum", years=len(found), count=moved))
    pinned = [c.path for c in draft.changes if c.path.startswith("quotas.") and c.path.endswith(f".{both.year}")]
    for path in pinned:
        st.caption(t("backtest.pinned", rule=label(t, resources.rulebook(), path), year=both.year))
    shell.chart(
        charts.grouped_years(
            [str(year.year) for year in found],
            [year.baseline.total for year in found],
            [year.scenario.total for year in found],
            (t("simulate.baseline"), t("simulate.scenario")),
        ),
        key="backtest_chart",
    )
    rows = []
    for year in found:
        row: dict[str, object] = {t("column.year"): str(year.year)}
        for level in sorted(year.baseline.stars, reverse=True):
            before, after = year.baseline.stars[level], year.scenario.stars.get(level, 0)
            row[names[level]] = str(after) if before == after else f"{before} → {after}"
        row[t("column.changed")] = len(year.moves)
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(t("backtest.note"))

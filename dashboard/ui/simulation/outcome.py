"""The answer first: stars under both, what binds, the next value that would change it, and who moves."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.documents.figures import arrow
from dashboard.i18n.rule_words import label, say
from dashboard.rules.adjustable import Adjustable
from dashboard.services import sentences
from dashboard.services.margin import margins
from dashboard.services.simulation import Simulation
from dashboard.services.turning import Step, Turning
from dashboard.ui import resources, shell
from dashboard.ui.simulation import results
from dashboard.ui.simulation.controls import usual_levers
from dashboard.ui.simulation.draft import Draft


def headline(draft: Draft, both: Simulation) -> None:
    """One sentence, the stars by level beside the rules in force, and what to beware of."""
    t = shell.words()
    st.markdown(f"#### {sentences.headline(t, both, len(draft.entries))}")
    names = shell.level_names()
    with st.container(horizontal=True, gap="small"):
        for level in sorted(both.baseline.stars, reverse=True):
            outcome = both.scenario.evaluation.level(level)
            quota = outcome.quota if outcome else None
            goal = t("simulate.of_quota", quota=quota) if quota is not None else t("simulate.no_quota")
            _metric(names[level], goal, both.baseline.stars[level], both.scenario.stars.get(level, 0))
        _metric(t("simulate.total"), _coverage(both), both.baseline.total, both.scenario.total)
    for outcome in both.scenario.evaluation.levels:
        if warning := sentences.cliff_warning(t, both, outcome):
            st.warning(warning)
    inert = [line for change in draft.changes if (line := _inert(draft, both, change.path))]
    if inert:
        st.info("  \n".join(inert))


def _metric(name: str, goal: str, before: int, after: int) -> None:
    t = shell.words()
    st.metric(
        f"{name}　:gray[:small[{goal}]]",
        str(after),
        delta=f"{after - before:+d}" if after != before else 0,
        delta_description=t("simulate.from", before=before),
        delta_color="normal" if after != before else "off",
        border=True,
        width=172 if shell.language() == "zh_CN" else 192,
    )


def _coverage(both: Simulation) -> str:
    t = shell.words()
    active = sum(b.active for b in resources.branches())
    return t("simulate.coverage", share=t.percent(both.scenario.total / active if active else 0, 1))


def _inert(draft: Draft, both: Simulation, path: str) -> str | None:
    """A change that changes nothing says so, and why. Money is not nothing."""
    item = results.choices(draft.rulebook, both.year).get(path)
    if item is None or item.effect == "money":
        return None
    rest = tuple(entry for entry in draft.entries if entry[0] != path)
    without = results.simulation(results.draft(rest).rulebook, both.year)
    if not without.scenario.evaluation.table["awarded"].equals(both.scenario.evaluation.table["awarded"]):
        return None
    t, book = shell.words(), resources.rulebook()
    return t("simulate.inert", rule=label(t, book, path), why=_why_inert(item, both))


def _why_inert(item: Adjustable, both: Simulation) -> str:
    t, book = shell.words(), resources.rulebook()
    before = results.choices(both.baseline.rulebook, both.year).get(item.path)
    if before and before.value == item.value:
        return t("inert.same", value=say(t, book, item.value))
    if item.effect != "stars":
        return t(f"inert.{item.effect}")
    found = results.turnings(both.scenario.rulebook, both.year, (item.path,)).get(item.path)
    if found is None or found.inert:
        return t("inert.never")
    return t("inert.until", turns=_turns(found))


def _turns(found: Turning) -> str:
    """`降到 15 或升到 17`, or the other options that would change something."""
    t, book = shell.words(), resources.rulebook()
    if found.others:
        return t("turning.other", values="、".join(say(t, book, step.value) for step in found.others))
    parts = [
        t(f"turning.{way}", value=say(t, book, step.value))
        for way, step in (("below", found.below), ("above", found.above))
        if step
    ]
    return t("turning.or").join(parts)


def show(draft: Draft, both: Simulation) -> None:
    """The view: levels, turning points, movers, cuts."""
    _levels(both)
    _movers(both)
    _turning_points(draft, both)
    _cuts(both)


def _levels(both: Simulation) -> None:
    t = shell.words()
    names = shell.level_names()
    st.subheader(t("simulate.ask.binds"), anchor=False)
    after = {o.level: o for o in both.scenario.evaluation.levels}
    rows = []
    for before in reversed(both.baseline.evaluation.levels):
        now = after.get(before.level, before)
        rows.append(
            {
                t("column.level"): names[before.level],
                t("column.quota"): arrow(before.quota, now.quota),
                t("column.applicants"): arrow(before.applicants, now.applicants),
                t("column.pool"): arrow(before.pool, now.pool),
                t("column.open_places"): arrow(before.places, now.places),
                t("column.selected"): arrow(before.selected, now.selected),
                t("column.tied"): arrow(before.tied, now.tied),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    for outcome in reversed(both.scenario.evaluation.levels):
        st.markdown(f"- {sentences.binding(t, both.scenario, outcome)}")


def _movers(both: Simulation) -> None:
    t = shell.words()
    st.subheader(t("simulate.ask.movers"), anchor=False)
    if not both.moves:
        st.markdown(t("simulate.nobody"))
        return
    with st.container(height=460 if len(both.moves) > 9 else "content", border=False):
        st.table(movers_table(both), hide_index=True)


def unbroken(text: str) -> str:
    """A short text that a narrow column should not break."""
    return "\u2060".join(text.replace(" ", "\u00a0"))


def movers_table(both: Simulation) -> pd.DataFrame:
    """Everyone who moves, the risers first."""
    t, names = shell.words(), shell.level_names()
    branches = {b.branch_id: b for b in resources.branches()}
    order = both.risers_first
    return pd.DataFrame(
        {
            t("column.branch"): [branches[m.branch_id].name for m in order],
            t("column.superior"): [branches[m.branch_id].superior or t("superior.none") for m in order],
            t("column.move"): [unbroken(t("simulate.move", was=names[m.before], now=names[m.after])) for m in order],
            t("column.reason"): [sentences.reason(t, both, m) for m in order],
        }
    )


def _turning_points(draft: Draft, both: Simulation) -> None:
    t, book = shell.words(), resources.rulebook()
    st.subheader(t("simulate.ask.turning"), anchor=False)
    everything = results.choices(book, both.year)
    caps = [p for p in everything if p.startswith("application.caps.") and everything[p].kind == "whole"]
    changed = [c.path for c in draft.changes if c.path in everything and everything[c.path].effect == "stars"]
    paths = tuple(dict.fromkeys([*usual_levers(everything, both.year), *caps, *changed]))
    found = results.turnings(both.scenario.rulebook, both.year, paths)
    rows = [
        {
            t("column.parameter"): label(t, book, path),
            t("column.now"): say(t, book, turn.adjustable.value),
            t("column.below"): _step(turn.below) if not turn.others else _options(turn),
            t("column.above"): _step(turn.above),
        }
        for path, turn in found.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={t("column.parameter"): {"width": 230}})
    st.caption(t("simulate.turning_note"))


def _step(step: Step | None) -> str:
    t, book = shell.words(), resources.rulebook()
    if step is None:
        return t("turning.none")
    return t("turning.step", value=say(t, book, step.value), count=step.totals.changed)


def _options(turn: Turning) -> str:
    return "；".join(_step(step) for step in turn.others)


def _cuts(both: Simulation) -> None:
    t = shell.words()
    st.subheader(t("simulate.ask.cut"), anchor=False)
    found = [m for m in reversed(margins(both.scenario.evaluation, both.scenario.rulebook.ranking)) if m.outcome.pool]
    if not found:
        st.markdown(t("cut.none"))
    names = {b.branch_id: shell.plain(b.name) for b in resources.branches()}
    for margin in found:
        st.markdown(f"- {sentences.cut(t, both.scenario.rulebook, margin, names)}")

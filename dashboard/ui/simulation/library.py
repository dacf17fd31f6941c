"""Kept scenarios: compare up to four side by side, save, load, and take along."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.errors import UserError
from dashboard.i18n.rule_words import label, say
from dashboard.rules.load import decode
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Scenario
from dashboard.services import scenarios as service
from dashboard.services.scenarios import Kept
from dashboard.services.simulation import Simulation
from dashboard.services.sweep import funding
from dashboard.ui import resources, shell, url
from dashboard.ui.simulation import draft as drafts
from dashboard.ui.simulation import results, take_along
from dashboard.ui.simulation.controls import write_text
from dashboard.ui.simulation.draft import Draft, Entries

MOST_COMPARED = 4


def show(draft: Draft, both: Simulation) -> None:
    """The view."""
    t = shell.words()
    there = service.kept(resources.store(), resources.viewer())
    st.subheader(t("compare.ask"), anchor=False)
    _compare(draft, both, there)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        _save(draft)
    with right, st.container(border=True):
        _load(there)
    with st.container(border=True):
        take_along.show(both, _scenario(draft))


def _compare(draft: Draft, both: Simulation, there: tuple[Kept, ...]) -> None:
    t = shell.words()
    names = {k.scenario_id: k.scenario.name for k in there}
    url.start_many("with", list(names))
    chosen: list[str] = st.multiselect(
        t("compare.choose", most=MOST_COMPARED - 1),
        list(names),
        key=url.widget_key("with"),
        format_func=names.__getitem__,
        max_selections=MOST_COMPARED - 1,
        placeholder=t("compare.hint" if names else "compare.nothing_kept"),
    )
    url.keep("with", chosen, [])
    columns: dict[str, Simulation] = {t("simulate.baseline"): results.simulation(resources.rulebook(), both.year)}
    if draft.changes:
        columns[t("compare.this")] = both
    for kept in there:
        if kept.scenario_id in chosen:
            made = results.draft(entries_of(kept.scenario))
            name = kept.scenario.name
            columns[name if name not in columns else f"{name} ({kept.scenario_id[:4]})"] = results.simulation(
                made.rulebook, both.year
            )
    st.dataframe(_side_by_side(columns), height=min(36 * 14 + 40, 560))


def entries_of(scenario: Scenario) -> Entries:
    """A scenario's changes as the draft keeps them."""
    return tuple((change.path, write_text(change.value)) for change in scenario.changes)


def _side_by_side(columns: dict[str, Simulation]) -> pd.DataFrame:
    """A row for each figure, a column for each scenario."""
    t, names = shell.words(), shell.level_names()
    levels = sorted(resources.rulebook().level_values, reverse=True)
    active = sum(b.active for b in resources.branches())
    rows: dict[str, Callable[[Simulation], str]] = {t("simulate.total"): lambda s: str(s.scenario.total)}
    for level in levels:
        rows[names[level]] = lambda s, v=level: str(s.scenario.stars.get(v, 0))  # type: ignore[misc]
    rows[t("metric.coverage")] = lambda s: t.percent(s.scenario.total / active if active else 0, 1)
    rows[t("column.changed")] = lambda s: str(len(s.moves))
    for outcome in reversed(next(iter(columns.values())).baseline.evaluation.levels):
        for field in ("quota", "pool", "places", "selected", "tied"):
            title = t("compare.of_level", level=names[outcome.level], figure=t(f"column.{_FIELD.get(field, field)}"))
            rows[title] = lambda s, v=outcome.level, f=field: _of_level(s, v, f)  # type: ignore[misc]
        title = t("compare.of_level", level=names[outcome.level], figure=t("column.binding"))
        rows[title] = lambda s, v=outcome.level: t(f"binding.{_of_level(s, v, 'binding')}")  # type: ignore[misc]
    rows[t("metric.funding")] = _money
    return pd.DataFrame({name: [row(s) for row in rows.values()] for name, s in columns.items()}, index=list(rows))


_FIELD = {"places": "open_places"}


def _of_level(found: Simulation, level: int, field: str) -> str:
    outcome = found.scenario.evaluation.level(level)
    value = getattr(outcome, field) if outcome else None
    return "—" if value is None else str(value)


def _money(found: Simulation) -> str:
    amount = funding(found.scenario.rulebook, found.scenario.stars)
    return "—" if amount is None else shell.words().number(amount)


def _scenario(draft: Draft) -> Scenario:
    """The draft with the name, author and note that were typed."""
    base = resources.rulebook().fingerprint
    found = {name: str(st.session_state.get(f"sim_{name}", "") or "") for name in ("name", "author", "note")}
    return Scenario(changes=draft.changes, base=base, **found)


def _save(draft: Draft) -> None:
    t = shell.words()
    st.subheader(t("save.title"), anchor=False)
    st.text_input(t("save.name"), key="sim_name", max_chars=service.LONGEST["name"], placeholder=t("save.name_hint"))
    st.text_input(t("save.author"), key="sim_author", max_chars=service.LONGEST["author"])
    st.text_area(t("save.note"), key="sim_note", max_chars=service.LONGEST["note"], height=80)
    scenario = _scenario(draft)
    with st.container(horizontal=True):
        sent = st.button(t("save.send"), key="sim_save", type="primary", disabled=not draft.changes)
        st.download_button(
            t("save.file"),
            scenario.write()
            if scenario.name
            else Scenario(t("save.unnamed"), scenario.changes, base=scenario.base).write(),
            file_name=f"{scenario.name or t('save.unnamed')}.yaml",
            mime="application/yaml",
            key="sim_download",
            disabled=not draft.changes,
        )
    if not draft.changes:
        st.caption(t("save.nothing"))
    if sent:
        try:
            service.keep(resources.store(), resources.rulebook(), resources.viewer(), scenario)
        except UserError as error:
            shell.complain(error)
        else:
            st.session_state["sim_saved"] = scenario.name
            st.rerun()
    if saved := st.session_state.pop("sim_saved", None):
        st.success(t("save.done", name=shell.plain(saved)))


def _load(there: tuple[Kept, ...]) -> None:
    t = shell.words()
    st.subheader(t("load.title"), anchor=False)
    if not there:
        st.markdown(t("load.nothing"))
    for kept in there[:20]:
        _kept_row(kept, resources.rulebook())
    upload = st.file_uploader(t("load.file"), type=["yaml", "yml"], key="sim_upload")
    if upload is not None and st.session_state.get("sim_uploaded") != upload.file_id:
        st.session_state["sim_uploaded"] = upload.file_id
        _read_file(upload.name, upload.getvalue())


def _kept_row(kept: Kept, rulebook: Rulebook) -> None:
    t = shell.words()
    scenario = kept.scenario
    with st.container(horizontal=True, vertical_alignment="center"):
        who = t("load.who", author=scenario.author or "—", time=t.moment(kept.saved_at))
        st.markdown(f"**{shell.plain(scenario.name)}**　:small[{shell.plain(who)}]", width="stretch")
        st.button(t("load.take"), key=f"load_{kept.scenario_id}", on_click=_take, args=(kept.scenario,))
        st.button("✕", key=f"forget_{kept.scenario_id}", help=t("load.drop"), on_click=_drop, args=(kept.scenario_id,))
    told = "；".join(f"{label(t, rulebook, c.path)} = {say(t, rulebook, c.value)}" for c in scenario.changes)
    st.caption(shell.plain(told + (t("load.because", note=scenario.note) if scenario.note else "")))
    if scenario.base != rulebook.fingerprint:
        st.warning(t("load.other_base", base=scenario.base[:12], rules=rulebook.fingerprint[:12]))


def _take(scenario: Scenario) -> None:
    drafts.replace(entries_of(scenario))
    for name in ("name", "author", "note"):
        st.session_state[f"sim_{name}"] = getattr(scenario, name)


def _drop(scenario_id: str) -> None:
    service.drop(resources.store(), resources.viewer(), scenario_id)


def _read_file(name: str, content: bytes) -> None:
    """Take a scenario file over, or say what is wrong with it."""
    t = shell.words()
    try:
        scenario = Scenario.read(decode(content, name), name)
    except UserError as error:
        shell.complain(error)
        return
    if scenario.base and scenario.base != resources.rulebook().fingerprint:
        st.warning(t("load.other_base", base=scenario.base[:12], rules=resources.rulebook().fingerprint[:12]))
    drafts.replace(entries_of(scenario))
    st.success(t("load.done", name=shell.plain(scenario.name)))
    st.button(t("load.show"), key="sim_show")

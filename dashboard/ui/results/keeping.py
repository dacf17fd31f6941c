"""Kept results: what each was made from, whether it still holds, and two of them compared."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.services import runs
from dashboard.services.runs import Difference, Run
from dashboard.ui import resources, shell
from dashboard.ui.results import found, taking

NOW = 0  # instead of a run: the year as things stand
_COLOURS = {"kept": "gray", "announced": "blue", "final": "green", "withdrawn": "orange", "reopened": "orange"}


def show(year: int) -> None:
    """The view."""
    t, now = shell.words(), found.closing(year)
    st.caption(t("results.keeping_note"))
    if not now.runs:
        st.info(t("results.none_kept"))
        _keep(year)
        return
    if now.step != "final":
        _keep(year)
    for run in now.runs:
        _card(run, year)
    _compare(now.runs)


def _keep(year: int) -> None:
    if st.button(shell.words()("results.keep_now"), key="results_keep_now"):
        shell.attempt(lambda: _kept(year))


def _kept(year: int) -> None:
    runs.keep(resources.store(), resources.rulebook(), resources.viewer(), year)
    st.session_state["results_said"] = shell.words()("results.kept")


def _name(run: Run) -> str:
    t = shell.words()
    return t("results.run", run=run.row.run_id, time=t.moment(run.row.made_at), stage=t(f"stage.{run.row.stage}"))


def _card(run: Run, year: int) -> None:
    t, row = shell.words(), run.row
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{shell.plain(_name(run))}**", width="content")
            st.badge(t(f"run.state.{run.state}"), color=_COLOURS[run.state])  # type: ignore[arg-type]
        if reason := row.reopened_because or row.withdrawn_because:
            st.caption(shell.plain(t("results.given_up", reason=reason)))
        with st.expander(t("results.details")):
            fresh = found.against_now(resources.rulebook(), row.run_id)
            key = "same" if not (fresh.data or fresh.rules) else "holds" if fresh.holds else "changed"
            st.markdown(t(f"results.fresh.{key}", count=len(fresh.changes)))
            st.caption(t("results.fingerprints"))
            st.code(
                "\n".join(f"{t(f'result.{name}')}  {getattr(row, name)}" for name in ("rules", "inputs", "result")),
                language=None, wrap_lines=True,
            )  # fmt: skip
            taking.buttons(run, year, archive=not fresh.data)


def _compare(every: Sequence[Run]) -> None:
    """Two results beside each other."""
    t = shell.words()
    st.subheader(t("results.ask.compare"), anchor=False)
    names = {run.row.run_id: _name(run) for run in every} | {NOW: t("results.as_now")}
    left, right = st.columns(2)
    with left:
        first = st.selectbox(t("results.before"), list(names), format_func=names.__getitem__, key="results_first")
    with right:
        second = st.selectbox(
            t("results.after"), list(names), index=len(names) - 1, format_func=names.__getitem__, key="results_second"
        )
    changes = _differences(first, second)
    if not changes:
        st.success(t("results.no_differences"))
        return
    st.markdown(t("results.differences", count=len(changes)))
    st.dataframe(_table(changes), hide_index=True)


def _differences(first: int, second: int) -> tuple[Difference, ...]:
    book = resources.rulebook()
    if first == second:
        return ()
    if second == NOW:
        return found.against_now(book, first).changes
    if first == NOW:
        return tuple(
            Difference(d.branch_id, d.after, d.before, d.basis_after, d.basis_before)
            for d in found.against_now(book, second).changes
        )
    return found.between(book, first, second)


def _table(changes: Sequence[Difference]) -> pd.DataFrame:
    t, names, known = shell.words(), shell.level_names(), found.branches()

    def level(value: int | None) -> str:
        return "—" if value is None else names.get(value, str(value))

    def basis(value: str | None) -> str:
        return "—" if value is None else t(f"basis.{value}")

    return pd.DataFrame(
        {
            t("column.branch"): [known[d.branch_id].name if d.branch_id in known else d.branch_id for d in changes],
            t("results.before"): [level(d.before) for d in changes],
            t("results.after"): [level(d.after) for d in changes],
            t("results.basis_before"): [basis(d.basis_before) for d in changes],
            t("results.basis_after"): [basis(d.basis_after) for d in changes],
        }
    )

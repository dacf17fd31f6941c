"""How far the result of a year has come, the next step, and the result itself by level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.services import publishing, runs
from dashboard.services.closing import STEPS, Closing
from dashboard.services.evaluation import BranchResult, Evaluation
from dashboard.services.ground import Stage
from dashboard.services.texts import REASON
from dashboard.ui import resources, shell
from dashboard.ui.results import announcing, found, taking

_SHOWN = (
    "inspect",
    "decide",
    "keep",
    "announce",
    "notice",
    "final",
)  # steps on the way; to finalise is the last of them


def show(year: int) -> None:
    """The view."""
    now = found.closing(year)
    _way(now)
    with st.container(border=True):
        _next(now, year)
    _levels(found.shown(year))
    _names(found.shown(year), year)


def _way(now: Closing) -> None:
    """The steps, those done, and where the year stands."""
    t = shell.words()
    at = STEPS.index(now.step)
    with st.container(horizontal=True, gap="small"):
        for step in _SHOWN:
            n = STEPS.index(step)
            done = n < at or now.step == "final"
            is_now = step == now.step or (step == "final" and now.step == "finalise")
            st.badge(
                t(f"results.way.{step}"),
                icon=":material/check:" if done else ":material/arrow_forward:" if is_now else None,
                color="green" if done else "red" if is_now else "gray",
            )


def _next(now: Closing, year: int) -> None:
    t = shell.words()
    st.subheader(t(f"results.next.{now.step}"), anchor=False)
    _NEXT[now.step](now, year)


def _inspect(_: Closing, year: int) -> None:
    """Nothing is inspected yet: only a projection can be kept, or a result without inspections."""
    t = shell.words()
    st.markdown(t("results.projected"))
    st.page_link(shell.page("inspecting"), label=t("results.to_inspecting"), query_params={"year": str(year)})
    with st.expander(t("results.without_inspection")):
        st.markdown(t("results.without_note"))
        _keep_button(year, "final", "results.keep_final")


def _decide(now: Closing, _: int) -> None:
    t, names = shell.words(), shell.level_names()
    for tie in now.ties:
        st.markdown(t("results.tie", level=names[tie.level], count=len(tie.branches), left=tie.left))
    st.button(
        t("results.to_ties"), type="primary", key="results_to_ties",
        on_click=lambda: st.session_state.update(kept_view="tied"),
    )  # fmt: skip


def _keep(_: Closing, year: int) -> None:
    st.markdown(shell.words()("results.keep_note"))
    _keep_button(year, "auto", "results.keep")


def _keep_button(year: int, stage: Stage, label: str) -> None:
    if st.button(shell.words()(label), type="primary", key=f"results_keep_{stage}"):
        _act(
            lambda: runs.keep(resources.store(), resources.rulebook(), resources.viewer(), year, stage), "results.kept"
        )


def _announce(now: Closing, year: int) -> None:
    assert now.run is not None
    announcing.form(now.run, year)


def _notice(now: Closing, _: int) -> None:
    """Announced, and something is still open."""
    t = shell.words()
    for point in now.points:
        st.markdown(f"- {shell.plain(t.sentence(point))}")
    _stale(now)
    _withdraw(now)


def _finalise(now: Closing, _: int) -> None:
    t = shell.words()
    assert now.run is not None
    run_id = now.run.row.run_id
    st.markdown(t("results.finalise_note"))
    _stale(now)
    if st.button(t("results.finalise"), type="primary", key="results_finalise"):
        _act(
            lambda: publishing.finalise(resources.store(), resources.rulebook(), resources.viewer(), run_id),
            "results.final",
        )
    _withdraw(now)


def _stale(now: Closing) -> None:
    """Data came in since that changes nothing of the result."""
    if now.fresh and now.fresh.data and now.fresh.holds:
        st.caption(shell.words()("results.data_changed"))


def _withdraw(now: Closing) -> None:
    t = shell.words()
    assert now.run is not None
    run_id = now.run.row.run_id
    with st.popover(t("results.withdraw")), st.form("results_withdraw", border=False):
        st.markdown(t("results.withdraw_note"))
        because = st.text_input(t("results.because"), max_chars=REASON)
        sent = st.form_submit_button(t("results.withdraw"))
    if sent:
        _act(lambda: publishing.withdraw(resources.store(), resources.viewer(), run_id, because), "results.withdrawn")


def _final(now: Closing, year: int) -> None:
    t = shell.words()
    assert now.run is not None
    row = now.run.row
    assert row.final_at is not None
    st.markdown(t("results.final_note", time=t.moment(row.final_at)))
    taking.buttons(now.run, year, archive=not found.against_now(resources.rulebook(), row.run_id).data)
    with st.popover(t("results.reopen")), st.form("results_reopen", border=False):
        st.markdown(t("results.reopen_note"))
        because = st.text_input(t("results.because"), max_chars=REASON)
        sent = st.form_submit_button(t("results.reopen"))
    if sent:
        _act(lambda: publishing.reopen(resources.store(), resources.viewer(), row.run_id, because), "results.reopened")


def _act(act: Callable[[], object], said: str) -> None:
    def done() -> None:
        act()
        st.session_state["results_said"] = shell.words()(said)

    shell.attempt(done)


_NEXT: dict[str, Callable[[Closing, int], None]] = {
    "inspect": _inspect,
    "decide": _decide,
    "keep": _keep,
    "announce": _announce,
    "notice": _notice,
    "finalise": _finalise,
    "final": _final,
}


_FIGURES = {name: name for name in ("quota", "applicants", "pool")} | {"places": "open_places", "selected": "selected"}


def _levels(evaluation: Evaluation) -> None:
    """How each level was filled."""
    t, names = shell.words(), shell.level_names()
    counts = Counter(row.awarded_level for row in evaluation.branches() if row.basis != "inactive")
    st.subheader(t(f"results.ask.levels.{evaluation.stage}"), anchor=False)
    values = (*reversed(resources.rulebook().level_values), 0)
    outcomes = [evaluation.level(value) for value in values]
    table = pd.DataFrame({t("column.level"): [names[value] for value in values]})
    for figure, head in _FIGURES.items():
        table[t(f"column.{head}")] = pd.array([getattr(o, figure, None) for o in outcomes], "Int64")
    table[t("column.stars")] = [counts[value] for value in values]
    st.dataframe(table, hide_index=True, width="stretch")


def _names(evaluation: Evaluation, year: int) -> None:
    """Who has which level, as a list to read out; details in the file of each branch."""
    t, names = shell.words(), shell.level_names()
    rated = [row for row in evaluation.branches() if row.basis != "inactive"]
    st.subheader(t("results.ask.names"), anchor=False)
    for value in (*reversed(resources.rulebook().level_values), 0):
        own = [row for row in rated if row.awarded_level == value]
        with st.expander(t("results.names", level=names[value], count=len(own))):
            if own:
                _list(own, year)
            else:
                st.caption(t("results.nobody"))


def _list(own: list[BranchResult], year: int) -> None:
    t, names, known = shell.words(), shell.level_names(), found.branches()
    own = sorted(own, key=lambda row: (known[row.branch_id].superior_id or "￿", row.branch_id))
    st.dataframe(
        pd.DataFrame(
            {
                t("column.branch"): [known[row.branch_id].name for row in own],
                t("column.superior"): [known[row.branch_id].superior or t("superior.none") for row in own],
                t("column.previous_level"): [names[row.previous_level] for row in own],
                t("column.basis"): [t(f"basis.{row.basis}") for row in own],
                t("column.clause"): [row.clause for row in own],
            }
        ),
        hide_index=True,
        height=min(36 * len(own) + 40, 420),
        key=f"results_list_{year}_{own[0].awarded_level}",
        column_config={t("column.branch"): st.column_config.TextColumn(width=260, pinned=True)},
    )

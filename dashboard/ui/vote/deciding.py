"""The leading group decides: the list as a whole, or one nominee at a time; to depart from the order takes a reason."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.errors import UserError
from dashboard.services import voting
from dashboard.services.tally import Tally
from dashboard.services.voting import Outcome, departs
from dashboard.ui import resources, shell
from dashboard.ui.vote.standing import line_of, nominees


def show(tally: Tally) -> None:
    """The view."""
    t = shell.words()
    st.subheader(t("vote.ask.decide"), anchor=False)
    st.markdown(t("decide.note", places=tally.places))
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        _whole(tally)
    with right, st.container(border=True):
        _one(tally)
    if message := st.session_state.pop("vote_said", None):
        st.success(message)
    _departures(tally)
    _kept(tally)


def _whole(tally: Tally) -> None:
    t = shell.words()
    inside = sum(s.inside for s in tally.standings)
    tied = sum(s.tied for s in tally.standings)
    st.markdown(f"**{t('decide.whole')}**")
    st.markdown(t("decide.whole_note", inside=inside, tied=tied))
    if st.button(t("decide.whole_send"), key="decide_whole", disabled=not inside):
        count = voting.decide_by_order(resources.store(), resources.viewer(), tally, t("decide.by_order"))
        st.session_state["vote_said"] = t("decide.done", count=count)
        st.rerun()


def _one(tally: Tally) -> None:
    t = shell.words()
    people = nominees(tally)
    standings = {s.nominee_id: s for s in tally.standings if s.eligible}
    st.markdown(f"**{t('decide.one')}**")
    with st.form("decide_one", clear_on_submit=False):
        chosen = st.multiselect(
            t("vote.choose"), list(standings), placeholder=t("decide.choose"),
            format_func=lambda n: f"{standings[n].rank}　{people[n].name}（{t(f'vote.{line_of(standings[n])}')}）",
        )  # fmt: skip
        outcomes: tuple[Outcome, ...] = ("selected", "not_selected")
        outcome = st.radio(t("column.decision"), outcomes, format_func=lambda o: t(f"decision.{o}"), horizontal=True)
        reason = st.text_input(t("decide.reason"), max_chars=300)
        sent = st.form_submit_button(t("decide.send"), type="primary")
    if not sent:
        return
    if not chosen:
        st.warning(t("decide.choose"))
        return
    try:
        voting.decide(resources.store(), resources.viewer(), tally, chosen, outcome, reason)
    except UserError as error:
        shell.complain(error)
    else:
        st.session_state["vote_said"] = t("decide.done", count=len(chosen))
        st.rerun()


def _kept(tally: Tally) -> None:
    """The tallies that decisions were made on, and whether the present one still is the last of them."""
    t = shell.words()
    kept = voting.runs(resources.store(), resources.viewer(), tally.year)
    if not kept:
        return
    if kept[-1].result != tally.result:
        st.warning(t("decide.result_changed", time=t.moment(kept[-1].made_at)))
    with st.expander(t("decide.runs", count=len(kept))):
        st.caption(t("decide.runs_note"))
        for run in reversed(kept):
            st.download_button(
                t("decide.run", time=t.moment(run.made_at), result=run.result[:16]),
                run.document,
                file_name=f"tally-{tally.year}-{run.result[:16]}.json",
                mime="application/json",
                on_click="ignore",
                key=f"run_{run.made_at.isoformat()}",
            )


def _departures(tally: Tally) -> None:
    """Every decision that departs from the order, with its reason."""
    t = shell.words()
    people = nominees(tally)
    found = [
        (s, *tally.decisions[s.nominee_id])
        for s in tally.standings
        if s.nominee_id in tally.decisions and s.eligible
        and departs(s, "selected" if tally.decisions[s.nominee_id][0] == "selected" else "not_selected")
    ]  # fmt: skip
    st.subheader(t("vote.ask.departures"), anchor=False)
    if not found:
        st.markdown(t("decide.no_departures"))
        return
    st.table(
        pd.DataFrame(
            {
                t("column.rank"): [str(s.rank) for s, _, _ in found],
                t("column.name"): [people[s.nominee_id].name for s, _, _ in found],
                t("column.decision"): [t(f"decision.{outcome}") for _, outcome, _ in found],
                t("column.why"): [reason for _, _, reason in found],
            }
        ),
        hide_index=True,
    )

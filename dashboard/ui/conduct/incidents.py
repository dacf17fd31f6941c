"""Incidents of a year by branch, how far each is from the veto, and entering, correcting and withdrawing them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import streamlit as st

from dashboard.rules.rulebook import Rulebook
from dashboard.services import incidents
from dashboard.services.incidents import SUBJECTS, Distance, Incident
from dashboard.services.texts import REASON, STATEMENT
from dashboard.store.incidents import IncidentRow
from dashboard.ui import resources, shell

CHOSEN = "incident_chosen"  # the one that is to be corrected or withdrawn
WITHDRAWN = "incident_withdrawn"  # the one that this session withdrew just now


def show(year: int) -> None:
    """The view."""
    t, veto = shell.words(), resources.rulebook().veto
    st.caption(t("incident.rule", committee=veto.committee, members=veto.members))
    found = incidents.of_year(resources.store(), resources.viewer(), year)
    far = _distances(resources.rulebook(), year)
    with st.expander(t("incident.enter"), expanded=not found):
        _enter(year, far)
    _gone(found)
    if not found:
        st.markdown(t("incident.none"))
        return
    st.subheader(t("incident.found", count=len(found)), anchor=False)
    by_branch = {branch: list(own) for branch, own in groupby(found, key=lambda each: each.row.branch_id)}
    for branch in sorted(by_branch, key=lambda b: (not far[b].vetoed, b) if b in far else (True, b)):
        _card(branch, by_branch[branch], far.get(branch))
    _change(found)


def _gone(found: tuple[Incident, ...]) -> None:
    """Tell that the incident which this session was about to change has been withdrawn elsewhere."""
    chosen, own = st.session_state.get(CHOSEN), st.session_state.pop(WITHDRAWN, None)
    if chosen is not None and chosen not in {each.row.incident_id for each in found}:
        del st.session_state[CHOSEN]
        if chosen != own:
            st.warning(shell.words()("incident.meanwhile"))


@resources.shared
def _distances(book: Rulebook, /, year: int) -> Mapping[str, Distance]:
    return incidents.distances(resources.store(), book, resources.viewer(), resources.evaluation(year))


def _named() -> dict[str, str]:
    return {branch.branch_id: branch.name for branch in resources.branches()}


def _card(branch: str, own: list[Incident], far: Distance | None) -> None:
    with st.container(border=True):
        st.markdown(f"**{shell.plain(_named().get(branch, branch))}**")
        if far:
            _tell(far)
        for each in own:
            st.markdown(f"- {shell.plain(_line(each))}")


def _line(each: Incident) -> str:
    t, row = shell.words(), each.row
    who = t(f"incident.subject.{row.subject}") + (t("incident.who", name=each.member) if each.member else "")
    return t("incident.line", who=who, grade=t(f"incident.severe.{int(row.severe)}"), note=row.note or "")


def _tell(far: Distance) -> None:
    """How far from the veto, and what it means."""
    t, names = shell.words(), shell.level_names()
    if far.vetoed:
        st.warning(t(f"incident.vetoed_{'star' if far.previous_level else 'none'}", previous=names[far.previous_level]))
        return
    st.caption(
        t(
            "incident.distance", committee=far.committee, committee_limit=far.committee_limit, members=far.members,
            members_limit=far.members_limit,
        )
    )  # fmt: skip


def _enter(year: int, far: Mapping[str, Distance]) -> None:
    """The form; its id is made before, so that sending twice is sending once."""
    t, names = shell.words(), _named()
    made = st.session_state.setdefault("incident_id", incidents.new_id(year))
    branch = st.selectbox(
        t("column.branch"), list(names), index=None, format_func=names.__getitem__, placeholder=t("checks.choose"),
        key=f"incident_branch_{made}",
    )  # fmt: skip
    if branch is None:
        return
    if branch in far:
        _tell(far[branch])
    with st.form(f"incident_{made}"):
        row = _fields(IncidentRow(made, branch, year, "", None, True, None), made)
        st.caption(t("incident.before_send"))
        sent = st.form_submit_button(t("incident.send"), type="primary")
    if sent:
        shell.attempt(lambda: _record(row))


def _fields(row: IncidentRow, key: str) -> IncidentRow:
    """The fields of a form, filled with a row; what they then say."""
    t = shell.words()
    members = dict(incidents.members_of(resources.store(), resources.viewer(), row.branch_id))
    known = list(members) if row.member_id is None or row.member_id in members else [row.member_id, *members]
    left, right = st.columns(2)
    with left:
        subject = st.radio(
            t("incident.subject"), SUBJECTS, horizontal=True, key=f"subject_{key}",
            index=SUBJECTS.index(row.subject) if row.subject in SUBJECTS else None,
            format_func=lambda name: t(f"incident.subject.{name}"),
        )  # fmt: skip
    with right:
        severe = st.radio(
            t("incident.grade"), (True, False), index=0 if row.severe else 1, horizontal=True, key=f"severe_{key}",
            format_func=lambda flag: t(f"incident.severe.{int(flag)}"),
        )  # fmt: skip
    member = st.selectbox(
        t("incident.member"), [None, *known], index=[None, *known].index(row.member_id), key=f"member_{key}",
        format_func=lambda m: t("incident.nobody") if m is None else members.get(m, m), help=t("incident.member_help"),
    )  # fmt: skip
    note = st.text_area(t("incident.note"), value=row.note or "", max_chars=STATEMENT, key=f"note_{key}", height=90)
    return row._replace(subject=subject or "", member_id=member, severe=bool(severe), note=note)


def _record(row: IncidentRow) -> None:
    incidents.record(resources.store(), resources.viewer(), row)
    st.session_state.pop("incident_id", None)
    st.session_state["conduct_said"] = shell.words()("incident.recorded")


def _change(found: tuple[Incident, ...]) -> None:
    """Correct or withdraw one of them, with a reason."""
    t, names = shell.words(), _named()
    by_id = {each.row.incident_id: each for each in found}
    with st.expander(t("incident.change")):
        chosen = st.selectbox(
            t("incident.which"), list(by_id), index=None, placeholder=t("incident.choose"), key=CHOSEN,
            format_func=lambda i: f"{names.get(by_id[i].row.branch_id, '')}　{_line(by_id[i])}",
        )  # fmt: skip
        if chosen is None:
            return
        row = by_id[chosen].row
        with st.form(f"incident_change_{chosen}"):
            new = _fields(row, chosen)
            because = st.text_input(t("incident.because"), max_chars=REASON, key=f"incident_because_{chosen}")
            with st.container(horizontal=True):
                correct = st.form_submit_button(t("incident.correct"), type="primary")
                withdraw = st.form_submit_button(t("incident.withdraw"))
        st.caption(t("incident.withdraw_note"))
    if correct:
        shell.attempt(lambda: _corrected(new, because))
    if withdraw:
        shell.attempt(lambda: _withdrawn(chosen, because))


def _corrected(row: IncidentRow, because: str) -> None:
    incidents.correct(resources.store(), resources.viewer(), row, because)
    st.session_state["conduct_said"] = shell.words()("incident.corrected")


def _withdrawn(incident_id: str, because: str) -> None:
    incidents.withdraw(resources.store(), resources.viewer(), incident_id, because)
    st.session_state[WITHDRAWN] = incident_id
    st.session_state["conduct_said"] = shell.words()("incident.withdrawn")

"""补报与延期: whom the office lets apply late or a year later, and taking either back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard.errors import UserError
from dashboard.services import permits
from dashboard.services.applying import deadline_of
from dashboard.services.calendar import today
from dashboard.services.texts import REASON
from dashboard.store.reviewing import Granted
from dashboard.ui import resources, shell
from dashboard.ui.reviewing import acting
from dashboard.ui.reviewing.results import desks

Act = Callable[[str, int, str], None]  # on a branch in a year, with a reason


def show(year: int) -> None:
    """The view."""
    t, book = shell.words(), resources.rulebook()
    found = permits.permits(resources.store(), book, resources.viewer(), year)
    current = year == today(resources.store()).year
    acting.tell()
    if not current:
        st.info(t("permit.other_year", year=year))
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        st.subheader(t("permit.late"), anchor=False)
        st.caption(t("permit.rule", date=t.month_day(deadline_of(book, year))))
        if current:
            _give("late", year, _late_options(year, {each.branch_id for each in found.exceptions}), allow_late)
        _given("late", year, found.exceptions, disallow_late if current else None)
    with right, st.container(border=True):
        st.subheader(t("permit.defer"), anchor=False)
        st.caption(t("permit.defer_rule"))
        if not found.deferral:
            st.info(t("permit.no_deferral", year=year))
        elif current:
            _give("defer", year, _defer_options(year, {each.branch_id for each in found.deferrals}), defer)
        if found.deferral or found.deferrals:
            _given("defer", year, found.deferrals, end_deferral if current else None)


def allow_late(branch: str, year: int, reason: str) -> None:
    permits.allow_late(resources.store(), resources.rulebook(), resources.viewer(), branch, year, reason)


def disallow_late(branch: str, year: int, reason: str) -> None:
    permits.disallow_late(resources.store(), resources.viewer(), branch, year, reason)


def defer(branch: str, year: int, reason: str) -> None:
    permits.defer(resources.store(), resources.rulebook(), resources.viewer(), branch, year, reason)


def end_deferral(branch: str, year: int, reason: str) -> None:
    permits.end_deferral(resources.store(), resources.viewer(), branch, year, reason)


def _names() -> dict[str, str]:
    return {branch.branch_id: branch.name for branch in resources.branches() if branch.active}


def _late_options(year: int, taken: set[str]) -> dict[str, str]:
    """Who may be let apply late: those who came late first, then those who missed the day, then all who have not
    applied."""
    t, names = shell.words(), _names()
    every = desks(year)
    late = [case.branch.branch_id for desk in every for case in desk.cases if case.status == "late"]
    absent = {each.branch.branch_id: each.why for desk in every for each in desk.absent}
    missed = [branch for branch, why in absent.items() if why == "missed"]
    told = {branch: t("permit.branch_late", branch=names[branch]) for branch in late if branch in names}
    told |= {branch: t("permit.branch_missed", branch=names[branch]) for branch in missed if branch in names}
    told |= {branch: name for branch, name in names.items() if branch in absent and branch not in told}
    return {branch: name for branch, name in told.items() if branch not in taken}


def _defer_options(year: int, taken: set[str]) -> dict[str, str]:
    """Who has not applied."""
    names = _names()
    absent = {each.branch.branch_id for desk in desks(year) for each in desk.absent}
    return {branch: name for branch, name in names.items() if branch in absent and branch not in taken}


def _give(what: str, year: int, options: Mapping[str, str], act: Act) -> None:
    t = shell.words()
    label = t("permit.branch" if what == "late" else "permit.which")
    _form(f"give_{what}", year, label, t(f"permit.send_{what}"), options, act,
          "permit.allowed" if what == "late" else "permit.deferred", primary=True)  # fmt: skip


def _given(what: str, year: int, found: Sequence[Granted], act: Act | None) -> None:
    """Who has it, and the form that takes it back."""
    t, names = shell.words(), {branch.branch_id: branch.name for branch in resources.branches()}
    if not found:
        st.markdown(t(f"permit.none_{what}"))
        return
    st.markdown(f"**{t(f'permit.found_{what}', count=len(found))}**")
    applied = {case.branch.branch_id for desk in desks(year) for case in desk.cases}
    lines = []
    for each in found:
        state = t("permit.applied" if each.branch_id in applied else "permit.not_applied")
        name = shell.plain(names.get(each.branch_id, each.branch_id))
        lines.append(
            "- " + t("permit.line", branch=name, state=state, reason=shell.plain(" ".join(each.reason.split())))
        )
    st.markdown("\n".join(lines))
    if act is not None:
        with st.expander(t(f"permit.take_back_{what}")):
            options = {each.branch_id: names.get(each.branch_id, each.branch_id) for each in found}
            _form(f"take_{what}", year, t("permit.which"), t("permit.withdraw"), options, act,
                  f"permit.withdrawn_{what}")  # fmt: skip


def _form(
    name: str, year: int, label: str, button: str, options: Mapping[str, str], act: Act, said: str, *,
    primary: bool = False,
) -> None:  # fmt: skip
    """A branch and a reason."""
    t, key = shell.words(), f"permit_{name}_{year}"
    with st.form(key, border=False):
        st.selectbox(
            label, list(options), index=None, format_func=lambda branch: options.get(branch, branch),
            placeholder=t("permit.choose"), key=f"{key}_branch",
        )  # fmt: skip
        st.text_input(t("permit.reason"), max_chars=REASON, key=f"{key}_reason")
        st.form_submit_button(
            button, type="primary" if primary else "secondary", on_click=_send, args=(key, year, act, said)
        )


def _send(key: str, year: int, act: Act, said: str) -> None:
    branch, reason = st.session_state.get(f"{key}_branch"), str(st.session_state.get(f"{key}_reason") or "")
    name = {each.branch_id: each.name for each in resources.branches()}.get(str(branch), "")
    if acting.act(partial(_act, act, branch, year, reason), shell.words()(said, branch=name)):
        st.session_state[f"{key}_branch"] = None
        st.session_state[f"{key}_reason"] = ""


def _act(act: Act, branch: str | None, year: int, reason: str) -> None:
    if branch is None:
        raise UserError.of("permit.branch_wanted")
    act(branch, year, reason)

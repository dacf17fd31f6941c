"""One inspection: its sheet item by item, the conclusion and what speaks against it, a correction with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import streamlit as st

from dashboard.services import inspecting, inspection_results
from dashboard.services.calendar import today
from dashboard.services.inspecting import Kind, Outcome, Standing
from dashboard.services.inspection_results import HIGHEST, Finding
from dashboard.services.texts import REASON
from dashboard.ui import resources, shell
from dashboard.ui.inspecting.telling import result_line, sanction_text
from dashboard.ui.sheet.editor import edit_sheet

OUTCOMES: tuple[Outcome, ...] = ("pass", "fail")
SEEN = "inspecting_seen"  # which inspection this session looks at, and its result when it last looked
LIST, WITHOUT = "by_items", "without"  # the ways to an outcome


def show(kind: Kind, branch_id: str, year: int) -> None:
    """The view."""
    t = shell.words()
    found = inspecting.look(
        resources.store(), resources.rulebook(), resources.viewer(), resources.evaluation(year), branch_id, kind
    )
    meanwhile = _changed_elsewhere(found, year)
    if message := st.session_state.pop("inspecting_said", None):
        st.success(message)
    elif meanwhile:
        st.warning(t("inspecting.meanwhile"))
    _heading(found)
    if found.task.result:
        _result(found, year)
    if found.lock not in (None, "no_standard"):
        st.info(t(f"error.sheet.locked_{found.lock}", year=year))
    elif not found.task.result or st.toggle(
        t("inspecting.correct"), key=f"correct_{kind}_{branch_id}_{len(found.lines)}", help=t("inspecting.correct_note")
    ):
        _enter(found, year)


def _changed_elsewhere(found: Standing, year: int) -> bool:
    """Whether the result is another one than when this session last looked: a form that was filled in is gone then."""
    seen = (found.task.kind, found.task.branch.branch_id, year), (len(found.lines), found.task.result)
    before = st.session_state.get(SEEN, seen)
    st.session_state[SEEN] = seen
    return bool(before[0] == seen[0] and before != seen)


def _heading(found: Standing) -> None:
    """Whom this is about, and what the inspector should know before."""
    t, names, task = shell.words(), shell.level_names(), found.task
    title = t("inspecting.heading", kind=t(f"event.{task.kind}"), branch=shell.plain(task.branch.name))
    st.subheader(title, anchor=False)
    aim = t(f"inspecting.aim.{task.kind}", level=names[task.target]) if task.target in names else ""
    st.caption("　".join(shell.plain(part) for part in (task.branch.superior or t("superior.none"), aim) if part))
    if found.vetoed:
        st.warning(t("inspecting.vetoed"))
    if found.sanction and task.counts:
        (st.warning if found.sanction.holds else st.info)(sanction_text(found.sanction))


def _result(found: Standing, year: int) -> None:
    """What was recorded, and every correction since."""
    t, task, names = shell.words(), found.task, shell.level_names()
    assert task.result is not None
    with st.container(border=True):
        st.markdown(f"**{shell.plain(result_line(task.result))}**")
        if found.marks and task.result.level_met is None:
            st.markdown(t("inspecting.by_marks", level=names[found.marks.level_met]))
        for line in found.lines:
            said = t(f"inspecting.line.{line.action}", time=t.moment(line.at))
            before = t("inspecting.before", result=result_line(line.before)) if line.before else ""
            reason = t("inspecting.because", reason=line.reason) if line.reason else ""
            st.caption(shell.plain(said + before + reason))
        if not found.lines:
            st.caption(t("inspecting.imported"))
        if task.typed:
            st.warning(t("inspecting.typed", count=task.typed))
        if found.marks:
            params = {"branch": task.branch.branch_id, "year": str(year), "lang": shell.language()}
            st.page_link(shell.page("branch"), label=t("inspecting.items"), query_params=params)


def _enter(found: Standing, year: int) -> None:
    """The sheet and the conclusion once it is saved; or the conclusion alone, without a list of items."""
    t, task = shell.words(), found.task
    asked = f"{task.kind}.{task.branch.branch_id}.{year}"
    begun = bool(task.answered or task.typed)
    usual = WITHOUT if task.result and not begun else LIST
    way = LIST if begun else st.session_state.get(f"inspecting_way_{asked}", usual) if task.items else WITHOUT
    if way == LIST:
        stage = inspecting.stage_of(task.kind)
        if edit_sheet(task.branch.branch_id, year, stage, ready=t("inspecting.ready"), stamp=len(found.lines)):
            st.session_state["inspecting_ready"] = asked
    if task.items and not begun:
        if way == LIST:
            st.caption(t(f"inspecting.without_note.{task.kind}"))
        other = WITHOUT if way == LIST else LIST
        st.button(
            t(f"inspecting.{other}"), type="tertiary", key=f"inspecting_{other}",
            on_click=lambda: st.session_state.update({f"inspecting_way_{asked}": other}),
        )  # fmt: skip
    if way == WITHOUT or task.result or st.session_state.get("inspecting_ready") == asked:
        with st.container(border=True):
            st.subheader(t("inspecting.conclude"), anchor=False)
            _beforehand(found)
            _form(found, year)


def _beforehand(found: Standing) -> None:
    """What the marks come to, and what speaks against finishing now."""
    t, names, task = shell.words(), shell.level_names(), found.task
    if found.marks is None:
        if task.items:
            st.info(t(f"inspecting.no_list.{task.kind}"))
        return
    st.markdown(t("inspecting.comes_to", level=names[found.marks.level_met]))
    if found.proposed and task.target in names:
        aim = t(f"inspecting.aim.{task.kind}", level=names[task.target])
        st.markdown(t("inspecting.proposed", aim=aim, outcome=t(f"event.outcome.{found.proposed}")))
    if found.blank:
        st.warning(t("inspecting.blank", count=found.blank))
    if task.result and task.result.level_met is not None:
        st.warning(t("inspecting.level_dropped", level=names.get(task.result.level_met, "")))


def _form(found: Standing, year: int) -> None:
    t, task, before = shell.words(), found.task, found.task.result
    now = today(resources.store())
    key = f"{task.kind}_{task.branch.branch_id}_{year}_{found.proposed}"
    usual = before.outcome if before and not task.typed else found.proposed
    with st.form(f"conclude_{key}", border=False):
        left, right = st.columns(2)
        with left:
            day = st.date_input(
                t("inspecting.day"), value=(before and before.inspected_on) or (now if now.year == year else None),
                format="YYYY-MM-DD", min_value=date(year, 1, 1), max_value=now, key=f"day_{key}",
            )  # fmt: skip
        with right:
            score = st.number_input(
                t("inspecting.score" if task.kind == "acceptance" else "inspecting.score_optional"),
                value=float(before.score) if before and before.score is not None else None,
                min_value=0.0, max_value=float(HIGHEST), step=0.1, format="%.1f", key=f"score_{key}",
            )  # fmt: skip
        level = _stated_level(found, key)
        outcome = st.radio(
            t("inspecting.outcome"), OUTCOMES, index=OUTCOMES.index(usual) if usual in OUTCOMES else None,
            format_func=lambda name: t(f"event.outcome.{name}"), horizontal=True, key=f"outcome_{key}",
        )  # fmt: skip
        if task.kind == "acceptance":
            st.caption(t("inspecting.outcome_note"))
        remark = st.text_input(
            t("inspecting.reason" if before else "inspecting.remark"), max_chars=REASON, key=f"remark_{key}"
        )
        sent = st.form_submit_button(t("inspecting.send_correct" if before else "inspecting.send"), type="primary")
    if sent:
        exact = None if score is None else Decimal(str(score))
        shell.attempt(lambda: _send(found, year, Finding(outcome, day, exact, level, remark)))


def _stated_level(found: Standing, key: str) -> int | None:
    """The level that is stated where an acceptance has no list."""
    if found.marks or found.task.kind != "acceptance":
        return None
    names, before = shell.level_names(), found.task.result
    options = sorted(names)
    usual = before.level_met if before else None
    return st.selectbox(
        shell.words()("inspecting.level"), options, index=options.index(usual) if usual in options else None,
        format_func=names.__getitem__, placeholder=shell.words()("inspecting.choose"), key=f"level_{key}",
    )  # fmt: skip


def _send(found: Standing, year: int, finding: Finding) -> None:
    task, t = found.task, shell.words()
    act = inspection_results.correct if task.result else inspection_results.finish
    act(
        resources.store(), resources.rulebook(), resources.viewer(), resources.evaluation(year),
        task.branch.branch_id, task.kind, finding,
    )  # fmt: skip
    st.session_state.pop("inspecting_ready", None)
    st.session_state["inspecting_said"] = t("inspecting.corrected" if task.result else "inspecting.finished")

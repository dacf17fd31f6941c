"""建档立卡: a branch's stars over the years, its marks beside what each level requires, and why it got what it got."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.branch import stars_over_years
from dashboard.services.branch_file import BranchFile, CriterionLine, Explanation, branch_file
from dashboard.ui import resources, shell
from dashboard.ui.appraisal.telling import tell_measured
from dashboard.ui.criteria import section_tables
from dashboard.ui.marks import mark_text, requirement_text
from dashboard.ui.progress.next import show_next
from dashboard.ui.screens.choosing import choose_branch
from dashboard.ui.timeline import show_timeline


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("branch.title"))
    if shell.is_empty():
        return
    branch = choose_branch()
    shell.data_time(resources.overview(year).synthetic)
    show_next(branch.branch_id, year, here="branch")
    file = branch_file(
        resources.store(), resources.rulebook(), resources.viewer(), resources.evaluation(year), branch.branch_id
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _card(file)
        with st.container(border=True):
            st.subheader(t("branch.ask.history"), anchor=False)
            names = shell.level_names()
            figure = stars_over_years(file.history, resources.rulebook().level_values, names)
            shell.chart(figure, key="stars")
    with right:
        _why(file)
        _events(file)
        show_timeline(file.branch, year)
    _marks(file)


def _card(file: BranchFile) -> None:
    t = shell.words()
    branch, result = file.branch, file.explanation.result
    sector = resources.rulebook().sectors.get(branch.sector)
    names = shell.level_names()
    with st.container(border=True):
        st.subheader(branch.name, anchor=False)
        st.metric(
            t(f"branch.level.{resources.evaluation(file.year).stage}", year=file.year),
            names[result.awarded_level],
            help=t(f"basis.{result.basis}"),
        )
        facts = [
            (t("column.superior"), branch.superior or t("superior.none")),
            (t("column.sector"), t.text(sector.name) if sector else branch.sector),
            (t("branch.members"), t.number(file.members)),
            (t("branch.number"), branch.branch_id),
        ]
        if not branch.active:
            facts.append((t("branch.state"), t("basis.inactive")))
        st.markdown("　".join(f"**{name}** {_safe(value)}" for name, value in facts))
        if file.provisional:
            st.caption(t("branch.provisional"))


def _why(file: BranchFile) -> None:
    t = shell.words()
    why = file.explanation
    with st.container(border=True):
        st.subheader(t("branch.ask.why"), anchor=False)
        st.markdown(f"**{t(f'basis.{why.result.basis}')}**　{_sentence(why)}")
        if why.level and why.level.places is not None:
            st.markdown(_competition(why))
        if why.passage:
            with st.expander(t("branch.clause", clause=why.result.clause)):
                st.markdown(_safe(t.text(why.passage.text)))
        st.caption(t("rules.fingerprint", fingerprint=resources.evaluation(file.year).fingerprint[:12]))


def _sentence(why: Explanation) -> str:
    """The reason in one sentence, with the levels that it speaks of."""
    t = shell.words()
    names, result = shell.level_names(), why.result
    status = t(f"status.{result.application_status}") if result.application_status else t("status.none")
    return t(
        f"why.{result.basis}",
        previous=names[result.previous_level],
        applied=names[result.applied_level or 0],
        met=names[result.level_met or 0],
        awarded=names[result.awarded_level],
        competed=names[result.competed_at or 0],
        status=status,
    )


def _competition(why: Explanation) -> str:
    t = shell.words()
    assert why.level is not None
    return t(
        f"why.binding.{why.level.binding}",
        level=shell.level_names()[why.level.level],
        quota=why.level.quota,
        applicants=why.level.applicants,
        pool=why.level.pool,
        places=why.level.places,
        rank=why.result.merit_rank,
    )


def _events(file: BranchFile) -> None:
    t = shell.words()
    names = shell.level_names()
    with st.container(border=True):
        st.subheader(t("branch.ask.events", year=file.year), anchor=False)
        lines = []
        if file.application:
            row = file.application
            status = file.explanation.result.application_status
            lines.append(
                t(
                    "event.application",
                    date=t.month_day(row["submitted_on"]),
                    level=names[row["level"]],
                    status=t(f"status.{status}") if status else "—",
                )
            )
        for row in file.inspections:
            parts = [t(f"event.{row['kind']}")]
            parts += [t(f"event.outcome.{row['outcome']}")] if row["outcome"] else []
            parts += [t("event.met", level=names[row["level_met"]])] if row["level_met"] is not None else []
            parts += [t("event.score", score=f"{row['score'].normalize():f}")] if row["score"] is not None else []
            date = f"{t.month_day(row['inspected_on'])}　" if row["inspected_on"] else ""
            lines.append(date + "，".join(parts))
        if file.rectification:
            outcome = t(f"event.rectification.{file.rectification['outcome']}")
            lines.append(t("event.rectification", date=t.month_day(file.rectification["due_on"]), outcome=outcome))
        if file.severe_incidents:
            lines.append(t("event.incidents", count=file.severe_incidents))
        st.markdown("\n".join(f"- {line}" for line in lines) if lines else t("event.none"))


def _marks(file: BranchFile) -> None:
    t = shell.words()
    st.subheader(t("branch.ask.marks"), anchor=False)
    if not file.lines:
        st.info(t("branch.no_standard"))
        return
    st.caption(t("branch.marks_hint"))
    stages = [s for s in ("self", "inspection", "recheck") if any(s in line.marks for line in file.lines)] or ["self"]
    cells = {line.criterion.id: _cells(line, stages) for line in file.lines}
    section_tables(list({line.section.id: line.section for line in file.lines}.values()), cells)
    tell_measured(
        (line.criterion, mark, line.stated.get(stage)) for line in file.lines for stage, mark in line.measured.items()
    )


def _cells(line: CriterionLine, stages: list[str]) -> dict[str, str]:
    t = shell.words()
    names = shell.level_names()
    levels = resources.rulebook().level_values
    cells = {names[value]: requirement_text(line.criterion, line.required[value]) for value in levels}
    least = line.required[levels[-1]]
    for stage in stages:
        value = line.marks.get(stage)
        text = mark_text(t, line.criterion, value)
        short = value is not None and least is not None and value < float(least)
        cells[t(f"stage.{stage}")] = f":gray[{text}]" if value is None else f":red[{text}]" if short else text
    return cells


def _safe(text: str) -> str:
    return shell.plain(text)

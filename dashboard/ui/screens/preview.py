"""自评预览: the level a branch's marks meet, what the next asks, best and worst case while some are unknown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.rules.level import need_of
from dashboard.rules.preview import Gap
from dashboard.rules.rulebook import Criterion
from dashboard.services.applying import application_of
from dashboard.services.effort import Effort, by_effort
from dashboard.services.preview import Preview, SectionProgress, preview, read_marks
from dashboard.services.sheets import read_sheet
from dashboard.ui import resources, shell
from dashboard.ui.appraisal.telling import tell_measured
from dashboard.ui.criteria import criterion_name, section_table
from dashboard.ui.expecting import likely, results
from dashboard.ui.marks import mark_text, requirement_text
from dashboard.ui.screens.choosing import choose_branch

MOST_DECISIVE = 8


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("preview.title"))
    if shell.is_empty():
        return
    branch = choose_branch()
    shell.data_time(resources.overview(year).synthetic)
    store, book, viewer = resources.store(), resources.rulebook(), resources.viewer()
    sheet = read_sheet(store, book, viewer, branch.branch_id, year, "self")
    applied = application_of(store, viewer, branch.branch_id, year) is not None
    marks = read_marks(store, book, viewer, branch.branch_id, year, typed=not applied)
    result = preview(store, book, viewer, branch.branch_id, marks.values)
    if result is None:
        st.info(t("branch.no_standard"))
        return
    if not marks.stated:
        st.info(t("preview.no_marks", year=year))
    if sheet.open:
        st.caption(t("preview.not_handed_in" if applied else "preview.typed", count=len(sheet.open)))
    _levels(result)
    _next(result, branch.branch_id, year)
    if marks.stated:
        likely.show(branch.branch_id, year, sheet.fingerprint)
    _sections(result)
    tell_measured(
        (result.standard.criteria[mark.criterion], mark, marks.stated.get(mark.criterion))
        for mark in marks.measured.values()
        if mark.criterion in result.standard.criteria
    )


def _levels(result: Preview) -> None:
    t = shell.words()
    names = shell.level_names()
    unknown = sum(section.unknown for section in result.sections)
    cases = (
        ("preview.worst", result.level_low),
        ("preview.now", result.level_met),
        ("preview.best", result.level_high),
    )
    with st.container(border=True):
        with st.container(horizontal=True, gap="large"):
            for label, level in cases:
                st.metric(t(label), names[level], width="content")
        st.caption(t("preview.cases" if unknown else "preview.all_known", unknown=unknown))
    if result.provisional:
        st.caption(t("branch.provisional"))
    st.caption(t("preview.not_the_award"))


def _next(result: Preview, branch_id: str, year: int) -> None:
    t = shell.words()
    names = shell.level_names()
    with st.container(border=True):
        if result.next_level is None:
            st.subheader(t("preview.top"), anchor=False)
            return
        level = names[result.next_level]
        st.subheader(t("preview.missing", level=level, count=len(result.missing)), anchor=False)
        known = results.efforts(resources.rulebook(), year).get(result.next_level, {})
        ordered = by_effort(result.missing, known)
        columns = {
            t("column.criterion"): [criterion_name(gap.criterion) for gap in ordered],
            t("preview.required", level=level): [requirement_text(g.criterion, g.required) for g in ordered],
            t("stage.self"): [mark_text(t, g.criterion, g.value) for g in ordered],
        }
        if known:
            columns[t("preview.mended")] = [_mended(known.get(gap.criterion.id)) for gap in ordered]
            st.caption(t("preview.mended_note"))
        st.table(pd.DataFrame(columns), hide_index=True, border="horizontal")
        _suppose(result, ordered, branch_id)
        if result.decisive:
            st.markdown(t("preview.decisive", count=len(result.decisive)))
            st.markdown("\n".join(f"- {shell.plain(criterion_name(c))}" for c in result.decisive[:MOST_DECISIVE]))
            if len(result.decisive) > MOST_DECISIVE:
                st.caption(t("preview.decisive_more", count=len(result.decisive) - MOST_DECISIVE))
        elif any(section.unknown for section in result.sections):
            st.markdown(t("preview.none_decisive"))


def _mended(effort: Effort | None) -> str:
    """How many of those who missed a criterion met it a year later."""
    return f"{effort.mended}/{effort.missed}" if effort and effort.missed else "—"


def _suppose(result: Preview, missing: list[Gap], branch_id: str) -> None:
    """What if some of them were met? Nothing is stored."""
    t = shell.words()
    options = {gap.criterion.id: gap for gap in missing}
    chosen = st.multiselect(
        t("preview.suppose"),
        list(options),
        format_func=lambda key: criterion_name(options[key].criterion),
        placeholder=t("preview.suppose_hint"),
        key=f"suppose_{branch_id}",
    )
    if not chosen:
        return
    marks = dict(result.marks) | {key: float(options[key].required) for key in chosen}
    then = preview(resources.store(), resources.rulebook(), resources.viewer(), branch_id, marks)
    assert then is not None
    names = shell.level_names()
    st.markdown(
        t("preview.supposed", level=names[then.level_met], high=names[then.level_high], left=len(missing) - len(chosen))
    )


def _sections(result: Preview) -> None:
    t = shell.words()
    st.subheader(t("preview.sections"), anchor=False)
    for progress in result.sections:
        name = t.text(progress.section.name)
        title = t("preview.section", name=name, met=progress.met, total=progress.total)
        if progress.unknown:
            title += t("preview.section_unknown", unknown=progress.unknown)
        with st.expander(title):
            st.progress(progress.met / progress.total if progress.total else 0.0)
            section_table(*_section_cells(result, progress))


def _section_cells(result: Preview, progress: SectionProgress) -> tuple[list[Criterion], dict[str, dict[str, str]]]:
    t = shell.words()
    book, names = resources.rulebook(), shell.level_names()
    criteria = [c for c in progress.section.criteria if c.id in result.standard.criteria]
    cells: dict[str, dict[str, str]] = {}
    for c in criteria:
        cells[c.id] = {
            names[value]: requirement_text(c, need_of(result.standard, c, key, book.level_keys))
            for key, value in zip(book.level_keys, book.level_values, strict=True)
        }
        cells[c.id][t("stage.self")] = mark_text(t, c, result.marks.get(c.id))
    return criteria, cells

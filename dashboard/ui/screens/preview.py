"""自评预览: the level a branch's marks meet, what is missing for the next, best and worst case while some are unknown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.rules.level import need_of
from dashboard.rules.preview import Gap
from dashboard.rules.rulebook import Criterion
from dashboard.services.preview import Preview, SectionProgress, preview, read_marks
from dashboard.ui import resources, shell
from dashboard.ui.marks import mark_text, requirement_text
from dashboard.ui.screens.choosing import choose_branch


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("preview.title"))
    if shell.is_empty():
        return
    branch = choose_branch()
    shell.data_time(resources.overview(year).synthetic)
    store, book, viewer = resources.store(), resources.rulebook(), resources.viewer()
    marks = read_marks(store, viewer, branch.branch_id, year)
    result = preview(store, book, viewer, branch.branch_id, marks)
    if result is None:
        st.info(t("branch.no_standard"))
        return
    if not marks:
        st.info(t("preview.no_marks", year=year))
    _levels(result)
    _next(result, branch.branch_id)
    _sections(result)


def _levels(result: Preview) -> None:
    t = shell.words()
    names = shell.level_names()
    unknown = sum(section.unknown for section in result.sections)
    cases = (("preview.worst", result.level_low), ("preview.now", result.level_met), ("preview.best", result.level_high))
    for column, (label, level) in zip(st.columns(3), cases, strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(t(label), names[level])
            st.caption(t(f"{label}_note", unknown=unknown))
    if result.provisional:
        st.caption(t("branch.provisional"))
    st.caption(t("preview.not_the_award"))


def _next(result: Preview, branch_id: str) -> None:
    t = shell.words()
    names = shell.level_names()
    with st.container(border=True):
        if result.next_level is None:
            st.subheader(t("preview.top"), anchor=False)
            return
        level = names[result.next_level]
        st.subheader(t("preview.missing", level=level, count=len(result.missing)), anchor=False)
        ordered = sorted(result.missing, key=lambda gap: gap.value is not None)
        st.dataframe(
            pd.DataFrame(
                {
                    t("column.criterion"): [_name(gap.criterion) for gap in ordered],
                    t("preview.required", level=level): [requirement_text(g.criterion, g.required) for g in ordered],
                    t("stage.self"): [mark_text(t, g.criterion, g.value) for g in ordered],
                }
            ),
            hide_index=True,
            height="content" if len(ordered) <= 10 else 400,
            column_config={t("column.criterion"): st.column_config.TextColumn(width="large")},
        )
        _suppose(result, ordered, branch_id)
        if result.decisive:
            items = "；".join(shell.plain(_name(c)) for c in result.decisive[:12])
            st.markdown(t("preview.decisive", count=len(result.decisive), items=items))
        elif any(section.unknown for section in result.sections):
            st.markdown(t("preview.none_decisive"))


def _suppose(result: Preview, missing: list[Gap], branch_id: str) -> None:
    """What if some of them were met? Nothing is stored."""
    t = shell.words()
    options = {gap.criterion.id: gap for gap in missing}
    chosen = st.multiselect(
        t("preview.suppose"),
        list(options),
        format_func=lambda key: _name(options[key].criterion),
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


def _name(criterion: Criterion) -> str:
    return f"{criterion.id.removeprefix('c').lstrip('0')}　{shell.words().text(criterion.text)}"


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
            st.dataframe(_section_table(result, progress), hide_index=True, height="content")


def _section_table(result: Preview, progress: SectionProgress) -> pd.DataFrame:
    t = shell.words()
    book, names = resources.rulebook(), shell.level_names()
    criteria = [c for c in progress.section.criteria if c.id in result.standard.criteria]
    data = {t("column.criterion"): [_name(c) for c in criteria]}
    for key, value in zip(book.level_keys, book.level_values, strict=True):
        data[names[value]] = [requirement_text(c, need_of(result.standard, c, key, book.level_keys)) for c in criteria]
    data[t("stage.self")] = [mark_text(t, c, result.marks.get(c.id)) for c in criteria]
    return pd.DataFrame(data)

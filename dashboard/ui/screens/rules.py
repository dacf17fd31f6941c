"""规则: the rulebook beside the words of the document."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.i18n.rule_words import group_name, say, short_label
from dashboard.rules.level import need_of
from dashboard.services.rules_view import OpenReading, RuleGroup, open_readings, rule_groups
from dashboard.ui import resources, shell
from dashboard.ui.criteria import section_tables
from dashboard.ui.marks import requirement_text


def show() -> None:
    """The page."""
    t = shell.words()
    shell.heading(t("rules.title"), with_year=False)
    book = resources.rulebook()
    st.caption(
        t(
            "rules.source",
            document=t.text(book.source.document),
            issued_by=t.text(book.source.issued_by),
            fingerprint=book.fingerprint[:12],
        )
    )
    rules, standard, readings, document = st.tabs(
        [t("rules.tab.rules"), t("rules.tab.standard"), t("rules.tab.readings"), t("rules.tab.document")]
    )
    with rules:
        for group in rule_groups(book, resources.viewer()):
            _group(group)
    with standard:
        _standards()
    with readings:
        st.markdown(t("rules.readings_intro"))
        for reading in open_readings(book, resources.viewer()):
            _reading(reading)
    with document:
        for passage in book.document:
            title = f"　{t.text(passage.title)}" if passage.title else ""
            st.markdown(f"**{passage.clause}{title}**")
            st.markdown(shell.plain(t.text(passage.text)).replace("\n", "  \n"))


def _group(group: RuleGroup) -> None:
    t = shell.words()
    book = resources.rulebook()
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            st.subheader(group_name(t, book, group.name, group.key), anchor=False)
            table = {
                t("rules.rule"): [short_label(t, book, v.path) for v in group.values],
                t("rules.value"): [say(t, book, v.value) for v in group.values],
            }
            st.table(pd.DataFrame(table), hide_index=True)
        with right:
            st.caption(group.clause)
            if group.passage:
                st.markdown(shell.plain(t.text(group.passage.text)).replace("\n", "  \n"))


def _standards() -> None:
    t = shell.words()
    book = resources.rulebook()
    names = shell.level_names()
    for name, standard in book.standards.items():
        st.subheader(t.text(standard.name), anchor=False)
        provisional = [t.text(s.name) for s in book.sectors.values() if s.standard == name and s.provisional]
        if provisional:
            st.caption(t("rules.provisional", sectors="、".join(provisional)))
        cells = {}
        for criterion in standard.criteria.values():
            needs = {
                names[value]: need_of(standard, criterion, key, book.level_keys)
                for key, value in zip(book.level_keys, book.level_values, strict=True)
            }
            cells[criterion.id] = {level: requirement_text(criterion, need) for level, need in needs.items()}
            cells[criterion.id][t("rules.unit")] = t.text(criterion.unit) if criterion.unit else ""
        section_tables(standard.sections, cells)
        st.caption(t("rules.standard_note"))


def _reading(item: OpenReading) -> None:
    t, book = shell.words(), resources.rulebook()
    with st.container(border=True):
        st.markdown(shell.plain(t.text(item.reading.question)))
        values = "；".join(dict.fromkeys(say(t, book, value) for _, value in item.in_force))
        now = {str(value) for _, value in item.in_force}
        others = "、".join(say(t, book, value) for value in item.reading.alternatives if str(value) not in now)
        line = t("rules.in_force", value=values or "—", clause=item.reading.clause or "")
        st.caption(line + (t("rules.others", values=others) if others else ""))
        if item.reading.note:
            st.caption(shell.plain(t.text(item.reading.note)))

"""Rounds of appraisal in words."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard.i18n import Translator
from dashboard.rules.appraisal import Measured, Round
from dashboard.rules.rulebook import Criterion
from dashboard.services.appraisals import Held
from dashboard.ui import resources, shell
from dashboard.ui.criteria import criterion_number
from dashboard.ui.marks import mark_text


def kind_name(kind: str) -> str:
    """What a kind is called; one that the rules no longer have stands for itself."""
    rules = resources.rulebook().appraisals.get(kind)
    return shell.words().text(rules.name) if rules else kind


def subject(found: Round) -> str:
    """Whom a round is about."""
    if found.branch_id is None:
        return shell.words()("appraisal.whole")
    return next((b.name for b in resources.branches() if b.branch_id == found.branch_id), found.branch_id)


def held_on(t: Translator, found: Round) -> str:
    return t.day(found.held_on) if found.held_on else "—"


def standing_of(item: Held) -> str:
    """What a round counts for, or why it does not."""
    t, rules = shell.words(), resources.rulebook().appraisals.get(item.round.kind)
    if item.state == "void":
        return t("appraisal.state.void", because=item.round.void)
    if item.state != "counts" or rules is None:
        return t(f"appraisal.state.{item.state}")
    if item.marks:
        stages = t("list.join").join(t(f"stage.{stage}") for stage in item.marks)
        return t("appraisal.state.mark", number=criterion_number(rules.criterion or ""), stages=stages)
    return t("appraisal.state.later" if rules.criterion and item.round.branch_id else "appraisal.state.counts")


def tell_measured(marks: Iterable[tuple[Criterion, Measured, float | None]]) -> None:
    """Which marks come from an appraisal, and what the branch stated otherwise."""
    t = shell.words()
    for criterion, mark, stated in marks:
        text = t(
            "appraisal.source",
            number=criterion_number(criterion.id),
            stage=t(f"stage.{mark.stage}"),
            kind=kind_name(mark.round.kind),
            date=held_on(t, mark.round),
            valid=t.number(mark.round.valid),
            share=t.share(mark.value / 100),
        )
        if stated is not None and abs(stated - float(mark.value)) >= 0.5:
            text += t("appraisal.stated", value=mark_text(t, criterion, stated))
        st.caption(shell.plain(text))

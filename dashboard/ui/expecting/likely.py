"""The chance of each level this year, what it hangs on, and how good such estimates were in earlier years."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts import likely as charts
from dashboard.errors import UserError
from dashboard.services.expectation import Expectation
from dashboard.ui import resources, shell
from dashboard.ui.criteria import criterion_name
from dashboard.ui.expecting import results


def show(branch_id: str, year: int, sheet: str) -> None:
    """The section of the preview page; `sheet` is the fingerprint of what the branch has typed."""
    t = shell.words()
    try:
        with st.spinner(t("likely.working")):
            found = results.expectation(resources.rulebook(), branch_id, year, sheet)
    except UserError as error:
        shell.complain(error)
        return
    names = shell.level_names()
    with st.container(border=True):
        st.subheader(t("likely.ask", year=year), anchor=False)
        if not found.years:
            st.caption(t("likely.no_history"))
        told = {level: in_words(chance) for level, chance in found.chances.items()}
        shell.chart(charts.chances(found.chances, names, told), key="likely_chances")
        for line in _lines(found):
            st.markdown(line)
        st.caption(
            t("likely.basis", first=found.years[0], last=found.years[-1], inspections=found.inspections,
              worlds=found.worlds) if found.years else t("likely.basis_none", worlds=found.worlds)
        )  # fmt: skip
        if st.toggle(t("likely.how_good"), key="likely_how_good"):
            _how_good()


def in_words(chance: float) -> str:
    """A chance as people should read it: an estimate is never quite certain."""
    return "<1%" if chance < 0.01 else ">99%" if chance > 0.99 else f"{chance:.0%}"


def _lines(found: Expectation) -> list[str]:
    t, names = shell.words(), shell.level_names()
    if found.target is None:
        return [t("likely.no_application")]
    level = names[found.target]
    lines = [t("likely.assumed" if found.assumed else "likely.applied", level=level)]
    if found.status not in (None, "accepted", "pending"):
        return [*lines, t("likely.refused", status=t(f"status.{found.status}"))]
    if found.met is not None:
        lines.append(t("likely.met", level=level, chance=in_words(found.met)))
    if found.rivals and found.rivals[0]:
        lines.append(t("likely.rivals", level=level, pool=found.rivals[0], selected=found.rivals[1]))
    if found.risks and found.met is not None and 0 < found.met < 1:
        lines.append(t("likely.risks", level=level))
        lines += [
            "- " + t("likely.risk", criterion=shell.plain(criterion_name(risk.criterion)), found=in_words(risk.found),
                     then=in_words(risk.then))
            for risk in found.risks
        ]  # fmt: skip
    return lines


def _how_good() -> None:
    """Earlier estimates beside what came of them."""
    t = shell.words()
    with st.spinner(t("likely.working")):
        found = results.calibration(resources.rulebook())
    if not found.scores:
        st.info(t("likely.no_history"))
        return
    st.markdown(t("likely.reliability"))
    shell.chart(charts.reliability(found.bins, (t("likely.given"), t("likely.came_true"))), key="likely_reliability")
    st.dataframe(
        pd.DataFrame(
            {
                t("column.year"): [str(score.year) for score in found.scores],
                t("column.branches"): [score.branches for score in found.scores],
                t("likely.brier"): [f"{score.brier:.3f}" for score in found.scores],
                t("likely.brier_self"): [f"{score.self_assessed:.3f}" for score in found.scores],
                t("likely.brier_held"): [f"{score.held:.3f}" for score in found.scores],
            }
        ),
        hide_index=True,
    )
    st.caption(t("likely.brier_note"))

"""The comparison to take along: a brief and a workbook."""

from __future__ import annotations

import streamlit as st

from dashboard.documents import DOCX, XLSX
from dashboard.rules.scenario import Scenario
from dashboard.services.briefing import report
from dashboard.services.simulation import Simulation
from dashboard.ui import resources, shell
from dashboard.ui.simulation import results


def show(both: Simulation, scenario: Scenario) -> None:
    """Two buttons; each file is made when it is asked for."""
    t = shell.words()
    st.subheader(t("take.title"), anchor=False)
    st.caption(t("take.intro"))

    def make(kind: str) -> bytes:
        from dashboard.documents.brief import brief  # python-docx loads only when a document is wanted
        from dashboard.documents.workbook import workbook

        ambiguities = results.ambiguities(both.scenario.rulebook, both.year)
        found = report(resources.store(), resources.viewer(), scenario, both, ambiguities)
        return brief(found, t) if kind == "brief" else workbook(found, t)

    name = f"{scenario.name or t('take.file')} {both.year}"
    with st.container(horizontal=True):
        st.download_button(
            t("take.brief"),
            lambda: make("brief"),
            file_name=f"{name}.docx",
            mime=DOCX,
            key="take_brief",
            on_click="ignore",
        )
        st.download_button(
            t("take.workbook"), lambda: make("workbook"), file_name=f"{name}.xlsx", mime=XLSX, key="take_workbook",
            on_click="ignore",
        )  # fmt: skip

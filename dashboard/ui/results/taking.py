"""The result to take along: a workbook, and the archive of the year."""

from __future__ import annotations

import streamlit as st

from dashboard.documents import XLSX
from dashboard.services import deciding, runs
from dashboard.services.consequences import amounts, consequences
from dashboard.services.runs import Run
from dashboard.ui import resources, shell
from dashboard.ui.results import found


def buttons(run: Run, year: int, *, archive: bool = True) -> None:
    """Two buttons; each file is made when it is asked for. The archive holds the year's data, so it is offered only
    where that is what the run was made from."""
    t = shell.words()
    name = t("results.file", year=year, run=run.row.run_id)
    with st.container(horizontal=True):
        st.download_button(
            t("results.workbook"), lambda: _workbook(run), file_name=f"{name}.xlsx", mime=XLSX,
            key=f"results_workbook_{run.row.run_id}", on_click="ignore", icon=":material/table:",
        )  # fmt: skip
        if archive:
            st.download_button(
                t("results.archive"), lambda: _archive(run), file_name=f"{name}.zip", mime="application/zip",
                key=f"results_archive_{run.row.run_id}", on_click="ignore", icon=":material/folder_zip:",
            )  # fmt: skip


def _workbook(run: Run) -> bytes:
    from dashboard.documents.results import Result, workbook  # loads only when a document is wanted

    book, evaluation, viewer = (
        resources.rulebook(),
        found.result(resources.rulebook(), run.row.run_id),
        resources.viewer(),
    )
    follows = consequences(book, viewer, evaluation)
    result = Result(
        run=run,
        evaluation=evaluation,
        rulebook=book,
        branches=found.branches(),
        decisions=deciding.decisions(resources.store(), viewer, run.row.year),
        consequences=follows,
        amounts=amounts(book, viewer, follows),
    )
    return workbook(result, shell.words())


def _archive(run: Run) -> bytes:
    from dashboard.documents.archive import archive

    data = runs.data_of(resources.store(), resources.viewer(), run.row.year)
    return archive(found.kept(resources.rulebook(), run.row.run_id), data, _workbook(run), shell.words())

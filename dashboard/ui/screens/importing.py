"""数据导入: files in, everything or nothing, every problem by file, row and column."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.errors import UserError
from dashboard.services.exchange import import_files
from dashboard.store.datasets import DATASETS
from dashboard.store.files import DataFile
from dashboard.ui import resources, shell
from dashboard.ui.vote import votes


def show() -> None:
    """The page."""
    t = shell.words()
    shell.heading(t("import.title"), with_year=False)
    shell.data_time(resources.store().property("synthetic") is not None)
    st.markdown(t("import.intro"))
    with st.form("import", clear_on_submit=True):
        uploads = st.file_uploader(t("import.files"), type=["csv", "xlsx"], accept_multiple_files=True)
        sent = st.form_submit_button(t("import.send"), type="primary")
    if sent and not uploads:
        st.warning(t("import.none"))
    elif sent and uploads:
        _import([DataFile(upload.name, upload.getvalue()) for upload in uploads])
    if resources.rulebook().member_star:
        votes.show()
    _tables()


def _import(files: list[DataFile]) -> None:
    t = shell.words()
    try:
        with shell.progress(t("import.working")) as tell:
            counts = import_files(resources.store(), resources.rulebook(), resources.viewer(), files, tell)
    except UserError as error:
        st.error(t("import.refused"))
        lines = t.problems(error)
        st.table(pd.DataFrame({t("import.problems"): lines}), hide_index=True)
        return
    st.success(t("import.done"))
    st.dataframe(
        pd.DataFrame(
            [
                {
                    t("column.table"): DATASETS[name].zh if shell.language() == "zh_CN" else name,
                    t("column.added"): count.added,
                    t("column.updated"): count.updated,
                    t("column.unchanged"): count.unchanged,
                }
                for name, count in counts.items()
            ]
        ),
        hide_index=True,
    )


def _tables() -> None:
    t = shell.words()
    chinese = shell.language() == "zh_CN"
    st.subheader(t("import.tables"), anchor=False)
    st.caption(t("import.tables_hint"))
    st.table(
        pd.DataFrame(
            [
                {
                    t("import.file_name"): f"{d.zh}.xlsx / {d.name}.csv",
                    t("import.columns"): "、".join(
                        (c.zh if chinese else c.name) + ("" if not c.optional else t("import.optional"))
                        for c in d.columns
                    ),
                }
                for d in DATASETS.values()
            ]
        ),
        hide_index=True,
    )

"""Tables of criteria, one for each section, so that the text has room on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard.rules.rulebook import Criterion, Section
from dashboard.ui import shell


def criterion_number(criterion_id: str) -> str:
    """The number of a criterion, as the document prints it."""
    return criterion_id.removeprefix("c").lstrip("0")


def criterion_name(criterion: Criterion) -> str:
    """Number and text of a criterion, as the document prints them."""
    return f"{criterion_number(criterion.id)}　{shell.words().text(criterion.text)}"


def section_tables(sections: Sequence[Section], cells: Mapping[str, Mapping[str, str]]) -> None:
    """A titled table for each section.

    Args:
        sections: in the order of the standard.
        cells: for each criterion id its cells by column; criteria without cells are left out.
    """
    for section in sections:
        st.markdown(f"**{shell.words().text(section.name)}**")
        section_table([c for c in section.criteria if c.id in cells], cells)


def section_table(criteria: Sequence[Criterion], cells: Mapping[str, Mapping[str, str]]) -> None:
    """One table: the criterion, then its cells."""
    heading = shell.words()("column.criterion")
    rows = [{heading: criterion_name(c), **cells[c.id]} for c in criteria]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")

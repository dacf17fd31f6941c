"""The sheet editor on a page: what the client needs to know, once; the rest goes over `dashboard.api`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.i18n.catalogue import messages
from dashboard.rules.level import need_of
from dashboard.rules.rulebook import Criterion, Standard
from dashboard.services import evidence
from dashboard.services.effort import Effort
from dashboard.services.sheets import LONGEST, as_stage, read_sheet
from dashboard.ui import resources, shell
from dashboard.ui.criteria import criterion_number
from dashboard.ui.expecting import results
from dashboard.ui.marks import requirement_text

FEW = 12  # unknown answers that decide: more than these are not pointed out one by one

_HERE = Path(__file__).parent
_SCRIPT = "\n".join((_HERE / name).read_text("utf-8") for name in ("keeper.js", "editor.js"))
_WORDS = "editor."

_mount = st.components.v2.component(
    "sheet_editor",
    html='<div class="editor"></div>',
    css=(_HERE / "editor.css").read_text("utf-8"),
    js=_SCRIPT,
)


def edit_sheet(branch_id: str, year: int, stage: str, *, ready: str = "", stamp: object = None) -> bool:
    """Fill in the sheet of a branch. Answers are saved as they are typed, without a rerun of the page.

    Args:
        ready: what the button below says that goes on once everything is saved; none without.
        stamp: whenever it changes the editor looks at the server again.

    Returns:
        Whether that button was pressed in this run.
    """
    sheet = read_sheet(resources.store(), resources.rulebook(), resources.viewer(), branch_id, year, as_stage(stage))
    if sheet.standard is None:
        st.info(shell.words()("branch.no_standard"))
        return False
    data = _data(sheet.standard, f"/api/sheet/{stage}/{branch_id}/{year}", stage, year)
    found = _mount(
        key=f"sheet_{stage}_{branch_id}_{year}",
        data=data | {"ready": "" if sheet.lock else ready, "stamp": str(stamp)},
        on_ready_change=lambda: None,
    )
    return found.get("ready") is not None


def _data(standard: Standard, path: str, stage: str, year: int) -> dict[str, Any]:
    t, book = shell.words(), resources.rulebook()
    words = {key.removeprefix(_WORDS): text for key, text in messages(t.language).items() if key.startswith(_WORDS)}
    words["unanswered"] = t("reviewing.as_own") if stage == "review" else words["unknown"]
    return {
        "path": path,
        "language": t.language,
        "words": words,
        "proposals": stage == "self",
        "few": FEW,
        "effort": {str(level): _easiest(found) for level, found in results.efforts(book, year).items()},
        "longest": LONGEST,
        "largest": evidence.LARGEST,
        "accept": ",".join(evidence.SUFFIXES),
        "none": shell.level_names()[0],
        "levels": [{"value": value, "name": shell.level_names()[value]} for value in book.level_values],
        "sections": [
            {
                "id": section.id,
                "name": t.text(section.name),
                "criteria": [_criterion(standard, c) for c in section.criteria if c.id in standard.criteria],
            }
            for section in standard.sections
        ],
    }


def _easiest(found: Mapping[str, Effort]) -> list[str]:
    """Criteria, those first that others made good most often."""
    return sorted(found, key=lambda criterion: -found[criterion].ease)


def _criterion(standard: Standard, criterion: Criterion) -> dict[str, Any]:
    t, book = shell.words(), resources.rulebook()
    unit = "%" if criterion.measure == "percent" else t.text(criterion.unit) if criterion.unit else ""
    return {
        "id": criterion.id,
        "number": criterion_number(criterion.id),
        "text": t.text(criterion.text),
        "measure": criterion.measure,
        "unit": unit,
        "asks": [
            requirement_text(criterion, need_of(standard, criterion, key, book.level_keys)) for key in book.level_keys
        ],
    }

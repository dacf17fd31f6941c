"""Texts that people give with an act: a reason, a finding, what is demanded."""

from __future__ import annotations

from dashboard.errors import UserError
from dashboard.store.cells import MAX_TEXT

REASON = 200  # characters of a reason or a remark
STATEMENT = MAX_TEXT  # characters of what a file can hold too: a note, a notice, a reply, a finding


def given(text: str, limit: int, code: str) -> str:
    """The text without surrounding blanks.

    Raises:
        UserError: `code`, where there is none, it is longer than `limit`, or no file could hold it.
    """
    found = text.strip()
    if not found or len(found) > limit or "\x00" in found or any("\ud800" <= c <= "\udfff" for c in found):
        raise UserError.of(code, limit=limit)
    return found

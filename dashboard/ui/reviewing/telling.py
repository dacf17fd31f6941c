"""Applications and marks in words."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote

from dashboard.services.dossier import Line
from dashboard.services.reviewing import Case
from dashboard.store.evidence import FileRow
from dashboard.ui import shell
from dashboard.ui.criteria import criterion_number
from dashboard.ui.marks import mark_text, requirement_text

_ADDRESS = re.compile(r"https?://[^\s，。；、“”<>\"']+")


def level_name(level: int) -> str:
    """The name of a level; of one that the rules no longer have, its value."""
    return shell.level_names().get(level, str(level))


def applied_text(case: Case) -> str:
    """What is applied for, and the own rating."""
    t = shell.words()
    applied = t("reviewing.applied_for", level=level_name(case.application.level))
    return f"**{applied}**　{t('reviewing.self', level=level_name(case.self_level))}"


def since_text(case: Case, day: date) -> str:
    """When it was handed in, and how long it waits."""
    t, application = shell.words(), case.application
    days = (day - application.submitted_on).days
    key = "reviewing.since" if application.review == "pending" and days >= 0 else "reviewing.on"
    return t(key, date=t.month_day(application.submitted_on), days=days)


def stands_text(case: Case) -> str:
    """What the rules say of it, coloured where it will not be accepted; empty where nothing speaks against it."""
    t, review = shell.words(), case.application.review
    if review == "pending" and case.then != "accepted":
        return f":red[{t(f'reviewing.then.{case.then}')}]"
    if review != "approved" or case.then == case.status == "accepted":
        return ""
    if case.status == "accepted":
        return f":orange[{t('reviewing.will_be_over' if case.then == 'over_cap' else f'reviewing.then.{case.then}')}]"
    return f":red[{t(f'reviewing.then.{case.status}')}]"


def linked(text: str) -> str:
    """Text that users typed as it is, the addresses in it as links."""
    parts, at = [], 0
    for found in _ADDRESS.finditer(text):
        parts += [shell.plain(text[at : found.start()]), _link(found[0], quote(found[0], safe=":/?#&=%~+,;@!*-._"))]
        at = found.end()
    return "".join([*parts, shell.plain(text[at:])]).replace("\n", "  \n")


def _link(name: str, address: str) -> str:
    return f"[{shell.plain(name)}]({address})"


def files_text(files: tuple[FileRow, ...]) -> str:
    """Files of evidence as links."""
    return shell.words()("reviewing.comma").join(_link(file.name, f"/api/evidence/{file.file_id}") for file in files)


def is_remarkable(line: Line) -> bool:
    """Whether there is something about an item that its reviewer should look at."""
    return line.short or bool(line.moved) or line.differs or bool(line.found and line.found.note)


def line_text(line: Line) -> str:
    """One item: its text, what is asked and what is said, then notes and evidence."""
    t, criterion = shell.words(), line.criterion
    title = f"**{criterion_number(criterion.id)}**　{shell.plain(t.text(criterion.text))}"
    said, found = line.said, line.found
    rows = [title, "　".join(_marks(line))]
    rows += [t("reviewing.note", text=linked(said.note))] if said.note else []
    rows += [t("reviewing.evidence", text=linked(said.evidence))] if said.evidence else []
    rows += [t("reviewing.files", names=files_text(line.files))] if line.files else []
    rows += [f":blue[{t('reviewing.finding', text=linked(found.note))}]"] if found and found.note else []
    return "  \n".join(rows)


def _marks(line: Line) -> list[str]:
    t, criterion = shell.words(), line.criterion
    asked = requirement_text(criterion, line.required)
    mark = mark_text(t, criterion, line.value)
    own = t("reviewing.own", mark=mark)
    if line.said.value is not None and line.said.value != line.value:
        own = t("reviewing.measured", said=mark_text(t, criterion, line.said.value), mark=mark)
    parts = [
        f":gray[{t('reviewing.not_asked') if line.required is None else t('reviewing.asked', asked=asked)}]",
        f"**{own}**",
    ]
    parts += [f":red-badge[{t('reviewing.short')}]"] if line.short else []
    for stage, value in line.moved.items():
        parts.append(f":orange-badge[{t(f'reviewing.before.{stage}', mark=mark_text(t, criterion, value))}]")
    if line.differs and line.found:
        parts.append(f":blue-badge[{t('reviewing.found', mark=mark_text(t, criterion, line.found.value))}]")
    return parts

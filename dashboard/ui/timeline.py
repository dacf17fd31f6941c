"""办理记录 of a branch, folded: who did what when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.services.branches import Branch
from dashboard.services.timeline import Done, timeline
from dashboard.ui import resources, shell
from dashboard.ui.criteria import criterion_number
from dashboard.ui.marks import mark_text


def show_timeline(branch: Branch, year: int) -> None:
    """The proceedings of a branch in a year, the oldest first; nothing where there are none."""
    found = timeline(resources.store(), resources.viewer(), branch.branch_id, year)
    if not found:
        return
    with st.expander(shell.words()("done.title", count=len(found))):
        st.markdown("\n".join(f"- {_line(done, branch)}" for done in found))


def _line(done: Done, branch: Branch) -> str:
    t = shell.words()
    parts = [t.moment(done.at), shell.plain(done.who), t(f"done.{done.action}", **_values(done))]
    line = "　".join(part for part in parts if part)
    if done.reason:
        line += t("done.because", reason=_flat(done.reason))
    findings = [_finding(each, branch) for each in done.detail.get("differences") or ()]
    return line + "".join(f"\n  - {finding}" for finding in findings)


def _values(done: Done) -> dict[str, object]:
    """What the sentences of all actions may name, as far as this one keeps it."""
    t, names, detail = shell.words(), shell.level_names(), done.detail
    kind, outcome = detail.get("kind"), detail.get("outcome")
    return {
        "level": names.get(detail.get("level", 0), ""),
        "before": detail.get("before", ""),
        "place": detail.get("place", ""),
        "kind": t(f"event.{kind}") if kind else "",
        "basis": t(f"basis.{detail['basis']}") if "basis" in detail else "",
        "outcome": _outcome(done.action, outcome) if outcome else t("inspecting.no_outcome"),
    }


def _outcome(action: str, outcome: str) -> str:
    """What came of an act, in the words of its kind."""
    families = {
        "rectification": "event.rectification",
        "tie": "decision",
        "decision": "decision",
        "objection": "results.objection",
    }
    return shell.words()(f"{families.get(action.split('_', maxsplit=1)[0], 'event.outcome')}.{outcome}")


def _finding(found: Mapping[str, Any], branch: Branch) -> str:
    """One item on which a superior found another mark or had something to say."""
    t, standard = shell.words(), resources.rulebook().standard_of(branch.sector)
    criterion = standard.criteria.get(found["criterion"]) if standard else None
    values: dict[str, object] = {"number": criterion_number(found["criterion"])}
    if criterion:
        values |= {name: mark_text(t, criterion, found[name]) for name in ("own", "found")}
    key = "done.finding" if criterion and found["found"] is not None else "done.finding_note"
    text = t(key, **{"own": "", "found": ""} | values)
    return text + (t("done.because", reason=_flat(found["note"])) if found["note"] else "")


def _flat(text: str) -> str:
    """Text that users typed, on one line of a list."""
    return shell.plain(" ".join(text.split()))

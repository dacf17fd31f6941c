"""违纪违法: severe incidents, and how far a branch is from the veto (附2·二 一票否决)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.branches import find_branch
from dashboard.services.evaluation import Evaluation
from dashboard.services.ground import prepare
from dashboard.services.texts import REASON, STATEMENT, given
from dashboard.store import incidents as kept
from dashboard.store import proceedings
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.incidents import IncidentRow
from dashboard.store.years import require_open

SUBJECTS = ("committee", "member")


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, with the name of the member where one is named and known."""

    row: IncidentRow
    member: str | None


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a branch is from the veto: severe incidents of the committee, and different members with severe ones,
    each beside the number that takes the stars away. `vetoed` is what the evaluation says."""

    branch_id: str
    committee: int
    committee_limit: int
    members: int
    members_limit: int
    vetoed: bool
    previous_level: int


def of_year(store: Store, viewer: Viewer, year: int) -> tuple[Incident, ...]:
    """The incidents of a year, by branch."""
    require(viewer, "view_incidents")
    return tuple(Incident(row, member) for row, member in kept.of_year(store, year))


def distances(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Mapping[str, Distance]:
    """How far every branch is from the veto, by id, as the evaluation counts."""
    require(viewer, "view_incidents")
    columns = ["branch_id", "committee_incidents", "member_incidents"]
    facts = prepare(store, rulebook, viewer, evaluation.year).facts.select(columns).to_pylist()
    rated = {row.branch_id: row for row in evaluation.branches()}
    return {
        row["branch_id"]: Distance(
            branch_id=row["branch_id"],
            committee=row["committee_incidents"],
            committee_limit=rulebook.veto.committee,
            members=row["member_incidents"],
            members_limit=rulebook.veto.members,
            vetoed=rated[row["branch_id"]].basis == "vetoed",
            previous_level=rated[row["branch_id"]].previous_level,
        )
        for row in facts
        if row["branch_id"] in rated
    }


def members_of(store: Store, viewer: Viewer, branch_id: str) -> Mapping[str, str]:
    """The members of a branch: names by id."""
    require(viewer, "view_incidents")
    return kept.members_of(store, branch_id)


def new_id(year: int) -> str:
    """An id for an incident that is about to be entered; entering it twice is entering it once."""
    return f"{year}-{secrets.token_hex(4)}"


def record(store: Store, viewer: Viewer, row: IncidentRow) -> None:
    """Enter an incident; the same again changes nothing.

    Raises:
        UserError: there is no such branch, the member is of another one, or nothing is said about it.
        StoreError: another incident has this id, or the year is final.
    """
    require(viewer, "record_incident")
    row = _checked(store, row)
    with store.write("record_incident", incident=row.incident_id, branch=row.branch_id, year=row.year) as cursor:
        require_open(cursor, row.year)
        there = kept.find(cursor, row.incident_id)
        if there == row:
            raise NothingToDo
        if there is not None:
            raise StoreError.of("incident.there_is_one")
        kept.put(cursor, row)
        proceedings.note(cursor, row.branch_id, row.year, "incident_recorded", viewer.name, **_told(row))


def correct(store: Store, viewer: Viewer, row: IncidentRow, because: str) -> None:
    """Put another account in place of the incident of its id, with a reason; branch and year stay.

    Raises:
        UserError: as for `record`; there is no reason.
        StoreError: there is no such incident any more, or the year is final.
    """
    require(viewer, "record_incident")
    with store.read() as cursor:
        known = kept.find(cursor, row.incident_id)
    because, row = given(because, REASON, "incident.because_wanted"), _checked(store, row, known)
    with store.write("correct_incident", incident=row.incident_id, branch=row.branch_id, year=row.year) as cursor:
        require_open(cursor, row.year)
        there = kept.find(cursor, row.incident_id)
        if there is None or (there.branch_id, there.year) != (row.branch_id, row.year):
            raise StoreError.of("incident.gone")
        if there == row:
            raise NothingToDo
        kept.put(cursor, row)
        told = {**_told(row), "before": _told(there)}
        proceedings.note(cursor, row.branch_id, row.year, "incident_corrected", viewer.name, because, **told)


def withdraw(store: Store, viewer: Viewer, incident_id: str, because: str) -> None:
    """Take an incident out, with a reason; what it said stays in the proceedings of the branch.

    Raises:
        UserError: there is no reason.
        StoreError: the year is final.
    """
    require(viewer, "record_incident")
    because = given(because, REASON, "incident.because_wanted")
    with store.write("withdraw_incident", incident=incident_id) as cursor:
        there = kept.find(cursor, incident_id)
        if there is None:
            raise NothingToDo
        require_open(cursor, there.year)
        kept.remove(cursor, incident_id)
        proceedings.note(
            cursor, there.branch_id, there.year, "incident_withdrawn", viewer.name, because, **_told(there)
        )


def _told(row: IncidentRow) -> dict[str, Any]:
    found = row._asdict()
    return {name: found[name] for name in ("incident_id", "subject", "member_id", "severe", "note")}


def _checked(store: Store, row: IncidentRow, known: IncidentRow | None = None) -> IncidentRow:
    """The incident as it is kept. A member who has left the branch since may still be named where `known` names him."""
    find_branch(store, row.branch_id)
    if row.subject not in SUBJECTS:
        raise UserError.of("incident.subject_wanted")
    named = {None, known.member_id} if known else {None}
    if row.member_id not in named and row.member_id not in kept.members_of(store, row.branch_id):
        raise UserError.of("incident.other_member")
    return row._replace(note=given(row.note or "", STATEMENT, "incident.note_wanted"))

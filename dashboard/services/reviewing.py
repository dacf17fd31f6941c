"""申报审核: what each superior has before it, and who has not applied (附2·四·1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.applying import deadline_of
from dashboard.services.branches import Branch, list_branches
from dashboard.services.calendar import today
from dashboard.services.evaluation import BranchResult, Evaluation, rate_one
from dashboard.services.ground import prepare
from dashboard.store import proceedings
from dashboard.store import reviewing as kept
from dashboard.store.applying import Application
from dashboard.store.connection import Store
from dashboard.store.years import is_final

Absence = Literal["not_yet", "missed", "excepted", "deferred", "holds", "inactive"]
ABSENCES: tuple[Absence, ...] = ("missed", "not_yet", "excepted", "deferred", "holds", "inactive")


@dataclass(frozen=True, slots=True)
class Case:
    """An application before its superior. Levels are values; `status` is what the rules say of it as things stand,
    `then` what they would say if the superior approved everything that is pending; `returned` is the reason of one that
    was returned."""

    branch: Branch
    application: Application
    status: str
    then: str
    previous_level: int
    self_level: int
    returned: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A branch that has not applied, and why: it may still (`not_yet`), the office lets it apply late, it has put its
    application off, it holds a star, which stays without one, or it was dissolved."""

    branch: Branch
    why: Absence
    previous_level: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What one superior has before it (None: the branches that have none, and review themselves). `cases` are in the
    order in which they count against the caps; `caps` are by level, empty where none apply."""

    superior_id: str | None
    superior: str | None
    cases: tuple[Case, ...]
    absent: tuple[Absent, ...]
    caps: Mapping[int, int]

    def reviewed(self, review: str) -> tuple[Case, ...]:
        """The applications whose review stands so."""
        return tuple(case for case in self.cases if case.application.review == review)

    def approved(self, level: int) -> tuple[Case, ...]:
        """The approved applications for a level, in their order."""
        return tuple(case for case in self.reviewed("approved") if case.application.level == level)


def if_approved(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Evaluation:
    """The same year if superiors approved everything that is pending.

    Raises:
        StoreError: the data changed since the evaluation was made.
    """
    ground = prepare(store, rulebook, viewer, evaluation.year, evaluation.stage)
    if ground.revision.version != evaluation.revision.version:
        raise StoreError.of("review.changed")
    at = ground.facts.schema.get_field_index("review")
    review = ground.facts.column("review")
    then = pc.if_else(pc.equal(review, "pending"), pa.scalar("approved"), review)
    return rate_one(store, replace(ground, facts=ground.facts.set_column(at, "review", then)), rulebook)


def desks(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, then: Evaluation
) -> tuple[Desk, ...]:
    """What every superior has before it, by id, and last the branches that have none.

    Args:
        then: the year as `if_approved` gives it.
    """
    require(viewer, "view_results")
    branches = {branch.branch_id: branch for branch in list_branches(store, viewer)}
    rated = {row.branch_id: row for row in evaluation.branches()}
    later = {row.branch_id: row.application_status or "" for row in then.branches()}
    reasons = {line["branch_id"]: line["reason"] for line in proceedings.of_year(store, evaluation.year, "returned")}
    found: dict[str | None, list[Case]] = {}
    for row in kept.applications(store, evaluation.year):
        branch, result = branches[row.branch_id], rated[row.branch_id]
        found.setdefault(branch.superior_id, []).append(
            Case(
                branch,
                Application(*row[1:]),
                result.application_status or "",
                later[row.branch_id],
                result.previous_level,
                result.self_level,
                reasons.get(row.branch_id, "") if row.review == "returned" else "",
            )
        )
    absent: dict[str | None, list[Absent]] = {}
    for each in _absences(store, rulebook, evaluation, branches, rated):
        absent.setdefault(each.branch.superior_id, []).append(each)
    names = {branch.superior_id: branch for branch in branches.values()}
    return tuple(
        Desk(
            superior,
            names[superior].superior,
            tuple(found.get(superior, ())),
            tuple(sorted(absent.get(superior, ()), key=lambda each: ABSENCES.index(each.why))),
            _caps(rulebook, names[superior].superior_kind),
        )
        for superior in sorted(names, key=lambda key: (key is None, key or ""))
    )


def movable(store: Store, viewer: Viewer, desk: Desk, year: int) -> frozenset[int]:
    """The levels whose approved applications may change places: there are several under a cap, the year is under way
    and not final, and no inspection of them has begun."""
    require(viewer, "view_results")
    if year != today(store).year:
        return frozenset()
    queues = {level: [c.branch.branch_id for c in desk.approved(level)] for level in desk.caps}
    with store.read() as cursor:
        if is_final(cursor, year):
            return frozenset()
        return frozenset(
            level for level, ids in queues.items() if len(ids) > 1 and not kept.inspected(cursor, ids, year)
        )


def _caps(rulebook: Rulebook, kind: str | None) -> dict[int, int]:
    caps = rulebook.application.caps
    if kind not in caps.applies_to:
        return {}
    return {rulebook.levels[key].value: cap for key, cap in caps.by_level.items() if key in rulebook.level_keys}


def _absences(
    store: Store,
    rulebook: Rulebook,
    evaluation: Evaluation,
    branches: Mapping[str, Branch],
    rated: Mapping[str, BranchResult],
) -> Iterable[Absent]:
    over = today(store) > deadline_of(rulebook, evaluation.year)
    excepted = {granted.branch_id for granted in kept.exceptions(store, evaluation.year)}
    for branch_id, row in rated.items():
        if row.applied_level is not None:
            continue
        reasons: tuple[tuple[Absence, bool], ...] = (
            ("inactive", not branches[branch_id].active),
            ("holds", row.previous_level > 0),
            ("deferred", row.basis == "deferred"),
            ("excepted", over and branch_id in excepted),
            ("missed", over),
            ("not_yet", True),
        )
        why = next(reason for reason, holds in reasons if holds)
        yield Absent(branches[branch_id], why, row.previous_level)

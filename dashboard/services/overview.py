"""How the year stands: coverage, stars against quotas, change, and what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from dashboard.auth.viewer import GRANTS, Viewer, require
from dashboard.rules.quota import published_year
from dashboard.rules.rulebook import Rulebook
from dashboard.services.agenda import agenda
from dashboard.services.branches import Branch, list_branches
from dashboard.services.calendar import Milestone, today, year_calendar
from dashboard.services.evaluation import BranchResult, Evaluation, LevelOutcome
from dashboard.store import queries
from dashboard.store.connection import Store

Concern = Literal[
    "tie_pending",
    "late",
    "review_pending",
    "not_inspected",
    "uncovered",
    "rectification_overdue",
    "collective_sanction",
    "vetoed",
    "over_cap",
    "quota_full",
    "fallback",
]


@dataclass(frozen=True, slots=True)
class Attention:
    """Something to look at: how many, and which branches (ids) or which level it is about."""

    concern: Concern
    count: int
    branch_ids: tuple[str, ...] = ()
    level: int | None = None


@dataclass(frozen=True, slots=True)
class LevelState:
    """Branches at a level, now and at the end of last year; quota and competition where there are any."""

    level: int
    branches: int
    last_year: int
    outcome: LevelOutcome | None
    published_year: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """全覆盖 (附2·三·1): active branches that hold at least `level`, against all active branches."""

    level: int
    covered: int
    branches: int
    from_year: int
    goal_applies: bool
    last_year: float | None

    @property
    def share(self) -> float:
        return self.covered / self.branches if self.branches else 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Branches of one superior or sector, by level. `key` is None for branches without a superior."""

    key: str | None
    name: str | None
    levels: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a year. `levels` ascend; `flows` counts branches by level last year and now."""

    year: int
    stage: Literal["projected", "final"]
    as_of: datetime | None
    today: date
    branches: int
    levels: tuple[LevelState, ...]
    coverage: Coverage | None
    superiors: tuple[Group, ...]
    sectors: tuple[Group, ...]
    flows: Mapping[tuple[int, int], int]
    history: Mapping[int, Mapping[int, int]]
    calendar: tuple[Milestone, ...]
    attention: tuple[Attention, ...]
    provisional_branches: int
    synthetic: bool


def overview(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation) -> Overview:
    """Sum up an evaluation for the people who lead the year."""
    require(viewer, "view_results")
    year = evaluation.year
    branches = {b.branch_id: b for b in list_branches(store, viewer)}
    results = [r for r in evaluation.branches() if branches[r.branch_id].active]
    history = _history(store, year, results)
    day = today(store)
    return Overview(
        year=year,
        stage=evaluation.stage,
        as_of=evaluation.revision.at,
        today=day,
        branches=len(results),
        levels=_levels(rulebook, evaluation, results, history),
        coverage=_coverage(rulebook, year, results, history),
        superiors=_groups((b.superior_id, b.superior, r) for r in results for b in [branches[r.branch_id]]),
        sectors=_groups((b.sector, None, r) for r in results for b in [branches[r.branch_id]]),
        flows=Counter((r.previous_level, r.awarded_level) for r in results),
        history=history,
        calendar=year_calendar(rulebook, year, day),
        attention=tuple(_attention(store, rulebook, viewer, evaluation, results, day)),
        provisional_branches=sum(_provisional(rulebook, branches[r.branch_id]) for r in results),
        synthetic=store.property("synthetic") is not None,
    )


def _provisional(rulebook: Rulebook, branch: Branch) -> bool:
    sector = rulebook.sectors.get(branch.sector)
    return bool(sector and sector.provisional)


def _history(store: Store, year: int, results: list[BranchResult]) -> dict[int, dict[int, int]]:
    """Branches by level for each recorded year before, and for this one as evaluated."""
    history: dict[int, dict[int, int]] = {}
    for row in queries.award_counts(store):
        if row["year"] < year:
            history.setdefault(row["year"], {})[row["level"]] = row["branches"]
    history[year] = dict(Counter(r.awarded_level for r in results))
    return history


def _levels(
    rulebook: Rulebook, evaluation: Evaluation, results: list[BranchResult], history: Mapping[int, Mapping[int, int]]
) -> tuple[LevelState, ...]:
    now, before = Counter(r.awarded_level for r in results), history.get(evaluation.year - 1, {})
    outcomes = {outcome.level: outcome for outcome in evaluation.levels}
    states = []
    for key, value in zip(rulebook.level_keys, rulebook.level_values, strict=True):
        quota = rulebook.quotas.get(key)
        published = published_year(quota, key, evaluation.year) if quota and quota.places else None
        states.append(LevelState(value, now[value], before.get(value, 0), outcomes.get(value), published))
    return tuple(states)


def _coverage(
    rulebook: Rulebook, year: int, results: list[BranchResult], history: Mapping[int, Mapping[int, int]]
) -> Coverage | None:
    rule = rulebook.coverage
    if rule is None:
        return None
    least = rulebook.levels[rule.level].value
    before = history.get(year - 1)
    total = sum(before.values()) if before else 0
    return Coverage(
        level=least,
        covered=sum(r.awarded_level >= least for r in results),
        branches=len(results),
        from_year=rule.from_year,
        goal_applies=year >= rule.from_year,
        last_year=sum(n for level, n in before.items() if level >= least) / total if before and total else None,
    )


def _groups(rows: Iterable[tuple[str | None, str | None, BranchResult]]) -> tuple[Group, ...]:
    names: dict[str | None, str | None] = {}
    counts: dict[str | None, Counter[int]] = {}
    for key, name, result in rows:
        names[key] = name
        counts.setdefault(key, Counter())[result.awarded_level] += 1
    return tuple(Group(key, names[key], dict(counts[key])) for key in sorted(counts, key=lambda k: (k is None, k)))


def _attention(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, results: list[BranchResult], day: date
) -> Iterable[Attention]:
    """What needs somebody now, the most pressing first."""

    def of_basis(basis: str) -> tuple[str, ...]:
        return tuple(r.branch_id for r in results if r.basis == basis)

    def of_status(status: str) -> tuple[str, ...]:
        return tuple(r.branch_id for r in results if r.application_status == status)

    for outcome in evaluation.levels:
        if outcome.tied:
            tied = tuple(r.branch_id for r in results if r.basis == "tie_pending" and r.competed_at == outcome.level)
            yield Attention("tie_pending", len(tied), tied, outcome.level)
    overdue = tuple(
        str(row["branch_id"]) for row in queries.open_rectifications(store, evaluation.year) if row["due_on"] < day
    )
    sees_progress = "view_progress" in GRANTS[viewer.role]
    waiting: tuple[tuple[Concern, tuple[str, ...]], ...] = (
        ("late", agenda(store, rulebook, viewer, evaluation).late if sees_progress else ()),
        ("review_pending", of_status("pending")),
        ("not_inspected", of_basis("not_inspected")),
        ("rectification_overdue", overdue),
        ("collective_sanction", of_basis("collective_sanction")),
        ("vetoed", of_basis("vetoed")),
        ("over_cap", of_status("over_cap")),
        ("uncovered", _uncovered(rulebook, evaluation.year, results)),
    )
    for concern, ids in waiting:
        if ids:
            yield Attention(concern, len(ids), ids)
    for outcome in evaluation.levels:
        if outcome.binding == "quota":
            yield Attention("quota_full", outcome.pool - (outcome.places or 0), (), outcome.level)
        elif outcome.binding == "fallback":
            yield Attention("fallback", outcome.places or 0, (), outcome.level)


def _uncovered(rulebook: Rulebook, year: int, results: list[BranchResult]) -> tuple[str, ...]:
    rule = rulebook.coverage
    if rule is None or year < rule.from_year:
        return ()
    least = rulebook.levels[rule.level].value
    return tuple(r.branch_id for r in results if r.awarded_level < least)

"""建档立卡: a branch's stars over the years, its marks beside the requirements, and why it got what it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from dashboard.auth.viewer import Viewer, require
from dashboard.rules.appraisal import Measured
from dashboard.rules.level import need_of
from dashboard.rules.rulebook import Criterion, Passage, Rulebook, Section
from dashboard.services.branches import Branch, find_branch
from dashboard.services.evaluation import BranchResult, Evaluation, LevelOutcome
from dashboard.services.preview import read_sheets
from dashboard.store import queries
from dashboard.store.connection import Store
from dashboard.store.queries import Row

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class YearOfStar:
    """The level of one year; `recorded` is False for the year under way."""

    year: int
    level: int
    basis: str | None
    recorded: bool


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion: what each level requires (by value, None for —), the marks by stage as they count, and the
    appraisals that some of them come from, with what was `stated` otherwise."""

    section: Section
    criterion: Criterion
    required: Mapping[int, Decimal | None]
    marks: Mapping[str, float | None]
    stated: Mapping[str, float | None]
    measured: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why: the result, the clause in its own words, and the values of the rules that decided."""

    result: BranchResult
    passage: Passage | None
    level: LevelOutcome | None
    status_clause: str


@dataclass(frozen=True, slots=True)
class BranchFile:
    """Everything on file about a branch in a year."""

    branch: Branch
    members: int
    year: int
    history: tuple[YearOfStar, ...]
    lines: tuple[CriterionLine, ...]
    provisional: bool
    application: Row | None
    inspections: tuple[Row, ...]
    rectification: Row | None
    severe_incidents: int
    explanation: Explanation


def branch_file(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, branch_id: str) -> BranchFile:
    """The file of a branch in the year of an evaluation.

    Raises:
        UserError: there is no such branch.
    """
    require(viewer, "view_branch")
    branch, year = find_branch(store, branch_id), evaluation.year
    result = evaluation.branch(branch_id)
    assert result is not None
    sector = rulebook.sectors.get(branch.sector)
    incidents = queries.rows_of_year(store, "incidents", branch_id, year)
    rectifications = queries.rows_of_year(store, "rectifications", branch_id, year)
    applications = queries.rows_of_year(store, "applications", branch_id, year)
    return BranchFile(
        branch=branch,
        members=queries.count_members(store, branch_id),
        year=year,
        history=_history(store, branch_id, year, result),
        lines=tuple(_lines(store, rulebook, viewer, branch, year)),
        provisional=bool(sector and sector.provisional),
        application=applications[0] if applications else None,
        inspections=tuple(queries.rows_of_year(store, "inspections", branch_id, year)),
        rectification=rectifications[0] if rectifications else None,
        severe_incidents=sum(bool(i["severe"]) for i in incidents),
        explanation=explain(rulebook, evaluation, result),
    )


def explain(rulebook: Rulebook, evaluation: Evaluation, result: BranchResult) -> Explanation:
    """The clause and the values behind a result."""
    passages = {passage.clause: passage for passage in rulebook.document}
    return Explanation(
        result=result,
        passage=passages.get(result.clause),
        level=next((o for o in evaluation.levels if o.level == result.competed_at), None),
        status_clause=evaluation.clauses.get(result.application_status or "", ""),
    )


def _history(store: Store, branch_id: str, year: int, result: BranchResult) -> tuple[YearOfStar, ...]:
    recorded = [
        YearOfStar(row["year"], row["level"], row["basis"], recorded=True)
        for row in queries.awards_of(store, branch_id)
        if row["year"] < year
    ]
    return (*recorded, YearOfStar(year, result.awarded_level, result.basis, recorded=False))


def _by_stage(criterion: str, sheets: Mapping[str, Mapping[str, V]]) -> dict[str, V]:
    return {stage: sheet[criterion] for stage, sheet in sheets.items() if criterion in sheet}


def _lines(store: Store, rulebook: Rulebook, viewer: Viewer, branch: Branch, year: int) -> list[CriterionLine]:
    standard = rulebook.standard_of(branch.sector)
    if standard is None:
        return []
    sheets = read_sheets(store, rulebook, viewer, branch.branch_id, year)
    levels = list(zip(rulebook.level_keys, rulebook.level_values, strict=True))
    return [
        CriterionLine(
            section,
            criterion,
            {value: need_of(standard, criterion, key, rulebook.level_keys) for key, value in levels},
            _by_stage(criterion.id, {stage: sheet.values for stage, sheet in sheets.items()}),
            _by_stage(criterion.id, {stage: sheet.stated for stage, sheet in sheets.items()}),
            _by_stage(criterion.id, {stage: sheet.measured for stage, sheet in sheets.items()}),
        )
        for section in standard.sections
        for criterion in section.criteria
        if criterion.id in standard.criteria
    ]

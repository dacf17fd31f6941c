"""测评: rounds of ballots about branches or the whole activity, and their marks (附2·评定标准·39, 正文·五·3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import Problem, UserError
from dashboard.rules.appraisal import Measured, Round, State, measured, mistakes, satisfied, state
from dashboard.rules.rulebook import Appraisal, Rulebook
from dashboard.services.branches import Branch, find_branch
from dashboard.store import appraisals as kept
from dashboard.store.connection import Store

STAGES = ("self", "inspection", "recheck")
LONGEST = 200  # characters of a note or a reason
MOST = 999_999_999  # ballots


@dataclass(frozen=True, slots=True)
class Held:
    """A round and what follows from it: `share` is the satisfied share, `marks` the stages whose mark it gives."""

    round: Round
    state: State | Literal["unknown_kind"]
    share: Fraction | None
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a kind of appraisal has come: active branches, those with a share that counts, and how many `reached`
    what their standard asks; `least` (per cent) is what `level`, by value, asks in the first standard."""

    branches: int
    shares: Mapping[str, Fraction]
    least: Decimal | None
    level: int | None
    reached: int


def held(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> tuple[Held, ...]:
    """Every round of a year, by day; those that do not count say why."""
    require(viewer, "view_appraisals")
    found = kept.rounds(store, year)
    gives: dict[str, list[str]] = {}
    for mark in measured(rulebook, found, STAGES):
        gives.setdefault(mark.round.appraisal_id, []).append(mark.stage)
    return tuple(_held(rulebook, each, gives.get(each.appraisal_id, ())) for each in found)


def _held(rulebook: Rulebook, found: Round, marks: Iterable[str]) -> Held:
    kind = rulebook.appraisals.get(found.kind)
    if kind is None:
        return Held(found, "unknown_kind", None, ())
    order = tuple(stage for stage in STAGES if stage in marks)
    return Held(found, state(kind, found), satisfied(kind, found.answers), order)


def reach(rulebook: Rulebook, kind: str, rounds: Iterable[Held], branches: Iterable[Branch]) -> Reach:
    """How many branches have a share of a kind that counts, the latest of each, and how many reach the standard."""
    active = {branch.branch_id: branch.sector for branch in branches if branch.active}
    shares = {
        each.round.branch_id: each.share
        for each in rounds
        if each.round.kind == kind and each.state == "counts" and each.share is not None
        and each.round.branch_id is not None
    }  # fmt: skip
    rules = rulebook.appraisals[kind]
    least, level = requirement(rulebook, rules)
    own = {b: s for b, s in shares.items() if b in active}
    reached = sum(_reaches(share, requirement(rulebook, rules, active[branch])[0]) for branch, share in own.items())
    return Reach(len(active), own, least, level, reached)


def _reaches(share: Fraction, least: Decimal | None) -> bool:
    return least is not None and 100 * share >= least


def requirement(rulebook: Rulebook, kind: Appraisal, sector: str | None = None) -> tuple[Decimal | None, int | None]:
    """The least share, in per cent, that any level asks of the criterion, and that level by value: in the standard of a
    sector, or in the first that has the criterion."""
    standards = rulebook.standards.values() if sector is None else filter(None, [rulebook.standard_of(sector)])
    for standard in standards:
        criterion = standard.criteria.get(kind.criterion or "")
        for key in rulebook.level_keys if criterion else ():
            least = criterion.threshold(key) if criterion else None
            if least is not None:
                return least, rulebook.levels[key].value
    return None, None


def measured_of(store: Store, rulebook: Rulebook, year: int, branch_id: str | None = None) -> tuple[Measured, ...]:
    """The marks that the rounds of a year give: of every branch, or of one."""
    return measured(rulebook, kept.rounds(store, year, branch_id), STAGES)


def measured_marks(found: Iterable[Measured]) -> pa.Table:
    """The same as a relation: `branch_id`, `stage`, `criterion`, `value`."""
    rows = [(mark.branch_id, mark.stage, mark.criterion, float(mark.value)) for mark in found]
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    types = {"branch_id": pa.string(), "stage": pa.string(), "criterion": pa.string(), "value": pa.float64()}
    return pa.table({n: pa.array(list(c), t) for (n, t), c in zip(types.items(), columns, strict=True)})


def new_id(year: int) -> str:
    """An id for a round that is about to be entered; entering it twice is entering it once."""
    return f"{year}-{secrets.token_hex(4)}"


def record(store: Store, rulebook: Rulebook, viewer: Viewer, found: Round) -> None:
    """Keep a round, or correct the one of its id.

    Raises:
        UserError: with every problem: figures that do not balance, an answer that the ballot does not have, a branch
            that does not exist.
    """
    require(viewer, "record_appraisal")
    if found.branch_id is not None:
        find_branch(store, found.branch_id)
    problems = list(_problems(rulebook, found))
    if problems:
        raise UserError(problems)
    answers = {key: n for key, n in found.answers.items() if n}
    kept.keep(store, replace(found, answers=answers, note=(found.note or "").strip() or None))


def _problems(rulebook: Rulebook, found: Round) -> Iterable[Problem]:
    kind = rulebook.appraisals.get(found.kind)
    if kind is None or not set(found.answers) <= set(kind.answers) or found.stage not in (None, *STAGES):
        yield Problem("appraisal.unknown_kind")
        return
    figures = (found.issued, found.returned, found.valid, *found.answers.values())
    if not found.issued:
        yield Problem("appraisal.none_issued")
    if any(not 0 <= n <= MOST for n in figures):
        yield Problem("appraisal.negative")
    if len(found.note or "") > LONGEST:
        yield Problem("import.text", values={"limit": LONGEST})
    for column, figure, limit in mistakes(found.issued, found.returned, found.valid, found.answers):
        yield Problem(f"appraisal.{column}", values={"figure": figure, "limit": limit})


def declare_void(store: Store, viewer: Viewer, year: int, appraisal_id: str, because: str) -> None:
    """Take a round out of account; it stays on record with the reason.

    Raises:
        UserError: there is no such round, it is void already, or there is no reason.
    """
    require(viewer, "record_appraisal")
    found = next((each for each in kept.rounds(store, year) if each.appraisal_id == appraisal_id), None)
    if found is None or found.void:
        raise UserError.of("appraisal.no_such_round")
    if not because.strip() or len(because) > LONGEST:
        raise UserError.of("appraisal.because_wanted", limit=LONGEST)
    kept.keep(store, replace(found, void=because.strip()))

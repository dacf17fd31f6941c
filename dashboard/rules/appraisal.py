"""测评: what a round of ballots says, and the mark that it gives (附2·评定标准·39, 正文·五·3).

issued ≥ returned = valid + invalid, and the answers add up to the valid ballots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from dashboard.rules.rulebook import Appraisal, Rulebook

State = Literal["counts", "void", "too_few", "no_answers"]


@dataclass(frozen=True, slots=True)
class Round:
    """One round: ballots issued, returned and valid, and how many gave each answer.

    `branch_id` is None for the activity as a whole; `stage` is the assessment that the round is for (`self`,
    `inspection`, `recheck`), None for every one of the year; `void` is the reason why it does not count.
    """

    appraisal_id: str
    kind: str
    year: int
    branch_id: str | None
    stage: str | None
    held_on: date | None
    issued: int
    returned: int
    valid: int
    answers: Mapping[str, int]
    note: str | None = None
    void: str | None = None

    @property
    def invalid(self) -> int:
        return self.returned - self.valid


class Mistake(NamedTuple):
    """A figure that does not balance: its column, what it is, and what it may be at most (`answers`: must be)."""

    column: Literal["returned", "valid", "answers"]
    figure: int
    limit: int


class Measured(NamedTuple):
    """The mark of a branch that a round gives; `value` in per cent, exact."""

    branch_id: str
    stage: str
    criterion: str
    value: Fraction
    round: Round


def mistakes(issued: int, returned: int, valid: int, answers: Mapping[str, int]) -> Iterator[Mistake]:
    """What does not balance in the figures of a round."""
    if returned > issued:
        yield Mistake("returned", returned, issued)
    if valid > returned:
        yield Mistake("valid", valid, returned)
    if (total := sum(answers.values())) != valid:
        yield Mistake("answers", total, valid)


def satisfied(kind: Appraisal, answers: Mapping[str, int]) -> Fraction | None:
    """The satisfied share: Σ worth × answers over the answers that are counted; None where there are none. An answer
    that the rules no longer know counts as not satisfied."""
    worth = {key: answer.worth for key, answer in kind.answers.items()}
    counted = {key: n for key, n in answers.items() if worth.get(key, Fraction(0)) is not None}
    total = sum((n * (worth.get(key) or Fraction(0)) for key, n in counted.items()), Fraction(0))
    return total / sum(counted.values()) if any(counted.values()) else None


def state(kind: Appraisal, found: Round) -> State:
    """Whether a round counts, or why it does not."""
    if found.void:
        return "void"
    if kind.least_returned is not None and found.returned < kind.least_returned * found.issued:
        return "too_few"
    return "no_answers" if satisfied(kind, found.answers) is None else "counts"


def measured(rulebook: Rulebook, rounds: Iterable[Round], stages: Iterable[str]) -> tuple[Measured, ...]:
    """The marks that rounds give, for each of `stages`: of several rounds the latest counts, by id on the same day."""
    latest: dict[tuple[str, str, str], Round] = {}
    wanted = tuple(stages)
    for found in sorted(rounds, key=lambda r: (r.held_on or date.min, r.appraisal_id)):
        kind = rulebook.appraisals.get(found.kind)
        if not kind or not kind.criterion or found.branch_id is None or state(kind, found) != "counts":
            continue
        for stage in wanted if found.stage is None else {found.stage}.intersection(wanted):
            latest[found.branch_id, stage, kind.criterion] = found
    return tuple(
        Measured(branch, stage, criterion, 100 * share, found)
        for (branch, stage, criterion), found in sorted(latest.items())
        if (share := satisfied(rulebook.appraisals[found.kind], found.answers)) is not None
    )

"""测评: the ballots behind the marks that an appraisal gives, and the year-end appraisal of the activity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, timedelta

import numpy as np

from dashboard.demo import words
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.spring import Season
from dashboard.rules.appraisal import Round
from dashboard.rules.rulebook import Appraisal, Rulebook

_WEEKS = {"self": (3, 15), "inspection": (10, 3), "recheck": (10, 3)}  # month and first day of the two weeks


def appraisals(season: Season, sheets: Iterable[Sheet]) -> Sheet:
    """A round for each mark among the `sheets` that an appraisal gives; one of them was first entered wrongly."""
    rounds = [found for name, rows in sheets if name == "marks" for found in _rounds(season, rows.to_pylist())]
    return _sheet([*rounds, *_entered_wrongly(rounds[-1:] if season.current else [])])


def year_end(season: Season) -> Sheet:
    """How members appraised the activity as a whole, in a finished year."""
    rng = season.stream("year-end")
    rounds = []
    for name, kind in season.ladder.rulebook.appraisals.items():
        if kind.criterion is None and not season.current:
            issued = 400 + 25 * season.k
            returned = issued - int(rng.integers(6, 40))
            valid = returned - int(rng.integers(0, 6))
            answers = _answers(kind, valid, round(valid * (0.86 + 0.015 * season.k)), rng)
            held_on = date(season.year, 12, 10 + int(rng.integers(0, 10)))
            rounds.append(
                Round(f"{season.year}-{name}", name, season.year, None, None, held_on, issued, returned, valid, answers)
            )
    return _sheet(rounds)


def _rounds(season: Season, marks: list[dict[str, object]]) -> Iterator[Round]:
    """The ballots that come nearest to each mark, on the same side of everything that a level asks."""
    book = season.ladder.rulebook
    rng = season.stream(f"appraisals {marks[0]['stage']}" if marks else "appraisals")
    for name, kind in book.appraisals.items():
        needs = _needs(book, kind)
        for row in marks:
            if row["criterion"] != kind.criterion or row["value"] is None:
                continue
            mark, valid = float(str(row["value"])), int(rng.integers(18, 64))
            count = round(valid * mark / 100)
            for need in needs:
                count += (mark >= need and 100 * count < need * valid) - (mark < need and 100 * count >= need * valid)
            returned = valid + int(rng.random() < 0.2)
            stage = str(row["stage"])
            month, day = _WEEKS[stage]
            yield Round(
                appraisal_id=f"{name}-{season.year}-{row['branch_id']}-{stage}",
                kind=name,
                year=season.year,
                branch_id=str(row["branch_id"]),
                stage=stage,
                held_on=date(season.year, month, day) + timedelta(int(rng.integers(0, 14))),
                issued=returned + int(rng.integers(0, 5)),
                returned=returned,
                valid=valid,
                answers=_answers(kind, valid, count, rng),
            )


def _needs(book: Rulebook, kind: Appraisal) -> set[float]:
    criteria = [c for standard in book.standards.values() for c in standard.criteria.values() if c.id == kind.criterion]
    asked = [criterion.threshold(level) for criterion in criteria for level in book.level_keys]
    return {float(least) for least in asked if least is not None}


def _answers(kind: Appraisal, valid: int, satisfied: int, rng: np.random.Generator) -> dict[str, int]:
    """`satisfied` of the valid ballots with the best answer, the others among those that are worth nothing."""
    best = max(kind.answers, key=lambda key: kind.answers[key].worth or 0)
    others = [key for key, answer in kind.answers.items() if answer.worth == 0]
    weights = np.array([0.6**n for n in range(len(others))])
    rest = rng.multinomial(valid - satisfied, weights / weights.sum()).tolist() if others else []
    return {best: satisfied if others else valid} | {key: int(n) for key, n in zip(others, rest, strict=True) if n}


def _entered_wrongly(rounds: list[Round]) -> Iterator[Round]:
    for found in rounds:
        wrong = {**found.answers, next(iter(found.answers)): next(iter(found.answers.values())) - 3}
        yield Round(
            **asdict(found)
            | {
                "appraisal_id": f"{found.appraisal_id}-1",
                "valid": found.valid - 3,
                "answers": wrong,
                "void": words.VOID,
            }
        )


def _sheet(rounds: list[Round]) -> Sheet:
    rows = [asdict(found) | {"answers": sorted(found.answers.items())} for found in rounds]
    names = [column for column in Round.__dataclass_fields__ if column != "invalid"]
    return sheet("appraisals", **{name: [row[name] for row in rows] for name in names})

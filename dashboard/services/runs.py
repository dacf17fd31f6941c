"""评定存档: an evaluation of a year that is kept as it was, with what it was made from (附2·四·3, 附2·五·3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError, UserError
from dashboard.rules.basis import clause_of
from dashboard.rules.paths import write_rules
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, LevelOutcome, evaluate
from dashboard.services.ground import Stage
from dashboard.store import runs as kept
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.exporting import year_files
from dashboard.store.runs import RunRow
from dashboard.store.years import require_open

State = Literal["kept", "announced", "final", "withdrawn", "reopened"]


@dataclass(frozen=True)
class Run:
    """A kept evaluation. `rules`, `inputs` and `result` are SHA-256 of the rules, of the year's data set and of what
    came out."""

    row: RunRow

    @property
    def state(self) -> State:
        """How far it has come; one that was given up says so."""
        row = self.row
        ends: tuple[tuple[State, object], ...] = (
            ("reopened", row.reopened_at),
            ("withdrawn", row.withdrawn_at),
            ("final", row.final_at),
            ("announced", row.announced_at),
        )
        return next((state for state, at in ends if at is not None), "kept")


@dataclass(frozen=True)
class Kept:
    """A run with its contents."""

    run: Run
    held: kept.Contents

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The result: `year`, `stage`, `rules`, `inputs`, `levels`, `branches`."""
        found: Mapping[str, Any] = json.loads(self.held.document)
        return found

    def evaluation(self, store: Store, rulebook: Rulebook) -> Evaluation:
        """The evaluation as it was; `rulebook` lends the clauses."""
        with pa.ipc.open_stream(self.held.evaluation) as reader:
            table = reader.read_all()
        return Evaluation(
            year=self.run.row.year,
            stage="final" if self.run.row.stage == "final" else "projected",
            fingerprint=self.run.row.rules,
            revision=store.revision(),
            levels=tuple(LevelOutcome(**level) for level in self.document["levels"]),
            table=table,
            clauses=clause_of(rulebook),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A branch whose level or basis differs between two results; None where one of them does not know it."""

    branch_id: str
    before: int | None
    after: int | None
    basis_before: str | None
    basis_after: str | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a run still is what an evaluation of today would be. `data`: the year's data set is another; `rules`: the
    rules are; `changes` are what that does to the result."""

    data: bool
    rules: bool
    changes: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether the result stands, by the same rules."""
        return not self.rules and not self.changes


def of_year(store: Store, viewer: Viewer, year: int) -> tuple[Run, ...]:
    """The runs of a year, the latest first."""
    require(viewer, "view_results")
    return tuple(Run(row) for row in kept.of_year(store, year))


def open_run(store: Store, viewer: Viewer, year: int) -> Run | None:
    """The run of a year that is announced or final."""
    return next((run for run in of_year(store, viewer, year) if run.state in ("announced", "final")), None)


def read(store: Store, viewer: Viewer, run_id: int) -> Kept:
    """A run with its contents.

    Raises:
        UserError: there is no such run.
    """
    require(viewer, "view_results")
    with store.read() as cursor:
        row = kept.find(cursor, run_id)
    held = kept.contents(store, run_id)
    if row is None or held is None:
        raise UserError.of("run.unknown", run=run_id)
    return Kept(Run(row), held)


def standing(store: Store, rulebook: Rulebook, viewer: Viewer, year: int) -> Evaluation:
    """The result of a year: the final one where there is one, else the evaluation as things stand.

    Raises:
        RulesError: a quota has no published year up to `year`.
    """
    final = open_run(store, viewer, year)
    if final and final.state == "final":
        return read(store, viewer, final.row.run_id).evaluation(store, rulebook)
    return evaluate(store, rulebook, viewer, year)


def inputs_of(files: Mapping[str, bytes]) -> str:
    """The checksums of a data set as `sha256sum` writes them, a line a file."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())


def keep(store: Store, rulebook: Rulebook, viewer: Viewer, year: int, stage: Stage = "auto") -> int:
    """Evaluate a year and keep the result; the same as the last one kept is that one again. Returns its number.

    Raises:
        RulesError: a quota has no published year up to `year`.
        StoreError: the result of the year is final, or data came in meanwhile.
    """
    require(viewer, "keep_run")
    evaluation = evaluate(store, rulebook, viewer, year, stage)
    row, held = _made(store, rulebook, viewer, evaluation)
    last = None
    with store.write("keep_run", year=year) as cursor:
        require_open(cursor, year)
        if store.revision().version != evaluation.revision.version:
            raise StoreError.of("store.changed_meanwhile")
        last = next(iter(kept.of_year(store, year)), None)
        same = ("stage", "rules", "inputs", "result")
        if last and Run(last).state in ("kept", "announced") and all(getattr(last, n) == row[n] for n in same):
            raise NothingToDo
        return kept.add(cursor, row, held)
    assert last is not None
    return last.run_id


def _made(
    store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation
) -> tuple[dict[str, object], kept.Contents]:
    inputs = hashlib.sha256(inputs_of(year_files(store, evaluation.year)).encode()).hexdigest()
    document = {
        "year": evaluation.year,
        "stage": evaluation.stage,
        "rules": evaluation.fingerprint,
        "inputs": inputs,
        "levels": [asdict(outcome) for outcome in evaluation.levels],
        "branches": evaluation.rows(),
    }
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, evaluation.table.schema) as writer:
        writer.write_table(evaluation.table)
    row: dict[str, object] = {
        "year": evaluation.year,
        "stage": evaluation.stage,
        "made_by": viewer.name,
        "rules": evaluation.fingerprint,
        "inputs": inputs,
        "result": result_of(evaluation),
    }
    held = kept.Contents(write_rules(rulebook), _json(document), sink.getvalue().to_pybytes())
    return row, held


def data_of(store: Store, viewer: Viewer, year: int) -> dict[str, bytes]:
    """The data set that the rating of a year rests on, as files that `import` takes."""
    require(viewer, "export")
    return year_files(store, year)


def result_of(evaluation: Evaluation) -> str:
    """SHA-256 of every branch's result, as `evaluate --format json` tells it."""
    return hashlib.sha256(_json(evaluation.rows()).encode()).hexdigest()


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def freshness(store: Store, rulebook: Rulebook, viewer: Viewer, run: Run) -> Freshness:
    """Whether a run still is what an evaluation of today would be."""
    year = run.row.year
    now = evaluate(store, rulebook, viewer, year, "final" if run.row.stage == "final" else "projected")
    inputs = hashlib.sha256(inputs_of(year_files(store, year)).encode()).hexdigest()
    same = result_of(now) == run.row.result
    return Freshness(
        data=inputs != run.row.inputs,
        rules=rulebook.fingerprint != run.row.rules,
        changes=() if same else differences(read(store, viewer, run.row.run_id).document["branches"], now.rows()),
    )


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[Difference, ...]:
    """The branches whose level or basis differs between two results, by id."""
    then, now = ({row["branch_id"]: row for row in rows} for rows in (before, after))
    found = (
        Difference(
            branch,
            then[branch]["awarded_level"] if branch in then else None,
            now[branch]["awarded_level"] if branch in now else None,
            then[branch]["basis"] if branch in then else None,
            now[branch]["basis"] if branch in now else None,
        )
        for branch in sorted({*then, *now})
    )
    return tuple(d for d in found if (d.before, d.basis_before) != (d.after, d.basis_after))

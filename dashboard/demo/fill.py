"""Fill an empty store with a synthetic subdistrict: five finished years and one under way (about 20 October)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from dashboard.auth.viewer import OPERATOR, Viewer, require
from dashboard.demo.appraisals import appraisals, year_end
from dashboard.demo.autumn import autumn
from dashboard.demo.cast import YEARS, Cast, make_cast
from dashboard.demo.decisions import leave_a_tie, settled
from dashboard.demo.events import incidents, plans, rectifications
from dashboard.demo.ladder import Ladder
from dashboard.demo.sheets import Sheet, write
from dashboard.demo.spring import Season, spring
from dashboard.demo.stars import make_nominees
from dashboard.demo.streams import Flags, Ints
from dashboard.demo.votes import CHUNK, make_votes
from dashboard.errors import StoreError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, evaluate, record_awards
from dashboard.store.connection import Store
from dashboard.store.datasets import DATASETS
from dashboard.store.voters import set_up

TIES = (2, YEARS - 1)  # years in which the last place of a level falls between equals in any case
Progress = Callable[[float], None]


def fill(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    *,
    branches: int = 200,
    votes: int = 200_000,
    seed: int = 2022,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write everything; the same content for the same rules, numbers and seed.

    Awards of the finished years are those that the rules give, one year after the other. `progress` is told the
    share that is done, from 0 to 1.

    Returns:
        Rows by table, in the order of the data set.

    Raises:
        StoreError: the store already has data.
    """
    require(viewer, "fill_demo")
    if any(_counts(store).values()):
        raise StoreError.of("demo.not_empty", str(store.path))
    tell = progress or (lambda _: None)
    tell(0.0)
    ladder, cast = Ladder.of(rulebook), make_cast(seed, branches)
    set_up(store, hashlib.sha256(f"synthetic voters {seed}".encode()).digest())
    _mark_synthetic(store, seed, rulebook.first_year + YEARS - 1)
    sheets = list(cast.sheets)
    held = np.zeros(branches, np.int64)
    for k in range(YEARS):
        season = Season(seed, cast, ladder, k, held)
        held, sheets = _one_year(store, season, sheets)
        tell(0.7 * (k + 1) / YEARS)
    _member_stars(store, cast, rulebook, seed, votes, sheets, tell)
    with store.write("demo", complete=True) as cursor:
        cursor.execute("UPDATE properties SET value = 'complete' WHERE name = 'demo'")
    tell(1.0)
    return _counts(store)


def is_unfinished(store: Store) -> bool:
    """Whether a fill of this store was cut off: it then holds a part of the demo data and nothing else."""
    return store.property("demo") == "filling"


def _counts(store: Store) -> dict[str, int]:
    with store.read() as cursor:
        rows = [cursor.execute(f"SELECT count(*) FROM {name}").fetchone() for name in DATASETS]
    return {name: int(row[0]) if row else 0 for name, row in zip(DATASETS, rows, strict=True)}


def _mark_synthetic(store: Store, seed: int, year: int) -> None:
    """Lasting notes: that the data is made up, by which seed, and the day that it describes."""
    with store.write("demo", seed=seed) as cursor:
        cursor.executemany(
            "INSERT INTO properties VALUES (?, ?)",
            [("synthetic", str(seed)), ("as_of", f"{year}-10-20"), ("demo", "filling")],
        )


def _one_year(store: Store, season: Season, sheets: list[Sheet]) -> tuple[Ints, list[Sheet]]:
    """Write a year, after the `sheets` left over; gives the levels held after it and rows to write next."""
    rulebook, year = season.ladder.rulebook, season.year
    april = spring(season)
    write(store, [*sheets, *april.sheets, appraisals(season, april.sheets)], year=year)
    accepted = _accepted(evaluate(store, rulebook, OPERATOR, year, "projected"))
    checks = autumn(season, april, accepted)
    severe, cases = incidents(season)
    ordered, orders = rectifications(season, severe | checks.recheck_failed | checks.candidates)
    surveys = [appraisals(season, checks.sheets), year_end(season)]
    write(store, [*checks.sheets, *surveys, cases, orders], year=year)
    if season.k in TIES:
        leave_a_tie(store, season)
    if season.current:
        return season.previous, []
    evaluation = settled(store, season)
    record_awards(store, OPERATOR, evaluation)
    awarded = season.ladder.index(evaluation.table.column("awarded").to_numpy())
    return awarded, [plans(season, awarded, ordered)]


def _accepted(evaluation: Evaluation) -> Flags:
    """Whose application was accepted, in the order of the branches' ids."""
    return np.array([status == "accepted" for status in evaluation.table.column("application_status").to_pylist()])


def _member_stars(
    store: Store, cast: Cast, rulebook: Rulebook, seed: int, votes: int, sheets: list[Sheet], tell: Progress
) -> None:
    year = rulebook.first_year + YEARS - 1
    if rulebook.member_star is None:
        write(store, sheets, year=year)
        return
    nominees, rows = make_nominees(cast, rulebook.member_star, seed, year)
    write(store, [*sheets, *rows], year=year)
    for done, chunk in enumerate(make_votes(rulebook.member_star, nominees, seed, year, votes), 1):
        write(store, chunk, year=year)
        tell(0.7 + 0.3 * min(1.0, done * CHUNK / max(votes, 1)))

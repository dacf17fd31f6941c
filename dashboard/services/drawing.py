"""Draw the sample of a spot check or a recheck (附2·四·2): who is in it is frozen before the seed is known."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.exact import parse_ratio, write_ratio
from dashboard.rules.rulebook import Rulebook, Sampling
from dashboard.rules.sampling import Ticket, draw
from dashboard.services.evaluation import Evaluation
from dashboard.store import draws as kept
from dashboard.store.connection import Store

Kind = Literal["spot_check", "recheck"]
MOST = 200  # characters of a seed


def draw_sample(
    rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, kind: Kind, seed: str
) -> tuple[Ticket, ...]:
    """The tickets of everyone in the draw, by superior.

    For a spot check, branches without a star whose application for a level checked by sample is accepted; for a
    recheck, branches that hold a star. Nothing is stored.

    Raises:
        UserError: the seed is blank or longer than anybody would announce.
    """
    require(viewer, "view_results")
    _check_seed(seed, "--seed")
    return draw(sampling_of(rulebook, kind), seed, pool(rulebook, evaluation, kind))


def _check_seed(seed: str, where: str = "") -> None:
    if not seed.strip() or len(seed) > MOST:
        raise UserError.of("draw.seed", where, most=MOST)


def sampling_of(rulebook: Rulebook, kind: Kind) -> Sampling:
    return rulebook.inspection.spot_check if kind == "spot_check" else rulebook.inspection.recheck


def pool(rulebook: Rulebook, evaluation: Evaluation, kind: Kind) -> list[tuple[str | None, str]]:
    """Who is in the draw, as superior and branch, by branch."""
    entry = {rulebook.levels[key].value for key in rulebook.entry_keys}
    columns = ["branch_id", "superior_id", "previous_level", "applied_level", "application_status", "basis"]
    rows = [row for row in evaluation.table.select(columns).to_pylist() if row["basis"] != "inactive"]
    if kind == "recheck":
        return [(row["superior_id"], row["branch_id"]) for row in rows if row["previous_level"] > 0]
    return [
        (row["superior_id"], row["branch_id"])
        for row in rows
        if row["previous_level"] == 0 and row["applied_level"] in entry and row["application_status"] == "accepted"
    ]


@dataclass(frozen=True)
class Draw:
    """A list that was frozen, and what came of it. `seed` and `drawn_at` (UTC) are None before the seed is said;
    `abandoned` is the reason of one given up; `replaced` maps branches to the reason."""

    draw_id: int
    year: int
    kind: Kind
    frozen_at: datetime
    text: str
    fingerprint: str
    sampling: Sampling
    seed: str | None
    drawn_at: datetime | None
    abandoned: str | None
    replaced: Mapping[str, str]

    @property
    def branches(self) -> tuple[tuple[str | None, str], ...]:
        """The list: superior and branch."""
        return tuple((superior or None, branch) for superior, branch in csv.reader(io.StringIO(self.text)))

    @cached_property
    def tickets(self) -> tuple[Ticket, ...]:
        """Everyone in the order of the tickets; nothing before the seed is said."""
        return draw(self.sampling, self.seed, self.branches, self.replaced) if self.seed is not None else ()


def list_text(branches: Iterable[tuple[str | None, str]]) -> str:
    """A list as it is frozen and fingerprinted: a line `SUPERIOR,BRANCH` each (CSV), by branch."""
    out = io.StringIO()
    rows = sorted(branches, key=lambda pair: pair[1])
    csv.writer(out, lineterminator="\n").writerows((superior or "", branch) for superior, branch in rows)
    return out.getvalue()


def draws(store: Store, viewer: Viewer, year: int) -> tuple[Draw, ...]:
    """The draws of a year, the latest first, abandoned ones too."""
    require(viewer, "view_results")
    return tuple(
        Draw(
            draw_id=row["draw_id"],
            year=row["year"],
            kind=row["kind"],
            frozen_at=row["frozen_at"].replace(tzinfo=UTC),
            text=row["list"],
            fingerprint=row["fingerprint"],
            sampling=Sampling(rate=parse_ratio(row["rate"]), min_per_superior=row["min_per_superior"]),
            seed=row["seed"],
            drawn_at=row["drawn_at"].replace(tzinfo=UTC) if row["drawn_at"] else None,
            abandoned=row["abandoned_because"],
            replaced=row["replaced"],
        )
        for row in kept.rows(store, year)
    )


def freeze(store: Store, rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, kind: Kind) -> None:
    """Freeze who is in a draw and how many are drawn, before the seed is known.

    Raises:
        UserError: nobody is in the draw.
        StoreError: another draw of the year and kind is open or drawn, or the data changed since the evaluation.
    """
    require(viewer, "draw")
    branches = pool(rulebook, evaluation, kind)
    if not branches:
        raise UserError.of("draw.nobody")
    text, sampling = list_text(branches), sampling_of(rulebook, kind)
    kept.freeze(
        store,
        {
            "year": evaluation.year,
            "kind": kind,
            "frozen_by": viewer.name,
            "list": text,
            "fingerprint": hashlib.sha256(text.encode()).hexdigest(),
            "rate": write_ratio(sampling.rate),
            "min_per_superior": sampling.min_per_superior,
            "rules": rulebook.fingerprint,
        },
        evaluation.revision.version,
    )


def say_seed(store: Store, viewer: Viewer, draw_id: int, seed: str) -> None:
    """Say the seed of a frozen list: from then on it is drawn.

    Raises:
        UserError: the seed is blank or longer than anybody would announce.
        StoreError: the draw is abandoned, or has its seed.
    """
    require(viewer, "draw")
    _check_seed(seed)
    kept.enter_seed(store, draw_id, seed.strip(), viewer.name)


def replace_drawn(store: Store, viewer: Viewer, found: Draw, branch_id: str, because: str) -> None:
    """Take a drawn branch out, with a reason; the next ticket of its superior takes its place.

    Raises:
        UserError: there is no reason, or the branch is not drawn.
    """
    require(viewer, "draw")
    _check_reason(because)
    if branch_id not in {ticket.branch_id for ticket in found.tickets if ticket.drawn}:
        raise UserError.of("draw.not_drawn")
    kept.replace(store, found.draw_id, branch_id, because.strip(), viewer.name)


def abandon(store: Store, viewer: Viewer, draw_id: int, because: str) -> None:
    """Give a draw up, with a reason; it stays on record, and another may be frozen.

    Raises:
        UserError: there is no reason.
        StoreError: it is abandoned already.
    """
    require(viewer, "draw")
    _check_reason(because)
    kept.abandon(store, draw_id, because.strip())


def _check_reason(because: str) -> None:
    if not because.strip() or len(because) > MOST:
        raise UserError.of("draw.because_wanted", limit=MOST)

"""What every scenario of a year is decided on: the facts, the stage, and the version of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import StoreError
from dashboard.rules.level import Shape, parameters
from dashboard.rules.rulebook import Rulebook
from dashboard.services.appraisals import measured_marks, measured_of
from dashboard.store.awards import has_acceptance
from dashboard.store.connection import Revision, Store
from dashboard.store.engine import read_facts

Stage = Literal["auto", "projected", "final"]


@dataclass(frozen=True)
class Ground:
    """The facts of a year under the standards of one rulebook (`rules.facts`), before any quota is applied."""

    year: int
    projected: bool
    revision: Revision
    facts: pa.Table

    @property
    def stage(self) -> Literal["projected", "final"]:
        return "projected" if self.projected else "final"


def prepare(store: Store, rulebook: Rulebook, viewer: Viewer, year: int, stage: Stage = "auto") -> Ground:
    """Read the facts of `year`.

    `auto` is `final` once the year has any acceptance inspection, else `projected`.
    """
    require(viewer, "view_results")
    revision = store.revision()
    projected = stage == "projected" or (stage == "auto" and not has_acceptance(store, year))
    marks = measured_marks(measured_of(store, rulebook, year))
    facts = read_facts(store, Shape.of(rulebook), year, parameters(rulebook), marks)
    return Ground(year, projected, revision, facts)


def ground_for(store: Store, rulebook: Rulebook, viewer: Viewer, base: Rulebook, ground: Ground) -> Ground:
    """The ground that a rulebook sees: `ground` where it has the standards of `base`, else its own, on the same data.

    Raises:
        StoreError: the data changed since the ground was prepared.
    """
    if same_ground(base, rulebook):
        return ground
    own = prepare(store, rulebook, viewer, ground.year, ground.stage)
    if own.revision.version != ground.revision.version:
        raise StoreError.of("store.changed_meanwhile")
    return own


def same_ground(a: Rulebook, b: Rulebook) -> bool:
    """Whether two rulebooks see the same facts: the same levels, the same standard for each sector, and the same
    counting of appraisals."""
    if a is b:
        return True
    return (a.levels, a.standards, a.appraisals, _sectors(a)) == (b.levels, b.standards, b.appraisals, _sectors(b))


def _sectors(rulebook: Rulebook) -> dict[str, str | None]:
    return {key: sector.standard for key, sector in rulebook.sectors.items()}

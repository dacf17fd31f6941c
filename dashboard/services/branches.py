"""党支部 by name and place, and the years that the data speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.calendar import today
from dashboard.store import queries
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch. `superior` and `superior_kind` are None where it has none."""

    branch_id: str
    name: str
    sector: str
    active: bool
    superior_id: str | None
    superior: str | None
    superior_kind: str | None


@dataclass(frozen=True, slots=True)
class Years:
    """Years to choose from, latest first, and the one under way."""

    all: tuple[int, ...]
    current: int


def list_branches(store: Store, viewer: Viewer) -> tuple[Branch, ...]:
    """Every branch, by id."""
    require(viewer, "view_results")
    return tuple(_branch(row) for row in queries.branch_names(store))


def _branch(row: queries.Row) -> Branch:
    return Branch(
        branch_id=row["branch_id"],
        name=row["branch"],
        sector=row["sector"],
        active=row["active"],
        superior_id=row["superior_id"],
        superior=row["superior"],
        superior_kind=row["kind"],
    )


def find_branch(store: Store, branch_id: str) -> Branch:
    """One branch.

    Raises:
        UserError: there is no such branch.
    """
    row = queries.branch_row(store, branch_id)
    if row is None:
        raise UserError.of("branch.unknown", "", branch_id=branch_id)
    return _branch(row)


def list_years(store: Store, rulebook: Rulebook, viewer: Viewer) -> Years:
    """The years with data from the first year of the rules on, and this year.

    The year under way is the last with applications; a new one begins with the month in which applications close.
    """
    require(viewer, "view_results")
    day = today(store)
    now = max(day.year, rulebook.first_year)
    found = [year for year in queries.years(store) if year >= rulebook.first_year]
    last = queries.latest_application_year(store) or (found[-1] if found else now)
    begun = last == now - 1 and day.month >= rulebook.application.deadline[0]
    every = sorted({*found, now})
    return Years(tuple(reversed(every)), now if begun or last not in every else last)

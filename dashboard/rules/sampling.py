"""抽查: a draw that anyone can recompute (附2·四·2).

The ticket of a branch is the SHA-256 of `SEED,BRANCH_ID` in lower-case hex: `printf '%s' 'SEED,BRANCH_ID' | sha256sum`.
In each stratum (superior) the branches with the smallest tickets are drawn; the next ticket is the replacement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from dashboard.rules.exact import RoundedShare
from dashboard.rules.rulebook import Sampling


@dataclass(frozen=True, slots=True)
class Ticket:
    """A branch in the draw. `drawn` says whether it is checked."""

    superior_id: str | None
    branch_id: str
    ticket: str
    drawn: bool


def ticket_of(seed: str, branch_id: str) -> str:
    """SHA-256 of `SEED,BRANCH_ID` as UTF-8, in hex."""
    return hashlib.sha256(f"{seed},{branch_id}".encode()).hexdigest()


def sample_size(sampling: Sampling, branches: int) -> int:
    """How many of a stratum are drawn: max(min_per_superior, ceil(rate × N)), never more than N."""
    return min(branches, max(sampling.min_per_superior, RoundedShare.of(sampling.rate, "ceil")(branches)))


def draw(
    sampling: Sampling, seed: str, branches: Iterable[tuple[str | None, str]], replaced: Collection[str] = ()
) -> tuple[Ticket, ...]:
    """Draw from branches (superior, branch), by superior, those without one last, and by ticket. For each branch
    `replaced` the next ticket of its superior is drawn."""
    strata: dict[str | None, list[tuple[str, str]]] = {}
    for superior, branch in branches:
        strata.setdefault(superior, []).append((ticket_of(seed, branch), branch))
    found = []
    for superior in sorted(strata, key=lambda s: (s is None, s or "")):
        tickets = sorted(strata[superior])
        left = sample_size(sampling, len(tickets))
        for ticket, branch in tickets:
            drawn = left > 0 and branch not in replaced
            left -= drawn
            found.append(Ticket(superior, branch, ticket, drawn))
    return tuple(found)


def chance_of_finding(branches: int, drawn: int, faulty: int, at_least: int = 1) -> Fraction:
    """The chance that a draw of `drawn` from `branches` holds at least so many of the `faulty` (hypergeometric)."""
    ways = sum(comb(faulty, k) * comb(branches - faulty, drawn - k) for k in range(min(at_least, drawn + 1)))
    return 1 - Fraction(ways, comb(branches, drawn))

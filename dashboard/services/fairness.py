"""Whom a change favours: stars per branch by superior and by sector, under both sets of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dashboard.services.branches import Branch
from dashboard.services.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Share:
    """One superior or sector: its active branches, and how many hold a star (and the sum of all star levels above
    none, as indexes: three stars count 1, five count 3) before and after."""

    key: str | None
    branches: int
    before: int
    after: int
    weight_before: int
    weight_after: int

    @property
    def rate_before(self) -> float:
        return self.before / self.branches

    @property
    def rate_after(self) -> float:
        return self.after / self.branches

    @property
    def gain(self) -> float:
        """The change in levels per branch."""
        return (self.weight_after - self.weight_before) / self.branches


@dataclass(frozen=True, slots=True)
class Fairness:
    """Both views: every superior, and every sector."""

    superiors: tuple[Share, ...]
    sectors: tuple[Share, ...]

    @property
    def favoured(self) -> Share | None:
        """The superior that gains most, if any gains."""
        best = max(self.superiors, key=lambda share: share.gain, default=None)
        return best if best and best.gain > 0 else None

    @property
    def losing(self) -> Share | None:
        """The superior that loses most, if any loses."""
        worst = min(self.superiors, key=lambda share: share.gain, default=None)
        return worst if worst and worst.gain < 0 else None


def fairness(simulation: Simulation, branches: Mapping[str, Branch]) -> Fairness:
    """Group both results."""
    index = {value: i for i, value in enumerate((0, *simulation.baseline.rulebook.level_values))}
    rows = list(
        zip(
            simulation.baseline.evaluation.table.column("branch_id").to_pylist(),
            simulation.baseline.evaluation.table.column("awarded").to_pylist(),
            simulation.scenario.evaluation.table.column("awarded").to_pylist(),
            strict=True,
        )
    )
    known = [(branches[i], index[a], index[b]) for i, a, b in rows if branches[i].active]
    return Fairness(_shares(known, lambda b: b.superior_id), _shares(known, lambda b: b.sector))


def _shares(rows: Iterable[tuple[Branch, int, int]], key_of: Callable[[Branch], str | None]) -> tuple[Share, ...]:
    groups: dict[str | None, list[tuple[int, int]]] = {}
    for branch, before, after in rows:
        groups.setdefault(key_of(branch), []).append((before, after))
    return tuple(
        Share(
            key,
            branches=len(pairs),
            before=sum(a > 0 for a, _ in pairs),
            after=sum(b > 0 for _, b in pairs),
            weight_before=sum(a for a, _ in pairs),
            weight_after=sum(b for _, b in pairs),
        )
        for key, pairs in sorted(groups.items(), key=lambda item: (item[0] is None, item[0]))
    )

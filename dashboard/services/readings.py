"""What a doubtful clause decides: the branches that would change under each other reading of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import RulesError
from dashboard.rules.adjustable import Effect, adjustables
from dashboard.rules.paths import paths_like
from dashboard.rules.rulebook import Reading, Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.domain import write_value
from dashboard.services.evaluation import Evaluation
from dashboard.services.ground import Ground
from dashboard.services.simulation import Move, moves
from dashboard.services.sweep import evaluate_many
from dashboard.store.connection import Store


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading: the value, the changes that make it so, and who would move."""

    value: object
    changes: tuple[Change, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A doubtful clause. `effect` says what it decides: only `stars` can move a branch this year.

    `touches` are the branches that some other reading would move.
    """

    reading: Reading
    in_force: tuple[object, ...]
    effect: Effect
    alternatives: tuple[Alternative, ...]

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(move.branch_id for other in self.alternatives for move in other.moves)


def touching(found: Iterable[Ambiguity]) -> list[Ambiguity]:
    """Those of which some other reading would move a branch, the widest first."""
    return sorted((a for a in found if a.touches), key=lambda a: -len(a.touches))


def ambiguities(
    store: Store, viewer: Viewer, ground: Ground, rulebook: Rulebook, evaluation: Evaluation
) -> tuple[Ambiguity, ...]:
    """Every reading of a rulebook beside the others that the document allows.

    Args:
        ground: the facts under the standards of `rulebook`.
        evaluation: by `rulebook`, which the others are compared with.
    """
    require(viewer, "simulate")
    drafts = [(reading, _others(rulebook, reading)) for reading in rulebook.readings]
    books = [book for _, others in drafts for _, _, book in others]
    rated = iter(evaluate_many(store, viewer, ground, rulebook, books))
    effects = {a.path: a.effect for a in adjustables(rulebook)}
    values = {a.path: write_value(a.value) for a in adjustables(rulebook)}
    found = []
    for reading, others in drafts:
        paths = paths_like(rulebook, reading.path)
        alternatives = tuple(Alternative(value, made, moves(evaluation, next(rated))) for value, made, _ in others)
        effect: Effect = next((effects[path] for path in paths if path in effects), "stars")
        in_force = tuple(dict.fromkeys(values[path] for path in paths if path in values))
        found.append(Ambiguity(reading, in_force, effect, alternatives))
    return tuple(found)


def _others(rulebook: Rulebook, reading: Reading) -> list[tuple[object, tuple[Change, ...], Rulebook]]:
    """The alternatives that are not in force and that the rules allow."""
    found = []
    for value in reading.alternatives:
        made = tuple(Change(path, value) for path in paths_like(rulebook, reading.path))
        try:
            book = apply(rulebook, made)
        except RulesError:
            continue
        if book.fingerprint != rulebook.fingerprint:
            found.append((value, made, book))
    return found

"""Fill an empty store with a synthetic subdistrict."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.auth.viewer import Viewer, require
from dashboard.demo.fill import fill
from dashboard.rules.rulebook import Rulebook
from dashboard.store.connection import Store


def fill_demo(
    store: Store,
    rulebook: Rulebook,
    viewer: Viewer,
    *,
    branches: int,
    votes: int,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> dict[str, int]:
    """Write the demo data; the same for the same seed. Returns counts by table.

    Raises:
        StoreError: the store already has data.
    """
    require(viewer, "fill_demo")
    return fill(store, rulebook, branches=branches, votes=votes, seed=seed, progress=progress)

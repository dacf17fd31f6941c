"""Made-up facts of a year (`dashboard.rules.facts`), for any number of branches; the same for the same number."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dashboard.rules.facts import schema
from dashboard.rules.level import Shape

YEAR = 2022
BRANCHES_A_SUPERIOR = 12


def make_facts(shape: Shape, branches: int) -> pa.Table:
    """Three branches in five apply, mostly for the next level; a few have failed something or had incidents."""
    rng = np.random.default_rng(branches)
    top = shape.levels

    def often(p: float) -> npt.NDArray[np.bool_]:
        return rng.random(branches) < p

    def some(values: list[str | None], p: list[float]) -> npt.NDArray[np.object_]:
        return np.array(values, dtype=object)[rng.choice(len(values), size=branches, p=p)]

    fewer = 0.5 ** np.arange(top)  # at each level half as many as at the one below
    held = rng.choice(top + 1, size=branches, p=[0.3, *(0.7 * fewer / fewer.sum())])
    applies = often(0.6)
    wanted = np.minimum(held + 1 + often(0.1), top)
    met = np.where(often(0.85), wanted, held)
    superior = rng.integers(-(-branches // BRANCHES_A_SUPERIOR), size=branches)
    handed_in = np.datetime64(date(YEAR, 4, 1)) + rng.integers(0, 32, size=branches)
    columns: dict[str, object] = {
        "branch_id": np.char.mod("b%06d", np.arange(branches)),
        "superior_id": np.char.mod("s%05d", superior),
        "superior_kind": np.where(superior % 4 > 0, "community", "direct_unit"),
        "sector": np.full(branches, "community"),
        "active": often(0.98),
        "covered": np.full(branches, True),
        "previous_level": held,
        "self_level": np.where(often(0.95), wanted, held),
        "applied_level": pa.array(wanted, mask=~applies),
        "submitted_on": pa.array(handed_in.astype("datetime64[D]"), mask=~applies),
        "review": some(["approved", "returned", "pending"], [0.94, 0.03, 0.03]),
        "priority": pa.array(rng.integers(1, 9, size=branches), mask=often(0.5)),
        "exception": often(0.01),
        "inspected_level": pa.array(met, mask=~applies),
        "score": pa.array(np.round(60 + 40 * rng.random(branches), 1), mask=~applies),
        "criteria_met": rng.integers(20, 43, size=branches),
        "spot_check": some(["pass", "fail", None], [0.27, 0.03, 0.7]),
        "acceptance": some(["pass", "fail", None], [0.35, 0.05, 0.6]),
        "recheck_failed": often(0.02),
        "rectification_failed": often(0.01),
        "committee_incidents": often(0.01).astype(np.int64),
        "member_incidents": rng.choice(3, size=branches, p=[0.97, 0.02, 0.01]),
        "deferred": often(0.02),
    }
    decisions = {f"decision_{i}": some(["selected", None], [0.05, 0.95]) for i in range(1, top + 1)}
    return pa.table(
        {name: _column({**columns, **decisions}[name], dtype) for name, dtype in _types(shape).items()},
    )


def _types(shape: Shape) -> dict[str, pa.DataType]:
    made = ibis.schema(schema(shape.levels)).to_pyarrow()
    return {field.name: field.type for field in made}


def _column(values: object, dtype: pa.DataType) -> pa.Array:
    return (values if isinstance(values, pa.Array) else pa.array(values)).cast(dtype)

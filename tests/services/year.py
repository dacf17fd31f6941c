"""A small subdistrict in the middle of its year, for tests of what people do in it."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.rules.rulebook import Rulebook
from dashboard.store.connection import Store, set_property
from tests.helpers import Rows, load_tables

YEAR = 2022

SUPERIORS: Rows = [
    {"superior_id": "S1", "name": "红枫社区党委", "kind": "community"},
    {"superior_id": "S2", "name": "机关党总支", "kind": "organ"},
]
BRANCHES: Rows = [
    {"branch_id": "B1", "name": "第一党支部", "superior_id": "S1", "sector": "two_new", "active": "1"},
    {"branch_id": "B2", "name": "第二党支部", "superior_id": "S1", "sector": "two_new"},
    {"branch_id": "B3", "name": "第三党支部", "superior_id": "S2", "sector": "organ"},
    {"branch_id": "B4", "name": "第四党支部", "superior_id": "", "sector": "two_new"},
    {"branch_id": "B9", "name": "已撤销党支部", "superior_id": "S1", "sector": "two_new", "active": "0"},
]


def settle(store: Store, rulebook: Rulebook, day: str = f"{YEAR}-04-20") -> None:
    """Superiors and branches, on a day."""
    load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": BRANCHES})
    set_day(store, day)


def set_day(store: Store, day: str) -> None:
    """Let it be another day."""
    with store.write("test") as cursor:
        set_property(cursor, "as_of", day)


def keep_run(store: Store, columns: Mapping[str, object], year: int = YEAR) -> None:
    """A kept run without contents, with what else its row says."""
    row = {"run_id": 1, "year": year, "stage": "final", "made_at": f"{year}-11-20", **columns}
    texts = dict.fromkeys(("made_by", "rules", "rulebook", "inputs", "result", "document", "evaluation"), "")
    with store.write("test") as cursor:
        names, marks = ", ".join(texts | row), ", ".join("?" for _ in texts | row)
        cursor.execute(f"INSERT INTO award_runs ({names}) VALUES ({marks})", list((texts | row).values()))


def make_final(store: Store, year: int = YEAR) -> None:
    """The result of a year is final."""
    keep_run(store, {"announced_at": f"{year}-12-10", "final_at": f"{year}-12-20"}, year)


def full_marks(rulebook: Rulebook, branch_id: str, stage: str = "self", year: int = YEAR, **other: float) -> Rows:
    """Marks that meet the highest level, but for those given otherwise."""
    standard = rulebook.standards["two_new"]
    top = rulebook.level_keys[-1]
    return [
        {
            "branch_id": branch_id,
            "year": year,
            "stage": stage,
            "criterion": criterion.id,
            "value": other.get(criterion.id, float(criterion.threshold(top) or 1)),
        }
        for criterion in standard.criteria.values()
    ]

"""结果运用: funding, honours, recommendation and plans follow the level (附2·五)."""

from __future__ import annotations

from decimal import Decimal

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services.consequences import Amount, amounts, consequences
from dashboard.store.connection import Store
from tests.helpers import changed
from tests.services.finished import finish, rated, untie


def test_what_follows_from_each_level(store: Store, rulebook: Rulebook) -> None:
    rules = finish(store, rulebook)
    untie(store, rules)
    paid = changed(rules, "consequences.funding.five_star=30000", "consequences.funding.three_star=10000.5")
    found = {c.branch_id: c for c in consequences(paid, OPERATOR, rated(store, paid))}
    assert "A9" not in found  # dissolved
    told = {b: (c.level, c.funding, c.honours, c.advanced, c.plan) for b, c in found.items()}
    assert told["A1"] == (5, Decimal(30000), True, True, False)
    assert told["A2"] == (4, None, True, True, False)  # no amount is set for four stars
    assert told["A4"] == (3, Decimal("10000.5"), True, False, False)
    assert told["A6"] == (0, None, False, False, True)
    assert told["A7"] == (0, None, False, False, True)  # vetoed
    by_level = amounts(paid, OPERATOR, list(found.values()))
    assert by_level == (
        Amount(5, 2, Decimal(30000)),
        Amount(4, 1, None),
        Amount(3, 3, Decimal("10000.5")),
    )
    assert [a.total for a in by_level] == [Decimal(60000), None, Decimal("30001.5")]

"""Decisions on a tally: in order or with a reason, within the places, and on a count that is kept."""

from __future__ import annotations

import hashlib
import json

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import voting
from dashboard.services.tally import Tally
from dashboard.store.connection import Store
from dashboard.store.ledger import withdraw
from tests.helpers import changed, codes, load_tables
from tests.rules.test_tally import YEAR, enter, tally, two_nominees, vote


@pytest.fixture
def rules(rulebook: Rulebook) -> Rulebook:
    return changed(rulebook, "member_star.places=2")


@pytest.fixture
def held(store: Store, rules: Rulebook) -> Store:
    """N1 has three votes, N2 two, N3 and N4 one each; N5 is objected to."""
    tables = two_nominees("N3", "N4", "N5")
    opinions = [{"nominee_id": "N5", "department": "discipline", "verdict": "object"}]
    load_tables(store, rules, {**tables, "opinions": opinions})
    enter(store, rules, [vote(f"v{n}", "N1") for n in range(3)] + [vote(f"v{n}", "N2") for n in range(2)])
    enter(store, rules, [vote("w", "N3"), vote("w", "N4"), vote("w", "N5")])
    return store


def decide(store: Store, found: Tally, nominee: str, outcome: voting.Outcome, reason: str = "") -> None:
    voting.decide(store, OPERATOR, found, [nominee], outcome, reason)


def test_a_decision_in_order_needs_no_reason_and_one_that_departs_does(held: Store, rules: Rulebook) -> None:
    found = tally(held, rules)
    decide(held, found, "N1", "selected")
    for nominee, outcome in (("N3", "selected"), ("N2", "not_selected")):
        with pytest.raises(UserError) as caught:
            decide(held, tally(held, rules), nominee, outcome, "  ")  # type: ignore[arg-type]
        assert codes(caught.value) == ["votes.reason_wanted"]
    decide(held, found, "N2", "not_selected", "本人放弃")
    assert tally(held, rules).decisions == {"N1": ("selected", ""), "N2": ("not_selected", "本人放弃")}


def test_in_a_tie_either_way_is_in_order(held: Store, rules: Rulebook) -> None:
    three = changed(rules, "member_star.places=3")
    found = tally(held, three)
    assert {s.nominee_id for s in found.standings if s.tied} == {"N3", "N4"}
    decide(held, found, "N4", "selected")
    decide(held, found, "N3", "not_selected")


def test_no_more_than_there_are_places_and_nobody_who_cannot_be_voted_for(held: Store, rules: Rulebook) -> None:
    voting.decide_by_order(held, OPERATOR, tally(held, rules), "按票数")
    before = tally(held, rules).decisions
    assert before == {
        **dict.fromkeys(("N1", "N2"), ("selected", "按票数")),
        **dict.fromkeys(("N3", "N4"), ("not_selected", "按票数")),
    }
    for nominee, code in (("N3", "votes.too_many"), ("N5", "votes.not_eligible"), ("N9", "votes.not_eligible")):
        with pytest.raises(UserError) as caught:
            decide(held, tally(held, rules), nominee, "selected", "破格")
        assert codes(caught.value) == [code]
    assert tally(held, rules).decisions == before


def test_the_count_that_a_decision_was_made_on_is_kept_as_it_was(held: Store, rules: Rulebook) -> None:
    assert voting.runs(held, OPERATOR, YEAR) == ()
    first = tally(held, rules)
    decide(held, first, "N1", "selected")
    decide(held, tally(held, rules), "N2", "selected")  # on the same count
    (run,) = voting.runs(held, OPERATOR, YEAR)
    assert (run.result, run.rules, run.inputs) == (first.result, first.rules, first.inputs)
    assert hashlib.sha256(run.document.encode()).hexdigest() == run.result
    assert json.loads(run.document) == first.document()
    withdraw(held, 1, "", "来源有误")
    decide(held, tally(held, rules), "N3", "not_selected", "票数作废")
    kept = voting.runs(held, OPERATOR, YEAR)
    assert [each.result for each in kept] == [first.result, tally(held, rules).result]
    assert kept[0] == run
    assert voting.runs(held, OPERATOR, YEAR + 1) == ()


def test_who_may(held: Store, rules: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_tally"}))
    reader, nobody, found = Viewer("x", "reader"), Viewer("x", "nobody"), tally(held, rules)
    assert voting.runs(held, reader, YEAR) == ()
    for call in (
        lambda: voting.runs(held, nobody, YEAR),
        lambda: voting.decide(held, reader, found, ["N1"], "selected", ""),
        lambda: voting.decide_by_order(held, reader, found, ""),
        lambda: voting.withdraw(held, reader, 1, "来源有误"),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert tally(held, rules).decisions == {}

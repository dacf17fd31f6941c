"""A draw in steps: the list is frozen, then the seed is said once, then branches may be replaced with a reason."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.sampling import chance_of_finding, draw, sample_size, ticket_of
from dashboard.services import drawing
from dashboard.services.drawing import Draw, Kind
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.reference.subdistricts import random_tables

YEAR = 2019
KINDS: tuple[Kind, ...] = ("spot_check", "recheck")


@pytest.fixture
def held(store: Store, rulebook: Rulebook) -> Store:
    load_tables(store, rulebook, random_tables(12, branches=80, year=YEAR))
    return store


def rated(store: Store, rulebook: Rulebook) -> Evaluation:
    return evaluate(store, rulebook, OPERATOR, YEAR)


def only(store: Store) -> Draw:
    (found,) = drawing.draws(store, OPERATOR, YEAR)
    return found


def frozen(store: Store, rulebook: Rulebook, kind: Kind = "recheck") -> Draw:
    drawing.freeze(store, rulebook, OPERATOR, rated(store, rulebook), kind)
    return only(store)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_list_is_drawn_as_the_command_draws_it(held: Store, rulebook: Rulebook, kind: Kind) -> None:
    found = frozen(held, rulebook, kind)
    assert (found.seed, found.tickets, found.drawn_at) == (None, (), None)
    assert found.fingerprint == hashlib.sha256(found.text.encode()).hexdigest()
    assert sorted(found.branches, key=str) == sorted(drawing.pool(rulebook, rated(held, rulebook), kind), key=str)
    drawing.say_seed(held, OPERATOR, found.draw_id, "今晚的号码")
    assert only(held).tickets == drawing.draw_sample(rulebook, OPERATOR, rated(held, rulebook), kind, "今晚的号码")
    assert all(t.ticket == ticket_of("今晚的号码", t.branch_id) for t in only(held).tickets)


def test_what_comes_after_changes_neither_list_nor_size(held: Store, rulebook: Rulebook) -> None:
    found = frozen(held, rulebook)
    load_tables(
        held,
        rulebook,
        {"branches": [{"branch_id": found.branches[0][1], "name": "撤销", "sector": "organ", "active": "0"}]},
    )
    later = changed(rulebook, "inspection.recheck.rate=100%")
    assert len(drawing.pool(later, rated(held, later), "recheck")) < len(found.branches)
    drawing.say_seed(held, OPERATOR, found.draw_id, "x")
    drawn = only(held)
    assert (drawn.branches, drawn.fingerprint, drawn.sampling) == (found.branches, found.fingerprint, found.sampling)
    by_superior: dict[str | None, list[bool]] = {}
    for ticket in drawn.tickets:
        by_superior.setdefault(ticket.superior_id, []).append(ticket.drawn)
    assert all(sum(flags) == sample_size(rulebook.inspection.recheck, len(flags)) for flags in by_superior.values())


def test_the_seed_is_said_once(held: Store, rulebook: Rulebook) -> None:
    found = frozen(held, rulebook)
    for seed in ("", "  ", "长" * 201):
        with pytest.raises(UserError) as caught:
            drawing.say_seed(held, OPERATOR, found.draw_id, seed)
        assert codes(caught.value) == ["draw.seed"]
    drawing.say_seed(held, OPERATOR, found.draw_id, "x")
    with pytest.raises(UserError) as caught:
        drawing.say_seed(held, OPERATOR, found.draw_id, "y")
    assert codes(caught.value) == ["draw.not_open"]
    assert only(held).seed == "x"


def test_another_list_takes_that_the_first_is_given_up_in_sight(held: Store, rulebook: Rulebook) -> None:
    found = frozen(held, rulebook)
    with pytest.raises(UserError) as caught:
        frozen(held, rulebook)
    assert codes(caught.value) == ["draw.there_is_one"]
    with pytest.raises(UserError) as caught:
        drawing.abandon(held, OPERATOR, found.draw_id, " ")
    assert codes(caught.value) == ["draw.because_wanted"]
    drawing.abandon(held, OPERATOR, found.draw_id, "名单有误")
    with pytest.raises(UserError):
        drawing.abandon(held, OPERATOR, found.draw_id, "再作废")
    with pytest.raises(UserError):
        drawing.say_seed(held, OPERATOR, found.draw_id, "x")
    drawing.freeze(held, rulebook, OPERATOR, rated(held, rulebook), "recheck")
    second, first = drawing.draws(held, OPERATOR, YEAR)
    assert (first.abandoned, second.abandoned) == ("名单有误", None)


def test_a_replaced_branch_makes_way_for_the_next_ticket_of_its_superior(held: Store, rulebook: Rulebook) -> None:
    found = frozen(held, rulebook)
    drawing.say_seed(held, OPERATOR, found.draw_id, "x")
    before = only(held)
    gone = next(t for t in before.tickets if t.drawn)
    with pytest.raises(UserError) as caught:
        drawing.replace_drawn(held, OPERATOR, before, gone.branch_id, "")
    assert codes(caught.value) == ["draw.because_wanted"]
    drawing.replace_drawn(held, OPERATOR, before, gone.branch_id, "当日停产检修")
    after = only(held)
    assert after.replaced == {gone.branch_id: "当日停产检修"}
    were, are = ({t.branch_id for t in d.tickets if t.drawn} for d in (before, after))
    own = [t.branch_id for t in after.tickets if t.superior_id == gone.superior_id]
    size = sum(t.drawn for t in before.tickets if t.superior_id == gone.superior_id)
    assert were - are == {gone.branch_id}
    assert are - were == set(own[size : size + 1])
    for branch in (gone.branch_id, "nowhere", ""):
        with pytest.raises(UserError) as caught:
            drawing.replace_drawn(held, OPERATOR, only(held), branch, "再换")
        assert codes(caught.value) == ["draw.not_drawn"]


def test_a_list_reads_back_whatever_the_ids(held: Store, rulebook: Rulebook) -> None:
    names = [("S,1", 'B"1'), (None, "B,2"), ("S,1", "B 3"), ("", "支部")]
    found = frozen(held, rulebook)
    odd = replace(found, text=drawing.list_text(names), seed="x")
    assert sorted(odd.branches, key=str) == sorted([(superior or None, branch) for superior, branch in names], key=str)
    assert all(ticket.ticket == ticket_of("x", ticket.branch_id) for ticket in odd.tickets)


def test_a_draw_that_was_given_up_changes_no_more(held: Store, rulebook: Rulebook) -> None:
    found = frozen(held, rulebook)
    drawing.say_seed(held, OPERATOR, found.draw_id, " x ")
    stale = only(held)
    assert stale.seed == "x"
    drawing.abandon(held, OPERATOR, found.draw_id, "名单有误")
    drawn = next(ticket.branch_id for ticket in stale.tickets if ticket.drawn)
    with pytest.raises(UserError) as caught:
        drawing.replace_drawn(held, OPERATOR, stale, drawn, "停产")
    assert codes(caught.value) == ["draw.not_open"]
    assert only(held).replaced == {}


def test_nobody_in_the_draw_is_told(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, {"branches": [{"branch_id": "B1", "name": "一", "sector": "organ"}]})
    with pytest.raises(UserError) as caught:
        drawing.freeze(store, rulebook, OPERATOR, rated(store, rulebook), "recheck")
    assert codes(caught.value) == ["draw.nobody"]


def test_a_list_made_on_older_data_is_not_frozen(held: Store, rulebook: Rulebook) -> None:
    old = rated(held, rulebook)
    load_tables(held, rulebook, {"branches": [{"branch_id": "new", "name": "新", "sector": "organ"}]})
    with pytest.raises(UserError) as caught:
        drawing.freeze(held, rulebook, OPERATOR, old, "recheck")
    assert codes(caught.value) == ["store.changed_meanwhile"]


def test_who_may(held: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results"}))
    reader, found = Viewer("x", "reader"), frozen(held, rulebook)
    assert drawing.draws(held, reader, YEAR)
    for call in (
        lambda: drawing.freeze(held, rulebook, reader, rated(held, rulebook), "spot_check"),
        lambda: drawing.say_seed(held, reader, found.draw_id, "x"),
        lambda: drawing.replace_drawn(held, reader, found, "B1", "x"),
        lambda: drawing.abandon(held, reader, found.draw_id, "x"),
        lambda: drawing.draws(held, Viewer("x", "nobody"), YEAR),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert only(held).seed is None


BRANCHES = st.lists(
    st.tuples(st.sampled_from(["S1", "S2", None]), st.integers(0, 99).map(lambda n: f"B{n}")),
    unique_by=lambda pair: pair[1],
    max_size=30,
)


@given(branches=BRANCHES, data=st.data())
def test_replacing_keeps_the_size_while_there_are_tickets(
    rulebook: Rulebook, branches: list[tuple[str | None, str]], data: st.DataObject
) -> None:
    sampling = rulebook.inspection.recheck
    first = draw(sampling, "s", branches)
    replaced = data.draw(st.sets(st.sampled_from([t.branch_id for t in first]) if first else st.nothing()))
    second = draw(sampling, "s", branches, replaced)
    assert [(t.branch_id, t.ticket) for t in second] == [(t.branch_id, t.ticket) for t in first]
    for superior in {superior for superior, _ in branches}:
        own = [t for t in second if t.superior_id == superior]
        left = [t for t in own if t.branch_id not in replaced]
        size = min(sample_size(sampling, len(own)), len(left))
        assert [t.branch_id for t in own if t.drawn] == [t.branch_id for t in left[:size]]


@given(branches=st.integers(1, 9), data=st.data(), at_least=st.integers(1, 3))
def test_the_chance_of_finding_is_counted_over_all_samples(branches: int, data: st.DataObject, at_least: int) -> None:
    drawn, faulty = (data.draw(st.integers(0, branches)) for _ in range(2))
    hits = sum(sum(n < faulty for n in sample) >= at_least for sample in combinations(range(branches), drawn))
    assert chance_of_finding(branches, drawn, faulty, at_least) * comb(branches, drawn) == hits

"""Kept scenarios: what is kept comes back as it was, and keeping it changes no data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, VISITOR, Viewer
from dashboard.errors import NotAllowed, RulesError, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario, apply
from dashboard.services import scenarios
from dashboard.services.evaluation import evaluate
from dashboard.services.scenarios import Kept, drop, keep, kept
from dashboard.store import importing, migrate
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.reference.subdistricts import random_tables

C16 = "standards.two_new.sections.mechanism.criteria.c16.requires.four_star"
# changes as `--set` writes them, none of which meets another
SETS = (
    "quotas.four_star.places.2019=12",
    "quotas.five_star.growth.rate=12.5%",
    "quotas.four_star.growth={rate: 1/3, kind: linear}",
    f"{C16}=32.25",
    "consequences.funding.three_star=1200.50",
    "consequences.funding.four_star=0.000001",
    "member_star.channels.web.weight=0.1",
    "ranking=[criteria_met, score]",
    "application.caps.applies_to=[]",
    "inspection.collective_sanction.applies_to=[community, organ]",
    "application.deadline=04-15",
    "application.caps.four_star=null",
    "cascade=false",
    "quotas.five_star.places={2017: 10, 2020: 14}",
    "title={zh: “评星”办法, en: 'The \"stars\", it''s said'}",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


def scenario(*sets: str, name: str = "方案一", note: str = "", author: str = "") -> Scenario:
    return Scenario(name=name, changes=tuple(Change.parse(text) for text in sets), note=note, author=author)


def listed(store: Store) -> list[tuple[str, str]]:
    return [(found.scenario_id, found.scenario.name) for found in kept(store, VISITOR)]


def assert_nothing_kept(store: Store) -> None:
    assert kept(store, VISITOR) == ()


# there and back


def test_a_kept_scenario_is_listed_with_who_and_why_and_against_which_rules(store: Store, rulebook: Rulebook) -> None:
    before = datetime.now(UTC)
    given_base = Scenario("更多名额", scenario(SETS[0]).changes, "因为申报多", "李四", base="something else")
    found = keep(store, rulebook, VISITOR, given_base)
    assert found.scenario == Scenario(
        "更多名额", (Change("quotas.four_star.places.2019", 12),), "因为申报多", "李四", rulebook.fingerprint
    )
    assert before <= found.saved_at <= datetime.now(UTC)
    assert found.saved_at.utcoffset() == timedelta(0)
    assert kept(store, VISITOR) == (found,)


def test_the_latest_comes_first(store: Store, rulebook: Rulebook) -> None:
    names = ["一", "二", "三"]
    found = [keep(store, rulebook, VISITOR, scenario("cascade=false", name=name)) for name in names]
    assert len({each.scenario_id for each in found}) == 3
    assert kept(store, VISITOR) == tuple(reversed(found))


def test_replacing_keeps_the_id_and_takes_the_rest_anew(store: Store, rulebook: Rulebook) -> None:
    first = keep(store, rulebook, VISITOR, scenario("cascade=false", name="一", note="旧"))
    second = keep(store, rulebook, VISITOR, scenario("cascade=false", name="二"))
    other_rules = changed(rulebook, "veto.members=3")
    again = keep(store, other_rules, VISITOR, scenario("ranking=[score]", name="一改"), first.scenario_id)
    assert again.scenario_id == first.scenario_id
    assert again.scenario == Scenario("一改", (Change("ranking", ("score",)),), "", "", other_rules.fingerprint)
    assert kept(store, VISITOR) == (again, second)


def test_what_is_dropped_is_gone_and_can_be_dropped_again(store: Store, rulebook: Rulebook) -> None:
    first, second = (keep(store, rulebook, VISITOR, scenario("cascade=false", name=name)) for name in "一二")
    drop(store, VISITOR, first.scenario_id)
    assert kept(store, VISITOR) == (second,)
    for name in (first.scenario_id, "unknown", ""):
        drop(store, VISITOR, name)
    assert kept(store, VISITOR) == (second,)


def test_a_scenario_without_changes_can_be_kept(store: Store, rulebook: Rulebook) -> None:
    assert keep(store, rulebook, VISITOR, scenario()).scenario.changes == ()


def test_they_are_there_when_the_file_is_opened_again(tmp_path: Path, rulebook: Rulebook) -> None:
    path = tmp_path / "again.duckdb"
    with Store(path) as first:
        found = keep(first, rulebook, VISITOR, scenario(*SETS, name="存档"))
    with Store(path) as second:
        assert kept(second, OPERATOR) == (found,)


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    """A store for many examples; each leaves it empty."""
    with Store(None) as opened:
        yield opened


@given(name=TEXT.filter(str.strip), author=TEXT, note=TEXT)
@settings(max_examples=60, deadline=None)
def test_words_of_any_script_survive(name: str, author: str, note: str, shared: Store, rulebook: Rulebook) -> None:
    found = keep(shared, rulebook, VISITOR, scenario("cascade=false", name=name, author=author, note=note))
    try:
        assert kept(shared, VISITOR) == (found,)
        told = found.scenario
        assert (told.name, told.author, told.note) == (name.strip(), author.strip(), note.strip())
    finally:
        drop(shared, VISITOR, found.scenario_id)


@pytest.mark.parametrize(
    "name",
    [
        "“两优一先”方案",
        "it's; DROP TABLE scenarios; --",
        'say "no"',
        "名额＋1 🎌",
        "{name} %s ? $1",
        "a\nb\tc\\",
        "Ünïcødé",
    ],
)
def test_quotes_and_the_like_are_only_words(name: str, store: Store, rulebook: Rulebook) -> None:
    found = keep(store, rulebook, VISITOR, scenario("cascade=false", name=name, note=name, author=name))
    assert (found.scenario.name, found.scenario.note, found.scenario.author) == (name, name, name)
    assert listed(store) == [(found.scenario_id, name)]
    drop(store, VISITOR, name)
    assert len(kept(store, VISITOR)) == 1


@given(chosen=st.lists(st.sampled_from(SETS), unique=True))
@settings(max_examples=30, deadline=None)
def test_changes_mean_the_same_when_they_come_back(chosen: list[str], shared: Store, rulebook: Rulebook) -> None:
    written = scenario(*chosen)
    found = keep(shared, rulebook, VISITOR, written)
    try:
        assert [change.path for change in found.scenario.changes] == [change.path for change in written.changes]
        again = apply(rulebook, found.scenario.changes)
        assert again.fingerprint == apply(rulebook, written.changes).fingerprint
        assert again == apply(rulebook, written.changes)
        assert Scenario.read(found.scenario.write(), "copy").write() == found.scenario.write()
    finally:
        drop(shared, VISITOR, found.scenario_id)


def test_exact_numbers_and_lists_survive(store: Store, rulebook: Rulebook) -> None:
    again = apply(rulebook, keep(store, rulebook, VISITOR, scenario(*SETS)).scenario.changes)
    growth = again.quotas["four_star"]
    assert growth
    assert growth.growth
    assert growth.growth.rate == Fraction(1, 3)
    assert [str(again.consequences.funding[key]) for key in ("three_star", "four_star")] == ["1200.50", "0.000001"]
    assert str(again.standards["two_new"].criteria["c16"].requires["four_star"]) == "32.25"
    assert again.ranking == ("criteria_met", "score")
    assert again.application.caps.applies_to == ()
    assert again.application.caps.by_level == {"five_star": 2}
    five = again.quotas["five_star"]
    assert five
    assert dict(five.places or {}) == {2017: 10, 2020: 14}


# what is refused


@pytest.mark.parametrize("name", ["", "  ", "\n\t", "　"])
def test_a_scenario_needs_a_name(name: str, store: Store, rulebook: Rulebook) -> None:
    with pytest.raises(UserError) as caught:
        keep(store, rulebook, VISITOR, scenario("cascade=false", name=name))
    assert codes(caught.value) == ["scenario.no_name"]
    assert_nothing_kept(store)


def test_texts_may_be_so_long_and_no_longer(store: Store, rulebook: Rulebook) -> None:
    found = keep(store, rulebook, VISITOR, scenario(name="名" * 60, author="人" * 40, note="注" * 500))
    assert [len(text) for text in (found.scenario.name, found.scenario.author, found.scenario.note)] == [60, 40, 500]
    too_long = scenario(name="名" * 61, author="人" * 41, note="注" * 501)
    with pytest.raises(UserError) as caught:
        keep(store, rulebook, VISITOR, too_long)
    assert [(p.code, p.values["field"], p.values["most"], p.values["found"]) for p in caught.value.problems] == [
        ("scenario.too_long", "name", 60, 61),
        ("scenario.too_long", "author", 40, 41),
        ("scenario.too_long", "note", 500, 501),
    ]
    assert kept(store, VISITOR) == (found,)


def test_no_name_and_a_long_note_are_told_together(store: Store, rulebook: Rulebook) -> None:
    with pytest.raises(UserError) as caught:
        keep(store, rulebook, VISITOR, scenario("cascade=perhaps", name=" ", note="注" * 501))
    assert sorted(codes(caught.value)) == ["scenario.no_name", "scenario.too_long"]
    assert_nothing_kept(store)


def test_changes_that_the_rules_refuse_are_refused_with_every_problem(store: Store, rulebook: Rulebook) -> None:
    refused = ["cascade=perhaps", "veto.members=0", "no.such.path=1", "quotas.four_star.growth.rate=300%"]
    with pytest.raises(RulesError) as caught:
        keep(store, rulebook, VISITOR, scenario("downgrade.levels=2", *refused))
    wheres = [problem.where for problem in caught.value.problems]
    assert sorted(wheres) == sorted(f"--set {text.partition('=')[0]}" for text in refused)
    assert_nothing_kept(store)


def test_the_same_value_twice_is_refused(store: Store, rulebook: Rulebook) -> None:
    with pytest.raises(RulesError) as caught:
        keep(store, rulebook, VISITOR, scenario("cascade=false", "cascade=true"))
    assert codes(caught.value) == ["rules.set_twice"]
    assert_nothing_kept(store)


def test_a_refused_replacement_leaves_what_was_there(store: Store, rulebook: Rulebook) -> None:
    found = keep(store, rulebook, VISITOR, scenario("cascade=false"))
    for bad in (scenario("cascade=perhaps"), scenario("cascade=true", name="")):
        with pytest.raises(UserError):
            keep(store, rulebook, VISITOR, bad, found.scenario_id)
    assert kept(store, VISITOR) == (found,)


def test_only_so_many_are_kept_but_any_may_be_replaced(
    store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "MOST_KEPT", 2)
    first, second = (keep(store, rulebook, VISITOR, scenario(name=name)) for name in "一二")
    with pytest.raises(UserError) as caught:
        keep(store, rulebook, VISITOR, scenario(name="三"))
    assert [(p.code, p.values["most"]) for p in caught.value.problems] == [("scenario.too_many", 2)]
    assert kept(store, VISITOR) == (second, first)
    keep(store, rulebook, VISITOR, scenario(name="一改"), first.scenario_id)
    assert [name for _, name in listed(store)] == ["一改", "二"]
    drop(store, VISITOR, second.scenario_id)
    assert keep(store, rulebook, VISITOR, scenario(name="三")) in kept(store, VISITOR)


def test_what_was_kept_can_be_read_though_the_rules_refuse_it_now(store: Store, rulebook: Rulebook) -> None:
    loose = changed(rulebook, "quotas.five_star=null")
    found = keep(store, loose, VISITOR, scenario("inspection.spot_check.levels=[three_star, five_star]"))
    assert kept(store, VISITOR) == (found,)
    with pytest.raises(RulesError):
        apply(rulebook, found.scenario.changes)
    assert found.scenario.base == loose.fingerprint != rulebook.fingerprint


# what it leaves alone


def test_keeping_changes_no_data_and_no_result(store: Store, rulebook: Rulebook) -> None:
    load_tables(store, rulebook, random_tables(112, branches=30, year=2019))
    before = evaluate(store, rulebook, VISITOR, 2019)
    revision, revisions = store.revision(), store.query("SELECT * FROM revisions")
    found = keep(store, rulebook, VISITOR, scenario("cascade=false", "quotas.four_star.places.2019=1"))
    keep(store, rulebook, VISITOR, scenario("cascade=false"), found.scenario_id)
    drop(store, VISITOR, found.scenario_id)
    keep(store, rulebook, VISITOR, scenario("cascade=false"))
    assert store.revision() == revision
    assert store.query("SELECT * FROM revisions") == revisions
    after = evaluate(store, rulebook, VISITOR, 2019)
    assert (after.branches(), after.levels, after.revision) == (before.branches(), before.levels, before.revision)


def test_importing_leaves_kept_scenarios_alone(store: Store, rulebook: Rulebook) -> None:
    found = keep(store, rulebook, VISITOR, scenario("cascade=false"))
    load_tables(store, rulebook, random_tables(112, branches=15, year=2019))
    assert store.revision().version > 0
    assert kept(store, VISITOR) == (found,)


# an older store


def test_a_store_from_before_scenarios_is_carried_forward(
    tmp_path: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "older.duckdb"
    known = migrate.migrations()
    assert [m.name for m in known[:2]] == ["0001_foundation", "0002_scenarios"]
    with monkeypatch.context() as older:
        older.setattr(migrate, "migrations", lambda: known[:1])
        older.setattr(importing, "frozen", lambda _: frozenset())  # no year was final then
        with Store(path) as old:
            load_tables(old, rulebook, random_tables(112, branches=30, year=2019))
            tables = old.query("SELECT table_name FROM information_schema.tables").column(0).to_pylist()
            assert "scenarios" not in tables
            revision = old.revision()
    with Store(None) as now:
        load_tables(now, rulebook, random_tables(112, branches=30, year=2019))
        rated = evaluate(now, rulebook, VISITOR, 2019).branches()
    for _ in range(2):  # carried forward once, and opened again
        with Store(path) as new:
            assert new.revision() == revision
            assert evaluate(new, rulebook, VISITOR, 2019).branches() == rated
            applied = new.query("SELECT number FROM schema_migrations ORDER BY 1").column(0).to_pylist()
            assert applied == [m.number for m in known]
            count = len(kept(new, VISITOR))
            found: Kept = keep(new, rulebook, VISITOR, scenario(*SETS, name=f"新{count}"))
            assert found in kept(new, VISITOR)
    with Store(path) as last:
        assert [each.scenario.name for each in kept(last, VISITOR)] == ["新1", "新0"]


# who may


def test_a_role_without_grants_may_do_none_of_it(store: Store, rulebook: Rulebook) -> None:
    found = keep(store, rulebook, OPERATOR, scenario("cascade=false"))
    nobody = Viewer("x", "nobody")
    for call in (
        lambda: kept(store, nobody),
        lambda: keep(store, rulebook, nobody, scenario("cascade=false", name="")),  # before anything is looked at
        lambda: keep(store, rulebook, nobody, scenario("cascade=true"), found.scenario_id),
        lambda: drop(store, nobody, found.scenario_id),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert kept(store, VISITOR) == (found,)


def test_simulating_is_not_keeping(store: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    found = keep(store, rulebook, VISITOR, scenario("cascade=false"))
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results", "simulate"}))
    reader = Viewer("x", "reader")
    assert kept(store, reader) == (found,)
    with pytest.raises(NotAllowed):
        keep(store, rulebook, reader, scenario("cascade=false"))
    with pytest.raises(NotAllowed):
        drop(store, reader, found.scenario_id)
    assert kept(store, VISITOR) == (found,)

"""A scenario is the baseline plus changes: checked as a whole, and named by a fingerprint of its own."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import Problem, RulesError
from dashboard.rules.load import Document, build, load
from dashboard.rules.paths import leaves
from dashboard.rules.quota import places
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, Scenario, apply

TESTS = Path(__file__).parents[1]
GOOD = (TESTS / "bad_rules" / "good.yaml").read_text("utf-8")
CRITERIA = "standards.table.sections.basics.criteria"


def read(text: str) -> Rulebook:
    return build(Document(text, "rules.yaml"))


BASE = read(GOOD)
TAIHU = load(TESTS.parent / "rules.yaml")


def changed(*sets: str, base: Rulebook = BASE) -> Rulebook:
    return apply(base, [Change.parse(text) for text in sets])


def refused(*sets: str, base: Rulebook = BASE) -> list[Problem]:
    with pytest.raises(RulesError) as caught:
        changed(*sets, base=base)
    return list(caught.value.problems)


def brief(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in problems]


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("cascade=false", "cascade", False),
        ("cascade = false", "cascade", False),
        ("quotas.four_star.places.2018=12", "quotas.four_star.places.2018", 12),
        ("quotas.four_star.growth.rate=12.5%", "quotas.four_star.growth.rate", "12.5%"),
        ("quotas.four_star.growth.rate=0.125", "quotas.four_star.growth.rate", Decimal("0.125")),
        ("application.deadline=05-15", "application.deadline", "05-15"),
        ("application.caps.five_star=null", "application.caps.five_star", None),
        ("application.caps.five_star=", "application.caps.five_star", None),
        ("ranking=[criteria_met]", "ranking", ("criteria_met",)),
        ("veto={committee: 2, members: 3}", "veto", {"committee": 2, "members": 3}),
        ("title.en=a=b", "title.en", "a=b"),
    ],
)
def test_a_change_is_read_as_yaml(text: str, path: str, value: object) -> None:
    assert Change.parse(text) == Change(path, value)


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("cascade", "rules.set_form", "--set cascade"),
        ("", "rules.set_form", "--set "),
        ("=false", "rules.set_form", "--set =false"),
        (" =false", "rules.set_form", "--set  =false"),
        ("ranking=[score", "rules.not_yaml", "--set ranking:1"),
        ("ranking=&a [*a]", "rules.not_yaml", "--set ranking:1"),
        ("veto={members: 2, members: 3}", "rules.duplicate_key", "--set veto:1: members"),
        ("veto={[members]: 2}", "rules.bad_key", "--set veto:1"),
    ],
)
def test_a_change_that_cannot_be_read(text: str, code: str, where: str) -> None:
    with pytest.raises(RulesError) as caught:
        Change.parse(text)
    assert brief(list(caught.value.problems)) == [(code, where)]


def test_values_of_every_kind() -> None:
    new = changed(
        "cascade=false",
        "quotas.four_star.growth.rate=12.5%",
        "quotas.four_star.growth.rounding=floor",
        "quotas.five_star.share.ratio=1/3",
        "application.deadline=05-15",
        "application.caps.four_star=null",
        "ranking=[criteria_met, score]",
        "veto={committee: 2, members: 3}",
        "inspection.collective_sanction=null",
        "sectors.community.standard=table",
    )
    four, five = new.quotas["four_star"], new.quotas["five_star"]
    assert four
    assert four.growth
    assert five
    assert five.share
    assert new.cascade is False
    assert (four.growth.rate, four.growth.rounding) == (Fraction(1, 8), "floor")
    assert five.share.ratio == Fraction(1, 3)
    assert new.application.deadline == (5, 15)
    assert new.application.caps.by_level == {"five_star": 2}
    assert new.ranking == ("criteria_met", "score")
    assert (new.veto.committee, new.veto.members) == (2, 3)
    assert new.inspection.collective_sanction is None
    assert new.sectors["community"].standard == "table"


def test_a_year_may_be_added_under_places() -> None:
    quota = changed("quotas.four_star.places.2019=50").quotas["four_star"]
    assert quota
    assert quota.places == {2017: 30, 2019: 50}
    # 30, 33; published anew in 2019, and growing by 10% from there
    assert [places(quota, "four_star", year) for year in (2017, 2018, 2019, 2020)] == [30, 33, 50, 55]


def test_a_published_year_may_be_changed() -> None:
    quota = changed("quotas.four_star.places.2017=20").quotas["four_star"]
    assert quota
    assert quota.places == {2017: 20}


def test_list_items_go_by_id() -> None:
    new = changed(
        f"{CRITERIA}.a02.requires.five_star=6",
        "calendar.self_assessment.to=5",
        "member_star.conditions.firm.text.en=Firm",
    )
    assert new.standards["table"].criteria["a02"].threshold("five_star") == 6
    assert new.calendar[0].to_month == 5
    assert new.member_star
    assert new.member_star.conditions[0].text.en == "Firm"


def test_list_items_go_by_index_too() -> None:
    by_index = changed(
        "standards.table.sections.0.criteria.1.requires.five_star=6", "ranking.0=criteria_met", "ranking.1=score"
    )
    by_id = changed(f"{CRITERIA}.a02.requires.five_star=6", "ranking=[criteria_met, score]")
    assert by_index.fingerprint == by_id.fingerprint


def test_the_baseline_stays_as_it_was() -> None:
    before = BASE.fingerprint
    assert changed("cascade=false", f"{CRITERIA}.a02.requires.five_star=6").fingerprint != before
    assert BASE.fingerprint == before
    assert BASE.cascade is True


def test_the_rules_of_the_document_take_changes_as_the_manual_writes_them() -> None:
    new = changed("quotas.five_star.places.2017=12", "cascade=false", base=TAIHU)
    five = new.quotas["five_star"]
    assert five
    assert (five.places, new.cascade) == ({2017: 12}, False)


@pytest.mark.parametrize(
    ("path", "parent", "names"),
    [
        ("cascad", "rules.yaml", "cascade"),
        ("", "rules.yaml", "cascade"),
        ("quotas.four_star.placs", "quotas.four_star", "places"),
        ("quotas.four_star.places.17", "quotas.four_star.places", "2017"),
        ("quotas.four_star.places.02018", "quotas.four_star.places", "2017"),
        ("quotas.four_star.places.２０１８", "quotas.four_star.places", "2017"),
        (f"quotas.four_star.places.{'9' * 5000}", "quotas.four_star.places", "2017"),
        ("quotas.six_star", "quotas", "five_star"),
        ("application.caps.six_star", "application.caps", "five_star"),
        (f"{CRITERIA}.a09.requires.five_star", CRITERIA, "a01"),
        (f"{CRITERIA}.3.requires.five_star", CRITERIA, "a03"),
        (f"{CRITERIA}.{'1' * 5000}", CRITERIA, "a03"),
        ("calendar.self_assessment.frm", "calendar.self_assessment", "from"),
        ("ranking.2", "ranking", "1"),
    ],
)
def test_a_path_that_does_not_exist_is_told_with_what_does(path: str, parent: str, names: str) -> None:
    with pytest.raises(RulesError) as caught:
        apply(BASE, [Change(path, 1)])
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("rules.no_such_path_in", f"--set {path}")
    assert problem.values["path"] == path
    assert problem.values["parent"] == parent
    assert names in str(problem.values["names"]).split(", ")


@pytest.mark.parametrize("path", ["cascade.x", "quotas.five_star.places.2017", "title.en.0"])
def test_a_path_through_a_single_value_does_not_exist(path: str) -> None:
    assert brief(refused(f"{path}=1")) == [("rules.no_such_path", f"--set {path}")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cascade=maybe", "rules.bool"),
        ("cascade=", "rules.bool"),
        ("quotas.four_star.growth.rate=110%", "rules.share"),
        ("quotas.four_star.growth.rate=ten", "rules.ratio"),
        ("quotas.four_star.growth.kind=cubic", "rules.choice"),
        ("quotas.four_star.places.2018=-1", "rules.at_least"),
        ("quotas.four_star.places.1850=10", "rules.at_least"),
        ("quotas.four_star.places.2017=", "rules.int"),
        ("quotas.four_star.places={}", "rules.no_published_year"),
        ("quotas.four_star.places=many", "rules.dict"),
        ("quotas=none", "rules.dict"),
        ("application.deadline=02-30", "rules.month_day"),
        ("ranking=[]", "rules.empty"),
        ("ranking.1=score", "rules.id_twice"),
        (f"{CRITERIA}.a02.requires.five_star=1", "rules.asks_less"),
        (f"{CRITERIA}.a01.requires.five_star=1", "rules.requires_yes_no"),
        ("coverage.level=six_star", "rules.unknown_level"),
        ("sectors.two_new.standard=tables", "rules.unknown_standard"),
        ("inspection.spot_check.levels=[four_star]", "rules.quota_on_spot_check"),
        ("member_star.voting.closes=09-30", "rules.closes_before_opens"),
        ("schema=2", "rules.choice"),
    ],
)
def test_a_value_that_the_rules_refuse(text: str, code: str) -> None:
    path = "quotas.four_star" if code == "rules.quota_on_spot_check" else f"--set {text.partition('=')[0]}"
    assert brief(refused(text)) == [(code, path)]


def test_a_part_of_a_value_is_named_with_the_change_that_brought_it() -> None:
    assert brief(refused("veto={committee: 1}")) == [("rules.missing", "--set veto: veto.members")]
    assert brief(refused("veto={committee: 1, members: 2, others: 3}")) == [
        ("rules.unknown_key", "--set veto: veto.others")
    ]


def test_a_contradiction_elsewhere_is_named_where_it_is() -> None:
    assert ("rules.levels_ascend", "levels.five_star.value") in brief(refused("levels.four_star.value=6"))


def test_all_problems_at_once() -> None:
    assert brief(refused("cascad=1", "quotas.four_star.places.2018=-1", "coverage.level=six_star", "cascade=0")) == [
        ("rules.no_such_path_in", "--set cascad"),
        ("rules.at_least", "--set quotas.four_star.places.2018"),
        ("rules.bool", "--set cascade"),
        ("rules.unknown_level", "--set coverage.level"),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cascade=true", "cascade=true"),
        ("cascade=true", "cascade=false"),
        ("quotas.four_star.growth=null", "quotas.four_star.growth.rate=1%"),
        ("quotas.four_star.growth.rate=1%", "quotas.four_star.growth=null"),
        ("quotas.four_star.places.2018=3", "quotas.four_star.places={2017: 1}"),
        (f"{CRITERIA}.a02.requires.five_star=5", "standards.table.sections.0.criteria.1.requires.five_star=5"),
    ],
)
def test_the_same_thing_is_not_set_twice(first: str, second: str) -> None:
    (problem,) = refused(first, second)
    assert (problem.code, problem.where) == ("rules.set_twice", f"--set {second.partition('=')[0]}")
    assert problem.values["other"] == first.partition("=")[0]


def test_neighbours_are_not_the_same_thing() -> None:
    changed("quotas.four_star.places.2018=3", "quotas.four_star.places.2019=4", "quotas.four_star.counts=new_awards")


LEAVES = list(leaves(BASE))

SCENARIO = Scenario(
    name="五星扩额",
    note="增加名额：\n四星 40，五星按 15%",
    author="组织办",
    base=BASE.fingerprint,
    changes=(
        Change("quotas.four_star.places.2018", 40),
        Change("quotas.five_star.share.ratio", "15%"),
        Change("cascade", False),
        Change("application.caps.five_star", None),
        Change("ranking", ("criteria_met", "score")),
        Change("veto", {"committee": 2, "members": 3}),
        Change("application.deadline", "05-15"),
    ),
)


def test_a_scenario_reads_back_as_written() -> None:
    again = Scenario.read(SCENARIO.write(), "scenario.yaml")
    assert again == SCENARIO
    assert "五星扩额" in SCENARIO.write()
    assert apply(BASE, again.changes).fingerprint == apply(BASE, SCENARIO.changes).fingerprint


def test_an_empty_scenario_reads_back_too() -> None:
    assert Scenario.read(Scenario("baseline").write(), "s.yaml") == Scenario("baseline")
    assert Scenario.read("name: baseline\nchanges:\n", "s.yaml") == Scenario("baseline")


def test_a_decimal_stays_exact_in_a_file() -> None:
    scenario = Scenario("exact", (Change.parse("quotas.four_star.growth.rate=0.123456789"),))
    quota = apply(BASE, Scenario.read(scenario.write(), "s.yaml").changes).quotas["four_star"]
    assert quota
    assert quota.growth
    assert quota.growth.rate == Fraction(123456789, 10**9)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.lists(st.sampled_from(LEAVES), unique_by=lambda leaf: leaf[0], max_size=6), st.text(max_size=20))
def test_any_scenario_reads_back(chosen: list[tuple[str, object]], words: str) -> None:
    scenario = Scenario(name="x", note=words, changes=tuple(Change(path, value) for path, value in chosen))
    assert Scenario.read(scenario.write(), "s.yaml") == scenario


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("rules.not_a_mapping", "s.yaml")]),
        ("- name", [("rules.not_a_mapping", "s.yaml")]),
        ("name: [", [("rules.not_yaml", "s.yaml:1")]),
        ("note: x\n", [("rules.missing", "s.yaml:1: name")]),
        ("name: 5\n", [("rules.string", "s.yaml:1: name")]),
        ("name:\n", [("rules.string", "s.yaml:1: name")]),
        ("name: x\nchange: {}\n", [("rules.unknown_key", "s.yaml:2: change")]),
        ("name: x\nname: y\n", [("rules.duplicate_key", "s.yaml:2: name")]),
        ("name: x\nchanges: [cascade]\n", [("rules.mapping", "s.yaml:2: changes")]),
        ("name: x\nchanges: []\n", [("rules.mapping", "s.yaml:2: changes")]),
        ("name: x\nchanges: false\n", [("rules.mapping", "s.yaml:2: changes")]),
        (
            "name: x\nchanges:\n  cascade: true\n  cascade: false\n",
            [("rules.duplicate_key", "s.yaml:4: changes.cascade")],
        ),
        ("name: x\nchanges:\n  [cascade]: true\n", [("rules.bad_key", "s.yaml:3")]),
        (
            "author: 1\nwho: me\nchanges: cascade\n",
            [
                ("rules.string", "s.yaml:1: author"),
                ("rules.unknown_key", "s.yaml:2: who"),
                ("rules.mapping", "s.yaml:3: changes"),
                ("rules.missing", "s.yaml:1: name"),
            ],
        ),
    ],
)
def test_a_scenario_file_that_says_something_else(text: str, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(RulesError) as caught:
        Scenario.read(text, "s.yaml")
    assert brief(list(caught.value.problems)) == expected


def test_overlapping_changes_of_a_file_are_refused_when_they_are_made() -> None:
    text = "name: x\nchanges:\n  quotas.four_star.growth: null\n  quotas.four_star.growth.rate: 5%\n"
    with pytest.raises(RulesError) as caught:
        apply(BASE, Scenario.read(text, "s.yaml").changes)
    assert [problem.code for problem in caught.value.problems] == ["rules.set_twice"]

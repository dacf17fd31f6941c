"""What may be decided otherwise is found from the rulebook alone: no rule is forgotten, and each can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.errors import RulesError
from dashboard.rules.adjustable import Adjustable, adjustables, find, graft
from dashboard.rules.exact import write_ratio
from dashboard.rules.fields import write_number
from dashboard.rules.load import load
from dashboard.rules.paths import canonical, freeze, leaves, resolve, value_at
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.evaluation import rate
from dashboard.services.ground import prepare
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.subdistricts import random_tables

TESTS = Path(__file__).parents[1]
TAIHU = load(TESTS.parent / "rules.yaml")
CONTENT = freeze(canonical(TAIHU))
FOUND = adjustables(TAIHU)
BY_PATH = {a.path: a for a in FOUND}
OTHER_SCHEMES = {
    name: load(TESTS / name) for name in ("schemes/points.yaml", "schemes/promotion.yaml", "bad_rules/good.yaml")
}
RULES = (
    "application",
    "quotas",
    "ranking",
    "cascade",
    "promotion",
    "veto",
    "inspection",
    "downgrade",
    "coverage",
    "consequences",
    "member_star",
)
WORDS = ("clause", "id", "name", "text", "zh", "en")
C15 = "standards.two_new.sections.mechanism.criteria.c15.requires"


def as_written(value: object) -> object:
    """A value of the rulebook as a file or `--set` states it."""
    match value:
        case Fraction():
            return write_ratio(value)
        case Decimal():
            return write_number(value)
        case (int(month), int(day)):
            return f"{month:02d}-{day:02d}"
    return value


def others(a: Adjustable) -> Iterator[object]:
    """Other values of its kind, among them the bounds; the rulebook as a whole may still refuse some."""
    candidates: list[object]
    match a.kind:
        case "whole":
            near = a.value if isinstance(a.value, int) else 5
            wanted = [near - 1, near + 1, *(int(b) for b in (a.least, a.most) if b is not None)]
            candidates = [n for n in wanted if (a.least is None or n >= a.least) and (a.most is None or n <= a.most)]
        case "share":
            candidates = [Fraction(0), Fraction(1), Fraction(1, 8), Fraction(1, 3)]
        case "amount":
            amount = a.value if isinstance(a.value, Decimal) else Decimal(1200)
            candidates = [amount + 1, Decimal(0), amount + Decimal("0.5")]
        case "day":
            candidates = [(1, 31), (10, 15), (12, 31)]
        case "choice":
            candidates = list(a.options)
        case "order":
            candidates = [a.options, a.options[::-1], a.options[:1]]
        case "several":
            candidates = [a.options, a.options[:1], ()]
    yield from (value for value in [*candidates, *([None] if a.optional else [])] if value != a.value)


@pytest.mark.parametrize("a", FOUND, ids=lambda a: a.path)
def test_its_own_value_changes_nothing(a: Adjustable) -> None:
    at = resolve(CONTENT, a.path)
    assert len(at) == len(a.path.split("."))
    own = value_at(CONTENT, at)
    assert as_written(a.value) == own
    assert apply(TAIHU, [Change(a.path, own)]).fingerprint == TAIHU.fingerprint


def test_single_values_are_leaves_of_the_rulebook() -> None:
    lists = {"order", "several"}
    single = {a.path: as_written(a.value) for a in FOUND if a.kind not in lists}
    stated = dict(leaves(TAIHU))
    assert single == {path: stated[path] for path in single}


@pytest.mark.parametrize("a", FOUND, ids=lambda a: a.path)
def test_grafting_a_value_is_applying_it(a: Adjustable) -> None:
    """Also where the rulebook's derived values were already worked out; the original stays as it was."""
    before = TAIHU.fingerprint
    told = 0
    for value in others(a):
        try:
            applied = apply(TAIHU, [Change(a.path, as_written(value))])
        except RulesError:  # contradicts another rule, such as a level that asks less than the one below
            assert a.kind not in ("choice", "share", "order"), value
            continue
        grafted = graft(TAIHU, a.at, value)
        assert grafted.fingerprint == applied.fingerprint != before, value
        assert grafted == applied
        told += 1
    assert told or a.path == "calendar.commendation.to"  # begins in December and can end in no other month
    assert TAIHU.fingerprint == before
    fresh = load(TESTS.parent / "rules.yaml")
    assert canonical(TAIHU) == canonical(fresh)


@pytest.mark.parametrize("name", OTHER_SCHEMES)
def test_the_values_of_other_schemes_can_be_changed_too(name: str) -> None:
    book = OTHER_SCHEMES[name]
    content = freeze(canonical(book))
    changes = [Change(a.path, value_at(content, resolve(content, a.path))) for a in adjustables(book)]
    assert len(changes) > 50
    assert apply(book, changes).fingerprint == book.fingerprint
    for a in adjustables(book):
        assert as_written(a.value) == value_at(content, resolve(content, a.path))
        value = next(others(a), None)
        if value is not None:
            path = as_written(value)
            assert value_at(freeze(canonical(graft(book, a.at, value))), resolve(content, a.path)) == path


def test_derived_values_of_a_grafted_rulebook_are_its_own() -> None:
    assert TAIHU.standards["two_new"].criteria["c15"].threshold("four_star") == 80
    assert TAIHU.entry_keys == ("three_star",)
    stricter = graft(TAIHU, BY_PATH[f"{C15}.four_star"].at, Decimal(85))
    assert stricter.standards["two_new"].criteria["c15"].threshold("four_star") == 85
    without = graft(TAIHU, BY_PATH["inspection.spot_check.levels"].at, ())
    assert without.entry_keys == ()
    uncapped = graft(TAIHU, BY_PATH["application.caps.four_star"].at, None)
    assert uncapped.application.caps.by_level == {"five_star": 2}
    assert TAIHU.application.caps.by_level == {"four_star": 4, "five_star": 2}
    assert TAIHU.standards["two_new"].criteria["c15"].threshold("four_star") == 80


LEVELS = ("three_star", "four_star", "five_star")
KINDS = ("community", "two_new_org", "direct_unit", "organ")
ROUNDINGS = ("half_up", "floor", "ceil")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("cascade", ("choice", True, (True, False), False)),
        ("application.requires_self_assessment", ("choice", True, (True, False), False)),
        ("quotas.four_star.growth.kind", ("choice", "compound", ("compound", "linear"), False)),
        ("quotas.five_star.growth.rounding", ("choice", "half_up", ROUNDINGS, False)),
        ("quotas.four_star.shortfall.rounding", ("choice", "half_up", ROUNDINGS, False)),
        ("quotas.five_star.counts", ("choice", "holders", ("holders", "new_awards"), False)),
        ("inspection.collective_sanction.counts", ("choice", "three_star", ("three_star", "any"), False)),
        ("inspection.collective_sanction.applies_to", ("several", ("community",), KINDS, False)),
        ("inspection.spot_check.levels", ("several", ("three_star",), LEVELS, True)),
        ("application.caps.applies_to", ("several", ("community",), KINDS, False)),
        ("ranking", ("order", ("score", "criteria_met"), ("score", "criteria_met"), False)),
        ("coverage.level", ("choice", "three_star", LEVELS, False)),
        ("consequences.advanced_recommendation_from", ("choice", "four_star", LEVELS, True)),
        ("sectors.community.standard", ("choice", "two_new", ("two_new",), True)),
        ("member_star.objection", ("choice", "excludes", ("excludes", "flags"), False)),
        ("application.deadline", ("day", (4, 30), (), False)),
        ("calendar.public_notice.due", ("day", (11, 30), (), True)),
    ],
)
def test_what_is_chosen_and_from_what(path: str, expected: tuple[object, ...]) -> None:
    a = BY_PATH[path]
    assert (a.kind, a.value, a.options, a.optional) == expected
    assert (a.least, a.most) == (None, None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("quotas.four_star.places.2017", ("whole", 30, 0, 10**9, False)),
        ("quotas.five_star.growth.rate", ("share", Fraction(1, 10), 0, 1, False)),
        ("quotas.four_star.shortfall.ratio", ("share", Fraction(4, 5), 0, 1, False)),
        ("application.caps.five_star", ("whole", 2, 0, None, True)),
        ("promotion.levels_a_year", ("whole", None, 1, None, True)),
        ("veto.committee", ("whole", 1, 1, None, False)),
        ("veto.members", ("whole", 2, 1, None, False)),
        ("downgrade.levels", ("whole", 1, 1, 99, False)),
        ("inspection.recheck.min_per_superior", ("whole", 1, 0, None, False)),
        ("inspection.collective_sanction.failures", ("whole", 2, 1, None, False)),
        ("coverage.from", ("whole", 2018, 1900, 2999, False)),
        ("coverage.deferral_years", ("whole", 1, 0, None, False)),
        ("member_star.voting.choices_per_voter", ("whole", 50, 1, None, False)),
        ("calendar.mobilisation.to", ("whole", 3, 1, 12, False)),
        ("member_star.channels.sms.weight", ("amount", 1, 0, None, False)),
        ("consequences.funding.five_star", ("amount", None, 0, None, True)),
    ],
)
def test_numbers_with_their_bounds(path: str, expected: tuple[object, ...]) -> None:
    a = BY_PATH[path]
    assert (a.kind, a.value, a.least, a.most, a.optional) == expected
    assert a.options == ()


def test_the_least_is_allowed_and_one_less_is_not() -> None:
    for a in FOUND:
        if a.kind == "whole" and a.least is not None and a.path.partition(".")[0] in RULES:
            least = int(a.least)
            assert apply(TAIHU, [Change(a.path, least)]), a.path
            with pytest.raises(RulesError):
                apply(TAIHU, [Change(a.path, least - 1)])


def test_the_clause_is_the_nearest_one() -> None:
    assert BY_PATH["quotas.five_star.growth.rate"].clause == "附2·三·3"
    assert BY_PATH["veto.members"].clause == "附2·二"
    assert BY_PATH["member_star.voting.opens"].clause == "附1·四·2"
    assert BY_PATH["member_star.nominee.status"].clause == "附1·一"
    assert BY_PATH[f"{C15}.five_star"].clause == "附2·评定标准·15"
    assert BY_PATH["member_star.places"].clause == "附1·三"
    assert BY_PATH["ranking"].clause == ""  # the document states no order


def single_values(node: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Paths of the values under a node that are no words; a list of plain values is one value."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key not in WORDS:
                yield from single_values(value, (*path, str(key)))
    elif isinstance(node, tuple) and any(isinstance(item, Mapping) for item in node):
        for item in node:
            yield from single_values(item, (*path, str(item["id"])))
    else:
        yield ".".join(path)


@pytest.mark.parametrize("part", RULES)
def test_no_rule_is_forgotten(part: str) -> None:
    assert isinstance(CONTENT, Mapping)
    stated = set(single_values(CONTENT[part], (part,)))
    stated -= {f"quotas.{level}.share" for level in LEVELS}  # another form of quota, which the document does not have
    assert stated
    assert {a.path for a in FOUND if a.path.split(".")[0] == part} == stated


def test_every_number_that_a_standard_asks_is_found() -> None:
    asked = {
        f"standards.{name}.sections.{section.id}.criteria.{criterion.id}.requires.{level}": amount
        for name, standard in TAIHU.standards.items()
        for section in standard.sections
        for criterion in section.criteria
        for level, amount in criterion.requires.items()
        if not isinstance(amount, bool)
    }
    assert len(asked) == 17
    assert {a.path: a.value for a in FOUND if a.path.startswith("standards.")} == asked


def test_paths_are_different_and_in_the_order_of_the_rulebook() -> None:
    paths = [a.path for a in FOUND]
    assert len(set(paths)) == len(paths)
    assert isinstance(CONTENT, Mapping)
    places = [list(CONTENT).index(path.partition(".")[0]) for path in paths]
    assert places == sorted(places)


def test_words_and_what_identifies_things_cannot_be_decided() -> None:
    fixed = ("schema", "title", "source", "levels", "superior_kinds", "readings", "document")
    for a in FOUND:
        assert not set(a.path.split(".")) & set(WORDS), a.path
        assert a.path.split(".")[0] not in fixed, a.path
        assert a.path.rpartition(".")[2] not in ("measure", "mode", "unit", "provisional", "retired"), a.path


def test_the_places_of_a_year_may_be_pinned() -> None:
    """附2·三: 30 and 10 in 2017, 10% more every year."""
    pinned = []
    for level, grown in (("four_star", 36), ("five_star", 12)):
        a = find(TAIHU, f"quotas.{level}.places.2019", 2019)
        assert a
        assert (a.kind, a.value) == ("whole", grown)
        assert (a.least, a.most) == (Fraction(0), Fraction(10**9))
        assert a.clause == BY_PATH[f"quotas.{level}.places.2017"].clause
        other = changed(TAIHU, f"quotas.{level}.places.2019=41")
        assert graft(TAIHU, a.at, 41).fingerprint == other.fingerprint != TAIHU.fingerprint
        pinned.append(a)
    assert find(TAIHU, "quotas.four_star.places.2019") is None
    assert set(adjustables(TAIHU, 2019)) == {*FOUND, *pinned}


def test_a_year_that_is_published_is_there_once_and_no_place_is_guessed() -> None:
    assert adjustables(TAIHU, 2017) == FOUND
    assert adjustables(TAIHU, 2016) == FOUND
    shares = changed(TAIHU, "quotas.four_star={share: {of: branches, ratio: 12.5%}}", "quotas.five_star=null")
    assert adjustables(shares, 2019) == adjustables(shares)
    paths = {a.path for a in adjustables(shares)}
    assert "quotas.four_star.share.ratio" in paths
    assert not any(path.startswith("quotas.five_star") for path in paths)


def test_find() -> None:
    assert find(TAIHU, "cascade") == BY_PATH["cascade"]
    assert find(TAIHU, "title.zh") is None
    assert find(TAIHU, "cascad") is None


@pytest.mark.parametrize(
    ("effect", "paths"),
    [
        ("stars", ["cascade", "quotas.four_star.counts", "veto.members", "inspection.collective_sanction.failures"]),
        ("draw", ["inspection.spot_check.rate", "inspection.recheck.min_per_superior"]),
        ("vote", ["member_star.places", "member_star.channels.sms.weight", "member_star.objection"]),
        ("money", ["consequences.funding.three_star", "consequences.funding.five_star"]),
        ("coverage", ["coverage.level", "coverage.from", "consequences.advanced_recommendation_from"]),
        ("calendar", ["calendar.public_vote.from", "calendar.self_assessment.due"]),
    ],
)
def test_what_a_value_decides(effect: str, paths: list[str]) -> None:
    assert {BY_PATH[path].effect for path in paths} == {effect}


def test_what_is_not_said_to_decide_stars_decides_none(rulebook: Rulebook) -> None:
    quiet = [a for a in adjustables(rulebook) if a.effect != "stars"]
    assert len(quiet) > 40
    books = [rulebook, *(graft(rulebook, a.at, value) for a in quiet for value in others(a))]
    with Store(None) as store:
        load_tables(store, rulebook, random_tables(12, branches=120, year=2018))
        ground = prepare(store, rulebook, OPERATOR, 2018)
        first, *rest = rate(store, ground, books)
    assert {branch.awarded_level for branch in first.branches()} == {0, 3, 4, 5}
    for other, book in zip(rest, books[1:], strict=True):
        assert book.fingerprint != rulebook.fingerprint
        assert [b.awarded_level for b in other.branches()] == [b.awarded_level for b in first.branches()]
        assert other.levels == first.levels

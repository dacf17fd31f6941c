"""A satisfied share is the mark of criterion 39 wherever marks count, and rounds are kept as they were held."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, VISITOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.appraisal import Round
from dashboard.rules.rulebook import Rulebook
from dashboard.services.appraisals import declare_void, held, new_id, reach, record
from dashboard.services.branch_file import branch_file
from dashboard.services.branches import list_branches
from dashboard.services.evaluation import evaluate
from dashboard.services.ground import prepare, same_ground
from dashboard.services.preview import read_marks
from dashboard.services.simulation import simulate
from dashboard.store.connection import Store
from tests.helpers import changed, codes, load_tables
from tests.reference.subdistricts import Tables, random_tables

YEAR = 2019
ROUND = Round("A1", "satisfaction", YEAR, "B1", None, date(YEAR, 4, 1), 60, 52, 50, {"satisfied": 46, "abstained": 4})


def appraisals(rng: Random, tables: Tables) -> list[dict[str, str]]:
    """A round for most sheets of the year, many of them at or beside 90%; the answers add up."""
    sheets = sorted({(row["branch_id"], row["stage"]) for row in tables["marks"] if row["year"] == str(YEAR)})
    found = []
    for n, (branch, stage) in enumerate(sheets):
        valid = rng.choice((10, 20, 50))
        good = rng.choice((valid, valid * 9 // 10, valid * 9 // 10 - 1, rng.randrange(valid)))
        if rng.random() < 0.8:
            found.append(
                {
                    "appraisal_id": f"A{n}", "kind": "satisfaction", "year": str(YEAR), "branch_id": branch,
                    "stage": stage, "issued": str(valid), "returned": str(valid), "valid": str(valid),
                    "answers": f"满意 {good}；不满意 {valid - good}",
                }
            )  # fmt: skip
    return found


def with_marks(tables: Tables, rounds: list[dict[str, str]]) -> Tables:
    """The same subdistrict with the shares typed as marks of criterion 39."""
    share = {
        (row["branch_id"], row["stage"]): 100 * int(row["answers"].split("；")[0].split()[1]) / int(row["valid"])
        for row in rounds
    }
    kept = [
        row
        for row in tables["marks"]
        if not (row["year"] == str(YEAR) and row["criterion"] == "c39" and (row["branch_id"], row["stage"]) in share)
    ]
    typed = [
        {"branch_id": branch, "year": str(YEAR), "stage": stage, "criterion": "c39", "value": repr(value)}
        for (branch, stage), value in share.items()
    ]
    return {**tables, "marks": [*kept, *typed]}


@pytest.mark.parametrize("seed", range(12))
def test_a_round_counts_as_its_share_typed_as_a_mark(rulebook: Rulebook, seed: int) -> None:
    tables = random_tables(seed, branches=60, year=YEAR)
    rounds = appraisals(Random(seed), tables)
    with Store(None) as measured, Store(None) as typed, Store(None) as plain:
        load_tables(measured, rulebook, {**tables, "appraisals": rounds})
        load_tables(typed, rulebook, with_marks(tables, rounds))
        load_tables(plain, rulebook, tables)
        for stage in ("projected", "final"):
            found = evaluate(measured, rulebook, OPERATOR, YEAR, stage).branches()
            assert found == evaluate(typed, rulebook, OPERATOR, YEAR, stage).branches()
        if seed == 0:
            assert found != evaluate(plain, rulebook, OPERATOR, YEAR, stage).branches()


@pytest.fixture
def one(store: Store, rulebook: Rulebook) -> Store:
    """A branch that meets five stars but for criterion 39, which it states as 95."""
    marks = [
        {"branch_id": "B1", "year": YEAR, "stage": "self", "criterion": c.id,
         "value": "1" if c.measure == "yes_no" else "95" if c.measure == "percent" else "9"}
        for c in rulebook.standards["two_new"].criteria.values()
    ]  # fmt: skip
    branches = [{"branch_id": name, "name": name, "sector": "two_new"} for name in ("B1", "B2")]
    load_tables(store, rulebook, {"branches": branches, "marks": marks})
    return store


def self_level(store: Store, rulebook: Rulebook) -> int:
    result = evaluate(store, rulebook, OPERATOR, YEAR, "projected").branch("B1")
    assert result is not None
    return result.self_level


def test_the_share_stands_in_place_of_what_the_branch_stated(one: Store, rulebook: Rulebook) -> None:
    assert self_level(one, rulebook) == 5
    record(one, rulebook, OPERATOR, replace(ROUND, answers={"satisfied": 44, "abstained": 6}))
    assert self_level(one, rulebook) == 4
    marks = read_marks(one, rulebook, VISITOR, "B1", YEAR)
    assert (marks.values["c39"], marks.stated["c39"]) == (88.0, 95.0)
    assert marks.measured["c39"].round.appraisal_id == "A1"
    line = next(
        line
        for line in branch_file(one, rulebook, VISITOR, evaluate(one, rulebook, OPERATOR, YEAR), "B1").lines
        if line.criterion.id == "c39"
    )
    assert (line.marks, line.stated) == ({"self": 88.0}, {"self": 95.0})
    assert line.measured["self"].value == 88
    declare_void(one, OPERATOR, YEAR, "A1", "监票有误")
    assert self_level(one, rulebook) == 5
    (found,) = held(one, rulebook, VISITOR, YEAR)
    assert (found.state, found.round.void, found.marks) == ("void", "监票有误", ())


def test_a_branch_that_stated_nothing_is_not_rated_by_a_survey_alone(one: Store, rulebook: Rulebook) -> None:
    before = evaluate(one, rulebook, OPERATOR, YEAR).branch("B2")
    record(one, rulebook, OPERATOR, replace(ROUND, branch_id="B2"))
    assert evaluate(one, rulebook, OPERATOR, YEAR).branch("B2") == before
    assert read_marks(one, rulebook, VISITOR, "B2", YEAR).values == {}
    inspected = evaluate(one, rulebook, OPERATOR, YEAR, "final").branch("B1")
    assert inspected is not None
    assert inspected.level_met is None or inspected.level_met == 5


def test_another_reading_of_the_ballot_is_a_scenario(one: Store, rulebook: Rulebook) -> None:
    record(one, rulebook, OPERATOR, replace(ROUND, answers={"satisfied": 40, "fairly_satisfied": 10}))
    wider = changed(rulebook, "appraisals.satisfaction.answers.fairly_satisfied.worth=100%")
    assert not same_ground(rulebook, wider)
    assert (self_level(one, rulebook), self_level(one, wider)) == (4, 5)
    both = simulate(one, rulebook, wider, OPERATOR, prepare(one, rulebook, OPERATOR, YEAR))
    branch = both.scenario.evaluation.branch("B1")
    assert branch is not None
    assert branch.self_level == 5


def test_how_far_the_survey_has_come(one: Store, rulebook: Rulebook) -> None:
    record(one, rulebook, OPERATOR, ROUND)
    record(
        one,
        rulebook,
        OPERATOR,
        replace(ROUND, appraisal_id="A2", branch_id="B2", answers={"satisfied": 45, "abstained": 5}),
    )
    record(one, rulebook, OPERATOR, replace(ROUND, appraisal_id="A3", branch_id=None, answers={"satisfied": 50}))
    rounds = held(one, rulebook, VISITOR, YEAR)
    found = reach(rulebook, "satisfaction", rounds, list_branches(one, VISITOR))
    assert found.shares == {"B1": Fraction(92, 100), "B2": Fraction(9, 10)}
    assert (found.branches, found.least, found.level, found.reached) == (2, Decimal(90), 5, 2)
    assert reach(rulebook, "year_end", rounds, list_branches(one, VISITOR)).least is None


def test_entering_twice_is_entering_once(one: Store, rulebook: Rulebook) -> None:
    found = replace(ROUND, appraisal_id=new_id(YEAR))
    record(one, rulebook, OPERATOR, found)
    before = one.revision()
    record(one, rulebook, OPERATOR, found)
    assert one.revision() == before
    assert len(held(one, rulebook, VISITOR, YEAR)) == 1
    assert new_id(YEAR) != new_id(YEAR)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"issued": 0, "returned": 0, "valid": 0, "answers": {}}, ["appraisal.none_issued"]),
        ({"issued": 51}, ["appraisal.returned"]),
        ({"valid": 53}, ["appraisal.valid", "appraisal.answers"]),
        ({"answers": {"satisfied": 49}}, ["appraisal.answers"]),
        ({"answers": {"satisfied": 51, "abstained": -1}}, ["appraisal.negative"]),
        ({"answers": {"delighted": 50}}, ["appraisal.unknown_kind"]),
        ({"kind": "poll"}, ["appraisal.unknown_kind"]),
        ({"stage": "midyear"}, ["appraisal.unknown_kind"]),
        ({"branch_id": "B9"}, ["branch.unknown"]),
        ({"note": "长" * 201}, ["import.text"]),
    ],
)
def test_what_does_not_balance_is_refused(
    one: Store, rulebook: Rulebook, changes: dict[str, object], wrong: list[str]
) -> None:
    before = one.revision()
    with pytest.raises(UserError) as caught:
        record(one, rulebook, OPERATOR, replace(ROUND, **changes))  # type: ignore[arg-type]
    assert codes(caught.value) == wrong
    assert one.revision() == before


@pytest.mark.parametrize(("appraisal", "because"), [("A1", " "), ("A1", "长" * 201), ("A9", "录错")])
def test_void_takes_a_round_that_counts_and_a_reason(
    one: Store, rulebook: Rulebook, appraisal: str, because: str
) -> None:
    record(one, rulebook, OPERATOR, ROUND)
    with pytest.raises(UserError):
        declare_void(one, OPERATOR, YEAR, appraisal, because)
    declare_void(one, OPERATOR, YEAR, "A1", "录错")
    with pytest.raises(UserError):
        declare_void(one, OPERATOR, YEAR, "A1", "再作废一次")


def test_who_may(one: Store, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "reader", frozenset({"view_results"}))
    reader = Viewer("x", "reader")
    for act in (
        lambda: held(one, rulebook, reader, YEAR),
        lambda: record(one, rulebook, reader, ROUND),
        lambda: declare_void(one, reader, YEAR, "A1", "录错"),
    ):
        with pytest.raises(NotAllowed):
            act()

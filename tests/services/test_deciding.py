"""并列名次: decided once by as many as there are places, with a reason, on what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from dashboard.auth import viewer as accounts
from dashboard.auth.viewer import OPERATOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services import deciding
from dashboard.services.deciding import Tied
from dashboard.services.evaluation import Evaluation
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.helpers import codes
from tests.services.finished import finish, rated
from tests.services.year import YEAR


@pytest.fixture
def rules(store: Store, rulebook: Rulebook) -> Rulebook:
    return finish(store, rulebook)


def decide(store: Store, evaluation: Evaluation, selected: Sequence[str], reason: str = "经集体研究") -> None:
    deciding.decide(store, OPERATOR, evaluation, 5, selected, reason)


def refusal(store: Store, act: Callable[[], None]) -> list[str]:
    version = store.revision().version
    with pytest.raises(UserError) as caught:
        act()
    assert store.revision().version == version
    return codes(caught.value)


def levels(store: Store, rules: Rulebook) -> dict[str, tuple[int, str]]:
    return {row.branch_id: (row.awarded_level, row.basis) for row in rated(store, rules).branches()}


def test_a_tie_names_its_branches_and_the_places_left(store: Store, rules: Rulebook) -> None:
    [tie] = deciding.ties(store, OPERATOR, rated(store, rules))
    assert (tie.level, tie.rank, tie.places, tie.left) == (5, 2, 2, 1)
    assert tie.branches == (Tied("A2", Decimal(90), 42, 0, None), Tied("A3", Decimal(90), 42, 0, None))


def test_who_is_decided_on_wins_and_the_other_comes_down(store: Store, rules: Rulebook) -> None:
    assert levels(store, rules)["A3"][1] == "tie_pending"
    for _ in range(3):
        decide(store, rated(store, rules), ["A3"])
    found = levels(store, rules)
    assert (found["A3"], found["A2"]) == ((5, "selected"), (4, "cascaded"))
    assert deciding.ties(store, OPERATOR, rated(store, rules)) == ()
    assert [(d.branch_id, d.outcome) for d in deciding.decisions(store, OPERATOR, YEAR)] == [
        ("A2", "not_selected"),
        ("A3", "selected"),
    ]
    [line] = proceedings.of_branch(store, "A2", YEAR)
    assert (line["action"], line["reason"]) == ("tie_decided", "经集体研究")
    assert line["detail"] == {"level": 5, "outcome": "not_selected"}


@pytest.mark.parametrize(
    ("selected", "reason", "code"),
    [
        (["A3"], "  ", "decide_award.reason_wanted"),
        (["A3"], "长" * 201, "decide_award.reason_wanted"),
        ([], "理由", "decide_award.wrong_number"),
        (["A2", "A3"], "理由", "decide_award.wrong_number"),
        (["A1"], "理由", "decide_award.not_tied"),
        (["nobody"], "理由", "decide_award.not_tied"),
    ],
)
def test_what_is_no_decision_is_refused(
    store: Store, rules: Rulebook, selected: list[str], reason: str, code: str
) -> None:
    assert refusal(store, lambda: decide(store, rated(store, rules), selected, reason)) == [code]


def test_data_that_came_in_meanwhile_is_looked_at_first(store: Store, rules: Rulebook) -> None:
    before = rated(store, rules)
    with store.write("test"):
        pass
    assert refusal(store, lambda: decide(store, before, ["A3"])) == ["store.changed_meanwhile"]


def test_a_decision_taken_back_is_a_tie_again(store: Store, rules: Rulebook) -> None:
    decide(store, rated(store, rules), ["A2"])
    assert refusal(store, lambda: decide(store, rated(store, rules), ["A3"])) == ["decide_award.no_tie"]
    assert refusal(store, lambda: deciding.withdraw(store, OPERATOR, YEAR, 5, "")) == ["decide_award.reason_wanted"]
    for _ in range(2):
        deciding.withdraw(store, OPERATOR, YEAR, 5, "漏看材料")
    assert levels(store, rules)["A2"][1] == "tie_pending"
    last = proceedings.of_branch(store, "A2", YEAR)[-1]
    assert (last["action"], last["detail"]["outcome"], last["detail"]["because"]) == (
        "decision_withdrawn",
        "selected",
        "经集体研究",
    )


def test_only_the_leading_group_decides(store: Store, rules: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accounts.GRANTS, "branch", frozenset({"view_results"}))
    branch = Viewer("x", "branch")
    assert deciding.ties(store, branch, rated(store, rules))
    with pytest.raises(NotAllowed):
        deciding.decide(store, branch, rated(store, rules), 5, ["A3"], "理由")
    with pytest.raises(NotAllowed):
        deciding.withdraw(store, branch, YEAR, 5, "理由")

"""What the simulation screen says and does, by Streamlit's own test client, on a small demo store."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.rules.scenario import Change, Scenario, apply
from dashboard.services.ground import prepare
from dashboard.services.scenarios import keep, kept
from dashboard.services.simulation import Simulation, simulate
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from dashboard.ui.screens.simulation import VIEWS
from tests.ui.serving import said

pytestmark = pytest.mark.usefixtures("served")

YEAR = 2022
FIVE = f"quotas.five_star.places.{YEAR}"
RATIO = "quotas.four_star.shortfall.ratio"


def page() -> None:
    from dashboard.ui import shell
    from dashboard.ui.screens import simulation

    with shell.guard():
        simulation.show()


def opened(*changes: str, **query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=90)
    app.query_params["year"] = str(YEAR)
    if changes:
        app.query_params["set"] = list(changes)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def expected(store: Store, *changes: str) -> Simulation:
    baseline = load(ROOT / "rules.yaml")
    scenario = apply(baseline, [Change.parse(change) for change in changes])
    return simulate(store, baseline, scenario, OPERATOR, prepare(store, baseline, OPERATOR, YEAR))


def stars(app: AppTest) -> dict[str, str]:
    """The figure of each card by the first word of its label."""
    return {metric.label.split("　")[0]: metric.value for metric in app.metric}


def written(app: AppTest) -> list[str]:
    """The changes in the address."""
    found = app.query_params.get("set", [])
    return [found] if isinstance(found, str) else list(found)


def control(app: AppTest, path: str) -> object:
    return next(w for kind in ("number_input", "selectbox") for w in app.get(kind) if w.key == f"sim_panel_{path}")


def test_the_page_begins_with_the_rules_in_force(served: Store) -> None:
    app = opened()
    both = expected(served)
    assert stars(app)["五星"] == str(both.baseline.stars[5])
    assert "现在按现行规则" in said(app)
    assert "set" not in app.query_params
    assert control(app, FIVE).value == 16  # type: ignore[attr-defined]


def test_a_change_names_everyone_who_moves_and_goes_into_the_address(served: Store) -> None:
    app = opened()
    control(app, FIVE).set_value(5).run()  # type: ignore[attr-defined]
    both = expected(served, f"{FIVE}=5")
    assert both.moves
    assert f"{len(both.moves)} 个支部的星级会变" in said(app)
    assert written(app) == [f"{FIVE}=5"]
    assert stars(app)["五星"] == str(both.scenario.stars[5])
    names = {b["branch_id"]: b["name"] for b in served.query("SELECT branch_id, name FROM branches").to_pylist()}
    movers = next(t.value for t in app.table if "原因" in t.value.columns)
    assert set(movers["党支部"]) == {names[move.branch_id] for move in both.moves}


def test_undo_brings_back_what_was_and_reset_the_rules_in_force(served: Store) -> None:
    app = opened()
    before = stars(app)
    control(app, FIVE).set_value(5).run()  # type: ignore[attr-defined]
    control(app, FIVE).set_value(7).run()  # type: ignore[attr-defined]
    app.button(key="sim_undo").click().run()
    assert written(app) == [f"{FIVE}=5"]
    assert control(app, FIVE).value == 5  # type: ignore[attr-defined]
    app.button(key="sim_reset").click().run()
    assert stars(app) == before
    assert "set" not in app.query_params


def test_a_value_set_back_is_no_change_any_more() -> None:
    app = opened(f"{FIVE}=5")
    control(app, FIVE).set_value(16).run()  # type: ignore[attr-defined]
    assert "set" not in app.query_params


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([f"{FIVE}=-1"], "应不小于 0"),
        ([f"{RATIO}=180%"], "0% 至 100%"),
        (["quotas.six_star.places.2022=3"], "没有“six_star”|six_star"),
        (["cascade=maybe"], "true"),
        (["cascade=false", "cascade=true"], "同一项"),
        ([f"{FIVE}=twelve"], "整数"),
        (["inspection.collective_sanction.failures=0"], "应不小于 1"),
    ],
)
def test_nonsense_is_said_beside_its_control_and_changes_nothing(
    served: Store, changes: list[str], problem: str
) -> None:
    app = opened(*changes)
    errors = [error.value for error in app.error]
    assert len(errors) == 1
    assert errors[0].startswith("没有生效")
    assert any(part in errors[0].replace("\\", "") for part in problem.split("|")), errors[0]
    held = [change for change in changes if change == "cascade=false"]
    assert stars(app)["五星"] == str(expected(served, *held).scenario.stars[5])


def test_nonsense_beside_a_good_change_leaves_the_good_one(served: Store) -> None:
    app = opened(f"{FIVE}=5", f"{RATIO}=180%")
    assert len(app.error) == 1
    assert stars(app)["五星"] == str(expected(served, f"{FIVE}=5").scenario.stars[5])


def test_a_change_that_changes_nothing_says_why() -> None:
    told = said(opened("inspection.spot_check.rate=50%", "member_star.places=60"))
    assert "抽查抽到谁" in told
    assert "党员之星" in told


def test_a_change_to_what_is_in_force_says_so() -> None:
    assert "与现行规则相同" in said(opened("cascade=true"))


def test_crossing_the_cliff_is_a_warning(served: Store) -> None:
    app = opened(f"{FIVE}=60", "quotas.five_star.shortfall.ratio=10%")
    both = expected(served, f"{FIVE}=60", "quotas.five_star.shortfall.ratio=10%")
    outcome = both.scenario.evaluation.level(5)
    assert outcome is not None
    assert outcome.binding == "fallback"
    assert any("越过了断崖" in warning.value for warning in app.warning)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("view", list(VIEWS))
def test_every_view_opens_with_changes_of_every_kind(view: str, language: str) -> None:
    app = opened(
        f"{FIVE}=9",
        "ranking=[criteria_met]",
        "application.deadline=03-31",
        "application.caps.applies_to=[community, organ]",
        "promotion.levels_a_year=1",
        "consequences.funding.five_star=1000.5",
        view=view,
        lang=language,
    )
    assert [error.value for error in app.error] == []
    assert app.metric


def test_any_rule_is_found_by_the_words_of_the_document() -> None:
    app = opened()
    app.text_input(key="sim_find").set_value("集中申报").run()
    options = app.selectbox(key="sim_add").options
    assert any("申报上限" in option for option in options)
    assert len(options) < 40
    app.selectbox(key="sim_add").select("application.caps.four_star").run()
    control(app, "application.caps.four_star").set_value(1).run()  # type: ignore[attr-defined]
    assert written(app) == ["application.caps.four_star=1"]
    app.text_input(key="sim_find").set_value("没有这个词").run()
    assert "没有找到" in said(app)


def test_a_goal_gives_the_least_value_and_takes_it_over(served: Store) -> None:
    app = opened(view="goal", aim="level_5", amount="level_5:7")
    told = said(app)
    value = next(n for n in range(100) if expected(served, f"{FIVE}={n}").scenario.stars[5] >= 7)
    assert f"**{value}（达到" in told
    app.button(key="goal_take").click().run()
    assert written(app) == [f"{FIVE}={value}"]


def test_a_scenario_is_kept_loaded_compared_and_removed(served: Store) -> None:
    app = opened(f"{FIVE}=5", view="compare")
    app.text_input(key="sim_name").set_value("五星*五个*").run()
    app.button(key="sim_save").click().run()
    there = kept(served, OPERATOR)
    assert [k.scenario.name for k in there] == ["五星*五个*"]
    assert there[0].scenario.changes == (Change(FIVE, 5),)
    again = opened(view="compare")
    again.button(key=f"load_{there[0].scenario_id}").click().run()
    assert written(again) == [f"{FIVE}=5"]
    beside = opened(f"{FIVE}=7", view="compare", **{"with": there[0].scenario_id})
    table = next(d.value for d in beside.dataframe if "五星*五个*" in d.value.columns)
    assert table.loc["五星", "五星*五个*"] == str(expected(served, f"{FIVE}=5").scenario.stars[5])
    again.button(key=f"forget_{there[0].scenario_id}").click().run()
    assert kept(served, OPERATOR) == ()


def test_a_scenario_without_a_name_is_not_kept(served: Store) -> None:
    app = opened(f"{FIVE}=5", view="compare")
    app.button(key="sim_save").click().run()
    assert any("没有名称" in error.value for error in app.error)
    assert kept(served, OPERATOR) == ()


def test_a_scenario_made_for_other_rules_is_a_warning(served: Store) -> None:
    other = apply(load(ROOT / "rules.yaml"), [Change("cascade", False)])
    made = keep(served, other, OPERATOR, Scenario("旧方案", (Change(FIVE, 5),)))
    app = opened(view="compare")
    assert any("另一版规则" in warning.value for warning in app.warning)
    app.button(key=f"forget_{made.scenario_id}").click().run()


def test_simulating_stores_nothing(served: Store) -> None:
    before = served.revision()
    opened(f"{FIVE}=5", view="ahead")
    assert served.revision() == before

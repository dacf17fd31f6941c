"""The evaluation agrees, branch by branch, with an independent reading of the rules (tests/reference)."""

from __future__ import annotations

import random

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.paths import canonical
from dashboard.rules.rulebook import Rulebook
from dashboard.services.evaluation import Evaluation, evaluate
from dashboard.services.ground import Stage
from dashboard.store.connection import Store
from tests.helpers import changed, load_tables
from tests.reference.basics import Rules
from tests.reference.evaluation import evaluate as read_independently
from tests.reference.subdistricts import random_tables

VARIANTS = (
    (),
    ("cascade=false",),
    ("quotas.four_star.places.2017=5", "quotas.five_star.places.2017=3"),
    ("quotas.four_star.counts=new_awards", "quotas.five_star.counts=new_awards"),
    ("inspection.collective_sanction.counts=any",),
    ("inspection.collective_sanction.failures=1",),
    ("quotas.four_star.shortfall=null",),
    ("quotas.four_star={share: {of: branches, ratio: 12.5%, rounding: ceil}, counts: holders}",),
    ("quotas.five_star={share: {of: applications, ratio: 35%, rounding: floor}, counts: new_awards}",),
    ("ranking=[criteria_met]",),
    ("ranking=[criteria_met, score]",),
    ("veto.members=1",),
    ("veto.committee=2",),
    ("application.caps.four_star=1", "application.caps.five_star=1"),
    ("application.deadline=04-15",),
    ("application.requires_self_assessment=false",),
    ("downgrade.levels=2",),
    ("quotas.five_star.shortfall.rounding=ceil", "quotas.five_star.shortfall.ratio=50%"),
    ("quotas.five_star.places.2018=12", "quotas.four_star.growth.kind=linear"),
    ("coverage.deferral_years=5",),
)
STAGES: tuple[Stage, ...] = ("auto", "projected", "final")


def as_document(rulebook: Rulebook) -> Rules:
    """The rulebook as a parsed rules file, years as integers."""
    document = canonical(rulebook)
    for quota in document["quotas"].values():  # type: ignore[attr-defined]
        if quota and quota["places"]:
            quota["places"] = {int(year): places for year, places in quota["places"].items()}
    return document


def told(evaluation: Evaluation) -> list[tuple[object, ...]]:
    return [
        (
            r.branch_id,
            r.previous_level,
            r.self_level,
            r.applied_level,
            r.application_status,
            r.level_met,
            r.awarded_level,
            r.basis,
        )
        for r in evaluation.branches()
    ]


@pytest.mark.parametrize("seed", range(24))
def test_agrees_with_the_independent_reading(seed: int, rulebook: Rulebook) -> None:
    rng = random.Random(seed)
    year = rng.choice([2017, 2018, 2019, 2022])
    tables = random_tables(seed, branches=rng.choice([12, 60, 220]), year=year)
    with Store(None) as store:
        load_tables(store, rulebook, tables)
        for variant in rng.sample(VARIANTS, 5):
            rules = changed(rulebook, *variant)
            stage = rng.choice(STAGES)
            mine = evaluate(store, rules, OPERATOR, year, stage)
            theirs, levels = read_independently(tables, as_document(rules), year, stage)
            expected = [
                (
                    r.branch_id,
                    r.previous_level,
                    r.self_level,
                    r.applied_level,
                    r.application_status,
                    r.level_met,
                    r.awarded_level,
                    r.basis,
                )
                for r in theirs
            ]
            assert told(mine) == expected, (variant, stage)
            assert [
                (o.level, o.quota, o.applicants, o.pool, o.places, o.selected, o.tied, o.binding) for o in mine.levels
            ] == [(o.level, o.quota, o.applicants, o.pool, o.places, o.selected, o.tied, o.binding) for o in levels]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_never_matters(seed: int, rulebook: Rulebook) -> None:
    tables = random_tables(seed, branches=80, year=2019)
    results = []
    for order in range(3):
        rng = random.Random(order)
        shuffled = {name: rng.sample(rows, len(rows)) if order else rows for name, rows in tables.items()}
        with Store(None) as store:
            load_tables(store, rulebook, shuffled)
            results.append(told(evaluate(store, rulebook, OPERATOR, 2019)))
    assert results[0] == results[1] == results[2]

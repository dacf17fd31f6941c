"""Two schemes of other districts, stated in a rules file alone and rated by the same code.

The districts, branches and figures are invented. Every expected result was worked out by hand from the rules of the
scheme; the comments show the arithmetic.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.load import load
from dashboard.rules.quota import quota_table
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.scenario import Change, apply
from dashboard.services.evaluation import Evaluation, LevelOutcome, evaluate
from dashboard.store.connection import Store
from dashboard.store.files import DataFile
from dashboard.store.importing import import_files

HERE = Path(__file__).parent
YEAR = 2024

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]
Marks = Mapping[str, float]


@lru_cache
def scheme(name: str) -> Rulebook:
    return load(HERE / f"{name}.yaml")


def table(header: str, rows: str) -> list[Row]:
    """Rows written as a table: columns separated by blanks, `.` for a blank cell."""
    names = header.split()
    lines = (line.split() for line in rows.strip().splitlines())
    return [dict(zip(names, ("" if cell == "." else cell for cell in line), strict=True)) for line in lines]


def marks_of(stage: str, sheets: Mapping[str, Marks]) -> list[Row]:
    return [
        {"branch_id": branch, "year": YEAR, "stage": stage, "criterion": criterion, "value": value}
        for branch, sheet in sheets.items()
        for criterion, value in sheet.items()
    ]


def as_file(name: str, rows: Sequence[Row]) -> DataFile:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return DataFile(f"{name}.csv", text.getvalue().encode())


def filled(rulebook: Rulebook, tables: Tables) -> Store:
    store = Store(None)
    import_files(store, [as_file(name, rows) for name, rows in tables.items()], rulebook)
    return store


Brief = tuple[int, str, str | None]


def results(evaluation: Evaluation) -> dict[str, Brief]:
    """Level, basis and status of the application of each branch."""
    return {r.branch_id: (r.awarded_level, r.basis, r.application_status) for r in evaluation.branches()}


def self_levels(evaluation: Evaluation) -> dict[str, int]:
    return {r.branch_id: r.self_level for r in evaluation.branches() if r.self_level}


def inspected_levels(evaluation: Evaluation) -> dict[str, int]:
    return {r.branch_id: r.level_met for r in evaluation.branches() if r.level_met is not None}


# ------------------------------------------------------------------ by points: Qinghe Subdistrict

FULL_N: Marks = {
    "n01": 1, "n02": 1, "n03": 1, "n04": 1, "n05": 12, "n06": 4, "n07": 90,
    "n08": 50, "n09": 1, "n10": 15, "n11": 10, "n12": 1, "n13": 1,
}  # fmt: skip
FULL_T: Marks = {
    "t01": 1, "t02": 1, "t03": 1, "t04": 12, "t05": 2, "t06": 90,
    "t07": 60, "t08": 1, "t09": 1, "t10": 12.5, "t11": 7.5, "t12": 1,
}  # fmt: skip


def n(**others: float) -> Marks:
    """All 100 points of a new organisation, but for these marks."""
    return {**FULL_N, **others}


def t(**others: float) -> Marks:
    """All 100 points of any other branch, but for these marks."""
    return {**FULL_T, **others}


# Cutoffs: new organisations 50, 60, 70, 80, 90; all others 55, 65, 75, 85, 92.5.
POINTS_SELF = {
    "b02": n(),  # 100: five stars
    "b03": n(),
    "b04": n(),
    # 100 - 8 (t12) = 92, half a point short of five stars: four
    "b05": t(t12=0),
    "b06": t(),
    # 100 - 10 - 8 - 8 (t01, t02, t03) - 8 (t12) - 11 (t10: 1.5 of 12.5) = 55: just one star
    "b07": t(t01=0, t02=0, t03=0, t12=0, t10=1.5),
    # 100 - 10 = 90 would do for four stars (85), but four stars must have t01: three
    "b08": t(t01=0),
    # 100 - 6 = 94: five stars (92.5); 11 of 12 criteria
    "b09": t(t08=0),
    # 100 - 10 - 8 (t01, t03) = 82: three stars; 10 of the 12 criteria meet what five stars ask
    "b10": t(t01=0, t03=0),
    # 100 - 5 - 5 - 8 (n02, n03, n09) - 6 (n10: 9 of 15) = 76: three stars; 9 of 13 criteria (n10 is not full)
    "b11": n(n02=0, n03=0, n09=0, n10=9),
    # 97 points, but five stars must have n11 at 8 or more: four
    "b12": n(n11=7),
    "b13": t(),
    # t06 is 85, short of the 90 of five stars: 100 - 10 = 90 < 92.5; enough for the 80 of four: 100. Four stars
    "b14": t(t06=85),
    # 100 - 10 - 8 - 8 - 9 (t10: 3.5 of 12.5) = 65: just two stars
    "b15": t(t01=0, t02=0, t03=0, t10=3.5),
}
POINTS_INSPECTION = {
    # 100 - 5 = 95: five stars; 12 of 13 criteria
    "b02": n(n03=0),
    # 100 - 5 - 5 - 8 - 4 (n02, n03, n09, n12) - 5 (n10: 10 of 15) = 73: three stars; 13 - 5 = 8 criteria
    "b04": n(n02=0, n03=0, n09=0, n12=0, n10=10),
    # 100 - 8 (t12) - 2.5 (t10: 10 of 12.5) = 89.5: four stars; 10 of 12 criteria
    "b05": t(t12=0, t10=10),
    # Three stars: 100 - 10 - 8 (t01, t02) - 4.5 (t10: 8) - 10 (t04: 8 of the 10 times of three stars) = 67.5 < 75.
    # Two stars ask for 8 times only: 77.5 >= 65. So two
    "b08": t(t01=0, t02=0, t10=8, t04=8),
    # Three stars: 100 - 5 - 5 - 4 (n02, n13, n12) - 8 (n10: 7 of 15) = 78; n08 is 25, enough for the 20 of three stars.
    # Four stars ask for 30: 78 - 6 = 72 < 80. So three; not met for five stars: n02, n08, n10, n12, n13: 8 of 13
    "b12": n(n02=0, n13=0, n12=0, n08=25, n10=7),
}


def points_tables() -> dict[str, Sequence[Row]]:
    return {
        "superiors": table(
            "superior_id name kind",
            """
            K1 柳岸社区党委 community
            K2 桥北社区党委 community
            W1 两新综合党委 two_new_org
            Z1 教卫党总支 direct_unit
            """,
        ),
        "branches": table(
            "branch_id name superior_id sector active",
            """
            b01 第一支部 W1 two_new 1
            b02 第二支部 W1 two_new 1
            b03 第三支部 W1 two_new 1
            b04 第四支部 W1 two_new 1
            b05 第五支部 K1 community 1
            b06 第六支部 K1 community 1
            b07 第七支部 K1 community 1
            b08 第八支部 K1 community 1
            b09 第九支部 K2 community 1
            b10 第十支部 K2 community 1
            b11 第十一支部 K2 two_new 1
            b12 第十二支部 K2 two_new 1
            b13 第十三支部 Z1 direct_unit 1
            b14 第十四支部 Z1 direct_unit 1
            b15 第十五支部 . organ 1
            b16 第十六支部 Z1 direct_unit 0
            """,
        ),
        "awards": table(
            "branch_id year level",
            """
            b01 2023 5
            b02 2023 四星
            b04 2023 1
            b05 2023 3
            b10 2023 2
            b13 2023 5
            b14 2023 4
            """,
        ),
        "applications": table(
            "branch_id year level submitted_on review priority",
            """
            b02 2024 5 2024-03-20 approved 1
            b03 2024 5 2024-03-01 approved 2
            b04 2024 3 2024-03-31 approved .
            b05 2024 4 2024-03-15 approved .
            b06 2024 2 2024-03-15 approved .
            b07 2024 1 2024-03-15 approved .
            b08 2024 3 2024-03-15 approved .
            b09 2024 5 2024-03-15 approved .
            b10 2024 3 2024-03-15 approved .
            b11 2024 3 2024-03-15 approved .
            b12 2024 3 2024-03-15 approved .
            b13 2024 4 2024-03-15 approved .
            b14 2024 5 2024-03-15 approved .
            b15 2024 2 2024-03-15 pending .
            b16 2024 1 2024-03-15 approved .
            """,
        ),
        "inspections": table(
            "branch_id year kind outcome level_met score",
            """
            b01 2024 recheck fail . .
            b02 2024 acceptance pass . 90
            b04 2024 acceptance pass . 85
            b05 2024 acceptance pass . 95
            b06 2024 spot_check fail . .
            b08 2024 acceptance fail . 60
            b09 2024 acceptance pass 5 99
            b10 2024 acceptance pass 3 88
            b11 2024 acceptance pass 3 91
            b12 2024 acceptance pass . 85.0
            b15 2024 spot_check pass . .
            """,
        ),
        "incidents": table(
            "incident_id branch_id year subject member_id severe",
            """
            i1 b10 2024 member m1 1
            i2 b10 2024 member m2 1
            """,
        ),
        "marks": marks_of("self", POINTS_SELF) + marks_of("inspection", POINTS_INSPECTION),
    }


@pytest.fixture(scope="module")
def points() -> Iterator[Store]:
    with filled(scheme("points"), points_tables()) as store:
        yield store


@pytest.fixture(scope="module")
def qinghe(points: Store) -> Evaluation:
    return evaluate(points, scheme("points"), OPERATOR, YEAR)


def test_points_levels_met(qinghe: Evaluation) -> None:
    assert qinghe.stage == "final"
    assert self_levels(qinghe) == {
        "b02": 5, "b03": 5, "b04": 5, "b05": 4, "b06": 5, "b07": 1, "b08": 3, "b09": 5,
        "b10": 3, "b11": 3, "b12": 4, "b13": 5, "b14": 4, "b15": 2,
    }  # fmt: skip
    # b09, b10 and b11 as recorded, the others from the marks of the inspection
    assert inspected_levels(qinghe) == {
        "b02": 5, "b04": 3, "b05": 4, "b08": 2, "b09": 5, "b10": 3, "b11": 3, "b12": 3,
    }  # fmt: skip


def test_points_results(qinghe: Evaluation) -> None:
    assert results(qinghe) == {
        "b01": (3, "downgraded_recheck", None),  # a failed recheck costs two stars here
        "b02": (5, "selected", "accepted"),  # 12 criteria met go before the 11 of b09, in spite of 90 against 99 points
        "b03": (0, "not_accepted", "over_cap"),  # W1 may put forward one branch for five stars: b02 has priority 1
        "b04": (1, "tie_pending", "accepted"),  # equal to b12 at the last place of three stars; keeps its one star
        "b05": (3, "retained", "accepted"),  # the one place at four stars goes to b09 (11 criteria against 10)
        "b06": (0, "spot_check_failed", "accepted"),
        # two of K1 failed (b06 its spot check, b08 its acceptance; `counts: any`): b07 falls with them
        "b07": (0, "collective_sanction", "accepted"),
        "b08": (2, "cascaded", "accepted"),  # met two stars only; did not apply for one or two, so no sanction
        "b09": (4, "cascaded", "accepted"),  # no place at five stars
        "b10": (3, "selected", "accepted"),  # two members in severe incidents; the veto takes three here
        "b11": (3, "selected", "accepted"),
        "b12": (2, "tie_pending", "accepted"),  # held nothing: the best level that is recognised without a place
        "b13": (5, "retained", "accepted"),  # its application for four stars changes nothing
        "b14": (4, "retained", "self_unmet"),
        "b15": (2, "recognised", "accepted"),  # no superior: it reviews itself, `pending` or not
        "b16": (0, "inactive", "ineligible"),
    }


POINTS_LEVELS = (
    # 60% of 5 applications (b04, b08, b10, b11, b12) = 3 places. Pool: all but b08 (b05 holds three stars already,
    # b09 won four). By criteria met: b10 10, b11 9, b04 and b12 8 with 85 points each: a tie for the third place
    LevelOutcome(level=3, quota=3, applicants=5, pool=4, places=3, selected=2, tied=2, binding="quota"),
    # 18% of 15 branches = 2.7, rounded 3; b14 holds one, so 2 are open. One application (b05; b13 holds more) falls
    # short of 2: half of 1, rounded up = 1 place. Pool: b05 and b09, which came down
    LevelOutcome(level=4, quota=3, applicants=1, pool=2, places=1, selected=1, tied=0, binding="fallback"),
    # 10% of 15 branches (b16 is not active) = 1.5, rounded up 2; b13 holds one (b01 is down to three), so 1 is open
    LevelOutcome(level=5, quota=2, applicants=2, pool=2, places=1, selected=1, tied=0, binding="quota"),
)


def test_points_level_outcomes(qinghe: Evaluation) -> None:
    assert qinghe.levels == POINTS_LEVELS


def test_points_merit_order_at_the_last_level_competed_for(qinghe: Evaluation) -> None:
    found = {r.branch_id: (r.competed_at, r.merit_rank) for r in qinghe.branches() if r.competed_at}
    assert found == {
        "b02": (5, 1), "b09": (4, 1), "b05": (4, 2), "b10": (3, 1), "b11": (3, 2), "b04": (3, 3), "b12": (3, 3),
    }  # fmt: skip


def test_points_tie_decided_by_the_leading_group() -> None:
    decision = {"branch_id": "b04", "year": YEAR, "level": "三星", "outcome": "selected", "reason": "会议研究"}
    with filled(scheme("points"), {**points_tables(), "decisions": [decision]}) as store:
        evaluation = evaluate(store, scheme("points"), OPERATOR, YEAR)
    found = results(evaluation)
    assert found["b04"] == (3, "selected", "accepted")
    assert found["b12"] == (2, "cascaded", "accepted")
    assert evaluation.levels[0] == LevelOutcome(3, 3, 5, 4, 3, selected=3, tied=0, binding="quota")


def test_points_where_score_goes_first(points: Store) -> None:
    """With the score first b09 (99) goes before b02 (90), which keeps its four stars. Then nobody comes down to four
    stars but b02, who holds them: b05 takes the place. At three stars b11 (91), b10 (88), then the tie at 85."""
    other = apply(scheme("points"), [Change("ranking", ("score", "criteria_met"))])
    found = results(evaluate(points, other, OPERATOR, YEAR))
    assert [found[b] for b in ("b02", "b09", "b05")] == [
        (4, "retained", "accepted"),
        (5, "selected", "accepted"),
        # b02 and b14 hold four stars: 1 open, one application: 1 place, no shortfall
        (4, "selected", "accepted"),
    ]
    assert [found[b][:2] for b in ("b10", "b11", "b04", "b12")] == [
        (3, "selected"), (3, "selected"), (1, "tie_pending"), (2, "tie_pending"),
    ]  # fmt: skip


def test_points_before_the_review(points: Store) -> None:
    """A projection without the recorded inspections of another year: 2023 has no data but the awards."""
    evaluation = evaluate(points, scheme("points"), OPERATOR, 2023)
    assert evaluation.stage == "projected"
    assert {r.basis for r in evaluation.branches()} == {"not_applied", "inactive"}
    assert [outcome.quota for outcome in evaluation.levels] == [0, 3, 2]


# ------------------------------------------------------------------ level by level: Liutang Subdistrict

# What each level asks, exactly
ADVANCED: Marks = {
    "p01": 1, "p02": 1, "p03": 1, "p04": 6, "p05": 2, "p06": 80, "p07": 1, "p08": 1, "p09": 50, "p10": 2,
}  # fmt: skip
MODEL: Marks = {
    **ADVANCED, "p04": 12, "p05": 3, "p06": 90, "p09": 70, "p10": 4, "p11": 1, "p12": 1, "p13": 85, "p14": 1,
}  # fmt: skip

PROMOTION_TABLES: Tables = {
    "superiors": table("superior_id name kind", "X1 村居党总支 community\nX2 园区党委 two_new_org"),
    "branches": table(
        "branch_id name superior_id sector",
        """
        h01 甲支部 X1 community
        h02 乙支部 X1 community
        h03 丙支部 X1 community
        h04 丁支部 X1 community
        h05 戊支部 X1 community
        h06 己支部 X2 two_new
        h07 庚支部 X2 two_new
        h08 辛支部 X2 two_new
        h09 壬支部 X2 two_new
        h10 癸支部 X2 two_new
        h11 子支部 . direct_unit
        h12 丑支部 . direct_unit
        h13 寅支部 . organ
        h14 卯支部 X2 two_new
        h15 辰支部 X2 two_new
        h16 巳支部 X1 community
        """,
    ),
    "awards": table(
        "branch_id year level",
        """
        h06 2023 达标
        h07 2023 达标
        h08 2023 达标
        h09 2023 先进
        h10 2023 先进
        h11 2023 先进
        h12 2023 示范
        h14 2023 达标
        h15 2023 达标
        """,
    ),
    "applications": table(
        "branch_id year level submitted_on review",
        """
        h01 2024 1 2024-05-15 approved
        h02 2024 1 2024-05-10 approved
        h03 2024 1 2024-05-10 approved
        h04 2024 1 2024-05-10 approved
        h05 2024 2 2024-05-10 approved
        h06 2024 2 2024-05-10 approved
        h07 2024 2 2024-05-10 approved
        h08 2024 2 2024-05-10 approved
        h09 2024 3 2024-05-10 approved
        h10 2024 3 2024-05-10 approved
        h11 2024 3 2024-05-10 pending
        h13 2024 1 2024-05-10 approved
        h14 2024 2 2024-05-10 approved
        h15 2024 3 2024-05-10 approved
        h16 2024 1 2024-05-16 approved
        """,
    ),
    "inspections": table(
        "branch_id year kind outcome level_met score",
        """
        h01 2024 spot_check pass . .
        h02 2024 spot_check fail . .
        h03 2024 spot_check fail . .
        h06 2024 acceptance pass . 90
        h07 2024 acceptance pass 先进 88
        h08 2024 acceptance pass 先进 88
        h09 2024 acceptance fail . 93
        h10 2024 acceptance pass . 92
        h11 2024 acceptance pass 3 95
        """,
    ),
    "incidents": table(
        "incident_id branch_id year subject member_id severe",
        "j1 h14 2024 member m1 1\nj2 h14 2024 member m2 1\nj3 h14 2024 member m3 0\nj4 h06 2024 member m4 1",
    ),
    "rectifications": table("branch_id year due_on outcome", "h12 2024 2024-08-31 failed"),
    "marks": [
        *marks_of("self", {"h08": ADVANCED}),
        # h09 misses the 85% of a model branch by a tenth
        *marks_of("inspection", {"h06": ADVANCED, "h09": {**MODEL, "p13": 84.9}, "h10": MODEL}),
    ],
}


@pytest.fixture(scope="module")
def promotion() -> Iterator[Store]:
    with filled(scheme("promotion"), PROMOTION_TABLES) as store:
        yield store


@pytest.fixture(scope="module")
def liutang(promotion: Store) -> Evaluation:
    return evaluate(promotion, scheme("promotion"), OPERATOR, YEAR)


def test_promotion_levels_met(liutang: Evaluation) -> None:
    assert self_levels(liutang) == {"h08": 2}
    assert inspected_levels(liutang) == {"h06": 2, "h07": 2, "h08": 2, "h09": 2, "h10": 3, "h11": 3}


def test_promotion_results(liutang: Evaluation) -> None:
    assert results(liutang) == {
        "h01": (1, "recognised", "accepted"),  # handed in on the last day
        "h02": (0, "spot_check_failed", "accepted"),
        "h03": (0, "spot_check_failed", "accepted"),
        "h04": (1, "recognised", "accepted"),  # two of its community failed, but there is no collective sanction
        "h05": (0, "not_accepted", "above_step"),  # holds nothing, so it may apply for the first level only
        "h06": (2, "selected", "accepted"),  # 90 points
        "h07": (1, "retained", "accepted"),  # 88 points and no marks, so no criteria met: after h08
        "h08": (2, "selected", "accepted"),  # 88 points, and 5 criteria met in the self-assessment
        "h09": (2, "retained", "accepted"),  # met the level it holds
        "h10": (2, "retained", "accepted"),  # a model branch by its marks, but there is one place
        "h11": (3, "selected", "accepted"),
        "h12": (2, "downgraded_rectification", None),
        "h13": (0, "not_accepted", "ineligible"),  # no standard covers the offices
        "h14": (0, "vetoed", "accepted"),  # two members
        "h15": (1, "retained", "above_step"),  # from the first level to the third
        "h16": (0, "not_accepted", "late"),  # a day late
    }


def test_promotion_level_outcomes(liutang: Evaluation) -> None:
    assert liutang.levels == (
        # 15% of 16 branches = 2.4, rounded 2, all for new awards. Applicants h06, h07, h08; h14 is vetoed
        LevelOutcome(level=2, quota=2, applicants=3, pool=3, places=2, selected=2, tied=0, binding="quota"),
        # 10% of 16 = 1.6, rounded down 1; h12 is down to advanced, so it is open. h09 did not meet the level
        LevelOutcome(level=3, quota=1, applicants=3, pool=2, places=1, selected=1, tied=0, binding="quota"),
    )


def test_promotion_by_any_number_of_levels(promotion: Store) -> None:
    """Then h05 and h15 are applicants, whom nobody inspected."""
    other = apply(scheme("promotion"), [Change("promotion.levels_a_year", None)])
    evaluation = evaluate(promotion, other, OPERATOR, YEAR)
    found = results(evaluation)
    assert found["h05"] == (0, "not_inspected", "accepted")
    assert found["h15"] == (1, "retained", "accepted")
    assert [(o.level, o.applicants, o.pool) for o in evaluation.levels] == [(2, 4, 3), (3, 4, 2)]


def test_promotion_with_the_sanction_of_another_scheme(promotion: Store) -> None:
    sanction = {"failures": 2, "counts": "three_star", "applies_to": ("community",)}
    other = apply(scheme("promotion"), [Change("inspection.collective_sanction", sanction)])
    found = results(evaluate(promotion, other, OPERATOR, YEAR))
    assert {branch: found[branch][:2] for branch in ("h01", "h02", "h03", "h04", "h05")} == {
        "h01": (0, "collective_sanction"),
        "h02": (0, "spot_check_failed"),
        "h03": (0, "spot_check_failed"),
        "h04": (0, "collective_sanction"),
        "h05": (0, "not_accepted"),
    }


def test_promotion_over_quota_without_a_level_to_fall_back_on(promotion: Store) -> None:
    """No places at the top: a holder keeps what it has, nobody goes on to the level below."""
    other = apply(scheme("promotion"), [Change("quotas.model.share.ratio", "0%")])
    evaluation = evaluate(promotion, other, OPERATOR, YEAR)
    assert results(evaluation)["h11"] == (2, "retained", "accepted")
    assert evaluation.levels[1] == LevelOutcome(3, 0, 3, 2, 0, selected=0, tied=0, binding="quota")
    assert evaluation.levels[0].pool == 3


# ------------------------------------------------------------------ both


@pytest.mark.parametrize("name", ["points", "promotion"])
def test_every_clause_stands_in_the_document(name: str) -> None:
    rulebook = scheme(name)
    passages = {passage.clause for passage in rulebook.document}

    def clauses(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("clause"):
                yield node["clause"]
            for child in node.values():
                yield from clauses(child)
        elif isinstance(node, list):
            for child in node:
                yield from clauses(child)

    assert set(clauses(rulebook.model_dump(mode="json"))) == passages


def test_the_schemes_are_what_they_claim_to_be() -> None:
    points, promotion = scheme("points"), scheme("promotion")
    assert points.level_values == (1, 2, 3, 4, 5)
    assert points.entry_keys == ("one_star", "two_star")
    assert {name: sum(c.points or 0 for c in s.criteria.values()) for name, s in points.standards.items()} == {
        "new_organisations": 100,
        "traditional": 100,
    }
    assert promotion.level_values == (1, 2, 3)
    assert promotion.entry_keys == ("qualified",)  # the lowest, as it has no quota
    asked = [sum(key in c.requires for c in promotion.standards["common"].criteria.values()) for key in promotion.levels]
    assert asked == [6, 10, 14]


def test_shares_have_no_places_until_branches_are_counted() -> None:
    assert [(row.level, row.places) for row in quota_table(scheme("points"), [YEAR])] == [(3, None), (4, None), (5, None)]

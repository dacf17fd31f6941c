"""青禾街道: sixteen branches that are rated by points (`points.yaml`), with the arithmetic of their marks."""

from __future__ import annotations

from collections.abc import Sequence

from tests.schemes.tables import Marks, Row, marks_of, table

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
SELF = {
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
INSPECTION = {
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


def tables() -> dict[str, Sequence[Row]]:
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
        "marks": marks_of("self", SELF) + marks_of("inspection", INSPECTION),
    }

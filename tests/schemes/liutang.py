"""柳塘街道: sixteen branches that rise one level a year (`promotion.yaml`)."""

from __future__ import annotations

from tests.schemes.tables import Marks, Tables, marks_of, table

# What each level asks, exactly
ADVANCED: Marks = {
    "p01": 1, "p02": 1, "p03": 1, "p04": 6, "p05": 2, "p06": 80, "p07": 1, "p08": 1, "p09": 50, "p10": 2,
}  # fmt: skip
MODEL: Marks = {
    **ADVANCED, "p04": 12, "p05": 3, "p06": 90, "p09": 70, "p10": 4, "p11": 1, "p12": 1, "p13": 85, "p14": 1,
}  # fmt: skip

TABLES: Tables = {
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

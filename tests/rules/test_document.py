"""rules.yaml holds the document: its table, its figures and the clause behind every rule (附1, 附2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.rules.load import load
from dashboard.rules.paths import canonical, freeze, paths_like, resolve, value_at
from dashboard.rules.rulebook import Criterion
from dashboard.rules.scenario import Change, apply

RULES = load(Path(__file__).parents[2] / "rules.yaml")
STANDARD = RULES.standards["two_new"]
LEVELS = ("three_star", "four_star", "five_star")

# 太湖街道“星级党支部”评定标准（两新组织）, row by row: 三星, 四星, 五星, and the words of the row
TABLE = (
    # 组织建设
    ("c01", "● ● ●", "建立健全党组织领导班子，分工明确"),
    ("c02", "● ● ●", "配备党务负责人、党务工作人员"),
    ("c03", "— ● ●", "建立务实管用、简便易行的党建工作制度"),
    ("c04", "— ● ●", "企业中高层管理者专（兼）职党组织书记，或主要管理层与党组织领导班子双向进入、交叉兼职"),
    ("c05", "— — ●", "专设或挂牌党务（党群）部门"),
    ("c06", "— — ●", "建立党组织与管理层双向沟通协商制度"),
    # 党内生活
    (
        "c07",
        "● ● ●",
        "严格落实“三会一课”制度，定期召开支部党员大会、支部委员会、党小组会，上好党课；做到有考勤、有记录",
    ),
    ("c08", "● ● ●", "“基层党组织统一活动日”、党务公开等基本制度落实到位"),
    ("c09", "● ● ●", "健全民主评议党员制度，每年进行民主评议党员活动不少于1次"),
    ("c10", "1次 1次 2次", "建立健全专题组织生活会制度，每年召开不少于"),
    ("c11", "1次 3次 4次", "加强党员日常教育管理，每年组织党员学习培训不少于"),
    # 工作机制
    ("c12", "● ● ●", "有党员基本情况台帐"),
    ("c13", "● ● ●", "党建活动经费和党费收支情况定期公布"),
    ("c14", "● ● ●", "按照《关于非公有制企业党组织工作经费问题的通知》要求，设立党建工作经费"),
    ("c15", "50% 80% 95%", "健全完善党内关爱制度，困难党员职工帮扶工作覆盖率不低于"),
    ("c16", "20%以上 30%以上 50%以上", "引导党员岗位成才，党员中业务骨干占比"),
    ("c17", "— ● ●", "有流动党员管理台帐，有流动党员跟踪管理措施"),
    ("c18", "— ● ●", "发展党员工作有年度计划，程序规范"),
    ("c19", "— ● ●", "开展“三必访、三必谈”活动并形成制度"),
    ("c20", "— — ●", "建立党组织参与本单位重大事务民主决策、监督评议等制度"),
    ("c21", "— — ●", "党员职工建言献策渠道畅通，每年为全体职工办实事1件以上"),
    ("c22", "— — ●", "实施长效化管理，形成一批务实管用的服务制度"),
    ("c23", "— — ●", "自主申报创建市级及以上信用管理示范企业"),
    # 服务阵地
    ("c24", "● ● ●", "有党员活动室或党员职工服务活动场所，可一室多用"),
    ("c25", "— ● ●", "有固定的党务公开栏、宣传栏"),
    ("c26", "— ● ●", "建立党员服务信息平台，如党建微博、QQ群、微信群等"),
    ("c27", "— — ●", "单位网站或单位内部刊物上设有党建专栏"),
    ("c28", "— — ●", "党员活动室配有电化教育设备，有党员职工书屋或文体活动场所等服务阵地"),
    ("c29", "— — ●", "设立党员示范岗、党员先锋岗、党员责任区等并明确职责"),
    # 服务活动
    ("c30", "— ● ●", "围绕服务本单位发展、保障党员职工权益等，制定年度服务计划"),
    ("c31", "— ● ●", "建有党群志愿者服务队伍"),
    ("c32", "— 2次 4次", "党群服务队成员每年参加志愿服务活动不少于"),
    ("c33", "— 1次 2次", "党群服务队积极与周边机关单位和社区等开展结对共建活动，每年活动不少于"),
    ("c34", "— — ●", "服务队成员通过公示牌等亮明身份、联系方式和服务范围，公开服务承诺"),
    ("c35", "— — ●", "加大党员职工技能培训，举办业务竞赛；开展各类文体活动，丰富企业文化"),
    (
        "c36",
        "— — ●",
        "根据党支部和党员实际，创新服务载体，分类别、有针对性地设置服务项目，开展特色服务活动，服务活动有一定影响力",
    ),
    # 党建成效
    ("c37", "— ● ●", "自觉将开展各项服务活动与推动企业发展相结合，以党建工作引领经济又好又快发展"),
    ("c38", "— ● ●", "党员立足岗位创先争优，在核心领域和关键岗位上发挥先锋模范作用"),
    ("c39", "— — ●", "党员群众满意度测评达到90%以上"),
    ("c40", "— — ●", "坚持科学发展和可持续发展，经济运行状况良好，文化内涵丰富，劳资关系和谐"),
    ("c41", "— — ●", "单位综合信誉良好，社会责任感强烈，开展的服务活动反响好，有一定的社会知名度"),
    ("c42", "— — ●", "形成富有特色、能够推广、有影响力的服务品牌"),
)

SECTIONS = {
    "组织建设": range(1, 7),
    "党内生活": range(7, 12),
    "工作机制": range(12, 24),
    "服务阵地": range(24, 30),
    "服务活动": range(30, 37),
    "党建成效": range(37, 43),
}

# The figure of row 39 stands in its words, not in its columns
IN_WORDS = {"c39": 90}


def asked(cell: str, criterion: str) -> bool | int | None:
    """What a cell of the table asks: `●` yes, `—` nothing, else its figure."""
    if cell == "—":
        return None
    return IN_WORDS.get(criterion, True) if cell == "●" else int(re.sub(r"次|%|以上", "", cell))


def measure(cells: list[str], criterion: str) -> str:
    if "次" in "".join(cells):
        return "count"
    return "percent" if "%" in "".join(cells) or criterion in IN_WORDS else "yes_no"


def test_the_table_has_42_rows_in_six_sections() -> None:
    assert [row[0] for row in TABLE] == [f"c{number:02}" for number in range(1, 43)]
    assert {s.name.zh: [c.id for c in s.criteria] for s in STANDARD.sections} == {
        name: [f"c{number:02}" for number in numbers] for name, numbers in SECTIONS.items()
    }
    assert list(STANDARD.criteria) == [row[0] for row in TABLE]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0]))
def test_each_row_of_the_table(row: tuple[str, str, str]) -> None:
    name, columns, words = row
    cells = columns.split()
    criterion = STANDARD.criteria[name]
    assert criterion.text.zh == words
    assert criterion.measure == measure(cells, name)
    assert [criterion.requires.get(level) for level in LEVELS] == [asked(cell, name) for cell in cells]


def required(level: str) -> list[Criterion]:
    return [criterion for criterion in STANDARD.criteria.values() if criterion.threshold(level) is not None]


def test_how_many_criteria_each_level_requires() -> None:
    assert [len(required(level)) for level in LEVELS] == [13, 26, 42]


def test_the_levels_are_cumulative() -> None:
    """Whatever a level asks, the next asks at least as much."""
    for criterion in STANDARD.criteria.values():
        least = [criterion.threshold(level) or 0 for level in LEVELS]
        assert least == sorted(least), criterion.id


def test_figures_come_with_their_unit() -> None:
    units = {c.id: c.unit.zh if c.unit else "" for c in STANDARD.criteria.values()}
    expected = {"count": "次/年", "percent": "%", "yes_no": ""}
    assert units == {c.id: expected[c.measure] for c in STANDARD.criteria.values()}


def test_every_text_is_translated() -> None:
    """The English is English, but for the quotation marks and the names of the document."""
    assert [c.id for c in STANDARD.criteria.values() if re.search(r"[\u4e00-\u9fff]", c.text.en)] == []


def test_the_levels() -> None:
    assert [(key, level.value, level.name.zh) for key, level in RULES.levels.items()] == [
        ("three_star", 3, "三星"),
        ("four_star", 4, "四星"),
        ("five_star", 5, "五星"),
    ]
    assert RULES.entry_keys == ("three_star",)
    assert RULES.first_year == 2017


def test_who_is_rated() -> None:
    """附2·一 names four kinds of branch; the document prints the standard of one."""
    assert {key: (s.standard, s.provisional) for key, s in RULES.sectors.items()} == {
        "two_new": ("two_new", False),
        "community": ("two_new", True),
        "direct_unit": ("two_new", True),
        "organ": ("two_new", True),
    }


def test_places() -> None:
    """2017年达标数为30个、10个；按实际申报数的80%择优入选；每年按10%的比例增长。"""
    assert RULES.quotas.keys() == {"four_star", "five_star"}
    for level, published in (("four_star", 30), ("five_star", 10)):
        quota = RULES.quotas[level]
        assert quota
        assert quota.places == {2017: published}
        assert quota.growth
        assert quota.growth.rate == Fraction(1, 10)
        assert quota.shortfall
        assert quota.shortfall.ratio == Fraction(4, 5)


def test_application() -> None:
    """申报年度的4月底前；每年度1-2个五星党支部，3-4个四星党支部，三星党支部申报数量不限。"""
    assert RULES.application.deadline == (4, 30)
    assert RULES.application.requires_self_assessment
    assert RULES.application.caps.applies_to == ("community",)
    assert RULES.application.caps.by_level == {"four_star": 4, "five_star": 2}


def test_veto_downgrade_and_sanction() -> None:
    """班子成员或2名以上党员；星级降低一档；有2个未通过的。"""
    assert (RULES.veto.committee, RULES.veto.members) == (1, 2)
    assert RULES.downgrade.levels == 1
    sanction = RULES.inspection.collective_sanction
    assert sanction
    assert (sanction.failures, sanction.applies_to) == (2, ("community",))


def test_coverage_and_consequences() -> None:
    """可延迟一年申报，至2018年三星党支部实现全覆盖；先进党组织从四星及以上的党支部中推荐；经费数额文件未定。"""
    coverage = RULES.coverage
    assert coverage
    assert (coverage.level, coverage.from_year, coverage.deferral_years) == ("three_star", 2018, 1)
    assert RULES.consequences.advanced_recommendation_from == "four_star"
    assert set(RULES.consequences.funding.values()) == {None}


def test_member_star() -> None:
    """党员之星：50名；正式党员；纪检、公安、计生；手机短信、网络投票、门户网站、微信公众号。"""
    star = RULES.member_star
    assert star
    assert star.places == 50
    assert (star.nominee.status, star.nominee.in_subdistrict) == ("full", True)
    assert [d.name.zh for d in star.departments.values()] == ["纪检", "公安", "计生"]
    assert [c.name.zh for c in star.channels.values()] == ["手机短信", "网络投票", "门户网站", "微信公众号"]
    assert {c.weight for c in star.channels.values()} == {1}


PASSAGES = {passage.clause: passage for passage in RULES.document}
OF_TABLE = "附2·评定标准"


def clauses(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("clause"):
            yield str(node["clause"])
        for child in node.values():
            yield from clauses(child)
    elif isinstance(node, list):
        for child in node:
            yield from clauses(child)


def test_every_passage_has_a_clause_of_its_own() -> None:
    assert len(PASSAGES) == len(RULES.document)


def test_every_clause_stands_in_the_document() -> None:
    """A row or section of the table stands in the passage of the table; any other clause has its own passage."""
    content = canonical(RULES)
    used = {OF_TABLE if clause.startswith(OF_TABLE) else clause for clause in clauses(content)}
    assert used <= PASSAGES.keys()


def test_rows_and_sections_of_the_table_carry_their_number() -> None:
    numerals = "一二三四五六"
    assert [s.clause for s in STANDARD.sections] == [f"{OF_TABLE}（{numeral}）" for numeral in numerals]
    assert [c.clause for c in STANDARD.criteria.values()] == [f"{OF_TABLE}·{number}" for number in range(1, 43)]


def test_conditions_and_phases_are_the_words_of_their_clause() -> None:
    star = RULES.member_star
    assert star
    conditions = [(item.clause, item.text.zh) for item in star.conditions]
    assert conditions == [(f"附1·二·{n}", PASSAGES[f"附1·二·{n}"].text.zh) for n in range(1, 6)]
    assert len(RULES.calendar) > 5
    for item in RULES.calendar:
        assert item.text
        assert item.clause
        assert item.text.zh in PASSAGES[item.clause].text.zh, item.id


def test_every_rule_that_the_document_states_names_its_clause() -> None:
    rules = {
        "application": RULES.application.clause,
        "caps": RULES.application.caps.clause,
        "veto": RULES.veto.clause,
        "downgrade": RULES.downgrade.clause,
        "spot_check": RULES.inspection.spot_check.clause,
        "recheck": RULES.inspection.recheck.clause,
        "acceptance": RULES.inspection.acceptance.clause,
        "consequences": RULES.consequences.clause,
        **{level: quota.clause for level, quota in RULES.quotas.items() if quota},
    }
    assert rules == {
        "application": "附2·四·1",
        "caps": "附2·四·1",
        "veto": "附2·二",
        "downgrade": "附2·二",
        "spot_check": "附2·四·2",
        "recheck": "附2·四·2",
        "acceptance": "附2·四·2",
        "consequences": "附2·五·3",
        "four_star": "附2·三·2",
        "five_star": "附2·三·3",
    }


READINGS = {reading.id: reading for reading in RULES.readings}


@pytest.mark.parametrize("name", READINGS)
def test_the_first_alternative_is_in_force(name: str) -> None:
    reading, content = READINGS[name], freeze(canonical(RULES))
    paths = paths_like(RULES, reading.path)
    assert paths
    for first in reading.alternatives[:1]:
        in_force = [value_at(content, resolve(content, path)) for path in paths]
        assert [(type(value), value) for value in in_force] == [(type(first), first)] * len(paths)


@pytest.mark.parametrize("name", READINGS)
def test_every_alternative_can_be_set(name: str) -> None:
    reading = READINGS[name]
    for path in paths_like(RULES, reading.path):
        for alternative in reading.alternatives:
            new = apply(RULES, [Change(path, alternative)])
            assert (new.fingerprint == RULES.fingerprint) == (alternative == reading.alternatives[0])


def test_what_the_document_leaves_open_is_among_the_readings() -> None:
    paths = {reading.path for reading in RULES.readings}
    assert paths >= {
        "quotas.*.counts",
        "quotas.*.growth.kind",
        "quotas.*.growth.rounding",
        "quotas.*.shortfall.rounding",
        "cascade",
        "inspection.collective_sanction.counts",
        "inspection.spot_check.rate",
        "inspection.recheck.rate",
        "member_star.objection",
        "member_star.voting.choices_per_voter",
    }

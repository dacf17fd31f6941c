"""The tables of a data set: columns, keys, and what a cell may hold. A public interface (docs/data.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` names a parser of `store.cells`; `choices` maps codes to the Chinese words accepted."""

    name: str
    zh: str
    kind: str = "text"
    key: bool = False
    optional: bool = False
    choices: dict[str, str] = field(default_factory=dict)
    refers_to: str = ""


@dataclass(frozen=True)
class Dataset:
    """One table of a data set."""

    name: str
    zh: str
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @cached_property
    def headers(self) -> dict[str, str]:
        """Accepted headers (lower case) and the column each stands for."""
        return {h.lower(): c.name for c in self.columns for h in (c.name, c.zh)}


def _key(name: str, zh: str, kind: str = "id", refers_to: str = "", **choices: str) -> Column:
    return Column(name, zh, kind, key=True, refers_to=refers_to, choices=choices)


def _opt(name: str, zh: str, kind: str = "text", refers_to: str = "", **choices: str) -> Column:
    return Column(name, zh, kind, optional=True, refers_to=refers_to, choices=choices)


def _col(name: str, zh: str, kind: str = "text", refers_to: str = "", **choices: str) -> Column:
    return Column(name, zh, kind, refers_to=refers_to, choices=choices)


_BRANCH = _key("branch_id", "支部编号", refers_to="branches")
_YEAR = _key("year", "年度", "year")
_STAGES = {"self": "自评", "inspection": "验收", "recheck": "复检"}
_OUTCOME = {"selected": "入选", "not_selected": "不入选"}

DATASETS: dict[str, Dataset] = {
    d.name: d
    for d in (
        Dataset(
            "superiors",
            "上级党组织",
            (
                _key("superior_id", "上级编号"),
                _col("name", "名称", "name"),
                _col(
                    "kind",
                    "上级类型",
                    "choice",
                    community="社区",
                    two_new_org="两新组织",
                    direct_unit="直属单位",
                    organ="机关",
                ),
            ),
        ),
        Dataset(
            "branches",
            "党支部",
            (
                _key("branch_id", "支部编号"),
                _col("name", "名称", "name"),
                _opt("superior_id", "上级编号", "id", "superiors"),
                _col(
                    "sector",
                    "类别",
                    "choice",
                    two_new="两新组织",
                    community="社区下属",
                    direct_unit="直属单位",
                    organ="机关",
                ),
                _opt("active", "存续", "flag"),
            ),
        ),
        Dataset(
            "members",
            "党员",
            (
                _key("member_id", "党员编号"),
                _col("name", "姓名", "name"),
                _col("branch_id", "支部编号", "id", "branches"),
                _col("status", "党员类别", "choice", full="正式党员", probationary="预备党员"),
                _col("in_subdistrict", "组织关系在街道", "flag"),
            ),
        ),
        Dataset("awards", "历年星级", (_BRANCH, _YEAR, _col("level", "星级", "level"))),
        Dataset(
            "marks",
            "填报值",
            (
                _BRANCH,
                _YEAR,
                _key("stage", "环节", "choice", **_STAGES),
                _key("criterion", "标准项", "criterion"),
                _opt("value", "填报值", "mark"),
                _opt("note", "说明"),
                _opt("evidence", "佐证"),
            ),
        ),
        Dataset(
            "applications",
            "申报",
            (
                _BRANCH,
                _YEAR,
                _col("level", "申报星级", "star"),
                _col("submitted_on", "提交日期", "date"),
                _col("review", "审核", "choice", approved="通过", returned="退回", pending="待审"),
                _opt("priority", "推荐顺序", "integer"),
                _opt("exception", "逾期例外", "reason"),
            ),
        ),
        Dataset(
            "inspections",
            "检查",
            (
                _BRANCH,
                _YEAR,
                _key("kind", "检查类型", "choice", spot_check="抽查验收", acceptance="评估验收", recheck="复检"),
                _opt("outcome", "结果", "choice", **{"pass": "合格", "fail": "不合格"}),
                _opt("level_met", "达到星级", "level"),
                _opt("score", "得分", "score"),
                _opt("inspected_on", "检查日期", "date"),
            ),
        ),
        Dataset(
            "incidents",
            "违纪违法",
            (
                _key("incident_id", "事件编号"),
                _col("branch_id", "支部编号", "id", "branches"),
                _col("year", "年度", "year"),
                _col("subject", "对象", "choice", committee="班子成员", member="党员"),
                _opt("member_id", "党员编号", "id"),
                _col("severe", "严重", "flag"),
                _opt("note", "说明"),
            ),
        ),
        Dataset(
            "rectifications",
            "整改",
            (
                _BRANCH,
                _YEAR,
                _col("due_on", "整改期限", "date"),
                _col("outcome", "整改结果", "choice", open="整改中", met="已达标", failed="未达标"),
            ),
        ),
        Dataset("deferrals", "延期申报", (_BRANCH, _YEAR, _col("reason", "理由"))),
        Dataset(
            "decisions",
            "领导小组决定",
            (
                _BRANCH,
                _YEAR,
                _key("level", "星级", "star"),
                _col("outcome", "决定", "choice", **_OUTCOME),
                _col("reason", "理由"),
            ),
        ),
        Dataset(
            "appraisals",
            "测评",
            (
                _key("appraisal_id", "测评编号"),
                _col("kind", "测评类型", "appraisal"),
                _col("year", "年度", "year"),
                _opt("branch_id", "支部编号", "id", "branches"),
                _opt("stage", "环节", "choice", **_STAGES),
                _opt("held_on", "测评日期", "date"),
                _col("issued", "发出票", "count"),
                _col("returned", "收回票", "count"),
                _col("valid", "有效票", "count"),
                _col("answers", "测评结果", "answers"),
                _opt("note", "说明"),
                _opt("void", "作废理由", "reason"),
            ),
        ),
        Dataset(
            "nominees",
            "党员之星候选人",
            (
                _key("nominee_id", "候选人编号"),
                _col("year", "年度", "year"),
                _col("member_id", "党员编号", "id", "members"),
                _opt("statement", "事迹"),
            ),
        ),
        Dataset(
            "opinions",
            "部门意见",
            (
                _key("nominee_id", "候选人编号", refers_to="nominees"),
                _key("department", "部门", "department"),
                _col("verdict", "意见", "choice", agree="同意", object="有异议"),
                _opt("note", "说明"),
            ),
        ),
        Dataset(
            "votes",
            "投票",
            (
                _opt("vote_id", "投票编号"),
                _col("channel", "渠道"),
                _col("voter", "投票人", "voter"),
                _col("nominee_id", "候选人编号"),
                _col("cast_at", "投票时间"),
            ),
        ),
        Dataset("identities", "投票人身份", (_key("voter", "投票人", "voter"), _col("person", "本人标识", "voter"))),
        Dataset(
            "vote_decisions",
            "党员之星决定",
            (
                _key("nominee_id", "候选人编号", refers_to="nominees"),
                _col("outcome", "决定", "choice", **_OUTCOME),
                _col("reason", "理由"),
            ),
        ),
    )
}

# What the rating of a year rests on, and the year of each relative to it; None for tables without years.
RATED_BY: dict[str, int | None] = {
    "superiors": None,
    "branches": None,
    "awards": -1,
    "marks": 0,
    "applications": 0,
    "inspections": 0,
    "incidents": 0,
    "rectifications": 0,
    "deferrals": 0,
    "decisions": 0,
    "appraisals": 0,
}

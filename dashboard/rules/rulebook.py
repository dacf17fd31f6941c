"""The rulebook: `rules.yaml` as frozen values. See docs/rules.md for the file, `load` for reading one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from dashboard.rules.exact import Ratio, Rounding
from dashboard.rules.fields import (
    Clause,
    Frozen,
    Identifier,
    LevelKey,
    MonthDay,
    Named,
    Node,
    Number,
    Requirement,
    Text,
)

Measure = Literal["yes_no", "count", "percent", "score"]


class Source(Node):
    document: Text
    issued_by: Text


class Level(Named):
    """星级. `value` is what data files hold; 0 (none) is implied."""

    value: Annotated[int, Field(ge=1, le=99)]
    retired: int | None = None


class Sector(Named):
    """类别. Without a standard, branches of the sector cannot be rated (application `ineligible`)."""

    standard: Identifier | None = None
    provisional: bool = False


class Criterion(Node):
    """标准项: one row of a standard."""

    id: Identifier
    text: Text
    clause: Clause | None = None
    measure: Measure
    unit: Text | None = None
    requires: Frozen[LevelKey, Requirement] = Field(default_factory=dict, validate_default=True)
    points: Number | None = None
    retired: int | None = None

    def threshold(self, level: LevelKey) -> Decimal | None:
        """The least mark that meets `level`; None where the level asks nothing (—)."""
        required = self.requires.get(level)
        return Decimal(1) if isinstance(required, bool) else required


class Section(Named):
    id: Identifier
    criteria: tuple[Criterion, ...]


class Standard(Named):
    """评定标准. `all_required`: every requirement of a level; `points`: a cutoff, and the criteria under `must`."""

    mode: Literal["all_required", "points"] = "all_required"
    sections: tuple[Section, ...]
    cutoffs: Frozen[LevelKey, Number] = Field(default_factory=dict, validate_default=True)
    must: Frozen[LevelKey, tuple[Identifier, ...]] = Field(default_factory=dict, validate_default=True)

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """Criteria in force by id, in the order of the document."""
        return MappingProxyType({c.id: c for s in self.sections for c in s.criteria if c.retired is None})


class Caps(Node):
    """申报上限 of one superior: how many applications of a level it may put forward in a year (附2·四·1)."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, Annotated[int, Field(ge=0)] | None]

    clause: Clause | None = None
    applies_to: tuple[Identifier, ...] = ()

    @property
    def by_level(self) -> Mapping[LevelKey, int]:
        return {k: v for k, v in (self.__pydantic_extra__ or {}).items() if v is not None}


class Application(Node):
    clause: Clause | None = None
    deadline: MonthDay
    requires_self_assessment: bool = True
    caps: Caps = Field(default_factory=Caps)


class Growth(Node):
    """增长 of published places: from the published figure, rounded once (附2·三)."""

    clause: Clause | None = None
    rate: Ratio
    kind: Literal["compound", "linear"] = "compound"
    rounding: Rounding = "half_up"


class Shortfall(Node):
    """申报数未达到名额时按实际申报数的一定比例择优 (附2·三·2)."""

    clause: Clause | None = None
    ratio: Ratio
    rounding: Rounding = "half_up"


class Share(Node):
    """A quota as a share of the active branches, or of the level's applicants."""

    clause: Clause | None = None
    of: Literal["branches", "applications"]
    ratio: Ratio
    rounding: Rounding = "half_up"


class Quota(Node):
    """名额: `places` by published year with `growth`, or a `share`."""

    clause: Clause | None = None
    places: Frozen[Annotated[int, Field(ge=1900, le=2999)], Annotated[int, Field(ge=0, le=10**9)]] | None = None
    growth: Growth | None = None
    share: Share | None = None
    shortfall: Shortfall | None = None
    counts: Literal["holders", "new_awards"] = "holders"


class Promotion(Node):
    """逐级晋升: by how many levels a branch may rise in one year; null for any number."""

    clause: Clause | None = None
    levels_a_year: Annotated[int, Field(ge=1)] | None = None


class Veto(Node):
    """一票否决 (附2·二): how many severe incidents of the committee, or of different members, take the stars away."""

    clause: Clause | None = None
    committee: Annotated[int, Field(ge=1)]
    members: Annotated[int, Field(ge=1)]


class Sampling(Node):
    clause: Clause | None = None
    rate: Ratio
    min_per_superior: Annotated[int, Field(ge=0)] = 0


class SpotCheck(Sampling):
    """抽查验收. `levels` are recognised on application and checked by sample; null: the lowest without a quota."""

    levels: tuple[LevelKey, ...] | None = None


class Acceptance(Node):
    clause: Clause | None = None


class CollectiveSanction(Node):
    """2个未通过的，该社区下属所有申报“三星党支部”的，当年均不予认定 (附2·四·3)."""

    clause: Clause | None = None
    failures: Annotated[int, Field(ge=1)]
    counts: Literal["three_star", "any"] = "three_star"
    applies_to: tuple[Identifier, ...] = ("community",)


class Inspection(Node):
    spot_check: SpotCheck
    acceptance: Acceptance = Field(default_factory=Acceptance)
    recheck: Sampling
    collective_sanction: CollectiveSanction | None = None


class Downgrade(Node):
    clause: Clause | None = None
    levels: Annotated[int, Field(ge=1, le=99)] = 1


class Coverage(Node):
    """三星党支部全覆盖 (附2·三·1)."""

    clause: Clause | None = None
    level: LevelKey
    from_year: Annotated[int, Field(ge=1900, le=2999)] = Field(alias="from")
    deferral_years: Annotated[int, Field(ge=0)] = 0


class Consequences(Node):
    clause: Clause | None = None
    advanced_recommendation_from: LevelKey | None = None
    funding: Frozen[LevelKey, Number | None] = Field(default_factory=dict, validate_default=True)


class Item(Node):
    id: Identifier
    text: Text
    clause: Clause | None = None


class NomineeRule(Node):
    clause: Clause | None = None
    status: Literal["full", "probationary"] = "full"
    in_subdistrict: bool = True


class Voting(Node):
    clause: Clause | None = None
    opens: MonthDay
    closes: MonthDay
    choices_per_voter: Annotated[int, Field(ge=1)]


class Channel(Named):
    weight: Number = Decimal(1)


class MemberStar(Node):
    """党员之星 (附1)."""

    clause: Clause | None = None
    places: Annotated[int, Field(ge=1)]
    conditions: tuple[Item, ...] = ()
    nominee: NomineeRule = Field(default_factory=NomineeRule)
    departments: Frozen[Identifier, Named] = Field(default_factory=dict, validate_default=True)
    objection: Literal["excludes", "flags"] = "excludes"
    voting: Voting
    channels: Frozen[Identifier, Channel]


class Answer(Named):
    """One answer on a ballot. `worth`: the share of a satisfied answer that it is taken for; None where the satisfied
    share is not taken of it at all."""

    worth: Ratio | None = Fraction(0)


class Appraisal(Named):
    """测评: one kind of ballot among members and the public (附2·评定标准·39, 正文·五·3).

    `criterion`: whose mark the satisfied share is, in per cent; `least_returned`: the share of the ballots issued that
    must come back for a round to count.
    """

    answers: Frozen[Identifier, Answer]
    criterion: Identifier | None = None
    least_returned: Ratio | None = None


Month = Annotated[int, Field(ge=1, le=12)]


class CalendarItem(Named):
    """阶段 or 节点 of the year, by months; `due` is its last day where the document names one."""

    id: Identifier
    kind: Literal["phase", "milestone"] = "milestone"
    text: Text | None = None
    from_month: Month = Field(alias="from")
    to_month: Month = Field(alias="to")
    due: MonthDay | None = None


class Reading(Node):
    """A place where the document is silent or can be read in two ways, and the parameter that decides."""

    id: Identifier
    path: str
    question: Text
    alternatives: tuple[object, ...] = ()
    clause: Clause | None = None
    note: Text | None = None


class Passage(Node):
    """A paragraph of the document, so that each clause can be read beside the rule it gave."""

    clause: Clause
    title: Text | None = None
    text: Text


class Rulebook(Node):
    """Every rule of one scheme. Immutable; a scenario gives another rulebook with its own fingerprint."""

    schema_version: Literal[1] = Field(alias="schema")
    title: Text
    source: Source
    first_year: Annotated[int, Field(ge=1900, le=2999)]
    levels: Frozen[LevelKey, Level]
    sectors: Frozen[Identifier, Sector]
    superior_kinds: Frozen[Identifier, Named] = Field(default_factory=dict, validate_default=True)
    standards: Frozen[Identifier, Standard]
    application: Application
    quotas: Frozen[LevelKey, Quota | None] = Field(default_factory=dict, validate_default=True)
    ranking: Annotated[tuple[Literal["score", "criteria_met"], ...], Field(min_length=1)]
    cascade: bool
    promotion: Promotion = Field(default_factory=Promotion)
    veto: Veto
    inspection: Inspection
    downgrade: Downgrade
    coverage: Coverage | None = None
    consequences: Consequences = Field(default_factory=Consequences)
    member_star: MemberStar | None = None
    appraisals: Frozen[Identifier, Appraisal] = Field(default_factory=dict, validate_default=True)
    calendar: tuple[CalendarItem, ...] = ()
    readings: tuple[Reading, ...] = ()
    document: tuple[Passage, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the content; comments, key order and ways to write a number do not matter."""
        content = self.model_dump(mode="json", by_alias=True)
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def level_keys(self) -> tuple[LevelKey, ...]:
        """Keys of the levels in force, lowest first."""
        live = {key: level.value for key, level in self.levels.items() if level.retired is None}
        return tuple(sorted(live, key=live.__getitem__))

    @cached_property
    def level_values(self) -> tuple[int, ...]:
        """Values of the levels in force, ascending, without 0."""
        return tuple(self.levels[key].value for key in self.level_keys)

    @cached_property
    def entry_keys(self) -> tuple[LevelKey, ...]:
        """Levels recognised on application and checked by sample (附2·四·3: 三星)."""
        named = self.inspection.spot_check.levels
        if named is not None:
            return tuple(key for key in self.level_keys if key in named)
        lowest = self.level_keys[0]
        return () if self.quotas.get(lowest) else (lowest,)

    def competed_levels(self) -> Iterator[tuple[LevelKey, Level, Quota | None]]:
        """Levels won by merit after an acceptance inspection, the highest first."""
        for key in reversed(self.level_keys):
            if key not in self.entry_keys:
                yield key, self.levels[key], self.quotas.get(key)

    def standard_of(self, sector: str) -> Standard | None:
        """The standard that covers a sector; None where none does."""
        found = self.sectors.get(sector)
        return self.standards.get(found.standard) if found and found.standard else None

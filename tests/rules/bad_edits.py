"""Mistakes that are one edit of `tests/bad_rules/good.yaml`; the others there fill a file each.

`# <- here` marks the line that must be reported.
"""

from __future__ import annotations

TABLE = "standards.table.sections.basics.criteria"
SCORES = "standards.scores"

_SURVEY = (
    "appraisals: {{survey: {{name: {{zh: 测评, en: Survey}}, criterion: {criterion}, answers: {{"
    "good: {{name: {{zh: 满意, en: Satisfied}}, worth: 100%}}, bad: {{name: {{zh: {name}, en: Not}}}}}}}}}}"
)

# Code, path, what good.yaml says, what is written instead.
EDITS: dict[str, tuple[str, str, str, str]] = {
    "duplicate year": (
        "rules.duplicate_key",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {2017: 30, 2017: 33}  # <- here",
    ),
    "missing key": (
        "rules.missing",
        "application.deadline",
        "application:\n  deadline: 04-30\n",
        "application:  # <- here\n",
    ),
    "merge key": (
        "rules.unknown_key",
        "veto.<<",
        "veto: {committee: 1, members: 2}",
        "veto: {<<: {committee: 1}, committee: 1, members: 2}  # <- here",
    ),
    "boolean key": (
        "rules.bad_key",
        "",
        "standards:\n",
        "  no: {name: {zh: 无, en: None}}  # <- here\nstandards:\n",
    ),
    "key that is no identifier": (
        "rules.identifier",
        "superior_kinds.Community Party",
        "standards:\n",
        "  Community Party: {name: {zh: 社区, en: Community}}  # <- here\nstandards:\n",
    ),
    "ratio in words": (
        "rules.ratio",
        "quotas.four_star.shortfall.ratio",
        "shortfall: {ratio: 80%}",
        "shortfall: {ratio: 八成}  # <- here",
    ),
    "places not whole": (
        "rules.int",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {2017: 30.5}  # <- here",
    ),
    "year as text": (
        "rules.int",
        "quotas.four_star.places.2017",
        "places: {2017: 30}",
        "places: {'2017': 30}  # <- here",
    ),
    "whole number that is none": (
        "rules.int",
        "first_year",
        "first_year: 2017",
        "first_year: !!int next year  # <- here",
    ),
    "negative points": (
        "rules.number",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: -60  # <- here",
    ),
    "points too fine": (
        "rules.bad_value",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: 60.0000001  # <- here",
    ),
    "points too many": (
        "rules.bad_value",
        f"{SCORES}.sections.sheet.criteria.s02.points",
        "points: 60",
        "points: 6.0e+999999999  # <- here",
    ),
    "month 13": ("rules.at_most", "calendar.self_assessment.to", "    to: 4", "    to: 13  # <- here"),
    "29 February": (
        "rules.month_day",
        "application.deadline",
        "deadline: 04-30",
        "deadline: 02-29  # <- here",
    ),
    "day as a list": (
        "rules.month_day",
        "application.deadline",
        "deadline: 04-30",
        "deadline: [13, 45]  # <- here",
    ),
    "choice": (
        "rules.choice",
        "inspection.collective_sanction.counts",
        "counts: three_star, applies_to: [community]}",
        "counts: all, applies_to: [community]}  # <- here",
    ),
    "number for a text": ("rules.string", "title.en", "en: How branches are rated}", "en: 2017}  # <- here"),
    "text for a list": (
        "rules.tuple",
        "ranking",
        "ranking: [score, criteria_met]",
        "ranking: score  # <- here",
    ),
    "text for a mapping": (
        "rules.model",
        "inspection.recheck",
        "recheck: {rate: 30%}",
        "recheck: 30%  # <- here",
    ),
    "empty text": ("rules.empty", "sectors.two_new.name.en", "en: New organisations}", "en: ''}  # <- here"),
    "empty ranking": ("rules.empty", "ranking", "ranking: [score, criteria_met]", "ranking: []  # <- here"),
    "ranking key twice": (
        "rules.id_twice",
        "ranking.1",
        "ranking: [score, criteria_met]",
        "ranking: [score, score]  # <- here",
    ),
    "levels equal": (
        "rules.levels_ascend",
        "levels.five_star.value",
        "{value: 5, name: {zh: 五星, en: Five-star}}",
        "{value: 4, name: {zh: 五星, en: Five-star}}  # <- here",
    ),
    "unknown level without a cap": (
        "rules.unknown_level",
        "application.caps.six_star",
        "    five_star: 2\n",
        "    five_star: 2\n    six_star: null  # <- here\n",
    ),
    "unknown level on spot check": (
        "rules.unknown_level",
        "inspection.spot_check.levels.0",
        "levels: [three_star]}",
        "levels: [one_star]}  # <- here",
    ),
    "unknown level with funding": (
        "rules.unknown_level",
        "consequences.funding.one_star",
        "funding: {five_star: 3000}",
        "funding: {one_star: 500, five_star: 3000}  # <- here",
    ),
    "unknown level with a cutoff": (
        "rules.unknown_level",
        f"{SCORES}.cutoffs.one_star",
        "      three_star: 40\n",
        "      one_star: 20  # <- here\n      three_star: 40\n",
    ),
    "unknown level under must": (
        "rules.unknown_level",
        f"{SCORES}.must.six_star",
        "      five_star: [s01]\n",
        "      five_star: [s01]\n      six_star: [s01]  # <- here\n",
    ),
    "asks nothing above a level that asks": (
        "rules.asks_less",
        f"{TABLE}.a01.requires",
        "requires: {three_star: true, four_star: true, five_star: true}",
        "requires: {three_star: true, four_star: true}  # <- here",
    ),
    "yes for a count": (
        "rules.requires_count",
        f"{TABLE}.a02.requires.three_star",
        "requires: {three_star: 1, four_star: 2, five_star: 4}",
        "requires: {three_star: true, four_star: 2, five_star: 4}  # <- here",
    ),
    "no requirement": (
        "rules.requires_missing",
        f"{TABLE}.a03",
        "          - id: a03\n            text: {zh: 党员参与率, en: Share of members taking part}\n"
        "            measure: percent\n            requires: {four_star: 80, five_star: 95}\n",
        "          - id: a03  # <- here\n            text: {zh: 党员参与率, en: Share of members taking part}\n"
        "            measure: percent\n",
    ),
    "unknown measure": (
        "rules.choice",
        f"{TABLE}.a03.measure",
        "measure: percent",
        "measure: ratio  # <- here",
    ),
    "points outside points mode": (
        "rules.only_in_points",
        f"{TABLE}.a02.points",
        "            measure: count\n",
        "            measure: count\n            points: 10  # <- here\n",
    ),
    "score outside points mode": (
        "rules.only_in_points",
        f"{TABLE}.a03.measure",
        "measure: percent",
        "measure: score  # <- here",
    ),
    "cutoff below the one before": (
        "rules.asks_less",
        f"{SCORES}.cutoffs.five_star",
        "      five_star: 90\n",
        "      five_star: 60  # <- here\n",
    ),
    "cutoff above all points": (
        "rules.cutoff_unreachable",
        f"{SCORES}.cutoffs.five_star",
        "      five_star: 90\n",
        "      five_star: 100.5  # <- here\n",
    ),
    "must dropped by a higher level": (
        "rules.must_dropped",
        f"{SCORES}.must.five_star",
        "      five_star: [s01]\n",
        "      five_star: [s02]  # <- here\n",
    ),
    "unknown kind under the sanction": (
        "rules.unknown_kind",
        "inspection.collective_sanction.applies_to.0",
        "counts: three_star, applies_to: [community]}",
        "counts: three_star, applies_to: [village]}  # <- here",
    ),
    "unknown kind under caps": (
        "rules.unknown_kind",
        "application.caps.applies_to.1",
        "    applies_to: [community]\n",
        "    applies_to: [community, village]  # <- here\n",
    ),
    "neither places nor a share": (
        "rules.no_published_year",
        "quotas.five_star",
        "  five_star:\n    share: {of: branches, ratio: 10%, rounding: floor}",
        "  five_star:  # <- here\n    counts: holders",
    ),
    "phase that ends before it starts": (
        "rules.ends_before_start",
        "calendar.self_assessment.to",
        "    to: 4",
        "    to: 3  # <- here",
    ),
    "calendar id twice": (
        "rules.id_twice",
        "calendar.self_assessment",
        "    to: 4\n",
        "    to: 4\n  - {id: self_assessment, name: {zh: 申报, en: Application}, from: 4, to: 4}  # <- here\n",
    ),
    "share as the mark of no percentage": (
        "rules.not_percent",
        "appraisals.survey.criterion",
        "standards:\n",
        f"{_SURVEY.format(criterion='a02', name='不满意')}  # <- here\nstandards:\n",
    ),
    "share as the mark of nothing": (
        "rules.unknown_criterion",
        "appraisals.survey.criterion",
        "standards:\n",
        f"{_SURVEY.format(criterion='a09', name='不满意')}  # <- here\nstandards:\n",
    ),
    "two answers of one name": (
        "rules.answer_twice",
        "appraisals.survey.answers.bad.name",
        "standards:\n",
        f"{_SURVEY.format(criterion='a03', name='满意')}  # <- here\nstandards:\n",
    ),
    "answer worth more than all": (
        "rules.share",
        "appraisals.survey.answers.good.worth",
        "standards:\n",
        f"{_SURVEY.format(criterion='a03', name='不满意').replace('100%', '120%')}  # <- here\nstandards:\n",
    ),
    "tab": ("rules.not_yaml", "", "  deadline: 04-30\n", "\tdeadline: 04-30  # <- here\n"),
    "two documents": ("rules.not_yaml", "", "application:\n", "---  # <- here\napplication:\n"),
    "character outside Unicode": (
        "rules.not_yaml",
        "",
        "en: How branches are rated}",
        'en: "\\UFFFFFFFF"}  # <- here',
    ),
    "half of a character": ("rules.not_yaml", "", "en: How branches are rated}", 'en: "\\ud800"}  # <- here'),
    "control character": ("rules.not_yaml", "", "en: How branches are rated}", "en: \x00}  # <- here"),
    "nested too deep": (
        "rules.not_yaml",
        "",
        "ranking: [score, criteria_met]",
        f"ranking: {'[' * 9000}score{']' * 9000}  # <- here",
    ),
}

"""What must agree across a rulebook: references, order, and that a higher level never asks less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dashboard.rules.paths import paths_like
from dashboard.rules.rulebook import Appraisal, Criterion, Quota, Rulebook, Standard

# What data files may hold (a public interface; a scheme names them in its own words).
SECTORS = ("two_new", "community", "direct_unit", "organ")
SUPERIOR_KINDS = ("community", "two_new_org", "direct_unit", "organ")


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction: a catalogue key, the dotted path, and the values that the sentence names."""

    code: str
    path: str
    values: Mapping[str, object] = field(default_factory=dict)


def check(rulebook: Rulebook, content: Mapping[str, object], with_readings: bool = True) -> Iterator[Finding]:
    """Every contradiction. `content` is the file as written: what it names counts as known even where a
    part of it was set aside for another problem."""
    yield from _check_references(rulebook, content)
    for rule in _CHECKS:
        yield from rule(rulebook)
    if with_readings:
        yield from _check_readings(rulebook)


def _named(content: Mapping[str, object], key: str) -> frozenset[str] | None:
    node = content.get(key)
    return frozenset(str(k) for k in node) if isinstance(node, Mapping) else None


def _known(code: str, known: Iterable[str] | None, used: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    if known is None:  # nothing legible is named at all, which is a problem of its own
        return
    names = sorted(known)
    for path, name in used:
        if name not in names:
            yield Finding(code, path, {"name": name, "known": ", ".join(names)})


def _check_levels(rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.level_keys:
        yield Finding("rules.no_level", "levels")
    previous = 0
    for key, level in rulebook.levels.items():
        if level.value <= previous:
            yield Finding("rules.levels_ascend", f"levels.{key}.value", {"value": level.value, "previous": previous})
        previous = level.value


def _level_references(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for key in rulebook.quotas:
        yield f"quotas.{key}", key
    for key in rulebook.application.caps.model_extra or {}:
        yield f"application.caps.{key}", key
    if rulebook.coverage:
        yield "coverage.level", rulebook.coverage.level
    if rulebook.consequences.advanced_recommendation_from:
        yield "consequences.advanced_recommendation_from", rulebook.consequences.advanced_recommendation_from
    for key in rulebook.consequences.funding:
        yield f"consequences.funding.{key}", key
    for i, key in enumerate(rulebook.inspection.spot_check.levels or ()):
        yield f"inspection.spot_check.levels.{i}", key
    for name, standard in rulebook.standards.items():
        for part, keys in (("cutoffs", standard.cutoffs), ("must", standard.must)):
            for key in keys:
                yield f"standards.{name}.{part}.{key}", key
        for path, criterion in criteria_with_paths(name, standard):
            for key in criterion.requires:
                yield f"{path}.requires.{key}", key


def _check_references(rulebook: Rulebook, content: Mapping[str, object]) -> Iterator[Finding]:
    yield from _known("rules.unknown_level", _named(content, "levels"), _level_references(rulebook))
    yield from _known(
        "rules.unknown_standard",
        _named(content, "standards"),
        ((f"sectors.{k}.standard", s.standard) for k, s in rulebook.sectors.items() if s.standard),
    )
    yield from _known("rules.unknown_sector", SECTORS, ((f"sectors.{k}", k) for k in rulebook.sectors))
    yield from _known("rules.unknown_kind", SUPERIOR_KINDS, _kind_references(rulebook))


def _kind_references(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for key in rulebook.superior_kinds:
        yield f"superior_kinds.{key}", key
    for i, key in enumerate(rulebook.application.caps.applies_to):
        yield f"application.caps.applies_to.{i}", key
    if sanction := rulebook.inspection.collective_sanction:
        for i, key in enumerate(sanction.applies_to):
            yield f"inspection.collective_sanction.applies_to.{i}", key


def criteria_with_paths(name: str, standard: Standard) -> Iterator[tuple[str, Criterion]]:
    """Every criterion of a standard, retired ones too, with its path (list items by index)."""
    for i, section in enumerate(standard.sections):
        for j, criterion in enumerate(section.criteria):
            yield f"standards.{name}.sections.{i}.criteria.{j}", criterion


def _check_standards(rulebook: Rulebook) -> Iterator[Finding]:
    for name, standard in rulebook.standards.items():
        rows = list(criteria_with_paths(name, standard))
        yield from _twice("rules.criterion_twice", [(path, c.id) for path, c in rows])
        yield from _twice(
            "rules.id_twice", [(f"standards.{name}.sections.{i}", s.id) for i, s in enumerate(standard.sections)]
        )
        for path, criterion in rows:
            yield from _check_measure(standard, path, criterion)
            yield from _check_cumulative(rulebook.level_keys, path, criterion)
        if standard.mode == "points":
            yield from _check_points(rulebook, name, standard)
        elif standard.cutoffs or standard.must:
            key = "cutoffs" if standard.cutoffs else "must"
            yield Finding("rules.only_in_points", f"standards.{name}.{key}", {"key": key})


def _check_measure(standard: Standard, path: str, criterion: Criterion) -> Iterator[Finding]:
    if standard.mode == "points" and criterion.points is None:
        yield Finding("rules.points_missing", path)
    if standard.mode == "all_required" and criterion.points is not None:
        yield Finding("rules.only_in_points", f"{path}.points", {"key": "points"})
    if criterion.measure == "score" and standard.mode != "points":
        yield Finding("rules.only_in_points", f"{path}.measure", {"key": "score"})
    if criterion.measure in ("count", "percent") and not criterion.requires:
        yield Finding("rules.requires_missing", path)
    for key, required in criterion.requires.items():
        if not _fits(criterion, required):
            yield Finding(f"rules.requires_{criterion.measure}", f"{path}.requires.{key}")


def _fits(criterion: Criterion, required: bool | Decimal) -> bool:
    if isinstance(required, bool):
        return criterion.measure == "yes_no"
    match criterion.measure:
        case "yes_no":
            return False
        case "count":
            return required == required.to_integral_value()
        case "percent":
            return required <= 100
        case "score":
            return criterion.points is None or required <= criterion.points


def _check_cumulative(levels: Sequence[str], path: str, criterion: Criterion) -> Iterator[Finding]:
    below: tuple[str, Decimal] | None = None
    for key in levels:
        least = criterion.threshold(key)
        if below and (least is None or least < below[1]):
            yield Finding("rules.asks_less", f"{path}.requires.{key}", {"level": key, "below": below[0]})
        below = (key, least) if least is not None else below


def _check_points(rulebook: Rulebook, name: str, standard: Standard) -> Iterator[Finding]:
    total = sum((c.points or Decimal(0) for c in standard.criteria.values()), Decimal(0))
    below: tuple[str, Decimal] | None = None
    for key in rulebook.level_keys:
        path = f"standards.{name}.cutoffs.{key}"
        cutoff = standard.cutoffs.get(key)
        if cutoff is None:
            yield Finding("rules.cutoff_missing", path, {"level": key})
            continue
        if cutoff > total:
            yield Finding("rules.cutoff_unreachable", path, {"total": total})
        if below and cutoff < below[1]:
            yield Finding("rules.asks_less", path, {"level": key, "below": below[0]})
        below = (key, cutoff)
    required: frozenset[str] = frozenset()
    for key in rulebook.level_keys:
        must = standard.must.get(key, ())
        path = f"standards.{name}.must.{key}"
        yield from _known("rules.unknown_criterion", standard.criteria, ((path, c) for c in must))
        if not required <= set(must):
            yield Finding("rules.must_dropped", path, {"names": ", ".join(sorted(required - set(must)))})
        required |= set(must)


def _check_quotas(rulebook: Rulebook) -> Iterator[Finding]:
    for key, quota in rulebook.quotas.items():
        if quota is None:
            continue
        yield from _check_quota(f"quotas.{key}", quota)
        if key in (rulebook.inspection.spot_check.levels or ()):
            yield Finding("rules.quota_on_spot_check", f"quotas.{key}", {"level": key})


def _check_quota(path: str, quota: Quota) -> Iterator[Finding]:
    if quota.share and (quota.places is not None or quota.growth):
        yield Finding("rules.places_or_share", f"{path}.share")
    elif not quota.share and not quota.places:
        yield Finding("rules.no_published_year", f"{path}.places" if quota.places is not None else path)


def _check_days(rulebook: Rulebook) -> Iterator[Finding]:
    star = rulebook.member_star
    if star and star.voting.closes < star.voting.opens:
        yield Finding("rules.closes_before_opens", "member_star.voting.closes")
    for item in rulebook.calendar:
        if item.to_month < item.from_month:
            yield Finding("rules.ends_before_start", f"calendar.{item.id}.to")


def _check_appraisals(rulebook: Rulebook) -> Iterator[Finding]:
    criteria = {c.id: c for s in rulebook.standards.values() for c in s.criteria.values()}
    for key, kind in rulebook.appraisals.items():
        path = f"appraisals.{key}"
        if kind.criterion:
            yield from _known("rules.unknown_criterion", criteria, [(f"{path}.criterion", kind.criterion)])
            found = criteria.get(kind.criterion)
            if found and found.measure != "percent":
                yield Finding("rules.not_percent", f"{path}.criterion", {"name": kind.criterion})
        yield from _same_words(path, kind)


def _same_words(path: str, kind: Appraisal) -> Iterator[Finding]:
    """Ballots and files name answers in either language, so no two may have a name in common."""
    words = [
        (f"{path}.answers.{key}.name", word)
        for key, answer in kind.answers.items()
        for word in dict.fromkeys((key, answer.name.zh.strip().lower(), answer.name.en.strip().lower()))
    ]
    yield from _twice("rules.answer_twice", words)


def _check_ids(rulebook: Rulebook) -> Iterator[Finding]:
    conditions = rulebook.member_star.conditions if rulebook.member_star else ()
    for path, ids in (
        ("calendar", [c.id for c in rulebook.calendar]),
        ("readings", [r.id for r in rulebook.readings]),
        ("member_star.conditions", [c.id for c in conditions]),
        ("ranking", list(rulebook.ranking)),
    ):
        yield from _twice("rules.id_twice", [(f"{path}.{i}", name) for i, name in enumerate(ids)])


def _check_readings(rulebook: Rulebook) -> Iterator[Finding]:
    for reading in rulebook.readings:
        if not paths_like(rulebook, reading.path):
            yield Finding("rules.no_such_path", f"readings.{reading.id}.path", {"path": reading.path})


def _twice(code: str, used: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    for name, times in Counter(name for _, name in used).items():
        if times > 1:
            last = [path for path, n in used if n == name][-1]
            yield Finding(code, last, {"name": name, "times": times})


_CHECKS: tuple[Callable[[Rulebook], Iterator[Finding]], ...] = (
    _check_levels,
    _check_standards,
    _check_quotas,
    _check_days,
    _check_appraisals,
    _check_ids,
)

"""Rates the branches of one year row by row, straight from the text of the rules.

Written to be read next to the definitions, not to be fast: plain lists, exact fractions, no data frames.
Tables are the rows that `csv.DictReader` gives for the English headers (a blank cell is ""), rules are the
parsed rules document. Only standards in `all_required` mode are covered.

Wherever the text leaves room, a comment starting with "choice:" says which way this reading went.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .basics import (
    THREE,
    Rules,
    Tables,
    cell,
    criteria_met,
    level_bounds,
    level_keys,
    level_met,
    one_down,
    places,
    quota_of,
    ratio,
    rounded,
)
from .cases import Case, of_year, read_cases

__all__ = ["Drawn", "LevelSummary", "Rated", "draw", "evaluate", "level_bounds", "level_met", "places"]

DECIDED_IN_ORDER = (5, 4)


@dataclass(frozen=True)
class Rated:
    """The result of one branch."""

    branch_id: str
    previous_level: int
    self_level: int
    applied_level: int | None
    application_status: str | None
    level_met: int | None
    awarded_level: int
    basis: str


@dataclass(frozen=True)
class LevelSummary:
    """What happened at one level that has a quota."""

    level: int
    quota: int
    applicants: int
    pool: int
    places: int
    selected: int
    tied: int
    binding: str


@dataclass(frozen=True)
class Drawn:
    """One branch of the population of a draw; those not drawn stand in ticket order as replacements."""

    superior_id: str
    branch_id: str
    ticket: str
    drawn: bool


# ---------------------------------------------------------------- 3.2 to 3.4 and 3.6


def vetoed(tables: Tables, rules: Rules, branch_id: str, year: int) -> bool:
    # choice: every severe incident on record is a confirmed one.
    severe = [r for r in of_year(tables, "incidents", year) if r["branch_id"] == branch_id and r["severe"] == "1"]
    committee = [row for row in severe if row["subject"] == "committee"]
    members = [cell(row, "member_id") for row in severe if row["subject"] == "member"]
    # choice: an incident without member_id cannot be shown to be about someone else than the named ones; incidents
    # that name nobody are about one member at least.
    different = max(len(set(members) - {""}), 1 if members else 0)
    return len(committee) >= int(rules["veto"]["committee"]) or different >= int(rules["veto"]["members"])


def sanctioned(rules: Rules, cases: list[Case]) -> set[str]:
    """The communities whose three-star applications all fall."""
    sanction = rules["inspection"].get("collective_sanction")
    if not sanction:
        return set()
    result = set()
    for superior in {case.superior_id for case in cases if case.superior_kind == "community"}:
        # choice: an application counts when it is accepted and asks for more than the branch holds; a veto or a
        # downgrade of the branch does not make its failure undone.
        group = [c for c in cases if c.superior_id == superior and c.accepted_level > c.previous]
        failures = sum(case.accepted_level == THREE and case.failed("spot_check") for case in group)
        if sanction.get("counts", "three_star") == "any":
            failures += sum(case.accepted_level > THREE and case.failed("acceptance") for case in group)
        if failures >= int(sanction["failures"]):
            result.add(superior)
    return result


def settle(tables: Tables, rules: Rules, year: int, cases: list[Case], final: bool) -> list[Case]:
    """Gives every branch the result that needs no ranking, and returns the candidates for four and five stars."""
    failed_plans = {r["branch_id"] for r in of_year(tables, "rectifications", year) if r["outcome"] == "failed"}
    # choice: a deferral counts in the year it is recorded for; "within N years of the first" includes first + N.
    window = int(rules["first_year"]) <= year <= int(rules["first_year"]) + int(rules["coverage"]["deferral_years"])
    deferred = {row["branch_id"] for row in of_year(tables, "deferrals", year)} if window else set()
    steps = int((rules.get("downgrade") or {}).get("levels", 1))
    punished = sanctioned(rules, cases)
    candidates = []
    for case in cases:
        if not case.active:
            case.level, case.basis = 0, "inactive"
        elif vetoed(tables, rules, case.branch_id, year):
            case.level, case.basis = 0, "vetoed"
        elif case.previous >= THREE and case.failed("recheck"):
            case.level, case.basis = one_down(case.previous, steps), "downgraded_recheck"
        elif case.previous >= THREE and case.branch_id in failed_plans:
            case.level, case.basis = one_down(case.previous, steps), "downgraded_rectification"
        elif case.previous >= THREE:
            # choice: a holder that was never inspected for its new level keeps `retained`, not `not_inspected`.
            case.level, case.basis = case.previous, "retained"
            if case.accepted_level > case.previous:
                candidates.append(case)
        elif case.accepted_level == THREE:
            if case.failed("spot_check"):
                case.level, case.basis = 0, "spot_check_failed"
            elif case.superior_id in punished:
                case.level, case.basis = 0, "collective_sanction"
            else:
                case.level, case.basis = THREE, "recognised"
        elif case.accepted_level > THREE:
            case.level, case.basis = 0, "not_inspected" if final and case.inspected is None else "not_met"
            candidates.append(case)
        elif case.application is not None:
            # choice: in the order of the sentence: a refused application comes before a deferral.
            case.level, case.basis = 0, "not_accepted"
        else:
            case.level, case.basis = 0, "deferred" if case.branch_id in deferred else "not_applied"
    return candidates


# ---------------------------------------------------------------- 3.5: four and five stars


def is_final(tables: Tables, year: int, stage: str) -> bool:
    if stage == "auto":
        # choice: any row of an acceptance inspection, whatever it holds and whichever branch it is about.
        return any(row["kind"] == "acceptance" for row in of_year(tables, "inspections", year))
    if stage not in ("projected", "final"):
        raise ValueError(f"unknown stage {stage!r}")
    return stage == "final"


def counted_level(case: Case, final: bool) -> int:
    if case.inspected is not None:
        return case.inspected
    return 0 if final else case.self_level


def ranks(rules: Rules, case: Case) -> list[tuple[int, Fraction]]:
    result = []
    for key in rules["ranking"]:
        value: Fraction | None
        if key == "score":
            # choice: the score of the acceptance inspection, not of a spot check or recheck.
            text = cell(case.inspections.get("acceptance", {}), "score")
            value = Fraction(Decimal(text)) if text else None
        elif key == "criteria_met":
            # choice: one set of marks for all criteria; the self marks never fill gaps of an inspection.
            marks = case.marks.get("inspection") or case.marks.get("self") or {}
            value = Fraction(criteria_met(rules, case.standard, marks))
        else:
            raise ValueError(f"unknown ranking key {key!r}")
        result.append((0, Fraction(0)) if value is None else (1, value))
    return result


def best_of(
    pool: Iterable[Case], open_places: int, chosen: set[str], refused: set[str]
) -> tuple[list[Case], list[Case]]:
    """(selected, tied): the best of the pool, and the group at the cut that nobody has decided about."""
    selected: list[Case] = []
    waiting = list(pool)
    while waiting:
        best = max(case.ranks for case in waiting)
        group = [case for case in waiting if case.ranks == best]
        waiting = [case for case in waiting if case.ranks != best]
        left = open_places - len(selected)
        if len(group) <= left:
            selected += group
        elif left == 0:
            break
        else:
            # choice: the leading group has decided when it recorded `selected` for exactly as many of this group as
            # there are places left, or spoke about each of the group and selected no more than that; the others of
            # the group then are not selected. Anything else decides nothing. Decisions about branches outside the
            # group are ignored.
            winners = [case for case in group if case.branch_id in chosen]
            spoken = all(case.branch_id in chosen | refused for case in group)
            if len(winners) == left or (spoken and len(winners) < left):
                return selected + winners, []
            return selected, group
    return selected, []


def evaluate(tables: Tables, rules: Rules, year: int, stage: str = "auto") -> tuple[list[Rated], list[LevelSummary]]:
    """Rates every branch (in the order of their ids) and sums up the levels that have a quota (ascending)."""
    final = is_final(tables, year, stage)
    cases = read_cases(tables, rules, year)
    candidates = settle(tables, rules, year, cases, final)
    for case in candidates:
        case.ranks = ranks(rules, case)
    cascade = bool(rules.get("cascade", True))
    keys = level_keys(rules)
    summaries = []
    coming_down: list[Case] = []
    for level in DECIDED_IN_ORDER:
        applicants = [case for case in candidates if case.accepted_level == level]
        # Who is already there. Level 5 is settled before level 4, so a four-star branch that rose is not counted here.
        held = sum(case.level == level for case in cases)
        here = applicants + [case for case in coming_down if case.previous < level]
        pool = [case for case in here if counted_level(case, final) >= level]
        quota = quota_of(rules, keys[level], year, sum(case.active for case in cases), len(applicants))
        fallback = False
        if quota is None:
            # choice: a level without a quota takes everyone who meets it.
            selected, tied = pool, list[Case]()
        else:
            node = rules["quotas"][keys[level]]
            open_places = max(0, quota - held) if node.get("counts", "holders") == "holders" else quota
            shortfall = node.get("shortfall")
            fallback = bool(shortfall) and len(applicants) < open_places
            if fallback:
                open_places = rounded(ratio(shortfall["ratio"]) * len(applicants), shortfall.get("rounding", "half_up"))
            decided = [row for row in of_year(tables, "decisions", year) if int(row["level"]) == level]
            chosen = {row["branch_id"] for row in decided if row["outcome"] == "selected"}
            refused = {row["branch_id"] for row in decided} - chosen
            selected, tied = best_of(pool, open_places, chosen, refused)
            binding = "supply" if len(pool) <= open_places else "fallback" if fallback else "quota"
            summaries.append(
                LevelSummary(level, quota, len(applicants), len(pool), open_places, len(selected), len(tied), binding)
            )
        for case in selected:
            case.level, case.basis = level, "selected" if case.applied == level else "cascaded"
        for case in tied:
            case.basis = "tie_pending"
            if case.previous == 0:
                case.level = THREE if cascade and counted_level(case, final) >= THREE else 0
        gone = {case.branch_id for case in selected + tied}
        rest = [case for case in applicants + coming_down if case.branch_id not in gone]
        if cascade:
            coming_down = rest
        else:
            for case in rest:
                if case.previous == 0 and counted_level(case, final) >= level:
                    case.level, case.basis = 0, "over_quota"
    for case in coming_down:
        if case.previous == 0 and counted_level(case, final) >= THREE:
            case.level, case.basis = THREE, "cascaded"
    rated = [
        Rated(
            case.branch_id,
            case.previous,
            case.self_level,
            case.applied,
            case.status,
            case.inspected if final or case.inspected is not None else case.self_level,
            case.level,
            case.basis,
        )
        for case in cases
    ]
    return rated, summaries[::-1]


# ---------------------------------------------------------------- section 5: draws


def draw(tables: Tables, rules: Rules, year: int, kind: str, seed: str) -> list[Drawn]:
    """The whole population of a draw by superior and ticket, with those marked that are drawn."""
    cases = read_cases(tables, rules, year)
    if kind == "spot_check":
        population = [case for case in cases if case.previous == 0 and case.accepted_level == THREE]
    elif kind == "recheck":
        # choice: a dissolved branch is not rated, so it is not drawn either; a vetoed one is.
        population = [case for case in cases if case.previous >= THREE and case.active]
    else:
        raise ValueError(f"no draw for {kind!r}")
    settings = rules["inspection"][kind]
    result = []
    # choice: the branches without a superior form one stratum of their own.
    for superior in sorted({case.superior_id for case in population}):
        names = [case.branch_id for case in population if case.superior_id == superior]
        tickets = sorted((hashlib.sha256(f"{seed},{name}".encode()).hexdigest(), name) for name in names)
        wanted = max(int(settings["min_per_superior"]), math.ceil(ratio(settings["rate"]) * len(names)))
        for place, (ticket, name) in enumerate(tickets):
            result.append(Drawn(superior, name, ticket, place < wanted))
    return result

"""What is known about each branch in a year, and whether its application is accepted (3.1)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .basics import Marks, Row, Rules, Tables, cell, level_keys, level_met


@dataclass
class Case:
    """Everything known about one branch in the year, and its result as far as it is decided."""

    branch_id: str
    superior_id: str
    superior_kind: str
    active: bool
    standard: str | None
    previous: int
    application: Row | None
    marks: dict[str, Marks]
    inspections: dict[str, Row]
    self_level: int = 0
    inspected: int | None = None
    status: str | None = None
    level: int = 0
    basis: str = ""
    ranks: list[tuple[int, Fraction]] = field(default_factory=list)

    @property
    def applied(self) -> int | None:
        return int(self.application["level"]) if self.application is not None else None

    @property
    def accepted_level(self) -> int:
        """A: the level of the accepted application, 0 without one."""
        return (self.applied or 0) if self.status == "accepted" else 0

    def failed(self, kind: str) -> bool:
        # choice: an inspection failed when its outcome says `fail`; level_met or score never imply it.
        return kind in self.inspections and cell(self.inspections[kind], "outcome") == "fail"


# ---------------------------------------------------------------- the facts of a year


def of_year(tables: Tables, name: str, year: int) -> list[Row]:
    return [row for row in tables.get(name, ()) if int(row["year"]) == year]


def standard_of(rules: Rules, sector: str) -> str | None:
    node = rules["sectors"].get(sector) or {}
    name = node.get("standard")
    return str(name) if name is not None and name in rules["standards"] else None


def read_cases(tables: Tables, rules: Rules, year: int) -> list[Case]:
    kinds = {row["superior_id"]: row["kind"] for row in tables.get("superiors", ())}
    # choice: P is the award of year Y-1 exactly; an older award without one for Y-1 is not a level held.
    previous = {row["branch_id"]: int(row["level"]) for row in of_year(tables, "awards", year - 1)}
    applications = {row["branch_id"]: row for row in of_year(tables, "applications", year)}
    marks: dict[str, dict[str, dict[str, str]]] = {}
    for row in of_year(tables, "marks", year):
        # choice: a row with a blank value is the same as no row.
        if cell(row, "value") != "":
            stage_marks = marks.setdefault(row["branch_id"], {}).setdefault(row["stage"], {})
            stage_marks[row["criterion"]] = cell(row, "value")
    inspections: dict[str, dict[str, Row]] = {}
    for row in of_year(tables, "inspections", year):
        inspections.setdefault(row["branch_id"], {})[row["kind"]] = row
    cases = []
    for row in sorted(tables.get("branches", ()), key=lambda branch: branch["branch_id"]):
        name = row["branch_id"]
        superior = cell(row, "superior_id")
        case = Case(
            branch_id=name,
            superior_id=superior,
            superior_kind=kinds.get(superior, ""),
            active=cell(row, "active") != "0",
            standard=standard_of(rules, row["sector"]),
            previous=previous.get(name, 0),
            application=applications.get(name),
            marks=dict(marks.get(name, {})),
            inspections=inspections.get(name, {}),
        )
        case.self_level = level_met(rules, case.standard, case.marks.get("self", {}))
        case.inspected = inspected_level(rules, case)
        cases.append(case)
    set_statuses(rules, cases, year)
    return cases


def inspected_level(rules: Rules, case: Case) -> int | None:
    """The recorded level of the acceptance inspection, else what the inspection marks meet, else None."""
    acceptance = case.inspections.get("acceptance")
    if acceptance is not None and cell(acceptance, "level_met") != "":
        return int(cell(acceptance, "level_met"))
    # choice: inspection marks count without an acceptance row; an acceptance row that records no level, with no
    # (or only blank) marks, is "none at all", whatever its outcome says.
    if case.marks.get("inspection"):
        return level_met(rules, case.standard, case.marks["inspection"])
    return None


# ---------------------------------------------------------------- 3.1: is the application accepted?


def set_statuses(rules: Rules, cases: list[Case], year: int) -> None:
    for case in cases:
        if case.application is not None:
            case.status = own_status(rules, case, case.application, year)
    caps = rules["application"].get("caps") or {}
    for level, key in level_keys(rules).items():
        if caps.get(key) is None:
            continue
        # choice: every application that passed 1-4 counts, also of a vetoed branch or for a level already held.
        passed = [case for case in cases if case.status == "accepted" and case.applied == level]
        for superior in sorted({case.superior_id for case in passed}):
            group = [case for case in passed if case.superior_id == superior]
            if group[0].superior_kind in caps.get("applies_to", ()):
                for case in sorted(group, key=cap_order)[int(caps[key]) :]:
                    case.status = "over_cap"


def own_status(rules: Rules, case: Case, application: Row, year: int) -> str:
    """The status as far as the branch alone decides it: everything but the cap."""
    if not case.active or case.standard is None:
        return "ineligible"
    deadline = date.fromisoformat(f"{year}-{rules['application']['deadline']}")
    if date.fromisoformat(cell(application, "submitted_on")) > deadline and cell(application, "exception") == "":
        return "late"
    # choice: without a superior the review column is not looked at; handing in is the branch's own review.
    if case.superior_id and cell(application, "review") != "approved":
        return cell(application, "review")
    if rules["application"].get("requires_self_assessment", True) and case.self_level < int(application["level"]):
        return "self_unmet"
    return "accepted"


def cap_order(case: Case) -> tuple[bool, Decimal, date, str]:
    assert case.application is not None
    priority = cell(case.application, "priority")
    handed_in = date.fromisoformat(cell(case.application, "submitted_on"))
    return (priority == "", Decimal(priority or "0"), handed_in, case.branch_id)

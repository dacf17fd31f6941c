"""Seeded random subdistricts: small data sets in which every rule, exception and tie turns up often.

Everything in them is valid input: required cells are filled, ids refer to rows that exist (but `member_id`,
for which there is no members table), keys are unique and every mark suits the measure of its criterion.
"""

import csv
import random
from pathlib import Path

Tables = dict[str, list[dict[str, str]]]

COLUMNS: dict[str, tuple[str, ...]] = {
    "superiors": ("superior_id", "name", "kind"),
    "branches": ("branch_id", "name", "superior_id", "sector", "active"),
    "members": ("member_id", "name", "branch_id", "status", "in_subdistrict"),
    "awards": ("branch_id", "year", "level"),
    "marks": ("branch_id", "year", "stage", "criterion", "value", "note", "evidence"),
    "applications": ("branch_id", "year", "level", "submitted_on", "review", "priority", "exception"),
    "inspections": ("branch_id", "year", "kind", "outcome", "level_met", "score", "inspected_on"),
    "incidents": ("incident_id", "branch_id", "year", "subject", "member_id", "severe", "note"),
    "rectifications": ("branch_id", "year", "due_on", "outcome"),
    "deferrals": ("branch_id", "year", "reason"),
    "decisions": ("branch_id", "year", "level", "outcome", "reason"),
    "nominees": ("nominee_id", "year", "member_id", "statement"),
    "opinions": ("nominee_id", "department", "verdict", "note"),
    "votes": ("vote_id", "channel", "voter", "nominee_id", "cast_at"),
    "identities": ("voter", "person"),
    "vote_decisions": ("nominee_id", "outcome", "reason"),
}

FROM_THREE = (1, 2, 7, 8, 9, 12, 13, 14, 24)
FROM_FOUR = (3, 4, 17, 18, 19, 25, 26, 30, 31, 37, 38)
FROM_FIVE = (5, 6, 20, 21, 22, 23, 27, 28, 29, 34, 35, 36, 40, 41, 42)
AMOUNTS: dict[int, dict[int, int]] = {
    10: {3: 1, 4: 1, 5: 2},
    11: {3: 1, 4: 3, 5: 4},
    15: {3: 50, 4: 80, 5: 95},
    16: {3: 20, 4: 30, 5: 50},
    32: {4: 2, 5: 4},
    33: {4: 1, 5: 2},
    39: {5: 90},
}
PERCENT = (15, 16, 39)


def required(criterion: int, level: int) -> int | None:
    """What the level asks of the criterion; 1 stands for yes."""
    if criterion in AMOUNTS:
        return AMOUNTS[criterion].get(level)
    first = 3 if criterion in FROM_THREE else 4 if criterion in FROM_FOUR else 5
    return 1 if level >= first else None


class Mood:
    """What a whole subdistrict is like: drawn once, so that some seeds are extreme."""

    def __init__(self, rng: random.Random) -> None:
        self.holders = rng.choice((0.1, 0.3, 0.6))
        self.ambition = rng.choice(((6, 2, 1), (5, 3, 2), (2, 3, 4), (6, 5, 2), (1, 1, 5)))
        self.applying = rng.choice((0.5, 0.8, 0.95))
        self.untidy = rng.choice((0.02, 0.05, 0.1, 0.25))
        self.inspected = rng.choice((0.0, 0.6, 0.9, 1.0))
        self.failing = rng.choice((0.05, 0.3, 0.6))
        self.spot_failing = self.failing  # set anew for each branch: one community is worse than the others
        self.incidents = rng.choice((0.05, 0.25, 0.5))
        self.decided = rng.choice((0.0, 0.1, 0.5, 1.0))
        self.scores = rng.choice((("90", "90.0"), ("85", "90", ""), ("80", "85", "87.5", "90", "95"), ("",)))
        self.fillers = rng.choice((("none",), ("none", "all"), ("none", "some", "all", "blank")))


def random_tables(seed: int, branches: int = 60, year: int = 2019) -> Tables:
    rng = random.Random(seed)
    mood = Mood(rng)
    tables: Tables = {name: [] for name in COLUMNS if name not in NOT_MADE}
    superiors = add_superiors(rng, tables)
    worst = next(row["superior_id"] for row in tables["superiors"] if row["kind"] == "community")
    weights = [rng.choice((1, 1, 4)) for _ in superiors]  # some have many branches, most have few
    weights[superiors.index(worst)] = rng.choice((2, 8, 12))
    for number in range(1, branches + 1):
        name = f"{rng.choice(('B', 'b', 'Z-', '社'))}{number}"
        superior = "" if rng.random() < 0.12 else rng.choices(superiors, weights)[0]
        mood.spot_failing = 0.6 if superior == worst else 0.7 * mood.failing
        add(
            tables,
            "branches",
            branch_id=name,
            name=rng.choice((f"第{number}党支部", f'Branch "{number}", north', f"支部{number}")),
            superior_id=superior,
            sector=rng.choice(("two_new", "two_new", "community", "direct_unit", "organ")),
            active=rng.choices(("1", "", "0"), (80, 15, 5))[0],
        )
        add_branch(rng, mood, tables, name, year)
        if rng.random() < 0.15:  # the same branch in another year: nothing of it may count
            add_year(rng, Mood(rng), tables, name, rng.choice((year - 2, year - 1, year + 1)), 4, 0)
    for rows in tables.values():
        rng.shuffle(rows)
    return tables


NOT_MADE = ("members", "nominees", "opinions", "votes", "identities", "vote_decisions")


def add(tables: Tables, table: str, **cells: object) -> None:
    """Appends a row; columns that are not given stay blank."""
    tables[table].append({column: str(cells.get(column, "")) for column in COLUMNS[table]})


def add_superiors(rng: random.Random, tables: Tables) -> list[str]:
    kinds = ["community"] * rng.randint(1, 4) + ["two_new_org", "direct_unit", "organ"] * rng.randint(1, 2)
    rng.shuffle(kinds)
    for number, kind in enumerate(kinds, start=1):
        add(tables, "superiors", superior_id=f"S{number}", name=f"上级党组织{number}", kind=kind)
    return [row["superior_id"] for row in tables["superiors"]]


def add_branch(rng: random.Random, mood: Mood, tables: Tables, name: str, year: int) -> None:
    held = rng.choices((3, 4, 5), (6, 3, 2))[0] if rng.random() < mood.holders else 0
    if held or rng.random() < 0.2:
        add(tables, "awards", branch_id=name, year=year - 1, level=held)
    for older in range(year - 3, year - 1):
        if rng.random() < 0.15:
            add(tables, "awards", branch_id=name, year=older, level=rng.choice((0, 3, 4, 5)))
    if rng.random() < 0.05:  # a result of this very year (an earlier evaluation was recorded) or of a later one
        add(tables, "awards", branch_id=name, year=year + rng.choice((0, 1)), level=rng.choice((0, 3, 4, 5)))
    wanted = rng.choices((3, 4, 5), mood.ambition)[0]
    if held and rng.random() < 0.5:
        wanted = min(5, held + 1)
    add_year(rng, mood, tables, name, year, wanted, held)


def add_year(rng: random.Random, mood: Mood, tables: Tables, name: str, year: int, wanted: int, held: int) -> None:
    if rng.random() < mood.applying:
        add_application(rng, mood, tables, name, year, wanted)
    elif rng.random() < 0.4:
        wanted = 0
    self_level = wanted if rng.random() > mood.untidy else rng.choice((0, 3, 4, 5))
    if rng.random() > 0.3 * mood.untidy:
        add_marks(rng, mood, tables, name, year, "self", self_level)
    add_inspections(rng, mood, tables, name, year, wanted, held)
    add_trouble(rng, mood, tables, name, year)
    if rng.random() < mood.decided:
        for level in rng.choice(((wanted,), (4, 5), (4,))):
            if level:
                outcome = rng.choice(("selected", "not_selected"))
                add(tables, "decisions", branch_id=name, year=year, level=level, outcome=outcome, reason="会议纪要")


def add_application(rng: random.Random, mood: Mood, tables: Tables, name: str, year: int, level: int) -> None:
    day = rng.choice(("01-05", "03-31", "04-15", "04-15", "04-29", "04-30"))
    exception = ""
    if rng.random() < 0.5 * mood.untidy:
        day = rng.choice(("05-01", "05-02", "09-30"))
    if rng.random() < 0.1:
        day, exception = rng.choice(("05-01", "06-15", "04-30")), "经街道党工委同意"
    add(
        tables,
        "applications",
        branch_id=name,
        year=year,
        level=level,
        submitted_on=f"{year}-{day}",
        review=rng.choice(("returned", "pending")) if rng.random() < 0.5 * mood.untidy else "approved",
        priority=rng.choice(("", "", "1", "1", "2", "3", "10")),
        exception=exception,
    )


def add_marks(rng: random.Random, mood: Mood, tables: Tables, name: str, year: int, stage: str, level: int) -> None:
    """Marks that meet the level exactly, generously or but for one criterion."""
    filler = rng.choice(mood.fillers)
    flawed = -1
    flaw = rng.choice(("short", "blank", "absent")) if rng.random() < mood.untidy else ""
    asked = [criterion for criterion in range(1, 43) if required(criterion, level) is not None]
    if flaw and asked:
        flawed = rng.choice(asked)
    if rng.random() < 0.02:
        filler, asked = "blank", []  # a sheet on which nothing is filled in
    for criterion in range(1, 43):
        value = mark(rng, criterion, level if criterion in asked else 0, filler)
        if criterion == flawed:
            value = None if flaw == "absent" else "" if flaw == "blank" else one_short(criterion, level)
        if value is not None:
            note = rng.choice(("", "", "见台账"))
            cells = {"branch_id": name, "year": year, "stage": stage, "criterion": f"c{criterion:02}"}
            add(tables, "marks", **cells, value=value, note=note, evidence="")


def mark(rng: random.Random, criterion: int, level: int, filler: str) -> str | None:
    """A value that just meets the level; where the level asks nothing, what the filler says (None: no row)."""
    asked = required(criterion, level)
    top = required(criterion, 5) or 0
    if asked is not None:
        return str(top) if filler == "all" and rng.random() < 0.1 else str(asked)
    if filler == "blank":
        return ""
    if filler == "none" or (filler == "some" and rng.random() < 0.5):
        return None
    return rng.choice(("0", str(top))) if criterion in (5, 20, 39, 42) else "0"


def one_short(criterion: int, level: int) -> str:
    asked = required(criterion, level) or 0
    return f"{asked - 1}.5" if criterion in PERCENT else str(asked - 1)


def add_inspections(
    rng: random.Random, mood: Mood, tables: Tables, name: str, year: int, wanted: int, held: int
) -> None:
    found = wanted if rng.random() > max(0.15, mood.failing) else rng.choice((0, 3, 4, 5))
    if rng.random() < mood.inspected and (wanted > 3 or rng.random() < 0.1):
        recorded = rng.choice((str(found), "", ""))
        outcome = rng.choice(("pass" if found >= wanted else "fail", ""))
        add_inspection(rng, tables, name, year, "acceptance", outcome, recorded, rng.choice(mood.scores))
        if (recorded == "" and rng.random() < 0.9) or rng.random() < 0.2:
            add_marks(rng, mood, tables, name, year, "inspection", found)
    elif rng.random() < 0.05:
        add_marks(rng, mood, tables, name, year, "inspection", found)
    if (wanted == 3 and rng.random() < 0.75) or rng.random() < 0.05:
        outcome = "fail" if rng.random() < mood.spot_failing else rng.choice(("pass", ""))
        add_inspection(rng, tables, name, year, "spot_check", outcome, rng.choice(("", "3", "0")), "99")
    if (held and rng.random() < 0.5) or rng.random() < 0.05:
        outcome = "fail" if rng.random() < mood.failing else rng.choice(("pass", ""))
        add_inspection(rng, tables, name, year, "recheck", outcome, rng.choice(("", "5", "0")), "100")
        if rng.random() < 0.2:
            add_marks(rng, mood, tables, name, year, "recheck", rng.choice((0, 3, 4, 5)))


def add_inspection(
    rng: random.Random, tables: Tables, name: str, year: int, kind: str, outcome: str, level: str, score: str
) -> None:
    cells = {"branch_id": name, "year": year, "kind": kind, "outcome": outcome, "level_met": level, "score": score}
    add(tables, "inspections", **cells, inspected_on=rng.choice(("", f"{year}-10-{rng.randint(10, 28)}")))


def add_trouble(rng: random.Random, mood: Mood, tables: Tables, name: str, year: int) -> None:
    """Incidents, rectifications and deferrals."""
    if rng.random() < mood.incidents:
        for _ in range(rng.randint(1, 3)):
            add(
                tables,
                "incidents",
                incident_id=f"I{len(tables['incidents']) + 1}",
                branch_id=name,
                year=rng.choice((year, year, year, year - 1)),
                subject=rng.choice(("committee", "member", "member", "member")),
                member_id=rng.choice((f"{name}-m1", f"{name}-m1", f"{name}-m2", "")),
                severe=rng.choice(("1", "1", "0")),
                note="",
            )
    if rng.random() < 0.2:
        outcome = "failed" if rng.random() < mood.failing else rng.choice(("open", "met"))
        add(tables, "rectifications", branch_id=name, year=year, due_on=f"{year}-08-31", outcome=outcome)
    if rng.random() < 0.25:
        add(tables, "deferrals", branch_id=name, year=year, reason="新成立的支部")


def write_folder(tables: Tables, folder: Path, *, shuffle: random.Random | None = None) -> None:
    """Writes NAME.csv for every table (UTF-8, English headers), the rows in another order where `shuffle` is given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        ordered = list(rows)
        if shuffle is not None:
            shuffle.shuffle(ordered)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(ordered)

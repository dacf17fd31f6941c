"""What a sheet shows of a branch agrees with an independent reading, for any standard and wherever it is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from dashboard.auth.viewer import OPERATOR, VISITOR
from dashboard.rules.load import load
from dashboard.rules.rulebook import Rulebook
from dashboard.services.expectation import expect
from dashboard.services.preview import Preview, preview, read_marks
from dashboard.services.sheet_feedback import feedback
from dashboard.services.sheets import Change, save
from dashboard.settings import ROOT
from dashboard.store.connection import Store
from tests.helpers import load_tables
from tests.reference.basics import Marks, Rules
from tests.reference.preview import Foreseen, Sheet, decisive_by_trying, foresee
from tests.reference.subdistricts import random_tables
from tests.rules.test_evaluation import as_document
from tests.services.year import SUPERIORS, YEAR, set_day

SCHEMES = ROOT / "tests" / "schemes"
FILES = {"document": ROOT / "rules.yaml", "points": SCHEMES / "points.yaml", "promotion": SCHEMES / "promotion.yaml"}
SECTORS = ("two_new", "community")


class Scheme(NamedTuple):
    """One rules file, read by both, with a store in which there is a branch of each sector (its id is the sector)."""

    file: Path
    rulebook: Rulebook
    rules: Rules
    store: Store
    path: Path

    def standard(self, sector: str) -> str:
        return str(self.rules["sectors"][sector]["standard"])


@pytest.fixture(scope="module", params=list(FILES))
def scheme(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheme]:
    rulebook = load(FILES[request.param])
    path = tmp_path_factory.mktemp(request.param) / "store.duckdb"
    branches = [{"branch_id": s, "name": s, "superior_id": "S1", "sector": s} for s in (*SECTORS, "direct_unit")]
    with Store(path) as store:
        load_tables(store, rulebook, {"superiors": SUPERIORS, "branches": branches})
        set_day(store, f"{YEAR}-04-20")
        yield Scheme(FILES[request.param], rulebook, as_document(rulebook), store, path)


def random_sheet(rng: random.Random, rules: Rules, standard: str) -> dict[str, str]:
    """A sheet near some level, with some of it unknown: just met, just missed, generous or left open."""
    sheet = Sheet(rules, standard, {})
    key = rng.choice(list(sheet.keys.values()))
    open_share, flaws = rng.choice((0.0, 0.1, 0.3, 0.8)), rng.choice((0.0, 0.03, 0.1, 0.4))
    marks = {}
    for name, row in sheet.criteria.items():
        if rng.random() < open_share:
            if rng.random() < 0.5:
                marks[name] = ""
            continue
        asked = sheet.asked(name, key) or Fraction(0)
        measure = row["measure"]
        if measure == "yes_no":
            value = Fraction(asked > 0 and rng.random() >= flaws)
        elif rng.random() < flaws:
            step = Fraction(1, 4) if measure in ("percent", "score") else Fraction(1)
            value = max(asked - step * rng.randint(1, 6), Fraction(0))
        else:
            most = sheet.full(name) if measure == "score" else max(Fraction(100), asked)
            value = min(asked + rng.choice((0, 0, 1, 3)), most)
        marks[name] = f"{float(value):g}"
    return marks


def as_read(scheme: Scheme, standard: str, marks: Marks) -> Foreseen:
    return foresee(scheme.rules, standard, marks)


def as_found(found: Preview) -> Foreseen:
    return Foreseen(
        found.level_low,
        found.level_met,
        found.level_high,
        found.next_level,
        tuple((gap.criterion.id, Fraction(gap.required), exact(gap.value)) for gap in found.missing),
        tuple(criterion.id for criterion in found.decisive),
        sum(section.met for section in found.sections),
    )


def exact(value: object) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def numbers(marks: Mapping[str, str]) -> dict[str, float | None]:
    return {name: float(text) if text else None for name, text in marks.items()}


def test_any_sheet_is_read_alike(scheme: Scheme) -> None:
    rng = random.Random(20)
    seen = set()
    for n in range(150):
        sector = SECTORS[n % len(SECTORS)]
        marks = random_sheet(rng, scheme.rules, scheme.standard(sector))
        found = preview(scheme.store, scheme.rulebook, VISITOR, sector, numbers(marks))
        assert found is not None
        read = as_read(scheme, scheme.standard(sector), marks)
        assert as_found(found) == read, (sector, marks)
        assert bool(found.missing) == (found.next_level is not None)
        seen.add((read.level_low, read.level_high))
    assert {low for low, _ in seen} == {0, *scheme.rulebook.level_values}
    assert {high for _, high in seen} >= set(scheme.rulebook.level_values)
    assert any(low < high for low, high in seen)


@pytest.mark.parametrize("seed", range(25))
def test_what_decides_is_what_trying_every_answer_shows(scheme: Scheme, seed: int) -> None:
    """The independent reading by sums, and by brute force on sheets with few unknowns, are one."""
    rng = random.Random(seed)
    standard = scheme.standard(SECTORS[seed % len(SECTORS)])
    full = Sheet(scheme.rules, standard, {})
    key = rng.choice(list(full.keys.values()))
    left_open = rng.sample(list(full.criteria), 3)
    marks = {
        name: f"{float(full.asked(name, key) or 0) if rng.random() < 0.92 else 0:g}"
        for name in full.criteria
        if name not in left_open
    }
    sheet = Sheet(scheme.rules, standard, marks)
    assert as_read(scheme, standard, marks).decisive == decisive_by_trying(sheet)


def test_editor_page_and_command_agree(scheme: Scheme) -> None:
    """What is typed in the editor, its feedback, the preview page and the command say the same."""
    rng = random.Random(7)
    known: dict[str, Mapping[str, str]] = {sector: {} for sector in SECTORS}
    for n in range(12):
        sector = SECTORS[n % len(SECTORS)]
        marks = random_sheet(rng, scheme.rules, scheme.standard(sector))
        type_over(scheme, sector, known[sector], marks)
        known[sector] = marks
        read = as_read(scheme, scheme.standard(sector), marks)
        told = feedback(scheme.store, scheme.rulebook, VISITOR, sector, YEAR, "self")
        assert from_feedback(told) == read
        page = read_marks(scheme.store, scheme.rulebook, VISITOR, sector, YEAR, typed=True)
        shown = preview(scheme.store, scheme.rulebook, VISITOR, sector, page.values)
        assert shown is not None
        assert as_found(shown) == read


def type_over(scheme: Scheme, branch: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changes = [Change(name, "value", before.get(name), after.get(name)) for name in {*before, *after}]
    saved = save(scheme.store, scheme.rulebook, VISITOR, branch, YEAR, "self", changes)
    assert (saved.conflicts, saved.refused) == ((), ())


def from_feedback(told: Mapping[str, object]) -> Foreseen:
    missing = told["missing"]
    decisive = told["decisive"]
    sections = told["sections"]
    assert isinstance(missing, list)
    assert isinstance(decisive, list)
    assert isinstance(sections, dict)
    return Foreseen(
        told["low"],  # type: ignore[arg-type]
        told["met"],  # type: ignore[arg-type]
        told["high"],  # type: ignore[arg-type]
        told["next"],  # type: ignore[arg-type]
        tuple((name, Fraction(str(least)), exact(value)) for name, least, value in missing),
        tuple(decisive),
        sum(section["met"] for section in sections.values()),
    )


def test_what_others_state_shows_in_counts_alone(rulebook: Rulebook) -> None:
    """Whatever another branch states, what is said of one's own sheet stays; only the chances, and how many are
    expected to meet a level, may move."""
    tables = random_tables(5, branches=30, year=YEAR)
    name, *others = (branch["branch_id"] for branch in tables["branches"] if branch["active"] != "0")
    assert any(row["branch_id"] == name and row["stage"] == "self" for row in tables["marks"])
    rng, told = random.Random(1), []
    for keep in (1.0, 0.5, 0.0):
        with Store(None) as store:
            others_left = [row for row in tables["marks"] if row["branch_id"] == name or rng.random() < keep]
            load_tables(store, rulebook, {**tables, "inspections": [], "marks": others_left})
            told.append(expect(store, rulebook, OPERATOR, name, YEAR))
    assert told[0].preview == told[1].preview == told[2].preview
    for found in told:
        assert sum(found.chances.values()) == pytest.approx(1)
        assert all(0 <= chance <= 1 for chance in found.chances.values())
        assert not any(other in repr(found) for other in others if other not in name)

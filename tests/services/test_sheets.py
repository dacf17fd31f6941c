"""Sheets: nothing acknowledged is lost or doubled, whoever types and however often it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.auth.viewer import VISITOR, Viewer
from dashboard.errors import NotAllowed, UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.services.sheets import Change, Saved, Stage, read_sheet, save
from dashboard.store import sheets as kept
from dashboard.store.connection import Store
from tests.helpers import codes, load_tables
from tests.services.year import YEAR, full_marks, set_day, settle


@pytest.fixture
def subdistrict(store: Store, rulebook: Rulebook) -> Store:
    settle(store, rulebook)
    return store


def put(store: Store, rulebook: Rulebook, *changes: tuple[object, ...], stage: Stage = "self") -> Saved:
    listed = [Change(*change) for change in changes]  # type: ignore[arg-type]
    return save(store, rulebook, VISITOR, "B1", YEAR, stage, listed)


def entry(store: Store, rulebook: Rulebook, criterion: str, stage: Stage = "self") -> tuple[object, object, object]:
    found = read_sheet(store, rulebook, VISITOR, "B1", YEAR, stage).entries[criterion]
    return found.value, found.note, found.evidence


def test_answers_are_kept_as_they_are_typed_and_read_by_their_measure(subdistrict: Store, rulebook: Rulebook) -> None:
    saved = put(
        subdistrict,
        rulebook,
        ("c01", "value", None, 1),
        ("c01", "note", None, " 支委五人 "),
        ("c10", "value", None, "２"),
        ("c15", "value", None, "82.5%"),
    )
    assert [change.after for change in saved.kept] == [1.0, " 支委五人 ", 2.0, 82.5]
    assert entry(subdistrict, rulebook, "c01") == (1.0, " 支委五人 ", None)
    assert entry(subdistrict, rulebook, "c10") == (2.0, None, None)
    assert read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").answered == 3


def test_typing_changes_nothing_that_is_counted(subdistrict: Store, rulebook: Rulebook) -> None:
    before = subdistrict.revision()
    put(subdistrict, rulebook, ("c01", "value", None, 1))
    assert subdistrict.revision() == before
    assert kept.handed_in(subdistrict, "B1", YEAR, "self") == {}


def test_the_same_change_again_is_one(subdistrict: Store, rulebook: Rulebook) -> None:
    for _ in range(3):
        saved = put(subdistrict, rulebook, ("c01", "value", None, 1))
        assert (len(saved.kept), saved.conflicts) == (1, ())
    assert entry(subdistrict, rulebook, "c01") == (1.0, None, None)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_but_told(
    subdistrict: Store, rulebook: Rulebook
) -> None:
    put(subdistrict, rulebook, ("c01", "value", None, 1), ("c02", "note", None, "甲"))
    saved = put(subdistrict, rulebook, ("c01", "value", None, 0), ("c02", "value", None, 1), ("c03", "value", None, 1))
    assert [change.criterion for change in saved.kept] == ["c02", "c03"]
    (conflict,) = saved.conflicts
    assert (conflict.theirs, conflict.change.after) == (1.0, 0.0)
    assert conflict.at is not None
    assert entry(subdistrict, rulebook, "c01") == (1.0, None, None)
    assert entry(subdistrict, rulebook, "c02") == (1.0, "甲", None)
    put(subdistrict, rulebook, ("c01", "value", 1, 0))  # having seen theirs
    assert entry(subdistrict, rulebook, "c01") == (0.0, None, None)


@pytest.mark.parametrize(
    ("criterion", "field", "after", "code"),
    [
        ("c01", "value", "也许", "import.mark_yes_no"),
        ("c10", "value", "1.5", "import.mark_count"),
        ("c10", "value", -1, "import.mark_count"),
        ("c15", "value", 101, "import.mark_percent"),
        ("c15", "value", "nan", "import.number"),
        ("c15", "value", {"a": 1}, "import.number"),
        ("c01", "note", "x" * 4001, "import.text"),
        ("c01", "note", "a\x00b", "import.text"),
        ("c01", "evidence", "\ud800", "import.text"),
    ],
)
def test_what_is_no_answer_is_refused_alone(
    subdistrict: Store, rulebook: Rulebook, criterion: str, field: str, after: object, code: str
) -> None:
    saved = put(subdistrict, rulebook, (criterion, field, None, after), ("c02", "value", None, 1))
    assert [problem.code for _, problem in saved.refused] == [code]
    assert [change.criterion for change in saved.kept] == ["c02"]
    assert set(read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").entries) == {"c02"}


@pytest.mark.parametrize(
    "change", [("c99", "value", None, 1), ("c01", "colour", None, 1), ("'; DROP TABLE marks; --", "value", None, 1)]
)
def test_a_foreign_criterion_or_field_is_refused_with_the_whole(
    subdistrict: Store, rulebook: Rulebook, change: tuple[object, ...]
) -> None:
    with pytest.raises(UserError) as refused:
        put(subdistrict, rulebook, ("c01", "value", None, 1), change)
    assert codes(refused.value) == ["sheet.unknown_criterion"]
    assert read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").entries == {}


def test_entries_stand_over_what_was_handed_in_until_they_are_handed_in(subdistrict: Store, rulebook: Rulebook) -> None:
    load_tables(subdistrict, rulebook, {"marks": full_marks(rulebook, "B1")})
    put(subdistrict, rulebook, ("c01", "value", 1, 0), ("c02", "value", 1, None), ("c03", "note", None, "制度汇编"))
    sheet = read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self")
    assert sheet.open == {"c01", "c02", "c03"}
    assert (sheet.values["c01"], sheet.values["c02"], sheet.values["c03"]) == (0.0, None, 1.0)
    assert kept.handed_in(subdistrict, "B1", YEAR, "self")["c01"]["value"] == 1.0
    with subdistrict.write("test") as cursor:
        assert kept.hand_in(cursor, "B1", YEAR, "self") == 3
    handed = kept.handed_in(subdistrict, "B1", YEAR, "self")
    assert (handed["c01"]["value"], "c02" in handed, handed["c03"]["note"]) == (0.0, False, "制度汇编")
    assert read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").open == frozenset()


def test_an_answer_typed_back_to_what_was_handed_in_is_open_no_more(subdistrict: Store, rulebook: Rulebook) -> None:
    load_tables(subdistrict, rulebook, {"marks": full_marks(rulebook, "B1")})
    put(subdistrict, rulebook, ("c01", "value", 1, 0))
    put(subdistrict, rulebook, ("c01", "value", 0, 1))
    assert read_sheet(subdistrict, rulebook, VISITOR, "B1", YEAR, "self").open == frozenset()


def test_the_findings_of_a_review_are_kept_beside_the_marks(subdistrict: Store, rulebook: Rulebook) -> None:
    applied = {"branch_id": "B1", "year": YEAR, "level": 4, "submitted_on": "2022-04-02", "review": "pending"}
    load_tables(subdistrict, rulebook, {"marks": full_marks(rulebook, "B1"), "applications": [applied]})
    put(subdistrict, rulebook, ("c01", "value", None, 0), ("c01", "note", None, "台账不全"), stage="review")
    with subdistrict.write("test") as cursor:
        kept.hand_in(cursor, "B1", YEAR, "review")
    assert entry(subdistrict, rulebook, "c01", "review") == (0.0, "台账不全", None)
    assert kept.handed_in(subdistrict, "B1", YEAR, "self")["c01"]["value"] == 1.0


@pytest.mark.parametrize(
    ("branch", "year", "stage", "day", "lock"),
    [
        ("B1", YEAR, "self", "2022-04-20", None),
        ("B1", YEAR - 1, "self", "2022-04-20", "other_year"),
        ("B1", YEAR + 1, "self", "2022-04-20", "other_year"),
        ("B1", YEAR, "review", "2022-04-20", "no_application"),
        ("B9", YEAR, "self", "2022-04-20", "inactive"),
        ("B2", YEAR, "self", "2022-04-20", "approved"),
        ("B2", YEAR, "review", "2022-04-20", "approved"),
        ("B2", YEAR, "inspection", "2022-10-20", None),
        ("B2", YEAR, "inspection", "2023-01-10", None),
        ("B2", YEAR, "inspection", "2024-01-10", "other_year"),
    ],
)
def test_a_sheet_is_locked_when_its_time_is_over(
    subdistrict: Store, rulebook: Rulebook, branch: str, year: int, stage: Stage, day: str, lock: str | None
) -> None:
    applied = {"branch_id": "B2", "year": YEAR, "level": 4, "submitted_on": "2022-04-02", "review": "approved"}
    load_tables(subdistrict, rulebook, {"applications": [applied]})
    set_day(subdistrict, day)
    assert read_sheet(subdistrict, rulebook, VISITOR, branch, year, stage).lock == lock
    changes = [Change("c01", "value", None, 1)]
    if lock is None:
        assert save(subdistrict, rulebook, VISITOR, branch, year, stage, changes).kept
        return
    with pytest.raises(UserError) as refused:
        save(subdistrict, rulebook, VISITOR, branch, year, stage, changes)
    assert codes(refused.value) == [f"sheet.locked_{lock}"]


def test_a_branch_of_a_sector_without_a_standard_has_no_sheet(store: Store, rulebook: Rulebook) -> None:
    sectors = {**rulebook.sectors, "organ": rulebook.sectors["organ"].model_copy(update={"standard": None})}
    settle(store, rulebook)
    bare = rulebook.model_copy(update={"sectors": sectors})
    assert read_sheet(store, bare, VISITOR, "B3", YEAR, "self").lock == "no_standard"


def test_who_may_not_rate_cannot_save(subdistrict: Store, rulebook: Rulebook) -> None:
    with pytest.raises(NotAllowed):
        save(subdistrict, rulebook, Viewer("", "nobody"), "B1", YEAR, "self", [Change("c01", "value", None, 1)])


CELLS = st.tuples(st.sampled_from(["c01", "c02", "c10"]), st.sampled_from(["value", "note"]))
EDITS = st.lists(st.tuples(st.integers(0, 1), CELLS, st.sampled_from([None, 0, 1])), max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, looks=st.sets(st.integers(0, 24)), repeats=st.sets(st.integers(0, 24)))
def test_two_people_lose_nothing_that_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory,
    rulebook: Rulebook,
    edits: list[tuple[int, tuple[str, str], int | None]],
    looks: set[int],
    repeats: set[int],
) -> None:
    """Each of two people knows the sheet as of the last look; after each save the store holds exactly what a plain
    dictionary holds in which only those changes count that were made from what was there."""
    with Store(None) as store:
        settle(store, rulebook)
        truth: dict[tuple[str, str], object] = {}
        seen: list[dict[tuple[str, str], object]] = [{}, {}]
        for n, (who, cell, answer) in enumerate(edits):
            if n in looks:
                seen[who] = dict(truth)
            after = f"说明{answer}" if cell[1] == "note" and answer is not None else answer
            before = seen[who].get(cell)
            expected = truth.get(cell) in (before, after)
            for _ in range(2 if n in repeats else 1):
                saved = put(store, rulebook, (*cell, before, after))
                assert bool(saved.kept) == expected
                assert [c.theirs for c in saved.conflicts] == ([] if expected else [truth.get(cell)])
            if expected:
                truth[cell] = seen[who][cell] = after
            sheet = read_sheet(store, rulebook, VISITOR, "B1", YEAR, "self")
            stored = {(c, f): getattr(e, f) for c, e in sheet.entries.items() for f in ("value", "note")}
            assert {k: v for k, v in stored.items() if v is not None} == {
                k: v for k, v in truth.items() if v is not None
            }


def test_sixteen_windows_at_once_lose_nothing(tmp_path: Path, rulebook: Rulebook) -> None:
    from concurrent.futures import ThreadPoolExecutor

    criteria = list(rulebook.standards["two_new"].criteria)[:16]
    with Store(tmp_path / "many.duckdb") as store:
        settle(store, rulebook)
        with ThreadPoolExecutor(16) as pool:
            jobs = [pool.submit(put, store, rulebook, (c, "note", None, f"由{c}填写")) for c in criteria for _ in "123"]
            assert all(len(job.result().kept) == 1 for job in jobs)
        entries = read_sheet(store, rulebook, VISITOR, "B1", YEAR, "self").entries
        assert {c: e.note for c, e in entries.items()} == {c: f"由{c}填写" for c in criteria}

"""填报值: marks that meet a level, and what an inspector makes of them."""

from __future__ import annotations

import numpy as np

from dashboard.demo import words
from dashboard.demo.ladder import Ladder, Yardstick
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.streams import Flags, Floats, Ints, Texts, some_of

Marks = dict[str, Floats]  # by sector: branches of the sector × criteria, NaN for blank


def fill_in(y: Yardstick, level: Ints, strength: Floats, rng: np.random.Generator) -> Floats:
    """Marks that meet exactly `level`: everything it asks, and more the stronger the branch."""
    m, n = len(level), len(y.criteria)
    asked, s = y.asked(level), strength[:, None]
    gap = y.first[None, :] - level[:, None]
    p = 1 / (1 + np.exp(-(0.1 + 0.55 * s - 0.75 * (gap - 1))))
    p = np.where(y.first == 1, np.maximum(p, 0.9), p)
    ticked = (rng.random((m, n)) < np.where(gap <= 0, 1.0, p)).astype(np.float64)
    base = np.where(np.isnan(asked), np.floor(y.least / 2), asked)
    counted = base + rng.poisson(0.4 + 0.4 * np.maximum(s, 0), (m, n))
    above = np.floor(rng.exponential(1.0, (m, n)) * np.minimum((100 - base) / 2.5, 7))
    open_ = np.floor(y.least - 8 + 4 * s + rng.normal(0, 5, (m, n)))
    percent = np.where(np.isnan(asked), open_, base + above).clip(0, 100)
    full = np.nan_to_num(y.points)
    points = np.round(2 * full * (0.5 + 0.13 * level[:, None] + rng.normal(0.03, 0.07, (m, n)))) / 2
    values = np.where(y.yes_no, ticked, np.where(y.count, counted, percent))
    values = np.where(np.isnan(y.points), values, points.clip(0, full))
    top = y.need.shape[1] - 1
    following = np.minimum(level + 1, top)
    short = (values < y.asked(following)).any(axis=1) | (level == top)
    return break_level(y, values, following, np.where(short, 0, 1 + rng.poisson(1.2, m)), rng)


def break_level(y: Yardstick, values: Floats, level: Ints, k: Ints, rng: np.random.Generator) -> Floats:
    """Lower `k` marks of each branch so that `level` is no longer met, and the level below still is."""
    need, below = y.asked(level), np.nan_to_num(y.asked(np.maximum(level - 1, 0)))
    breakable = (need > below) & (values >= need)
    order = np.where(breakable, rng.random(values.shape), np.inf).argsort(axis=1).argsort(axis=1)
    hit = breakable & (order < k[:, None])
    lowered = np.where(y.count, need - 1, need - rng.integers(1, 7, values.shape))
    lowered = np.where(y.yes_no, 0.0, np.maximum(lowered, below))
    return np.where(hit, lowered, values)


def soften(y: Yardstick, values: Floats, keep: Ints, grip: Floats, rng: np.random.Generator) -> Floats:
    """Lower some marks a little, as a careful inspector does, without breaking the level `keep`."""
    floor, g = np.nan_to_num(y.asked(keep)), grip[:, None]
    loose = rng.random(values.shape)
    cut = np.where(y.yes_no | y.count, 1.0, rng.integers(1, 5, values.shape))
    lowered = values - cut
    hit = (lowered >= floor) & (loose < np.where(y.yes_no, 0.15, 0.45) * g)
    return np.where(hit, lowered, values)


def leave_blank(y: Yardstick, values: Floats, keep: Ints, rate: Floats, rng: np.random.Generator) -> Floats:
    """Leave marks blank that the level `keep` does not ask for."""
    hit = np.isnan(y.asked(keep)) & (rng.random(values.shape) < rate[:, None])
    return np.where(hit, np.nan, values)


def self_marks(
    ladder: Ladder, sector: Texts, claim: Ints, strength: Floats, blanks: Floats, rng: np.random.Generator
) -> Marks:
    """自评 of every branch by sector, each meeting its claim."""
    marks = {}
    for name, y in ladder.yardsticks.items():
        at = np.flatnonzero(sector == name)
        values = fill_in(y, claim[at], strength[at], rng)
        marks[name] = leave_blank(y, values, claim[at], blanks[at], rng)
    return marks


def inspected_marks(
    ladder: Ladder, sector: Texts, own: Marks, claim: Ints, found: Ints, grip: Floats, rng: np.random.Generator
) -> Marks:
    """验收 or 复检 marks: the branch's own, lowered until they meet exactly what was found."""
    marks = {}
    for name, y in ladder.yardsticks.items():
        at = np.flatnonzero(sector == name)
        k = np.where(found[at] < claim[at], 1 + rng.poisson(1.0, len(at)), 0)
        values = break_level(y, own[name], np.minimum(found[at] + 1, ladder.top), k, rng)
        marks[name] = soften(y, values, found[at], grip[at], rng)
    return marks


def mark_sheet(
    ladder: Ladder,
    ids: Texts,
    sector: Texts,
    marks: Marks,
    rows: Flags,
    *,
    year: int,
    stage: str,
    rng: np.random.Generator,
) -> Sheet:
    """The marks of the branches `rows` as a table; a few carry a note and evidence."""
    branch, criterion, value = [], [], []
    for name, y in ladder.yardsticks.items():
        at = np.flatnonzero(sector == name)
        wanted = rows[at]
        branch.append(np.repeat(ids[at[wanted]], len(y.criteria)))
        criterion.append(np.tile(y.criteria, int(wanted.sum())))
        value.append(marks[name][wanted].ravel())
    values = np.concatenate(value)
    n = len(values)
    told = rng.random(n)
    return sheet(
        "marks",
        branch_id=np.concatenate(branch),
        year=np.full(n, year),
        stage=np.full(n, stage, dtype=object),
        criterion=np.concatenate(criterion),
        value=values,
        note=_some(rng, words.MARK_NOTES, (told < 0.03) & (values > 0)),
        evidence=_some(rng, words.EVIDENCE, (told < 0.02) & (values > 0)),
    )


def _some(rng: np.random.Generator, values: tuple[str, ...], rows: Flags) -> Texts:
    filled = np.full(len(rows), None, dtype=object)
    filled[rows] = some_of(rng, values, int(rows.sum()))
    return filled

"""A draw that anyone can recompute."""

from __future__ import annotations

import shlex
import subprocess
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.rules.rulebook import Sampling
from dashboard.rules.sampling import draw, sample_size, ticket_of


def sampling(rate: str, least: int) -> Sampling:
    return Sampling(rate=Fraction(rate.rstrip("%")) / 100, min_per_superior=least)


@pytest.mark.parametrize(("seed", "branch"), [("2022年抽签", "B001"), ("a,b", "支部 1"), ("x", "y' $z")])
def test_a_ticket_is_what_sha256sum_prints(seed: str, branch: str) -> None:
    """By the very command that the document of a draw tells people to run."""
    command = f"printf '%s' {shlex.quote(f'{seed},{branch}')} | sha256sum"
    printed = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True).stdout
    assert ticket_of(seed, branch) == printed.decode().split()[0]


@pytest.mark.parametrize(
    ("rate", "least", "branches", "drawn"),
    [("30%", 1, 10, 3), ("30%", 1, 11, 4), ("30%", 1, 1, 1), ("0%", 0, 5, 0), ("0%", 2, 5, 2), ("10%", 9, 5, 5)],
)
def test_the_size_of_a_sample(rate: str, least: int, branches: int, drawn: int) -> None:
    assert sample_size(sampling(rate, least), branches) == drawn


BRANCHES = st.lists(
    st.tuples(st.sampled_from(["S1", "S2", None]), st.integers(0, 200).map(lambda n: f"B{n}")),
    unique_by=lambda pair: pair[1],
    max_size=40,
)


@given(BRANCHES, st.text(min_size=1, max_size=10), st.integers(0, 100), st.integers(0, 5), st.randoms())
def test_the_smallest_tickets_of_each_superior_are_drawn_whatever_the_order(
    branches: list[tuple[str | None, str]], seed: str, percent: int, least: int, rng: object
) -> None:
    settings = sampling(f"{percent}%", least)
    found = draw(settings, seed, branches)
    assert {(t.superior_id, t.branch_id) for t in found} == set(branches)
    for superior in {pair[0] for pair in branches}:
        mine = [t for t in found if t.superior_id == superior]
        assert mine == sorted(mine, key=lambda t: t.ticket)
        size = -(-Fraction(percent, 100) * len(mine) // 1)
        assert sum(t.drawn for t in mine) == min(len(mine), max(least, size))
        assert all(t.drawn for t in mine[: sum(t.drawn for t in mine)])
    shuffled = list(branches)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw(settings, seed, shuffled) == found


@given(BRANCHES, st.text(min_size=1, max_size=10))
def test_a_larger_sample_contains_the_smaller(branches: list[tuple[str | None, str]], seed: str) -> None:
    """Whoever finds a rate too low draws more of the same, and never others."""
    sizes = [(f"{percent}%", least) for least in range(4) for percent in range(10, 101, 10)]
    samples = {(rate, least): drawn_of(rate, least, seed, branches) for rate, least in sizes}
    for rate, least in sizes:
        assert samples["10%", least] <= samples[rate, least] <= samples["100%", least]
        assert samples[rate, 0] <= samples[rate, least]
    for (rate, least), (next_rate, next_least) in pairwise(sizes):
        if least == next_least:
            assert samples[rate, least] <= samples[next_rate, next_least]
    assert samples["100%", 0] == {branch for _, branch in branches}


def drawn_of(rate: str, least: int, seed: str, branches: list[tuple[str | None, str]]) -> set[str]:
    return {ticket.branch_id for ticket in draw(sampling(rate, least), seed, branches) if ticket.drawn}

"""Random numbers by topic, so that a change to one part of the data leaves the others as they were."""

from __future__ import annotations

from typing import TypeAlias, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]

T = TypeVar("T")


def stream(seed: int, *topic: object) -> np.random.Generator:
    """The numbers of a topic, such as `stream(seed, "marks", 2019)`."""
    return np.random.default_rng([abs(seed), int(seed < 0), *(crc32(str(part).encode()) for part in topic)])


def texts(values: list[str]) -> Texts:
    """A list as an array that can be indexed by arrays."""
    return np.array(values, dtype=object)


def one_of(rng: np.random.Generator, values: tuple[T, ...]) -> T:
    """Any of the values."""
    return values[int(rng.integers(len(values)))]


def some_of(rng: np.random.Generator, values: tuple[str, ...], n: int) -> Texts:
    """`n` of the values, repeats allowed."""
    return texts(list(values))[rng.integers(len(values), size=n)]


def chance(rng: np.random.Generator, p: float | Floats, n: int) -> Flags:
    """Whether each of `n` things happens, each with chance `p`."""
    return rng.random(n) < p


def drawn(rng: np.random.Generator, from_: Flags, n: int, weights: npt.NDArray[np.floating] | None = None) -> Ints:
    """Positions of up to `n` different true ones, in random order; heavier ones more readily."""
    found = np.flatnonzero(from_)
    keys = rng.exponential(size=len(found))
    if weights is not None:
        keys = keys / np.maximum(weights[found], 1e-9)
    return found[np.argsort(keys, kind="stable")[:n]]

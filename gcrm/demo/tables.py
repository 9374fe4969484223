"""Small tools of the generator: streams of random numbers, keys, columns, CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from gcrm.demo.city import Floats, Indices

_STREAMS = (
    "territories",
    "accounts",
    "duplicates",
    "damage",
    "contacts",
    "consents",
    "demand",
    "orders",
    "activities",
    "opportunities",
    "footfall",
    "movement",
    "campaigns",
    "leads",
    "planned",
    "cases",
)


def stream(seed: int, subject: str, part: int = 0) -> np.random.Generator:
    """Random numbers of one subject, so that a change to one leaves the others as they are."""
    return np.random.default_rng([seed, _STREAMS.index(subject), part])


def draw(shares: Sequence[float] | Sequence[Sequence[float]], chance: Floats, row: Indices | None = None) -> Indices:
    """Picks a column of a table of shares for each chance in [0, 1), from the row that stands beside it.

    Args:
        shares: one row of shares, or rows of them; each sums to 1.
        chance: evenly distributed numbers.
        row: row of `shares` for each chance; None where there is one row only.
    """
    upper = np.cumsum(np.atleast_2d(np.asarray(shares, dtype=np.float64)), axis=1)[:, :-1]
    if row is None:
        return np.searchsorted(upper[0], chance, side="right").astype(np.int64)
    picked = np.zeros(len(chance), dtype=np.int64)
    for column in range(upper.shape[1]):
        picked += chance >= upper[row, column]
    return picked


def draw_weighted(weight: Floats, chance: Floats) -> Indices:
    """Picks a position for each chance in [0, 1), in proportion to its weight."""
    upper = np.cumsum(weight)
    return np.asarray(np.minimum(np.searchsorted(upper, chance * upper[-1], side="right"), len(weight) - 1), dtype=np.int64)


def keys(prefix: str, numbers: Indices, width: int = 7) -> pa.Array:
    """Texts such as A0000042."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "") if prefix else digits


def join(*parts: pa.Array | str) -> pa.Array:
    """Texts put together, row by row; null where a part is null."""
    return pc.binary_join_element_wise(*parts, "")


def pick(values: Sequence[str | None], positions: Indices) -> pa.Array:
    """The value at each position, as text."""
    return pa.array(values, pa.string()).take(pa.array(positions))


def only_where(condition: NDArray[np.bool_], values: pa.Array) -> pa.Array:
    """The values where the condition holds, null elsewhere."""
    return pc.if_else(pa.array(condition), values, pa.scalar(None, values.type))


def flags(count: int, *, value: bool = True) -> pa.Array:
    """A column of one truth value."""
    return pa.repeat(pa.scalar(value), count)


def money(cents: Indices) -> pa.Array:
    """Amounts as decimal(14, 2) of whole cents."""
    halves = np.column_stack([cents, cents >> 63]).astype("<i8")
    return pa.Array.from_buffers(pa.decimal128(14, 2), len(cents), [None, pa.py_buffer(np.ascontiguousarray(halves))])


def times(seconds: Indices) -> pa.Array:
    """ISO 8601 texts in UTC of seconds since 1970."""
    return pc.strftime(pa.array(seconds).cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ")


def seconds_of(day: str) -> int:
    """Seconds since 1970 of the start of a day or month in UTC, such as 2024-11-01."""
    return int(np.datetime64(day, "s").astype(np.int64))


def write_csv(table: pa.Table, path: Path) -> None:
    """Writes a table as UTF-8 CSV with a header."""
    csv.write_csv(table, path)

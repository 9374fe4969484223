"""H3 cells as integers: points to cells, parents by bit arithmetic, ranges of descendants."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from h3ronpy.vector import cells_to_coordinates, coordinates_to_cells
from numpy.typing import NDArray

from gcrm.units import FINEST_LEVEL

_LEVEL_SHIFT = 52
_LEVEL_MASK = 0xF << _LEVEL_SHIFT
_POINTS_AT_ONCE = 250_000


def index_points(longitude: pd.Series, latitude: pd.Series, level: int = FINEST_LEVEL) -> pd.Series:
    """The H3 cell of each point.

    Args:
        longitude: degrees, EPSG:4326; missing where there is no point.
        latitude: degrees, EPSG:4326.
        level: H3 level, 0 to 15.

    Returns:
        Int64 cells, named `cell`, on the index of `longitude`; missing where there is no point.
    """
    x, y = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (longitude, latitude))
    unplaced = np.isnan(x) | np.isnan(y)
    cells = np.zeros(len(x), dtype=np.int64)
    if not unplaced.any():
        cells = _index(x, y, level)
    elif not unplaced.all():
        cells[~unplaced] = _index(x[~unplaced], y[~unplaced], level)
    return pd.Series(pd.arrays.IntegerArray(cells, unplaced), index=longitude.index, name="cell", copy=False)


def _index(x: NDArray[np.float64], y: NDArray[np.float64], level: int) -> NDArray[np.int64]:
    """The cells of points that are all there, by as many threads as there are processors: h3ronpy lets go of Python's lock."""
    cells = np.empty(len(x), dtype=np.int64)

    def index(first: int, behind: int) -> None:
        cells[first:behind] = np.asarray(coordinates_to_cells(y[first:behind], x[first:behind], level), dtype=np.uint64).view(np.int64)

    parts = [(first, min(first + _POINTS_AT_ONCE, len(x))) for first in range(0, len(x), _POINTS_AT_ONCE)]
    if len(parts) == 1:
        index(*parts[0])
    else:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(lambda part: index(*part), parts))
    return cells


def centres(cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The longitude and the latitude of the centre of each cell, degrees."""
    found = cells_to_coordinates(cells.view(np.uint64))
    longitude, latitude = (np.asarray(found.column(name).to_numpy(), dtype=np.float64) for name in ("lng", "lat"))
    return longitude, latitude


def parents_of_points(longitude: pd.Series, latitude: pd.Series, level: int) -> pd.Series:
    """The ancestor of the cell of each point, as roll-ups have it: near an edge it is not always the cell of that level that the point lies in.

    Args:
        longitude: degrees, EPSG:4326; none missing.
        latitude: degrees, EPSG:4326.
        level: H3 level, at most FINEST_LEVEL.

    Returns:
        Int64 cells, named `cell`, on the index of `longitude`.
    """
    finest = index_points(longitude, latitude).to_numpy(dtype=np.int64)
    return pd.Series(parent(finest, level), index=longitude.index, name="cell")


def parent(cells: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    """The ancestor of each cell at a coarser level.

    The level is written into bits 52 to 55 and the digits below it are set to 7, "not used"
    (https://h3geo.org/docs/core-library/h3Indexing).

    Args:
        cells: H3 cells of any level that is at least `level`.
        level: H3 level, 0 to 15.
    """
    return (cells & ~np.int64(_LEVEL_MASK)) | np.int64(level << _LEVEL_SHIFT) | np.int64(unused_digits(level))


def unused_digits(level: int) -> int:
    """The bits below a level's last digit, all ones."""
    return (1 << 3 * (15 - level)) - 1


def parent_expression(column: str, level: int) -> str:
    """`parent` as an SQL expression over bigint; PostgreSQL, DuckDB and Spark take it.

    Args:
        column: name of a column that holds H3 cells; a name of the program, never a user's text.
        level: H3 level, 0 to 15.
    """
    return f"(({column} & {~_LEVEL_MASK}) | {(level << _LEVEL_SHIFT) | unused_digits(level)})"


def descendants(cell: int, level: int = FINEST_LEVEL) -> tuple[int, int]:
    """The smallest and the largest descendant of a cell at a finer level: one contiguous range of integers.

    Args:
        cell: an H3 cell.
        level: level of the descendants.
    """
    own = level_of(cell)
    base = (cell & ~_LEVEL_MASK) | (level << _LEVEL_SHIFT)
    return base & ~unused_digits(own) | unused_digits(level), base


def level_of(cell: int) -> int:
    """The level of a cell."""
    return (cell & _LEVEL_MASK) >> _LEVEL_SHIFT

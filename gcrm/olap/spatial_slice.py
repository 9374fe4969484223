"""A spatial slice with exact edges: which facts lie in shapes.

Facts of accounts lie where their account does; what is known by cell only lies where the centre of its cell does.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gcrm.olap import cuboids
from gcrm.olap.catalogue import FACTS, Facts
from gcrm.olap.engine import select
from gcrm.spatial.cells import centres, descendants, parent
from gcrm.spatial.shapes import Shape
from gcrm.units import LEVELS

type _Integers = NDArray[np.int64]

_KEY, _CELL = "account_id", "cell"
_MOST_RANGES = 16


@dataclass(frozen=True)
class Inside:
    """What lies in shapes: the values of a column of the facts (`keys` has that one column), and ranges of cells that have them all."""

    column: str
    keys: pa.Table
    ranges: tuple[tuple[int, int], ...]


@lru_cache(maxsize=32)
def inside(folder: Path, facts: str, shapes: tuple[Shape, ...]) -> Inside:
    """What lies in at least one of some shapes.

    Args:
        folder: of a published version.
        facts: a name of FACTS.
        shapes: EPSG:4326.
    """
    asked = FACTS[facts]
    keys, cells = _accounts(folder, shapes) if asked.by_account else _cells(folder, asked, shapes)
    column = _KEY if asked.by_account else _CELL
    return Inside(column, pa.table({column: pa.array(keys, pa.int64())}), _ranges(cells))


def _accounts(folder: Path, shapes: tuple[Shape, ...]) -> tuple[_Integers, _Integers]:
    path = str(folder / cuboids.facts_file(FACTS["accounts"]))
    keys, cells = [], []
    for shape in shapes:
        west, south, east, north = shape.box
        source = "read_parquet(?) WHERE longitude BETWEEN ? AND ? AND latitude BETWEEN ? AND ?"
        near = select("account_id, cell, longitude, latitude", source, [path, west, east, south, north])
        kept = shape.has(_floats(near, "longitude"), _floats(near, "latitude"))
        keys.append(_integers(near, "account_id")[kept])
        cells.append(_integers(near, "cell")[kept])
    once, first = np.unique(np.concatenate(keys), return_index=True)
    return once, np.concatenate(cells)[first]


def _cells(folder: Path, facts: Facts, shapes: tuple[Shape, ...]) -> tuple[_Integers, _Integers]:
    path = str(folder / cuboids.facts_file(facts))
    cells = _integers(select("DISTINCT cell", "read_parquet(?) WHERE cell IS NOT NULL", [path]), "cell")
    longitude, latitude = centres(cells)
    kept = cells[np.logical_or.reduce([shape.has(longitude, latitude) for shape in shapes])]
    return kept, kept


def _integers(table: pa.Table, column: str) -> _Integers:
    return np.asarray(table[column].to_numpy(), dtype=np.int64)


def _floats(table: pa.Table, column: str) -> NDArray[np.float64]:
    return np.asarray(table[column].to_numpy(), dtype=np.float64)


def _ranges(cells: _Integers) -> tuple[tuple[int, int], ...]:
    """Few ranges that hold the cells, as those of the finest ancestors that are few enough: facts are sorted by cell, so that most are passed over."""
    if not len(cells):
        return ()
    for level in sorted(LEVELS, reverse=True):
        ancestors = np.unique(parent(cells, level))
        if len(ancestors) <= _MOST_RANGES:
            return tuple(descendants(int(cell)) for cell in ancestors)
    return ((int(cells.min()), int(cells.max())),)

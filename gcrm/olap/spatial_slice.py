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
from gcrm.olap.delta import source
from gcrm.olap.engine import select
from gcrm.spatial.cells import centres, descendants, parent
from gcrm.spatial.shapes import Shape

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
def inside(folder: Path, facts: str, column: str, shapes: tuple[Shape, ...]) -> Inside:
    """What lies in at least one of some shapes.

    Args:
        folder: of a published version.
        facts: a name of FACTS.
        column: of their cells, such as that of their place.
        shapes: EPSG:4326.
    """
    asked = FACTS[facts]
    by_account = asked.by_account and column == _CELL
    keys, cells = _accounts(folder, shapes) if by_account else _cells(folder, asked, column, shapes)
    key = _KEY if by_account else column
    return Inside(key, pa.table({key: pa.array(keys, pa.int64())}), _ranges(cells, asked))


def _accounts(folder: Path, shapes: tuple[Shape, ...]) -> tuple[_Integers, _Integers]:
    accounts = source(folder / cuboids.facts_file(FACTS["accounts"]))
    keys, cells = [], []
    for shape in shapes:
        west, south, east, north = shape.box
        boxed = f"{accounts} WHERE longitude BETWEEN ? AND ? AND latitude BETWEEN ? AND ?"
        near = select("account_id, cell, longitude, latitude", boxed, [west, east, south, north])
        kept = shape.has(_floats(near, "longitude"), _floats(near, "latitude"))
        keys.append(_integers(near, "account_id")[kept])
        cells.append(_integers(near, "cell")[kept])
    once, first = np.unique(np.concatenate(keys), return_index=True)
    return once, np.concatenate(cells)[first]


def _cells(folder: Path, facts: Facts, column: str, shapes: tuple[Shape, ...]) -> tuple[_Integers, _Integers]:
    cells = _integers(select(f"DISTINCT {column}", f"{source(folder / cuboids.facts_file(facts))} WHERE {column} IS NOT NULL"), column)
    longitude, latitude = centres(cells)
    kept = cells[np.logical_or.reduce([shape.has(longitude, latitude) for shape in shapes])]
    return kept, kept


def _integers(table: pa.Table, column: str) -> _Integers:
    return np.asarray(table[column].to_numpy(), dtype=np.int64)


def _floats(table: pa.Table, column: str) -> NDArray[np.float64]:
    return np.asarray(table[column].to_numpy(), dtype=np.float64)


def _ranges(cells: _Integers, facts: Facts) -> tuple[tuple[int, int], ...]:
    """Few ranges that hold the cells, as those of the finest ancestors that are few enough: facts are sorted by cell, so that most are passed over."""
    if not len(cells):
        return ()
    for level in facts.levels:
        ancestors = np.unique(parent(cells, level))
        if len(ancestors) <= _MOST_RANGES:
            return tuple(descendants(int(cell), facts.finest_level) for cell in ancestors)
    return ((int(cells.min()), int(cells.max())),)

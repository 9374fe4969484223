"""H3: points to cells, cells to parents."""

import h3.api.basic_int as h3_int
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measure import Work
from gcrm.spatial.cells import index_points, parent

_SEED = 7


def _points(count: int) -> pd.DataFrame:
    random = np.random.default_rng(_SEED)
    return pd.DataFrame({"longitude": random.normal(24.94, 0.1, count), "latitude": random.normal(60.17, 0.05, count)})


def index_ours(count: int) -> Work:
    """Points to H3 10 by gcrm."""
    points = _points(count)
    return lambda: index_points(points["longitude"], points["latitude"])


def index_h3_loop(count: int) -> Work:
    """Points to H3 10 by h3 in a loop."""
    points = _points(count)
    pairs = list(zip(points["latitude"], points["longitude"], strict=True))
    return lambda: np.array([h3_int.latlng_to_cell(latitude, longitude, 10) for latitude, longitude in pairs], dtype=np.uint64)


def _cells(count: int) -> NDArray[np.int64]:
    points = _points(count)
    return index_points(points["longitude"], points["latitude"]).to_numpy(dtype=np.int64)


def parent_ours(count: int) -> Work:
    """H3 10 to every coarser level by bit arithmetic."""
    cells = _cells(count)
    return lambda: [parent(cells, level) for level in range(9, 4, -1)]


def parent_h3_loop(count: int) -> Work:
    """H3 10 to every coarser level by h3 in a loop."""
    cells = _cells(count).tolist()
    return lambda: [[h3_int.cell_to_parent(cell, level) for cell in cells] for level in range(9, 4, -1)]

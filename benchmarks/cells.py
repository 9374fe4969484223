"""H3: points to cells, cells to parents."""

from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import h3.api.basic_int as h3_int
import numpy as np
import pandas as pd
from h3ronpy.vector import coordinates_to_cells
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


def index_h3ronpy(count: int) -> Work:
    """Points to H3 10 by h3ronpy alone."""
    points = _points(count)
    latitude, longitude = points["latitude"].to_numpy(), points["longitude"].to_numpy()
    return lambda: coordinates_to_cells(latitude, longitude, 10)


def index_polars(count: int) -> Work:
    """Points to H3 10 by polars-h3."""
    pl, polars_h3 = import_module("polars"), import_module("polars_h3")
    frame = pl.DataFrame(_points(count))
    return lambda: frame.select(polars_h3.latlng_to_cell("latitude", "longitude", 10, return_dtype=pl.UInt64))


def index_chdb(count: int) -> Work:
    """Points to H3 10 by chDB, out of a table in its memory."""
    session = import_module("chdb.session").Session()
    folder = TemporaryDirectory(prefix="gcrm-bench-")
    file = Path(folder.name) / "points.parquet"
    _points(count).to_parquet(file)
    session.query("CREATE DATABASE bench ENGINE = Atomic")
    session.query(
        f"CREATE TABLE bench.points ENGINE = Memory AS SELECT assumeNotNull(longitude) AS x, assumeNotNull(latitude) AS y FROM file('{file}', Parquet)"
    )
    folder.cleanup()
    return lambda: session.query("CREATE TABLE bench.cells ENGINE = Memory AS SELECT geoToH3(y, x, 10) AS cell FROM bench.points")


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

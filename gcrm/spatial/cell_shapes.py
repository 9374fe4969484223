"""H3 cells as polygons, and polygons as H3 cells."""

from collections.abc import Iterable

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from h3ronpy import ContainmentMode, cells_area_km2
from h3ronpy.vector import cells_to_coordinates, cells_to_wkb_polygons, geometry_to_cells
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gcrm.units import WGS84


def hexagons(cells: pd.Series) -> gpd.GeoSeries:
    """The hexagons of H3 cells.

    Args:
        cells: H3 cells, int64.

    Returns:
        Polygons, EPSG:4326, on the same index.
    """
    wkb = pa.array(cells_to_wkb_polygons(cells.to_numpy(dtype=np.int64).view(np.uint64)))
    return gpd.GeoSeries(shapely.from_wkb(np.array(wkb.to_pylist(), dtype=object)), index=cells.index, crs=WGS84)


def outline(cells: Iterable[int]) -> shapely.MultiPolygon:
    """The area that some cells cover together.

    Args:
        cells: H3 cells of one level; EPSG:4326 comes back.
    """
    shape = shapely.geometry.shape(h3.cells_to_h3shape([int(np.uint64(cell)) for cell in cells]).__geo_interface__)
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)])


def cells_in(area: BaseGeometry, level: int) -> NDArray[np.int64]:
    """The cells whose middle lies in an area.

    Args:
        area: polygon, EPSG:4326.
        level: H3 level.
    """
    return np.unique(np.asarray(geometry_to_cells(area, level, containment_mode=ContainmentMode.ContainsCentroid), dtype=np.uint64).view(np.int64))


def middles(cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """The middle of each cell: shape (n, 2), longitude and latitude, EPSG:4326.

    Args:
        cells: H3 cells.
    """
    table = cells_to_coordinates(cells.view(np.uint64))
    return np.column_stack([np.asarray(table.column(name), dtype=np.float64) for name in ("lng", "lat")])


def areas_km2(cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """The area of each cell on the sphere, square kilometres.

    Args:
        cells: H3 cells.
    """
    return np.asarray(cells_area_km2(cells.view(np.uint64)), dtype=np.float64)

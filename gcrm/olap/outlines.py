"""Outlines: the H3 cells in which the rows of an answer have something, taken together, with their area and their perimeter."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pyarrow as pa
import shapely

from gcrm.olap.catalogue import PLACE, Axis
from gcrm.olap.query import CubeQuery
from gcrm.spatial.cell_shapes import outline
from gcrm.spatial.measures import areas_m2, perimeters_m
from gcrm.units import WGS84


def outlines(table: pa.Table, query: CubeQuery, measure: str, level: int, asked: Callable[[CubeQuery], pa.Table]) -> gpd.GeoSeries:
    """What the cells of each row cover together.

    Args:
        table: the answer.
        query: the question, without place among its axes.
        measure: a cell belongs to a row where this one is neither missing nor zero.
        level: H3 level of the cells.
        asked: answers a question of the same reader.

    Returns:
        A MultiPolygon per row, EPSG:4326; an empty one where nothing of the row has a place.
    """
    keys = [axis.column for axis in query.axes]
    by_cell = asked(CubeQuery((*query.axes, Axis(PLACE, level)), measures=(measure,), where=query.where))
    cells: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in by_cell.to_pylist():
        if row["cell"] is not None and row[measure]:
            cells[tuple(row[key] for key in keys)].append(row["cell"])
    rows = (tuple(row.values()) for row in table.select(keys).to_pylist()) if keys else [()] * table.num_rows
    return gpd.GeoSeries([outline(cells[row]) if row in cells else shapely.MultiPolygon() for row in rows], crs=WGS84)


def measured(shapes: gpd.GeoSeries, how: str) -> pa.Array:
    """The `area` (km²) or the `perimeter` (km, holes among it) of outlines on the ellipsoid; missing where there is none.

    Args:
        shapes: from `outlines`.
        how: which of both.
    """
    values = areas_m2(shapes) / 1e6 if how == "area" else perimeters_m(shapes) / 1e3
    return pa.array(values.where(~shapes.is_empty).to_numpy(), pa.float64(), from_pandas=True)

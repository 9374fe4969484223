"""Thematic layers: one value, a number or a category, of areas that a user brings, and what of it holds for H3 cells and for points."""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.area_tables import given_cells
from gcrm.spatial.areal import cut, fitting_level
from gcrm.spatial.cells import level_of
from gcrm.spatial.containment import PolygonIndex

Kind = Literal["count", "rate", "category"]
"""What a value is: a count is spread over the cells and adds up, a rate is averaged, of a category the one with the largest part is kept."""

KINDS: tuple[Kind, ...] = ("count", "rate", "category")


def cells_of(areas: gpd.GeoDataFrame, kind: Kind, level: int | None = None) -> pd.DataFrame:
    """What areas tell, of H3 cells.

    Args:
        areas: value (float64, or text where they are categories; none missing), geometry (valid polygons, EPSG:4326), on an index without doubles;
            `cell` where the table names cells.
        kind: what the values are.
        level: H3 level; the finest that does not pretend to more detail than the areas have if left out.

    Returns:
        One row per cell, ascending: cell (int64), level, number, category, share (of the category, 0 to 1), quality (measured where an area is just
        that cell, else interpolated). The numbers of a count add up to those of the areas.
    """
    whole = given_cells(areas)
    level = level if level is not None else (level_of(int(whole.iloc[0])) if whole is not None else fitting_level(areas.geometry))
    if whole is not None and level == level_of(int(whole.iloc[0])):
        parts, quality = pd.DataFrame({"area": areas.index, "cell": whole.to_numpy(), "part_m2": 1.0}), "measured"
    else:
        parts, quality = cut(areas.geometry, level), "interpolated"
    values = areas["value"].reindex(parts["area"]).to_numpy()
    by_cell = _categories(parts, values) if kind == "category" else _numbers(parts, values.astype(np.float64), kind)
    return by_cell.assign(level=level, quality=quality).reset_index()[["cell", "level", "number", "category", "share", "quality"]]


def _numbers(parts: pd.DataFrame, values: NDArray[np.float64], kind: Kind) -> pd.DataFrame:
    whole = parts.groupby("area" if kind == "count" else "cell")["part_m2"].transform("sum")
    found = (values * parts["part_m2"] / whole).groupby(parts["cell"]).sum()
    return pd.DataFrame({"number": found, "category": pd.NA, "share": np.nan})


def _categories(parts: pd.DataFrame, values: NDArray[np.object_]) -> pd.DataFrame:
    told: pd.DataFrame = parts.assign(category=values).groupby(["cell", "category"], as_index=False).agg({"part_m2": "sum"})
    told["share"] = told["part_m2"] / told.groupby("cell")["part_m2"].transform("sum")
    largest = told.sort_values(["cell", "share", "category"], ascending=[True, False, True]).drop_duplicates("cell").set_index("cell")
    return largest[["category", "share"]].assign(number=np.nan)


class Themes:
    """Finds what a thematic layer tells of points.

    Args:
        areas: number, category, geometry in EPSG:4326, the smallest first.
    """

    def __init__(self, areas: gpd.GeoDataFrame) -> None:
        self._values = areas[["number", "category"]].reset_index(drop=True)
        self._index = PolygonIndex(areas.geometry.to_numpy())

    def of(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> pd.DataFrame:
        """What is told of each point: that of the smallest area that it lies in.

        Args:
            longitude: of the points, degrees, EPSG:4326.
            latitude: of the points.

        Returns:
            number, category by position of the point; missing where it lies in no area.
        """
        points, areas = self._index.containing(longitude, latitude)
        first = np.flatnonzero(np.diff(points, prepend=-1))
        found: pd.DataFrame = self._values.iloc[areas[first]].set_axis(points[first])
        return found.reindex(np.arange(len(longitude)))

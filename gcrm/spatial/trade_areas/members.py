"""What lies in which trading area: all of them, and the most likely one."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.cells import index_points
from gcrm.spatial.containment import PolygonIndex
from gcrm.spatial.measures import haversine_m


class Members:
    """Finds the areas of one set that points lie in.

    Args:
        areas: one row per area, EPSG:4326: trade_area_id, site_key, band, band_unit, area_km2, site_longitude, site_latitude (missing where no site is known).
        probabilities: of a Huff model: cell (int64, of one level), site_key, probability; None where the set has none.
        level: H3 level of those cells.
    """

    def __init__(self, areas: gpd.GeoDataFrame, probabilities: pd.DataFrame | None, level: int) -> None:
        self._areas = areas
        self._index = PolygonIndex(areas.geometry.to_numpy())
        self._probabilities = None if probabilities is None else probabilities.set_index(["cell", "site_key"])["probability"].sort_index()
        self._level = level
        band = areas["band"].to_numpy(dtype=np.float64, na_value=np.nan)
        # The smaller area comes first: of a probability the higher one, and before both the one that has no band.
        self._bands = np.nan_to_num(np.where(areas["band_unit"] == "probability", -band, band), nan=-np.inf)
        self._sites = areas[["site_longitude", "site_latitude"]].to_numpy(dtype=np.float64, na_value=np.nan)

    def of(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> pd.DataFrame:
        """The areas that each point lies in; one of a point's areas is the most likely.

        That is the one of the likeliest site, else of the smallest band, else of the nearest site, else the smallest one.

        Args:
            longitude: of the points, degrees, EPSG:4326.
            latitude: of the points.

        Returns:
            One row per point and area that it lies in: point (position), trade_area_id, most_likely, probability (missing where there is none).
        """
        points, areas = self._index.containing(longitude, latitude)
        probability = self._probability(points, areas, longitude, latitude)
        many = np.flatnonzero(np.bincount(points, minlength=len(longitude))[points] > 1)
        away = np.zeros(len(points))
        away[many] = _distances(np.column_stack([longitude, latitude])[points[many]], self._sites[areas[many]])
        sizes = self._areas["area_km2"].to_numpy(dtype=np.float64)[areas]
        order = np.lexsort((areas, sizes, away, self._bands[areas], -np.nan_to_num(probability), points))
        likely = np.zeros(len(points), dtype=bool)
        likely[order[np.flatnonzero(np.diff(points[order], prepend=-1))]] = True
        keys = self._areas["trade_area_id"].to_numpy()[areas]
        return pd.DataFrame({"point": points, "trade_area_id": keys, "most_likely": likely, "probability": probability})

    def _probability(
        self, points: NDArray[np.int64], areas: NDArray[np.int64], longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if self._probabilities is None:
            return np.full(len(points), np.nan)
        cells = index_points(pd.Series(longitude), pd.Series(latitude), self._level).to_numpy(dtype=np.int64)
        wanted = pd.MultiIndex.from_arrays([cells[points], self._areas["site_key"].to_numpy()[areas]])
        return self._probabilities.reindex(wanted).to_numpy(dtype=np.float64)


def _distances(points: NDArray[np.float64], sites: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from each point to its own site; infinite where no site is known."""
    return np.nan_to_num(haversine_m(points, sites), nan=np.inf)

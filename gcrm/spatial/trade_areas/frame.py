"""What every way to compute trading areas has in common: their frame, and a plane in metres."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gcrm.errors import TradeAreaError
from gcrm.spatial.polygons import multipolygon
from gcrm.spatial.trade_areas import AREA_COLUMNS
from gcrm.units import WGS84


class Area(NamedTuple):
    """One area, as `AREA_COLUMNS` says."""

    site_key: str
    band: float | None
    band_unit: str | None
    parameters: Mapping[str, Any]
    geometry: BaseGeometry


def frame_of(areas: Iterable[Area]) -> gpd.GeoDataFrame:
    """The areas that have an area, as a frame.

    Raises:
        TradeAreaError: there is none.
    """
    rows = [area._replace(geometry=multipolygon(area.geometry)) for area in areas]
    rows = [area for area in rows if not area.geometry.is_empty]
    if not rows:
        raise TradeAreaError("No area came of it; check the sites and the parameters.")
    return gpd.GeoDataFrame([area._asdict() for area in rows], columns=list(AREA_COLUMNS), geometry="geometry", crs=WGS84)


def plane(points: NDArray[np.float64]) -> pyproj.CRS:
    """A CRS in metres around some points: azimuthal equidistant, its middle amid them (Snyder 1987, Map Projections, p. 191).

    Distances from the middle are true; at 300 km from it others are too long by at most 0.04 %, at 1,000 km by 0.4 %.

    Args:
        points: shape (n, 2), longitude and latitude in degrees, EPSG:4326.
    """
    longitude, latitude = np.radians(points.T)
    middle = np.mean([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1)
    west_east, south_north = np.degrees([np.arctan2(middle[1], middle[0]), np.arctan2(middle[2], np.hypot(middle[0], middle[1]))])
    return pyproj.CRS.from_dict({"proj": "aeqd", "lon_0": float(west_east), "lat_0": float(south_north), "datum": "WGS84", "units": "m"})


def within_degrees(shape: BaseGeometry) -> BaseGeometry:
    """A shape whose longitudes may go beyond 180 degrees, cut at the antimeridian and put where it belongs."""
    west, _, east, _ = shape.bounds
    if west >= -180 and east <= 180:  # noqa: PLR2004 - degrees
        return shape
    worlds = {turn: shapely.intersection(shape, shapely.box(-180 + turn, -90, 180 + turn, 90)) for turn in (-360, 0, 360)}
    return shapely.union_all([shapely.affinity.translate(part, -turn) for turn, part in worlds.items()])

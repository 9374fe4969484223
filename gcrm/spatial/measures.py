"""Lengths, distances and areas on the WGS 84 ellipsoid."""

from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Geod

_ELLIPSOID = Geod(ellps="WGS84")
MEAN_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth, metres (IUGG 1980)."""


def lengths_m(lines: gpd.GeoSeries) -> pd.Series:
    """Geodesic length of each line (Karney 2013, doi:10.1007/s00190-012-0578-z).

    Args:
        lines: EPSG:4326.

    Returns:
        Metres, named `length_m`, on the same index.
    """
    return pd.Series([_ELLIPSOID.geometry_length(line) for line in lines], index=lines.index, name="length_m", dtype="float64")


def distances_m(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], other_longitude: NDArray[np.float64], other_latitude: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Geodesic distance between the points of each pair (Karney 2013, doi:10.1007/s00190-012-0578-z).

    Args:
        longitude: degrees, EPSG:4326, shape (n,).
        latitude: degrees, shape (n,).
        other_longitude: degrees, shape (n,).
        other_latitude: degrees, shape (n,).

    Returns:
        Metres, shape (n,); NaN where a coordinate is.
    """
    return cast("NDArray[np.float64]", _ELLIPSOID.inv(longitude, latitude, other_longitude, other_latitude)[2])


def areas_m2(areas: gpd.GeoSeries) -> pd.Series:
    """Geodesic area of each polygon (Karney 2013, doi:10.1007/s00190-012-0578-z), whatever the direction of its rings.

    Args:
        areas: EPSG:4326.

    Returns:
        Square metres, named `area_m2`, on the same index.
    """
    oriented = areas.orient_polygons()
    return pd.Series([abs(_ELLIPSOID.geometry_area_perimeter(area)[0]) for area in oriented], index=areas.index, name="area_m2", dtype="float64")


def perimeters_m(areas: gpd.GeoSeries) -> pd.Series:
    """Geodesic length of all edges of each polygon (Karney 2013, doi:10.1007/s00190-012-0578-z), those of its holes among them.

    Args:
        areas: EPSG:4326.

    Returns:
        Metres, named `perimeter_m`, on the same index.
    """
    return lengths_m(areas.boundary).rename("perimeter_m")


def haversine_m(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance on the sphere (Sinnott 1984, Sky and Telescope 68:159); it differs from that on the ellipsoid by at most 0.56 %.

    Args:
        points: longitude and latitude in degrees, EPSG:4326, in the last axis.
        others: the same, of a shape that goes with it: (n, 1, 2) and (m, 2) give all pairs.

    Returns:
        Metres.
    """
    here, there = np.radians(points), np.radians(others)
    half = np.sin((here - there) / 2) ** 2
    chord = half[..., 1] + np.cos(here[..., 1]) * np.cos(there[..., 1]) * half[..., 0]
    return np.asarray(2 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1))))

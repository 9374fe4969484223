"""What is near a point by road: the site that is soonest reached, and how many sites are within some minutes."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.near import box_around
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Roads

_SITES_AT_ONCE = 200
"""Columns of a table of minutes: a chunk of 100,000 accounts takes 160 MB."""
_FASTEST_M_PER_MINUTE = 150_000 / 60


def soonest(points: gpd.GeoSeries, sites: gpd.GeoDataFrame, roads: Roads, mode: Mode, moment: Moment) -> pd.DataFrame:
    """The site that is soonest reached from each point; of two that are reached as soon the one that comes first.

    Args:
        points: EPSG:4326.
        sites: site_key, and points in EPSG:4326.
        roads: answers how long it takes.
        mode: of travel.
        moment: when the journeys begin.

    Returns:
        On the points' index: site_key, minutes (float); missing where there is no way.
    """
    places, of_point = _places(points)
    best, at = np.full(len(places), np.inf), np.full(len(places), -1)
    for start in range(0, len(sites), _SITES_AT_ONCE):
        some = sites.iloc[start : start + _SITES_AT_ONCE]
        minutes = np.nan_to_num(roads.many_to_many(places, _coordinates(some.geometry), mode, moment).minutes, nan=np.inf)
        nearest = minutes.argmin(axis=1)
        soon = minutes[np.arange(len(places)), nearest]
        sooner = soon < best
        best[sooner], at[sooner] = soon[sooner], start + nearest[sooner]
    keys = pd.Series([*sites["site_key"], None], dtype="object").to_numpy()[at]  # -1 is the last one
    return pd.DataFrame({"site_key": keys[of_point], "minutes": np.where(np.isinf(best), np.nan, best)[of_point]}, index=points.index)


def count_within(points: gpd.GeoSeries, sites: gpd.GeoDataFrame, roads: Roads, minutes: float, moment: Moment) -> pd.Series:
    """How many sites are reached by car within some minutes.

    Args:
        points: EPSG:4326.
        sites: points in EPSG:4326.
        roads: answers how long it takes.
        minutes: of the journey.
        moment: when it begins.

    Returns:
        On the points' index, Int64; missing where no road is near the point: it is not known then.
    """
    places, of_point = _places(points)
    counts = np.zeros(len(places), dtype=np.int64)
    west, south, east, north = box_around(points, minutes * _FASTEST_M_PER_MINUTE)
    near = sites.cx[west:east, south:north]
    for start in range(0, len(near), _SITES_AT_ONCE):
        there = _coordinates(near.geometry.iloc[start : start + _SITES_AT_ONCE])
        counts += np.isfinite(roads.many_to_many(places, there, Mode.CAR, moment, minutes).minutes).sum(axis=1)
    none = np.flatnonzero(counts == 0)
    unknown = none[roads.snap(places, Mode.CAR).edge[none] < 0]
    found = pd.Series(counts, dtype="Int64")
    found.iloc[unknown] = pd.NA
    return found.iloc[of_point].set_axis(points.index)


def _places(points: gpd.GeoSeries) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The different places among some points, shape (n, 2), and the place of each point."""
    return np.unique(_coordinates(points), axis=0, return_inverse=True)


def _coordinates(points: gpd.GeoSeries) -> NDArray[np.float64]:
    return np.column_stack([points.x, points.y])

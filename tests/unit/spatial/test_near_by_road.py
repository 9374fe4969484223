"""What is near by road, on roads that are as straight as a crow flies."""

from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from gcrm.spatial.near_by_road import count_within, soonest
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Basis, Mode, Points, Roads, Snapped, Times

_MOMENT = Moment.parse("Tue 08:00")
_MANY = 450


class _Plain:
    """Every degree takes a minute, and there is no road south of the equator."""

    def snap(self, points: Points, mode: Mode, limit_m: float = 0) -> Snapped:
        del mode, limit_m
        edge = np.where(points[:, 1] >= 0, 1, -1)
        return Snapped(edge, np.zeros(len(points)), points, np.zeros(len(points)))

    def many_to_many(self, origins: Points, destinations: Points, mode: Mode, moment: Moment, limit: float = np.inf) -> Times:
        minutes = np.hypot(*(origins[:, None] - destinations[None]).transpose(2, 0, 1))
        minutes[(origins[:, 1] < 0)[:, None] | (destinations[:, 1] < 0)[None] | (minutes > limit)] = np.nan
        return Times(minutes, None, Basis(mode, moment, "plain", 0, "csgraph"))


_ROADS = cast("Roads", _Plain())  # it answers as much as is asked here


def _points(*places: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy(*zip(*places, strict=True), index=[f"p{number}" for number in range(len(places))], crs=4326)


def _sites(longitudes: list[float], latitude: float = 0) -> gpd.GeoDataFrame:
    keys = [f"s{number}" for number in range(len(longitudes))]
    return gpd.GeoDataFrame({"site_key": keys}, geometry=gpd.points_from_xy(longitudes, [latitude] * len(longitudes)), crs=4326)


def test_the_soonest_site_of_many_is_found_for_every_point() -> None:
    sites = _sites([10 + number * 0.1 for number in range(_MANY)])
    found = soonest(_points((10.21, 0), (10.21, 0), (54.9, 0), (10, -1)), sites, _ROADS, Mode.CAR, _MOMENT)
    assert found.index.tolist() == ["p0", "p1", "p2", "p3"]
    assert found["site_key"].fillna("-").tolist() == ["s2", "s2", f"s{_MANY - 1}", "-"]
    assert np.allclose(found["minutes"].iloc[:3], [0.01, 0.01, 0], atol=1e-9)
    assert np.isnan(found["minutes"].iloc[3])


def test_of_two_sites_as_near_the_first_counts() -> None:
    sites = pd.concat([_sites([5]), _sites([5]).assign(site_key="other")])
    assert soonest(_points((5, 1)), sites, _ROADS, Mode.FOOT, _MOMENT)["site_key"].tolist() == ["s0"]


def test_without_a_site_nothing_is_known() -> None:
    found = soonest(_points((5, 1)), _sites([]), _ROADS, Mode.FOOT, _MOMENT)
    assert found.isna().all(axis=None)


def test_sites_are_counted_and_no_road_is_not_zero() -> None:
    sites = _sites([10 + number * 0.001 for number in range(_MANY)])
    counts = count_within(_points((10, 0), (12, 0), (10, -0.1), (10, 0)), sites, _ROADS, 0.1005, _MOMENT)
    assert counts.index.tolist() == ["p0", "p1", "p2", "p3"]
    assert counts.tolist() == [101, 0, pd.NA, 101]
    assert counts.dtype == "Int64"

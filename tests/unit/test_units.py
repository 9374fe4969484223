"""UTM zones, and the metres in them."""

import geopandas as gpd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL, LEVELS, utm_epsg


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"),
    [(24.94, 60.17, 32635), (9.52, 47.14, 32632), (-122.2, 47.76, 32610), (-46.6, -23.5, 32723), (151.2, -33.9, 32756), (-180, 0, 32601), (180, 0, 32660)],
)
def test_the_zone_of_a_place(longitude: float, latitude: float, epsg: int) -> None:
    assert utm_epsg(longitude, latitude) == epsg


@given(st.floats(-180, 180), st.floats(-80, 84))
def test_a_point_lies_within_its_zone(longitude: float, latitude: float) -> None:
    area = pyproj.CRS.from_epsg(int(utm_epsg([longitude], [latitude])[0])).area_of_use
    assert area is not None
    assert area.west - 1e-9 <= longitude <= area.east + 1e-9
    assert area.south - 1e-9 <= latitude <= area.north + 1e-9


def test_metres_in_a_zone_are_true_to_one_in_a_thousand() -> None:
    geod = pyproj.Geod(ellps="WGS84")
    for longitude in (6.0, 7.5, 9.0, 11.9):
        east, north, _ = geod.fwd(longitude, 47.0, 45.0, 1000.0)
        ends = gpd.GeoSeries.from_xy([longitude, east], [47.0, north], crs=4326).to_crs(int(utm_epsg([longitude], [47.0])[0]))
        assert ends.iloc[0].distance(ends.iloc[1]) == pytest.approx(1000, rel=1e-3)


def test_the_levels_go_from_fine_to_coarse() -> None:
    assert LEVELS == (10, 9, 8, 7, 6, 5)
    assert (LEVELS[0], LEVELS[-1]) == (FINEST_LEVEL, COARSEST_LEVEL)

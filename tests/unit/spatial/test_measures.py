"""Lengths and areas on the ellipsoid, beside known figures."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.measures import areas_m2, distances_m, lengths_m


def _series(*shapes: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=range(5, 5 + len(shapes)), crs=4326)


def test_a_degree_is_as_long_as_geodesists_say() -> None:
    lengths = lengths_m(_series(shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(0, 0), (0, 1)]), shapely.LineString([(10, 60), (11, 60)])))

    assert lengths.tolist() == pytest.approx([111_319.49, 110_574.39, 55_800.0], rel=1e-4)
    assert lengths.index.tolist() == [5, 6, 7]
    assert lengths.name == "length_m"


def _degrees(degrees: int, minutes: int, seconds: float) -> float:
    return degrees + minutes / 60 + seconds / 3600


def test_points_are_as_far_apart_as_surveyors_say() -> None:
    # Flinders Peak to Buninyong, 54,972.271 m: the worked example of the GDA Technical Manual (ICSM 2014, section 4.1), on GRS80.
    flinders = _degrees(144, 25, 29.52440), -_degrees(37, 57, 3.72030)
    buninyong = _degrees(143, 55, 35.38390), -_degrees(37, 39, 10.15610)
    pairs = [(*flinders, *buninyong), (*buninyong, *flinders), (*flinders, *flinders), (179.5, 0.0, -179.5, 0.0), (np.nan, 0.0, 0.0, 0.0)]
    found = distances_m(*np.array(pairs).T)

    assert found[:4].tolist() == pytest.approx([54_972.271, 54_972.271, 0.0, 111_319.491], abs=0.001)
    assert np.isnan(found[4])


def test_the_direction_of_a_ring_does_not_matter() -> None:
    square = shapely.box(9.5, 47.1, 9.6, 47.2)
    areas = areas_m2(_series(square, shapely.reverse(square), shapely.MultiPolygon([square])))

    assert areas.tolist() == pytest.approx([areas[5]] * 3)
    assert areas[5] == pytest.approx(square.area * 111_180 * 111_320 * 0.6803, rel=5e-3)


def test_a_hole_is_no_area() -> None:
    outer, inner = shapely.box(9.5, 47.1, 9.6, 47.2), shapely.box(9.52, 47.12, 9.54, 47.14)
    whole, hole, both = areas_m2(_series(outer, inner, outer.difference(inner)))
    assert both == pytest.approx(whole - hole)


@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(0.0001, 0.05))
def test_areas_agree_with_the_local_utm_zone(west: float, south: float, size: float) -> None:
    square = _series(shapely.box(west, south, west + size, south + size))
    assert areas_m2(square)[5] == pytest.approx(square.to_crs(square.estimate_utm_crs()).area[5], rel=3e-3)


def test_nothing_has_no_measures() -> None:
    assert lengths_m(_series()).empty
    assert areas_m2(_series()).empty

"""What is known of areas, spread over H3 cells: no unit is lost, at any level."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.areal import average, cut, fitting_level, shares, spread
from gcrm.spatial.cell_shapes import hexagons
from gcrm.spatial.cells import index_points, parent
from gcrm.spatial.polygons import multipolygons
from gcrm.units import EQUAL_AREA, LEVELS

_HELSINKI = (24.93, 60.16)


def _squares(count: int, degrees: float = 0.004) -> gpd.GeoSeries:
    west, south = _HELSINKI
    return gpd.GeoSeries([shapely.box(west + at * degrees, south, west + (at + 1) * degrees, south + degrees / 2) for at in range(count)], crs=4326)


@given(
    counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    homes=st.lists(st.tuples(st.floats(0, 0.024), st.floats(0, 0.002), st.floats(0, 500)), max_size=12),
    level=st.sampled_from([8, 9, 10]),
)
def test_population_stays_what_it_was_at_every_level(counts: list[int], homes: list[tuple[float, float, float]], level: int) -> None:
    areas = _squares(len(counts))
    x, y, floor = zip(*homes, strict=True) if homes else ((), (), ())
    inhabited = pd.DataFrame({"longitude": np.array(x) + _HELSINKI[0], "latitude": np.array(y) + _HELSINKI[1], "floor_area_m2": floor}, dtype=float)

    found = spread(pd.DataFrame({"population": counts}, dtype=float), shares(areas, level, inhabited))["population"]

    for coarser in (each for each in LEVELS if each <= level):
        rolled = found.groupby(parent(found.index.to_numpy(), coarser)).sum()
        assert rolled.sum() == pytest.approx(sum(counts), abs=1e-6)


def test_people_live_where_buildings_are() -> None:
    area = _squares(1)
    inhabited = pd.DataFrame({"longitude": [24.931, 24.933], "latitude": [60.161, 60.161], "floor_area_m2": [300.0, 100.0]})
    found = spread(pd.DataFrame({"population": [400.0]}), shares(area, 10, inhabited))["population"]
    homes = index_points(inhabited["longitude"], inhabited["latitude"]).tolist()
    assert found.to_dict() == {homes[0]: pytest.approx(300), homes[1]: pytest.approx(100)}


def test_an_area_without_buildings_goes_by_area_while_its_neighbour_does_not() -> None:
    areas = _squares(2)
    inhabited = pd.DataFrame({"longitude": [24.931], "latitude": [60.161], "floor_area_m2": [50.0]})
    found = shares(areas, 10, inhabited)
    assert found.groupby("area")["method"].unique().map(list).tolist() == [["floor area"], ["area"]]
    assert found.groupby("area")["share"].sum().tolist() == pytest.approx([1, 1])


def test_the_parts_of_an_area_are_the_area_also_over_a_hole_and_in_two_pieces() -> None:
    ring = shapely.box(24.93, 60.16, 24.95, 60.17).difference(shapely.box(24.935, 60.163, 24.945, 60.167))
    areas = gpd.GeoSeries([shapely.union_all([ring, shapely.box(24.96, 60.16, 24.961, 60.161)])], index=[7], crs=4326)
    found = cut(areas, 10)
    assert found["area"].unique().tolist() == [7]
    assert found["part_m2"].sum() == pytest.approx(areas.to_crs(EQUAL_AREA).area.iloc[0], rel=1e-9)
    assert (found["part_m2"] <= hexagons(found["cell"]).to_crs(EQUAL_AREA).area.to_numpy() * (1 + 1e-9)).all()


def test_what_is_not_known_is_no_zero() -> None:
    areas = _squares(2, 0.1)  # far larger than a cell
    found = spread(pd.DataFrame({"population": [10.0, np.nan]}), shares(areas, 8))["population"]
    assert found.isna().any()
    assert found.sum() == pytest.approx(10)


def test_a_rate_is_weighed_by_those_it_is_of() -> None:
    cell = 1
    to_cells = pd.DataFrame({"area": [0, 1, 2], "cell": [cell] * 3, "share": [1.0, 0.5, 1.0], "method": "area"})
    found = average(pd.DataFrame({"vacancy_share": [0.1, 0.4, np.nan]}), pd.Series([100.0, 200.0, 1e6]), to_cells)
    assert found.loc[cell, "vacancy_share"] == pytest.approx((0.1 * 100 + 0.4 * 100) / 200)


def test_cells_are_no_finer_than_the_source() -> None:
    side = {10: 250, 8: 1000, 6: 10_000}
    for level, metres in side.items():
        assert fitting_level(gpd.GeoSeries([shapely.box(0, 0, metres, metres)], crs=32635).to_crs(4326)) == level


def test_repairs_leave_areas_only() -> None:
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(2, 2), (3, 3)]), shapely.MultiPolygon([shapely.box(4, 4, 5, 5)])])
    found = multipolygons(gpd.GeoSeries([mixed], crs=4326))
    assert found.iloc[0].equals(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(4, 4, 5, 5)]))

"""Computed trading areas: what each way promises, against plain arithmetic, shapely, and published observations."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from numpy.typing import NDArray

from gcrm.errors import TradeAreaError
from gcrm.spatial.cell_shapes import cells_in, middles, outline
from gcrm.spatial.measures import areas_m2, haversine_m
from gcrm.spatial.trade_areas.customers import Shape, customer_areas
from gcrm.spatial.trade_areas.frame import within_degrees
from gcrm.spatial.trade_areas.huff import Decay, Huff, huff_areas, probabilities
from gcrm.spatial.trade_areas.members import Members
from gcrm.spatial.trade_areas.rings import rings
from gcrm.spatial.trade_areas.thiessen import thiessen


def _sites(*points: tuple[float, float]) -> gpd.GeoDataFrame:
    keys = [f"s{number}" for number in range(len(points))]
    columns = {"site_key": keys, "site_name": keys, "attraction": [1.0] * len(keys), "site_account_id": pd.array([None] * len(keys), dtype="Int64")}
    return gpd.GeoDataFrame(columns, geometry=shapely.points(points), crs=4326)


HELSINKI = _sites((24.94, 60.17), (24.90, 60.20), (25.05, 60.19))


@pytest.mark.parametrize("latitude", [0.0, 60.0, -45.0])
def test_the_corners_of_a_ring_are_its_radius_away(latitude: float) -> None:
    found = rings(_sites((24.0, latitude)), [5000, 1000])
    assert found["band"].tolist() == [1000, 5000]
    corners = shapely.get_coordinates(found.geometry.iloc[1])
    _, _, away = pyproj.Geod(ellps="WGS84").inv(np.full(len(corners), 24.0), np.full(len(corners), latitude), *corners.T)
    assert np.allclose(away, 5000, atol=1e-6)
    assert areas_m2(found.geometry).iloc[1] == pytest.approx(np.pi * 5000**2, rel=2e-4)


def test_a_ring_is_cut_at_the_antimeridian() -> None:
    found = rings(_sites((179.99, 10.0)), [5000])
    west, _, east, _ = found.total_bounds
    assert (west, east) == (-180, 180)
    assert len(found.geometry.iloc[0].geoms) == 2
    assert areas_m2(found.geometry.explode()).sum() == pytest.approx(np.pi * 5000**2, rel=2e-4)
    assert within_degrees(shapely.box(0, 0, 1, 1)).equals(shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize(("radii", "latitude"), [([], 0.0), ([0], 0.0), ([-1], 0.0), ([6e6], 0.0), ([100_000], 89.9), ([100_000], -89.9)])
def test_a_radius_that_does_not_fit_is_refused(radii: list[float], latitude: float) -> None:
    with pytest.raises(TradeAreaError):
        rings(_sites((24.0, latitude)), radii)


def test_thiessen_gives_each_place_to_the_nearest_site() -> None:
    boundary = shapely.box(24.8, 60.1, 25.2, 60.3)
    found = thiessen(HELSINKI, boundary)
    assert found["site_key"].tolist() == ["s0", "s1", "s2"]
    assert shapely.union_all(found.geometry.to_numpy()).symmetric_difference(boundary).area < 1e-6 * boundary.area
    x, y = np.random.default_rng(1).uniform([24.8, 60.1], [25.2, 60.3], (500, 2)).T
    sites = np.column_stack([HELSINKI.geometry.x, HELSINKI.geometry.y])
    from_x, from_y, to_x, to_y = (np.broadcast_to(each, (500, 3)).ravel() for each in (x[:, None], y[:, None], sites[:, 0], sites[:, 1]))
    _, _, away = pyproj.Geod(ellps="WGS84").inv(from_x, from_y, to_x, to_y)
    away = np.sort(away.reshape(500, 3), axis=1), np.argmin(away.reshape(500, 3), axis=1)
    clear = away[0][:, 1] - away[0][:, 0] > 5  # metres: who stands on the border may be given to either
    owner = np.array([shapely.intersects_xy(found.geometry.to_numpy(), *point).argmax() for point in zip(x, y, strict=True)])
    assert (owner == away[1])[clear].all()


def test_thiessen_without_a_boundary_and_with_one_site() -> None:
    assert len(thiessen(HELSINKI)) == 3
    assert areas_m2(thiessen(HELSINKI.iloc[:1]).geometry).iloc[0] == pytest.approx(np.pi * 1000**2, rel=0.02)
    with pytest.raises(TradeAreaError, match="'s1' and 's0' stand at one point"):
        thiessen(_sites((24.0, 60.0), (24.0, 60.0)))
    with pytest.raises(TradeAreaError, match="The boundary is empty"):
        thiessen(HELSINKI, shapely.Polygon())
    with pytest.raises(TradeAreaError, match="No area came of it"):
        thiessen(HELSINKI, shapely.LineString([(24.9, 60.1), (24.9, 60.2)]))


def _customers(count: int) -> gpd.GeoDataFrame:
    random = np.random.default_rng(3)
    near = random.normal([24.94, 60.17], [0.01, 0.005], (count - 20, 2))
    far = random.normal([25.04, 60.22], [0.002, 0.001], (20, 2))
    weight = random.uniform(0.5, 3, count)
    return gpd.GeoDataFrame({"site_key": "s0", "weight": weight}, geometry=shapely.points(np.concatenate([near, far])), crs=4326)


@pytest.mark.parametrize("shape", list(Shape))
def test_an_area_of_customers_holds_its_share(shape: Shape) -> None:
    customers = _customers(400)
    found = customer_areas(HELSINKI, customers, [0.8, 0.5], shape)
    assert found[["site_key", "band", "band_unit"]].to_numpy().tolist() == [["s0", 0.5, "share"], ["s0", 0.8, "share"]]
    assert found.geometry.is_valid.all()
    for _, area in found.iterrows():
        inside = shapely.intersects_xy(area.geometry, customers.geometry.x, customers.geometry.y)
        held = customers["weight"][inside].sum() / customers["weight"].sum()
        assert held == pytest.approx(area["parameters"]["holds"], abs=0.01)
        assert held >= area["band"] - 0.005
    smaller, larger = areas_m2(found.geometry)
    assert smaller < larger


def test_the_densest_area_is_smaller_than_a_hull_and_shows_the_second_centre() -> None:
    found = {shape: customer_areas(HELSINKI, _customers(400), [0.95], shape) for shape in Shape}
    size = {shape: areas_m2(each.geometry).iloc[0] for shape, each in found.items()}
    assert size[Shape.DENSITY] < size[Shape.CONVEX]
    assert size[Shape.CONCAVE] <= size[Shape.CONVEX]
    everybody = customer_areas(HELSINKI, _customers(400), [1.0], Shape.DENSITY, 200.0)
    assert shapely.intersects_xy(everybody.geometry.iloc[0], 25.04, 60.22)


def test_few_customers_are_not_shown() -> None:
    with pytest.raises(TradeAreaError, match="No site has 10 customers"):
        customer_areas(HELSINKI, _customers(400).iloc[:9], [0.5], Shape.CONVEX)
    for shares, bandwidth in (([], None), ([0], None), ([1.1], None), ([0.5], -1.0)):
        with pytest.raises(TradeAreaError):
            customer_areas(HELSINKI, _customers(400), shares, Shape.CONVEX, bandwidth)


def test_huff_by_hand() -> None:
    ways = np.array([[1.0, 2.0], [4.0, np.nan], [np.nan, np.nan], [1.0, 9.0]])
    found = probabilities(np.array([1.0, 8.0]), ways, Huff(decay=2, most=8))
    assert np.allclose(found[[0, 1, 3]], np.array([[1 / 3, 2 / 3], [1, 0], [1, 0]]))
    assert np.isnan(found[2]).all()
    found = probabilities(np.array([4.0, 1.0]), np.array([[2.0, 1.0]]), Huff(attraction=0.5, decay=0.7, function=Decay.EXPONENTIAL))
    assert found[0, 0] == pytest.approx(2 * np.exp(-1.4) / (2 * np.exp(-1.4) + np.exp(-0.7)))


def test_huff_neither_overflows_nor_divides_by_nothing() -> None:
    ways = np.array([[1e-9, 1e9], [1e6, 1e6]])
    assert np.allclose(probabilities(np.array([1e300, 1e-300]), ways, Huff(attraction=3, decay=50)).sum(axis=1), 1)
    with pytest.raises(TradeAreaError, match="A way is 0"):
        probabilities(np.ones(1), np.zeros((1, 1)), Huff())
    assert probabilities(np.ones(1), np.zeros((1, 1)), Huff(least=1)).tolist() == [[1]]
    with pytest.raises(TradeAreaError, match="attraction above 0"):
        probabilities(np.zeros(1), np.ones((1, 1)), Huff())
    with pytest.raises(TradeAreaError, match="do not fit"):
        Huff(decay=0)


def _modelled() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    cells = cells_in(shapely.box(24.85, 60.14, 25.1, 60.22), 8)
    ways = haversine_m(middles(cells)[:, None], np.column_stack([HELSINKI.geometry.x, HELSINKI.geometry.y]))
    return cells, probabilities(np.array([1.0, 2.0, 1.0]), ways, Huff(least=100))


def test_huff_areas_are_the_cells_that_they_say() -> None:
    cells, probability = _modelled()
    found = huff_areas(HELSINKI, cells, probability, [0.5])
    middle = middles(cells)
    for _, area in found.iterrows():
        place = int(area["site_key"][1:])
        expected = probability[:, place] >= 0.5 if area["band"] == 0.5 else probability.argmax(axis=1) == place
        assert (shapely.intersects_xy(area.geometry, *middle.T) == expected).all()
    assert sorted(zip(found["site_key"], found["band"].fillna(0), strict=True)) == [(f"s{site}", band) for site in range(3) for band in (0, 0.5)]


def test_an_outline_has_the_cells_it_was_made_of() -> None:
    cells = np.array(h3.grid_disk(h3.latlng_to_cell(60.17, 24.94, 9), 3), dtype=np.uint64).view(np.int64)
    assert sorted(cells_in(outline(cells), 9)) == sorted(cells)


def _areas(**columns: Sequence[object]) -> gpd.GeoDataFrame:
    count = len(columns["geometry"])
    plain = {"site_key": [None] * count, "band": [np.nan] * count, "band_unit": [None] * count, "area_km2": [1.0] * count}
    nowhere = {"site_longitude": [np.nan] * count, "site_latitude": [np.nan] * count}
    return gpd.GeoDataFrame({"trade_area_id": range(1, count + 1), **plain, **nowhere, **columns}, crs=4326)


def _likely(areas: gpd.GeoDataFrame, probabilities_: pd.DataFrame | None = None) -> list[tuple[int, bool]]:
    found = Members(areas, probabilities_, 8).of(np.array([0.5]), np.array([0.5]))
    return list(zip(found["trade_area_id"], found["most_likely"], strict=True))


def test_the_most_likely_area() -> None:
    boxes = [shapely.box(0, 0, size, size) for size in (3, 2, 1)]
    assert _likely(_areas(geometry=boxes, area_km2=[9.0, 4.0, 1.0])) == [(1, False), (2, False), (3, True)]
    assert _likely(_areas(geometry=boxes, band=[10.0, 5.0, 5.0], band_unit=["min"] * 3, site_longitude=[0, 0.4, 0], site_latitude=[0, 0.5, 0])) == [
        (1, False),
        (2, True),
        (3, False),
    ]
    cell = h3.latlng_to_cell(0.5, 0.5, 8)
    chances = pd.DataFrame({"cell": np.array([cell, cell], dtype=np.int64), "site_key": ["a", "b"], "probability": [0.3, 0.7]})
    assert _likely(_areas(geometry=boxes, site_key=["a", "b", "b"], band=[np.nan, 0.5, np.nan], band_unit=[None, "probability", None]), chances) == [
        (1, False),
        (2, False),
        (3, True),
    ]


def test_huff_against_what_was_observed(real_data: Path) -> None:
    """Wieland's survey, 19 districts and 5 stores: with the exponents of the textbook, fitted to nothing, the shares go with the observed ones."""
    observed = pd.read_excel(real_data / "huff_freiburg" / "Wieland2015.xlsx", sheet_name="interactionmatrix", engine="openpyxl")
    names = ("VF", "Dist_Min2", "MA_Anb1", "Sum_Ek1")
    area, minutes, shares, size = (observed.pivot_table(index="Quellort", columns="Zielort", values=name).to_numpy(dtype=float) for name in names)
    found = probabilities(area[0], minutes, Huff(attraction=1, decay=2))
    assert np.corrcoef(found.ravel(), shares.ravel())[0, 1] > 0.68
    assert (found.argmax(axis=1) == shares.argmax(axis=1)).mean() > 0.5
    assert (found * size).sum() == pytest.approx(size[:, 0].sum())

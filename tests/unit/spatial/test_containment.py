"""Points into polygons: the same pairs as shapely, one by one."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gcrm.spatial import containment
from gcrm.spatial.containment import PolygonIndex


def _pairs(index: PolygonIndex, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[int, int]]:
    return list(zip(*(each.tolist() for each in index.containing(x, y)), strict=True))


def _one_by_one(polygons: NDArray[np.object_], x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[int, int]]:
    return [(point, polygon) for point in range(len(x)) for polygon in range(len(polygons)) if shapely.intersects_xy(polygons[polygon], x[point], y[point])]


def _shapes(random: np.random.Generator, count: int) -> NDArray[np.object_]:
    """Overlapping stars, some of two parts, some with a hole, some thin, and whole coordinates so that points meet borders and corners."""
    shapes = []
    for _ in range(count):
        centre, reach = random.uniform(-5, 5, 2), random.uniform(0.2, 6, 12) * random.choice([0.02, 1])
        angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        star = shapely.make_valid(shapely.Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None] + centre), method="structure")
        extra = random.integers(4)
        if extra == 0:
            star = shapely.union(star, shapely.box(7, 7, 9, 8.5))
        elif extra == 1:
            star = shapely.difference(star, shapely.box(-1, -1, 1, 1.5))
        shapes.append(shapely.set_precision(star, 0.5) if extra == 2 else star)
    return np.array([shape if shape.geom_type in {"Polygon", "MultiPolygon"} else shapely.Polygon() for shape in shapes], dtype=object)


@given(seed=st.integers(0, 2**32 - 1), cells=st.sampled_from([1, 7, 64, 1000]))
def test_pairs_are_those_of_shapely(seed: int, cells: int) -> None:
    random = np.random.default_rng(seed)
    polygons = _shapes(random, 6)
    corners = shapely.get_coordinates(polygons)[:40]
    halves = random.integers(-20, 20, (30, 2)) / 2
    spread = random.uniform(-10, 10, (50, 2))
    points = np.concatenate([corners, halves, spread, [[np.nan, 1], [np.inf, 0]]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containment, "_MOST_CELLS", cells)
        patch.setattr(containment, "_SLICE", 50)
        found = _pairs(PolygonIndex(polygons), *points.T)
    assert found == _one_by_one(polygons, *points.T)


def test_a_tiling_has_every_point_once() -> None:
    columns, rows = np.meshgrid(np.arange(10.0), np.arange(10.0))
    tiles = shapely.box(columns.ravel(), rows.ravel(), columns.ravel() + 1, rows.ravel() + 1)
    x, y = np.random.default_rng(1).uniform(0, 10, (2, 5000))
    points, polygons = PolygonIndex(tiles).containing(x, y)
    assert points.tolist() == list(range(5000))
    assert polygons.tolist() == (np.floor(y).astype(int) * 10 + np.floor(x).astype(int)).tolist()


@pytest.mark.parametrize("polygons", [[], [None], [shapely.Polygon()], [shapely.Polygon(), None]])
def test_nothing_holds_no_point(polygons: list[shapely.Polygon | None]) -> None:
    points, found = PolygonIndex(np.array(polygons, dtype=object)).containing(np.array([0.0]), np.array([0.0]))
    assert len(points) == len(found) == 0


def test_empty_ones_keep_their_place() -> None:
    polygons = np.array([shapely.Polygon(), shapely.box(0, 0, 1, 1), None, shapely.box(0, 0, 2, 2)], dtype=object)
    points, found = PolygonIndex(polygons).containing(np.array([0.5, 1.5, 5.0]), np.array([0.5, 1.5, 5.0]))
    assert points.tolist() == [0, 0, 1]
    assert found.tolist() == [1, 3, 3]

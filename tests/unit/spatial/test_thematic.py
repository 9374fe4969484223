"""A layer of one's own by cell and at points: counts add up, rates are averaged, the largest part names the category."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.cell_shapes import hexagons
from gcrm.spatial.cells import parent
from gcrm.spatial.thematic import Themes, cells_of
from gcrm.units import LEVELS

_WEST, _SOUTH = 24.93, 60.16


def _strips(values: list[object], degrees: float = 0.006) -> gpd.GeoDataFrame:
    shapes = [shapely.box(_WEST + at * degrees, _SOUTH, _WEST + (at + 1) * degrees, _SOUTH + degrees) for at in range(len(values))]
    return gpd.GeoDataFrame({"value": values}, geometry=shapes, crs=4326)


@given(counts=st.lists(st.floats(0, 1e6), min_size=1, max_size=6), level=st.sampled_from([8, 9, 10]))
def test_a_count_is_the_same_at_every_level(counts: list[float], level: int) -> None:
    found = cells_of(_strips([*counts]), "count", level).set_index("cell")["number"]
    for coarser in (each for each in LEVELS if each <= level):
        assert found.groupby(parent(found.index.to_numpy(), coarser)).sum().sum() == pytest.approx(sum(counts), abs=1e-6)


@given(rates=st.lists(st.floats(-50, 50), min_size=1, max_size=6))
def test_a_rate_lies_between_those_that_it_is_made_of(rates: list[float]) -> None:
    found = cells_of(_strips([*rates]), "rate", 10)
    assert found["number"].between(min(rates) - 1e-9, max(rates) + 1e-9).all()
    assert set(found["quality"]) == {"interpolated"}


def test_the_largest_part_names_the_category() -> None:
    areas = _strips(["park", "industry"])
    found = cells_of(areas, "category", 10)
    shapes = hexagons(found["cell"])
    parts = pd.DataFrame({name: shapes.intersection(area).to_crs(6933).area for name, area in zip(areas["value"], areas.geometry, strict=True)})
    assert found["category"].tolist() == parts.idxmax(axis=1).tolist()
    assert found["share"].to_numpy() == pytest.approx((parts.max(axis=1) / parts.sum(axis=1)).to_numpy(), rel=1e-6)
    assert found["number"].isna().all()


def test_cells_that_are_given_are_measured() -> None:
    areas = _strips([1.0, 3.0])
    whole = cells_of(areas, "count", 9)
    given_again = gpd.GeoDataFrame({"value": whole["number"], "cell": whole["cell"]}, geometry=hexagons(whole["cell"]), crs=4326)
    again = cells_of(given_again, "count")
    assert again["number"].tolist() == whole["number"].tolist()
    assert set(again["quality"]) == {"measured"}
    assert set(again["level"]) == {9}


def test_a_point_has_the_value_of_the_smallest_area_that_it_lies_in() -> None:
    areas = gpd.GeoDataFrame({"number": [np.nan] * 2, "category": ["inner", "outer"]}, geometry=[shapely.box(1, 1, 2, 2), shapely.box(0, 0, 4, 4)], crs=4326)
    found = Themes(areas).of(np.array([9.0, 1.5, 3.0, 1.0]), np.array([9.0, 1.5, 3.0, 1.0]))
    assert found["category"].fillna("").tolist() == ["", "inner", "outer", "inner"]

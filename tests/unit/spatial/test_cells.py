"""Cells by bit arithmetic, beside the H3 library itself."""

import duckdb
import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.cells import descendants, index_points, level_of, parent, parent_expression

_LEVELS = st.integers(0, 15)
_LONGITUDES = st.floats(-180, 180)
_LATITUDES = st.floats(-90, 90)


def _cell(latitude: float, longitude: float, level: int) -> int:
    return int(h3.str_to_int(h3.latlng_to_cell(latitude, longitude, level)))


@st.composite
def cells(draw: st.DrawFn) -> int:
    """Cells all over the globe, one in three on the chain of a pentagon."""
    level = draw(_LEVELS)
    if draw(st.integers(0, 2)):
        return _cell(draw(_LATITUDES), draw(_LONGITUDES), level)
    pentagon = draw(st.sampled_from(sorted(h3.get_pentagons(draw(st.integers(0, level))))))
    inside = sorted(h3.cell_to_children(pentagon, min(h3.get_resolution(pentagon) + 2, level)))
    return int(h3.str_to_int(h3.cell_to_center_child(draw(st.sampled_from(inside)), level)))


@given(cells(), _LEVELS)
def test_the_parent_is_that_of_h3(cell: int, level: int) -> None:
    level = min(level, level_of(cell))
    expected = h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), level))

    assert parent(np.array([cell], dtype=np.int64), level).tolist() == [expected]
    assert level_of(cell) == h3.get_resolution(h3.int_to_str(cell))


@given(st.lists(cells(), min_size=1, max_size=20), st.integers(0, 5))
def test_the_parent_in_sql_is_that_of_h3(some: list[int], level: int) -> None:
    some = [cell for cell in some if level_of(cell) >= level]
    expected = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), level)) for cell in some]
    rows = duckdb.execute(f"SELECT {parent_expression('cell', level)} FROM unnest(?::BIGINT[]) AS given (cell)", [some]).fetchall()

    assert [row[0] for row in rows] == expected


@given(cells(), st.integers(0, 3))
def test_descendants_are_a_range_that_holds_exactly_the_children(cell: int, deeper: int) -> None:
    level = min(level_of(cell) + deeper, 15)
    low, high = descendants(cell, level)
    children = {h3.str_to_int(child) for child in h3.cell_to_children(h3.int_to_str(cell), level)}

    assert low <= min(children)
    assert max(children) <= high
    neighbours = {h3.str_to_int(child) for ring in h3.grid_ring(h3.int_to_str(cell), 1) for child in h3.cell_to_children(ring, level)}
    assert not any(low <= other <= high for other in neighbours)


def test_a_pentagon_has_its_descendants_in_its_range() -> None:
    pentagon = h3.str_to_int(min(h3.get_pentagons(5)))
    low, high = descendants(pentagon, 8)
    children = [h3.str_to_int(child) for child in h3.cell_to_children(h3.int_to_str(pentagon), 8)]

    assert len(children) < 7**3
    assert all(low <= child <= high for child in children)


@given(st.lists(st.tuples(_LONGITUDES, _LATITUDES), max_size=20), _LEVELS)
def test_points_get_the_cells_of_h3(points: list[tuple[float, float]], level: int) -> None:
    longitude = pd.Series([point[0] for point in points], dtype="float64")
    latitude = pd.Series([point[1] for point in points], dtype="float64")

    assert index_points(longitude, latitude, level).tolist() == [_cell(y, x, level) for x, y in points]


def test_what_has_no_position_has_no_cell() -> None:
    longitude = pd.Series([24.94, None, 24.94], index=[7, 8, 9], dtype="Float64")
    latitude = pd.Series([60.17, 60.17, None], index=[7, 8, 9], dtype="Float64")
    found = index_points(longitude, latitude)

    assert found.index.tolist() == [7, 8, 9]
    assert found.isna().tolist() == [False, True, True]
    assert found[7] == _cell(60.17, 24.94, 10)
    assert index_points(longitude[:0], latitude[:0]).dtype == "Int64"


@pytest.mark.parametrize("level", range(16))
def test_a_cell_is_its_own_parent_and_its_own_descendant(level: int) -> None:
    cell = _cell(60.17, 24.94, level)

    assert parent(np.array([cell]), level)[0] == cell
    assert descendants(cell, level) == (cell, cell)

"""Classes of values, and the camera that shows an area."""

import math

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.data import Window
from dashboards.links import Camera
from dashboards.maps import bounds, camera, classify, classify_change
from dashboards.theme import DARK, LIGHT, Look


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), max_size=200))
def test_every_value_is_in_the_class_whose_range_holds_it(numbers: list[float]) -> None:
    values = pd.Series(numbers, dtype=float)
    classes = classify(values, LIGHT)
    assert sum(classes.counts) == len(values)
    assert len(classes.colours) == len(classes.counts) <= 6
    for value, member in zip(values, classes.of(values), strict=True):
        assert classes.smallest[member] <= value <= classes.largest[member]
    assert all(count > 0 for count in classes.counts)


def test_a_change_has_classes_on_both_sides_of_nothing() -> None:
    values = pd.Series([-9.0, -4.0, -1.0, 0.0, 0.0, 2.0, 30.0])
    for look in (LIGHT, DARK):
        classes = classify_change(values, look)
        assert classes.largest == (-9.0, -4.0, -1.0, 0.0, 2.0, 30.0)
        assert classes.counts == (1, 1, 1, 2, 1, 1)
        assert classes.colours[3] == look.none
        assert len(set(classes.colours)) == len(classes.colours)
        assert [classes.colours[number] for number in classes.of(values)] == [*classes.colours[:4], *classes.colours[3:]]
    gains, losses = classify_change(pd.Series([5.0]), LIGHT), classify_change(pd.Series([-5.0]), LIGHT)
    assert (gains.counts, losses.counts) == ((1,), (1,))
    assert gains.colours != losses.colours
    assert classify_change(pd.Series([], dtype=float), LIGHT).counts == ()


def test_classes_have_about_the_same_number_of_cells() -> None:
    assert classify(pd.Series(np.arange(1200.0)), LIGHT).counts == (200,) * 6


def test_few_values_make_few_classes() -> None:
    assert classify(pd.Series([1.0, 1.0, 1.0, 2.0]), LIGHT).counts == (3, 1)
    assert classify(pd.Series([], dtype=float), LIGHT).counts == ()


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_the_colours_differ(look: Look) -> None:
    assert len(set(look.palette(6))) == 6


@given(st.floats(-179, 170), st.floats(-80, 75), st.floats(0.001, 9), st.floats(0.001, 5), st.integers(0, 150))
def test_the_camera_shows_all_of_a_window(west: float, south: float, width: float, height: float, covered: int) -> None:
    window = Window(west, south, west + width, south + height)
    seen = camera(window, 640, 480, covered)
    for longitude, latitude in ((window.west, window.south), (window.east, window.north)):
        x, y = on_screen(seen, longitude, latitude)
        assert -1 <= x + 320 <= 641
        assert -1 <= y + 240 <= 481


def on_screen(seen: Camera, longitude: float, latitude: float) -> tuple[float, float]:
    """Pixels from the middle of the map, by the formulas of Web Mercator."""
    world = 512 * 2**seen.zoom

    def height(degrees: float) -> float:
        return math.asinh(math.tan(math.radians(degrees))) / (2 * math.pi)

    return (longitude - seen.longitude) / 360 * world, (height(seen.latitude) - height(latitude)) * world


def test_the_bounds_hold_the_corners_of_every_cell() -> None:
    cells = [h3.latlng_to_cell(60.17, 24.94, level) for level in (6, 9)]
    window = bounds(cells)
    assert window is not None
    for latitude, longitude in h3.cell_to_boundary(cells[0]):
        assert window.west <= longitude <= window.east
        assert window.south <= latitude <= window.north
    assert bounds([]) is None

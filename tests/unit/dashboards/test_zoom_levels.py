"""Which level a zoom shows: wide enough to be clicked, and without flicker."""

import math

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.data import LEVELS
from dashboards.zoom_levels import level_at, stays_between

_FINEST = max(LEVELS)
_ZOOMS, _LATITUDES = st.floats(0, 20), st.floats(-70, 70)


def _pixels(level: int, zoom: float, latitude: float) -> float:
    metres_a_pixel = 40_075_016.686 * math.cos(math.radians(latitude)) / (512 * 2**zoom)
    return float(math.sqrt(3) * h3.average_hexagon_edge_length(level, unit="m") / metres_a_pixel)


@given(_ZOOMS, _LATITUDES)
def test_it_is_the_finest_whose_cells_are_wide_enough(zoom: float, latitude: float) -> None:
    level = level_at(zoom, latitude, _FINEST)
    assert level == min(LEVELS) or _pixels(level, zoom, latitude) >= 11.9
    assert level == _FINEST or _pixels(level + 1, zoom, latitude) < 12.1


@given(_ZOOMS, _LATITUDES)
def test_a_level_stays_where_it_was_chosen_and_a_little_beyond(zoom: float, latitude: float) -> None:
    level = level_at(zoom, latitude, _FINEST)
    low, high = stays_between(level, latitude, _FINEST)
    assert low < zoom < high
    for beyond in (low - 0.01, high + 0.01):
        if math.isfinite(beyond):
            other = level_at(beyond, latitude, _FINEST)
            assert other != level
            assert stays_between(other, latitude, _FINEST)[0] < beyond < stays_between(other, latitude, _FINEST)[1]


@pytest.mark.parametrize("finest", [7, 8])
def test_nothing_finer_is_shown_than_may_be(finest: int) -> None:
    assert level_at(19, 60, finest) == finest
    assert stays_between(finest, 60, finest)[1] == math.inf

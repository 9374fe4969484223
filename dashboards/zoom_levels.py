"""Which H3 level suits a zoom of the map: cells that are wide enough to be told apart and clicked, and no wider than they need to be."""

import math

import h3

from dashboards.data import LEVELS

_LEAST_PIXELS = 12.0
"""Across a cell. From a level to the next finer one cells become narrower by the square root of seven."""
_SLACK = 1.25
"""A level is left only where its cells, or those of the next one, are so much beyond the least width: a map that is moved a little does not flicker."""
_EQUATOR_M, _TILE = 40_075_016.686, 512


def level_at(zoom: float, latitude: float, finest: int) -> int:
    """The finest level whose cells are wide enough.

    Args:
        zoom: of the map; the world is 512 * 2**zoom pixels wide.
        latitude: of its middle, degrees in EPSG:4326.
        finest: H3 level beyond which nothing is shown.
    """
    wide = [level for level in LEVELS if level <= finest and _zoom_of(level, latitude, _LEAST_PIXELS) <= zoom]
    return max(wide, default=min(LEVELS))


def stays_between(level: int, latitude: float, finest: int) -> tuple[float, float]:
    """The zooms between which a level stays as it is.

    Args:
        level: the H3 level that is shown.
        latitude: of the middle of the map, degrees in EPSG:4326.
        finest: H3 level beyond which nothing is shown.
    """
    low = _zoom_of(level, latitude, _LEAST_PIXELS / _SLACK) if level > min(LEVELS) else -math.inf
    high = _zoom_of(level + 1, latitude, _LEAST_PIXELS * _SLACK) if level < finest else math.inf
    return low, high


def _zoom_of(level: int, latitude: float, pixels: float) -> float:
    """The zoom at which cells of a level are so many pixels wide (Web Mercator)."""
    width_m = h3.average_hexagon_edge_length(level, unit="m") * math.sqrt(3)
    return math.log2(pixels / width_m * _EQUATOR_M * math.cos(math.radians(latitude)) / _TILE)

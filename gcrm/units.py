"""Coordinate reference systems, metres and H3 levels: the units of the whole program."""

from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

WGS84 = 4326
"""EPSG code of every stored geometry."""

EQUAL_AREA = 6933
"""EPSG code of the projection that areas are compared in: NSIDC EASE-Grid 2.0 Global, cylindrical equal-area."""

FINEST_LEVEL = 10
"""H3 level at which a point is indexed, once."""

COARSEST_LEVEL = 5
"""Coarsest H3 level that a cube offers."""

LEVELS = tuple(range(FINEST_LEVEL, COARSEST_LEVEL - 1, -1))
"""H3 levels of the place hierarchy, finest first."""

MEAN_CELL_M2 = MappingProxyType({5: 252_903_858.0, 6: 36_129_062.0, 7: 5_161_293.0, 8: 737_328.0, 9: 105_333.0, 10: 15_048.0})
"""Mean area of a cell by H3 level, square metres (https://h3geo.org/docs/core-library/restable)."""

MOVEMENT_LEVEL = 8
"""H3 level of the origins and destinations of movement: the finest at which trips are kept."""


def utm_epsg(longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int32]:
    """EPSG code of the UTM zone of each point.

    Distances measured in it are true to about 1 in 1,000 (Snyder 1987, Map Projections, p. 57).
    The exceptions for Norway and Svalbard are left out: they move the zone's edge, not that accuracy.

    Args:
        longitude: degrees, EPSG:4326, -180 to 180.
        latitude: degrees, EPSG:4326, -90 to 90.

    Returns:
        One EPSG code per point, 32601 to 32660 in the north, 32701 to 32760 in the south.
    """
    zone = np.clip((np.asarray(longitude, dtype=np.float64) + 180) // 6 + 1, 1, 60).astype(np.int32)
    south = np.asarray(latitude, dtype=np.float64) < 0
    return 32600 + 100 * south.astype(np.int32) + zone

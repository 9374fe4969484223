"""Positions thinned out before they are matched: what is too near to one another tells less, and takes as long."""

import math

import numpy as np
import pandas as pd

from gcrm.spatial.measures import MEAN_RADIUS_M

THIN_S, THIN_M = 10.0, 30.0
"""Seconds and metres: positions so far apart are matched as well as closer ones, whose steps drown in their noise, in a third of the time on foot."""


def thin(positions: pd.DataFrame, seconds: float = THIN_S, metres: float = THIN_M) -> pd.DataFrame:
    """The first position of each trip, each that is late enough and far enough from the one kept before it, and the last one.

    That a position next to the one before is left out follows Newson and Krumm 2009, section 4.1 (doi:10.1145/1653771.1653818).

    Args:
        positions: columns trip, recorded_at (timezone-aware), longitude, latitude (EPSG:4326); sorted by the first two.
        seconds: that lie at least between two positions.
        metres: that lie at least between them, in a straight line.

    Returns:
        Some of the rows, in their order.
    """
    trip = positions["trip"].to_numpy()
    begins = np.concatenate([[True], trip[1:] != trip[:-1]])[: len(trip)]
    kept = begins | np.append(begins[1:], True)[: len(trip)]
    clock = (positions["recorded_at"] - pd.Timestamp(0, tz="UTC")).dt.total_seconds().tolist()
    places = _on_sphere(positions).tolist()
    before = 0
    for row, is_end in enumerate(kept.tolist()):
        if is_end or (clock[row] - clock[before] >= seconds and math.dist(places[row], places[before]) >= metres):
            kept[row], before = True, row
    found: pd.DataFrame = positions[kept]
    return found


def _on_sphere(positions: pd.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Metres from the middle of the Earth along three axes."""
    x, y = np.radians(positions[["longitude", "latitude"]].to_numpy(dtype=np.float64)).T
    return MEAN_RADIUS_M * np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])

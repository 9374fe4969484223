"""The H3 cells that roads run through."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gcrm.spatial import cells
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode

_STEP_M = 40
"""Distance between the places on a road at which its cells are noted: less than the edge of a cell of level 10."""


@dataclass(frozen=True)
class Samples:
    """Places on edges, sorted by cell; for each edge and cell the first place in it.

    Attributes:
        cell: H3 cell.
        edge: position of the edge.
        share: how far along the edge.
    """

    cell: NDArray[np.int64]
    edge: NDArray[np.int64]
    share: NDArray[np.float64]


@lru_cache(maxsize=8)
def samples(network: Network, mode: Mode, level: int) -> Samples:
    """The cells of a level along the edges that a mode may use."""
    edges = np.flatnonzero(network.graphs[mode].arcs.state >= 0)
    steps = network.edges["length_m"].to_numpy()[edges].astype(np.int64) // _STEP_M + 2
    edge = np.repeat(edges, steps)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = within / np.repeat(steps - 1, steps)
    at = shapely.get_coordinates(shapely.line_interpolate_point(np.repeat(network.lines(edges), steps), share, normalized=True))
    place = pd.DataFrame(at, columns=["longitude", "latitude"])
    found = pd.DataFrame({"cell": cells.index_points(place["longitude"], place["latitude"], level).to_numpy(dtype=np.int64), "edge": edge, "share": share})
    found = found.drop_duplicates(["cell", "edge"]).sort_values("cell", kind="stable")
    return Samples(found["cell"].to_numpy(), found["edge"].to_numpy(), found["share"].to_numpy())

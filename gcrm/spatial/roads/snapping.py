"""Points onto the network."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode, Points, Snapped

_ELLIPSOID = Geod(ellps="WGS84")
_RADIUS_M = 6_378_137.0


@dataclass(frozen=True)
class Snapper:
    """An index of the roads that a mode may use.

    The nearest road is searched in the Mercator projection: it is conformal, so what is nearest on the ground is nearest there.
    """

    network: Network
    edges: NDArray[np.int64]
    lines: NDArray[np.object_]
    tree: shapely.STRtree

    @staticmethod
    @lru_cache(maxsize=8)
    def of(network: Network, mode: Mode) -> "Snapper":
        """Indexes the edges on which a mode gets there and away again, but for tunnels: a customer is above ground."""
        edges = network.edges
        usable = np.flatnonzero(network.graphs[mode].connected & (edges["tunnel"].to_numpy() == 0))
        _, first = np.unique(edges["shape"].to_numpy()[usable], return_index=True)
        chosen = usable[first]
        lines = shapely.transform(network.lines(chosen), _mercator)
        return Snapper(network, chosen, lines, shapely.STRtree(lines))

    def snap(self, points: Points, limit_m: float) -> Snapped:
        """See `Roads.snap`."""
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        count = len(points)
        edge, share = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
        on_road, distance = np.full((count, 2), np.nan), np.full(count, np.nan)
        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        if len(self.edges) and len(known):
            here = np.asarray(shapely.points(_mercator(points[known])))
            # Without max_distance, which first looks for everything within it.
            which, nearest = self.tree.query_nearest(here, all_matches=False)
            line = self.lines[nearest]
            along = shapely.line_locate_point(line, here[which], normalized=True)
            found = _degrees(shapely.get_coordinates(shapely.line_interpolate_point(line, along, normalized=True)))
            metres = _ELLIPSOID.inv(*points[known[which]].T, *found.T)[2]
            near = metres <= limit_m
            rows = known[which[near]]
            edge[rows] = self.network.keys[self.edges[nearest[near]]]
            share[rows], on_road[rows], distance[rows] = along[near], found[near], metres[near]
        return Snapped(edge, share, on_road, distance)


def _mercator(degrees: Points) -> Points:
    x = np.radians(degrees[:, 0])
    y = np.arcsinh(np.tan(np.radians(degrees[:, 1])))
    return np.column_stack([x, y]) * _RADIUS_M


def _degrees(metres: Points) -> Points:
    x, y = (metres / _RADIUS_M).T
    return np.degrees(np.column_stack([x, np.arctan(np.sinh(y))]))

"""The streets as a graph of their vertices."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from gcrm.demo.city import CitySurroundings, Floats, Indices, Plane

MAIN = ("primary", "secondary", "tertiary", "pedestrian", "primary_link", "secondary_link", "tertiary_link")
_NOBODY = ("motorway", "motorway_link", "trunk", "trunk_link", "construction", "proposed")
_NO_BICYCLE = ("steps", "elevator", "corridor", "footway", "platform")


@dataclass(frozen=True)
class Network:
    """Street pieces between neighbouring vertices.

    Attributes:
        degrees: longitude and latitude of the nodes, shape (n, 2).
        xy: the same in metres.
        ends: first and last node of each piece, shape (m, 2).
        length_m: metres.
        road: row of the piece's street in the roads.
    """

    degrees: Floats
    xy: Floats
    ends: Indices
    length_m: Floats
    road: Indices


def network_of(city: CitySurroundings, plane: Plane) -> Network:
    """The network of all streets; empty where the city has none."""
    coordinates, line = shapely.get_coordinates(np.asarray(city.roads.geometry.array), return_index=True)
    degrees, node = np.unique(coordinates.round(7), axis=0, return_inverse=True)
    xy = plane.to_metres(degrees[:, 0], degrees[:, 1]) if len(degrees) else np.empty((0, 2))
    same = (line[1:] == line[:-1]) & (node[1:] != node[:-1])
    ends = np.column_stack([node[:-1][same], node[1:][same]]).astype(np.int64)
    length = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    return Network(degrees, xy, ends, length, line[1:][same].astype(np.int64))


def graph_of(network: Network, city: CitySurroundings, *, bicycle: bool) -> tuple[sparse.csr_array, Indices]:
    """The graph for walking or cycling, weights in metres, and the nodes of its largest strongly connected part.

    Walking goes both ways everywhere but on motorways and trunk roads; cycling keeps one-way streets and stays off footways and steps.
    """
    closed = _NOBODY + (_NO_BICYCLE if bicycle else ())
    usable = ~city.roads["class"].isin(closed).to_numpy(bool)[network.road]
    back = usable & ~city.roads["oneway"].to_numpy(bool)[network.road] if bicycle else usable
    tail = np.concatenate([network.ends[usable, 0], network.ends[back, 1]])
    head = np.concatenate([network.ends[usable, 1], network.ends[back, 0]])
    length = np.concatenate([network.length_m[usable], network.length_m[back]])
    # Parallel pieces would be added up: the shortest of each pair of nodes stays.
    order = np.lexsort((length, head, tail))
    pair = np.column_stack([tail[order], head[order]])
    first: NDArray[np.bool_] = np.ones(len(pair), dtype=bool)
    first[1:] = (pair[1:] != pair[:-1]).any(axis=1)
    count = len(network.degrees)
    graph = sparse.csr_array((length[order][first], (pair[first, 0], pair[first, 1])), shape=(count, count))
    if graph.nnz == 0:
        return graph, np.empty(0, dtype=np.int64)
    _, part = csgraph.connected_components(graph, connection="strong")
    return graph, np.flatnonzero(part == np.bincount(part).argmax())

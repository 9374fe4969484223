"""A version of the road network: its edges, their lines, and for each mode the search graph with its hierarchy."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gcrm.errors import RoadsError
from gcrm.spatial.roads.arcs import Arcs, search_graph
from gcrm.spatial.roads.costs import bicycle, car, foot
from gcrm.spatial.roads.hierarchy import Hierarchy, contract
from gcrm.spatial.roads.protocol import Mode
from gcrm.spatial.roads.tiles import Graph
from gcrm.spatial.roads.turns import Turns, all_turns
from gcrm.units import WGS84

MODELS = {Mode.CAR: car, Mode.BICYCLE: bicycle, Mode.FOOT: foot}
CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service")
"""Valhalla's classes, by their number; the last holds paths of all kinds too."""
SURFACES = ("paved_smooth", "paved", "paved_rough", "compacted", "dirt", "gravel", "path", "impassable")
"""Valhalla's surfaces, by their number."""
_SMALLEST_PART = 50
"""Intersections that one must get to from a road, and come from, for it to be one to snap to, as in Valhalla (minimum_reachability)."""


@dataclass(frozen=True)
class ModeGraph:
    """What a mode searches.

    Attributes:
        arcs: states and turns.
        hierarchy: the same with shortcuts.
        connected: by edge, whether one may get there and away again.
    """

    arcs: Arcs
    hierarchy: Hierarchy
    connected: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Network:
    """A version of the network.

    Attributes:
        name: of the version.
        folder: where it is kept.
        edges: see `gcrm.spatial.roads.tiles.Graph`, and `shape` (position of its line) and `forward` (whether it runs along it).
        nodes: see there.
        shapes: the lines, EPSG:4326.
        graphs: by mode.
    """

    name: str
    folder: Path
    edges: pd.DataFrame
    nodes: pd.DataFrame
    shapes: NDArray[np.object_]
    graphs: dict[Mode, ModeGraph]

    @property
    def tiles(self) -> Path:
        """Valhalla's tiles of this version."""
        return self.folder / "tiles"

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """Keys of the edges, ascending."""
        keys: NDArray[np.int64] = self.edges["key"].to_numpy()
        return keys

    def positions(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of edges by their keys.

        Raises:
            RoadsError: this version has no such edge.
        """
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        if not np.array_equal(self.keys[found], keys):
            raise RoadsError(f"The edges are not those of the network {self.name}; ask for them again.")
        return found

    def lines(self, positions: NDArray[np.int64]) -> NDArray[np.object_]:
        """Lines of edges in their direction, EPSG:4326."""
        lines = self.shapes[self.edges["shape"].to_numpy()[positions]]
        forward = self.edges["forward"].to_numpy()[positions] == 1
        directed: NDArray[np.object_] = np.where(forward, lines, shapely.reverse(lines))
        return directed

    def middles(self, positions: NDArray[np.int64]) -> pd.DataFrame:
        """The places half-way along edges: longitude, latitude, degrees."""
        shapes, place = np.unique(self.edges["shape"].to_numpy()[positions], return_inverse=True)
        half = shapely.get_coordinates(shapely.line_interpolate_point(self.shapes[shapes], 0.5, normalized=True))
        return pd.DataFrame(half[place], columns=["longitude", "latitude"])

    def describe(self, keys: NDArray[np.int64]) -> gpd.GeoDataFrame:
        """See `Roads.edges`."""
        at = self.positions(keys)
        rows = self.edges.iloc[at]
        columns = {
            "edge": keys,
            "way_id": rows["way_id"].to_numpy(),
            "class": np.array(CLASSES)[rows["classification"].to_numpy()],
            "surface": np.array(SURFACES)[rows["surface"].to_numpy()],
            "length_m": rows["length_m"].to_numpy().astype(float),
            "speed_kmh": rows["speed_kmh"].to_numpy().astype(float),
        }
        return gpd.GeoDataFrame(columns, geometry=self.lines(at), crs=WGS84)


def mode_graph(graph: Graph, turns: Turns, mode: Mode) -> ModeGraph:
    """The search graph of a mode."""
    model = MODELS[mode]
    known = pd.Index(graph.edges["key"])
    restrictions = [(tuple(known.get_indexer(list(keys)).tolist()), modes) for keys, modes in graph.restrictions]
    held = [(edges, modes) for edges, modes in restrictions if min(edges) >= 0]
    arcs = search_graph(turns, model.allowed(graph.edges), model.ACCESS, held, vehicle=mode is not Mode.FOOT)
    return ModeGraph(arcs, contract(arcs.tail, arcs.head, len(arcs.edge)), _connected(graph, arcs.state >= 0))


def _connected(graph: Graph, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """By edge, whether a large part of the network is reached from it, and it from a large part.

    What counts are intersections, not states of the search: a cul-de-sac has no turn that leads back, and yet one gets there and away.
    """
    begins, ends = graph.edges["from_node"].to_numpy(), graph.edges["to_node"].to_numpy()
    nodes = len(graph.nodes)
    ways = coo_array((np.ones(allowed.sum(), dtype=np.int8), (begins[allowed], ends[allowed])), shape=(nodes, nodes)).tocsr()
    _, part = connected_components(ways, directed=True, connection="strong")
    large = np.bincount(part)[part] >= _SMALLEST_PART
    connected: NDArray[np.bool_] = allowed & _reached(ways, large)[begins] & _reached(ways.T.tocsr(), large)[ends]
    return connected


def _reached(ways: csr_array, start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The intersections that one gets to from some, themselves included."""
    reached, new = start.copy(), np.flatnonzero(start)
    while new.size:
        ahead = np.unique(ways[new].indices)
        new = ahead[~reached[ahead]]
        reached[new] = True
    return reached


def save(folder: Path, graph: Graph, shapes: NDArray[np.object_]) -> None:
    """Writes all of a version but its tiles.

    Args:
        folder: of the version.
        graph: read from its tiles; its edges with `shape` and `forward`.
        shapes: lines, EPSG:4326.
    """
    graph.edges.to_parquet(folder / "edges.parquet")
    graph.nodes.to_parquet(folder / "nodes.parquet")
    kinds, coordinates, (offsets,) = shapely.to_ragged_array(shapes)
    del kinds
    np.savez(folder / "shapes.npz", coordinates=coordinates, offsets=offsets)
    turns = all_turns(graph.edges, graph.nodes)
    for mode in Mode:
        made = mode_graph(graph, turns, mode)
        arcs, hierarchy = made.arcs, made.hierarchy
        fields = {name: getattr(hierarchy, name) for name in Hierarchy.__dataclass_fields__}
        fields |= {f"arcs_{name}": getattr(arcs, name) for name in ("edge", "state", "tail", "head")}
        np.savez(folder / f"{mode}.npz", before=arcs.turns.before, after=arcs.turns.after, connected=made.connected, **fields)


def load(folder: Path) -> Network:
    """A version of the network.

    Args:
        folder: where it was written.

    Raises:
        RoadsError: it is damaged.
    """
    try:
        edges, nodes = pd.read_parquet(folder / "edges.parquet"), pd.read_parquet(folder / "nodes.parquet")
        with np.load(folder / "shapes.npz") as kept:
            shapes = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, kept["coordinates"], (kept["offsets"],))
        graphs = {mode: _load_graph(folder / f"{mode}.npz", edges, nodes) for mode in Mode}
    except (OSError, KeyError, ValueError) as error:
        raise RoadsError(f"The road network in {folder} is damaged ({error}); load the extract again with `gcrm load osm`.") from error
    return Network(folder.name, folder, edges, nodes, shapes, graphs)


def _load_graph(path: Path, edges: pd.DataFrame, nodes: pd.DataFrame) -> ModeGraph:
    with np.load(path) as kept:
        hierarchy = Hierarchy(**{name: kept[name] for name in Hierarchy.__dataclass_fields__})
        turns = Turns(kept["before"], kept["after"], edges, nodes)
        arcs = Arcs(kept["arcs_edge"], kept["arcs_state"], kept["arcs_tail"], kept["arcs_head"], turns)
        return ModeGraph(arcs, hierarchy, kept["connected"])


def manifest(folder: Path) -> dict[str, object]:
    """What a version says of itself."""
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found

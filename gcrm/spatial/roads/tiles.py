"""Valhalla's road graph as arrays, read out of its tiles.

The tile builder has already split ways at intersections and worked out access, one-way streets, speeds, turn restrictions and the kinds
of turns; both engines work on that one graph, edge for edge. The records are those of valhalla/baldr (nodeinfo.h, directededge.h,
edgeinfo.h, nodetransition.h, complexrestriction.h) in tiles of version 3.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from valhalla.baldr import GraphTileHeader

from gcrm.errors import RoadsError

_VERSION = "3."
_HEADER_BYTES = GraphTileHeader.byte_size()
_OFFSETS_AT = 96
"""Where the header keeps the offsets of forward and reverse complex restrictions, edge infos and texts: four numbers of 32 bits."""

_NODE_WORDS, _EDGE_WORDS = 4, 6
_NODE_FIELDS = {
    "access": (0, 52, 12), "latitude6": (0, 0, 22), "latitude7": (0, 22, 4), "longitude6": (0, 26, 22), "longitude7": (0, 48, 4),
    "first_edge": (1, 0, 21), "edge_count": (1, 21, 7), "type": (1, 53, 4), "density": (1, 57, 4), "signal": (1, 61, 1),
    "first_transition": (2, 0, 21), "transition_count": (2, 21, 3), "local_edge_count": (2, 40, 3), "drive_on_right": (2, 43, 1),
    "tagged_access": (2, 44, 1), "private_access": (2, 45, 1), **{f"heading_{index}": (3, 8 * index, 8) for index in range(8)},
}  # fmt: skip
_EDGE_FIELDS = {
    "end_node": (0, 0, 46), "restrictions": (0, 46, 8), "opposing": (0, 54, 7), "forward": (0, 61, 1),
    "info_offset": (1, 0, 25), "starts_restriction": (1, 37, 12), "destination_only": (1, 62, 1),
    "speed_kmh": (2, 0, 8), "name_consistency": (2, 32, 8), "use": (2, 40, 6), "lanes": (2, 46, 4), "density": (2, 50, 4),
    "classification": (2, 54, 3), "surface": (2, 57, 3), "toll": (2, 60, 1), "roundabout": (2, 61, 1), "truck_route": (2, 62, 1),
    "access": (3, 0, 12), "sac_scale": (3, 34, 3), "cycle_lane": (3, 37, 2), "bicycle_network": (3, 39, 1), "use_sidepath": (3, 40, 1),
    "dismount": (3, 41, 1), "sidewalk_left": (3, 42, 1), "sidewalk_right": (3, 43, 1), "shoulder": (3, 44, 1), "internal": (3, 48, 1), "tunnel": (3, 49, 1),
    "dead_end": (3, 53, 1), "lit": (3, 59, 1),
    "turn_types": (4, 0, 24), "edges_to_left": (4, 24, 8), "length_m": (4, 32, 24), "grade": (4, 56, 4),
    "stop_impacts": (5, 0, 24), "edges_to_right": (5, 24, 8), "local_index": (5, 32, 7), "opposing_local_index": (5, 39, 7),
    "shortcut": (5, 60, 1), "named": (5, 62, 1), "link": (5, 63, 1),
}  # fmt: skip
_RESTRICTION_WORDS = 3


@dataclass(frozen=True)
class Graph:
    """The graph of a set of tiles.

    Attributes:
        edges: one row per directed edge, shortcuts left out, sorted by `key`: key (int64, Valhalla's GraphId), from_node and to_node
            (positions in `nodes`), way_id, speed_limit_kmh, opposite (position of the edge in the other direction), and the fields of
            Valhalla's directed edge.
        nodes: one row per intersection: longitude, latitude, and the fields of Valhalla's node.
        restrictions: turns that are forbidden behind at least one edge on the way, each as the keys of its edges and the access mask
            that it holds for.
    """

    edges: pd.DataFrame
    nodes: pd.DataFrame
    restrictions: list[tuple[tuple[int, ...], int]]


def read_graph(folder: Path) -> Graph:
    """The graph of a folder of tiles.

    Args:
        folder: Valhalla's tile_dir.

    Raises:
        RoadsError: the tiles are of another version.
    """
    tiles = [_read_tile(path) for path in sorted(folder.rglob("*.gph"))]
    nodes = pd.concat([tile.nodes for tile in tiles], ignore_index=True)
    edges = pd.concat([tile.edges for tile in tiles], ignore_index=True)
    place = pd.Series(np.arange(len(nodes)), index=nodes["key"])
    # One intersection stands in the tiles of each level that has roads there; transitions tie its nodes together.
    ties = np.concatenate([tile.transitions for tile in tiles])
    same = _same_node(len(nodes), place.loc[ties[:, 0]].to_numpy(), place.loc[ties[:, 1]].to_numpy())
    edges["opposite"] = _opposites(edges, nodes, place)
    edges["from_node"] = same[place.loc[edges["from_node"]].to_numpy()]
    edges["to_node"] = same[place.loc[edges["end_node"]].to_numpy()]
    return _without_shortcuts(edges.drop(columns=["end_node", "opposing"]), nodes, [line for tile in tiles for line in tile.restrictions])


@dataclass(frozen=True)
class _Tile:
    nodes: pd.DataFrame
    edges: pd.DataFrame
    transitions: NDArray[np.int64]
    restrictions: list[tuple[tuple[int, ...], int]]


def _read_tile(path: Path) -> _Tile:
    content = path.read_bytes()
    header = GraphTileHeader.from_bytes(content[:_HEADER_BYTES])
    if not header.version.startswith(_VERSION):
        raise RoadsError(f"The road tiles in {path.parent} are of version {header.version}, not 3; load the extract again with `gcrm load osm`.")
    base = header.graphid.value
    words = np.frombuffer(content, "<u8", header.nodecount * _NODE_WORDS, _HEADER_BYTES).reshape(-1, _NODE_WORDS)
    nodes = _fields(words, _NODE_FIELDS)
    west, south = header.base_ll
    nodes.insert(0, "key", _keys(base, header.nodecount))
    nodes["longitude"] = west + nodes.pop("longitude6") * 1e-6 + nodes.pop("longitude7") * 1e-7
    nodes["latitude"] = south + nodes.pop("latitude6") * 1e-6 + nodes.pop("latitude7") * 1e-7
    at = _HEADER_BYTES + words.nbytes
    transitions = np.frombuffer(content, "<u8", header.transitioncount, at)
    edges_at = at + transitions.nbytes
    words = np.frombuffer(content, "<u8", header.directededgecount * _EDGE_WORDS, edges_at).reshape(-1, _EDGE_WORDS)
    edges = _fields(words, _EDGE_FIELDS)
    edges.insert(0, "key", _keys(base, header.directededgecount))
    edges["from_node"] = np.repeat(nodes["key"].to_numpy(), nodes["edge_count"])
    forward, reverse, infos, _ = np.frombuffer(content, "<u4", 4, _OFFSETS_AT)
    edges["way_id"], edges["speed_limit_kmh"] = _edge_infos(content, int(infos) + edges.pop("info_offset").to_numpy())
    ties = np.column_stack([np.repeat(nodes["key"].to_numpy(), nodes["transition_count"]), (transitions & ((1 << 46) - 1)).astype(np.int64)])
    return _Tile(nodes, edges, ties, _restrictions(content, int(forward), int(reverse)))


def _fields(words: NDArray[np.uint64], fields: dict[str, tuple[int, int, int]]) -> pd.DataFrame:
    """Bit fields out of records: each is (word, lowest bit, bits)."""
    return pd.DataFrame(
        {name: ((words[:, word] >> np.uint64(low)) & np.uint64((1 << bits) - 1)).astype(_type(bits)) for name, (word, low, bits) in fields.items()}
    )


def _type(bits: int) -> type[np.signedinteger[Any]]:
    return np.int16 if bits < 16 else np.int32 if bits < 32 else np.int64  # noqa: PLR2004 - the widths of the types


def _keys(base: int, count: int) -> NDArray[np.int64]:
    """GraphIds of a tile's records: the position stands above 25 bits of level and tile."""
    keys: NDArray[np.int64] = base + (np.arange(count, dtype=np.int64) << 25)
    return keys


def _edge_infos(content: bytes, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """OSM way and speed limit (kilometres per hour, 0 where none is tagged) of each edge."""
    octets = np.frombuffer(content, np.uint8)
    word = [np.zeros(len(at), dtype=np.int64) for _ in range(3)]
    for position in range(12):
        word[position // 4] |= octets[at + position].astype(np.int64) << (8 * (position % 4))
    way = word[0] | (word[1] >> 24) << 32 | ((word[2] >> 20) & 0xFF) << 40
    return way, (word[1] >> 16) & 0xFF


def _restrictions(content: bytes, start: int, end: int) -> list[tuple[tuple[int, ...], int]]:
    """Complex restrictions that always hold; those of some hours only are left out, as in Valhalla where no time is given."""
    found = []
    while start < end:
        first, second, third = (int(word) for word in np.frombuffer(content, "<u8", _RESTRICTION_WORDS, start))
        vias = (third >> 16) & 31
        between = np.frombuffer(content, "<u8", vias, start + 8 * _RESTRICTION_WORDS)
        start += 8 * (_RESTRICTION_WORDS + vias)
        if not (first >> 46) & 1:
            mask = (1 << 46) - 1
            found.append(((first & mask, *(int(via) for via in between), second & mask), (third >> 4) & 0xFFF))
    return found


def _same_node(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each node the first of those that are one intersection."""
    first = np.arange(count)
    np.minimum.at(first, left, right)
    found: NDArray[np.int64] = first[first]
    return found


def _opposites(edges: pd.DataFrame, nodes: pd.DataFrame, place: pd.Series) -> NDArray[np.int64]:
    """Position of the edge in the other direction: the so-manieth of those that leave the end node, which lie in the end node's tile."""
    ends = nodes.iloc[place.loc[edges["end_node"]].to_numpy()]
    tile = ends["key"].to_numpy() & ((1 << 25) - 1)
    key = tile + ((ends["first_edge"].to_numpy().astype(np.int64) + edges["opposing"].to_numpy()) << 25)
    return np.asarray(pd.Index(edges["key"]).get_indexer(key))


def _without_shortcuts(edges: pd.DataFrame, nodes: pd.DataFrame, restrictions: list[tuple[tuple[int, ...], int]]) -> Graph:
    """Shortcuts stand beside the edges that they are made of; without them each road is there once. Edges are sorted by key."""
    kept = np.flatnonzero(edges["shortcut"].to_numpy() == 0)
    kept = kept[np.argsort(edges["key"].to_numpy()[kept])]
    place = np.full(len(edges), -1)
    place[kept] = np.arange(len(kept))
    edges = edges.iloc[kept].drop(columns="shortcut").reset_index(drop=True)
    edges["opposite"] = place[edges["opposite"]]
    used, numbers = np.unique(edges[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    edges[["from_node", "to_node"]] = numbers.reshape(-1, 2)
    return Graph(edges, nodes.iloc[used].reset_index(drop=True), restrictions)

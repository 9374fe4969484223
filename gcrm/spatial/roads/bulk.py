"""Bulk times: from many points to many, and to all cells around, on the network's own search graph."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial import cells
from gcrm.spatial.roads import weights as weighing
from gcrm.spatial.roads.conditions import Slice
from gcrm.spatial.roads.costs import car
from gcrm.spatial.roads.costs.common import Costs
from gcrm.spatial.roads.network import MODELS, Network
from gcrm.spatial.roads.protocol import Mode, Snapped
from gcrm.spatial.roads.samples import samples
from gcrm.spatial.roads.search import Attached, Search

_LIMIT_FACTOR, _LIMIT_MORE_S = 2.0, 1_300.0
"""How much more than its limit in time a way may cost to be looked at: two private roads, or twice the time."""

_CELLS = 512
"""Cells that are looked at together: the times of their edges fit the cache."""
_CELL_TYPES = {"origin": np.int64, "cell": np.int64, "minutes": np.float64}

_AT_NODE_M = 5.0
"""Who is so near to an intersection may leave it by any of its roads, as in Valhalla (node_snap_tolerance)."""


def edge_costs(network: Network, mode: Mode, conditions: Slice) -> Costs:
    """What edges cost a mode under conditions; infinite where they are closed."""
    plain = car.edge_costs(network.edges, conditions.speed_kmh(network)) if mode is Mode.CAR else MODELS[mode].edge_costs(network.edges)
    closed = conditions.closed(mode)
    if not closed.any():
        return plain
    return Costs(np.where(closed, np.inf, plain.cost), np.where(closed, 0.0, plain.time))


@lru_cache(maxsize=8)
def _turn_costs(network: Network, mode: Mode) -> tuple[Costs, Costs]:
    """By arc, what its turn costs behind an edge whose speed is its own, and behind one whose speed is measured."""
    turns = network.graphs[mode].arcs.turns
    if mode is Mode.CAR:
        return car.turn_costs_of(turns)
    alike: Costs = MODELS[mode].turn_costs_of(turns)
    return alike, alike


@dataclass(frozen=True)
class _Placed:
    """Points with the edges they lie on, those that the mode may take: an edge counts in both directions, next to an intersection all of its edges do.

    Attributes:
        point: position of the point.
        edge: position of the edge.
        share: how far along the edge.
        count: of points.
    """

    point: NDArray[np.int64]
    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    count: int

    def frame(self, point: str, share: str) -> pd.DataFrame:
        """As a frame: the point and the share under these names, and edge."""
        return pd.DataFrame({point: self.point, "edge": self.edge, share: self.share})


@dataclass(frozen=True)
class Bulk:
    """The search graph of a mode under conditions.

    Attributes:
        network: the version of the network.
        mode: of travel.
        conditions: of a moment.
    """

    network: Network
    mode: Mode
    conditions: Slice

    @cached_property
    def _edges(self) -> Costs:
        return edge_costs(self.network, self.mode, self.conditions)

    @cached_property
    def _turns(self) -> Costs:
        own, measured = _turn_costs(self.network, self.mode)
        before = self.conditions.measured[self.network.graphs[self.mode].arcs.turns.before]
        return Costs(np.where(before, measured.cost, own.cost), np.where(before, measured.time, own.time)) if before.any() else own

    def _carried(self, *, metres: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """By edge and by arc, what is carried along with the cost."""
        if metres:
            return weighing.decimetres(self.network.edges["length_m"].to_numpy()), np.zeros(len(self._turns.time))
        return weighing.hundredths(self._edges.time), weighing.hundredths(self._turns.time)

    def arc_weights(self, *, metres: bool = False) -> NDArray[np.float64]:
        """By arc, the weight from about to enter an edge to about to enter the next."""
        arcs = self.network.graphs[self.mode].arcs
        on_edges, at_turns = self._carried(metres=metres)
        before = arcs.turns.before
        cost = self._edges.cost[before] + self._turns.cost
        return np.where(np.isfinite(cost), weighing.packed(np.where(np.isfinite(cost), cost, 0), on_edges[before] + at_turns), np.inf)

    @cached_property
    def _by_time(self) -> NDArray[np.float64]:
        return self.network.graphs[self.mode].hierarchy.weighted(self.arc_weights())

    @cached_property
    def _by_length(self) -> NDArray[np.float64]:
        return self.network.graphs[self.mode].hierarchy.weighted(self.arc_weights(metres=True))

    def times(self, origins: Snapped, destinations: Snapped, *, metres: bool = False) -> NDArray[np.float64]:
        """Weights of the best ways, shape (origins, destinations); infinite where there is none. Those of lengths where metres are asked for."""
        weights, hierarchy = self._by_length if metres else self._by_time, self.network.graphs[self.mode].hierarchy
        here, there = self._placed(origins), self._placed(destinations)
        starts, ends = self._departures(here, metres=metres), self._arrivals(there, metres=metres)
        if starts.count <= ends.count:
            found = _between(Search(hierarchy.along, weights), starts, ends)
        else:
            found = _between(Search(hierarchy.against, weights), ends, starts).T
        return self._on_same_edge(found, here, there, metres=metres)

    def _placed(self, snapped: Snapped) -> _Placed:
        """Where points are: along an edge, or at the beginnings and ends of those of an intersection."""
        known = np.flatnonzero(snapped.edge >= 0)
        edge, share = self.network.positions(snapped.edge[known]), snapped.share[known]
        length, opposite, begins, ends = (self.network.edges[name].to_numpy() for name in ("length_m", "opposite", "from_node", "to_node"))
        first, last = share * length[edge] <= _AT_NODE_M, (1 - share) * length[edge] <= _AT_NODE_M
        along, turned = ~first & ~last, opposite[edge] >= 0
        turned &= along
        usable = (self.network.graphs[self.mode].arcs.state >= 0) & np.isfinite(self._edges.cost)
        at = pd.DataFrame({"point": known, "node": np.where(first, begins[edge], ends[edge])})[~along]
        here = np.zeros(len(self.network.nodes), dtype=bool)
        here[at["node"]] = True
        leaving, entering = (
            at.merge(pd.DataFrame({"node": nodes[near], "edge": near}), on="node").assign(share=far)
            for nodes, far in ((begins, 0.0), (ends, 1.0))
            for near in [np.flatnonzero(usable & here[nodes])]
        )
        found = pd.concat(
            [
                pd.DataFrame({"point": known[along], "edge": edge[along], "share": share[along]}),
                pd.DataFrame({"point": known[turned], "edge": opposite[edge[turned]], "share": 1 - share[turned]}),
                leaving,
                entering,
            ],
            ignore_index=True,
        )
        found = found[usable[found["edge"]]]
        return _Placed(found["point"].to_numpy(), found["edge"].to_numpy(), found["share"].to_numpy(), len(snapped.edge))

    def _departures(self, origins: _Placed, *, metres: bool) -> Attached:
        """From each point along the rest of its edge into the next ones."""
        edge, share = origins.edge, origins.share
        arcs = self.network.graphs[self.mode].arcs
        order, starts = self._leaving
        state = arcs.state[edge]
        counts = starts[state + 1] - starts[state]
        chosen = order[np.repeat(starts[state], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
        on_edges, at_turns = self._carried(metres=metres)
        rest = np.repeat(1 - share, counts)
        along = np.repeat(edge, counts)
        cost = rest * self._edges.cost[along] + self._turns.cost[chosen]
        weight = weighing.packed(cost, np.round(rest * on_edges[along]) + at_turns[chosen])
        return Attached(np.repeat(origins.point, counts), arcs.head[chosen], weight, origins.count)

    @cached_property
    def _leaving(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        arcs = self.network.graphs[self.mode].arcs
        order = np.argsort(arcs.tail, kind="stable")
        return order, np.searchsorted(arcs.tail[order], np.arange(len(arcs.edge) + 1))

    def _arrivals(self, destinations: _Placed, *, metres: bool) -> Attached:
        """From about to enter the edge of each point to the point."""
        edge, share = destinations.edge, destinations.share
        order, starts = self._states_of_edges
        counts = starts[edge + 1] - starts[edge]
        state = order[np.repeat(starts[edge], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
        on_edges, _ = self._carried(metres=metres)
        weight = weighing.packed(share * self._edges.cost[edge], np.round(share * on_edges[edge]))
        return Attached(np.repeat(destinations.point, counts), state, np.repeat(weight, counts), destinations.count)

    @cached_property
    def _states_of_edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        edge = self.network.graphs[self.mode].arcs.edge
        order = np.argsort(edge, kind="stable")
        return order, np.searchsorted(edge[order], np.arange(len(self.network.edges) + 1))

    def _on_same_edge(self, found: NDArray[np.float64], origins: _Placed, destinations: _Placed, *, metres: bool) -> NDArray[np.float64]:
        """Straight along an edge from one point to another further on."""
        pairs = origins.frame("origin", "from_share").merge(destinations.frame("destination", "to_share"), on="edge").query("to_share >= from_share")
        share, edge = (pairs["to_share"] - pairs["from_share"]).to_numpy(), pairs["edge"].to_numpy()
        on_edges, _ = self._carried(metres=metres)
        straight = weighing.packed(share * self._edges.cost[edge], np.round(share * on_edges[edge]))
        np.minimum.at(found, (pairs["origin"].to_numpy(), pairs["destination"].to_numpy()), straight)
        return found

    def cell_minutes(self, origins: Snapped, limit: float, level: int) -> pd.DataFrame:
        """See `Roads.isochrone_cells`."""
        most = int(limit * weighing.MINUTE)
        placed = self._placed(origins)
        near = self._own_edges(origins, placed, level)
        cell = np.union1d(samples(self.network, self.mode, level).cell, near["cell"])
        into = self._into_cells(level)
        target = np.searchsorted(cell, into.cell)
        wanted = np.zeros(len(self.network.graphs[self.mode].arcs.edge), dtype=bool)
        wanted[into.state] = True
        near = near.assign(row=np.searchsorted(cell, near["cell"]))
        cost = float(weighing.packed(np.array([limit * 60 * _LIMIT_FACTOR + _LIMIT_MORE_S]), np.zeros(1))[0])
        search, parts = Search(self.network.graphs[self.mode].hierarchy.along, self._by_time), []
        for chosen, row, found in search.distances(self._departures(placed, metres=False), wanted, cost):
            reached = np.full((len(cell), chosen.stop - chosen.start), most + 1, dtype=np.int32)
            reached[target] = into.earliest(weighing.times(found), row)
            own = near[near["origin"].between(chosen.start, chosen.stop - 1)]
            np.minimum.at(reached, (own["row"].to_numpy(), own["origin"].to_numpy() - chosen.start), own["time"].to_numpy())
            in_time = reached <= most
            origin, at = np.nonzero(in_time.T)
            parts.append(pd.DataFrame({"origin": origin + chosen.start, "cell": cell[at], "minutes": reached[at, origin] / weighing.MINUTE}))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"origin": [], "cell": [], "minutes": []}).astype(_CELL_TYPES)

    def _into_cells(self, level: int) -> "_IntoCells":
        """Where ways come into cells: on an edge that began outside of it. Where an edge begins inside, the one before has been there already."""
        places = samples(self.network, self.mode, level)
        come = np.flatnonzero((places.share > 0) & np.isfinite(self._edges.cost[places.edge]))
        order, starts = self._states_of_edges
        counts = (starts[places.edge + 1] - starts[places.edge])[come]
        come = np.repeat(come, counts)
        edge = places.edge[come]
        state = order[starts[edge] + np.arange(len(come)) - np.repeat(np.cumsum(counts) - counts, counts)]
        time = weighing.hundredths(places.share[come] * self._edges.time[edge]).astype(np.int32)
        cell = places.cell[come]
        begins = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]])[: len(cell)])
        return _IntoCells(cell[begins], begins, state, time)

    def _own_edges(self, origins: Snapped, placed: _Placed, level: int) -> pd.DataFrame:
        """The cells on the rest of the edge that each origin lies on, and its own: origin, cell, time (hundredths of a second)."""
        places = samples(self.network, self.mode, level)
        here = placed.frame("origin", "from_share")
        there = pd.DataFrame({"edge": places.edge, "cell": places.cell, "share": places.share})
        found = here.merge(there[there["edge"].isin(here["edge"])], on="edge").query("share >= from_share")
        time = weighing.hundredths(((found["share"] - found["from_share"]) * self._edges.time[found["edge"].to_numpy()]).to_numpy())
        known = np.flatnonzero(origins.edge >= 0)
        at = pd.DataFrame(origins.points[known], columns=["longitude", "latitude"])
        own = cells.index_points(at["longitude"], at["latitude"], level).to_numpy(dtype=np.int64)
        start = pd.DataFrame({"origin": known, "cell": own, "time": 0})
        return pd.concat([start, found[["origin", "cell"]].assign(time=time.astype(np.int32))], ignore_index=True).astype({"time": "int32"})


@dataclass(frozen=True)
class _IntoCells:
    """Where ways come into cells, by cell.

    Attributes:
        cell: H3 cells, each once.
        begins: where the ways into each cell begin in what follows.
        state: about to enter the edge that comes into the cell.
        time: from there until it does, hundredths of a second.
    """

    cell: NDArray[np.int64]
    begins: NDArray[np.int64]
    state: NDArray[np.int64]
    time: NDArray[np.int32]

    def earliest(self, times: NDArray[np.int32], row: NDArray[np.int64]) -> NDArray[np.int32]:
        """When each cell is reached, shape (cells, starts).

        Args:
            times: until states are reached, shape (rows, starts).
            row: by state, its row in them.
        """
        reached = np.empty((len(self.cell), times.shape[1]), dtype=np.int32)
        ends = np.concatenate([self.begins[1:], [len(self.state)]])
        for first in range(0, len(self.cell), _CELLS):
            last = min(first + _CELLS, len(self.cell))
            ways = slice(self.begins[first], ends[last - 1])
            through = times[row[self.state[ways]]]
            through += self.time[ways, None]
            np.minimum.reduceat(through, self.begins[first:last] - self.begins[first], axis=0, out=reached[first:last])
        return reached


def _between(search: Search, starts: Attached, ends: Attached) -> NDArray[np.float64]:
    """Weights from each start to each end."""
    found = np.full((starts.count, ends.count), np.inf)
    if not len(starts.point) or not len(ends.point):
        return found
    order = np.argsort(ends.point, kind="stable")
    point, state, weight = ends.point[order], ends.state[order], ends.weight[order]
    begins = np.flatnonzero(np.concatenate([[True], point[1:] != point[:-1]]))
    wanted = np.zeros(len(search.arcs.rank), dtype=bool)
    wanted[state] = True
    for chosen, row, distances in search.distances(starts, wanted):
        through = distances[row[state]]
        through += weight[:, None]
        found[chosen, point[begins]] = np.minimum.reduceat(through, begins, axis=0).T
    return found

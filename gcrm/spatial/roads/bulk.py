"""Bulk times: from many points to many, and to all cells around, on the network's own search graph."""

from dataclasses import dataclass
from functools import cached_property

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

_AT_NODE_M = 5.0
"""Who is so near to an intersection may leave it by any of its roads, as in Valhalla (node_snap_tolerance)."""


def edge_costs(network: Network, mode: Mode, conditions: Slice) -> Costs:
    """What edges cost a mode under conditions; infinite where they are closed."""
    plain = car.edge_costs(network.edges, conditions.speed_kmh(network)) if mode is Mode.CAR else MODELS[mode].edge_costs(network.edges)
    closed = conditions.closed(mode)
    if not closed.any():
        return plain
    return Costs(np.where(closed, np.inf, plain.cost), np.where(closed, 0.0, plain.time))


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
        turns = self.network.graphs[self.mode].arcs.turns
        return car.turn_costs_of(turns, self.conditions.measured) if self.mode is Mode.CAR else MODELS[self.mode].turn_costs_of(turns)

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
    def _by_time(self) -> Search:
        hierarchy = self.network.graphs[self.mode].hierarchy
        return Search.along(hierarchy, hierarchy.weighted(self.arc_weights()))

    @cached_property
    def _by_length(self) -> Search:
        hierarchy = self.network.graphs[self.mode].hierarchy
        return Search.along(hierarchy, hierarchy.weighted(self.arc_weights(metres=True)))

    def times(self, origins: Snapped, destinations: Snapped, *, metres: bool = False) -> NDArray[np.float64]:
        """Weights of the best ways, shape (origins, destinations); infinite where there is none. Those of lengths where metres are asked for."""
        search = self._by_length if metres else self._by_time
        starts, ends = self._departures(origins, metres=metres), self._arrivals(destinations, metres=metres)
        found = _between(search, starts, ends) if starts.count <= ends.count else _between(search.against(), ends, starts).T
        return self._on_same_edge(found, origins, destinations, metres=metres)

    def _places(self, snapped: Snapped) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Points with the edges they lie on, those that the mode may take: point, edge (position), share.

        An edge counts in both directions; next to an intersection all of its edges do, at their beginnings and ends.
        """
        known = np.flatnonzero(snapped.edge >= 0)
        edge, share = self.network.positions(snapped.edge[known]), snapped.share[known]
        length, opposite = (self.network.edges[name].to_numpy() for name in ("length_m", "opposite"))
        first, last = share * length[edge] <= _AT_NODE_M, (1 - share) * length[edge] <= _AT_NODE_M
        along, turned = ~first & ~last, opposite[edge] >= 0
        turned &= along
        begins, ends = self.network.edges["from_node"].to_numpy(), self.network.edges["to_node"].to_numpy()
        at = pd.DataFrame({"point": known, "node": np.where(first, begins[edge], ends[edge])})[~along]
        usable = np.flatnonzero((self.network.graphs[self.mode].arcs.state >= 0) & np.isfinite(self._edges.cost))
        leaving = at.merge(pd.DataFrame({"node": begins[usable], "edge": usable}), on="node").assign(share=0.0)
        entering = at.merge(pd.DataFrame({"node": ends[usable], "edge": usable}), on="node").assign(share=1.0)
        found = pd.concat(
            [
                pd.DataFrame({"point": known[along], "edge": edge[along], "share": share[along]}),
                pd.DataFrame({"point": known[turned], "edge": opposite[edge[turned]], "share": 1 - share[turned]}),
                leaving,
                entering,
            ],
            ignore_index=True,
        )
        found = found[found["edge"].isin(usable)]
        return found["point"].to_numpy(), found["edge"].to_numpy(), found["share"].to_numpy()

    def _departures(self, origins: Snapped, *, metres: bool) -> Attached:
        """From each point along the rest of its edge into the next ones."""
        point, edge, share = self._places(origins)
        arcs = self.network.graphs[self.mode].arcs
        order, starts = self._leaving
        state = arcs.state[edge]
        counts = starts[state + 1] - starts[state]
        chosen = order[np.repeat(starts[state], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
        on_edges, at_turns = self._carried(metres=metres)
        rest = np.repeat(1 - share, counts)
        along = np.repeat(edge, counts)
        cost = rest * self._edges.cost[along] + self._turns.cost[chosen]
        return Attached(
            np.repeat(point, counts), arcs.head[chosen], weighing.packed(cost, np.round(rest * on_edges[along]) + at_turns[chosen]), len(origins.edge)
        )

    @cached_property
    def _leaving(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        arcs = self.network.graphs[self.mode].arcs
        order = np.argsort(arcs.tail, kind="stable")
        return order, np.searchsorted(arcs.tail[order], np.arange(len(arcs.edge) + 1))

    def _arrivals(self, destinations: Snapped, *, metres: bool) -> Attached:
        """From about to enter the edge of each point to the point."""
        point, edge, share = self._places(destinations)
        order, starts = self._states_of_edges
        counts = starts[edge + 1] - starts[edge]
        state = order[np.repeat(starts[edge], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
        on_edges, _ = self._carried(metres=metres)
        weight = weighing.packed(share * self._edges.cost[edge], np.round(share * on_edges[edge]))
        return Attached(np.repeat(point, counts), state, np.repeat(weight, counts), len(destinations.edge))

    @cached_property
    def _states_of_edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        edge = self.network.graphs[self.mode].arcs.edge
        order = np.argsort(edge, kind="stable")
        return order, np.searchsorted(edge[order], np.arange(len(self.network.edges) + 1))

    def _on_same_edge(self, found: NDArray[np.float64], origins: Snapped, destinations: Snapped, *, metres: bool) -> NDArray[np.float64]:
        """Straight along an edge from one point to another further on."""
        here = pd.DataFrame(dict(zip(("origin", "edge", "from_share"), self._places(origins), strict=True)))
        there = pd.DataFrame(dict(zip(("destination", "edge", "to_share"), self._places(destinations), strict=True)))
        pairs = here.merge(there, on="edge").query("to_share >= from_share")
        share, edge = (pairs["to_share"] - pairs["from_share"]).to_numpy(), pairs["edge"].to_numpy()
        on_edges, _ = self._carried(metres=metres)
        straight = weighing.packed(share * self._edges.cost[edge], np.round(share * on_edges[edge]))
        np.minimum.at(found, (pairs["origin"].to_numpy(), pairs["destination"].to_numpy()), straight)
        return found

    def cell_minutes(self, origins: Snapped, limit: float, level: int) -> pd.DataFrame:
        """See `Roads.isochrone_cells`."""
        places = samples(self.network, self.mode, level)
        states, starts = self._states_of_edges
        state = states[starts[places.edge]]
        along = places.share * self._edges.time[places.edge] / 60
        open_ = np.isfinite(self._edges.cost[places.edge])
        state, along, cell = state[open_], along[open_], places.cell[open_]
        begins = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
        wanted = np.zeros(len(self.network.graphs[self.mode].arcs.edge), dtype=bool)
        wanted[state] = True
        most = float(weighing.packed(np.array([limit * 60 * _LIMIT_FACTOR + _LIMIT_MORE_S]), np.zeros(1))[0])
        parts = [self._own_edges(origins, limit, level)]
        for chosen, row, found in self._by_time.distances(self._departures(origins, metres=False), wanted, most):
            reached = np.fmin.reduceat(weighing.minutes(found)[row[state]] + along[:, None], begins, axis=0)
            at, origin = np.nonzero(reached <= limit)
            parts.append(pd.DataFrame({"origin": origin + chosen.start, "cell": cell[begins][at], "minutes": reached[at, origin]}))
        together = pd.concat(parts, ignore_index=True)
        return together.groupby(["origin", "cell"], as_index=False).agg({"minutes": "min"})

    def _own_edges(self, origins: Snapped, limit: float, level: int) -> pd.DataFrame:
        """The cells on the rest of the edge that each origin lies on, and its own."""
        places = samples(self.network, self.mode, level)
        here = pd.DataFrame(dict(zip(("origin", "edge", "from_share"), self._places(origins), strict=True)))
        there = pd.DataFrame({"edge": places.edge, "cell": places.cell, "share": places.share})
        found = here.merge(there[there["edge"].isin(here["edge"])], on="edge").query("share >= from_share")
        found["minutes"] = (found["share"] - found["from_share"]) * self._edges.time[found["edge"].to_numpy()] / 60
        known = np.flatnonzero(origins.edge >= 0)
        at = pd.DataFrame(origins.points[known], columns=["longitude", "latitude"])
        own = cells.index_points(at["longitude"], at["latitude"], level).to_numpy(dtype=np.int64)
        start = pd.DataFrame({"origin": known, "cell": own, "minutes": 0.0})
        return pd.concat([start, found.loc[found["minutes"] <= limit, ["origin", "cell", "minutes"]]], ignore_index=True)


def _between(search: Search, starts: Attached, ends: Attached) -> NDArray[np.float64]:
    """Weights from each start to each end."""
    found = np.full((starts.count, ends.count), np.inf)
    if not len(starts.point) or not len(ends.point):
        return found
    order = np.argsort(ends.point, kind="stable")
    point, state, weight = ends.point[order], ends.state[order], ends.weight[order]
    begins = np.flatnonzero(np.concatenate([[True], point[1:] != point[:-1]]))
    wanted = np.zeros(len(search.rank), dtype=bool)
    wanted[state] = True
    for chosen, row, distances in search.distances(starts, wanted):
        through = distances[row[state]]
        through += weight[:, None]
        found[chosen, point[begins]] = np.minimum.reduceat(through, begins, axis=0).T
    return found

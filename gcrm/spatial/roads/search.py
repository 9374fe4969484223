"""Distances on a weighted hierarchy: a search upwards with scipy, one sweep downwards with numpy."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gcrm.spatial.roads.hierarchy import Hierarchy

_COLUMNS = 64
"""Starts that are swept together: their rows of numbers fit the cache."""


@dataclass(frozen=True)
class Attached:
    """How points hang on the search graph: a point may begin, or end, in several states, each with its weight.

    Attributes:
        point: position of the point.
        state: a state of the search graph.
        weight: from the point to the state, or from the state to the point.
        count: of points.
    """

    point: NDArray[np.int64]
    state: NDArray[np.int64]
    weight: NDArray[np.float64]
    count: int


@dataclass(frozen=True)
class Search:
    """A hierarchy with weights, searched in one direction.

    Attributes:
        rank: by state, when it was taken out.
        tail: by arc, its first state in the direction of the search.
        head: by arc, its last state.
        weights: by arc.
    """

    rank: NDArray[np.int16]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    weights: NDArray[np.float64]

    @classmethod
    def along(cls, hierarchy: Hierarchy, weights: NDArray[np.float64]) -> "Search":
        """Searches along the arcs.

        Args:
            hierarchy: the states.
            weights: from `Hierarchy.weighted`.
        """
        return cls(hierarchy.rank, hierarchy.tail, hierarchy.head, weights)

    def against(self) -> "Search":
        """The same, searched against the arcs."""
        return Search(self.rank, self.head, self.tail, self.weights)

    @cached_property
    def _upwards(self) -> NDArray[np.int64]:
        """Arcs to a state taken out later, and those within the core; sorted by tail."""
        core = self.rank.max()
        arcs = np.flatnonzero((self.rank[self.tail] < self.rank[self.head]) | (self.rank[self.tail] == core) & (self.rank[self.head] == core))
        arcs = arcs[np.isfinite(self.weights[arcs])]
        return arcs[np.argsort(self.tail[arcs], kind="stable")]

    @cached_property
    def _downwards(self) -> NDArray[np.int64]:
        """Arcs to a state taken out earlier; sorted by when, then by head."""
        arcs = np.flatnonzero((self.rank[self.tail] > self.rank[self.head]) & np.isfinite(self.weights))
        return arcs[np.lexsort((self.head[arcs], self.rank[self.head[arcs]]))]

    def distances(self, starts: Attached, wanted: NDArray[np.bool_], limit: float = np.inf) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.float64]]]:
        """Distances from some starts to states, a few starts at a time.

        Args:
            starts: the points to start from.
            wanted: by state, whether it is asked for.
            limit: what is further need not be found.

        Yields:
            Which starts; by state, its row in what follows, or -1; distances of shape (rows, starts), infinite where there is no way.
        """
        arcs, needed = self._needed(wanted)
        row = np.where(needed, np.cumsum(needed) - 1, -1)
        states = np.flatnonzero(needed)
        rounds = np.searchsorted(self.rank[self.head[arcs]], np.arange(int(self.rank.max()), -1, -1))
        for first in range(0, starts.count, _COLUMNS):
            chosen = slice(first, min(first + _COLUMNS, starts.count))
            found = np.ascontiguousarray(self._search(starts, chosen, limit)[:, states].T)
            for end, begin in pairwise(rounds):
                self._sweep(found, row, arcs[begin:end])
            yield chosen, row, found

    def _needed(self, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The downward arcs on which the wanted states depend (RPHAST, Delling et al. 2011), and all states at their ends."""
        needed, kept = wanted.copy(), []
        arcs = self._downwards
        bounds = np.searchsorted(self.rank[self.head[arcs]], np.arange(int(self.rank.max()) + 1))
        for begin, end in pairwise(bounds):
            line = arcs[begin:end]
            line = line[needed[self.head[line]]]
            needed[self.tail[line]] = True
            kept.append(line)
        return np.concatenate(kept) if kept else arcs[:0], needed

    def _search(self, starts: Attached, chosen: slice, limit: float) -> NDArray[np.float64]:
        """Distances upwards, each start being a state of its own behind the others; shape (starts, states)."""
        states, count = len(self.rank), chosen.stop - chosen.start
        mine = np.flatnonzero((starts.point >= chosen.start) & (starts.point < chosen.stop))
        mine = mine[np.argsort(starts.point[mine], kind="stable")]
        arcs = self._upwards
        degrees = np.concatenate([np.bincount(self.tail[arcs], minlength=states), np.bincount(starts.point[mine] - chosen.start, minlength=count)])
        graph = csr_array(
            (
                np.concatenate([self.weights[arcs], starts.weight[mine]]),
                np.concatenate([self.head[arcs], starts.state[mine].astype(np.int32)]),
                np.concatenate([[0], np.cumsum(degrees)]).astype(np.int32),
            ),
            shape=(states + count, states + count),
        )
        found: NDArray[np.float64] = dijkstra(graph, indices=np.arange(states, states + count), limit=limit)
        return found

    def _sweep(self, found: NDArray[np.float64], row: NDArray[np.int64], arcs: NDArray[np.int64]) -> None:
        """The distances of one round's states follow from those of states taken out later."""
        if not len(arcs):
            return
        heads = row[self.head[arcs]]
        begins = np.flatnonzero(np.concatenate([[True], heads[1:] != heads[:-1]]))
        through = found[row[self.tail[arcs]]]
        through += self.weights[arcs, None]
        target = heads[begins]
        found[target] = np.minimum(found[target], np.minimum.reduceat(through, begins, axis=0))

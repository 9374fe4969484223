"""Distances on a weighted hierarchy: a search upwards with scipy, one sweep downwards with numpy."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gcrm.spatial.roads.hierarchy import Direction

_COLUMNS = 64
"""Starts that are swept together: their rows of numbers fit the cache."""
_PIECE = 2_048
"""Arcs that are swept at once: their distances do too."""


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
        arcs: of the hierarchy, in the direction of the search.
        weights: by arc, from `Hierarchy.weighted`.
    """

    arcs: Direction
    weights: NDArray[np.float64]

    def distances(self, starts: Attached, wanted: NDArray[np.bool_], limit: float = np.inf) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.float64]]]:
        """Distances from some starts to states, a few starts at a time.

        Args:
            starts: the points to start from.
            wanted: by state, whether it is asked for.
            limit: what is further need not be found.

        Yields:
            Which starts; by state, its row in what follows, or -1; distances of shape (rows, starts), infinite where there is no way.
        """
        chosen_arcs, needed = self._needed(wanted)
        row = _numbers(needed)
        pieces, climb = self._pieces(chosen_arcs, row), self._climb(starts)
        both = needed[climb.state]
        met = row[climb.state[both]]
        for first in range(0, starts.count, _COLUMNS):
            chosen = slice(first, min(first + _COLUMNS, starts.count))
            found = np.full((int(needed.sum()), chosen.stop - chosen.start), np.inf)
            found[met] = climb.distances(starts, chosen, limit)[:, both].T
            for piece in pieces:
                piece.sweep(found)
            yield chosen, row, found

    def _needed(self, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The downward arcs on which the wanted states depend (RPHAST, Delling et al. 2011), by place in `Direction.down`, and all states at their ends."""
        down, needed, kept = self.arcs.down, wanted.copy(), []
        for begin, end in pairwise(down.rounds):
            line = np.flatnonzero(needed[down.head[begin:end]]) + begin
            needed[down.tail[line]] = True
            kept.append(line)
        return np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64), needed

    def _pieces(self, chosen: NDArray[np.int64], row: NDArray[np.int64]) -> list["_Piece"]:
        """The sweep, from the state taken out last down to the first."""
        if not len(chosen):
            return []
        down = self.arcs.down
        head, tails, heads, weights = down.head[chosen], row[down.tail[chosen]], row[down.head[chosen]], self.weights[down.arc[chosen]]
        firsts = np.flatnonzero(np.concatenate([[True], head[1:] != head[:-1]]))
        ends = np.concatenate([firsts[1:], [len(chosen)]])
        # A piece ends with its round, and where it holds as many arcs as it may.
        piece = self.arcs.rank[head[firsts]].astype(np.int64) * len(chosen) + firsts // _PIECE
        cuts = np.flatnonzero(np.concatenate([[True], piece[1:] != piece[:-1], [True]]))
        found = []
        for begin, end in pairwise(cuts):
            line, each = slice(firsts[begin], ends[end - 1]), slice(begin, end)
            found.append(_Piece.of(tails[line], weights[line], ends[each] - firsts[each], heads[firsts[each]]))
        return found[::-1]

    def _climb(self, starts: Attached) -> "_Climb":
        """What a search upwards from any of the starts can meet."""
        up, by_rank = self.arcs.up, self.arcs.by_rank
        # Within the core everything may be met.
        met = self.arcs.rank == self.arcs.core
        met[starts.state] = True
        for begin, end in pairwise(up.rounds):
            met[up.head[begin:end][met[up.tail[begin:end]]]] = True
        state = by_rank[met[by_rank]]
        number = np.full(len(met), -1)
        number[state] = np.arange(len(state))
        weights = self.weights[up.arc]
        kept = met[up.tail] & np.isfinite(weights)
        return _Climb(state, number, number[up.tail[kept]], number[up.head[kept]], weights[kept])


@dataclass(frozen=True)
class _Piece:
    """Some arcs of a round of the sweep, few enough for their distances to stay in the cache.

    First stands one arc of each head, then a second one of each that has two, and so on: whole blocks are compared, which is five times as fast as
    head by head.

    Attributes:
        tails: row of the first state of each arc.
        weights: of the arcs, shape (n, 1).
        heads: row of each head; those with most arcs first.
        blocks: how many heads have a first arc, a second one, and so on.
    """

    tails: NDArray[np.int64]
    weights: NDArray[np.float64]
    heads: NDArray[np.int64]
    blocks: list[int]

    @classmethod
    def of(cls, tails: NDArray[np.int64], weights: NDArray[np.float64], counts: NDArray[np.int64], heads: NDArray[np.int64]) -> "_Piece":
        """Puts arcs, sorted by head, into their blocks.

        Args:
            tails: row of the first state of each arc.
            weights: of the arcs.
            counts: arcs of each head.
            heads: row of each head.
        """
        most_first = np.argsort(-counts, kind="stable")
        place = np.empty_like(most_first)
        place[most_first] = np.arange(len(counts))
        within = np.arange(len(tails)) - np.repeat(np.cumsum(counts) - counts, counts)
        order = np.lexsort((np.repeat(place, counts), within))
        return cls(tails[order], weights[order, None], heads[most_first], np.bincount(within).tolist())

    def sweep(self, found: NDArray[np.float64]) -> None:
        """The distances of the heads follow from those of states taken out later."""
        through = found[self.tails]
        through += self.weights
        least, begin = found[self.heads], 0
        for count in self.blocks:
            np.minimum(least[:count], through[begin : begin + count], out=least[:count])
            begin += count
        found[self.heads] = least


@dataclass(frozen=True)
class _Climb:
    """The part of the search graph in which searches upwards stay.

    Attributes:
        state: its states.
        number: by state of the whole graph, its number here, or -1.
        tail: by arc, sorted; numbers.
        head: by arc; numbers.
        weights: by arc.
    """

    state: NDArray[np.int64]
    number: NDArray[np.int64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    weights: NDArray[np.float64]

    def distances(self, starts: Attached, chosen: slice, limit: float) -> NDArray[np.float64]:
        """Distances of shape (starts, states); each start is a state of its own behind the others."""
        states, count = len(self.state), chosen.stop - chosen.start
        mine = np.flatnonzero((starts.point >= chosen.start) & (starts.point < chosen.stop))
        mine = mine[np.argsort(starts.point[mine], kind="stable")]
        degrees = np.concatenate([np.bincount(self.tail, minlength=states), np.bincount(starts.point[mine] - chosen.start, minlength=count)])
        graph = csr_array(
            (
                np.concatenate([self.weights, starts.weight[mine]]),
                np.concatenate([self.head, self.number[starts.state[mine]]]).astype(np.int32),
                np.concatenate([[0], np.cumsum(degrees)]).astype(np.int32),
            ),
            shape=(states + count, states + count),
        )
        found: NDArray[np.float64] = dijkstra(graph, indices=np.arange(states, states + count), limit=limit)[:, :states]
        return found


def _numbers(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The chosen ones, numbered from 0; -1 for the others."""
    return np.where(chosen, np.cumsum(chosen) - 1, -1)

"""A search graph with shortcuts: long searches become a short search among few states and sweeps over whole columns of numbers.

States are taken out in an order that leaves few shortcuts behind, whatever the weights: nested dissection, which takes out last what holds the
parts of the network together. So new weights are only carried through the shortcuts that are there (customizable contraction hierarchies,
Dibbelt et al. 2016, doi:10.1145/2886843), and distances to all states follow from a search upwards and one sweep downwards (PHAST, Delling et
al. 2013, doi:10.1016/j.jpdc.2012.02.007). All distances are exact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pymetis
from numpy.typing import NDArray

_CORE_SHARE, _SMALLEST_CORE = 0.01, 200
"""Where to stop: what is left is searched, the rest is swept. Fewer states are searched faster, and more shortcuts take longer to carry weights through."""


@dataclass(frozen=True)
class Line:
    """Arcs, sorted by the round in which their lower state is taken out, then by that state.

    Attributes:
        arc: their positions.
        tail: state that they come from, in the direction of the search.
        head: state that they lead to.
        rounds: where those of each round begin; one more at the end. Arcs within the core stand behind it.
    """

    arc: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    rounds: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Direction:
    """The arcs of a hierarchy for searches in one direction, along the arcs or against them.

    Attributes:
        rank: by state, the round in which it is taken out.
        tail: by arc, the state that it comes from.
        head: by arc, the state that it leads to.
    """

    rank: NDArray[np.int16]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]

    @cached_property
    def core(self) -> int:
        """The rank of the states that stay."""
        return int(self.rank.max(initial=0))

    @cached_property
    def by_rank(self) -> NDArray[np.int64]:
        """States in the order in which they are taken out."""
        return np.argsort(self.rank, kind="stable")

    @cached_property
    def up(self) -> Line:
        """Arcs to a state taken out later, and those within the core."""
        before, after = self.rank[self.tail], self.rank[self.head]
        return self._line(np.flatnonzero((before < after) | (before == self.core) & (after == self.core)), self.tail)

    @cached_property
    def down(self) -> Line:
        """Arcs to a state taken out earlier."""
        return self._line(np.flatnonzero(self.rank[self.tail] > self.rank[self.head]), self.head)

    def _line(self, arcs: NDArray[np.int64], lower: NDArray[np.int32]) -> Line:
        arcs = arcs[np.lexsort((lower[arcs], self.rank[lower[arcs]]))]
        rounds = np.searchsorted(self.rank[lower[arcs]], np.arange(self.core + 1))
        return Line(arcs, self.tail[arcs], self.head[arcs], rounds)


@dataclass(frozen=True)
class Hierarchy:
    """The states of a search graph in the order in which they are taken out, with the shortcuts that this leaves.

    Attributes:
        tail: by arc, shortcuts included, its first state.
        head: by arc, its last state.
        original: the arc of each arc of the search graph.
        first: by pair of arcs that a shortcut stands for, the one into the state taken out.
        second: the one out of it.
        shortcut: the arc that stands for the pair.
        pair_rounds: where the pairs of each round begin; one more at the end.
        rank: by state, the round in which it is taken out; the number of rounds for the core, which stays.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    original: NDArray[np.int32]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    shortcut: NDArray[np.int32]
    pair_rounds: NDArray[np.int64]
    rank: NDArray[np.int16]

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.rank)

    @cached_property
    def along(self) -> Direction:
        """For searches along the arcs."""
        return Direction(self.rank, self.tail, self.head)

    @cached_property
    def against(self) -> Direction:
        """For searches against the arcs."""
        return Direction(self.rank, self.head, self.tail)

    def weighted(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights of all arcs, shortcuts included.

        Args:
            weights: by arc of the search graph; infinite where it is closed.
        """
        found = np.full(len(self.tail), np.inf)
        np.minimum.at(found, self.original, weights)
        for start, end in zip(self.pair_rounds[:-1], self.pair_rounds[1:], strict=True):
            pairs = slice(start, end)
            np.minimum.at(found, self.shortcut[pairs], found[self.first[pairs]] + found[self.second[pairs]])
        return found


def contract(tail: NDArray[np.int32], head: NDArray[np.int32], states: int) -> Hierarchy:
    """Takes states out of a search graph until a core is left.

    Args:
        tail: by arc, its first state.
        head: by arc, its last state.
        states: how many there are.
    """
    keys = tail.astype(np.int64) * states + head
    known, original = np.unique(keys, return_inverse=True)
    arcs = [known]
    # What leads back to its own state is on no shortest way.
    numbers = np.flatnonzero(known // max(states, 1) != known % max(states, 1))
    active = known[numbers]
    rank = np.full(states, -1, dtype=np.int64)
    smallest = max(_SMALLEST_CORE, _CORE_SHARE * states)
    order = _dissected(tail, head, states) if states > smallest else np.arange(states)
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    count, rounds = len(known), 0
    while (rank < 0).sum() > smallest:
        here, there = np.divmod(active, states)
        chosen = _independent(here, there, rank, order)
        first, second, made = _pairs(here, there, numbers, chosen, states)
        kept = ~chosen[here] & ~chosen[there]
        active, numbers = active[kept], numbers[kept]
        new = _not_among(made, active)
        arcs.append(new)
        active, numbers = np.concatenate([active, new]), np.concatenate([numbers, count + np.arange(len(new))])
        count += len(new)
        by_key = np.argsort(active)
        active, numbers = active[by_key], numbers[by_key]
        pairs.append((first, second, numbers[np.searchsorted(active, made)]))
        rank[chosen] = rounds
        rounds += 1
    rank[rank < 0] = rounds
    all_tails, all_heads = np.divmod(np.concatenate(arcs), states)
    bounds = np.cumsum([0, *(len(line[0]) for line in pairs)])
    into, out, made_of = (np.concatenate([line[part] for line in pairs]).astype(np.int32) if pairs else np.zeros(0, np.int32) for part in range(3))
    return Hierarchy(all_tails.astype(np.int32), all_heads.astype(np.int32), original.astype(np.int32), into, out, made_of, bounds, rank.astype(np.int16))


def _not_among(made: NDArray[np.int64], active: NDArray[np.int64]) -> NDArray[np.int64]:
    """What is made and not among the active, which are sorted; each once. By sorting: the hashing of numpy's setdiff1d takes 30 times as long on such keys."""
    made = np.sort(made)
    once = made[np.concatenate([[True], made[1:] != made[:-1]])] if len(made) else made
    if not len(active):
        return once
    new: NDArray[np.bool_] = active[np.minimum(np.searchsorted(active, once), len(active) - 1)] != once
    return once[new]


def _dissected(tail: NDArray[np.int32], head: NDArray[np.int32], states: int) -> NDArray[np.int64]:
    """By state, its place in the order of nested dissection (METIS; Karypis and Kumar 1998, doi:10.1137/S1064827595287997)."""
    here, there = np.concatenate([tail, head]).astype(np.int64), np.concatenate([head, tail])
    here, there = np.divmod(np.unique((here * states + there)[here != there]), states)
    starts = np.searchsorted(here, np.arange(states + 1))
    _, place = pymetis.nested_dissection(pymetis.CSRAdjacency(starts.astype(np.int32), there.astype(np.int32)))
    return np.asarray(place, dtype=np.int64)


def _independent(here: NDArray[np.int64], there: NDArray[np.int64], rank: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """States no two of which are neighbours: each comes before all of its neighbours."""
    first = rank < 0
    earlier = order[here] < order[there]
    first[np.where(earlier, there, here)[here != there]] = False
    return first


def _pairs(
    here: NDArray[np.int64], there: NDArray[np.int64], numbers: NDArray[np.int64], chosen: NDArray[np.bool_], states: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each way through a chosen state: the arc into it, the arc out of it, and the key of the shortcut."""
    into = np.flatnonzero(chosen[there])
    out = np.flatnonzero(chosen[here])  # sorted by its state, since arcs are sorted by their tail
    begin, end = np.searchsorted(here[out], there[into]), np.searchsorted(here[out], there[into], side="right")
    counts = end - begin
    left = np.repeat(into, counts)
    right = out[np.repeat(begin, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
    around = here[left] != there[right]
    left, right = left[around], right[around]
    return numbers[left], numbers[right], here[left] * states + there[right]

"""A search graph with shortcuts: long searches become a short search among few states and sweeps over whole columns of numbers.

States are taken out in rounds, each an independent set of those that leave the fewest shortcuts behind (contraction hierarchies, Geisberger et
al. 2012, doi:10.1287/trsc.1110.0401). Which shortcuts there are does not depend on the weights, so new weights are only carried through
(customizable contraction hierarchies, Dibbelt et al. 2016, doi:10.1145/2886843), and distances to all states follow from a search upwards
and one sweep downwards (PHAST, Delling et al. 2013, doi:10.1016/j.jpdc.2012.02.007). All distances are exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CORE_SHARE, _SMALLEST_CORE = 0.1, 200
"""Where to stop: what is left is searched, the rest is swept. Fewer states are left with so many shortcuts that the search takes longer."""
_SEED = 1
_SPREAD, _LOWEST = 1 << 20, 4


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
    active, numbers = known, np.arange(len(known))
    rank = np.full(states, -1, dtype=np.int64)
    tie = np.random.default_rng(_SEED).permutation(states) % _SPREAD
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    count, rounds = len(known), 0
    while (rank < 0).sum() > max(_SMALLEST_CORE, _CORE_SHARE * states):
        here, there = np.divmod(active, states)
        chosen = _independent(here, there, rank, tie)
        first, second, made = _pairs(here, there, numbers, chosen, states)
        kept = ~chosen[here] & ~chosen[there]
        active, numbers = active[kept], numbers[kept]
        new = _not_among(made, active)
        arcs.append(new)
        active, numbers = np.concatenate([active, new]), np.concatenate([numbers, count + np.arange(len(new))])
        count += len(new)
        order = np.argsort(active)
        active, numbers = active[order], numbers[order]
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


def _independent(here: NDArray[np.int64], there: NDArray[np.int64], rank: NDArray[np.int64], tie: NDArray[np.int64]) -> NDArray[np.bool_]:
    """States no two of which are neighbours: each leaves fewer shortcuts than any neighbour."""
    states = len(rank)
    into, out = np.bincount(there, minlength=states), np.bincount(here, minlength=states)
    score = (into * out - into - out + _LOWEST) * _SPREAD + tie
    least = np.full(states, np.iinfo(np.int64).max)
    np.minimum.at(least, here, score[there])
    np.minimum.at(least, there, score[here])
    return (rank < 0) & (score < least)


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

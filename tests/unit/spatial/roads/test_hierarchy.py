"""Distances on a hierarchy are those of Dijkstra on the graph it was made of, whatever the graph and the weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gcrm.spatial.roads.hierarchy import Direction, Hierarchy, contract
from gcrm.spatial.roads.search import Attached, Search

_STATES = 900


def _arcs(kind: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    random = np.random.default_rng(4)
    here = np.arange(_STATES, dtype=np.int32)
    if kind == "grid":  # 30 by 30, one way eastwards, two ways north and south; arcs to oneself and parallel ones in between
        east, north = here[here % 30 < 29], here[here < _STATES - 30]
        some = random.choice(here, 40).astype(np.int32)
        return np.concatenate([east, north, north + 30, some, east[:50]]), np.concatenate([east + 1, north + 30, north, some, east[:50] + 1])
    if kind == "random":
        return random.integers(0, _STATES, 2_000, dtype=np.int32), random.integers(0, _STATES, 2_000, dtype=np.int32)
    return here[:0], here[:0]


def _distances(direction: Direction, weights: NDArray[np.float64], starts: Attached) -> NDArray[np.float64]:
    wanted = np.ones(_STATES, dtype=bool)
    return np.concatenate([found[row].T for _, row, found in Search(direction, weights).distances(starts, wanted)])


@pytest.mark.parametrize("kind", ["grid", "random", "none"])
def test_distances_are_exact_along_and_against_and_with_what_is_closed(kind: str) -> None:
    tail, head = _arcs(kind)
    hierarchy = contract(tail, head, _STATES)
    random = np.random.default_rng(5)
    begins = np.arange(0, _STATES, 9)
    starts = Attached(np.arange(len(begins)), begins, random.integers(0, 9, len(begins)).astype(float), len(begins))
    for closed in (0.0, 0.2):
        weights = random.integers(1, 100, len(tail)).astype(float)
        weights[random.random(len(tail)) < closed] = np.inf
        carried = hierarchy.weighted(weights)
        for direction, (first, last) in ((hierarchy.along, (tail, head)), (hierarchy.against, (head, tail))):
            expected = dijkstra(_matrix(first, last, weights), indices=begins) + starts.weight[:, None]
            np.testing.assert_array_equal(_distances(direction, carried, starts), expected)


def test_what_is_wanted_is_all_that_is_told() -> None:
    hierarchy = contract(*_arcs("grid"), _STATES)
    carried = hierarchy.weighted(np.ones(len(hierarchy.original)))
    starts, wanted = Attached(np.array([0]), np.array([0]), np.zeros(1), 1), np.zeros(_STATES, dtype=bool)
    wanted[[29, 899]] = True
    ((chosen, row, found),) = Search(hierarchy.along, carried).distances(starts, wanted)
    assert chosen == slice(0, 1)
    assert found[row[[29, 899]], 0].tolist() == [29, 58]
    assert len(found) < _STATES


@pytest.mark.parametrize("states", [0, 5])
def test_a_graph_too_small_to_take_anything_out(states: int) -> None:
    made: Hierarchy = contract(np.zeros(0, np.int32), np.zeros(0, np.int32), states)
    assert made.states == states
    assert made.along.core == 0


def _matrix(tail: NDArray[np.int32], head: NDArray[np.int32], weights: NDArray[np.float64]) -> csr_array:
    """The least weight of parallel arcs; a matrix made of triples would add them up."""
    least = np.full((_STATES, _STATES), np.inf)
    np.minimum.at(least, (tail, head), weights)
    tails, heads = np.nonzero(np.isfinite(least))
    return csr_array((least[tails, heads], (tails, heads)), shape=(_STATES, _STATES))

"""Records that are one: groups out of pairs, without chains."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gcrm.ingest.duplicates.records import Rows


def clusters(count: int, left: Rows, right: Rows) -> Rows:
    """Connected components: for each record the number of its group.

    Args:
        count: how many records there are.
        left: positions of records that are one with those on the right.
        right: as many.
    """
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def without_chains(count: int, left: Rows, right: Rows, probability: NDArray[np.float64], against: tuple[Rows, Rows], largest: int = 50) -> NDArray[np.bool_]:
    """Which pairs may be joined, the surest first, so that no group holds two records that something speaks against.

    A is like B and B like C, but A is not C: the surer of the two pairs is kept. (Greedy constrained clustering, Davidson and Ravi 2005.)

    Args:
        count: how many records there are.
        left: positions of records.
        right: as many.
        probability: of each pair.
        against: pairs that are not one: their positions, left and right.
        largest: records in a group at the most.

    Returns:
        True for the pairs to keep.
    """
    group = clusters(count, left, right)
    enemies: dict[int, set[int]] = {}
    within = group[against[0]] == group[against[1]]
    for a, b in zip(against[0][within].tolist(), against[1][within].tolist(), strict=True):
        enemies.setdefault(a, set()).add(b)
        enemies.setdefault(b, set()).add(a)
    sizes = np.bincount(group, minlength=count)
    disputed = np.zeros(count, dtype=bool)
    disputed[group[np.array(list(enemies), dtype=np.int64)]] = True
    disputed |= sizes > largest
    kept = ~disputed[group[left]]
    at = np.flatnonzero(~kept)
    members: dict[int, set[int]] = {}
    of: dict[int, int] = {}
    for pair in at[np.argsort(-probability[at], kind="stable")].tolist():
        a, b = int(left[pair]), int(right[pair])
        one, other = of.get(a, a), of.get(b, b)
        if one == other:
            kept[pair] = True
            continue
        ours, theirs = members.get(one, {a}), members.get(other, {b})
        if len(ours) + len(theirs) > largest or any(not theirs.isdisjoint(enemies.get(each, ())) for each in ours):
            continue
        together = ours | theirs
        members[one] = together
        members.pop(other, None)
        of.update(dict.fromkeys(together, one))
        kept[pair] = True
    return kept

"""Records that are one: groups out of pairs, without chains."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gcrm.ingest.duplicates.records import Rows

LARGEST_GROUP = 50


def clusters(count: int, left: Rows, right: Rows) -> Rows:
    """Connected components: for each record the number of its group.

    Args:
        count: how many records there are.
        left: positions of records that are one with those on the right.
        right: as many.
    """
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def without_chains(
    count: int, pairs: tuple[Rows, Rows], probability: NDArray[np.float64], firm: NDArray[np.bool_], apart: tuple[Rows, Rows], largest: int = LARGEST_GROUP
) -> NDArray[np.bool_]:
    """Which pairs may be joined, so that no chain of half-agreements ties together what is not one.

    "Miller" is part of "Anna Miller" and of "Peter Miller": only the surer of the two pairs is kept. Firm pairs are joined first; another one, the surest
    first, only where the two groups hold no pair that is about two (constrained agglomerative clustering, Davidson and Ravi 2005).

    Args:
        count: how many records there are.
        pairs: positions of records, left and right.
        probability: of each pair.
        firm: pairs that need no proof.
        apart: pairs that are about two, left and right.
        largest: records in a group at the most; firm pairs may tie together more.

    Returns:
        True for the pairs to keep.
    """
    left, right = pairs
    group = clusters(count, left, right)
    disputed = np.zeros(count, dtype=bool)
    disputed[group[apart[0]][group[apart[0]] == group[apart[1]]]] = True
    disputed |= np.bincount(group, minlength=count) > largest
    kept = ~disputed[group[left]]
    at = np.flatnonzero(~kept)
    order = at[np.lexsort((-probability[at], ~firm[at]))]
    joined = _Groups(apart, disputed[group])
    for pair in order.tolist():
        kept[pair] = joined.join(int(left[pair]), int(right[pair]), None if firm[pair] else largest, checked=not firm[pair])
    return kept


class _Groups:
    """Groups that grow, and who must not meet in one."""

    def __init__(self, apart: tuple[Rows, Rows], disputed: NDArray[np.bool_]) -> None:
        self._members: dict[int, set[int]] = {}
        self._of: dict[int, int] = {}
        self._strangers: dict[int, set[int]] = {}
        within = disputed[apart[0]] & disputed[apart[1]]
        for a, b in zip(apart[0][within].tolist(), apart[1][within].tolist(), strict=True):
            self._strangers.setdefault(a, set()).add(b)
            self._strangers.setdefault(b, set()).add(a)

    def join(self, a: int, b: int, largest: int | None, *, checked: bool) -> bool:
        """Joins the groups of two records, where that may be; whether they are in one now."""
        one, other = self._of.get(a, a), self._of.get(b, b)
        if one == other:
            return True
        ours, theirs = self._members.get(one, {one}), self._members.get(other, {other})
        if len(ours) < len(theirs):
            one, other, ours, theirs = other, one, theirs, ours
        if largest is not None and len(ours) + len(theirs) > largest:
            return False
        if checked and any(not ours.isdisjoint(self._strangers.get(each, ())) for each in theirs):
            return False
        self._members.pop(other, None)
        ours |= theirs
        self._members[one] = ours
        self._of.update(dict.fromkeys(theirs, one))
        self._of[one] = one
        return True

"""One-to-one: where a source promises that it holds nobody twice, a record has at most one partner in it."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from gcrm.ingest.duplicates.records import Codes, Rows

_NOBODY = 1e-6


def one_to_one(left: Rows, right: Rows, probability: NDArray[np.float64], source: Codes, unique: frozenset[int]) -> NDArray[np.bool_]:
    """Which pairs remain when no record of one source has two partners in another that promises uniqueness.

    Between each two sources the pairs are chosen that are together the most probable (the assignment problem, Kuhn 1955, solved on the sparse graph by
    Jonker and Volgenant's algorithm in scipy); a pair within such a source is none.

    Args:
        left: positions of records.
        right: as many.
        probability: of each pair.
        source: number of each record's source.
        unique: numbers of the sources that promise uniqueness.

    Returns:
        True for the pairs to keep.
    """
    kept = np.ones(len(left), dtype=bool)
    a, b = source[left], source[right]
    promised = np.isin(a, list(unique)) | np.isin(b, list(unique))
    kept[(a == b) & promised] = False
    low, high = np.minimum(a, b), np.maximum(a, b)
    for pair in np.unique(np.column_stack([low, high])[promised & (a != b)], axis=0):
        at = np.flatnonzero((low == pair[0]) & (high == pair[1]))
        swap = a[at] != pair[0]
        rows, columns = np.where(swap, right[at], left[at]), np.where(swap, left[at], right[at])
        if pair[0] in unique and pair[1] in unique:
            kept[at] = _assigned(rows, columns, probability[at])
        else:  # only one of the two promises: each record of the other has one partner in it, which may have several
            kept[at] = _best(columns if pair[0] in unique else rows, probability[at])
    return kept


def _best(record: Rows, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The most probable pair of each record."""
    order = np.lexsort((-probability, record))
    first = np.append(True, record[order][1:] != record[order][:-1]) if len(order) else np.zeros(0, dtype=bool)
    kept = np.zeros(len(record), dtype=bool)
    kept[order[first]] = True
    return kept


def _assigned(rows: Rows, columns: Rows, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The assignment with the highest sum; a record may stay alone."""
    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    count, width = len(row_ids), len(column_ids)
    # Everybody may also stay alone, at next to no gain: a column of its own for each row makes every matching a full one.
    gains = np.concatenate([probability + _NOBODY, np.full(count, _NOBODY)])
    graph = csr_array((gains, (np.concatenate([row, np.arange(count)]), np.concatenate([column, width + np.arange(count)]))), shape=(count, width + count))
    chosen_rows, chosen_columns = min_weight_full_bipartite_matching(graph, maximize=True)
    chosen = np.full(count, -1)
    chosen[chosen_rows] = chosen_columns
    return np.asarray(chosen[row] == column, dtype=bool)

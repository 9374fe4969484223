"""Blocks: members of dimensions put together until every combination of blocks stands for enough accounts.

The combinations of the blocks of some dimensions are a table that may be shown whole. Many such tables are safe together, whatever is added and subtracted,
where the blocks of a table are unions of those of every table with fewer dimensions: `docs/architecture.md` has the proof. Blocks are found by putting the
worst ones together with their smallest siblings, again and again, as Datafly generalises (Sweeney 2002, Achieving k-anonymity privacy protection using
generalization and suppression). A small member so takes others with it, its complement (Hundepool et al. 2012, Statistical Disclosure Control, 4.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

type Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Which accounts have facts of which members.

    Attributes:
        accounts: an account of each row, 0 and up.
        members: for each dimension the member of each row, 0 and up.
        paths: for each dimension the nodes above each of its members, coarsest first (members by levels); a number is that of one node of its level.
    """

    accounts: Integers
    members: tuple[Integers, ...]
    paths: tuple[Integers, ...]


def blocks(rows: Rows, before: Sequence[Integers], smallest: int) -> tuple[Integers, ...] | None:
    """The block of each member, for each dimension, so that every combination of blocks stands for `smallest` accounts or more.

    A combination that nobody has is one that stands for too few, so that no empty one is ever told.

    Args:
        rows: which accounts have facts of which members; each member has some.
        before: for each dimension the blocks to begin with; they are only put together.
        smallest: accounts, 1 or more.

    Returns:
        Blocks, 0 and up; None where all accounts together are too few.
    """
    found = [_numbered(each) for each in before]
    while True:
        lengths = [int(each.max()) + 1 for each in found]
        combinations, counts = _counts(rows, found, lengths)
        enough = counts >= smallest
        if enough.sum() == math.prod(lengths):
            return tuple(found)
        if math.prod(lengths) == 1:
            return None
        # Of each block the share of its combinations that stand for too few, those that nobody has among them.
        shares = [1 - np.bincount(own[enough], minlength=length) / (math.prod(lengths) // length) for own, length in zip(combinations, lengths, strict=True)]
        worst = max((each for each, length in enumerate(lengths) if length > 1), key=lambda each: (shares[each].max(), lengths[each]))
        bad = shares[worst] * 2 >= shares[worst].max()
        sizes = np.bincount(combinations[worst], weights=counts, minlength=lengths[worst])
        found[worst] = _put_together(found[worst], rows.paths[worst], bad, sizes)


def joined(partitions: Sequence[Integers]) -> Integers:
    """The finest blocks that are unions of the blocks of each of some partitions.

    Args:
        partitions: the block of each member, 0 and up; one or more, of equal length.
    """
    members = len(partitions[0])
    offsets = members + np.cumsum([0, *(int(each.max()) + 1 for each in partitions[:-1])])
    blocks_of = np.concatenate([each + offset for each, offset in zip(partitions, offsets, strict=True)])
    nodes = int(offsets[-1] + partitions[-1].max()) + 1
    return _numbered(_connected(np.tile(np.arange(members), len(partitions)), blocks_of, nodes)[:members])


def nodes(columns: Sequence[Integers]) -> Integers:
    """Paths out of levels: what differs in a coarser level differs in every finer one too.

    Args:
        columns: the numbers of a level for each member, coarsest level first.

    Returns:
        Members by levels.
    """
    found: list[Integers] = []
    for column in columns:
        number = _numbered(column)
        found.append(number if not found else _numbered(found[-1] * (int(number.max()) + 1) + number))
    return np.stack(found, axis=1)


def _counts(rows: Rows, found: Sequence[Integers], lengths: Sequence[int]) -> tuple[tuple[Integers, ...], Integers]:
    """The combinations of blocks that somebody has, and the different accounts of each; an account may have facts in many."""
    own = np.ravel_multi_index([each[members] for each, members in zip(found, rows.members, strict=True)], lengths)
    combination, number = np.unique(own, return_inverse=True)
    accounts = int(rows.accounts.max()) + 1
    once = np.unique(number * accounts + rows.accounts)
    return np.unravel_index(combination, lengths), np.bincount(once // accounts)


def _put_together(found: Integers, path: Integers, bad: NDArray[np.bool_], sizes: NDArray[np.float64]) -> Integers:
    """Bad blocks two and two, the smallest first, below the nearest node that has others; one that is left over with the smallest of the others there."""
    count = len(bad)
    waiting = bad.copy()
    pairs: list[tuple[Integers, Integers]] = []
    for level in (*range(path.shape[1] - 1, -1, -1), None):
        node = np.zeros_like(found) if level is None else path[:, level]
        inside = np.unique(node * count + found)
        node_of, block = inside // count, inside % count
        alone = np.bincount(block, minlength=count) == 1  # the block lies below one node
        crowded = np.bincount(node_of) > 1
        now = waiting[block] & alone[block] & crowded[node_of]
        order = np.lexsort((block, sizes[block], ~now, node_of))
        node_of, block, now = node_of[order], block[order], now[order]
        first = np.concatenate([[True], node_of[1:] != node_of[:-1]])
        rank = np.arange(len(block)) - np.maximum.accumulate(np.where(first, np.arange(len(block)), 0))
        at = np.flatnonzero(now & (rank % 2 == 0))
        beside = np.where((at + 1 < len(block)) & ~np.append(first, True)[at + 1], at + 1, at - 1)
        pairs.append((block[at], block[beside]))
        waiting[block[now]] = False
    left, right = (np.concatenate(each) for each in zip(*pairs, strict=True))
    return _numbered(_connected(left, right, count)[found])


def _connected(left: Integers, right: Integers, count: int) -> Integers:
    """The component of each of so many nodes that edges connect."""
    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    components: Integers = connected_components(edges, directed=False)[1].astype(np.int64)
    return components


def _numbered(values: Integers) -> Integers:
    """The same partition, numbered from 0 without gaps."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)

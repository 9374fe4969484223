"""Blocks: every combination stands for enough accounts, and blocks of many dimensions are unions of those of fewer."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gcrm.olap.blocks import Integers, Rows, blocks, joined, nodes


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Facts of some accounts over one to three dimensions with trees above their members; each member occurs."""
    seed = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 200))
    accounts = np.unique(seed.integers(0, draw(st.integers(1, 60)), count), return_inverse=True)[1]
    members, paths = [], []
    for _ in range(draw(st.integers(1, 3))):
        own = np.unique((seed.pareto(1, count) * 2).astype(int).clip(0, 30), return_inverse=True)[1]
        members.append(own)
        paths.append(nodes([np.arange(own.max() + 1) // width for width in draw(st.sampled_from([(100,), (9, 3), (8, 4, 2)]))]))
    return Rows(accounts, tuple(members), tuple(paths))


def _each_alone(given_rows: Rows) -> list[Integers]:
    return [np.arange(members.max() + 1) for members in given_rows.members]


def _fewest(given_rows: Rows, found: tuple[Integers, ...]) -> int:
    """The fewest accounts of any combination of blocks, counted by a plain loop."""
    behind: dict[tuple[int, ...], set[int]] = {combination: set() for combination in np.ndindex(*(int(each.max()) + 1 for each in found))}
    for account, *members in zip(given_rows.accounts, *given_rows.members, strict=True):
        behind[tuple(int(each[member]) for each, member in zip(found, members, strict=True))].add(int(account))
    return min(len(accounts) for accounts in behind.values())


def _is_union_of(coarse: Integers, fine: Integers) -> bool:
    return all(len(set(coarse[fine == block])) == 1 for block in set(fine))


@given(rows(), st.integers(1, 12))
def test_every_combination_of_blocks_stands_for_enough_accounts(given_rows: Rows, smallest: int) -> None:
    found = blocks(given_rows, _each_alone(given_rows), smallest)
    everybody = int(given_rows.accounts.max()) + 1
    assert (found is None) == (everybody < smallest)
    assert found is None or _fewest(given_rows, found) >= smallest


@given(rows(), st.integers(1, 12))
def test_blocks_are_only_put_together(given_rows: Rows, smallest: int) -> None:
    first = blocks(given_rows, _each_alone(given_rows), smallest)
    if first is None:
        return
    again = blocks(given_rows, first, smallest + 3)
    assert again is None or all(_is_union_of(coarse, fine) for coarse, fine in zip(again, first, strict=True))
    same = blocks(given_rows, first, smallest)
    assert same is not None
    assert all(np.array_equal(one, other) for one, other in zip(same, first, strict=True))


def test_a_small_member_takes_its_smallest_sibling_with_it() -> None:
    # Two parents with three members each, of 2, 9 and 30, and of 20, 20 and 20 accounts.
    sizes = [2, 9, 30, 20, 20, 20]
    members = np.repeat(np.arange(6), sizes)
    given_rows = Rows(np.arange(sum(sizes)), (members,), (nodes([np.array([0, 0, 0, 1, 1, 1])]),))
    found = blocks(given_rows, _each_alone(given_rows), 5)
    assert found is not None
    assert found[0][0] == found[0][1]
    assert len(set(found[0])) == 5


@given(st.lists(st.lists(st.integers(0, 4), min_size=8, max_size=8), min_size=1, max_size=3))
def test_joined_blocks_are_the_finest_unions(given_partitions: list[list[int]]) -> None:
    partitions = [np.unique(each, return_inverse=True)[1] for each in given_partitions]
    found = joined(partitions)
    assert all(_is_union_of(found, each) for each in partitions)
    # Whoever is in one block is connected by members that share a block of some partition.
    for one, other in combinations(range(8), 2):
        reached = {one}
        for _ in range(8):
            reached |= {member for member in range(8) if any(each[member] == each[some] for each in partitions for some in reached)}
        assert (found[one] == found[other]) == (other in reached)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.lists(st.integers(0, 3), min_size=20, max_size=20))
def test_a_path_tells_nodes_of_one_name_apart_by_what_they_lie_below(coarse: list[int], fine: list[int]) -> None:
    pairs = list(zip(coarse, fine, strict=False))
    path = nodes([np.array(coarse), np.array(fine[: len(coarse)])])
    for one, other in combinations(range(len(pairs)), 2):
        assert (path[one, 1] == path[other, 1]) == (pairs[one] == pairs[other])

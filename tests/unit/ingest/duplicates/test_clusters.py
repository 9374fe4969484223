import numpy as np

from gcrm.ingest.duplicates.assign import one_to_one
from gcrm.ingest.duplicates.clusters import clusters, without_chains


def _rows(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


_NOBODY = (_rows(), _rows())


def test_connected_records_are_a_group() -> None:
    group = clusters(5, _rows(0, 1), _rows(1, 2))
    assert group[0] == group[1] == group[2]
    assert len({group[0], group[3], group[4]}) == 3


def test_a_chain_of_half_agreements_ties_nobody_together() -> None:
    # 0 Anna Miller, 1 Miller, 2 Peter Miller
    kept = without_chains(3, (_rows(0, 1), _rows(1, 2)), np.array([0.8, 0.9]), np.array([False, False]), (_rows(0), _rows(2)))
    assert kept.tolist() == [False, True]


def test_firm_pairs_are_joined_all_the_same() -> None:
    kept = without_chains(3, (_rows(0, 1), _rows(1, 2)), np.array([0.8, 0.9]), np.array([True, True]), (_rows(0), _rows(2)))
    assert kept.all()


def test_a_group_does_not_grow_without_end() -> None:
    count = 200
    left, right = np.arange(count - 1), np.arange(1, count)
    kept = without_chains(count, (left, right), np.linspace(0.5, 0.9, count - 1), np.zeros(count - 1, dtype=bool), _NOBODY, largest=50)
    sizes = np.bincount(clusters(count, left[kept], right[kept]))
    assert sizes.max() <= 50


def test_nothing_to_join() -> None:
    assert len(without_chains(3, _NOBODY, np.zeros(0), np.zeros(0, dtype=bool), _NOBODY)) == 0
    assert clusters(0, *_NOBODY).tolist() == []


def test_a_partner_is_had_once_and_the_sum_counts() -> None:
    # Greedily 0-2 (0.9) would leave 1 and 3 alone; together 0-3 and 1-2 are worth more.
    left, right, source = _rows(0, 0, 1), _rows(2, 3, 2), np.array([0, 0, 1, 1], dtype=np.int32)
    probability = np.array([0.9, 0.8, 0.85])
    assert one_to_one(left, right, probability, source, frozenset({0, 1})).tolist() == [False, True, True]


def test_a_pair_within_a_source_that_holds_nobody_twice_is_none() -> None:
    left, right, source = _rows(0, 2), _rows(1, 3), np.array([0, 0, 1, 1], dtype=np.int32)
    assert one_to_one(left, right, np.array([0.9, 0.9]), source, frozenset({0})).tolist() == [False, True]


def test_a_source_that_promises_nothing_may_have_several_for_one() -> None:
    # 0 and 1 are of a source with duplicates in it, 2 and 3 of one without.
    left, right, source = _rows(0, 1, 1), _rows(2, 2, 3), np.array([0, 0, 1, 1], dtype=np.int32)
    assert one_to_one(left, right, np.array([0.9, 0.8, 0.7]), source, frozenset({1})).tolist() == [True, True, False]
    assert one_to_one(_rows(), _rows(), np.zeros(0), source, frozenset({1})).tolist() == []


def test_pairs_may_stand_in_either_order() -> None:
    left, right, source = _rows(0, 1), _rows(3, 2), np.array([0, 1, 0, 1], dtype=np.int32)
    assert one_to_one(left, right, np.array([0.9, 0.9]), source, frozenset({0, 1})).tolist() == [True, True]

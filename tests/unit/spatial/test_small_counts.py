"""Small counts cannot be told from what is shown."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.small_counts import complemented, withheld


def test_few_people_are_withheld_and_nobody_is_shown() -> None:
    assert withheld(pd.Series([0.0, 0.5, 9.9, 10.0])).tolist() == [False, True, True, False]


def test_one_alone_takes_the_next_smallest_with_it() -> None:
    counts = pd.Series([3.0, 40.0, 20.0, 0.0, 50.0])
    groups = [pd.Series(["a", "a", "a", "a", "b"])]
    assert complemented(withheld(counts), counts, groups).tolist() == [True, False, True, False, False]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), min_size=1, max_size=30))
def test_what_is_withheld_of_a_group_is_never_one_small_figure(rows: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["group", "count"]).astype({"count": "float64"})
    hidden = complemented(withheld(frame["count"]), frame["count"], [frame["group"]])
    assert hidden[withheld(frame["count"])].all()
    for _, group in frame.assign(hidden=hidden).groupby("group"):
        gone, shown = group[group["hidden"]], group[~group["hidden"]]
        if len(gone) and (shown["count"] > 0).any():
            assert len(gone) > 1
            assert gone["count"].sum() >= 10

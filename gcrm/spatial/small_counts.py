"""Small counts: which figures are withheld from readers, so that no person can be told from them."""

import pandas as pd

SMALLEST_COUNT = 10
"""The smallest count that readers are shown, where nothing else is set."""


def withheld(counts: pd.Series, smallest: float = SMALLEST_COUNT) -> pd.Series:
    """Which counts are below the smallest one (primary suppression); nobody is told from a count of zero.

    Args:
        counts: people, or tracks of different people.
        smallest: the smallest count that is shown.
    """
    return ((counts > 0) & (counts < smallest)).rename("withheld")


def complemented(hidden: pd.Series, counts: pd.Series, groups: list[pd.Series], smallest: float = SMALLEST_COUNT) -> pd.Series:
    """Withholds more where a sum over a group would give a withheld count away.

    Secondary suppression (Hundepool et al. 2012, Statistical Disclosure Control, 4.2).
    What is withheld of a group must be two counts or more that are together at least the smallest one; the next smallest are added until it is so, or until the
    whole group is withheld.

    Args:
        hidden: what is withheld so far.
        counts: people.
        groups: keys of the groups whose sums are known.
        smallest: the smallest count that is shown.
    """
    frame = pd.concat([each.rename(f"key {place}") for place, each in enumerate(groups)], axis=1)
    keys = list(frame)
    frame = frame.assign(hidden=hidden, counts=counts, shown=~hidden, zero=counts == 0).sort_values(["shown", "zero", "counts"], kind="stable")
    group = frame.groupby(keys, dropna=False, sort=False)
    before, sum_before = group.cumcount(), group["counts"].cumsum() - frame["counts"]
    needed = group["hidden"].transform("any") & ~frame["zero"] & ((before < 2) | (sum_before < smallest))  # noqa: PLR2004 - one alone is told by subtraction
    return (frame["hidden"] | needed).reindex(hidden.index).rename("withheld")

"""Small counts: which figures are withheld from readers, so that no person can be told from them."""

import pandas as pd

SMALLEST_COUNT = 10
"""The smallest count that readers are shown, where nothing else is set."""


def withheld(counts: pd.Series, smallest: float = SMALLEST_COUNT) -> pd.Series:
    """Which counts are below the smallest one (primary suppression).

    Args:
        counts: people, or tracks of different people.
        smallest: the smallest count that is shown.
    """
    return (counts < smallest).rename("withheld")

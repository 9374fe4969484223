"""A published set, and how well it was found."""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from gcrm.ingest.duplicates.find import Found

Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Published:
    frame: pd.DataFrame
    pairs: Pairs

    def f1(self, found: Pairs) -> float:
        return 2 * len(found & self.pairs) / (len(found) + len(self.pairs))


def pairs_of(found: Found) -> Pairs:
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def grouped(found: Found) -> Pairs:
    """Every pair within a group: what a person has who merges all that is found."""
    groups = pd.Series(found.groups())
    return {pair for members in groups.groupby(groups).groups.values() for pair in combinations(members.tolist(), 2)}

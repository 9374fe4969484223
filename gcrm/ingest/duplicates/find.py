"""The whole search: normalise, block, compare, score, assign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.ingest.duplicates.assign import one_to_one
from gcrm.ingest.duplicates.blocks import Skipped, candidates
from gcrm.ingest.duplicates.clusters import clusters, without_chains
from gcrm.ingest.duplicates.compare import NAME_NEAR, Comparison, Levels
from gcrm.ingest.duplicates.normalise import normalise
from gcrm.ingest.duplicates.records import Rows
from gcrm.ingest.duplicates.score import DOUBTFUL, Model, agree, fit, plausible

COMMON_WORDS = 2_000


@dataclass(frozen=True)
class Known:
    """What a search learnt, to score a few more records with.

    Attributes:
        model: the probabilities.
        words: the most frequent words of the names, with the share of the records that hold them; None where nobody knows.
    """

    model: Model
    words: Mapping[str, float] | None


@dataclass(frozen=True)
class Found:
    """Pairs that may be one, the most probable first.

    Attributes:
        left: positions of records.
        right: as many.
        probability: that they are one.
        levels: of each comparison.
        known: what the probabilities come from.
        skipped: blocks that were too large to be looked at.
        apart: pairs of these records that are about two: their names each have something of their own.
        compared: how many pairs were compared.
        count: how many records there are.
    """

    left: Rows
    right: Rows
    probability: NDArray[np.float64]
    levels: Mapping[str, Levels]
    known: Known
    skipped: Sequence[Skipped]
    apart: tuple[Rows, Rows]
    compared: int
    count: int

    def at_least(self, probability: float) -> "Found":
        """The pairs with this probability or a higher one."""
        return self.take(np.flatnonzero(self.probability >= probability))

    def take(self, rows: Rows) -> "Found":
        """Some of the pairs."""
        levels = {name: level[rows] for name, level in self.levels.items()}
        return Found(self.left[rows], self.right[rows], self.probability[rows], levels, self.known, self.skipped, self.apart, self.compared, self.count)

    def one_to_one(self, source: pd.Series, unique: Sequence[str]) -> "Found":
        """The pairs that are left where some sources promise that they hold nobody twice.

        Args:
            source: of each record.
            unique: the sources that do.
        """
        codes, sources = pd.factorize(source)
        promised = frozenset(np.flatnonzero(np.isin(sources, list(unique))).tolist())
        return self.take(np.flatnonzero(one_to_one(self.left, self.right, self.probability, codes.astype(np.int32), promised)))

    def mergeable(self, told_apart: tuple[Rows, Rows]) -> NDArray[np.bool_]:
        """Which of the pairs may be merged together: no chain of them ties together two that are about two.

        Args:
            told_apart: positions of records that somebody said are two, left and right.
        """
        apart = tuple(np.concatenate([mine, theirs]).astype(np.int64) for mine, theirs in zip(self.apart, told_apart, strict=True))
        return without_chains(self.count, (self.left, self.right), self.probability, np.zeros(len(self.left), dtype=bool), (apart[0], apart[1]))

    def groups(self, probability: float = DOUBTFUL) -> Rows:
        """For each record the number of its group, of the pairs above a probability, without chains."""
        sure = self.probability >= probability
        left, right = self.left[sure], self.right[sure]
        firm = agree({name: level[sure] for name, level in self.levels.items()}, least=NAME_NEAR)
        kept = without_chains(self.count, (left, right), self.probability[sure], firm, self.apart)
        return clusters(self.count, left[kept], right[kept])


def find(
    frame: pd.DataFrame,
    *,
    least: float = DOUBTFUL,
    unique: Sequence[str] = (),
    known: Known | None = None,
    only: NDArray[np.bool_] | None = None,
) -> Found:
    """Finds the pairs of records that may be one.

    Args:
        frame: any of the columns of `gcrm.ingest.duplicates.records.FIELDS`, one row per record; `source` where sources promise uniqueness.
        least: least probability of a pair.
        unique: sources that hold nobody twice.
        known: what to score with; estimated from the records if left out.
        only: True for the records of which at least one has to be in a pair; all if left out.
    """
    of = Comparison.of(normalise(frame))
    every = candidates(of)
    if only is not None:
        every = every.take(np.flatnonzero(only[every.left] | only[every.right]))
    pairs, levels, apart = plausible(of, every)
    model = known.model if known else fit(of, pairs, levels)
    probability = model.probability(levels) if levels else np.zeros(0)
    kept = np.flatnonzero(probability >= least)
    kept = kept[np.argsort(-probability[kept], kind="stable")]
    met = np.zeros(of.records.count, dtype=bool)
    met[pairs.left[kept]] = met[pairs.right[kept]] = True
    both = met[apart[0]] & met[apart[1]]
    found = Found(
        left=pairs.left[kept],
        right=pairs.right[kept],
        probability=probability[kept],
        levels={name: level[kept] for name, level in levels.items()},
        known=Known(model, of.names.common(COMMON_WORDS, of.records.count)),
        skipped=every.skipped,
        apart=(apart[0][both], apart[1][both]),
        compared=len(every),
        count=of.records.count,
    )
    return found.one_to_one(frame["source"], unique) if unique else found


def compare_with_first(frame: pd.DataFrame, known: Known) -> tuple[NDArray[np.float64], dict[str, Levels]]:
    """Probability that each of the other records is the first one.

    Args:
        frame: as `find` takes it; the records may be picked out of many more.
        known: what a search of all of them learnt.

    Returns:
        One value per record but the first, and the levels.
    """
    of = Comparison.of(normalise(frame), known.words or {})
    others = np.arange(1, len(frame))
    levels = of.levels(np.zeros(len(others), dtype=np.int64), others)
    return (known.model.probability(levels) if levels else np.zeros(len(others))), levels

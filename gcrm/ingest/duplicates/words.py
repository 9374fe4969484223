"""Names and streets word by word: words that are equal, misspelt or cut short, weighed by how rare they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Prefix

from gcrm.ingest.duplicates.records import MISSING, Codes, Column, Counts, Rows, Texts

MOST_WORDS = 8
"""Words of a name that are looked at."""

NEAR = 0.75
"""Least similarity of two words that may be one misspelt: one slip in four letters, two in eight (OSA: a swap of neighbours is one slip)."""
_FEW = 3
_SLIPS = 0.002
"""A word is written wrongly less often than this; what is more frequent is another word."""
_TELLING = 0.005
"""Words say who it is where fewer records than this share hold them (two records, in a small file): "restaurant" is no part of Restaurant Katsu."""
_TWO = 2
_MANY = 100_000
"""Records that a set is taken to have, where only a few of them are looked at."""
_SPELLING = 0.95
"""Similarity of two spellings of one word."""
_MARKED = re.compile(r"([aou])e|(?<=a)a")
_PAIRS_AT_ONCE = 500_000

Floats = NDArray[np.float32]


class Likeness(NamedTuple):
    """How alike the words of two texts are; one value per pair.

    Attributes:
        same: share of the weight of both that stands in both, 0 to 1.
        conflict: weight that only the one text has and weight that only the other has: the smaller of the two, of the smaller text's weight.
            Zero where the one text only says more than the other; large where each has something of its own (Anna Miller, Peter Miller).
        shared: weight that stands in both.
    """

    same: Floats
    conflict: Floats
    shared: Floats


@dataclass(frozen=True)
class Words:
    """The words of the values of a column.

    Attributes:
        table: for each value the positions of its words in `words`, filled up with MISSING; shape (values, at most MOST_WORDS).
        words: the distinct words.
        weight: of each word, after Salton and Buckley (1988): the logarithm of how rarely records hold it.
        held: how many records hold each word.
        telling: weight of words that say who it is.
    """

    table: Codes
    words: Texts
    weight: Floats
    held: Counts
    telling: float

    @classmethod
    def of(cls, column: Column, known: Mapping[str, float] | None = None) -> "Words":
        """Splits the values of a column.

        Args:
            column: folded text, words between blanks.
            known: share of the records that hold a word, from the larger set that these records were picked out of; what is not in it is rare.
        """
        lists = pc.split_pattern(pa.array(column.values, pa.string()), " ")
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        flat, words = pd.factorize(pc.list_flatten(lists).to_numpy(zero_copy_only=False))
        owner = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        kept = place < MOST_WORDS
        table = np.full((len(lengths), int(min(MOST_WORDS, lengths.max(initial=1)))), MISSING, dtype=np.int32)
        table[owner[kept], place[kept]] = flat[kept]
        for later in range(1, table.shape[1]):  # a word that stands twice counts once
            repeated = (table[:, :later] == table[:, [later]]).any(axis=1)
            table[repeated, later] = MISSING
        present = table[table >= 0]
        held = np.bincount(present, weights=np.repeat(column.counts, (table >= 0).sum(axis=1)), minlength=len(words))
        total = max(1, int(column.counts.sum()))
        share = np.maximum(held, 1) / total
        if known is not None:
            total = _MANY
            share = np.array([known.get(str(word), 1 / _MANY) for word in words], dtype=np.float64)
        telling = float(np.log1p(1 / max(_TELLING, _TWO / max(_TWO, total))))
        return cls(table, np.asarray(words, dtype=object), np.log1p(1 / share).astype(np.float32), held.astype(np.int64), telling)

    def rarest(self, count: int = 1) -> list[Codes]:
        """For each value its rarest word, its second rarest ... (positions in `words`; MISSING where there are fewer)."""
        weights = np.append(self.weight, np.float32(-1))[self.table]
        order = np.argsort(-weights, axis=1, kind="stable")
        ranked = np.take_along_axis(self.table, order, axis=1)
        missing = np.full(len(ranked), MISSING, dtype=np.int32)
        return [ranked[:, place] if place < ranked.shape[1] else missing for place in range(count)]

    def common(self, count: int, total: int) -> dict[str, float]:
        """The most frequent words with the share of the records that hold them; the rest are rarer."""
        share = 1 / np.expm1(self.weight.astype(np.float64))
        most = np.argsort(-share)[:count]
        return {str(self.words[each]): round(float(share[each]), 8) for each in most if share[each] * total >= _TWO}

    def likeness(self, left: Codes, right: Codes) -> Likeness:
        """Compares pairs of values.

        Args:
            left: positions of values; none MISSING.
            right: as many.
        """
        parts = [self._likeness(left[at : at + _PAIRS_AT_ONCE], right[at : at + _PAIRS_AT_ONCE]) for at in range(0, len(left), _PAIRS_AT_ONCE)]
        nothing = np.zeros(0, np.float32)
        return Likeness(*(np.concatenate([nothing, *values]) for values in zip(*parts, strict=True))) if parts else Likeness(nothing, nothing, nothing)

    def _likeness(self, left: Codes, right: Codes) -> Likeness:
        weight = np.append(self.weight, np.float32(0))
        ours, theirs = self.table[left], self.table[right]
        found_ours, found_theirs = np.zeros(ours.shape, np.float32), np.zeros(theirs.shape, np.float32)
        width = ours.shape[1]
        for i in range(width):
            for j in range(width):
                equal = (ours[:, i] == theirs[:, j]) & (ours[:, i] >= 0)
                found_ours[equal, i] = 1
                found_theirs[equal, j] = 1
        self._near(ours, theirs, found_ours, found_theirs)
        weight_ours, weight_theirs = weight[ours], weight[theirs]
        all_ours, all_theirs = weight_ours.sum(axis=1), weight_theirs.sum(axis=1)
        same_ours, same_theirs = (weight_ours * found_ours).sum(axis=1), (weight_theirs * found_theirs).sum(axis=1)
        least = np.maximum(np.minimum(all_ours, all_theirs), np.finfo(np.float32).tiny)
        same = (same_ours + same_theirs) / np.maximum(all_ours + all_theirs, np.finfo(np.float32).tiny)
        conflict = np.minimum(all_ours - same_ours, all_theirs - same_theirs) / least
        return Likeness(same.astype(np.float32), conflict.astype(np.float32), np.minimum(same_ours, same_theirs))

    def _near(self, ours: Codes, theirs: Codes, found_ours: Floats, found_theirs: Floats) -> None:
        """Words that have no equal, beside those of the other text that have none either: the best likeness of each, in place."""
        open_ours, open_theirs = (ours >= 0) & (found_ours == 0), (theirs >= 0) & (found_theirs == 0)
        width = ours.shape[1]
        rows, firsts, seconds = [], [], []
        both = np.flatnonzero(open_ours.any(axis=1) & open_theirs.any(axis=1))
        for i in range(width):
            for j in range(width):
                at = both[open_ours[both, i] & open_theirs[both, j]]
                rows.append(at)
                firsts.append(np.full(len(at), i))
                seconds.append(np.full(len(at), j))
        row, first, second = np.concatenate(rows), np.concatenate(firsts), np.concatenate(seconds)
        if not len(row):
            return
        alike = self._alike(ours[row, first], theirs[row, second])
        np.maximum.at(found_ours, (row, first), alike)
        np.maximum.at(found_theirs, (row, second), alike)

    def _alike(self, left: Codes, right: Codes) -> Floats:
        """Similarity of words, 0 where they are not one: misspelt by OSA; or the one is the beginning of the other (deli, delicatessen; j, john)."""
        first, second, inverse = pair_codes(left, right)
        a, b = self.words[first], self.words[second]
        shorter = np.minimum(self._length[first], self._length[second])
        longer = np.maximum(self._length[first], self._length[second])
        alike = np.zeros(len(first), dtype=np.float32)
        # A slip changes at most two of the letters that a word is made of: most pairs need no closer look.
        slips = (longer * (1 - NEAR)).astype(np.int64)
        near = (longer - shorter <= slips) & (np.bitwise_count(self._letters[first] ^ self._letters[second]) <= 2 * slips) & self._may_be_one(first, second)
        alike[near] = process.cpdist(a[near], b[near], scorer=OSA.normalized_similarity, score_cutoff=NEAR, dtype=np.float32, workers=2)
        head = (self._first[first] == self._first[second]) & ~near
        head[head] = process.cpdist(a[head], b[head], scorer=Prefix.similarity, dtype=np.int64, workers=2) == shorter[head]
        alike[head] = NEAR
        alike[self._plain[first] == self._plain[second]] = _SPELLING
        alike[self._number[first] | self._number[second]] = 0  # two numbers with a digit between them are two numbers
        return alike[inverse]

    def _may_be_one(self, first: Codes, second: Codes) -> NDArray[np.bool_]:
        """Whether one of two words is so much rarer than the other that it may be a slip: Marion and Marian, both frequent, are two names."""
        low, high = np.minimum(self.held[first], self.held[second]), np.maximum(self.held[first], self.held[second])
        return (low <= _FEW) | (low < high * _SLIPS)

    @cached_property
    def _length(self) -> NDArray[np.int64]:
        return np.fromiter(map(len, self.words), dtype=np.int64, count=len(self.words))

    @cached_property
    def _first(self) -> Codes:
        """Codes of the words' first letters."""
        return np.fromiter((ord(word[:1] or " ") for word in self.words), dtype=np.int32, count=len(self.words))

    @cached_property
    def _plain(self) -> Codes:
        """Codes of the words with marked vowels as those write them who leave the marks out: Mueller and Muller are one."""
        return pd.factorize(np.array([_MARKED.sub(r"\1", word) for word in self.words], dtype=object))[0].astype(np.int32)

    @cached_property
    def _number(self) -> NDArray[np.bool_]:
        return np.fromiter((word.isdigit() for word in self.words), dtype=bool, count=len(self.words))

    @cached_property
    def _letters(self) -> NDArray[np.uint64]:
        """The letters and digits of each word, one bit each."""
        offsets = np.append(0, np.cumsum(self._length))
        data = np.frombuffer("".join(self.words).encode("ascii", "replace"), dtype=np.uint8)
        bits = np.uint64(1) << (data.astype(np.uint64) & np.uint64(63))
        filled = np.flatnonzero(self._length)
        letters = np.zeros(len(self.words), dtype=np.uint64)
        if len(filled):
            letters[filled] = np.bitwise_or.reduceat(bits, offsets[:-1][filled])
        return letters


def pair_codes(left: Codes, right: Codes) -> tuple[Codes, Codes, Rows]:
    """The distinct pairs of values among pairs of records, smaller code first, and for each pair of records which of them it is."""
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    width = int(high.max(initial=0)) + 1
    pairs, inverse = np.unique(low * width + high, return_inverse=True)
    return (pairs // width).astype(np.int32), (pairs % width).astype(np.int32), inverse

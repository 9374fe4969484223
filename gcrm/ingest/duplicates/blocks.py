"""Which pairs are looked at: records that share a key, of several cheap ones. No block and no key can make more pairs than were allowed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.ingest.duplicates.compare import Comparison, mix
from gcrm.ingest.duplicates.records import MISSING, Codes, Column, Records, Rows

Keys = NDArray[np.uint64]
"""One key per record; 0 where the record has none."""

LARGEST_BLOCK = 1_000
"""Records in a block at the most, however few blocks there are."""

_PAIRS_PER_RECORD = 1
_FEWEST_PAIRS = 400_000
_HEAD = 3


@dataclass(frozen=True)
class Kind:
    """A kind of key.

    Attributes:
        name: what the records of a block share.
        keys: one per record, once or several times: records that share any of them are looked at.
        about: the comparisons that agree within a block because of the key, and so teach nothing there.
    """

    name: str
    keys: Sequence[Keys]
    about: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """Blocks that were too large, also after they were split by name.

    Attributes:
        kind: what the records of a block share.
        blocks: how many blocks.
        records: records in them.
        largest: records in the largest.
    """

    kind: str
    blocks: int
    records: int
    largest: int


@dataclass(frozen=True)
class Candidates:
    """Pairs to be compared; each once, the record that comes first on the left.

    Attributes:
        left: positions of records.
        right: positions of records.
        found_by: for each pair the kinds that found it, one bit each, in the order of `kinds`; none for exact copies and for pairs of split blocks.
        kinds: name and comparisons of each kind.
        skipped: what was too large to be looked at.
    """

    left: Rows
    right: Rows
    found_by: NDArray[np.uint32]
    kinds: Sequence[tuple[str, tuple[str, ...]]]
    skipped: Sequence[Skipped] = field(default=())

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.left)

    def take(self, rows: Rows) -> "Candidates":
        """Some of the pairs."""
        return Candidates(self.left[rows], self.right[rows], self.found_by[rows], self.kinds, self.skipped)


def candidates(of: Comparison, largest: int = LARGEST_BLOCK, pairs_per_record: int = _PAIRS_PER_RECORD) -> Candidates:
    """Finds the pairs that share a key.

    Exact copies are tied to the first of them and looked at no further, so a record that stands a million times costs a million pairs.
    Blocks are taken from the smallest up, until a kind has made its share of pairs; the others are split by the words of the name, and what is too
    large then is skipped and reported.

    Args:
        of: the records.
        largest: records in a block at the most.
        pairs_per_record: pairs that one kind of key may make, per record.
    """
    count = of.records.count
    first = _first_copies(of.records)
    rows = np.flatnonzero(first == np.arange(count))
    budget = max(_FEWEST_PAIRS, pairs_per_record * len(rows))
    splits = _splits(of, rows)
    kinds: list[tuple[str, tuple[str, ...]]] = []
    packed, bits, skipped = [], [], []
    for kind in _kinds(of):
        keys, owner = np.concatenate([each[rows] for each in kind.keys]), np.tile(rows, len(kind.keys))
        pairs, open_ = _pairs_within(keys, budget, largest)
        bit = np.uint32(1 << len(kinds))
        kinds.append((kind.name, kind.about))
        packed.append(_packed(pairs, owner, count))
        bits.append(np.full(len(pairs[0]), bit, dtype=np.uint32))
        if len(open_):
            finer, left_over = _split(keys, open_, [np.tile(split, len(kind.keys)) for split in splits], budget, largest)
            packed.append(_packed(finer, owner, count))
            bits.append(np.zeros(len(finer[0]), dtype=np.uint32))
            skipped += _skipped(kind, keys, left_over)
    copies = np.flatnonzero(first != np.arange(count))
    packed.append(first[copies].astype(np.int64) * count + copies)
    bits.append(np.zeros(len(copies), dtype=np.uint32))
    left, right, found_by = _united(np.concatenate(packed), np.concatenate(bits), count)
    return Candidates(left, right, found_by, kinds, skipped)


def _kinds(of: Comparison) -> Iterator[Kind]:
    records = of.records
    codes = {name: column.codes for name, column in records.columns.items()}
    area = np.where(codes["postcode"] >= 0, codes["postcode"], np.where(codes["city"] >= 0, -2 - codes["city"], MISSING))
    words = [_of_records(records["name"], word) for word in of.names.rarest(2)]
    yield Kind("tax number", [_key(codes["tax_number"])], ("tax_number",))
    yield Kind("mail address", [_key(codes["email"])], ("email",))
    yield Kind("mailbox", [_key(_part(records["email"], r"@.*$"))], ("email",))
    yield Kind("phone", [_key(_tails(records["phone"]))], ("phone",))
    yield Kind("web site", [_key(codes["website"])], ("website", "email"))
    yield Kind("birth date", [_key(codes["birth_date"])], ("birth_date",))
    yield Kind("name", [_key(_of_records(records["name"], _word_sets(of)))], ("name",))
    yield Kind("address", [_key(of.address.codes)], ("address", "area", "position"))
    yield Kind("word of the name and place", [_key(word, area) for word in words], ("name", "area"))
    yield Kind("word of the name", [_key(word) for word in words], ("name",))
    yield Kind("sound of the name", [_key(_of_records(records["name"], _skeletons(of)))], ("name",))
    yield Kind("street and number", [_key(_street_sound(of), codes["number"])], ("address",))
    yield Kind("neighbourhood", [_key(_neighbourhood(records["cell"]))], ("position", "area", "address"))


def _key(*codes: NDArray[np.integer]) -> Keys:
    """Keys of records that have all of some codes."""
    there = np.all([part != MISSING for part in codes], axis=0)
    return np.where(there, mix(*codes) | np.uint64(1), np.uint64(0))


def _of_records(column: Column, of_values: Codes) -> Codes:
    return np.append(of_values, MISSING).astype(np.int32)[column.codes]


def _part(column: Column, cut: str) -> Codes:
    """Codes of what is left of the values when something is cut away."""
    pattern = re.compile(cut)
    return _of_records(column, Column.of(np.array([pattern.sub("", value) for value in list(column.values)], dtype=object)).codes)


def _tails(column: Column) -> Codes:
    """Codes of the last seven digits: they are the same with and without an area's code."""
    return _of_records(column, Column.of(np.array([value[-7:] for value in list(column.values)], dtype=object)).codes)


def _word_sets(of: Comparison) -> Codes:
    """Codes of the words of a name, whatever their order."""
    ordered = np.sort(of.names.table, axis=1)
    return pd.factorize(mix(*ordered.T))[0].astype(np.int32) if len(ordered) else np.zeros(0, dtype=np.int32)


def skeleton(word: str) -> str:
    """A word as it sounds, roughly: its first letter and its consonants, doubled ones once; a number as it is.

    Args:
        word: folded letters and digits.
    """
    if not word or any(letter.isdigit() for letter in word):
        return word
    rest = re.sub(r"[aeiouyhw]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", word[0] + rest)


def _sound(words: Codes, of_words: Codes) -> Codes:
    return np.append(of_words, MISSING).astype(np.int32)[words]


def _skeletons(of: Comparison) -> Codes:
    """Codes of how the two rarest words of a name sound, whatever their order."""
    sounds = Column.of(np.array([skeleton(word) for word in of.names.words.tolist()], dtype=object)).codes
    first, second = (_sound(words, sounds) for words in of.names.rarest(2))
    low, high = np.minimum(first, second), np.maximum(first, second)
    return pd.factorize(mix(low, high))[0].astype(np.int32)


def _street_sound(of: Comparison) -> Codes:
    """Codes of how the rarest word of a street sounds, its first letters only, which an abbreviation keeps."""
    sounds = Column.of(np.array([word[:_HEAD] for word in of.streets.words.tolist()], dtype=object)).codes
    return _of_records(of.records["street"], _sound(of.streets.rarest(1)[0], sounds))


def _neighbourhood(column: Column) -> Codes:
    """Codes of the H3 parents of level 9."""
    cells = np.asarray(column.values, dtype=np.int64)
    return _of_records(column, pd.factorize((cells & ~np.int64(0xF << 52)) | np.int64((1 << 18) - 1))[0].astype(np.int32))


def _splits(of: Comparison, rows: Rows) -> list[Codes]:
    """By what a block that is too large is split: the first letters of the two rarest words of a name, and the last of the rarest."""
    column = of.records["name"]
    heads = Column.of(np.array([word[:_HEAD] for word in of.names.words.tolist()], dtype=object)).codes
    ends = Column.of(np.array([word[-_HEAD:] for word in of.names.words.tolist()], dtype=object)).codes
    first, second = of.names.rarest(2)
    return [_of_records(column, _sound(words, codes))[rows] for words, codes in ((first, heads), (second, heads), (first, ends))]


def _pairs_within(keys: Keys, budget: int, largest: int) -> tuple[tuple[Rows, Rows], Rows]:
    """The pairs within blocks, from the smallest block up as long as the budget lasts; and the rows of the blocks that are too large."""
    order = np.argsort(keys, kind="stable")
    order = order[keys[order] > 0]
    ordered = keys[order]
    start = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, dtype=np.int64)
    size = np.diff(np.append(start, len(ordered)))
    limit = _largest_size(size, budget, largest)
    of_row = np.repeat(size, size)
    kept = order[(of_row <= limit) & (of_row > 1)]
    kept_keys, kept_size = keys[kept], of_row[(of_row <= limit) & (of_row > 1)]
    lefts, rights = [], []
    at = np.arange(len(kept))
    for step in range(1, limit):
        at = at[(kept_size[at] > step) & (at + step < len(kept))]
        at = at[kept_keys[at] == kept_keys[at + step]]
        if not len(at):
            break
        lefts.append(kept[at])
        rights.append(kept[at + step])
    pairs = (np.concatenate(lefts), np.concatenate(rights)) if lefts else (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return pairs, order[of_row > limit]


def _largest_size(size: NDArray[np.int64], budget: int, largest: int) -> int:
    """The size of the largest blocks that can be taken when all smaller ones are."""
    blocks = np.bincount(np.minimum(size, largest + 1), minlength=2)[: largest + 1].astype(np.float64)
    sizes = np.arange(len(blocks))
    pairs = np.cumsum(blocks * sizes * (sizes - 1) / 2)
    return max(1, int(np.searchsorted(pairs, budget, side="right")) - 1)


def _split(keys: Keys, rows: Rows, splits: Sequence[Codes], budget: int, largest: int) -> tuple[tuple[Rows, Rows], Rows]:
    """Pairs within blocks that are too large, split by name; and the rows that are still in too large a block by every split."""
    lefts, rights = [], []
    left_over = np.ones(len(keys), dtype=bool)
    left_over[np.setdiff1d(np.arange(len(keys)), rows, assume_unique=True)] = False
    for split in splits:
        finer = np.zeros(len(keys), dtype=np.uint64)
        named = rows[split[rows] != MISSING]
        finer[named] = mix(keys[named].astype(np.int64), split[named]) | np.uint64(1)
        (left, right), open_ = _pairs_within(finer, budget // len(splits), largest)
        lefts.append(left)
        rights.append(right)
        done = np.setdiff1d(named, open_, assume_unique=True)
        left_over[done] = False
    return (np.concatenate(lefts), np.concatenate(rights)), np.flatnonzero(left_over)


def _skipped(kind: Kind, keys: Keys, rows: Rows) -> list[Skipped]:
    if not len(rows):
        return []
    sizes = np.unique(keys[rows], return_counts=True)[1]
    return [Skipped(kind.name, len(sizes), len(rows), int(sizes.max()))]


def _first_copies(records: Records) -> Rows:
    """For each record the first that is the same in every column."""
    mixed = mix(*(column.codes for column in records.columns.values())) if records.count else np.zeros(0, dtype=np.uint64)
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    return first[inverse]


def _packed(pairs: tuple[Rows, Rows], rows: Rows, count: int) -> NDArray[np.int64]:
    left, right = rows[pairs[0]], rows[pairs[1]]
    return np.minimum(left, right).astype(np.int64) * count + np.maximum(left, right)


def _united(packed: NDArray[np.int64], bits: NDArray[np.uint32], count: int) -> tuple[Rows, Rows, NDArray[np.uint32]]:
    """Each pair once, with the bits of all that found it."""
    order = np.argsort(packed, kind="stable")
    packed, bits = packed[order], bits[order]
    start = np.flatnonzero(np.append(True, packed[1:] != packed[:-1])) if len(packed) else np.zeros(0, dtype=np.int64)
    found_by = np.bitwise_or.reduceat(bits, start) if len(start) else bits
    width = max(1, count)
    return packed[start] // width, packed[start] % width, found_by

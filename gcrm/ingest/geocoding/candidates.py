"""Which streets of the reference a text may be a slip of: by optimal string alignment within a block, else by trigrams."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist, cpdist

from gcrm.ingest.geocoding.folding.keys import StreetKeys
from gcrm.ingest.geocoding.reference import Reference

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

LEAST_SIMILARITY = 0.6
"""Streets less alike than this are none to choose from."""

_MOST_IN_BLOCK = 5
_MOST_BY_TRIGRAMS = 8
_TRIGRAM_CHUNK = 2_000
_LONGEST_KEY = 60
_READINGS = 3
_SHORTEST_PART = 4
_CLOSE = 0.85
_OTHER_DIGITS = 0.2
"""What other digits in the name take from the similarity: 12th Street is no slip of 11th Street."""

Hit = tuple[int, int, int, float, int, str]
"""text, block, street, similarity, edits, how."""


class NearStreets:
    """Finds streets whose names are near to a text, and keeps what it found.

    Args:
        reference: what is known of addresses.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._keys = reference.keys
        self._plain = [keys.plain[:_LONGEST_KEY] for keys in reference.keys]
        self._folded = [(keys.folded[0] if keys.folded else "")[:_LONGEST_KEY] for keys in reference.keys]
        self._street_digits = np.array([_digits(key) for key in self._plain], dtype=object)
        self._weight = np.array([_weight(keys) for keys in reference.keys], dtype=np.float64)

    @cached_property
    def _blocks(self) -> dict[str, dict[str, NDArray[np.int32]]]:
        return {kind: self._reference.streets_of(kind) for kind in ("postcode", "place")}

    def block_of(self, postcode: str, places: Iterable[str]) -> tuple[str, ...]:
        """Names the block of a postcode and some places by those of them that the reference knows; empty where it knows none.

        Args:
            postcode: key of a postcode.
            places: keys of places.
        """
        known = [f"p{postcode}"] if postcode in self._blocks["postcode"] else []
        return tuple(known + [f"c{place}" for place in places if place in self._blocks["place"]])

    def _streets_in(self, block: tuple[str, ...]) -> NDArray[np.int32]:
        return np.unique(np.concatenate([self._blocks["postcode" if name[0] == "p" else "place"][name[1:]] for name in block]))

    def near(self, wanted: dict[tuple[str, ...], list[int]], keys: Sequence[StreetKeys]) -> pd.DataFrame:
        """The streets near to texts, each within its block; where the block is empty or has none, anywhere.

        Args:
            wanted: numbers of texts by their block.
            keys: the keys of every text by its number.

        Returns:
            text_id, block (position in `wanted`), street_id, similarity (0 to 1), edits, how (near or part).
        """
        hits: list[Hit] = []
        homeless: list[tuple[int, int]] = []
        for number, (block, texts) in enumerate(wanted.items()):
            if block:
                found = self._in_block(number, self._streets_in(block), texts, [keys[text] for text in texts])
                hits += found
                met = {hit[0] for hit in found}
                homeless += [(number, text) for text in texts if text not in met]
            else:
                homeless += [(number, text) for text in texts]
        hits += self._anywhere(homeless, keys)
        return pd.DataFrame(hits, columns=["text_id", "block", "street_id", "similarity", "edits", "how"])

    def _in_block(self, block: int, streets: NDArray[np.int32], texts: Sequence[int], keys: Sequence[StreetKeys]) -> list[Hit]:
        edits = self._edits(streets, keys)
        own = np.array([_weight(each) for each in keys])
        similarity = 1 - edits / np.maximum(np.maximum(own[:, None], self._weight[streets][None, :]), 1)
        digits = np.array([_digits(each.plain) for each in keys])
        similarity -= _OTHER_DIGITS * (digits[:, None] != self._street_digits[streets][None, :])
        rows, columns = np.nonzero(similarity >= LEAST_SIMILARITY)
        order = np.lexsort((columns, -similarity[rows, columns], rows))
        rows, columns = rows[order], columns[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        best = rank < _MOST_IN_BLOCK
        rows, columns = rows[best], columns[best]
        hits = [
            (texts[row], block, street, alike, edit, "near")
            for row, street, alike, edit in zip(
                rows.tolist(), streets[columns].tolist(), similarity[rows, columns].tolist(), edits[rows, columns].tolist(), strict=True
            )
        ]
        poor = np.flatnonzero(similarity.max(axis=1, initial=0) < _CLOSE).tolist()
        return hits + self._parts(block, set(streets.tolist()), [(texts[row], keys[row]) for row in poor])

    def _edits(self, streets: NDArray[np.int32], keys: Sequence[StreetKeys]) -> NDArray[np.int64]:
        """Edits between each text and each street, on the plain keys or on the folded ones, whichever are fewer."""
        plain = [self._plain[street] for street in streets.tolist()]
        folded = [self._folded[street] for street in streets.tolist()]
        best = cdist([each.plain[:_LONGEST_KEY] for each in keys], plain, scorer=OSA.distance, dtype=np.uint8).astype(np.int64)
        readings = [(row, reading[:_LONGEST_KEY]) for row, each in enumerate(keys) for reading in each.folded[:_READINGS]]
        if readings:
            more = cdist([reading for _, reading in readings], folded, scorer=OSA.distance, dtype=np.uint8).astype(np.int64)
            np.minimum.at(best, np.array([row for row, _ in readings]), more)
        return best

    @cached_property
    def _postings(self) -> dict[str, list[int]]:
        """Streets by the longer words of their stems."""
        postings: dict[str, list[int]] = {}
        for street, keys in enumerate(self._keys):
            for word in set(keys.stem_words):
                if len(word) >= _SHORTEST_PART:
                    postings.setdefault(word, []).append(street)
        return postings

    def _parts(self, block: int, streets: set[int], wanted: Iterable[tuple[int, StreetKeys]]) -> list[Hit]:
        """Streets of which a text names a part, or which are a part of it: first names and titles are left out and shortened."""
        hits: list[Hit] = []
        for text, keys in wanted:
            own = frozenset(keys.stem_words)
            for street in sorted({street for word in own for street in self._postings.get(word, ()) if street in streets}):
                share = _shared(own, frozenset(self._keys[street].stem_words))
                if share:
                    hits.append((text, block, street, 0.5 + 0.4 * share, 0, "part"))
        return hits

    @cached_property
    def _trigrams(self) -> "tuple[TfidfVectorizer, Any]":
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - takes seconds to load, and few imports look this far

        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False, dtype=np.float32)
        return vectorizer, vectorizer.fit_transform([f"  {_stem(keys)}  " for keys in self._keys]).T.tocsr()

    def _anywhere(self, wanted: Sequence[tuple[int, int]], keys: Sequence[StreetKeys]) -> list[Hit]:
        """The streets of the whole reference that share the rarest trigrams with each text, then by optimal string alignment."""
        if not self._folded or not wanted:
            return []
        texts = sorted({text for _, text in wanted})
        vectorizer, index = self._trigrams
        near: dict[int, list[tuple[int, float, int]]] = {}
        for start in range(0, len(texts), _TRIGRAM_CHUNK):
            chunk = texts[start : start + _TRIGRAM_CHUNK]
            alike = (vectorizer.transform([f"  {_stem(keys[text])}  " for text in chunk]) @ index).tocsr()
            streets = []
            for row in range(len(chunk)):
                here = slice(alike.indptr[row], alike.indptr[row + 1])
                streets.append(alike.indices[here][_largest(alike.data[here], _MOST_BY_TRIGRAMS)].tolist())
            near |= self._compared(dict(zip(chunk, streets, strict=True)), keys)
        return [(text, block, street, alike, edits, "near") for block, text in wanted for street, alike, edits in near[text]]

    def _compared(self, streets: dict[int, list[int]], keys: Sequence[StreetKeys]) -> dict[int, list[tuple[int, float, int]]]:
        """Of the streets of each text those that are alike enough: street, similarity, edits; in the same order."""
        pairs = [(text, street) for text, some in streets.items() for street in some]
        edits = _pairwise([keys[text].plain for text, _ in pairs], [self._plain[street] for _, street in pairs])
        for reading in range(_READINGS):
            rows = [row for row, (text, _) in enumerate(pairs) if reading < len(keys[text].folded)]
            more = _pairwise([keys[pairs[row][0]].folded[reading] for row in rows], [self._folded[pairs[row][1]] for row in rows])
            edits[rows] = np.minimum(edits[rows], more)
        near: dict[int, list[tuple[int, float, int]]] = {text: [] for text in streets}
        own = {text: (_weight(keys[text]), _digits(keys[text].plain)) for text in streets}
        for (text, street), edit in zip(pairs, edits.tolist(), strict=True):
            weight, digits = own[text]
            off = _OTHER_DIGITS * (digits != self._street_digits[street])
            similarity = 1 - edit / max(weight, float(self._weight[street]), 1) - off
            if similarity >= LEAST_SIMILARITY:
                near[text].append((street, similarity, edit))
        return near


def _pairwise(texts: list[str], streets: list[str]) -> NDArray[np.int64]:
    return np.asarray(cpdist(texts, streets, scorer=OSA.distance, dtype=np.int32), dtype=np.int64)


def _stem(keys: StreetKeys) -> str:
    return keys.stems[0][:_LONGEST_KEY] if keys.stems else ""


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Positions of the largest values, the largest first."""
    some = np.argpartition(-values, count)[:count] if len(values) > count else np.arange(len(values))
    return some[np.argsort(-values[some], kind="stable")]


def _digits(key: str) -> str:
    return "" if key.isalpha() else "".join(filter(str.isdigit, key))


def _weight(keys: StreetKeys) -> float:
    """Letters that edits are measured by: the mean of the name with and without its type, since a slip in "strasse" tells less than one before it."""
    return (len(keys.stems[0] if keys.stems else "") + len(keys.plain)) / 2


def _shared(wanted: frozenset[str], known: frozenset[str]) -> float:
    """Share of letters that two names have in common where one is a part of the other, initials counting as words; else 0."""
    small, large = (wanted, known) if len(wanted) <= len(known) else (known, wanted)
    rest = large - small
    if not rest or any(len(word) > 1 or not any(other.startswith(word) for other in rest) for word in small - large):
        return 0.0
    return sum(map(len, small & large)) / sum(map(len, large))

"""Which streets of the reference an address may mean: equal keys first, then near ones within the block, then by trigrams."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist
from sklearn.feature_extraction.text import TfidfVectorizer

from gcrm.ingest.geocoding.folding.keys import StreetKeys
from gcrm.ingest.geocoding.reference import Reference

LEAST_SIMILARITY = 0.6
"""Streets less alike than this are none to choose from."""

_MOST_IN_BLOCK = 5
_MOST_BY_TRIGRAMS = 8
_TRIGRAM_CHUNK = 2_000
_LONGEST_KEY = 60
_COLUMNS = {"text_id": "int32", "block_id": "int32", "street_id": "int32", "similarity": "float64", "edits": "int32", "how": "str"}


class NearStreets:
    """Finds streets whose names are near to a text.

    Args:
        reference: what is known of addresses.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._plain = [keys.plain[:_LONGEST_KEY] for keys in reference.keys]
        self._folded = [(keys.folded[0] if keys.folded else "")[:_LONGEST_KEY] for keys in reference.keys]
        stems = [len(keys.stems[0]) if keys.stems else 0 for keys in reference.keys]
        self._weight = np.array([(stem + len(keys.plain)) / 2 for stem, keys in zip(stems, reference.keys, strict=True)], dtype=np.float64)
        self._stem_words = [frozenset(keys.stem_words) for keys in reference.keys]

    @cached_property
    def _blocks(self) -> dict[str, dict[str, NDArray[np.int32]]]:
        return {kind: self._reference.streets_of(kind) for kind in ("postcode", "place")}

    def streets_in(self, postcodes: Iterable[str], places: Iterable[str]) -> NDArray[np.int32]:
        """The streets of some postcodes and places together, ascending street_ids.

        Args:
            postcodes: keys of postcodes.
            places: keys of places.
        """
        parts = [self._blocks["postcode"].get(key) for key in postcodes] + [self._blocks["place"].get(key) for key in places]
        known = [part for part in parts if part is not None]
        return np.unique(np.concatenate(known)) if known else np.empty(0, dtype=np.int32)

    def in_block(self, block_id: int, streets: NDArray[np.int32], texts: Sequence[int], keys: Sequence[StreetKeys]) -> pd.DataFrame:
        """The streets of a block that are near to each text, by optimal string alignment of the plain and the folded keys (Herranz et al. 2011).

        Args:
            block_id: number of the block, handed through.
            streets: the street_ids of the block.
            texts: numbers of the texts, handed through.
            keys: the keys of each text.

        Returns:
            text_id, block_id, street_id, similarity (0 to 1), edits, how (near or part).
        """
        if not len(streets):
            return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
        edits = self._edits(streets, keys)
        own = np.array([(len(each.stems[0] if each.stems else "") + len(each.plain)) / 2 for each in keys])
        similarity = 1 - edits / np.maximum(np.maximum(own[:, None], self._weight[streets][None, :]), 1)
        top = np.argsort(-similarity, axis=1, kind="stable")[:, :_MOST_IN_BLOCK]
        rows = np.repeat(np.arange(len(keys)), top.shape[1])
        columns = top.ravel()
        good = similarity[rows, columns] >= LEAST_SIMILARITY
        rows, columns = rows[good], columns[good]
        near = pd.DataFrame({
            "text_id": np.asarray(texts)[rows], "block_id": block_id, "street_id": streets[columns],
            "similarity": similarity[rows, columns], "edits": edits[rows, columns], "how": "near",
        })  # fmt: skip
        parts = self._parts(block_id, streets, texts, keys)
        return pd.concat([near, parts], ignore_index=True).astype(_COLUMNS) if len(parts) else near.astype(_COLUMNS)

    def _edits(self, streets: NDArray[np.int32], keys: Sequence[StreetKeys]) -> NDArray[np.int64]:
        plain = [self._plain[street] for street in streets]
        folded = [self._folded[street] for street in streets]
        best = cdist([each.plain[:_LONGEST_KEY] for each in keys], plain, scorer=OSA.distance, dtype=np.uint8).astype(np.int64)
        readings = [(row, reading[:_LONGEST_KEY]) for row, each in enumerate(keys) for reading in each.folded[:3]]
        if readings:
            more = cdist([reading for _, reading in readings], folded, scorer=OSA.distance, dtype=np.uint8).astype(np.int64)
            np.minimum.at(best, np.array([row for row, _ in readings]), more)
        return best

    def _parts(self, block_id: int, streets: NDArray[np.int32], texts: Sequence[int], keys: Sequence[StreetKeys]) -> pd.DataFrame:
        """Streets of which a text names a part, or which are a part of it: first names and titles are left out and shortened."""
        postings: dict[str, list[int]] = {}
        for street in streets.tolist():
            for word in self._stem_words[street]:
                if len(word) > 3:  # noqa: PLR2004 - shorter words are in too many names
                    postings.setdefault(word, []).append(street)
        found = []
        for text, each in zip(texts, keys, strict=True):
            wanted = frozenset(each.stem_words)
            for street in {street for word in wanted for street in postings.get(word, ())}:
                share = _shared(wanted, self._stem_words[street])
                if share:
                    found.append((text, block_id, street, 0.5 + share * 0.4, 0, "part"))
        return pd.DataFrame(found, columns=list(_COLUMNS))

    @cached_property
    def _trigrams(self) -> tuple[TfidfVectorizer, object]:
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False, dtype=np.float32)
        return vectorizer, vectorizer.fit_transform([f"  {key}  " for key in self._folded])

    def anywhere(self, texts: Sequence[int], keys: Sequence[StreetKeys]) -> pd.DataFrame:
        """The streets of the whole reference that are near to each text, by the trigrams they share, then by optimal string alignment.

        Args:
            texts: numbers of the texts, handed through.
            keys: the keys of each text.

        Returns:
            As `in_block`, with block_id -1.
        """
        if not self._folded or not keys:
            return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
        vectorizer, index = self._trigrams
        found = []
        for start in range(0, len(keys), _TRIGRAM_CHUNK):
            chunk = keys[start : start + _TRIGRAM_CHUNK]
            wanted = vectorizer.transform([f"  {(each.folded or (each.plain,))[0][:_LONGEST_KEY]}  " for each in chunk])
            alike = (wanted @ index.T).tocsr()  # type: ignore[attr-defined]
            for row in range(len(chunk)):
                here = slice(alike.indptr[row], alike.indptr[row + 1])
                streets = alike.indices[here][np.argsort(-alike.data[here], kind="stable")[:_MOST_BY_TRIGRAMS]]
                if len(streets):
                    found.append(self.in_block(-1, np.sort(streets).astype(np.int32), [texts[start + row]], [chunk[row]]))
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)


def _shared(wanted: frozenset[str], known: frozenset[str]) -> float:
    """Share of letters that two names have in common where one is a part of the other, initials counting as words; else 0."""
    small, large = (wanted, known) if len(wanted) <= len(known) else (known, wanted)
    if small == large:
        return 0.0
    rest = large - small
    left = small - large
    if any(len(word) > 1 or not any(other.startswith(word) for other in rest) for word in left):
        return 0.0
    common = sum(map(len, small & large))
    return common / max(sum(map(len, large)), 1)

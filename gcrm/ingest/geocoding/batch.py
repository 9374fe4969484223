"""A batch of addresses as tables: their readings, and the keys of every text in them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from gcrm.ingest.geocoding.areas import place_keys, postcode_key
from gcrm.ingest.geocoding.folding.keys import StreetKeys, street_keys
from gcrm.ingest.geocoding.folding.text import reduce, words
from gcrm.ingest.geocoding.house_numbers import parse_number
from gcrm.ingest.geocoding.reference import Reference

_MOST_NEAR_PLACES = 3
_LETTERS_PER_EDIT = 4
_SHORTEST_WORD = 4
_PLACES_AT_ONCE = 1000


class Texts:
    """Distinct texts of one kind, numbered in the order in which they come."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def number(self, column: pd.Series) -> NDArray[np.int64]:
        """The number of each text, new ones included."""
        ids = self._ids
        codes, texts = pd.factorize(column)
        return np.array([ids.setdefault(text, len(ids)) for text in texts.tolist()], dtype=np.int64)[codes]

    def since(self, first: int) -> list[str]:
        """The texts from a number on."""
        return list(self._ids)[first:]

    def __len__(self) -> int:
        return len(self._ids)


class Batch:
    """The tables of one batch, in the engine of the reference.

    Args:
        reference: what is known of addresses.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._engine: duckdb.DuckDBPyConnection = reference.engine.cursor()
        self._texts = {kind: Texts() for kind in ("street", "number", "postcode", "place")}
        self._known_postcodes = {row[0] for row in self._engine.execute("SELECT DISTINCT postcode FROM areas WHERE postcode IS NOT NULL").fetchall()}
        towns = self._engine.execute("SELECT place, min(city) FROM areas WHERE place IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall()
        self._towns = [row[0] for row in towns]
        self._town_words: dict[str, list[str]] = {}
        for place, city in towns:
            for word in {reduce(each) for each in words(city)} - {place}:
                if len(word) >= _SHORTEST_WORD:
                    self._town_words.setdefault(word, []).append(place)
        self._readings = 0
        self.street_keys: list[StreetKeys] = []
        self.postcodes: list[str] = []
        self.places: list[tuple[str, ...]] = []
        self._create()

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The connection that sees the batch's tables."""
        return self._engine

    def _create(self) -> None:
        self._engine.execute("""
            CREATE OR REPLACE TEMPORARY TABLE readings (
                reading_id INT, q INT, rank INT, street_id INT, number_id INT, postcode_id INT, place_id INT, country VARCHAR);
            CREATE OR REPLACE TEMPORARY TABLE street_texts (text_id INT, plain VARCHAR, kinds VARCHAR[]);
            CREATE OR REPLACE TEMPORARY TABLE street_text_keys (text_id INT, kind VARCHAR, key VARCHAR);
            CREATE OR REPLACE TEMPORARY TABLE numbers (text_id INT, pos INT, key VARCHAR, exact BOOLEAN, base INT);
            CREATE OR REPLACE TEMPORARY TABLE postcodes (text_id INT, postcode VARCHAR, known BOOLEAN);
            CREATE OR REPLACE TEMPORARY TABLE places (text_id INT, place VARCHAR, known BOOLEAN, near BOOLEAN);
            CREATE OR REPLACE TEMPORARY TABLE found (reading_id INT, stretch_id INT, how VARCHAR, similarity DOUBLE, edits INT);
        """)

    @property
    def size(self) -> int:
        """How many readings there are."""
        return self._readings

    def readings_since(self, first: int) -> pd.DataFrame:
        """Readings from a number on, in order: reading_id, q, street_id, postcode_id, place_id.

        Args:
            first: the first reading that counts.
        """
        return self._engine.execute(
            "SELECT reading_id, q, street_id, postcode_id, place_id FROM readings WHERE reading_id >= $first ORDER BY 1", {"first": first}
        ).df()

    def without_street(self, count: int) -> pd.Series:
        """Whether none of an address's closer readings names a street: a post office box.

        Args:
            count: how many addresses there are; as many first readings come before the closer ones.
        """
        rows = self._engine.execute(
            """
            SELECT q FROM readings r JOIN street_texts t ON t.text_id = r.street_id
            WHERE r.reading_id >= $count GROUP BY q HAVING bool_and(t.plain = '')
        """,
            {"count": count},
        ).fetchall()
        return pd.Series(np.isin(np.arange(count), [row[0] for row in rows]))

    def add_near(self, near: pd.DataFrame, asked: pd.DataFrame) -> None:
        """Adds candidates that were found by similarity.

        Args:
            near: text_id, block, street_id, similarity, edits, how.
            asked: reading_id, text_id, block.
        """
        self._engine.register("near", near)
        self._engine.register("asked", asked)
        self._engine.execute("""
            INSERT INTO found
            SELECT a.reading_id, s.stretch_id,
                CASE WHEN len(t.kinds) > 0 AND len(k.kinds) > 0 AND NOT list_has_any(t.kinds, k.kinds) THEN 'other type' ELSE n.how END,
                least(n.similarity, 0.98), n.edits
            FROM asked a JOIN near n USING (text_id, block) JOIN stretches s ON s.street_id = n.street_id
            JOIN street_names k ON k.street_id = n.street_id JOIN street_texts t USING (text_id)
        """)
        self._engine.unregister("near")
        self._engine.unregister("asked")

    def add(self, readings: pd.DataFrame) -> None:
        """Adds readings and the keys of their texts.

        Args:
            readings: q (number of the address), rank, street, number, postcode, place, country (empty where it is not known); in order.
        """
        before = {kind: len(texts) for kind, texts in self._texts.items()}
        ids = {f"{kind}_id": texts.number(readings[kind]) for kind, texts in self._texts.items()}
        numbers = np.arange(len(readings), dtype=np.int32) + self._readings
        country = readings["country"].where(readings["country"] != "", None)
        frame = pd.DataFrame({"reading_id": numbers, "q": readings["q"], "rank": readings["rank"], **ids, "country": country})
        self._readings += len(readings)
        self._insert("readings", frame)
        adders: dict[str, Callable[[int, list[str]], None]] = {
            "street": self._add_streets, "number": self._add_numbers, "postcode": self._add_postcodes, "place": self._add_places,
        }  # fmt: skip
        for kind, add in adders.items():
            add(before[kind], self._texts[kind].since(before[kind]))

    def _insert(self, table: str, rows: pd.DataFrame | pa.Table) -> None:
        self._engine.register("incoming", rows)
        self._engine.execute(f"INSERT INTO {table} SELECT * FROM incoming")  # noqa: S608 - a name of ours
        self._engine.unregister("incoming")

    def _add_streets(self, first: int, texts: list[str]) -> None:
        keys = [street_keys(text, self._reference.dictionary) for text in texts]
        self.street_keys += keys
        ids = range(first, first + len(texts))
        self._insert("street_texts", pa.table({"text_id": list(ids), "plain": [each.plain for each in keys], "kinds": [sorted(each.kinds) for each in keys]}))
        rows = [
            (text, kind, key) for text, each in zip(ids, keys, strict=True) for kind, found in (("folded", each.folded), ("stem", each.stems)) for key in found
        ]
        self._insert("street_text_keys", _table(rows, ["text_id", "kind", "key"]))

    def _add_numbers(self, first: int, texts: list[str]) -> None:
        rows = []
        for text, number in enumerate((parse_number(each, self._reference.dictionary) for each in texts), start=first):
            rows += [(text, position, key, position < number.exact, number.base) for position, key in enumerate(number.keys)]
        self._insert("numbers", _table(rows, ["text_id", "pos", "key", "exact", "base"]))

    def _add_postcodes(self, first: int, texts: list[str]) -> None:
        keys = [postcode_key(text) for text in texts]
        self.postcodes += keys
        rows = [(text, key, key in self._known_postcodes) for text, key in enumerate(keys, start=first) if key]
        self._insert("postcodes", _table(rows, ["text_id", "postcode", "known"]))

    def _add_places(self, first: int, texts: list[str]) -> None:
        keys = [place_keys(text, self._reference.dictionary) for text in texts]
        known = set(self._towns)
        rows = [(text, key, key in known, False) for text, each in enumerate(keys, start=first) for key in each]
        strangers = [(text, each[0]) for text, each in enumerate(keys, start=first) if each and not known.intersection(each)]
        near = self._near_places([key for _, key in strangers], [texts[text - first] for text, _ in strangers])
        rows += [(text, place, True, True) for (text, _), places in zip(strangers, near, strict=True) for place in places]
        self.places += keys
        for (text, _), places in zip(strangers, near, strict=True):
            self.places[text] = (*self.places[text], *places)
        self._insert("places", _table(rows, ["text_id", "place", "known", "near"]))

    def _near_places(self, keys: list[str], texts: list[str]) -> list[list[str]]:
        """Places of the reference that a name may be a slip of, or that share a whole word with it."""
        if not keys or not self._towns:
            return [[] for _ in keys]
        found: list[list[str]] = [[] for _ in keys]
        towns = set(self._towns)
        # Places farther off than the limit are not measured out, so that names of one limit go together.
        limits = np.array([max(1, len(key) // _LETTERS_PER_EDIT) if len(key) >= _SHORTEST_WORD else 0 for key in keys])
        for limit in np.unique(limits[limits > 0]).tolist():
            rows = np.flatnonzero(limits == limit)
            for start in range(0, len(rows), _PLACES_AT_ONCE):
                part = rows[start : start + _PLACES_AT_ONCE].tolist()
                edits = cdist([keys[row] for row in part], self._towns, scorer=OSA.distance, dtype=np.uint8, score_cutoff=limit)
                at, town = np.nonzero(edits <= limit)
                order = np.lexsort((town, edits[at, town], at))
                for position, name in zip(at[order].tolist(), town[order].tolist(), strict=True):
                    if len(found[part[position]]) < _MOST_NEAR_PLACES:
                        found[part[position]].append(self._towns[name])
        return [list(dict.fromkeys([*near, *self._with_word_of(text, towns)]))[: 2 * _MOST_NEAR_PLACES] for near, text in zip(found, texts, strict=True)]

    def _with_word_of(self, text: str, towns: set[str]) -> Iterator[str]:
        """Places of the reference that are a whole word of a text, then those that share one with it."""
        tokens = sorted({reduce(word) for word in words(text) if len(word) >= _SHORTEST_WORD})
        yield from (token for token in tokens if token in towns)
        for token in tokens:
            yield from self._town_words.get(token, ())


def _table(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> pa.Table:
    """Rows as the engine takes them: pandas would look at each value once more."""
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})

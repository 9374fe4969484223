"""Addresses find their positions in a reference, and say how."""

import numpy as np
import pandas as pd

from gcrm.ingest.geocoding.batch import Batch
from gcrm.ingest.geocoding.candidates import NearStreets
from gcrm.ingest.geocoding.evaluate import AGREES, best_areas, evaluate, find_equal
from gcrm.ingest.geocoding.parse import first_reading, more_readings
from gcrm.ingest.geocoding.reference import Reference

MATCHER_VERSION = "2"
_FIELDS = ("street", "house_number", "postcode", "city", "country_code")
_LEVELS = {"exact": "rooftop", "part": "rooftop", "between": "interpolated", "beside": "interpolated", "absent": "street", "none": "street", "unread": "street"}


_MATCHED = """
SELECT DISTINCT reading_id FROM found f JOIN readings r USING (reading_id) JOIN stretches s USING (stretch_id)
WHERE f.similarity >= 0.99
    AND (EXISTS (SELECT 1 FROM postcodes p WHERE p.text_id = r.postcode_id AND p.postcode = s.postcode)
        OR EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id AND c.place = s.place))
"""


class Matcher:
    """Places addresses by a reference.

    Args:
        reference: what is known of addresses.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._near = NearStreets(reference)

    def evidence(self, addresses: pd.DataFrame) -> pd.DataFrame:
        distinct = addresses.reindex(columns=_FIELDS).astype("str").where(addresses.reindex(columns=_FIELDS).notna(), "").reset_index(drop=True)
        return self._searched(distinct)

    def _searched(self, distinct: pd.DataFrame):
        batch = Batch(self._reference)
        fields = list(zip(*(distinct[name].tolist() for name in _FIELDS), strict=True))
        batch.add([(q, 0, first_reading(*row[:4], self._reference.dictionary), row[4].strip().upper()[:2]) for q, row in enumerate(fields)])
        find_equal(batch.engine, ["folded"], 0)
        found = evaluate(batch.engine, 0)
        clear = found["number_state"].isin(["exact", "none"]) & (found["area"] >= AGREES)
        rest = np.setdiff1d(np.arange(len(fields)), found.loc[clear, "q"].to_numpy())
        found = found[clear]
        if len(rest):
            found = pd.concat([found, self._search_widely(batch, fields, rest)], ignore_index=True)
        left = pd.DataFrame({"q": np.arange(len(fields), dtype=np.int32)})
        return found, best_areas(batch.engine, left)

    def _search_widely(self, batch: Batch, fields: list[tuple[str, ...]], rest: np.ndarray) -> pd.DataFrame:
        dictionary = self._reference.dictionary
        readings = []
        for q in rest.tolist():
            row = fields[q]
            readings += [(q, rank, each, row[4].strip().upper()[:2]) for rank, each in enumerate(more_readings(*row[:4], dictionary))]
        if not readings:
            return pd.DataFrame()
        frame = batch.add(readings)
        first = int(frame["reading_id"].iloc[0])
        find_equal(batch.engine, ["stem"], first)
        find_equal(batch.engine, ["folded"], first, anywhere=True)
        self._find_near(batch, frame)
        return evaluate(batch.engine, first)

    def _find_near(self, batch: Batch, frame: pd.DataFrame) -> None:
        exact = {row[0] for row in batch.engine.execute(_MATCHED).fetchall()}
        wanted: dict[tuple[str, ...], dict[int, None]] = {}
        asked = []
        for reading, street, postcode, place in frame[["reading_id", "street_id", "postcode_id", "place_id"]].itertuples(index=False):
            if reading not in exact and batch.street_keys[street].plain:
                block = self._near.block_of(batch.postcodes[postcode], batch.places[place])
                wanted.setdefault(block, {})[street] = None
                asked.append((reading, street, block))
        numbers = {block: number for number, block in enumerate(wanted)}
        near = self._near.near({block: list(texts) for block, texts in wanted.items()}, batch.street_keys)
        batch.engine.register("near", near)
        batch.engine.register("asked", pd.DataFrame([(reading, street, numbers[block]) for reading, street, block in asked], columns=["reading_id", "text_id", "block"]))
        batch.engine.execute("""
            INSERT INTO found
            SELECT a.reading_id, s.stretch_id, n.how, least(n.similarity, 0.98), n.edits
            FROM asked a JOIN near n USING (text_id, block) JOIN stretches s ON s.street_id = n.street_id
        """)
        batch.engine.unregister("near")
        batch.engine.unregister("asked")

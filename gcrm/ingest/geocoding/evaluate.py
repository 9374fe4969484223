"""What speaks for each candidate: the street, the postcode and place, the house number; in DuckDB."""

import duckdb
import pandas as pd

from gcrm.ingest.geocoding.reference import SAME_SITE_M

AREA_WORTH = {
    ("same", "same"): 1.0, ("same", "none"): 0.95, ("same", "near"): 0.95, ("same", "other"): 0.6,
    ("none", "same"): 0.95, ("none", "none"): 0.5, ("none", "near"): 0.85, ("none", "other"): 0.3,
    ("near", "same"): 0.92, ("near", "none"): 0.7, ("near", "near"): 0.8, ("near", "other"): 0.3,
    ("other", "same"): 0.65, ("other", "none"): 0.3, ("other", "near"): 0.4, ("other", "other"): 0.0,
}  # fmt: skip
"""How well (postcode, place) of a candidate agree with what is asked, for the order of the candidates only: what they are worth as
evidence is in the calibration."""

AGREES = 0.9
"""From this worth on, the area of a candidate contradicts nothing."""

_NUMBER_LIMIT_M = 400.0
"""A position between two neighbours is only claimed where they are nearer to each other than this: it is off by at most half of it."""

_EXACT = """
INSERT INTO found
WITH areas_known AS (SELECT text_id, bool_or(known) AS known FROM places GROUP BY 1),
wanted AS (
    SELECT r.reading_id, k.kind, k.key, p.postcode, r.place_id, coalesce(p.known, false) OR coalesce(a.known, false) AS located
    FROM readings r
    JOIN street_text_keys k ON k.text_id = r.street_id
    LEFT JOIN postcodes p ON p.text_id = r.postcode_id
    LEFT JOIN areas_known a ON a.text_id = r.place_id
    WHERE k.kind IN (SELECT unnest($kinds)) AND r.reading_id >= $first
),
hits AS (
    SELECT reading_id, kind, stretch_id FROM wanted JOIN keyed USING (kind, key, postcode)
    UNION
    SELECT w.reading_id, w.kind, k.stretch_id FROM wanted w JOIN places c ON c.text_id = w.place_id
        JOIN keyed k ON k.kind = w.kind AND k.key = w.key AND k.place = c.place
    UNION
    SELECT w.reading_id, w.kind, k.stretch_id FROM wanted w JOIN keyed k ON k.kind = w.kind AND k.key = w.key
    WHERE NOT w.located OR (k.postcode IS NULL AND k.place IS NULL) OR $anywhere
)
SELECT h.reading_id, h.stretch_id,
    CASE WHEN n.plain = t.plain THEN 'equal' WHEN h.kind = 'folded' THEN 'folded'
        WHEN len(n.kinds) > 0 AND len(t.kinds) > 0 AND NOT list_has_any(n.kinds, t.kinds) THEN 'other type' ELSE 'no type' END AS how,
    CASE how WHEN 'equal' THEN 1 WHEN 'folded' THEN 0.99 WHEN 'no type' THEN 0.9 ELSE 0.65 END, 0
FROM hits h
JOIN readings r USING (reading_id)
JOIN street_texts t ON t.text_id = r.street_id
JOIN stretches s USING (stretch_id)
JOIN street_names n ON n.street_id = s.street_id
"""

_EVALUATE = """
CREATE OR REPLACE TEMPORARY TABLE evaluated AS
WITH best_found AS (
    SELECT reading_id, stretch_id, arg_max(how, similarity) AS how, max(similarity) AS similarity, arg_max(edits, similarity) AS edits
    FROM found WHERE reading_id >= $first GROUP BY ALL
),
located AS (
    SELECT r.q, r.reading_id, coalesce(p.known, false) OR EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id AND c.known) AS here
    FROM readings r LEFT JOIN postcodes p ON p.text_id = r.postcode_id
),
lost AS (SELECT reading_id FROM located WHERE NOT here AND q IN (SELECT q FROM located WHERE here)),
placed AS (
    SELECT r.q, f.*, r.rank, r.number_id, s.longitude, s.latitude, s.postcode, s.place, s.street_id,
        CASE WHEN p.postcode IS NULL OR s.postcode IS NULL THEN 'none' WHEN p.postcode = s.postcode THEN 'same'
            WHEN p.known THEN 'other'
            WHEN damerau_levenshtein(p.postcode, s.postcode) <= 1 OR (len(s.postcode) >= 4 AND starts_with(p.postcode, s.postcode))
                OR (len(p.postcode) >= 4 AND starts_with(s.postcode, p.postcode)) THEN 'near' ELSE 'other' END AS postcode_state,
        CASE WHEN s.place IS NULL OR NOT EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id) THEN 'none'
            WHEN EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id AND c.place = s.place AND NOT c.near) THEN 'same'
            WHEN EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id AND c.place = s.place) THEN 'near' ELSE 'other' END AS place_state
    FROM best_found f
    JOIN readings r USING (reading_id)
    JOIN stretches s USING (stretch_id)
    LEFT JOIN postcodes p ON p.text_id = r.postcode_id
    WHERE (r.country IS NULL OR s.country IS NULL OR r.country = s.country) AND r.reading_id NOT IN (SELECT reading_id FROM lost)
),
worth AS (SELECT p.*, a.worth AS area FROM placed p JOIN area_worth a USING (postcode_state, place_state) WHERE a.worth > 0),
told AS (
    SELECT * FROM worth
    WHERE similarity >= 0.99 OR q NOT IN (SELECT q FROM worth WHERE similarity >= 0.99 AND area >= $agrees)
),
counted AS (SELECT text_id FROM numbers WHERE pos = 0),
numbered AS (
    SELECT t.*, h.longitude AS site_x, h.latitude AS site_y,
        CASE WHEN n0.text_id IS NULL AND t.q IN (SELECT q FROM told WHERE number_id IN (SELECT text_id FROM counted)) THEN 'unread'
            WHEN n0.text_id IS NULL THEN 'none'
            WHEN h.number_key IS NULL THEN 'absent' WHEN h.exact THEN 'exact' ELSE 'part' END AS number_state
    FROM told t
    LEFT JOIN counted n0 ON n0.text_id = t.number_id
    LEFT JOIN (
        SELECT t2.reading_id, t2.stretch_id, s.number_key, s.longitude, s.latitude, n.exact
        FROM told t2
        JOIN numbers n ON n.text_id = t2.number_id
        JOIN sites s ON s.stretch_id = t2.stretch_id AND s.number_key = n.key
        QUALIFY n.pos = min(n.pos) OVER (PARTITION BY t2.reading_id, t2.stretch_id)
    ) h ON h.reading_id = t.reading_id AND h.stretch_id = t.stretch_id
)
SELECT q, reading_id, rank, stretch_id, street_id, number_id, how, similarity, edits, postcode_state, place_state, number_state, area,
    coalesce(site_x, longitude) AS longitude, coalesce(site_y, latitude) AS latitude,
    0.5 * similarity + 0.3 * area + 0.2 * CASE number_state WHEN 'exact' THEN 1 WHEN 'part' THEN 0.9 WHEN 'none' THEN 0.6 ELSE 0 END
        - 0.01 * least(rank, 8) AS worth
FROM numbered
"""

_BEST = """
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY q ORDER BY worth DESC, rank, stretch_id, longitude, latitude) AS place_in_line FROM evaluated
),
best AS (SELECT * FROM ranked WHERE place_in_line = 1),
rivals AS (
    SELECT r.q, max(r.worth) AS worth,
        arg_max(111195 * sqrt(((r.longitude - b.longitude) * cos(radians(b.latitude))) ** 2 + (r.latitude - b.latitude) ** 2), r.worth) AS off_m
    FROM ranked r JOIN best b USING (q)
    WHERE r.place_in_line > 1
        AND 111195 * sqrt(((r.longitude - b.longitude) * cos(radians(b.latitude))) ** 2 + (r.latitude - b.latitude) ** 2) > $same_site_m
    GROUP BY 1
),
wanted AS (
    SELECT b.q, b.stretch_id, n.base FROM best b JOIN numbers n ON n.text_id = b.number_id AND n.pos = 0
    WHERE b.number_state = 'absent' AND n.base IS NOT NULL
),
between_ AS (
    SELECT w.q, min(w.base) AS base,
        max(s.base) FILTER (WHERE s.base <= w.base) AS low, min(s.base) FILTER (WHERE s.base >= w.base) AS high,
        arg_max(s.longitude, s.base) FILTER (WHERE s.base <= w.base) AS low_x, arg_max(s.latitude, s.base) FILTER (WHERE s.base <= w.base) AS low_y,
        arg_min(s.longitude, s.base) FILTER (WHERE s.base >= w.base) AS high_x, arg_min(s.latitude, s.base) FILTER (WHERE s.base >= w.base) AS high_y
    FROM wanted w JOIN sites s ON s.stretch_id = w.stretch_id AND s.base % 2 = w.base % 2
    GROUP BY 1
),
interpolated AS (
    SELECT q, low = high AS beside, CASE WHEN high = low THEN 0 ELSE (base - low) / (high - low) END AS share, low_x, low_y, high_x, high_y
    FROM between_
    WHERE low IS NOT NULL AND high IS NOT NULL
        AND 111195 * sqrt(((high_x - low_x) * cos(radians(low_y))) ** 2 + (high_y - low_y) ** 2) <= $between_m
)
SELECT b.q, b.how, b.similarity, b.edits, b.postcode_state, b.place_state, b.rank, b.area, b.stretch_id, b.street_id,
    CASE WHEN i.beside THEN 'beside' WHEN i.q IS NOT NULL THEN 'between' ELSE b.number_state END AS number_state,
    coalesce(i.low_x + i.share * (i.high_x - i.low_x), b.longitude) AS longitude,
    coalesce(i.low_y + i.share * (i.high_y - i.low_y), b.latitude) AS latitude,
    b.worth, b.worth - coalesce(r.worth, 0) AS margin, r.off_m AS rival_m
FROM best b LEFT JOIN rivals r USING (q) LEFT JOIN interpolated i USING (q)
ORDER BY b.q
"""

_AREAS = """
WITH wanted AS (
    SELECT r.q, r.rank, r.country, p.postcode, c.place, c.near
    FROM readings r
    LEFT JOIN postcodes p ON p.text_id = r.postcode_id
    LEFT JOIN places c ON c.text_id = r.place_id
    WHERE r.q IN (SELECT q FROM unplaced)
),
hits AS (
    SELECT w.q, w.rank, a.*, 'same' AS postcode_state,
        CASE WHEN w.place IS NULL OR a.place IS NULL THEN 'none' WHEN w.place <> a.place THEN 'other' WHEN w.near THEN 'near' ELSE 'same' END AS place_state
    FROM wanted w JOIN areas a USING (postcode) WHERE w.country IS NULL OR a.country IS NULL OR w.country = a.country
    UNION ALL
    SELECT w.q, w.rank, a.*, CASE WHEN w.postcode IS NULL OR a.postcode IS NULL THEN 'none'
            WHEN damerau_levenshtein(w.postcode, a.postcode) <= 1 THEN 'near' ELSE 'other' END AS postcode_state,
        CASE WHEN w.near THEN 'near' ELSE 'same' END AS place_state
    FROM wanted w JOIN areas a USING (place)
    WHERE w.postcode IS DISTINCT FROM a.postcode AND (w.country IS NULL OR a.country IS NULL OR w.country = a.country)
)
SELECT q, postcode_state, place_state, rank, code, city, postcode, longitude, latitude, area_worth.worth - 0.01 * least(rank, 8) AS worth
FROM hits JOIN area_worth USING (postcode_state, place_state)
WHERE NOT (postcode_state = 'same' AND place_state = 'none' AND EXISTS (SELECT 1 FROM hits h WHERE h.q = hits.q AND h.place_state IN ('same', 'near')))
QUALIFY row_number() OVER (PARTITION BY q ORDER BY area_worth.worth - 0.01 * least(rank, 8) DESC, points DESC, longitude, latitude) = 1
ORDER BY q
"""

_ALTERNATIVES = """
WITH one_each AS (
    SELECT q, stretch_id, longitude, latitude, max(worth) AS worth, arg_max(number_state, worth) AS number_state, arg_max(number_id, worth) AS number_id
    FROM evaluated WHERE q IN (SELECT q FROM open_) GROUP BY ALL
),
first_few AS (SELECT * FROM one_each QUALIFY row_number() OVER (PARTITION BY q ORDER BY worth DESC, stretch_id, longitude, latitude) <= 5)
SELECT f.q,
    concat_ws(', ', concat_ws(' ', n.street, CASE WHEN f.number_state IN ('exact', 'part') THEN k.key END),
        nullif(concat_ws(' ', s.code, s.city), '')) AS label,
    CASE WHEN f.number_state IN ('exact', 'part') THEN 'rooftop' ELSE 'street' END AS level, round(greatest(f.worth, 0), 4) AS worth, f.longitude, f.latitude
FROM first_few f
JOIN stretches s USING (stretch_id)
JOIN street_names n ON n.street_id = s.street_id
LEFT JOIN (SELECT text_id, arg_max(key, CASE WHEN pos = 0 THEN 1 ELSE 0 END) AS key FROM numbers GROUP BY 1) k ON k.text_id = f.number_id
ORDER BY f.q, f.worth DESC, f.stretch_id, f.longitude, f.latitude
"""


def find_equal(engine: duckdb.DuckDBPyConnection, kinds: list[str], first: int, *, anywhere: bool = False) -> None:
    """Adds to the table `found` the stretches whose keys equal those of readings, within the postcode or the place, or anywhere where neither is known.

    Args:
        engine: of the batch.
        kinds: kinds of keys: folded, stem.
        first: the first reading that counts.
        anywhere: also where the postcode or the place is known and has no such street.
    """
    engine.execute(_EXACT, {"kinds": kinds, "first": first, "anywhere": anywhere})


def evaluate(engine: duckdb.DuckDBPyConnection, first: int) -> pd.DataFrame:
    """The best candidate of each address, out of the table `found`.

    Args:
        engine: of the batch.
        first: the first reading that counts.

    Returns:
        One row per address that has a candidate: q, how, similarity, edits, postcode_state, place_state, number_state, rank, area, stretch_id, street_id,
        longitude, latitude (EPSG:4326), worth, margin to the best candidate elsewhere, rival_m (metres to that).
    """
    worth = pd.DataFrame([(*states, value) for states, value in AREA_WORTH.items()], columns=["postcode_state", "place_state", "worth"])
    engine.register("area_worth", worth)
    engine.execute(_EVALUATE, {"first": first, "agrees": AGREES})
    return engine.execute(_BEST, {"same_site_m": SAME_SITE_M, "between_m": _NUMBER_LIMIT_M}).df()


def best_areas(engine: duckdb.DuckDBPyConnection, unplaced: pd.DataFrame) -> pd.DataFrame:
    """The postcode or place of each address.

    Args:
        engine: of the batch, after `evaluate`.
        unplaced: q.

    Returns:
        One row per address whose area is known: q, postcode_state, place_state, rank, code, city, postcode (its key), longitude, latitude, worth.
    """
    engine.register("unplaced", unplaced)
    found = engine.execute(_AREAS).df()
    engine.unregister("unplaced")
    return found


def alternatives(engine: duckdb.DuckDBPyConnection, open_: pd.DataFrame) -> pd.DataFrame:
    """The best candidates of addresses that a person has to look at, best first.

    Args:
        engine: of the batch, after `evaluate`.
        open_: q.

    Returns:
        q, label, level, worth (0 to 1), longitude, latitude.
    """
    engine.register("open_", open_)
    found = engine.execute(_ALTERNATIVES).df()
    engine.unregister("open_")
    return found

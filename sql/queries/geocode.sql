-- Geocoding: the reference, what is to be done, and the answers.

-- name: reference_points()
-- Known addresses: street, house_number, postcode, city, country_code, longitude, latitude; sorted by bytes, which spares the language's rules of order.
SELECT street, house_number, postcode, city, country_code, ST_X(geom) AS longitude, ST_Y(geom) AS latitude
FROM gcrm.address_points
ORDER BY layer_version_id, osm_id, street COLLATE "C", house_number COLLATE "C", ST_AsBinary(geom);

-- name: reference_streets()
-- A point of each segment of a named road: street, longitude, latitude.
SELECT name AS street, ST_X(middle) AS longitude, ST_Y(middle) AS latitude
FROM (SELECT osm_id, name, ST_LineInterpolatePoint(geom, 0.5) AS middle FROM gcrm.roads WHERE name IS NOT NULL) AS segment
ORDER BY osm_id, longitude, latitude;

-- name: reference_areas()
-- Postcodes and places: postcode, city, country_code, longitude, latitude.
SELECT postcode, city, country_code, ST_X(geom) AS longitude, ST_Y(geom) AS latitude
FROM gcrm.address_areas
ORDER BY country_code, postcode, city, longitude, latitude;

-- name: versions()$
-- The versions in force of the layers that the reference is made of, ascending.
SELECT coalesce(array_agg(layer_version_id ORDER BY layer_version_id), '{}')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer IN ('address_points', 'address_areas', 'roads');

-- name: layers_in_force()$
-- The same versions as text, with the time of their loading: different also between two databases.
SELECT coalesce(string_agg(layer_version_id || ' ' || loaded_at, ', ' ORDER BY layer_version_id), '')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer IN ('address_points', 'address_areas', 'roads');

-- name: newest_reference()^
-- The newest reference: reference_id, matcher, layer_version_ids.
SELECT reference_id, matcher, layer_version_ids FROM gcrm.geocode_references ORDER BY reference_id DESC LIMIT 1;

-- name: lock_reference()!
-- One maker of references at a time.
SELECT pg_advisory_xact_lock(hashtextextended('gcrm.geocode_references', 0));

-- name: add_reference(matcher, versions)$
-- A new reference: its reference_id.
INSERT INTO gcrm.geocode_references (matcher, layer_version_ids) VALUES (:matcher, :versions::int[]) RETURNING reference_id;

-- name: mark_all()!
-- Every position that was found is to be looked for again.
UPDATE gcrm.accounts SET geocode_stale = true
WHERE geocode_level NOT IN ('given', 'confirmed') AND NOT geocode_stale;

-- name: mark_touched(added)!
-- What the new versions of layers may change: what was not found, what lies where they reach, what names a postcode or place of theirs.
WITH reach AS (
    SELECT ST_Expand(ST_SetSRID(ST_Extent(geom), 4326), 0.02) AS box
    FROM (
        SELECT layer_version_id, geom FROM gcrm.address_points WHERE layer_version_id = ANY(:added::int[])
        UNION ALL SELECT layer_version_id, geom FROM gcrm.roads WHERE layer_version_id = ANY(:added::int[]) AND name IS NOT NULL
        UNION ALL SELECT layer_version_id, geom FROM gcrm.address_areas WHERE layer_version_id = ANY(:added::int[])
    ) AS feature
    GROUP BY layer_version_id
), named AS (
    SELECT lower(postcode) AS postcode, lower(city) AS city FROM gcrm.address_points WHERE layer_version_id = ANY(:added::int[])
    UNION
    SELECT lower(postcode), lower(city) FROM gcrm.address_areas WHERE layer_version_id = ANY(:added::int[])
)
UPDATE gcrm.accounts a SET geocode_stale = true
WHERE a.geocode_level NOT IN ('given', 'confirmed') AND NOT a.geocode_stale
    AND (
        a.geocode_level = 'none'
        OR EXISTS (SELECT FROM reach WHERE a.position && reach.box)
        OR lower(a.postcode) IN (SELECT postcode FROM named)
        OR lower(a.city) IN (SELECT city FROM named)
    );

-- name: count_open()$
-- How many accounts are to be placed: nobody tried yet, or a newer reference may know better.
SELECT count(*) FROM gcrm.accounts WHERE geocode_level IS NULL OR geocode_stale;

-- name: open_addresses(after, most)
-- The next accounts to place, from a key on: account_id, street, house_number, postcode, city, country_code, updated_at as text.
SELECT account_id, street, house_number, postcode, city, country_code, updated_at::text AS updated_at
FROM gcrm.accounts
WHERE (geocode_level IS NULL OR geocode_stale) AND account_id > :after
ORDER BY account_id
LIMIT :most;

-- name: open_address(account_id)
-- One account, if it is to be placed: columns as of open_addresses.
SELECT account_id, street, house_number, postcode, city, country_code, updated_at::text AS updated_at
FROM gcrm.accounts
WHERE account_id = :account_id AND (geocode_level IS NULL OR geocode_stale);

-- name: addresses_of(source, keys)
-- The addresses of accounts by their keys in a system: source_key, street, house_number, postcode, city, country_code.
SELECT source_key, street, house_number, postcode, city, country_code
FROM gcrm.accounts
WHERE source = :source AND source_key = ANY(:keys::text[])
ORDER BY source_key;

-- name: corrections()
-- What persons said: address_key, longitude, latitude.
SELECT address_key, ST_X(position) AS longitude, ST_Y(position) AS latitude FROM gcrm.geocode_corrections;

-- name: create_answers_stage()#
CREATE TEMPORARY TABLE staged_answers (
    account_id bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    longitude double precision,
    latitude double precision,
    cell bigint,
    geocode_level text NOT NULL,
    geocode_score real NOT NULL,
    geocode_margin real,
    geocode_reason text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_reviews (account_id bigint NOT NULL, address_key text NOT NULL, candidates jsonb NOT NULL) ON COMMIT DROP;

-- name: store_answers(reference_id, first, last)!
-- Writes the answers, unless the account has changed or got a position meanwhile. A position that stays keeps its date and its territory.
-- The first and the last account of the stage spare a look at all the others.
UPDATE gcrm.accounts a
SET position = s.position, cell = s.cell, geocode_level = s.geocode_level, geocode_score = s.geocode_score, geocode_margin = s.geocode_margin,
    geocode_reason = s.geocode_reason, geocode_reference_id = :reference_id, geocode_stale = false,
    geocoded_at = CASE WHEN a.geocode_level = s.geocode_level AND a.position IS NOT DISTINCT FROM s.position THEN a.geocoded_at ELSE now() END,
    territory_id = CASE WHEN a.territory_given OR a.position IS NOT DISTINCT FROM s.position THEN a.territory_id END
FROM (SELECT *, CASE WHEN cell IS NOT NULL THEN ST_SetSRID(ST_MakePoint(longitude, latitude), 4326) END AS position FROM staged_answers) AS s
WHERE a.account_id = s.account_id AND a.updated_at = s.updated_at AND (a.geocode_level IS NULL OR a.geocode_stale)
    AND a.account_id BETWEEN :first AND :last;

-- name: close_reviews(first, last)!
-- What is certain now needs no review. The first and the last account are those of the stage.
DELETE FROM gcrm.geocode_reviews r
USING staged_answers s
WHERE r.account_id = s.account_id AND NOT EXISTS (SELECT FROM staged_reviews n WHERE n.account_id = s.account_id)
    AND r.account_id BETWEEN :first AND :last;

-- name: open_reviews(first, last)!
-- What is not certain comes into the queue, or stays in it with the newest candidates. The first and the last account are those of the stage.
INSERT INTO gcrm.geocode_reviews (account_id, address_key, candidates)
SELECT n.account_id, n.address_key, n.candidates
FROM staged_reviews n
JOIN gcrm.accounts a USING (account_id)
WHERE a.account_id BETWEEN :first AND :last
ON CONFLICT (account_id) DO UPDATE
SET address_key = EXCLUDED.address_key, candidates = EXCLUDED.candidates, status = 'open', decided_at = NULL, decided_by = NULL, before = NULL
WHERE (geocode_reviews.candidates, geocode_reviews.address_key) IS DISTINCT FROM (EXCLUDED.candidates, EXCLUDED.address_key);

-- name: levels()
-- How the accounts were placed: geocode_level, accounts.
SELECT coalesce(geocode_level, 'not tried') AS geocode_level, count(*) AS accounts
FROM gcrm.accounts
GROUP BY 1
ORDER BY 2 DESC;

-- name: count_reviews()$
-- How many accounts a person has to look at.
SELECT count(*) FROM gcrm.geocode_reviews WHERE status = 'open';

-- Geocoding: the reference, what is to be done, and the answers.

-- name: reference_points()
-- Known addresses: street, house_number, postcode, city, longitude, latitude.
SELECT street, house_number, postcode, city, ST_X(geom) AS longitude, ST_Y(geom) AS latitude
FROM gcrm.address_points
ORDER BY osm_id, street, house_number;

-- name: reference_streets()
-- A point of each segment of a named road: street, longitude, latitude.
SELECT name AS street, ST_X(middle) AS longitude, ST_Y(middle) AS latitude
FROM (SELECT osm_id, name, ST_LineInterpolatePoint(geom, 0.5) AS middle FROM gcrm.roads WHERE name IS NOT NULL) AS segment
ORDER BY osm_id, longitude, latitude;

-- name: count_open()$
-- How many accounts nobody has tried to place yet.
SELECT count(*) FROM gcrm.accounts WHERE geocode_level IS NULL;

-- name: reopen()!
-- Forgets what was found, but not what was given: the reference has changed.
UPDATE gcrm.accounts
SET position = NULL, cell = NULL, geocode_level = NULL, geocode_score = NULL, geocoded_at = NULL,
    territory_id = CASE WHEN territory_given THEN territory_id END
WHERE geocode_level IN ('rooftop', 'street', 'postcode', 'none');

-- name: open_addresses(most)
-- The next accounts to place: account_id, street, house_number, postcode, city.
SELECT account_id, street, house_number, postcode, city
FROM gcrm.accounts
WHERE geocode_level IS NULL
ORDER BY account_id
LIMIT :most;

-- name: create_answers_stage()#
CREATE TEMPORARY TABLE staged_answers (
    account_id bigint NOT NULL,
    longitude double precision,
    latitude double precision,
    cell bigint,
    geocode_level text NOT NULL,
    geocode_score real NOT NULL
) ON COMMIT DROP;

-- name: store_answers()!
-- Writes the answers, unless the account has got a position meanwhile.
UPDATE gcrm.accounts a
SET position = CASE WHEN s.cell IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.longitude, s.latitude), 4326) END,
    cell = s.cell, geocode_level = s.geocode_level, geocode_score = s.geocode_score, geocoded_at = now()
FROM staged_answers s
WHERE a.account_id = s.account_id AND a.geocode_level IS NULL;

-- name: levels()
-- How the accounts were placed: geocode_level, accounts.
SELECT coalesce(geocode_level, 'not tried') AS geocode_level, count(*) AS accounts
FROM gcrm.accounts
GROUP BY 1
ORDER BY 2 DESC;

-- How far one gets, who is there, and the streets that persons close or slow.

-- name: accounts_within(area)$
-- How many accounts lie in an area (WKB, EPSG:4326).
SELECT count(*) FROM gcrm.accounts WHERE ST_Covers(ST_SetSRID(ST_GeomFromWKB(:area), 4326), position);

-- name: street(way_id)
-- A street: way_id, name, road_class, surface, length_m (of all of its parts), maxspeed_kmh.
SELECT osm_id AS way_id, coalesce(max(name), '') AS name, max(class) AS road_class, coalesce(max(surface), '') AS surface,
    sum(length_m)::float8 AS length_m, max(maxspeed_kmh)::float8 AS maxspeed_kmh
FROM gcrm.roads WHERE osm_id = :way_id
GROUP BY osm_id;

-- name: set_by_hand(dataset)
-- What persons set: way_id, name, kind, value, modes, weekdays, from_hour, to_hour, shape (GeoJSON).
SELECT c.way_id, coalesce(max(r.name), '') AS name, c.kind, c.value::float8, array_to_string(c.modes, ', ') AS modes, c.weekdays, c.from_hour, c.to_hour,
    ST_AsGeoJSON(ST_Collect(r.geom), 6) AS shape
FROM gcrm.road_conditions c
JOIN gcrm.layer_versions v USING (layer_version_id)
LEFT JOIN gcrm.roads r ON r.osm_id = c.way_id
WHERE v.dataset = :dataset AND v.retired_at IS NULL AND c.way_id IS NOT NULL
GROUP BY c.layer_version_id, c.feature_number, c.way_id, c.kind, c.value, c.modes, c.weekdays, c.from_hour, c.to_hour
ORDER BY c.feature_number;

-- name: conditions_by_hand(dataset)
-- The same as rows of gcrm.road_conditions.
SELECT c.kind, c.value::float8 AS value, array_to_string(c.modes, ',') AS modes, c.weekdays, c.from_hour::float8, c.to_hour::float8,
    c.valid_from, c.valid_until, c.way_id, c.geom::text AS geom
FROM gcrm.road_conditions c JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.dataset = :dataset AND v.retired_at IS NULL
ORDER BY c.feature_number;

-- name: streets_in(west, south, east, north, classes, most)
-- The streets of a window, the longest first: way_id, name, road_class, shape (GeoJSON).
SELECT osm_id AS way_id, coalesce(name, '') AS name, class AS road_class, ST_AsGeoJSON(geom, 6) AS shape
FROM gcrm.roads
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND class = ANY(:classes::text[])
ORDER BY length_m DESC, osm_id
LIMIT :most;

-- name: account_named(text, looked_at)
-- The account whose name or key is, else begins with, some words: name, longitude, latitude.
SELECT name, ST_X(position) AS longitude, ST_Y(position) AS latitude
FROM gcrm.search_accounts(:text, :looked_at)
JOIN gcrm.accounts USING (account_id)
WHERE position IS NOT NULL AND (source_key = :text OR starts_with(lower(name), lower(:text)))
ORDER BY lower(name) <> lower(:text) AND source_key <> :text, account_id
LIMIT 1;

-- name: first_site()
-- A place to begin with: of the partners, or else of the customers, the one in the middle of all: name, longitude, latitude.
WITH middle AS (
    SELECT ST_SetSRID(ST_MakePoint(
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_X(position)), percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_Y(position))), 4326) AS point
    FROM gcrm.accounts WHERE position IS NOT NULL
)
SELECT name, ST_X(position) AS longitude, ST_Y(position) AS latitude
FROM gcrm.accounts CROSS JOIN middle
WHERE position IS NOT NULL AND status IN ('partner', 'customer')
ORDER BY status DESC, position <-> point, account_id
LIMIT 1;

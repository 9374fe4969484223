-- The basemap: what was loaded from an extract, within a window, as GeoJSON. Where there is more than `most`, what matters least on
-- a map of that size is left out: the smallest areas, the least important roads. `tolerance` simplifies, in degrees; 0 leaves as it is.

-- name: versions()$
-- The versions of the layers that are drawn, as text: it changes when one of them does.
SELECT coalesce(string_agg(layer_version_id::text, '-' ORDER BY layer_version_id), '')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer IN ('roads', 'buildings', 'land_cover', 'districts');

-- name: roads(west, south, east, north, tolerance, most)$
-- Roads, a feature per importance: `rank` 0 (motorways) to 4 (paths).
WITH ranked AS (
    SELECT
        CASE
            WHEN class ~ '^(motorway|trunk)' THEN 0
            WHEN class ~ '^(primary|secondary)' THEN 1
            WHEN class ~ '^tertiary' THEN 2
            WHEN class IN ('residential', 'unclassified', 'living_street', 'pedestrian', 'road') THEN 3
            ELSE 4
        END AS rank,
        length_m, geom
    FROM gcrm.roads
    WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
), chosen AS (
    SELECT rank, ST_Simplify(geom, :tolerance, true) AS geom FROM ranked ORDER BY rank, length_m DESC LIMIT :most
), features AS (
    SELECT json_build_object(
        'type', 'Feature', 'properties', json_build_object('rank', rank), 'geometry', ST_AsGeoJSON(ST_Collect(geom), 6)::json
    ) AS feature
    FROM chosen GROUP BY rank ORDER BY rank DESC
)
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(feature), '[]'))::text FROM features;

-- name: buildings(west, south, east, north, tolerance, most)$
-- Footprints, as one feature.
WITH chosen AS (
    SELECT ST_SimplifyPreserveTopology(geom, :tolerance) AS geom
    FROM gcrm.buildings
    WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    ORDER BY footprint_m2 DESC LIMIT :most
), features AS (
    SELECT json_build_object('type', 'Feature', 'properties', '{}'::json, 'geometry', ST_AsGeoJSON(geom, 6)::json) AS feature FROM chosen
)
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(feature), '[]'))::text FROM features;

-- name: land_cover(west, south, east, north, tolerance, most)$
-- Areas of water and green, the larger below: `kind`.
WITH chosen AS (
    SELECT kind, ST_SimplifyPreserveTopology(geom, :tolerance) AS geom, ST_Area(geom) AS area
    FROM gcrm.land_cover
    WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    ORDER BY area DESC LIMIT :most
), features AS (
    SELECT json_build_object('type', 'Feature', 'properties', json_build_object('kind', kind), 'geometry', ST_AsGeoJSON(geom, 6)::json) AS feature
    FROM chosen ORDER BY area DESC
)
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(feature), '[]'))::text FROM features;

-- name: names(west, south, east, north, most)
-- Names to write on the map, the most important first: the districts that are smaller than the window, the largest first, then the longest
-- streets, each on its longest segment: name, longitude, latitude, angle (degrees anticlockwise from east, -90 to 90).
WITH map (area) AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326)), segments AS (
    SELECT
        name, geom, row_number() OVER (PARTITION BY name ORDER BY length_m DESC) AS place_in_street,
        sum(length_m) OVER (PARTITION BY name) AS street_m
    FROM gcrm.roads, map
    WHERE name IS NOT NULL AND geom && map.area
), streets AS (
    SELECT
        name, street_m, ST_LineInterpolatePoint(geom, 0.5) AS middle,
        degrees(ST_Azimuth(ST_LineInterpolatePoint(geom, 0.4)::geography, ST_LineInterpolatePoint(geom, 0.6)::geography)) AS azimuth
    FROM segments
    WHERE place_in_street = 1
), named AS (
    SELECT 0 AS rank, name, ST_Area(geom) AS size, ST_PointOnSurface(geom) AS middle, 0 AS angle
    FROM gcrm.districts, map
    WHERE geom && map.area AND ST_Area(geom) < ST_Area(map.area)
    UNION ALL
    SELECT 1, name, street_m, middle, CASE WHEN azimuth > 180 THEN 270 - azimuth ELSE 90 - azimuth END
    FROM streets
    WHERE azimuth IS NOT NULL
)
SELECT name, ST_X(middle) AS longitude, ST_Y(middle) AS latitude, angle FROM named ORDER BY rank, size DESC LIMIT :most;

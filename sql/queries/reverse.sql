-- Reverse geocoding: a point becomes an address and the areas around it.

-- name: at_point(longitude, latitude)^
-- The nearest address within 1 km, the municipality, postcode and place: address, distance_m, municipality, postcode, city. Distances are on the spheroid.
WITH here AS (SELECT ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326) AS point),
nearest AS (
    SELECT p.street, p.house_number, p.postcode, p.city, ST_Distance(p.geom::geography, here.point::geography) AS distance_m
    FROM here, LATERAL (
        SELECT * FROM gcrm.address_points
        WHERE geom && ST_Envelope(ST_Buffer(here.point::geography, 1000)::geometry)
        ORDER BY geom <-> here.point
        LIMIT 20
    ) AS p
    ORDER BY 5, p.street, p.house_number
    LIMIT 1
), coded AS (
    SELECT p.postcode, p.city
    FROM here, LATERAL (
        SELECT postcode, city, geom FROM gcrm.address_points
        WHERE postcode IS NOT NULL AND geom && ST_Envelope(ST_Buffer(here.point::geography, 1000)::geometry)
        ORDER BY geom <-> here.point
        LIMIT 1
    ) AS p
), area AS (
    SELECT a.postcode, a.city
    FROM here, LATERAL (
        SELECT postcode, city FROM gcrm.address_areas
        WHERE geom && ST_Envelope(ST_Buffer(here.point::geography, 20000)::geometry)
        ORDER BY geom <-> here.point
        LIMIT 1
    ) AS a
)
SELECT
    nullif(concat_ws(', ', nullif(concat_ws(' ', n.street, n.house_number), ''), nullif(concat_ws(' ', n.postcode, n.city), '')), '') AS address, n.distance_m,
    (SELECT d.name FROM gcrm.districts d WHERE ST_Intersects(d.geom, here.point) ORDER BY d.admin_level, d.osm_id LIMIT 1) AS municipality,
    coalesce(n.postcode, c.postcode, area.postcode) AS postcode, coalesce(n.city, c.city, area.city) AS city
FROM here
LEFT JOIN nearest n ON n.distance_m <= 1000
LEFT JOIN coded c ON true
LEFT JOIN area ON true;

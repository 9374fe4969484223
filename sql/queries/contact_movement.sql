-- How contacts move who consent to it: home range, usual routes, sites that they pass.

-- name: clear()!
WITH routes AS (
    DELETE FROM gcrm.contact_routes
), sites AS (
    DELETE FROM gcrm.contact_sites
)
DELETE FROM gcrm.contact_ranges;

-- name: store_ranges()!
-- The smallest convex polygon around the 95 % of the positions next to their middle, and the cell of most nights (stops that cover 3 o'clock).
INSERT INTO gcrm.contact_ranges (contact_id, home_cell, nights, positions, range_km2, geom)
WITH points AS (
    SELECT t.contact_id, ST_Force2D((ST_DumpPoints(t.geom)).geom) AS geom
    FROM gcrm.tracks t
    WHERE t.contact_id IS NOT NULL AND gcrm.consents_to(t.contact_id, 'movement')
), middles AS (
    SELECT contact_id, ST_Centroid(ST_Collect(geom)) AS middle FROM points GROUP BY contact_id
), ranked AS (
    SELECT contact_id, geom, percent_rank() OVER (PARTITION BY contact_id ORDER BY ST_DistanceSphere(geom, middle)) AS rank
    FROM points
    JOIN middles USING (contact_id)
), ranges AS (
    SELECT contact_id, count(*) AS positions, ST_ConvexHull(ST_Collect(geom) FILTER (WHERE rank <= 0.95)) AS geom FROM ranked GROUP BY contact_id
), nights AS (
    SELECT contact_id, cell, sum((left_at AT TIME ZONE zone - interval '3 hours')::date - (arrived_at AT TIME ZONE zone - interval '3 hours')::date) AS nights
    FROM gcrm.track_stops
    WHERE contact_id IS NOT NULL AND timed
    GROUP BY contact_id, cell
), homes AS (
    SELECT DISTINCT ON (contact_id) contact_id, cell, nights FROM nights WHERE nights > 0 ORDER BY contact_id, nights DESC, cell
)
SELECT r.contact_id, h.cell, coalesce(h.nights, 0), r.positions, ST_Area(r.geom::geography) / 1e6, r.geom
FROM ranges r
LEFT JOIN homes h USING (contact_id);

-- name: store_routes(least_days)!
-- Pairs of cells between which a contact went on so many days.
INSERT INTO gcrm.contact_routes (contact_id, origin_cell, destination_cell, trips, days, usual_hour)
SELECT
    contact_id, origin_cell, destination_cell, count(*), count(DISTINCT (started_at AT TIME ZONE zone)::date),
    mode() WITHIN GROUP (ORDER BY extract(hour FROM started_at AT TIME ZONE zone))
FROM gcrm.tracks
WHERE contact_id IS NOT NULL AND timed AND gcrm.consents_to(contact_id, 'movement')
GROUP BY contact_id, origin_cell, destination_cell
HAVING count(DISTINCT (started_at AT TIME ZONE zone)::date) >= :least_days;

-- name: create_sites_stage()#
CREATE TEMPORARY TABLE staged_sites (site_key text PRIMARY KEY, longitude double precision NOT NULL, latitude double precision NOT NULL) ON COMMIT DROP;

-- name: store_sites(within_m)!
-- Sites that a contact passes within so many metres.
INSERT INTO gcrm.contact_sites (contact_id, site_key, trips, distance_m)
WITH sites AS (
    SELECT site_key, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography AS place FROM staged_sites
)
SELECT t.contact_id, s.site_key, count(*), min(ST_Distance(t.geom::geography, s.place))
FROM gcrm.tracks t
JOIN sites s ON ST_DWithin(t.geom::geography, s.place, :within_m)
WHERE t.contact_id IS NOT NULL AND gcrm.consents_to(t.contact_id, 'movement')
GROUP BY t.contact_id, s.site_key;

-- name: counts()^
-- How many contacts have a range, usual routes there are, and pairs of contact and site.
SELECT (SELECT count(*) FROM gcrm.contact_ranges), (SELECT count(*) FROM gcrm.contact_routes), (SELECT count(*) FROM gcrm.contact_sites);

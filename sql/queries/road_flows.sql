-- Recorded routes on the roads.

-- name: tracks_in_force(dataset)
-- The versions of tracks in force, or, where a dataset is named, that of the dataset: layer_version_id, dataset, made_up.
SELECT layer_version_id, dataset, made_up
FROM gcrm.layer_versions
WHERE layer = 'tracks' AND retired_at IS NULL AND (:dataset::text IS NULL OR dataset = :dataset)
ORDER BY dataset;

-- name: trips(version)
-- Trips with their clean positions: carrier (a person counts once, a track of nobody known for itself), mode, timed, zone, geom (WKB, M is seconds since 1970).
SELECT coalesce('contact ' || contact_id, 'track ' || track_key) AS carrier, mode, timed, zone, ST_AsBinary(geom) AS geom
FROM gcrm.tracks
WHERE layer_version_id = :version
ORDER BY track_key, trip;

-- name: create_stages()#
-- COPY does not write to tables with row-level security.
CREATE TEMPORARY TABLE staged_road_flow_edges (LIKE gcrm.road_flow_edges) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_road_flows (LIKE gcrm.road_flows) ON COMMIT DROP;

-- name: store()#
-- Edges and flows out of their stages.
INSERT INTO gcrm.road_flow_edges TABLE staged_road_flow_edges;
INSERT INTO gcrm.road_flows TABLE staged_road_flows;
DROP TABLE staged_road_flow_edges, staged_road_flows;

-- name: forget_withheld(dataset)!
-- What readers were never shown of the flows of tracks that are gone.
WITH version AS (
    SELECT layer_version_id FROM gcrm.layer_versions WHERE layer = 'road_flows' AND dataset = :dataset AND retired_at IS NULL
), flows AS (
    DELETE FROM gcrm.road_flows WHERE withheld AND layer_version_id IN (SELECT layer_version_id FROM version)
)
DELETE FROM gcrm.road_flow_edges WHERE withheld AND layer_version_id IN (SELECT layer_version_id FROM version);

-- name: on_streets(hour, most)
-- The streets with most trips, both directions together: line (GeoJSON), class, trips; every hour where none is named.
SELECT ST_AsGeoJSON(line, 6) AS line, class, trips
FROM (
    SELECT CASE WHEN ST_AsBinary(ST_StartPoint(e.geom)) < ST_AsBinary(ST_EndPoint(e.geom)) THEN e.geom ELSE ST_Reverse(e.geom) END AS line,
        min(e.class) AS class, sum(f.trips)::bigint AS trips
    FROM gcrm.road_flows f
    JOIN gcrm.road_flow_edges e USING (layer_version_id, edge)
    JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.retired_at IS NULL AND (:hour::int IS NULL OR f.hour = :hour)
    GROUP BY 1
) AS both_directions
ORDER BY trips DESC, line
LIMIT :most;

-- Recorded routes of movement, and how long they are kept.

-- name: contacts_of(keys, source)
-- Contacts by their key in a system, or in any where none is named: source_key, contact_id, consents (to the purpose movement).
SELECT source_key, contact_id, gcrm.consents_to(contact_id, 'movement') AS consents
FROM gcrm.contacts
WHERE source_key = ANY(:keys::text[]) AND (:source::text IS NULL OR source = :source)
ORDER BY source_key, contact_id;

-- name: create_stages()#
CREATE TEMPORARY TABLE staged_positions (
    trip bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_trips (
    trip bigint PRIMARY KEY,
    track_key text NOT NULL,
    number int NOT NULL,
    contact_id bigint,
    origin_cell bigint NOT NULL,
    destination_cell bigint NOT NULL,
    zone text NOT NULL,
    mode text NOT NULL,
    mode_given boolean NOT NULL,
    timed boolean NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    length_m double precision NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_stops (
    track_key text NOT NULL,
    contact_id bigint,
    zone text NOT NULL,
    cell bigint NOT NULL,
    timed boolean NOT NULL,
    arrived_at timestamptz NOT NULL,
    left_at timestamptz NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL
) ON COMMIT DROP;

-- COPY does not write to tables with row-level security.
CREATE TEMPORARY TABLE staged_cell_stops (LIKE gcrm.cell_stops) ON COMMIT DROP;

-- name: store_cell_stops()!
-- Stays out of their stage.
INSERT INTO gcrm.cell_stops TABLE staged_cell_stops;

-- name: store_trips(version)!
-- Trips out of their stages.
INSERT INTO gcrm.tracks (
    layer_version_id, track_key, trip, contact_id, origin_cell, destination_cell, zone, mode, mode_given, timed, started_at, ended_at, length_m, geom
)
SELECT
    :version, t.track_key, t.number, t.contact_id, t.origin_cell, t.destination_cell, t.zone, t.mode, t.mode_given, t.timed, t.started_at, t.ended_at, t.length_m,
    p.geom
FROM staged_trips t
JOIN (
    SELECT trip, ST_MakeLine(ST_SetSRID(ST_MakePointM(longitude, latitude, extract(epoch FROM recorded_at)), 4326) ORDER BY recorded_at) AS geom
    FROM staged_positions
    GROUP BY trip
) p USING (trip);

-- name: store_stops(version)!
-- Stops out of their stage.
INSERT INTO gcrm.track_stops (layer_version_id, track_key, contact_id, zone, cell, timed, arrived_at, left_at, geom)
SELECT :version, track_key, contact_id, zone, cell, timed, arrived_at, left_at, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)
FROM staged_stops;

-- name: to_forget(days, dataset)
-- The versions of tracks in force that are kept for too long, or, where a dataset is named, those of that dataset: layer_version_id, dataset, movement_version_id.
SELECT v.layer_version_id, v.dataset, m.layer_version_id AS movement_version_id
FROM gcrm.layer_versions v
LEFT JOIN gcrm.layer_versions m ON m.layer = 'movement' AND m.dataset = v.dataset AND m.file_sha256 = v.file_sha256 AND m.retired_at IS NULL
WHERE v.layer = 'tracks' AND v.retired_at IS NULL
    AND CASE WHEN :dataset::text IS NULL THEN v.loaded_at < now() - make_interval(days => :days::int) ELSE v.dataset = :dataset END
ORDER BY v.layer_version_id;

-- name: forget_withheld(version)!
-- What readers were never shown of the flows of tracks that are gone.
WITH stops AS (DELETE FROM gcrm.cell_stops WHERE layer_version_id = :version AND withheld)
DELETE FROM gcrm.movement WHERE layer_version_id = :version AND withheld;

-- name: forget_withdrawn()!
-- What is known of contacts who do not consent any more.
WITH gone AS MATERIALIZED (
    SELECT contact_id
    FROM (
        SELECT contact_id FROM gcrm.tracks WHERE contact_id IS NOT NULL
        UNION SELECT contact_id FROM gcrm.track_stops WHERE contact_id IS NOT NULL
        UNION SELECT contact_id FROM gcrm.contact_ranges
        UNION SELECT contact_id FROM gcrm.contact_routes
        UNION SELECT contact_id FROM gcrm.contact_sites
    ) AS known
    WHERE NOT gcrm.consents_to(contact_id, 'movement')
), ranges AS (
    DELETE FROM gcrm.contact_ranges WHERE contact_id IN (SELECT contact_id FROM gone)
), routes AS (
    DELETE FROM gcrm.contact_routes WHERE contact_id IN (SELECT contact_id FROM gone)
), sites AS (
    DELETE FROM gcrm.contact_sites WHERE contact_id IN (SELECT contact_id FROM gone)
), stops AS (
    DELETE FROM gcrm.track_stops WHERE contact_id IN (SELECT contact_id FROM gone)
)
DELETE FROM gcrm.tracks WHERE contact_id IN (SELECT contact_id FROM gone);

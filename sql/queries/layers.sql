-- Layers and their versions.

-- name: in_force(layer, dataset)^
-- The version of a layer of a dataset that is in force: layer_version_id, file_sha256, derived_with, parameters.
SELECT layer_version_id, file_sha256, derived_with, parameters
FROM gcrm.layer_versions
WHERE layer = :layer AND dataset = :dataset AND retired_at IS NULL;

-- name: lock_dataset(dataset)!
-- One loader of a dataset at a time.
SELECT pg_advisory_xact_lock(hashtextextended('gcrm.layer:' || :dataset, 0));

-- name: retire(layer, dataset)!
-- Ends the version in force.
UPDATE gcrm.layer_versions SET retired_at = now()
WHERE layer = :layer AND dataset = :dataset AND retired_at IS NULL;

-- name: add_version(layer, dataset, file_name, file_sha256, source_date, attribution, made_up, feature_count, derived_with, parameters)$
-- A new version: its layer_version_id.
INSERT INTO gcrm.layer_versions (layer, dataset, file_name, file_sha256, source_date, attribution, made_up, feature_count, derived_with, parameters)
VALUES (:layer, :dataset, :file_name, :file_sha256, :source_date, :attribution, :made_up, :feature_count, :derived_with::int[], :parameters::jsonb)
RETURNING layer_version_id;

-- name: clear_roads(version)!
DELETE FROM gcrm.roads WHERE layer_version_id = :version;

-- name: clear_buildings(version)!
-- With what was derived from them.
WITH cells AS (DELETE FROM gcrm.cell_buildings WHERE layer_version_id = :version)
DELETE FROM gcrm.buildings WHERE layer_version_id = :version;

-- name: clear_residence(version)!
-- With what was derived from it.
WITH cells AS (DELETE FROM gcrm.cell_residence WHERE layer_version_id = :version)
DELETE FROM gcrm.residence WHERE layer_version_id = :version;

-- name: clear_address_points(version)!
DELETE FROM gcrm.address_points WHERE layer_version_id = :version;

-- name: clear_address_areas(version)!
DELETE FROM gcrm.address_areas WHERE layer_version_id = :version;

-- name: clear_shops(version)!
DELETE FROM gcrm.shops WHERE layer_version_id = :version;

-- name: clear_land_cover(version)!
DELETE FROM gcrm.land_cover WHERE layer_version_id = :version;

-- name: clear_districts(version)!
DELETE FROM gcrm.districts WHERE layer_version_id = :version;

-- name: clear_footfall(version)!
WITH places AS (
    DELETE FROM gcrm.stations WHERE layer_version_id = :version
), days AS (
    DELETE FROM gcrm.station_days WHERE layer_version_id = :version
), models AS (
    DELETE FROM gcrm.footfall_models WHERE layer_version_id = :version
)
DELETE FROM gcrm.footfall WHERE layer_version_id = :version;

-- name: clear_movement(version)!
WITH stops AS (DELETE FROM gcrm.cell_stops WHERE layer_version_id = :version)
DELETE FROM gcrm.movement WHERE layer_version_id = :version;

-- name: clear_tracks(version)!
-- With all that was derived of the contacts who moved on them.
WITH moved AS MATERIALIZED (
    SELECT contact_id FROM gcrm.tracks WHERE layer_version_id = :version
    UNION SELECT contact_id FROM gcrm.track_stops WHERE layer_version_id = :version
), ranges AS (
    DELETE FROM gcrm.contact_ranges WHERE contact_id IN (SELECT contact_id FROM moved)
), routes AS (
    DELETE FROM gcrm.contact_routes WHERE contact_id IN (SELECT contact_id FROM moved)
), sites AS (
    DELETE FROM gcrm.contact_sites WHERE contact_id IN (SELECT contact_id FROM moved)
), stops AS (
    DELETE FROM gcrm.track_stops WHERE layer_version_id = :version
)
DELETE FROM gcrm.tracks WHERE layer_version_id = :version;

-- name: clear_road_flows(version)!
-- With the flows on them.
DELETE FROM gcrm.road_flow_edges WHERE layer_version_id = :version;

-- name: clear_transit(version)!
WITH routes AS (
    DELETE FROM gcrm.transit_routes WHERE layer_version_id = :version
), departures AS (
    DELETE FROM gcrm.transit_departures WHERE layer_version_id = :version
), edges AS (
    DELETE FROM gcrm.transit_edges WHERE layer_version_id = :version
)
DELETE FROM gcrm.transit_stops WHERE layer_version_id = :version;

-- name: clear_trade_areas(version)!
WITH members AS (
    DELETE FROM gcrm.account_trade_areas m USING gcrm.trade_areas t WHERE t.trade_area_id = m.trade_area_id AND t.layer_version_id = :version
), probabilities AS (
    DELETE FROM gcrm.site_probabilities WHERE layer_version_id = :version
), findings AS (
    DELETE FROM gcrm.layer_findings WHERE layer_version_id = :version
), cells AS (
    DELETE FROM gcrm.trade_area_cells WHERE layer_version_id = :version
)
DELETE FROM gcrm.trade_areas WHERE layer_version_id = :version;

-- name: clear_thematic_areas(version)!
-- With what was derived from them.
WITH cells AS (
    DELETE FROM gcrm.cell_thematic WHERE layer_version_id = :version
), accounts AS (
    DELETE FROM gcrm.account_thematic WHERE layer_version_id = :version
)
DELETE FROM gcrm.thematic_areas WHERE layer_version_id = :version;

-- name: clear_sites(version)!
DELETE FROM gcrm.sites WHERE layer_version_id = :version;

-- name: clear_competitors(version)!
DELETE FROM gcrm.sites WHERE layer_version_id = :version;

-- name: clear_road_network(version)!
DELETE FROM gcrm.road_network WHERE layer_version_id = :version;

-- name: clear_road_conditions(version)!
WITH findings AS (
    DELETE FROM gcrm.layer_findings WHERE layer_version_id = :version
)
DELETE FROM gcrm.road_conditions WHERE layer_version_id = :version;

-- name: clear_speed_sensors(version)!
-- With what they measured.
DELETE FROM gcrm.speed_sensors WHERE layer_version_id = :version;

-- name: keys_in_force(layers)$
-- The versions in force of some layers, ascending.
SELECT coalesce(array_agg(layer_version_id ORDER BY layer_version_id), '{}')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer = ANY(:layers::text[]);

-- name: versions()
-- The versions in force: layer_version_id, layer, dataset, file_name, source_date, attribution, made_up, feature_count, loaded_at.
SELECT layer_version_id, layer, dataset, file_name, source_date, attribution, made_up, feature_count, loaded_at
FROM gcrm.layer_versions
WHERE retired_at IS NULL
ORDER BY dataset, layer;

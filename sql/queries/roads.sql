-- The road network in force, and road conditions.

-- name: has_roads(dataset)$
-- Whether the extract of a dataset holds a road.
SELECT EXISTS (
    SELECT FROM gcrm.layer_versions
    WHERE layer = 'roads' AND dataset = :dataset AND retired_at IS NULL AND feature_count > 0
);

-- name: has_network()$
-- Whether a road network is in force.
SELECT EXISTS (SELECT FROM gcrm.layer_versions WHERE layer = 'road_network' AND retired_at IS NULL);

-- name: conditions()
-- Closures and slow zones in force, those loaded first before those loaded later, as `gcrm.spatial.roads.conditions.COLUMNS` has them.
SELECT
    c.kind, c.value, c.modes, c.weekdays, c.from_hour, c.to_hour, c.valid_from, c.valid_until, c.way_id, v.dataset AS source, v.made_up,
    c.geom AS geometry
FROM gcrm.road_conditions c JOIN gcrm.layer_versions v USING (layer_version_id)
ORDER BY c.layer_version_id, c.feature_number;

-- name: dated_conditions()
-- Closures and slow zones in force that have a first or a last day: layer_version_id, feature_number, weekdays, from_hour, to_hour, valid_from, valid_until.
SELECT layer_version_id, feature_number, weekdays, from_hour, to_hour, valid_from, valid_until
FROM gcrm.road_conditions
WHERE valid_from IS NOT NULL OR valid_until IS NOT NULL
ORDER BY layer_version_id, feature_number;

-- name: sensors()
-- Sensors in force, those loaded last first: layer_version_id, sensor_key, longitude, latitude, free_kmh.
SELECT layer_version_id, sensor_key, ST_X(position) AS longitude, ST_Y(position) AS latitude, free_kmh
FROM gcrm.speed_sensors
ORDER BY layer_version_id DESC, sensor_key;

-- name: sensor_speeds()
-- What sensors in force measured: layer_version_id, sensor_key, weekday, hour, speed_kmh.
SELECT layer_version_id, sensor_key, weekday, hour, speed_kmh FROM gcrm.sensor_speeds;

-- name: conditions_version()$
-- The newest version of conditions in force, 0 where there is none; each load makes a larger number.
SELECT coalesce(max(layer_version_id), 0) FROM gcrm.layer_versions
WHERE layer IN ('road_conditions', 'speed_sensors') AND retired_at IS NULL;

-- name: conditions_in_force()
-- The versions of conditions in force: layer_version_id, layer, dataset, feature_count, made_up.
SELECT layer_version_id, layer, dataset, feature_count, made_up FROM gcrm.layer_versions
WHERE layer IN ('road_conditions', 'speed_sensors') AND retired_at IS NULL
ORDER BY layer_version_id;

-- name: create_conditions_stage()#
CREATE TEMPORARY TABLE staged_conditions (
    feature_number bigint NOT NULL, kind text NOT NULL, value real, modes text NOT NULL, weekdays text NOT NULL, from_hour real NOT NULL,
    to_hour real NOT NULL, valid_from date, valid_until date, way_id bigint, geom text
) ON COMMIT DROP;

-- name: store_conditions(version)!
-- The conditions of the stage, as those of a version.
INSERT INTO gcrm.road_conditions (
    layer_version_id, feature_number, kind, value, modes, weekdays, from_hour, to_hour, valid_from, valid_until, way_id, geom
)
SELECT
    :version, feature_number, kind, value, string_to_array(modes, ','), weekdays, from_hour, to_hour, valid_from, valid_until, way_id,
    geom::geometry
FROM staged_conditions;

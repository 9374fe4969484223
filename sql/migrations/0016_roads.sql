-- The road network in force and road conditions: closures, slow zones, speeds of sensors.

CREATE TABLE gcrm.road_network (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    mode             text NOT NULL CHECK (mode IN ('car', 'bicycle', 'foot')),
    edges            int NOT NULL CHECK (edges >= 0),
    connected_edges  int NOT NULL CHECK (connected_edges BETWEEN 0 AND edges),
    length_km        double precision NOT NULL CHECK (length_km >= 0),
    PRIMARY KEY (layer_version_id, mode)
);
COMMENT ON TABLE gcrm.road_network IS
    'One row per mode: what it may use of the road network in force, whose files lie in the data folder. Source: derived by gcrm load osm from all extracts.';
COMMENT ON COLUMN gcrm.road_network.layer_version_id IS 'Version of the layer; its parameters name the network, its checksum and its extracts.';
COMMENT ON COLUMN gcrm.road_network.mode IS 'Mode of travel: car, bicycle or foot.';
COMMENT ON COLUMN gcrm.road_network.edges IS 'Directed edges that the mode may use (count).';
COMMENT ON COLUMN gcrm.road_network.connected_edges IS 'Those of them that one gets to and away from (count); places are brought to these only.';
COMMENT ON COLUMN gcrm.road_network.length_km IS 'Length of the edges, kilometres; a road for both directions counts twice.';

CREATE TABLE gcrm.road_conditions (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    feature_number   bigint NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('closure', 'speed_factor', 'speed_kmh')),
    value            real CHECK (value > 0),
    modes            text[] NOT NULL CHECK (modes <@ ARRAY['car', 'bicycle', 'foot'] AND cardinality(modes) > 0),
    weekdays         text NOT NULL CHECK (weekdays IN ('all', 'workdays', 'weekend')),
    from_hour        real NOT NULL CHECK (from_hour BETWEEN 0 AND 24),
    to_hour          real NOT NULL CHECK (to_hour BETWEEN 0 AND 24),
    valid_from       date,
    valid_until      date CHECK (valid_until >= valid_from),
    way_id           bigint,
    geom             geometry(Geometry, 4326),
    PRIMARY KEY (layer_version_id, feature_number),
    CHECK ((value IS NULL) = (kind = 'closure')),
    CHECK (way_id IS NOT NULL OR geom IS NOT NULL)
);
COMMENT ON TABLE gcrm.road_conditions IS 'One row per closure or slow zone. Source: gcrm load conditions.';
COMMENT ON COLUMN gcrm.road_conditions.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.road_conditions.feature_number IS 'Number of the feature in the file; the first is 1.';
COMMENT ON COLUMN gcrm.road_conditions.kind IS 'closure, speed_factor (the speed is multiplied) or speed_kmh (the speed is this).';
COMMENT ON COLUMN gcrm.road_conditions.value IS 'Of a speed_factor the factor (no unit), of a speed_kmh kilometres per hour; empty for a closure.';
COMMENT ON COLUMN gcrm.road_conditions.modes IS 'Modes of travel that it holds for: car, bicycle, foot; speeds for cars only.';
COMMENT ON COLUMN gcrm.road_conditions.weekdays IS 'all, workdays (Monday to Friday) or weekend.';
COMMENT ON COLUMN gcrm.road_conditions.from_hour IS 'Hour of the day from which it holds, in the place''s own time, 0 to 24; half past seven is 7.5.';
COMMENT ON COLUMN gcrm.road_conditions.to_hour IS 'Hour of the day until which it holds, 0 to 24; before from_hour where it holds over midnight.';
COMMENT ON COLUMN gcrm.road_conditions.valid_from IS 'First day; empty where it holds since ever.';
COMMENT ON COLUMN gcrm.road_conditions.valid_until IS 'Last day; empty where no end is known.';
COMMENT ON COLUMN gcrm.road_conditions.way_id IS 'OSM way that it holds on; empty where the geometry says where.';
COMMENT ON COLUMN gcrm.road_conditions.geom IS 'Polygon or line, EPSG:4326; empty where an OSM way says where.';

CREATE TABLE gcrm.speed_sensors (
    layer_version_id   int NOT NULL REFERENCES gcrm.layer_versions,
    sensor_key         text NOT NULL,
    position           geometry(Point, 4326) NOT NULL,
    free_kmh           real NOT NULL CHECK (free_kmh > 0),
    readings           int NOT NULL CHECK (readings > 0),
    missing            int NOT NULL CHECK (missing >= 0),
    held_out_error_kmh real CHECK (held_out_error_kmh >= 0),
    PRIMARY KEY (layer_version_id, sensor_key)
);
COMMENT ON TABLE gcrm.speed_sensors IS 'One row per road sensor that measured a speed. Source: gcrm load speeds.';
COMMENT ON COLUMN gcrm.speed_sensors.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.speed_sensors.sensor_key IS 'Key of the sensor in the file.';
COMMENT ON COLUMN gcrm.speed_sensors.position IS 'Where it stands, EPSG:4326.';
COMMENT ON COLUMN gcrm.speed_sensors.free_kmh IS 'Speed of free traffic, kilometres per hour: the 85th percentile of its readings.';
COMMENT ON COLUMN gcrm.speed_sensors.readings IS 'Readings that count.';
COMMENT ON COLUMN gcrm.speed_sensors.missing IS 'Readings that are missing: empty, or zero, which is an outage (count).';

COMMENT ON COLUMN gcrm.speed_sensors.held_out_error_kmh IS
    'Mean absolute error of its speeds as told by the sensors around it, kilometres per hour; empty where none is within 2 km.';

CREATE TABLE gcrm.sensor_speeds (
    layer_version_id int NOT NULL,
    sensor_key       text NOT NULL,
    weekday          smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    speed_kmh        real NOT NULL CHECK (speed_kmh > 0),
    readings         int NOT NULL CHECK (readings > 0),
    PRIMARY KEY (layer_version_id, sensor_key, weekday, hour),
    FOREIGN KEY (layer_version_id, sensor_key) REFERENCES gcrm.speed_sensors ON DELETE CASCADE
);
COMMENT ON TABLE gcrm.sensor_speeds IS 'One row per sensor, weekday and hour with a reading; no reading, no row. All are measured. Source: gcrm load speeds.';
COMMENT ON COLUMN gcrm.sensor_speeds.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.sensor_speeds.sensor_key IS 'The sensor.';
COMMENT ON COLUMN gcrm.sensor_speeds.weekday IS 'ISO weekday, Monday is 1.';
COMMENT ON COLUMN gcrm.sensor_speeds.hour IS 'Hour of the day in the place''s own time, 0 to 23.';
COMMENT ON COLUMN gcrm.sensor_speeds.speed_kmh IS 'Harmonic mean of the readings, kilometres per hour: the speed that takes their mean time.';
COMMENT ON COLUMN gcrm.sensor_speeds.readings IS 'Readings in it (count).';

COMMENT ON TABLE gcrm.layer_findings IS
    'One row per feature of a loaded file that was repaired or refused. Source: gcrm load trade-areas, gcrm load conditions.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.road_network, gcrm.road_conditions, gcrm.speed_sensors, gcrm.sensor_speeds TO gcrm_writer;
GRANT SELECT ON gcrm.road_network, gcrm.road_conditions, gcrm.speed_sensors, gcrm.sensor_speeds TO gcrm_reader;

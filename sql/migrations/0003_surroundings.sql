-- What is around the accounts. A table of a layer holds the features of the versions in force only;
-- gcrm.layer_versions keeps the history.

CREATE TABLE gcrm.roads (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint NOT NULL,
    class            text NOT NULL,
    name             text,
    surface          text,
    oneway           boolean NOT NULL,
    maxspeed_kmh     real CHECK (maxspeed_kmh > 0),
    length_m         double precision NOT NULL CHECK (length_m >= 0),
    geom             geometry(LineString, 4326) NOT NULL
);
-- Usage: the roads of a basemap window and near a point.
CREATE INDEX roads_geom ON gcrm.roads USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX roads_version ON gcrm.roads (layer_version_id);
COMMENT ON TABLE gcrm.roads IS 'One row per street segment of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.roads.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.roads.osm_id IS 'OSM way.';
COMMENT ON COLUMN gcrm.roads.class IS 'OSM highway value.';
COMMENT ON COLUMN gcrm.roads.name IS 'Street name.';
COMMENT ON COLUMN gcrm.roads.surface IS 'OSM surface value; empty where it is not tagged.';
COMMENT ON COLUMN gcrm.roads.oneway IS 'True where traffic goes along the geometry only.';
COMMENT ON COLUMN gcrm.roads.maxspeed_kmh IS 'Tagged speed limit, kilometres per hour; empty where it is not tagged.';
COMMENT ON COLUMN gcrm.roads.length_m IS 'Length on the spheroid, metres.';
COMMENT ON COLUMN gcrm.roads.geom IS 'Centre line, EPSG:4326.';

CREATE TABLE gcrm.buildings (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint NOT NULL,
    type             text NOT NULL,
    residence_type   text,
    levels           real CHECK (levels >= 0),
    height_m         real CHECK (height_m >= 0),
    name             text,
    footprint_m2     double precision NOT NULL CHECK (footprint_m2 >= 0),
    geom             geometry(MultiPolygon, 4326) NOT NULL
);
-- Usage: the buildings of a basemap window and around a point.
CREATE INDEX buildings_geom ON gcrm.buildings USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX buildings_version ON gcrm.buildings (layer_version_id);
COMMENT ON TABLE gcrm.buildings IS 'One row per building footprint of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.buildings.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.buildings.osm_id IS 'OSM way or relation.';
COMMENT ON COLUMN gcrm.buildings.type IS 'OSM building value; yes where only the footprint is known.';
COMMENT ON COLUMN gcrm.buildings.residence_type IS 'detached, terraced, flats, other_residence or non_residential, from type; empty where the type does not tell.';
COMMENT ON COLUMN gcrm.buildings.levels IS 'Storeys above ground (count); empty where they are not tagged.';
COMMENT ON COLUMN gcrm.buildings.height_m IS 'Height, metres; empty where it is not tagged.';
COMMENT ON COLUMN gcrm.buildings.name IS 'Name.';
COMMENT ON COLUMN gcrm.buildings.footprint_m2 IS 'Area of the footprint on the spheroid, square metres.';
COMMENT ON COLUMN gcrm.buildings.geom IS 'Footprint, EPSG:4326.';

CREATE TABLE gcrm.address_points (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint NOT NULL,
    street           text NOT NULL,
    house_number     text NOT NULL,
    postcode         text,
    city             text,
    country_code     char(2),
    geom             geometry(Point, 4326) NOT NULL
);
-- Usage: addresses near a point (reverse geocoding).
CREATE INDEX address_points_geom ON gcrm.address_points USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX address_points_version ON gcrm.address_points (layer_version_id);
COMMENT ON TABLE gcrm.address_points IS 'One row per tagged address of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.address_points.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.address_points.osm_id IS 'OSM node, way or relation.';
COMMENT ON COLUMN gcrm.address_points.street IS 'Street, or the place where the address has no street.';
COMMENT ON COLUMN gcrm.address_points.house_number IS 'House number as tagged.';
COMMENT ON COLUMN gcrm.address_points.postcode IS 'Postcode.';
COMMENT ON COLUMN gcrm.address_points.city IS 'City or place.';
COMMENT ON COLUMN gcrm.address_points.country_code IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN gcrm.address_points.geom IS 'The node, or a point inside the building, EPSG:4326.';

CREATE TABLE gcrm.shops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint NOT NULL,
    type             text NOT NULL,
    name             text,
    geom             geometry(Point, 4326) NOT NULL
);
-- Usage: shops near a point.
CREATE INDEX shops_geom ON gcrm.shops USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX shops_version ON gcrm.shops (layer_version_id);
COMMENT ON TABLE gcrm.shops IS 'One row per shop of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.shops.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.shops.osm_id IS 'OSM node, way or relation.';
COMMENT ON COLUMN gcrm.shops.type IS 'OSM shop value.';
COMMENT ON COLUMN gcrm.shops.name IS 'Name.';
COMMENT ON COLUMN gcrm.shops.geom IS 'The node, or a point inside the shop, EPSG:4326.';

CREATE TABLE gcrm.land_cover (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint,
    kind             text NOT NULL CHECK (kind IN ('water', 'green')),
    name             text,
    geom             geometry(MultiPolygon, 4326) NOT NULL
);
-- Usage: the basemap of a window.
CREATE INDEX land_cover_geom ON gcrm.land_cover USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX land_cover_version ON gcrm.land_cover (layer_version_id);
COMMENT ON TABLE gcrm.land_cover IS 'One row per area of water or green of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.land_cover.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.land_cover.osm_id IS 'OSM way or relation; empty for sea, which is built from the coastline.';
COMMENT ON COLUMN gcrm.land_cover.kind IS 'water or green.';
COMMENT ON COLUMN gcrm.land_cover.name IS 'Name.';
COMMENT ON COLUMN gcrm.land_cover.geom IS 'Area, EPSG:4326.';

CREATE TABLE gcrm.districts (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    osm_id           bigint NOT NULL,
    name             text NOT NULL,
    admin_level      smallint NOT NULL,
    geom             geometry(MultiPolygon, 4326) NOT NULL
);
-- Usage: which district covers a point (enrich).
CREATE INDEX districts_geom ON gcrm.districts USING gist (geom);
-- Usage: replacing a version.
CREATE INDEX districts_version ON gcrm.districts (layer_version_id);
COMMENT ON TABLE gcrm.districts IS 'One row per administrative area of an OSM extract. Source: gcrm load osm.';
COMMENT ON COLUMN gcrm.districts.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.districts.osm_id IS 'OSM relation or way.';
COMMENT ON COLUMN gcrm.districts.name IS 'Name.';
COMMENT ON COLUMN gcrm.districts.admin_level IS 'OSM admin_level, 8 to 11: the larger the number, the smaller the area (no unit).';
COMMENT ON COLUMN gcrm.districts.geom IS 'Area, EPSG:4326.';

CREATE TABLE gcrm.footfall (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    weekday          smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    people_per_hour  real NOT NULL CHECK (people_per_hour >= 0),
    PRIMARY KEY (layer_version_id, cell, weekday, hour)
);
COMMENT ON TABLE gcrm.footfall IS 'One row per cell, weekday and hour: the floating population. Source: gcrm load footfall.';
COMMENT ON COLUMN gcrm.footfall.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.footfall.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.footfall.weekday IS 'ISO weekday, Monday is 1.';
COMMENT ON COLUMN gcrm.footfall.hour IS 'Hour of the day in the place''s own time, 0 to 23.';
COMMENT ON COLUMN gcrm.footfall.people_per_hour IS 'People per hour.';

CREATE TABLE gcrm.tracks (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    track_key        text NOT NULL,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL,
    geom             geometry(LineStringM, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, track_key)
);
COMMENT ON TABLE gcrm.tracks IS 'One row per recorded route of movement; only the writer may read it, pages see gcrm.movement. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.tracks.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.tracks.track_key IS 'Key in the file.';
COMMENT ON COLUMN gcrm.tracks.started_at IS 'Time of the first position.';
COMMENT ON COLUMN gcrm.tracks.ended_at IS 'Time of the last position.';
COMMENT ON COLUMN gcrm.tracks.geom IS 'Positions, EPSG:4326, M is the time in seconds since 1970-01-01 UTC.';

CREATE TABLE gcrm.movement (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    origin_cell      bigint NOT NULL,
    destination_cell bigint NOT NULL,
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    trips            int NOT NULL CHECK (trips > 0),
    PRIMARY KEY (layer_version_id, origin_cell, destination_cell, hour)
);
COMMENT ON TABLE gcrm.movement IS 'One row per origin cell, destination cell and hour. Source: derived from gcrm.tracks when they are loaded.';
COMMENT ON COLUMN gcrm.movement.layer_version_id IS 'Version of the tracks it is derived from.';
COMMENT ON COLUMN gcrm.movement.origin_cell IS 'H3 cell of level 8 of the first position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.destination_cell IS 'H3 cell of level 8 of the last position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.hour IS 'Hour of the start in UTC, 0 to 23.';
COMMENT ON COLUMN gcrm.movement.trips IS 'Trips (count).';

CREATE TABLE gcrm.account_surroundings (
    account_id          bigint PRIMARY KEY REFERENCES gcrm.accounts ON DELETE CASCADE,
    district            text,
    road_class          text,
    road_name           text,
    road_distance_m     real CHECK (road_distance_m >= 0),
    building_type       text,
    residence_type      text,
    building_distance_m real CHECK (building_distance_m >= 0),
    footfall_per_hour   real CHECK (footfall_per_hour >= 0),
    layer_version_ids   int[] NOT NULL,
    enriched_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.account_surroundings IS 'One row per account that has a position: what is around it. Source: derived by gcrm enrich.';
COMMENT ON COLUMN gcrm.account_surroundings.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_surroundings.district IS 'The smallest administrative area that covers it; where the extract has none, postcode and city of the nearest address.';
COMMENT ON COLUMN gcrm.account_surroundings.road_class IS 'Class of the nearest street, OSM highway value; pavements, paths and driveways do not count.';
COMMENT ON COLUMN gcrm.account_surroundings.road_name IS 'Name of that street.';
COMMENT ON COLUMN gcrm.account_surroundings.road_distance_m IS 'Distance to that street, metres.';
COMMENT ON COLUMN gcrm.account_surroundings.building_type IS 'OSM type of the building it is in, or else the nearest within 50 m.';
COMMENT ON COLUMN gcrm.account_surroundings.residence_type IS 'Residence type of that building; where its own tags do not tell, of the most frequent residential building within 150 m.';
COMMENT ON COLUMN gcrm.account_surroundings.building_distance_m IS 'Distance to that building, metres; 0 inside.';
COMMENT ON COLUMN gcrm.account_surroundings.footfall_per_hour IS 'Mean of people per hour over the week in its H3 cell of level 10; empty where nothing was measured.';
COMMENT ON COLUMN gcrm.account_surroundings.layer_version_ids IS 'The versions of the layers it was derived from.';
COMMENT ON COLUMN gcrm.account_surroundings.enriched_at IS 'When it was derived.';

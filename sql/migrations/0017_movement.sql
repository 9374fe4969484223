-- The floating population out of counters, grids and models. Routes of movement as trips, stops and flows, out of recorded tracks, timetables, and
-- tables of origins and destinations. What stands for fewer people than the smallest count is kept for the writer and withheld from the reader.

-- Footfall: by age where the source tells, whole days where it tells no hour, measured or modelled.
ALTER TABLE gcrm.footfall DROP CONSTRAINT footfall_pkey;
ALTER TABLE gcrm.footfall
    ALTER COLUMN hour DROP NOT NULL,
    ADD COLUMN age_group text,
    ADD COLUMN quality   text NOT NULL DEFAULT 'measured' CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    ADD COLUMN days      int CHECK (days > 0),
    ADD COLUMN first_day date,
    ADD COLUMN last_day  date,
    ADD COLUMN withheld  boolean NOT NULL DEFAULT false;
-- Usage: the footfall of a cell; one figure a cell, weekday, hour and age group.
CREATE UNIQUE INDEX footfall_once ON gcrm.footfall (layer_version_id, cell, weekday, hour, age_group) NULLS NOT DISTINCT;
COMMENT ON COLUMN gcrm.footfall.hour IS 'Hour of the day in the place''s own time, 0 to 23; empty for the whole day, where only days were counted.';
COMMENT ON COLUMN gcrm.footfall.people_per_hour IS 'People per hour; of a whole day the mean of its 24 hours.';
COMMENT ON COLUMN gcrm.footfall.age_group IS 'Age group as the source names it; empty for all ages together.';
COMMENT ON COLUMN gcrm.footfall.quality IS 'measured, interpolated or modelled; a cell that has no row is missing, not zero.';
COMMENT ON COLUMN gcrm.footfall.days IS 'Days behind the mean (count); of a modelled one empty, as where the source does not tell.';
COMMENT ON COLUMN gcrm.footfall.first_day IS 'First day behind the mean; empty where the source does not tell.';
COMMENT ON COLUMN gcrm.footfall.last_day IS 'Last day behind the mean; empty where the source does not tell.';
COMMENT ON COLUMN gcrm.footfall.withheld IS 'True where the figure stands for fewer people than the smallest count, or would give such a one away; the reader does not see the row.';

CREATE TABLE gcrm.stations (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    station          text NOT NULL,
    valid_from       date,
    valid_to         date,
    name             text,
    moved_m          real NOT NULL CHECK (moved_m >= 0),
    cell             bigint NOT NULL,
    geom             geometry(Point, 4326) NOT NULL
);
-- Usage: where a station was at a time.
CREATE UNIQUE INDEX stations_once ON gcrm.stations (layer_version_id, station, valid_from) NULLS NOT DISTINCT;
COMMENT ON TABLE gcrm.stations IS 'One row per counting station and stay at a place: one that was moved or taken away has several. Source: gcrm load footfall --stations.';
COMMENT ON COLUMN gcrm.stations.layer_version_id IS 'Version of the layer footfall.';
COMMENT ON COLUMN gcrm.stations.station IS 'Key of the station in the counts.';
COMMENT ON COLUMN gcrm.stations.valid_from IS 'First day at this position; empty where it is not bounded.';
COMMENT ON COLUMN gcrm.stations.valid_to IS 'First day at which it is not there any more; empty where it is not bounded.';
COMMENT ON COLUMN gcrm.stations.name IS 'Name.';
COMMENT ON COLUMN gcrm.stations.moved_m IS 'Distance to the position before, metres; 0 for the first.';
COMMENT ON COLUMN gcrm.stations.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.stations.geom IS 'Position; the middle of its parts where several count together, EPSG:4326.';

CREATE TABLE gcrm.station_days (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    station          text NOT NULL,
    day              date NOT NULL,
    people           double precision CHECK (people >= 0),
    state            text NOT NULL CHECK (state IN ('measured', 'gap', 'outage_suspected', 'holiday')),
    reason           text,
    PRIMARY KEY (layer_version_id, station, day)
);
COMMENT ON TABLE gcrm.station_days IS 'One row per station and day from its first to its last count; only measured days are behind gcrm.footfall. Source: gcrm load footfall --stations.';
COMMENT ON COLUMN gcrm.station_days.layer_version_id IS 'Version of the layer footfall.';
COMMENT ON COLUMN gcrm.station_days.station IS 'Key of the station in the counts.';
COMMENT ON COLUMN gcrm.station_days.day IS 'Day in the place''s own time.';
COMMENT ON COLUMN gcrm.station_days.people IS 'People counted on that day (count), as in the file; empty where nothing was.';
COMMENT ON COLUMN gcrm.station_days.state IS 'measured, gap, outage_suspected or holiday.';
COMMENT ON COLUMN gcrm.station_days.reason IS 'Why, where it is not measured.';

CREATE TABLE gcrm.footfall_models (
    layer_version_id     int PRIMARY KEY REFERENCES gcrm.layer_versions,
    power                real NOT NULL CHECK (power >= 0),
    reach_m              real NOT NULL CHECK (reach_m > 0),
    sensors              int NOT NULL CHECK (sensors > 2),
    spacing_m            real NOT NULL CHECK (spacing_m > 0),
    median_error_share   real NOT NULL CHECK (median_error_share >= 0),
    error_factor         real NOT NULL CHECK (error_factor >= 1),
    baseline_error_share real NOT NULL CHECK (baseline_error_share >= 0),
    baseline_factor      real NOT NULL CHECK (baseline_factor >= 1)
);
COMMENT ON TABLE gcrm.footfall_models IS 'One row per version of footfall with modelled cells: how they were modelled, and how wrong that is where it can be checked. Source: gcrm load footfall --model.';
COMMENT ON COLUMN gcrm.footfall_models.layer_version_id IS 'Version of the layer footfall.';
COMMENT ON COLUMN gcrm.footfall_models.power IS 'Power of the distance, in straight lines, by which a sensor loses weight (no unit); 0 where distance tells nothing.';
COMMENT ON COLUMN gcrm.footfall_models.reach_m IS 'Cells further from every sensor are left missing, metres.';
COMMENT ON COLUMN gcrm.footfall_models.sensors IS 'Cells with a sensor (count).';
COMMENT ON COLUMN gcrm.footfall_models.spacing_m IS 'Median distance from a sensor to the nearest other one, metres: the error holds at that distance.';
COMMENT ON COLUMN gcrm.footfall_models.median_error_share IS 'Median of |modelled - measured| / measured, each sensor left out in turn (share).';
COMMENT ON COLUMN gcrm.footfall_models.error_factor IS 'Root mean square error of the logarithm, as a factor (no unit).';
COMMENT ON COLUMN gcrm.footfall_models.baseline_error_share IS 'The same median where every cell is given the geometric mean of the other sensors (share).';
COMMENT ON COLUMN gcrm.footfall_models.baseline_factor IS 'The same factor for that mean (no unit).';

-- Tracks: one row per trip.
ALTER TABLE gcrm.tracks DROP CONSTRAINT tracks_pkey;
ALTER TABLE gcrm.tracks
    ADD COLUMN trip       int NOT NULL DEFAULT 1 CHECK (trip > 0),
    ADD COLUMN mode       text CHECK (mode IN ('foot', 'bicycle', 'car')),
    ADD COLUMN mode_given boolean NOT NULL DEFAULT false,
    ADD COLUMN timed      boolean NOT NULL DEFAULT true,
    ADD COLUMN length_m   double precision CHECK (length_m >= 0),
    ADD COLUMN contact_id bigint REFERENCES gcrm.contacts ON DELETE CASCADE,
    ADD COLUMN origin_cell bigint,
    ADD COLUMN destination_cell bigint,
    ADD COLUMN zone       text,
    ADD PRIMARY KEY (layer_version_id, track_key, trip);
-- Usage: the tracks of a person, and their end with the person.
CREATE INDEX tracks_contact ON gcrm.tracks (contact_id) WHERE contact_id IS NOT NULL;
COMMENT ON TABLE gcrm.tracks IS 'One row per trip of a recorded route of movement; only the writer may read it, for as many days as GCRM_TRACKS_DAYS says; pages see flows. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.tracks.started_at IS 'Time of the first position of the trip.';
COMMENT ON COLUMN gcrm.tracks.ended_at IS 'Time of the last position of the trip.';
COMMENT ON COLUMN gcrm.tracks.geom IS 'Clean positions, EPSG:4326, M is the time in seconds since 1970-01-01 UTC.';
COMMENT ON COLUMN gcrm.tracks.trip IS 'Number of the trip within the track, from 1.';
COMMENT ON COLUMN gcrm.tracks.mode IS 'foot, bicycle or car.';
COMMENT ON COLUMN gcrm.tracks.mode_given IS 'True where the file or the user named the mode; false where it was guessed by the mean speed.';
COMMENT ON COLUMN gcrm.tracks.timed IS 'False where the file told no times and the clock is assumed.';
COMMENT ON COLUMN gcrm.tracks.length_m IS 'Length along the positions, metres.';
COMMENT ON COLUMN gcrm.tracks.contact_id IS 'The person who moved, where the file tells and the person consents to the purpose movement; empty where nobody is known.';
COMMENT ON COLUMN gcrm.tracks.origin_cell IS 'H3 cell of level 8 of the first position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.tracks.destination_cell IS 'H3 cell of level 8 of the last position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.tracks.zone IS 'Time zone of its hours and nights (IANA).';

CREATE TABLE gcrm.track_stops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    track_key        text NOT NULL,
    contact_id       bigint REFERENCES gcrm.contacts ON DELETE CASCADE,
    timed            boolean NOT NULL,
    arrived_at       timestamptz NOT NULL,
    left_at          timestamptz NOT NULL,
    zone             text NOT NULL,
    cell             bigint NOT NULL,
    geom             geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, track_key, arrived_at)
);
-- Usage: the stops of a person, and their end with the person.
CREATE INDEX track_stops_contact ON gcrm.track_stops (contact_id) WHERE contact_id IS NOT NULL;
COMMENT ON TABLE gcrm.track_stops IS 'One row per stop of a recorded route of movement; only the writer may read it, for as long as the tracks. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.track_stops.layer_version_id IS 'Version of the layer tracks.';
COMMENT ON COLUMN gcrm.track_stops.track_key IS 'Key in the file.';
COMMENT ON COLUMN gcrm.track_stops.contact_id IS 'As in gcrm.tracks.';
COMMENT ON COLUMN gcrm.track_stops.timed IS 'False where the file told no times and the clock is assumed.';
COMMENT ON COLUMN gcrm.track_stops.arrived_at IS 'Time of its first position.';
COMMENT ON COLUMN gcrm.track_stops.left_at IS 'Time of its last position.';
COMMENT ON COLUMN gcrm.track_stops.zone IS 'As in gcrm.tracks.';
COMMENT ON COLUMN gcrm.track_stops.cell IS 'H3 cell of level 8, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.track_stops.geom IS 'Mean of its positions, EPSG:4326.';

-- Movement: of tracks, of timetables, of tables of origins and destinations.
ALTER TABLE gcrm.movement DROP CONSTRAINT movement_pkey;
ALTER TABLE gcrm.movement
    ALTER COLUMN hour DROP NOT NULL,
    ALTER COLUMN trips TYPE double precision,
    ADD COLUMN counted  text NOT NULL DEFAULT 'tracks' CHECK (counted IN ('tracks', 'people', 'vehicles')),
    ADD COLUMN weekday  smallint CHECK (weekday BETWEEN 1 AND 7),
    ADD COLUMN mode     text,
    ADD COLUMN tracks   int CHECK (tracks > 0),
    ADD COLUMN quality  text NOT NULL DEFAULT 'measured' CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    ADD COLUMN withheld boolean NOT NULL DEFAULT false;
UPDATE gcrm.movement SET withheld = trips < 10;
-- Usage: the flows between two cells; one figure each.
CREATE UNIQUE INDEX movement_once ON gcrm.movement (layer_version_id, origin_cell, destination_cell, weekday, hour, mode) NULLS NOT DISTINCT;
COMMENT ON TABLE gcrm.movement IS
    'One row per origin cell, destination cell, weekday, hour and mode; rows do not overlap. Source: gcrm load tracks | gtfs | origin-destination.';
COMMENT ON COLUMN gcrm.movement.layer_version_id IS 'Version of the layer movement.';
COMMENT ON COLUMN gcrm.movement.origin_cell IS 'H3 cell of level 8 of the origin, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.destination_cell IS 'H3 cell of level 8 of the destination, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.hour IS 'Hour of the start in the place''s own time, 0 to 23; empty where the source tells none.';
COMMENT ON COLUMN gcrm.movement.trips IS 'Trips (count): of tracks all that were recorded, of a timetable those of that day, of a table as it states.';
COMMENT ON COLUMN gcrm.movement.counted IS 'What makes a trip: recorded tracks, people, or scheduled vehicles between two stops.';
COMMENT ON COLUMN gcrm.movement.weekday IS 'ISO weekday, Monday is 1; empty for all days together.';
COMMENT ON COLUMN gcrm.movement.mode IS 'Mode of travel; other is what the source counts beside the modes it names; empty where it tells none.';
COMMENT ON COLUMN gcrm.movement.tracks IS 'Different people behind it, a track of nobody known counting as one (count); empty where it is not of tracks.';
COMMENT ON COLUMN gcrm.movement.quality IS 'measured: its ends are points or cells; interpolated: its ends are zones, and stand in the cell of their middle; modelled.';
COMMENT ON COLUMN gcrm.movement.withheld IS 'True where it stands for fewer people than the smallest count; the reader does not see the row.';

-- Public transport: what the timetable of one week says.
CREATE TABLE gcrm.transit_stops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    stop_key         text NOT NULL,
    name             text,
    cell             bigint NOT NULL,
    geom             geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, stop_key)
);
-- Usage: the nearest stop.
CREATE INDEX transit_stops_geom ON gcrm.transit_stops USING gist (geom);
COMMENT ON TABLE gcrm.transit_stops IS 'One row per stop of public transport. Source: gcrm load gtfs.';
COMMENT ON COLUMN gcrm.transit_stops.layer_version_id IS 'Version of the layer transit.';
COMMENT ON COLUMN gcrm.transit_stops.stop_key IS 'Key in the feed.';
COMMENT ON COLUMN gcrm.transit_stops.name IS 'Name.';
COMMENT ON COLUMN gcrm.transit_stops.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.transit_stops.geom IS 'Position, EPSG:4326.';

CREATE TABLE gcrm.transit_routes (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    route_key        text NOT NULL,
    name             text,
    mode             text NOT NULL,
    geom             geometry(MultiLineString, 4326),
    PRIMARY KEY (layer_version_id, route_key)
);
COMMENT ON TABLE gcrm.transit_routes IS 'One row per route of public transport. Source: gcrm load gtfs.';
COMMENT ON COLUMN gcrm.transit_routes.layer_version_id IS 'Version of the layer transit.';
COMMENT ON COLUMN gcrm.transit_routes.route_key IS 'Key in the feed.';
COMMENT ON COLUMN gcrm.transit_routes.name IS 'Short and long name.';
COMMENT ON COLUMN gcrm.transit_routes.mode IS 'tram, metro, rail, bus, ferry, cable car, funicular, monorail or other.';
COMMENT ON COLUMN gcrm.transit_routes.geom IS 'Shapes of its trips, EPSG:4326; empty where the feed has none.';

CREATE TABLE gcrm.transit_departures (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    route_key        text NOT NULL,
    weekday          smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    trips            int NOT NULL CHECK (trips > 0),
    PRIMARY KEY (layer_version_id, route_key, weekday, hour)
);
COMMENT ON TABLE gcrm.transit_departures IS 'One row per route, weekday and hour in which a vehicle sets out. Source: gcrm load gtfs.';
COMMENT ON COLUMN gcrm.transit_departures.layer_version_id IS 'Version of the layer transit.';
COMMENT ON COLUMN gcrm.transit_departures.route_key IS 'The route.';
COMMENT ON COLUMN gcrm.transit_departures.weekday IS 'ISO weekday, Monday is 1.';
COMMENT ON COLUMN gcrm.transit_departures.hour IS 'Hour of the day in the place''s own time, 0 to 23.';
COMMENT ON COLUMN gcrm.transit_departures.trips IS 'Scheduled vehicles that set out, both directions together (count).';

CREATE TABLE gcrm.transit_edges (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    from_stop        text NOT NULL,
    to_stop          text NOT NULL,
    mode             text NOT NULL,
    weekday          smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    trips            int NOT NULL CHECK (trips > 0),
    minutes          real NOT NULL CHECK (minutes >= 0),
    PRIMARY KEY (layer_version_id, from_stop, to_stop, mode, weekday, hour)
);
COMMENT ON TABLE gcrm.transit_edges IS 'One row per pair of stops that a vehicle goes between without another stop, mode, weekday and hour. Source: gcrm load gtfs.';
COMMENT ON COLUMN gcrm.transit_edges.layer_version_id IS 'Version of the layer transit.';
COMMENT ON COLUMN gcrm.transit_edges.from_stop IS 'Key of the stop it leaves.';
COMMENT ON COLUMN gcrm.transit_edges.to_stop IS 'Key of the next stop.';
COMMENT ON COLUMN gcrm.transit_edges.mode IS 'As in gcrm.transit_routes.';
COMMENT ON COLUMN gcrm.transit_edges.weekday IS 'ISO weekday, Monday is 1.';
COMMENT ON COLUMN gcrm.transit_edges.hour IS 'Hour of leaving in the place''s own time, 0 to 23.';
COMMENT ON COLUMN gcrm.transit_edges.trips IS 'Scheduled vehicles (count).';
COMMENT ON COLUMN gcrm.transit_edges.minutes IS 'Mean time from leaving one to reaching the other, minutes.';

CREATE TABLE gcrm.cell_stops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    stops            int NOT NULL CHECK (stops > 0),
    dwell_minutes    real NOT NULL CHECK (dwell_minutes >= 0),
    tracks           int NOT NULL CHECK (tracks > 0),
    quality          text NOT NULL DEFAULT 'measured' CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    withheld         boolean NOT NULL,
    PRIMARY KEY (layer_version_id, cell, hour)
);
COMMENT ON TABLE gcrm.cell_stops IS 'One row per cell and hour of arrival: where people stay, and how long. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.cell_stops.layer_version_id IS 'Version of the layer movement.';
COMMENT ON COLUMN gcrm.cell_stops.cell IS 'H3 cell of level 8, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_stops.hour IS 'Hour of the arrival in the place''s own time, 0 to 23.';
COMMENT ON COLUMN gcrm.cell_stops.stops IS 'Stops (count).';
COMMENT ON COLUMN gcrm.cell_stops.dwell_minutes IS 'Mean time from arrival to leaving, minutes.';
COMMENT ON COLUMN gcrm.cell_stops.tracks IS 'Different people behind it, a track of nobody known counting as one (count).';
COMMENT ON COLUMN gcrm.cell_stops.quality IS 'measured, interpolated or modelled.';
COMMENT ON COLUMN gcrm.cell_stops.withheld IS 'True where it stands for fewer people than the smallest count; the reader does not see the row.';

-- Per customer, and only while the consent for this purpose holds.
CREATE FUNCTION gcrm.consents_to(person bigint, wanted text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce((
            SELECT given FROM gcrm.consents
            WHERE contact_id = person AND purpose = wanted AND recorded_at <= now()
            ORDER BY recorded_at DESC, given, consent_id DESC LIMIT 1
        ), false);
    END;
COMMENT ON FUNCTION gcrm.consents_to(bigint, text) IS 'Whether the last word of a contact on a purpose, over any channel, is a consent.';

CREATE TABLE gcrm.contact_ranges (
    contact_id  bigint PRIMARY KEY REFERENCES gcrm.contacts ON DELETE CASCADE,
    home_cell   bigint,
    nights      int NOT NULL CHECK (nights >= 0),
    positions   int NOT NULL CHECK (positions > 0),
    range_km2   double precision NOT NULL CHECK (range_km2 >= 0),
    geom        geometry(Geometry, 4326) NOT NULL,
    derived_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.contact_ranges IS 'One row per contact who consents to the purpose movement and has tracks: home range. Source: gcrm tracks contacts.';
COMMENT ON COLUMN gcrm.contact_ranges.contact_id IS 'The person.';
COMMENT ON COLUMN gcrm.contact_ranges.home_cell IS 'H3 cell of level 8 of most nights, as a signed 64-bit integer; empty where none was recorded.';
COMMENT ON COLUMN gcrm.contact_ranges.nights IS 'Nights in that cell: stops that cover 3 o''clock of the place''s own time (count).';
COMMENT ON COLUMN gcrm.contact_ranges.positions IS 'Positions behind the range (count).';
COMMENT ON COLUMN gcrm.contact_ranges.range_km2 IS 'Area of geom on the ellipsoid, square kilometres.';
COMMENT ON COLUMN gcrm.contact_ranges.geom IS 'Smallest convex polygon around the 95 % of the positions next to their middle, EPSG:4326; a line where they are in one.';
COMMENT ON COLUMN gcrm.contact_ranges.derived_at IS 'When it was derived.';

CREATE TABLE gcrm.contact_routes (
    contact_id       bigint NOT NULL REFERENCES gcrm.contacts ON DELETE CASCADE,
    origin_cell      bigint NOT NULL,
    destination_cell bigint NOT NULL,
    trips            int NOT NULL CHECK (trips > 0),
    days             int NOT NULL CHECK (days > 0),
    usual_hour       smallint NOT NULL CHECK (usual_hour BETWEEN 0 AND 23),
    PRIMARY KEY (contact_id, origin_cell, destination_cell)
);
COMMENT ON TABLE gcrm.contact_routes IS 'One row per usual route of a contact who consents to the purpose movement: taken on three days or more. Source: gcrm tracks contacts.';
COMMENT ON COLUMN gcrm.contact_routes.contact_id IS 'The person.';
COMMENT ON COLUMN gcrm.contact_routes.origin_cell IS 'H3 cell of level 8, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.contact_routes.destination_cell IS 'H3 cell of level 8, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.contact_routes.trips IS 'Trips (count).';
COMMENT ON COLUMN gcrm.contact_routes.days IS 'Different days (count).';
COMMENT ON COLUMN gcrm.contact_routes.usual_hour IS 'Most frequent hour of the start in the place''s own time, 0 to 23.';

CREATE TABLE gcrm.contact_sites (
    contact_id bigint NOT NULL REFERENCES gcrm.contacts ON DELETE CASCADE,
    site_key   text NOT NULL,
    trips      int NOT NULL CHECK (trips > 0),
    distance_m real NOT NULL CHECK (distance_m >= 0),
    PRIMARY KEY (contact_id, site_key)
);
COMMENT ON TABLE gcrm.contact_sites IS 'One row per contact who consents to the purpose movement and site that the contact passes. Source: gcrm tracks contacts --sites.';
COMMENT ON COLUMN gcrm.contact_sites.contact_id IS 'The person.';
COMMENT ON COLUMN gcrm.contact_sites.site_key IS 'Key of the site in the file of sites.';
COMMENT ON COLUMN gcrm.contact_sites.trips IS 'Trips that pass it (count).';
COMMENT ON COLUMN gcrm.contact_sites.distance_m IS 'Smallest distance between a trip and the site, metres.';

COMMENT ON COLUMN gcrm.layer_versions.layer IS 'What it holds, such as roads, buildings, footfall, transit, movement or trade_areas.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.track_stops, gcrm.cell_stops, gcrm.transit_stops, gcrm.transit_routes, gcrm.transit_departures, gcrm.transit_edges,
    gcrm.stations, gcrm.station_days, gcrm.footfall_models, gcrm.contact_ranges, gcrm.contact_routes, gcrm.contact_sites TO gcrm_writer;
GRANT SELECT ON gcrm.cell_stops, gcrm.transit_stops, gcrm.transit_routes, gcrm.transit_departures, gcrm.transit_edges,
    gcrm.stations, gcrm.footfall_models, gcrm.contact_ranges, gcrm.contact_routes, gcrm.contact_sites TO gcrm_reader;
-- The count of a single day may be of very few people.
GRANT SELECT (layer_version_id, station, day, state, reason) ON gcrm.station_days TO gcrm_reader;

DO $$
DECLARE
    flow text;
BEGIN
    -- Of tracks there is no policy for readers, who have no right to them either.
    FOREACH flow IN ARRAY ARRAY['tracks', 'track_stops'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', flow);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', flow);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', flow);
    END LOOP;
    FOREACH flow IN ARRAY ARRAY['footfall', 'movement', 'cell_stops'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', flow);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', flow);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', flow);
        EXECUTE format('CREATE POLICY shown ON gcrm.%I FOR SELECT TO gcrm_reader USING (NOT withheld)', flow);
    END LOOP;
    -- Of a contact in the scope, and only while the consent holds: a withdrawal hides the row at once.
    FOREACH flow IN ARRAY ARRAY['contact_ranges', 'contact_routes', 'contact_sites'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', flow);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', flow);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', flow);
        EXECUTE format(
            'CREATE POLICY consented ON gcrm.%I FOR SELECT TO gcrm_reader '
            'USING (contact_id IN (SELECT contact_id FROM gcrm.contacts) AND gcrm.consents_to(contact_id, ''movement''))', flow);
    END LOOP;
END $$;

-- Routes of movement as trips, stops and flows. What stands for fewer people than the smallest count is kept for the writer and
-- withheld from the reader.

-- Tracks: one row per trip.
ALTER TABLE gcrm.tracks DROP CONSTRAINT tracks_pkey;
ALTER TABLE gcrm.tracks
    ADD COLUMN trip       int NOT NULL DEFAULT 1 CHECK (trip > 0),
    ADD COLUMN mode       text CHECK (mode IN ('foot', 'bicycle', 'car')),
    ADD COLUMN mode_given boolean NOT NULL DEFAULT false,
    ADD COLUMN timed      boolean NOT NULL DEFAULT true,
    ADD COLUMN length_m   double precision CHECK (length_m >= 0),
    ADD PRIMARY KEY (layer_version_id, track_key, trip);
COMMENT ON TABLE gcrm.tracks IS 'One row per trip of a recorded route of movement; only the writer may read it, for as many days as GCRM_TRACKS_DAYS says; pages see flows. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.tracks.started_at IS 'Time of the first position of the trip.';
COMMENT ON COLUMN gcrm.tracks.ended_at IS 'Time of the last position of the trip.';
COMMENT ON COLUMN gcrm.tracks.geom IS 'Clean positions, EPSG:4326, M is the time in seconds since 1970-01-01 UTC.';
COMMENT ON COLUMN gcrm.tracks.trip IS 'Number of the trip within the track, from 1.';
COMMENT ON COLUMN gcrm.tracks.mode IS 'foot, bicycle or car.';
COMMENT ON COLUMN gcrm.tracks.mode_given IS 'True where the file or the user named the mode; false where it was guessed by the mean speed.';
COMMENT ON COLUMN gcrm.tracks.timed IS 'False where the file told no times and the clock is assumed.';
COMMENT ON COLUMN gcrm.tracks.length_m IS 'Length along the positions, metres.';

CREATE TABLE gcrm.track_stops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    track_key        text NOT NULL,
    timed            boolean NOT NULL,
    arrived_at       timestamptz NOT NULL,
    left_at          timestamptz NOT NULL,
    geom             geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, track_key, arrived_at)
);
COMMENT ON TABLE gcrm.track_stops IS 'One row per stop of a recorded route of movement; only the writer may read it, for as long as the tracks. Source: gcrm load tracks.';
COMMENT ON COLUMN gcrm.track_stops.layer_version_id IS 'Version of the layer tracks.';
COMMENT ON COLUMN gcrm.track_stops.track_key IS 'Key in the file.';
COMMENT ON COLUMN gcrm.track_stops.timed IS 'False where the file told no times and the clock is assumed.';
COMMENT ON COLUMN gcrm.track_stops.arrived_at IS 'Time of its first position.';
COMMENT ON COLUMN gcrm.track_stops.left_at IS 'Time of its last position.';
COMMENT ON COLUMN gcrm.track_stops.geom IS 'Mean of its positions, EPSG:4326.';

-- Movement: hours of the place, and what is withheld.
ALTER TABLE gcrm.movement DROP CONSTRAINT movement_pkey;
ALTER TABLE gcrm.movement
    ALTER COLUMN hour DROP NOT NULL,
    ADD COLUMN tracks   int CHECK (tracks > 0),
    ADD COLUMN withheld boolean NOT NULL DEFAULT false;
UPDATE gcrm.movement SET withheld = trips < 10;
-- Usage: the flows between two cells; one figure an hour.
CREATE UNIQUE INDEX movement_once ON gcrm.movement (layer_version_id, origin_cell, destination_cell, hour) NULLS NOT DISTINCT;
COMMENT ON TABLE gcrm.movement IS 'One row per origin cell, destination cell and hour. Source: derived from tracks by gcrm load tracks.';
COMMENT ON COLUMN gcrm.movement.layer_version_id IS 'Version of the layer movement.';
COMMENT ON COLUMN gcrm.movement.origin_cell IS 'H3 cell of level 8 of the origin, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.destination_cell IS 'H3 cell of level 8 of the destination, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.movement.hour IS 'Hour of the start in the place''s own time, 0 to 23; empty where the source tells none.';
COMMENT ON COLUMN gcrm.movement.trips IS 'Trips (count).';
COMMENT ON COLUMN gcrm.movement.tracks IS 'Different people behind it, a track of nobody known counting as one (count).';
COMMENT ON COLUMN gcrm.movement.withheld IS 'True where it stands for fewer people than the smallest count; the reader does not see the row.';

CREATE TABLE gcrm.cell_stops (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    hour             smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    stops            int NOT NULL CHECK (stops > 0),
    dwell_minutes    real NOT NULL CHECK (dwell_minutes >= 0),
    tracks           int NOT NULL CHECK (tracks > 0),
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
COMMENT ON COLUMN gcrm.cell_stops.withheld IS 'True where it stands for fewer people than the smallest count; the reader does not see the row.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.track_stops, gcrm.cell_stops TO gcrm_writer;
GRANT SELECT ON gcrm.cell_stops TO gcrm_reader;

DO $$
DECLARE
    flow text;
BEGIN
    FOREACH flow IN ARRAY ARRAY['movement', 'cell_stops'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', flow);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', flow);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', flow);
        EXECUTE format('CREATE POLICY shown ON gcrm.%I FOR SELECT TO gcrm_reader USING (NOT withheld)', flow);
    END LOOP;
END $$;

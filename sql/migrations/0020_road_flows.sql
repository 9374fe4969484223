-- Routes of movement on the roads: how many trips pass each edge of the road network, by mode and hour.

CREATE TABLE gcrm.road_flow_edges (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    edge             bigint NOT NULL,
    way_id           bigint NOT NULL,
    class            text NOT NULL,
    length_m         real NOT NULL CHECK (length_m >= 0),
    withheld         boolean NOT NULL,
    geom             geometry(LineString, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, edge)
);
-- Usage: the flows that pass by a place.
CREATE INDEX road_flow_edges_geom ON gcrm.road_flow_edges USING gist (geom);
COMMENT ON TABLE gcrm.road_flow_edges IS 'One row per directed edge of the road network that a recorded trip passed. Source: gcrm tracks match.';
COMMENT ON COLUMN gcrm.road_flow_edges.layer_version_id IS 'Version of the layer road_flows; its derived_with names the versions of the tracks and of the road network.';
COMMENT ON COLUMN gcrm.road_flow_edges.edge IS 'Key of the edge in that version of the road network.';
COMMENT ON COLUMN gcrm.road_flow_edges.way_id IS 'OSM way.';
COMMENT ON COLUMN gcrm.road_flow_edges.class IS 'OSM highway value.';
COMMENT ON COLUMN gcrm.road_flow_edges.length_m IS 'Length, metres.';
COMMENT ON COLUMN gcrm.road_flow_edges.withheld IS 'True where every flow on it is withheld; the reader does not see the row.';
COMMENT ON COLUMN gcrm.road_flow_edges.geom IS 'Line in the direction of travel, EPSG:4326.';

CREATE TABLE gcrm.road_flows (
    layer_version_id int NOT NULL,
    edge             bigint NOT NULL,
    mode             text NOT NULL CHECK (mode IN ('foot', 'bicycle', 'car')),
    hour             smallint CHECK (hour BETWEEN 0 AND 23),
    trips            int NOT NULL CHECK (trips > 0),
    tracks           int NOT NULL CHECK (tracks > 0),
    speed_kmh        real CHECK (speed_kmh >= 0),
    quality          text NOT NULL DEFAULT 'measured' CHECK (quality IN ('measured', 'interpolated', 'modelled')),
    withheld         boolean NOT NULL,
    FOREIGN KEY (layer_version_id, edge) REFERENCES gcrm.road_flow_edges ON DELETE CASCADE
);
-- Usage: the flows on an edge; one figure each.
CREATE UNIQUE INDEX road_flows_once ON gcrm.road_flows (layer_version_id, edge, mode, hour) NULLS NOT DISTINCT;
COMMENT ON TABLE gcrm.road_flows IS 'One row per edge, mode and hour: recorded trips that pass it, matched to the roads. Source: gcrm tracks match.';
COMMENT ON COLUMN gcrm.road_flows.layer_version_id IS 'Version of the layer road_flows.';
COMMENT ON COLUMN gcrm.road_flows.edge IS 'The edge, see gcrm.road_flow_edges.';
COMMENT ON COLUMN gcrm.road_flows.mode IS 'foot, bicycle or car.';
COMMENT ON COLUMN gcrm.road_flows.hour IS 'Hour at which the edge is entered, in the place''s own time, 0 to 23; empty where the tracks tell no times.';
COMMENT ON COLUMN gcrm.road_flows.trips IS 'Trips that pass half of the edge or more (count); twice counts once.';
COMMENT ON COLUMN gcrm.road_flows.tracks IS 'Different people behind it, a track of nobody known counting as one (count).';
COMMENT ON COLUMN gcrm.road_flows.speed_kmh IS 'Length by time over all that pass, kilometres per hour; times between positions are interpolated; empty where none are told.';
COMMENT ON COLUMN gcrm.road_flows.quality IS 'measured, interpolated or modelled.';
COMMENT ON COLUMN gcrm.road_flows.withheld IS 'True where it stands for fewer people than the smallest count; the reader does not see the row.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.road_flow_edges, gcrm.road_flows TO gcrm_writer;
GRANT SELECT ON gcrm.road_flow_edges, gcrm.road_flows TO gcrm_reader;

DO $$
DECLARE
    flow text;
BEGIN
    FOREACH flow IN ARRAY ARRAY['road_flow_edges', 'road_flows'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', flow);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', flow);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', flow);
        EXECUTE format('CREATE POLICY shown ON gcrm.%I FOR SELECT TO gcrm_reader USING (NOT withheld)', flow);
    END LOOP;
END $$;

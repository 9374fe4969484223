-- Trading areas, given and computed; what lies in them; what a file's features were refused or repaired for.

CREATE TABLE gcrm.layer_findings (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions ON DELETE CASCADE,
    feature_number   bigint NOT NULL,
    feature_name     text,
    problem          text NOT NULL,
    outcome          text NOT NULL CHECK (outcome IN ('repaired', 'refused')),
    PRIMARY KEY (layer_version_id, feature_number)
);
COMMENT ON TABLE gcrm.layer_findings IS 'One row per feature of a loaded file that was repaired or refused. Source: gcrm load trade-areas.';
COMMENT ON COLUMN gcrm.layer_findings.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.layer_findings.feature_number IS 'Number of the feature in the file; the first is 1.';
COMMENT ON COLUMN gcrm.layer_findings.feature_name IS 'Its name in the file.';
COMMENT ON COLUMN gcrm.layer_findings.problem IS 'What was wrong with it.';
COMMENT ON COLUMN gcrm.layer_findings.outcome IS 'What was done: repaired (it is in the layer) or refused (it is not).';

CREATE TABLE gcrm.trade_areas (
    trade_area_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer_version_id   int NOT NULL REFERENCES gcrm.layer_versions,
    feature_number     bigint NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('given', 'ring', 'isochrone', 'thiessen', 'customers', 'huff')),
    name               text NOT NULL,
    site_key           text,
    site_name          text,
    site_account_id    bigint REFERENCES gcrm.accounts ON DELETE SET NULL,
    site               geometry(Point, 4326),
    band               double precision CHECK (band > 0),
    band_unit          text CHECK (band_unit IN ('m', 'min', 'share', 'probability')),
    parameters         jsonb NOT NULL,
    properties         jsonb NOT NULL,
    area_km2           double precision NOT NULL CHECK (area_km2 > 0),
    geom               geometry(MultiPolygon, 4326) NOT NULL,
    CHECK ((band IS NULL) = (band_unit IS NULL)),
    UNIQUE (layer_version_id, feature_number)
);
-- Usage: overlap with others, the areas at a place.
CREATE INDEX trade_areas_geom ON gcrm.trade_areas USING gist (geom);
-- Usage: the areas of a site that is an account; its removal.
CREATE INDEX trade_areas_site_account ON gcrm.trade_areas (site_account_id) WHERE site_account_id IS NOT NULL;
COMMENT ON TABLE gcrm.trade_areas IS 'One row per trading area. Source: gcrm load trade-areas, gcrm trade-areas.';
COMMENT ON COLUMN gcrm.trade_areas.trade_area_id IS 'Key.';
COMMENT ON COLUMN gcrm.trade_areas.layer_version_id IS 'Version of the set of areas; its dataset is the name of the set.';
COMMENT ON COLUMN gcrm.trade_areas.feature_number IS 'Number of the feature in the file, or of the area in the set; the first is 1.';
COMMENT ON COLUMN gcrm.trade_areas.kind IS 'given (from a file), ring, isochrone, thiessen, customers or huff.';
COMMENT ON COLUMN gcrm.trade_areas.name IS 'Name of the area.';
COMMENT ON COLUMN gcrm.trade_areas.site_key IS 'Key of the site that it is the area of; empty where none is known.';
COMMENT ON COLUMN gcrm.trade_areas.site_name IS 'Name of that site.';
COMMENT ON COLUMN gcrm.trade_areas.site_account_id IS 'The account that the site is; empty where it comes from a file.';
COMMENT ON COLUMN gcrm.trade_areas.site IS 'Where the site is, EPSG:4326.';
COMMENT ON COLUMN gcrm.trade_areas.band IS 'Where a site has several areas, what tells them apart, in band_unit: the smaller area has the smaller number, that of a probability the greater.';
COMMENT ON COLUMN gcrm.trade_areas.band_unit IS 'm (radius, metres), min (travel time, minutes), share (of customers or revenue held, 0 to 1) or probability (of choosing the site, 0 to 1).';
COMMENT ON COLUMN gcrm.trade_areas.parameters IS 'How it was computed, as JSON; lengths end in _m (metres), times in _min (minutes).';
COMMENT ON COLUMN gcrm.trade_areas.properties IS 'The other columns of the file, as JSON.';
COMMENT ON COLUMN gcrm.trade_areas.area_km2 IS 'Area on the ellipsoid, square kilometres.';
COMMENT ON COLUMN gcrm.trade_areas.geom IS 'The area, EPSG:4326.';

CREATE TABLE gcrm.site_probabilities (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    site_key         text NOT NULL,
    probability      real NOT NULL CHECK (probability > 0 AND probability <= 1),
    travel           real NOT NULL CHECK (travel >= 0),
    PRIMARY KEY (layer_version_id, cell, site_key)
);
COMMENT ON TABLE gcrm.site_probabilities IS 'One row per cell and site of a Huff model, where the probability is at least 0.001. Source: gcrm trade-areas huff.';
COMMENT ON COLUMN gcrm.site_probabilities.layer_version_id IS 'Version of the set of areas.';
COMMENT ON COLUMN gcrm.site_probabilities.cell IS 'H3 cell of the level that the parameters of the set name, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.site_probabilities.site_key IS 'Key of the site, as in gcrm.trade_areas.';
COMMENT ON COLUMN gcrm.site_probabilities.probability IS 'Probability that a customer from this cell goes to this site, 0 to 1 (no unit); modelled.';
COMMENT ON COLUMN gcrm.site_probabilities.travel IS 'What the model takes for the way, in the unit that the parameters of the set name: minutes or metres.';

CREATE TABLE gcrm.account_trade_areas (
    account_id    bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    -- No reference: the undo of a merge brings back rows of areas that may be gone by then; who reads them joins the areas.
    trade_area_id bigint NOT NULL,
    most_likely   boolean NOT NULL,
    probability   real CHECK (probability BETWEEN 0 AND 1),
    PRIMARY KEY (account_id, trade_area_id)
);
-- Usage: the accounts of an area.
CREATE INDEX account_trade_areas_area ON gcrm.account_trade_areas (trade_area_id);
COMMENT ON TABLE gcrm.account_trade_areas IS 'One row per account and trading area that its position lies in. Source: derived by gcrm trade-areas assign.';
COMMENT ON COLUMN gcrm.account_trade_areas.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_trade_areas.trade_area_id IS 'The area; a position on its border lies in it.';
COMMENT ON COLUMN gcrm.account_trade_areas.most_likely IS 'True for one area of each set: that of the likeliest site, else of the smallest band, else of the nearest site, else the smallest.';
COMMENT ON COLUMN gcrm.account_trade_areas.probability IS 'Probability of the site at this place, 0 to 1 (no unit); empty where the set has none.';

CREATE TABLE gcrm.cell_trade_areas (
    cell          bigint NOT NULL,
    trade_area_id bigint NOT NULL REFERENCES gcrm.trade_areas ON DELETE CASCADE,
    most_likely   boolean NOT NULL,
    probability   real CHECK (probability BETWEEN 0 AND 1),
    PRIMARY KEY (cell, trade_area_id)
);
-- Usage: the cells of an area.
CREATE INDEX cell_trade_areas_area ON gcrm.cell_trade_areas (trade_area_id);
COMMENT ON TABLE gcrm.cell_trade_areas IS
    'One row per cell and trading area that its middle lies in, for the cells that something is known of. Source: derived by gcrm trade-areas assign.';
COMMENT ON COLUMN gcrm.cell_trade_areas.cell IS 'H3 cell, as a signed 64-bit integer: level 10, or that of the residence layer.';
COMMENT ON COLUMN gcrm.cell_trade_areas.trade_area_id IS 'The area.';
COMMENT ON COLUMN gcrm.cell_trade_areas.most_likely IS 'As in gcrm.account_trade_areas.';
COMMENT ON COLUMN gcrm.cell_trade_areas.probability IS 'As in gcrm.account_trade_areas.';

COMMENT ON COLUMN gcrm.layer_versions.layer IS 'What it holds: the name of the table, such as roads, buildings, footfall, movement or trade_areas.';
COMMENT ON COLUMN gcrm.layer_versions.file_name IS 'Name of the file, without its folder; empty for what is worked out.';
COMMENT ON COLUMN gcrm.layer_versions.file_sha256 IS 'SHA-256 of the file, in hexadecimal; empty for what is worked out.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.layer_findings, gcrm.trade_areas, gcrm.site_probabilities, gcrm.account_trade_areas, gcrm.cell_trade_areas
    TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.layer_findings, gcrm.trade_areas, gcrm.site_probabilities, gcrm.account_trade_areas, gcrm.cell_trade_areas TO gcrm_reader;

-- An area around customers shows where they are, and one around an account where that is: both are seen with that account, or by who sees every account.
ALTER TABLE gcrm.trade_areas ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.trade_areas FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.trade_areas TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.trade_areas FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (site_account_id IS NULL AND kind <> 'customers') OR site_account_id IN (SELECT account_id FROM gcrm.accounts));

ALTER TABLE gcrm.account_trade_areas ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.account_trade_areas FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.account_trade_areas TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.account_trade_areas FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts));

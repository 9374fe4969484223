-- Thematic layers: a number or a category of areas that a user brings, of the cells under them, and of the accounts in them.

CREATE TABLE gcrm.thematic_areas (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    row_number       bigint NOT NULL,
    name             text,
    number           double precision,
    category         text,
    geom             geometry(MultiPolygon, 4326) NOT NULL,
    CHECK ((number IS NULL) <> (category IS NULL)),
    PRIMARY KEY (layer_version_id, row_number)
);
-- Usage: what a place lies in.
CREATE INDEX thematic_areas_geom ON gcrm.thematic_areas USING gist (geom);
COMMENT ON TABLE gcrm.thematic_areas IS 'One row per area of a thematic layer. Source: gcrm load thematic.';
COMMENT ON COLUMN gcrm.thematic_areas.layer_version_id IS 'Version of the layer; its parameters name the column, whether it is a count, a rate or a category, and its unit.';
COMMENT ON COLUMN gcrm.thematic_areas.row_number IS 'Row in the file; the first is 1.';
COMMENT ON COLUMN gcrm.thematic_areas.name IS 'Name or code of the area.';
COMMENT ON COLUMN gcrm.thematic_areas.number IS 'The value, in the unit that the parameters of the version name; empty where the layer tells categories.';
COMMENT ON COLUMN gcrm.thematic_areas.category IS 'The value where it is no number.';
COMMENT ON COLUMN gcrm.thematic_areas.geom IS 'The area, EPSG:4326.';

CREATE TABLE gcrm.cell_thematic (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    cell             bigint NOT NULL,
    level            smallint NOT NULL CHECK (level BETWEEN 5 AND 10),
    number           double precision,
    category         text,
    share            real CHECK (share > 0 AND share <= 1),
    quality          text NOT NULL CHECK (quality IN ('measured', 'interpolated')),
    CHECK ((number IS NULL) <> (category IS NULL)),
    PRIMARY KEY (layer_version_id, cell)
);
-- Usage: what is known of a place.
CREATE INDEX cell_thematic_cell ON gcrm.cell_thematic (cell);
COMMENT ON TABLE gcrm.cell_thematic IS 'One row per H3 cell that a thematic layer tells of. Source: gcrm load thematic.';
COMMENT ON COLUMN gcrm.cell_thematic.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.cell_thematic.cell IS 'H3 cell, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_thematic.level IS 'H3 level of the cell.';
COMMENT ON COLUMN gcrm.cell_thematic.number IS 'Its value, in the unit of the layer: counts are spread by area and add up to those of the areas, rates are means by area.';
COMMENT ON COLUMN gcrm.cell_thematic.category IS 'The category of the largest part of the cell.';
COMMENT ON COLUMN gcrm.cell_thematic.share IS 'That part of what the layer tells of the cell, 0 to 1 (no unit); empty where the layer tells numbers.';
COMMENT ON COLUMN gcrm.cell_thematic.quality IS 'measured: the area of the source is the cell; interpolated: worked out from the areas that overlap it.';

CREATE TABLE gcrm.account_thematic (
    account_id       bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    number           double precision,
    category         text,
    derived_position geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, account_id)
);
-- Usage: what is around an account; its removal.
CREATE INDEX account_thematic_account ON gcrm.account_thematic (account_id);
COMMENT ON TABLE gcrm.account_thematic IS 'One row per thematic layer and account that has a position. Source: derived by gcrm enrich.';
COMMENT ON COLUMN gcrm.account_thematic.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_thematic.layer_version_id IS 'Version of the layer.';
COMMENT ON COLUMN gcrm.account_thematic.number IS 'Value of the smallest area that its position lies in, in the unit of the layer; empty where it lies in none.';
COMMENT ON COLUMN gcrm.account_thematic.category IS 'The same of a layer of categories.';
COMMENT ON COLUMN gcrm.account_thematic.derived_position IS 'The position that this row was derived for, EPSG:4326; where the account has moved, the row is to be renewed.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.thematic_areas, gcrm.cell_thematic, gcrm.account_thematic TO gcrm_writer;
GRANT SELECT ON gcrm.thematic_areas, gcrm.cell_thematic, gcrm.account_thematic TO gcrm_reader;

ALTER TABLE gcrm.account_thematic ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.account_thematic FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.account_thematic TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.account_thematic FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts));

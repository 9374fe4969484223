-- Sites of one's own and of competitors, how soon each account is there by road, and the cells that sets of trading areas were compared with.

CREATE TABLE gcrm.sites (
    layer_version_id int NOT NULL REFERENCES gcrm.layer_versions,
    site_key         text NOT NULL,
    name             text NOT NULL,
    account_id       bigint REFERENCES gcrm.accounts ON DELETE SET NULL,
    position         geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (layer_version_id, site_key)
);
-- Usage: deleting an account.
CREATE INDEX sites_account ON gcrm.sites (account_id) WHERE account_id IS NOT NULL;
COMMENT ON TABLE gcrm.sites IS
    'One row per site that minutes are told to: of one''s own (layer sites) or of a competitor (layer competitors). Source: gcrm load sites, gcrm load competitors.';
COMMENT ON COLUMN gcrm.sites.layer_version_id IS
    'Version of the layer sites or competitors; its parameters say at which hour one travels, and within how many minutes competitors are counted.';
COMMENT ON COLUMN gcrm.sites.site_key IS 'Key in the file; source and key of an account; OSM object of a shop.';
COMMENT ON COLUMN gcrm.sites.name IS 'Name.';
COMMENT ON COLUMN gcrm.sites.account_id IS 'The account that the site is; empty where it comes from a file or is a shop of OpenStreetMap.';
COMMENT ON COLUMN gcrm.sites.position IS 'Where it is, EPSG:4326.';

ALTER TABLE gcrm.account_surroundings
    ADD COLUMN site_drive_key     text,
    ADD COLUMN site_drive_minutes real CHECK (site_drive_minutes >= 0),
    ADD COLUMN site_walk_key      text,
    ADD COLUMN site_walk_minutes  real CHECK (site_walk_minutes >= 0),
    ADD COLUMN competitors_near   int CHECK (competitors_near >= 0);
COMMENT ON COLUMN gcrm.account_surroundings.site_drive_key IS 'The site that is soonest reached by car, as in gcrm.sites; empty where there is no way.';
COMMENT ON COLUMN gcrm.account_surroundings.site_drive_minutes IS
    'Minutes by car from the account''s road to that site, at the hour that the version of the layer sites names, under the road conditions among layer_version_ids.';
COMMENT ON COLUMN gcrm.account_surroundings.site_walk_key IS 'The site that is soonest reached on foot.';
COMMENT ON COLUMN gcrm.account_surroundings.site_walk_minutes IS 'Minutes on foot to that site, likewise.';
COMMENT ON COLUMN gcrm.account_surroundings.competitors_near IS
    'Competitors within the minutes by car, and at the hour, that the version of the layer competitors names (count); empty where the account has no road near.';

CREATE TABLE gcrm.trade_area_cells (
    layer_version_id int PRIMARY KEY REFERENCES gcrm.layer_versions,
    compared_with    int[] NOT NULL
);
COMMENT ON TABLE gcrm.trade_area_cells IS 'One row per set of trading areas: whose cells gcrm.cell_trade_areas knows of. Source: derived by gcrm enrich.';
COMMENT ON COLUMN gcrm.trade_area_cells.layer_version_id IS 'Version of the set of areas.';
COMMENT ON COLUMN gcrm.trade_area_cells.compared_with IS 'Versions of the layers footfall and residence, ascending; where they differ from those in force, cells are compared again.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.sites, gcrm.trade_area_cells TO gcrm_writer;
GRANT SELECT ON gcrm.sites, gcrm.trade_area_cells TO gcrm_reader;

-- A site that is an account shows where that is: it is seen with the account.
ALTER TABLE gcrm.sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.sites FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.sites TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.sites FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IS NULL OR account_id IN (SELECT account_id FROM gcrm.accounts));

-- One view for QGIS and BI tools: each account with its cells and its surroundings.

CREATE FUNCTION gcrm.cell_parent(cell bigint, level int) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (cell & ~(15::bigint << 52)) | (level::bigint << 52) | ((1::bigint << (3 * (15 - level))) - 1);
COMMENT ON FUNCTION gcrm.cell_parent(bigint, int) IS 'The ancestor of an H3 cell at a coarser level, 0 to 15.';

CREATE VIEW gcrm.account_places WITH (security_invoker = true) AS
SELECT
    a.account_id, a.source, a.source_key, a.kind, a.status, a.name, a.segment,
    a.cell AS h3_10, gcrm.cell_parent(a.cell, 9) AS h3_9, gcrm.cell_parent(a.cell, 8) AS h3_8, gcrm.cell_parent(a.cell, 7) AS h3_7,
    gcrm.cell_parent(a.cell, 6) AS h3_6, gcrm.cell_parent(a.cell, 5) AS h3_5,
    a.geocode_level, a.geocode_score, t.name AS territory, r.name AS region, s.district, s.road_class, s.road_name, s.road_distance_m,
    s.building_type, s.residence_type, s.building_distance_m, s.footfall_per_hour, a.made_up, a.position
FROM gcrm.accounts a
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.regions r USING (region_id)
LEFT JOIN gcrm.account_surroundings s USING (account_id);
COMMENT ON VIEW gcrm.account_places IS 'One row per account, with its cells and surroundings; under the reader''s scope. Source: accounts, account_surroundings.';
COMMENT ON COLUMN gcrm.account_places.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_places.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.account_places.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.account_places.kind IS 'company, household or person.';
COMMENT ON COLUMN gcrm.account_places.status IS 'customer, prospect, lost, partner or competitor.';
COMMENT ON COLUMN gcrm.account_places.name IS 'Name.';
COMMENT ON COLUMN gcrm.account_places.segment IS 'Market segment.';
COMMENT ON COLUMN gcrm.account_places.h3_10 IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.account_places.h3_9 IS 'Its ancestor of level 9.';
COMMENT ON COLUMN gcrm.account_places.h3_8 IS 'Its ancestor of level 8.';
COMMENT ON COLUMN gcrm.account_places.h3_7 IS 'Its ancestor of level 7.';
COMMENT ON COLUMN gcrm.account_places.h3_6 IS 'Its ancestor of level 6.';
COMMENT ON COLUMN gcrm.account_places.h3_5 IS 'Its ancestor of level 5.';
COMMENT ON COLUMN gcrm.account_places.geocode_level IS 'How the position was found: given, rooftop, street, postcode, none.';
COMMENT ON COLUMN gcrm.account_places.geocode_score IS 'How sure the match is, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.account_places.territory IS 'Name of the territory that serves it.';
COMMENT ON COLUMN gcrm.account_places.region IS 'Name of the region of that territory.';
COMMENT ON COLUMN gcrm.account_places.district IS 'Administrative area, or postcode and city.';
COMMENT ON COLUMN gcrm.account_places.road_class IS 'Class of the nearest street.';
COMMENT ON COLUMN gcrm.account_places.road_name IS 'Name of that street.';
COMMENT ON COLUMN gcrm.account_places.road_distance_m IS 'Distance to that street, metres.';
COMMENT ON COLUMN gcrm.account_places.building_type IS 'OSM type of its building.';
COMMENT ON COLUMN gcrm.account_places.residence_type IS 'Residence type of its building or its neighbourhood.';
COMMENT ON COLUMN gcrm.account_places.building_distance_m IS 'Distance to that building, metres; 0 inside.';
COMMENT ON COLUMN gcrm.account_places.footfall_per_hour IS 'Mean of people per hour over the week in its cell.';
COMMENT ON COLUMN gcrm.account_places.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.account_places.position IS 'Position, EPSG:4326.';

GRANT SELECT ON gcrm.account_places TO gcrm_reader, gcrm_writer;

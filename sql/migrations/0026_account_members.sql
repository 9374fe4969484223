-- The members of an account in the dimensions of the cubes, for every cube whose facts are of accounts.

CREATE VIEW gcrm.account_members WITH (security_invoker = true) AS
SELECT
    a.account_id, a.cell, ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude,
    coalesce(a.segment, '(unknown)') AS segment,
    coalesce(s.residence_type, '(unknown)') AS residence_type,
    coalesce(s.district, '(unknown)') AS district,
    coalesce(s.road_class, '(unknown)') AS road_class,
    coalesce(a.territory_id, 0) AS territory_id,
    coalesce(t.name, '(unknown)') AS territory,
    coalesce(r.name, '(unknown)') AS region,
    a.status
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id)
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
LEFT JOIN gcrm.regions r USING (region_id);
COMMENT ON VIEW gcrm.account_members IS 'One row per account: its members in the dimensions of the cubes; what is not known has the member (unknown).';
COMMENT ON COLUMN gcrm.account_members.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_members.cell IS 'H3 cell of level 10 of its position, as a signed 64-bit integer; empty where it has none.';
COMMENT ON COLUMN gcrm.account_members.longitude IS 'Longitude of its position, degrees; empty where it has none.';
COMMENT ON COLUMN gcrm.account_members.latitude IS 'Latitude of its position, degrees; empty where it has none.';
COMMENT ON COLUMN gcrm.account_members.segment IS 'Market segment.';
COMMENT ON COLUMN gcrm.account_members.residence_type IS 'Residence type.';
COMMENT ON COLUMN gcrm.account_members.district IS 'Administrative area, or postcode and city.';
COMMENT ON COLUMN gcrm.account_members.road_class IS 'Class of the nearest street.';
COMMENT ON COLUMN gcrm.account_members.territory_id IS 'The territory that serves it; 0 where none does.';
COMMENT ON COLUMN gcrm.account_members.territory IS 'Name of that territory, as it is today.';
COMMENT ON COLUMN gcrm.account_members.region IS 'Name of its region, as it is today.';
COMMENT ON COLUMN gcrm.account_members.status IS 'customer, prospect, lost, partner or competitor.';
GRANT SELECT ON gcrm.account_members TO gcrm_writer;

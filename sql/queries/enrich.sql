-- The join of accounts with what is around them.

-- name: roads()
SELECT class, name, geom FROM gcrm.roads ORDER BY osm_id, geom;

-- name: buildings()
SELECT type, residence_type, geom FROM gcrm.buildings ORDER BY osm_id;

-- name: address_points()
SELECT postcode, city, geom FROM gcrm.address_points ORDER BY osm_id, street, house_number;

-- name: districts()
SELECT name, admin_level, geom FROM gcrm.districts ORDER BY osm_id;

-- name: territories()
SELECT territory_id, boundary AS geom FROM gcrm.territories WHERE boundary IS NOT NULL ORDER BY territory_id;

-- name: footfall()
-- Mean of people per hour over the week: cell, people_per_hour.
SELECT cell, avg(people_per_hour)::real AS people_per_hour FROM gcrm.footfall GROUP BY cell ORDER BY cell;

-- name: versions()$
-- The versions in force of the layers that are joined.
SELECT coalesce(array_agg(layer_version_id ORDER BY layer_version_id), '{}')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer IN ('roads', 'buildings', 'address_points', 'districts', 'footfall');

-- name: count_placed()$
-- How many accounts have a position.
SELECT count(*) FROM gcrm.accounts WHERE position IS NOT NULL;

-- name: placed(after, most)
-- The next accounts with a position: account_id, cell, geom.
SELECT account_id, cell, position AS geom
FROM gcrm.accounts
WHERE position IS NOT NULL AND account_id > :after
ORDER BY account_id
LIMIT :most;

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_surroundings (
    account_id bigint PRIMARY KEY,
    territory_id int,
    district text,
    road_class text,
    road_name text,
    road_distance_m real,
    building_type text,
    residence_type text,
    building_distance_m real,
    footfall_per_hour real
) ON COMMIT DROP;

-- name: store_surroundings(versions)!
-- Writes what is around the accounts of the stage, where it differs.
INSERT INTO gcrm.account_surroundings AS t (
    account_id, district, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m,
    footfall_per_hour, layer_version_ids
)
SELECT
    account_id, district, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m,
    footfall_per_hour, :versions
FROM staged_surroundings
ON CONFLICT (account_id) DO UPDATE
SET district = excluded.district, road_class = excluded.road_class, road_name = excluded.road_name,
    road_distance_m = excluded.road_distance_m, building_type = excluded.building_type, residence_type = excluded.residence_type,
    building_distance_m = excluded.building_distance_m, footfall_per_hour = excluded.footfall_per_hour,
    layer_version_ids = excluded.layer_version_ids, enriched_at = now()
WHERE (t.district, t.road_class, t.road_name, t.road_distance_m, t.building_type, t.residence_type, t.building_distance_m, t.footfall_per_hour, t.layer_version_ids)
    IS DISTINCT FROM
    (excluded.district, excluded.road_class, excluded.road_name, excluded.road_distance_m, excluded.building_type, excluded.residence_type,
     excluded.building_distance_m, excluded.footfall_per_hour, excluded.layer_version_ids);

-- name: store_territories()!
-- Assigns the accounts of the stage to the territory that covers them, unless their file named one.
UPDATE gcrm.accounts a
SET territory_id = s.territory_id
FROM staged_surroundings s
WHERE a.account_id = s.account_id AND NOT a.territory_given AND a.territory_id IS DISTINCT FROM s.territory_id;

-- name: forget_unplaced()!
-- What was around accounts that have no position any more.
DELETE FROM gcrm.account_surroundings s
USING gcrm.accounts a
WHERE a.account_id = s.account_id AND a.position IS NULL;

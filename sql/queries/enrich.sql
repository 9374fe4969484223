-- The join of accounts with what is around them. The box of a query is west, south, east, north in degrees, EPSG:4326.

-- name: roads(west, south, east, north)
SELECT class, name, geom FROM gcrm.roads
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY osm_id, geom;

-- name: buildings(west, south, east, north)
SELECT type, residence_type, geom FROM gcrm.buildings
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY osm_id;

-- name: address_points(west, south, east, north)
SELECT postcode, city, geom FROM gcrm.address_points
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY osm_id, street, house_number;

-- name: districts(west, south, east, north)
SELECT name, admin_level, geom FROM gcrm.districts
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY osm_id;

-- name: road_flows(west, south, east, north)
-- Pieces of road near some places that recorded trips pass, both directions together: trips, geom. What is withheld from readers is left out: they read
-- the sum.
SELECT sum(f.trips)::int AS trips, CASE WHEN ST_AsBinary(ST_StartPoint(e.geom)) < ST_AsBinary(ST_EndPoint(e.geom)) THEN e.geom ELSE ST_Reverse(e.geom) END AS geom
FROM gcrm.road_flow_edges e
JOIN gcrm.road_flows f USING (layer_version_id, edge)
WHERE e.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND NOT f.withheld
GROUP BY 2
ORDER BY 2;

-- name: territories()
SELECT territory_id, boundary AS geom FROM gcrm.territories WHERE boundary IS NOT NULL ORDER BY territory_id;

-- name: territories_stamp()$
-- A checksum of the boundaries of all territories.
SELECT hashtextextended(coalesce(string_agg(territory_id || ':' || md5(ST_AsBinary(boundary)), ',' ORDER BY territory_id), ''), 0)
FROM gcrm.territories WHERE boundary IS NOT NULL;

-- name: footfall(cells)
-- Mean of people per hour over the week, and by part of the day, of some cells, all ages together, where it was counted; of several layers the newest. What stands
-- for fewer than 10 people is left out.
WITH newest AS (
    SELECT cell, max(layer_version_id) AS layer_version_id
    FROM gcrm.footfall
    WHERE cell = ANY(:cells::bigint[]) AND quality <> 'modelled'
    GROUP BY cell
), hours AS (
    SELECT f.cell, f.hour, sum(people_per_hour) AS people_per_hour, sum(people_per_hour * coalesce(days, 1)) AS people
    FROM gcrm.footfall f JOIN newest USING (cell, layer_version_id)
    WHERE quality <> 'modelled'
    GROUP BY f.cell, f.weekday, f.hour
), parts AS (
    SELECT cell, part, avg(people_per_hour)::float8 AS people_per_hour
    FROM hours
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN hour BETWEEN 6 AND 9 THEN 'morning'
            WHEN hour BETWEEN 10 AND 15 THEN 'midday'
            WHEN hour BETWEEN 16 AND 21 THEN 'evening'
            WHEN hour IS NOT NULL THEN 'night'
        END AS part
        UNION ALL SELECT 'week'
    ) AS each
    GROUP BY cell, part
    HAVING sum(people) >= 10 OR sum(people) = 0
)
SELECT
    cell,
    max(people_per_hour) FILTER (WHERE part = 'week') AS footfall_per_hour,
    max(people_per_hour) FILTER (WHERE part = 'morning') AS footfall_morning_per_hour,
    max(people_per_hour) FILTER (WHERE part = 'midday') AS footfall_midday_per_hour,
    max(people_per_hour) FILTER (WHERE part = 'evening') AS footfall_evening_per_hour,
    max(people_per_hour) FILTER (WHERE part = 'night') AS footfall_night_per_hour
FROM parts
GROUP BY cell;

-- name: cell_buildings(cells)
-- What is built in some cells; of several extracts the newest.
SELECT DISTINCT ON (cell) cell, footprint_share::float8, use_mix::float8
FROM gcrm.cell_buildings WHERE cell = ANY(:cells::bigint[])
ORDER BY cell, layer_version_id DESC;

-- name: cell_residence(cells)
-- Who lives in some cells, of any level; of several censuses the newest.
SELECT DISTINCT ON (cell)
    cell, population, households, dwellings, dwellings_flats_low, dwellings_flats_high, dwellings_vacant, households_tenant, age_65_up, vacancy_share, quality
FROM gcrm.cell_residence WHERE cell = ANY(:cells::bigint[])
ORDER BY cell, layer_version_id DESC;

-- name: versions(layers)$
-- The versions in force of the layers that are joined.
SELECT coalesce(array_agg(layer_version_id ORDER BY layer_version_id), '{}')
FROM gcrm.layer_versions
WHERE retired_at IS NULL AND layer = ANY(:layers::text[]);

-- name: layers_of(versions)
-- The layers of some versions: layer_version_id, layer.
SELECT layer_version_id, layer FROM gcrm.layer_versions WHERE layer_version_id = ANY(:versions::int[]);

-- name: stale(versions, territories, conditions)
-- The accounts whose surroundings do not hold any more, or that have none yet; neighbours together.
SELECT a.account_id
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id)
WHERE a.position IS NOT NULL AND (
    s.derived_position IS DISTINCT FROM a.position OR s.layer_version_ids <> :versions::int[] OR s.territories_stamp IS DISTINCT FROM :territories
    OR s.conditions_stamp <> :conditions)
ORDER BY a.cell, a.account_id;

-- name: count_stale(versions, territories, conditions)$
-- How many they are.
SELECT count(*)
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id)
WHERE a.position IS NOT NULL AND (
    s.derived_position IS DISTINCT FROM a.position OR s.layer_version_ids <> :versions::int[] OR s.territories_stamp IS DISTINCT FROM :territories
    OR s.conditions_stamp <> :conditions);

-- name: placed(accounts, territories, conditions)
-- Some accounts with a position, and what is known to be around them: account_id, cell, longitude, latitude, held_versions (as text; empty where the position is new),
-- territory_holds, conditions_hold, covering_territory_id, and the columns of gcrm.account_surroundings.
SELECT
    a.account_id, a.cell, ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude,
    CASE WHEN s.derived_position = a.position THEN s.layer_version_ids::text END AS held_versions,
    coalesce(s.derived_position = a.position AND s.territories_stamp = :territories, false) AS territory_holds,
    coalesce(s.conditions_stamp = :conditions, false) AS conditions_hold,
    s.covering_territory_id,
    s.district, s.municipality, s.road_class, s.road_name, s.road_distance_m, s.building_type, s.residence_type, s.building_distance_m, s.built_share, s.use_mix,
    s.population_per_km2, s.households_per_km2, s.flats_share, s.tenant_share, s.age_65_up_share, s.vacancy_share, s.residence_quality,
    s.footfall_per_hour, s.footfall_morning_per_hour, s.footfall_midday_per_hour, s.footfall_evening_per_hour, s.footfall_night_per_hour,
    s.site_drive_key, s.site_drive_minutes, s.site_walk_key, s.site_walk_minutes, s.competitors_near, s.passing_trips
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id)
WHERE a.position IS NOT NULL AND a.account_id = ANY(:accounts::bigint[])
ORDER BY a.cell, a.account_id;

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_surroundings (
    account_id bigint NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    covering_territory_id int,
    district text,
    municipality text,
    road_class text,
    road_name text,
    road_distance_m real,
    building_type text,
    residence_type text,
    building_distance_m real,
    built_share real,
    use_mix real,
    population_per_km2 real,
    households_per_km2 real,
    flats_share real,
    tenant_share real,
    age_65_up_share real,
    vacancy_share real,
    residence_quality text,
    footfall_per_hour real,
    footfall_morning_per_hour real,
    footfall_midday_per_hour real,
    footfall_evening_per_hour real,
    footfall_night_per_hour real,
    site_drive_key text,
    site_drive_minutes real,
    site_walk_key text,
    site_walk_minutes real,
    competitors_near int,
    passing_trips int
) ON COMMIT DROP;

-- name: store_surroundings(versions, territories, conditions)!
-- Writes what is around the accounts of the stage, but for those that are gone since.
INSERT INTO gcrm.account_surroundings AS t (
    account_id, derived_position, covering_territory_id, territories_stamp, conditions_stamp, layer_version_ids,
    district, municipality, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m, built_share, use_mix, population_per_km2,
    households_per_km2, flats_share, tenant_share, age_65_up_share, vacancy_share, residence_quality, footfall_per_hour, footfall_morning_per_hour,
    footfall_midday_per_hour, footfall_evening_per_hour, footfall_night_per_hour, site_drive_key, site_drive_minutes, site_walk_key, site_walk_minutes, competitors_near,
    passing_trips
)
SELECT
    account_id, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), covering_territory_id, :territories, :conditions, :versions::int[],
    district, municipality, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m, built_share, use_mix, population_per_km2,
    households_per_km2, flats_share, tenant_share, age_65_up_share, vacancy_share, residence_quality, footfall_per_hour, footfall_morning_per_hour,
    footfall_midday_per_hour, footfall_evening_per_hour, footfall_night_per_hour, site_drive_key, site_drive_minutes, site_walk_key, site_walk_minutes, competitors_near,
    passing_trips
FROM staged_surroundings
WHERE EXISTS (SELECT FROM gcrm.accounts a WHERE a.account_id = staged_surroundings.account_id)
ON CONFLICT (account_id) DO UPDATE
SET derived_position = excluded.derived_position, covering_territory_id = excluded.covering_territory_id, territories_stamp = excluded.territories_stamp,
    conditions_stamp = excluded.conditions_stamp,
    layer_version_ids = excluded.layer_version_ids, enriched_at = now(),
    district = excluded.district,
    municipality = excluded.municipality,
    road_class = excluded.road_class,
    road_name = excluded.road_name,
    road_distance_m = excluded.road_distance_m,
    building_type = excluded.building_type,
    residence_type = excluded.residence_type,
    building_distance_m = excluded.building_distance_m,
    built_share = excluded.built_share,
    use_mix = excluded.use_mix,
    population_per_km2 = excluded.population_per_km2,
    households_per_km2 = excluded.households_per_km2,
    flats_share = excluded.flats_share,
    tenant_share = excluded.tenant_share,
    age_65_up_share = excluded.age_65_up_share,
    vacancy_share = excluded.vacancy_share,
    residence_quality = excluded.residence_quality,
    footfall_per_hour = excluded.footfall_per_hour,
    footfall_morning_per_hour = excluded.footfall_morning_per_hour,
    footfall_midday_per_hour = excluded.footfall_midday_per_hour,
    footfall_evening_per_hour = excluded.footfall_evening_per_hour,
    footfall_night_per_hour = excluded.footfall_night_per_hour,
    site_drive_key = excluded.site_drive_key,
    site_drive_minutes = excluded.site_drive_minutes,
    site_walk_key = excluded.site_walk_key,
    site_walk_minutes = excluded.site_walk_minutes,
    competitors_near = excluded.competitors_near,
    passing_trips = excluded.passing_trips;

-- name: store_territories()!
-- Assigns every account to the territory that covers it, unless its file named one.
UPDATE gcrm.accounts a
SET territory_id = s.covering_territory_id
FROM gcrm.account_surroundings s
WHERE a.account_id = s.account_id AND NOT a.territory_given AND a.territory_id IS DISTINCT FROM s.covering_territory_id AND a.position = s.derived_position;

-- name: forget_unplaced()!
-- What was around accounts that have no position any more.
DELETE FROM gcrm.account_surroundings s
USING gcrm.accounts a
WHERE a.account_id = s.account_id AND a.position IS NULL;

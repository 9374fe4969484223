-- What is around a place: the layers by cell, and all of them at one cell.

-- name: residence_cells(measure, level, additive)
-- A measure of the census by cell of a level: cell, value, quality. Counts add up; a rate is the mean, weighted by inhabitants where they are known. A cell that the census tells of
-- in larger cells only is left out.
WITH newest AS (
    SELECT DISTINCT ON (cell) cell, population, quality, CASE :measure
        WHEN 'population' THEN population WHEN 'households' THEN households WHEN 'dwellings' THEN dwellings
        WHEN 'dwellings_detached' THEN dwellings_detached WHEN 'dwellings_terraced' THEN dwellings_terraced
        WHEN 'dwellings_flats_low' THEN dwellings_flats_low WHEN 'dwellings_flats_high' THEN dwellings_flats_high
        WHEN 'dwellings_other' THEN dwellings_other WHEN 'dwellings_vacant' THEN dwellings_vacant
        WHEN 'households_owner' THEN households_owner WHEN 'households_tenant' THEN households_tenant
        WHEN 'age_0_17' THEN age_0_17 WHEN 'age_18_64' THEN age_18_64 WHEN 'age_65_up' THEN age_65_up WHEN 'jobs' THEN jobs
        WHEN 'vacancy_share' THEN vacancy_share WHEN 'living_area_m2_per_person' THEN living_area_m2_per_person END AS value
    FROM gcrm.cell_residence
    WHERE level >= :level
    ORDER BY cell, layer_version_id DESC
)
SELECT
    gcrm.cell_parent(cell, :level::int) AS cell,
    CASE WHEN :additive THEN sum(value) ELSE coalesce(sum(value * population) / nullif(sum(population), 0), avg(value)) END AS value,
    CASE WHEN bool_or(quality = 'modelled') THEN 'modelled' WHEN bool_or(quality = 'interpolated') THEN 'interpolated' ELSE 'measured' END AS quality
FROM newest
WHERE value IS NOT NULL
GROUP BY 1;

-- name: buildings_cells(measure, level, additive)
-- A measure of the buildings by cell of a level: cell, value, quality. Counts and areas add up; a mean is weighted by the buildings that it is known of.
WITH newest AS (
    SELECT DISTINCT ON (cell) cell, quality, CASE :measure
        WHEN 'buildings' THEN buildings WHEN 'footprint_m2' THEN footprint_m2 WHEN 'floor_area_m2' THEN floor_area_m2
        WHEN 'detached' THEN detached WHEN 'terraced' THEN terraced WHEN 'flats' THEN flats
        WHEN 'mean_levels' THEN mean_levels WHEN 'mean_height_m' THEN mean_height_m WHEN 'mean_year_built' THEN mean_year_built
        WHEN 'use_mix' THEN use_mix END AS value,
        CASE :measure WHEN 'mean_levels' THEN levels_known WHEN 'mean_height_m' THEN height_known WHEN 'mean_year_built' THEN year_known
            WHEN 'use_mix' THEN use_known END AS weight
    FROM gcrm.cell_buildings
    ORDER BY cell, layer_version_id DESC
)
SELECT
    gcrm.cell_parent(cell, :level::int) AS cell,
    CASE WHEN :additive THEN sum(value) ELSE coalesce(sum(value * weight) / nullif(sum(weight), 0), avg(value)) END AS value,
    CASE WHEN bool_or(quality = 'modelled') THEN 'modelled' WHEN bool_or(quality = 'interpolated') THEN 'interpolated' ELSE 'measured' END AS quality
FROM newest
WHERE value IS NOT NULL
GROUP BY 1;

-- name: footfall_cells(level, weekday, hour)
-- People per hour by cell of a level, the mean of the cells in it that are known: cell, value, quality; every weekday and hour where none is named.
WITH newest AS (SELECT cell, max(layer_version_id) AS layer_version_id FROM gcrm.footfall GROUP BY cell)
SELECT
    gcrm.cell_parent(cell, :level::int) AS cell,
    avg(people_per_hour)::float8 AS value,
    CASE WHEN bool_or(quality = 'modelled') THEN 'modelled' WHEN bool_or(quality = 'interpolated') THEN 'interpolated' ELSE 'measured' END AS quality
FROM (
    SELECT cell, quality, sum(people_per_hour) AS people_per_hour -- all ages together
    FROM gcrm.footfall JOIN newest USING (cell, layer_version_id)
    WHERE (:weekday::int IS NULL OR weekday = :weekday) AND (:hour::int IS NULL OR hour = :hour)
    GROUP BY cell, quality, weekday, hour
) AS hours
GROUP BY 1;

-- name: flows(hour, most, level)
-- The strongest flows of people between cells of a level: origin_cell, destination_cell, trips; every hour where none is named.
SELECT origin_cell, destination_cell, sum(trips)::bigint AS trips
FROM (
    SELECT gcrm.cell_parent(origin_cell, :level::int) AS origin_cell, gcrm.cell_parent(destination_cell, :level::int) AS destination_cell, trips
    FROM gcrm.movement
    WHERE (:hour::int IS NULL OR hour = :hour) AND counted <> 'vehicles'
) AS flows
WHERE origin_cell <> destination_cell
GROUP BY origin_cell, destination_cell
ORDER BY trips DESC, origin_cell, destination_cell
LIMIT :most;

-- name: accounts_in(low, high)
-- Accounts of a cell by status: status, accounts.
SELECT status, count(*) AS accounts FROM gcrm.accounts WHERE cell BETWEEN :low AND :high GROUP BY status ORDER BY accounts DESC, status;

-- name: residence_in(lows, highs)
-- What the census says of the cells of some ranges together: the counts, the rates (means weighted by inhabitants where they are known), level (of the cells), quality, dataset,
-- source_date, made_up; no row where it tells of none.
WITH newest AS (
    SELECT DISTINCT ON (r.cell) r.*
    FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high) JOIN gcrm.cell_residence r ON r.cell BETWEEN span.low AND span.high
    ORDER BY r.cell, r.layer_version_id DESC
)
SELECT
    sum(population) AS population, sum(households) AS households, sum(dwellings) AS dwellings, sum(dwellings_detached) AS dwellings_detached,
    sum(dwellings_terraced) AS dwellings_terraced, sum(dwellings_flats_low) AS dwellings_flats_low,
    sum(dwellings_flats_high) AS dwellings_flats_high, sum(dwellings_other) AS dwellings_other, sum(dwellings_vacant) AS dwellings_vacant,
    sum(households_owner) AS households_owner, sum(households_tenant) AS households_tenant, sum(age_0_17) AS age_0_17, sum(age_18_64) AS age_18_64,
    sum(age_65_up) AS age_65_up, sum(jobs) AS jobs,
    coalesce(sum(vacancy_share * population) / nullif(sum(population) FILTER (WHERE vacancy_share IS NOT NULL), 0), avg(vacancy_share)) AS vacancy_share,
    coalesce(
        sum(living_area_m2_per_person * population) / nullif(sum(population) FILTER (WHERE living_area_m2_per_person IS NOT NULL), 0),
        avg(living_area_m2_per_person)
    ) AS living_area_m2_per_person,
    max(level) AS level,
    CASE WHEN bool_or(quality = 'modelled') THEN 'modelled' WHEN bool_or(quality = 'interpolated') THEN 'interpolated' ELSE 'measured' END AS quality,
    min(v.dataset) AS dataset, max(v.source_date) AS source_date, bool_or(v.made_up) AS made_up
FROM newest JOIN gcrm.layer_versions v USING (layer_version_id)
HAVING count(*) > 0;

-- name: residence_around(cells)
-- The finest of some cells that the census tells of: its level, and cell.
SELECT cell, level FROM gcrm.cell_residence WHERE cell = ANY(:cells::bigint[]) ORDER BY level DESC, layer_version_id DESC LIMIT 1;

-- name: buildings_in(low, high)
-- What is built in a range of cells: counts and areas, means weighted by what they are known of, quality, dataset, source_date, made_up; no row where
-- nothing is.
WITH newest AS (
    SELECT DISTINCT ON (cell) * FROM gcrm.cell_buildings WHERE cell BETWEEN :low AND :high ORDER BY cell, layer_version_id DESC
)
SELECT
    sum(buildings)::bigint AS buildings, sum(footprint_m2) AS footprint_m2, sum(floor_area_m2) AS floor_area_m2,
    sum(floor_area_known)::bigint AS floor_area_known, sum(detached)::bigint AS detached, sum(terraced)::bigint AS terraced,
    sum(flats)::bigint AS flats, sum(other_residence)::bigint AS other_residence,
    sum(mean_levels * levels_known) / nullif(sum(levels_known), 0) AS mean_levels, sum(levels_known)::bigint AS levels_known,
    sum(mean_height_m * height_known) / nullif(sum(height_known), 0) AS mean_height_m, sum(height_known)::bigint AS height_known,
    sum(mean_year_built * year_known) / nullif(sum(year_known), 0) AS mean_year_built, sum(year_known)::bigint AS year_known,
    sum(residential_m2) AS residential_m2, sum(commercial_m2) AS commercial_m2, sum(industrial_m2) AS industrial_m2,
    sum(public_m2) AS public_m2, sum(other_m2) AS other_m2,
    min(quality) AS quality, min(v.dataset) AS dataset, max(v.source_date) AS source_date, bool_or(v.made_up) AS made_up
FROM newest JOIN gcrm.layer_versions v USING (layer_version_id)
HAVING count(*) > 0;

-- name: footfall_at(low, high)
-- People per hour by weekday and hour, the mean of the cells where they were counted: weekday, hour, people_per_hour, dataset, made_up.
SELECT weekday, hour, avg(people_per_hour)::float8 AS people_per_hour, min(dataset) AS dataset, bool_or(made_up) AS made_up
FROM (
    SELECT f.cell, f.weekday, f.hour, sum(f.people_per_hour) AS people_per_hour, v.dataset, v.made_up -- all ages together
    FROM gcrm.footfall f JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE f.cell BETWEEN :low AND :high AND f.hour IS NOT NULL AND f.quality <> 'modelled'
    GROUP BY f.layer_version_id, f.cell, f.weekday, f.hour, v.dataset, v.made_up
) AS hours
GROUP BY weekday, hour
ORDER BY weekday, hour;

-- name: trade_areas_at(longitude, latitude)
-- The trading areas that a place lies in: dataset, kind, name, site_name, band, band_unit.
SELECT v.dataset, t.kind, t.name, t.site_name, t.band, t.band_unit
FROM gcrm.trade_areas t JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.retired_at IS NULL AND ST_Covers(t.geom, ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326))
ORDER BY v.dataset, t.band NULLS LAST, t.area_km2
LIMIT 50;

-- name: street_at(longitude, latitude, classes)
-- The nearest street within 500 m: name, class, distance_m.
SELECT r.name, r.class, ST_Distance(r.geom::geography, p.point::geography) AS distance_m
FROM (SELECT ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326) AS point) AS p
CROSS JOIN LATERAL (
    SELECT name, class, geom FROM gcrm.roads
    WHERE class = ANY(:classes::text[]) AND geom && ST_Expand(p.point, 0.02)
    ORDER BY geom <-> p.point LIMIT 8
) AS r
WHERE ST_DWithin(r.geom::geography, p.point::geography, 500)
ORDER BY distance_m LIMIT 1;

-- name: trips_at(low, high)
-- Trips of people that begin and end in a range of cells of the level of movement: hour, departures, arrivals.
SELECT
    hour, sum(trips) FILTER (WHERE origin_cell BETWEEN :low AND :high)::bigint AS departures,
    sum(trips) FILTER (WHERE destination_cell BETWEEN :low AND :high)::bigint AS arrivals
FROM gcrm.movement
WHERE (origin_cell BETWEEN :low AND :high OR destination_cell BETWEEN :low AND :high) AND hour IS NOT NULL AND counted <> 'vehicles'
GROUP BY hour ORDER BY hour;

-- What the layers tell of each cell, for the cubes of the surroundings and of footfall.

-- A coarser cell has 7 children a level (a pentagon 6, and all twelve of those lie in the sea); its figures are spread evenly over those of level 10, and what
-- the thousandths leave over goes to the first. Of a figure that several layers tell of a cell, that of the finest and newest counts.
CREATE VIEW gcrm.cell_surroundings WITH (security_invoker = true) AS
WITH RECURSIVE told AS (
    SELECT r.cell, r.level, r.layer_version_id, r.population::numeric(18, 3), r.households::numeric(18, 3), r.dwellings::numeric(18, 3), r.jobs::numeric(18, 3)
    FROM gcrm.cell_residence r JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.retired_at IS NULL
), inside AS (
    SELECT cell AS ancestor, level AS own, layer_version_id, cell, level::int AS level, true AS first FROM told
    UNION ALL
    -- The level stands in bits 52 to 55, the digit of level 10 in bits 15 to 17, that of each coarser one three bits higher.
    SELECT ancestor, own, layer_version_id, cell + (1::bigint << 52) - ((7 - digit)::bigint << (3 * (14 - level))), level + 1, first AND digit = 0
    FROM inside CROSS JOIN generate_series(0, 6) AS digit
    WHERE level < 10
), spread AS (
    SELECT i.cell, i.first, (7 ^ (10 - i.own))::numeric AS parts, i.own, i.layer_version_id, t.population, t.households, t.dwellings, t.jobs
    FROM inside i JOIN told t ON t.cell = i.ancestor AND t.level = i.own AND t.layer_version_id = i.layer_version_id
    WHERE i.level = 10
), shared AS (
    SELECT
        cell, own, layer_version_id,
        CASE WHEN first THEN population - (parts - 1) * trunc(population / parts, 3) ELSE trunc(population / parts, 3) END AS population,
        CASE WHEN first THEN households - (parts - 1) * trunc(households / parts, 3) ELSE trunc(households / parts, 3) END AS households,
        CASE WHEN first THEN dwellings - (parts - 1) * trunc(dwellings / parts, 3) ELSE trunc(dwellings / parts, 3) END AS dwellings,
        CASE WHEN first THEN jobs - (parts - 1) * trunc(jobs / parts, 3) ELSE trunc(jobs / parts, 3) END AS jobs
    FROM spread
), residence AS (
    SELECT
        cell,
        (array_agg(population ORDER BY own DESC, layer_version_id DESC) FILTER (WHERE population IS NOT NULL))[1] AS population,
        (array_agg(households ORDER BY own DESC, layer_version_id DESC) FILTER (WHERE households IS NOT NULL))[1] AS households,
        (array_agg(dwellings ORDER BY own DESC, layer_version_id DESC) FILTER (WHERE dwellings IS NOT NULL))[1] AS dwellings,
        (array_agg(jobs ORDER BY own DESC, layer_version_id DESC) FILTER (WHERE jobs IS NOT NULL))[1] AS jobs
    FROM shared
    GROUP BY cell
), built AS (
    SELECT DISTINCT ON (b.cell) b.cell, b.buildings, b.footprint_m2::numeric(18, 3), b.floor_area_m2::numeric(18, 3)
    FROM gcrm.cell_buildings b JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.retired_at IS NULL
    ORDER BY b.cell, b.layer_version_id DESC
)
SELECT
    coalesce(r.cell, b.cell) AS cell, r.population::numeric(18, 3), r.households::numeric(18, 3), r.dwellings::numeric(18, 3), r.jobs::numeric(18, 3),
    b.buildings, b.footprint_m2, b.floor_area_m2
FROM residence r
FULL JOIN built b ON b.cell = r.cell;
COMMENT ON VIEW gcrm.cell_surroundings IS 'One row per H3 cell of level 10 that a layer in force tells something of; what it tells of a coarser cell is spread evenly.';
COMMENT ON COLUMN gcrm.cell_surroundings.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_surroundings.population IS 'Inhabitants (count, with thousandths); empty where no layer tells.';
COMMENT ON COLUMN gcrm.cell_surroundings.households IS 'Households (count, with thousandths); empty where no layer tells.';
COMMENT ON COLUMN gcrm.cell_surroundings.dwellings IS 'Dwellings (count, with thousandths); empty where no layer tells.';
COMMENT ON COLUMN gcrm.cell_surroundings.jobs IS 'Jobs (count, with thousandths); empty where no layer tells.';
COMMENT ON COLUMN gcrm.cell_surroundings.buildings IS 'Buildings whose middle lies in it (count).';
COMMENT ON COLUMN gcrm.cell_surroundings.footprint_m2 IS 'Footprint of the buildings, m².';
COMMENT ON COLUMN gcrm.cell_surroundings.floor_area_m2 IS 'Floor area of the buildings, m²; empty where it is not known.';
GRANT SELECT ON gcrm.cell_surroundings TO gcrm_writer;

-- Of one layer a cell and weekday, since whole days of one and hours of another would count people twice; of ages that are told apart, and of which some are
-- withheld, there is no total.
CREATE VIEW gcrm.cell_footfall WITH (security_invoker = true) AS
WITH told AS (
    SELECT
        f.layer_version_id, f.cell, f.weekday, f.hour, f.quality,
        coalesce(sum(f.people_per_hour::numeric) FILTER (WHERE f.age_group IS NULL AND NOT f.withheld), sum(f.people_per_hour::numeric)) AS people_per_hour
    FROM gcrm.footfall f JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.retired_at IS NULL
    GROUP BY f.layer_version_id, f.cell, f.weekday, f.hour, f.quality
    HAVING bool_or(f.age_group IS NULL AND NOT f.withheld) OR NOT bool_or(f.withheld)
), best AS (
    SELECT DISTINCT ON (cell, weekday) cell, weekday, layer_version_id
    FROM told
    ORDER BY cell, weekday, array_position(ARRAY['measured', 'interpolated', 'modelled'], quality), hour IS NULL, layer_version_id DESC
)
SELECT t.cell, t.weekday, t.hour, t.quality, (t.people_per_hour * CASE WHEN t.hour IS NULL THEN 24 ELSE 1 END)::numeric(18, 3) AS people
FROM told t JOIN best b USING (cell, weekday, layer_version_id);
COMMENT ON VIEW gcrm.cell_footfall IS 'One row per cell, weekday and hour: the floating population of all ages, of one layer a cell and weekday; without what is withheld.';
COMMENT ON COLUMN gcrm.cell_footfall.cell IS 'H3 cell of level 10, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.cell_footfall.weekday IS 'ISO weekday, Monday is 1.';
COMMENT ON COLUMN gcrm.cell_footfall.hour IS 'Hour of the day in the place''s own time, 0 to 23; empty for the whole day, where only days were counted.';
COMMENT ON COLUMN gcrm.cell_footfall.quality IS 'measured, interpolated or modelled.';
COMMENT ON COLUMN gcrm.cell_footfall.people IS 'People who pass in that hour, or on that day (count).';
GRANT SELECT ON gcrm.cell_footfall TO gcrm_writer;

-- Thematic layers.

-- name: in_force()
-- The thematic layers in force: layer_version_id, dataset, kind, unit, level (of its cells).
SELECT v.layer_version_id, v.dataset, v.parameters ->> 'kind' AS kind, v.parameters ->> 'unit' AS unit,
    (SELECT max(c.level) FROM gcrm.cell_thematic c WHERE c.layer_version_id = v.layer_version_id) AS level
FROM gcrm.layer_versions v
WHERE v.layer = 'thematic_areas' AND v.retired_at IS NULL
ORDER BY v.dataset;

-- name: areas_of(version)
-- The areas of a version, the smallest first: number, category, geom.
SELECT number, category, geom FROM gcrm.thematic_areas WHERE layer_version_id = :version ORDER BY ST_Area(geom), row_number;

-- name: unassigned(version)
-- Accounts that have moved since a layer was looked at for them, or never were: account_id, longitude, latitude.
SELECT a.account_id, ST_X(a.position), ST_Y(a.position)
FROM gcrm.accounts a
LEFT JOIN gcrm.account_thematic t ON t.layer_version_id = :version AND t.account_id = a.account_id
WHERE a.position IS NOT NULL AND t.derived_position IS DISTINCT FROM a.position;

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_thematic (account_id bigint PRIMARY KEY, number double precision, category text) ON COMMIT DROP;

-- name: clear_stage()#
TRUNCATE staged_thematic;

-- name: store_accounts(version)!
-- What the layer tells of the accounts of the stage.
INSERT INTO gcrm.account_thematic AS t (account_id, layer_version_id, number, category, derived_position)
SELECT account_id, :version, s.number, s.category, a.position FROM staged_thematic s JOIN gcrm.accounts a USING (account_id)
ON CONFLICT (layer_version_id, account_id) DO UPDATE
SET number = excluded.number, category = excluded.category, derived_position = excluded.derived_position;

-- name: forget_unplaced()!
DELETE FROM gcrm.account_thematic t USING gcrm.accounts a WHERE a.account_id = t.account_id AND a.position IS NULL;

-- name: cells(dataset, level)
-- A thematic layer by cell of a level: cell, number, category, quality. Counts add up, a rate is the mean, a category that of the largest part.
WITH parts AS (
    SELECT gcrm.cell_parent(c.cell, :level::int) AS cell, c.number, c.category, c.share, c.quality, v.parameters ->> 'kind' AS kind
    FROM gcrm.cell_thematic c JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.layer = 'thematic_areas' AND v.dataset = :dataset AND v.retired_at IS NULL AND c.level >= :level
), largest AS (
    SELECT DISTINCT ON (cell) cell, category FROM parts WHERE category IS NOT NULL GROUP BY cell, category ORDER BY cell, sum(share) DESC, category
)
SELECT
    cell, CASE WHEN min(kind) = 'count' THEN sum(number) ELSE avg(number) END AS number, min(largest.category) AS category,
    CASE WHEN bool_or(quality = 'interpolated') THEN 'interpolated' ELSE 'measured' END AS quality
FROM parts LEFT JOIN largest USING (cell)
GROUP BY cell
ORDER BY cell;

-- name: at(longitude, latitude)
-- What every thematic layer tells of a place: dataset, kind, unit, number, category, name (of the area), source_date, made_up.
SELECT DISTINCT ON (v.dataset)
    v.dataset, v.parameters ->> 'kind' AS kind, v.parameters ->> 'unit' AS unit, t.number, t.category, t.name, v.source_date, v.made_up
FROM gcrm.thematic_areas t JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.retired_at IS NULL AND ST_Covers(t.geom, ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326))
ORDER BY v.dataset, ST_Area(t.geom), t.row_number;

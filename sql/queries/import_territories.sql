-- Territories: one row per sales territory.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_territories;
CREATE TEMPORARY TABLE staged_territories (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    name text NOT NULL,
    region text,
    boundary text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Custom fields that the file does not give keep what the record has.
UPDATE staged_territories s
SET custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.territories t
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: prepare()!
-- The regions that the territories name.
INSERT INTO gcrm.regions (name)
SELECT DISTINCT region FROM staged_territories WHERE region IS NOT NULL
ON CONFLICT (name) DO NOTHING;

-- name: merge(import_id, source)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.territory_id FROM gcrm.territories t WHERE t.source = :source AND t.source_key = s.source_key) AS territory_id,
        s.name,
        r.region_id,
        ST_Multi(ST_GeomFromText(s.boundary, 4326)) AS boundary,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_territories s
    LEFT JOIN gcrm.regions r ON r.name = s.region
), updated AS (
    UPDATE gcrm.territories t
    SET (name, region_id, boundary, made_up, custom, raw, import_id, updated_at)
        = (i.name, i.region_id, i.boundary, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.territory_id = i.territory_id
        AND (t.name, t.region_id, t.boundary, t.made_up, t.custom)
            IS DISTINCT FROM (i.name, i.region_id, i.boundary, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.territories (source, source_key, name, region_id, boundary, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.name, i.region_id, i.boundary, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.territory_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

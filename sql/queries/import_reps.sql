-- Reps: one row per sales representative.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_reps;
CREATE TEMPORARY TABLE staged_reps (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    name text NOT NULL,
    email text,
    territory_key text,
    longitude double precision,
    latitude double precision,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has.
UPDATE staged_reps s
SET email = CASE WHEN 'email' = ANY(:mapped) THEN s.email ELSE t.email END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    territory_key = CASE WHEN 'territory_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.territory_key ELSE d.source_key END,
    longitude = CASE WHEN 'longitude' = ANY(:mapped) THEN s.longitude ELSE ST_X(t.home) END,
    latitude = CASE WHEN 'latitude' = ANY(:mapped) THEN s.latitude ELSE ST_Y(t.home) END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.reps t
LEFT JOIN gcrm.territories d ON d.territory_id = t.territory_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'territory_key' AS field, s.territory_key AS value
FROM staged_reps s
WHERE s.territory_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_reps s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.rep_id FROM gcrm.reps t WHERE t.source = :source AND t.source_key = s.source_key) AS rep_id,
        s.name,
        s.email,
        (SELECT r.territory_id FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) AS territory_id,
        CASE WHEN s.longitude IS NOT NULL AND s.latitude IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.longitude, s.latitude), 4326) END AS home,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_reps s
), updated AS (
    UPDATE gcrm.reps t
    SET (name, email, territory_id, home, made_up, custom, raw, import_id, updated_at)
        = (i.name, i.email, i.territory_id, i.home, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.rep_id = i.rep_id
        AND (t.name, t.email, t.territory_id, t.home, t.made_up, t.custom)
            IS DISTINCT FROM (i.name, i.email, i.territory_id, i.home, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.reps (source, source_key, name, email, territory_id, home, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.name, i.email, i.territory_id, i.home, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.rep_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

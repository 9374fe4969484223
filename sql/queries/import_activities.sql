-- Activities: one row per activity with an account.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_activities;
CREATE TEMPORARY TABLE staged_activities (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    rep_key text,
    kind text NOT NULL,
    happened_at timestamptz NOT NULL,
    subject text,
    outcome text,
    made_up boolean NOT NULL,
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has.
UPDATE staged_activities s
SET subject = CASE WHEN 'subject' = ANY(:mapped) THEN s.subject ELSE t.subject END,
    outcome = CASE WHEN 'outcome' = ANY(:mapped) THEN s.outcome ELSE t.outcome END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    rep_key = CASE WHEN 'rep_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.rep_key ELSE d.source_key END
FROM gcrm.activities t
LEFT JOIN gcrm.reps d ON d.rep_id = t.rep_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_activities s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL
UNION ALL
SELECT s.row_number, 'rep_key' AS field, s.rep_key AS value
FROM staged_activities s
WHERE s.rep_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_activities s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.activity_id FROM gcrm.activities t WHERE t.source = :source AND t.source_key = s.source_key) AS activity_id,
        (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) AS account_id,
        (SELECT r.rep_id FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) AS rep_id,
        s.kind,
        s.happened_at,
        s.subject,
        s.outcome,
        s.made_up,
        s.raw
    FROM staged_activities s
), updated AS (
    UPDATE gcrm.activities t
    SET (account_id, rep_id, kind, happened_at, subject, outcome, made_up, raw, import_id, updated_at)
        = (i.account_id, i.rep_id, i.kind, i.happened_at, i.subject, i.outcome, i.made_up, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.activity_id = i.activity_id
        AND (t.account_id, t.rep_id, t.kind, t.happened_at, t.subject, t.outcome, t.made_up)
            IS DISTINCT FROM (i.account_id, i.rep_id, i.kind, i.happened_at, i.subject, i.outcome, i.made_up)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.activities (source, source_key, account_id, rep_id, kind, happened_at, subject, outcome, made_up, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.account_id, i.rep_id, i.kind, i.happened_at, i.subject, i.outcome, i.made_up, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.activity_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

-- Activities: one row per activity with an account. One without a time at which it happened is planned.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_activities;
CREATE TEMPORARY TABLE staged_activities (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    rep_key text,
    kind text NOT NULL,
    happened_at timestamptz,
    due_at timestamptz,
    duration_minutes double precision,
    contact_key text,
    channel text,
    department text,
    subject text,
    outcome text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; what was done or cancelled here does not become planned again.
UPDATE staged_activities s
SET happened_at = coalesce(s.happened_at, t.happened_at),
    due_at = CASE WHEN 'due_at' = ANY(:mapped) THEN s.due_at ELSE t.due_at END,
    duration_minutes = CASE WHEN 'duration_minutes' = ANY(:mapped) THEN s.duration_minutes ELSE t.duration_minutes END,
    contact_key = CASE WHEN 'contact_key' = ANY(:mapped) OR k.source IS DISTINCT FROM :source THEN s.contact_key ELSE k.source_key END,
    channel = CASE WHEN 'channel' = ANY(:mapped) THEN s.channel ELSE t.channel END,
    department = CASE WHEN 'department' = ANY(:mapped) THEN s.department ELSE t.department END,
    subject = CASE WHEN 'subject' = ANY(:mapped) THEN s.subject ELSE t.subject END,
    outcome = CASE WHEN 'outcome' = ANY(:mapped) THEN s.outcome ELSE t.outcome END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    rep_key = CASE WHEN 'rep_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.rep_key ELSE d.source_key END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.activities t
LEFT JOIN gcrm.reps d ON d.rep_id = t.rep_id
LEFT JOIN gcrm.contacts k ON k.contact_id = t.contact_id
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
    AND (SELECT r.source_key FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) IS NULL
UNION ALL
SELECT s.row_number, 'contact_key' AS field, s.contact_key AS value
FROM staged_activities s
WHERE s.contact_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) IS NULL;

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
        (SELECT r.contact_id FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) AS contact_id,
        s.kind,
        CASE
            WHEN s.happened_at IS NULL THEN 'planned'
            WHEN (SELECT t.happened_at FROM gcrm.activities t WHERE t.source = :source AND t.source_key = s.source_key AND t.state = 'cancelled') = s.happened_at
                THEN 'cancelled'
            ELSE 'done'
        END AS state,
        s.happened_at,
        s.due_at,
        s.duration_minutes::int AS duration_minutes,
        s.channel,
        s.department,
        s.subject,
        s.outcome,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_activities s
), updated AS (
    UPDATE gcrm.activities t
    SET (account_id, rep_id, contact_id, kind, state, happened_at, due_at, duration_minutes, channel,
        department, subject, outcome, made_up, custom, raw, import_id, updated_at)
        = (i.account_id, i.rep_id, i.contact_id, i.kind, i.state, i.happened_at, i.due_at, i.duration_minutes, i.channel,
            i.department, i.subject, i.outcome, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.activity_id = i.activity_id
        AND (t.account_id, t.rep_id, t.contact_id, t.kind, t.state, t.happened_at, t.due_at, t.duration_minutes, t.channel,
            t.department, t.subject, t.outcome, t.made_up, t.custom)
            IS DISTINCT FROM (i.account_id, i.rep_id, i.contact_id, i.kind, i.state, i.happened_at, i.due_at, i.duration_minutes, i.channel,
                i.department, i.subject, i.outcome, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.activities (source, source_key, account_id, rep_id, contact_id, kind, state, happened_at, due_at, duration_minutes, channel,
        department, subject, outcome, made_up, custom, raw, import_id,
        created_import_id)
    SELECT :source, i.source_key, i.account_id, i.rep_id, i.contact_id, i.kind, i.state, i.happened_at, i.due_at, i.duration_minutes, i.channel,
        i.department, i.subject, i.outcome, i.made_up, i.custom,
        i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.activity_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

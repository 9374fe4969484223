-- Cases: one row per question, complaint or fault of a customer.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_cases;
CREATE TEMPORARY TABLE staged_cases (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    contact_key text,
    product_key text,
    rep_key text,
    kind text NOT NULL,
    priority text NOT NULL,
    status text NOT NULL,
    subject text NOT NULL,
    channel text,
    opened_at timestamptz NOT NULL,
    response_due_at timestamptz NOT NULL,
    solution_due_at timestamptz NOT NULL,
    responded_at timestamptz,
    solved_at timestamptz,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; a deadline is kept with the priority that it follows from.
UPDATE staged_cases s
SET contact_key = CASE WHEN 'contact_key' = ANY(:mapped) OR k.source IS DISTINCT FROM :source THEN s.contact_key ELSE k.source_key END,
    product_key = CASE WHEN 'product_key' = ANY(:mapped) OR p.source IS DISTINCT FROM :source THEN s.product_key ELSE p.source_key END,
    rep_key = CASE WHEN 'rep_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.rep_key ELSE d.source_key END,
    priority = CASE WHEN 'priority' = ANY(:mapped) THEN s.priority ELSE t.priority END,
    status = CASE WHEN 'status' = ANY(:mapped) THEN s.status ELSE t.status END,
    channel = CASE WHEN 'channel' = ANY(:mapped) THEN s.channel ELSE t.channel END,
    responded_at = CASE WHEN 'responded_at' = ANY(:mapped) THEN s.responded_at ELSE t.responded_at END,
    solved_at = CASE WHEN 'solved_at' = ANY(:mapped) OR 'status' = ANY(:mapped) AND s.status NOT IN ('solved', 'closed') THEN s.solved_at ELSE t.solved_at END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    response_due_at = CASE WHEN :mapped::text[] && ARRAY['response_due_at', 'priority'] OR s.opened_at <> t.opened_at THEN s.response_due_at ELSE t.response_due_at END,
    solution_due_at = CASE WHEN :mapped::text[] && ARRAY['solution_due_at', 'priority'] OR s.opened_at <> t.opened_at THEN s.solution_due_at ELSE t.solution_due_at END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.cases t
LEFT JOIN gcrm.contacts k ON k.contact_id = t.contact_id
LEFT JOIN gcrm.products p ON p.product_id = t.product_id
LEFT JOIN gcrm.reps d ON d.rep_id = t.rep_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_cases s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL
UNION ALL
SELECT s.row_number, 'contact_key' AS field, s.contact_key AS value
FROM staged_cases s
WHERE s.contact_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) IS NULL
UNION ALL
SELECT s.row_number, 'product_key' AS field, s.product_key AS value
FROM staged_cases s
WHERE s.product_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.products r WHERE r.source = :source AND r.source_key = s.product_key) IS NULL
UNION ALL
SELECT s.row_number, 'rep_key' AS field, s.rep_key AS value
FROM staged_cases s
WHERE s.rep_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_cases s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts). A case with the time of its solution is solved.
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.case_id FROM gcrm.cases t WHERE t.source = :source AND t.source_key = s.source_key) AS case_id,
        (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) AS account_id,
        (SELECT r.contact_id FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) AS contact_id,
        (SELECT r.product_id FROM gcrm.products r WHERE r.source = :source AND r.source_key = s.product_key) AS product_id,
        (SELECT r.rep_id FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) AS rep_id,
        s.kind,
        s.priority,
        CASE WHEN s.solved_at IS NOT NULL AND s.status <> 'closed' THEN 'solved' ELSE s.status END AS status,
        s.subject,
        s.channel,
        s.opened_at,
        s.response_due_at,
        s.solution_due_at,
        s.responded_at,
        s.solved_at,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_cases s
), updated AS (
    UPDATE gcrm.cases t
    SET (account_id, contact_id, product_id, rep_id, kind, priority, status, subject, channel,
        opened_at, response_due_at, solution_due_at, responded_at, solved_at, made_up, custom, raw, import_id, updated_at)
        = (i.account_id, i.contact_id, i.product_id, i.rep_id, i.kind, i.priority, i.status, i.subject, i.channel,
            i.opened_at, i.response_due_at, i.solution_due_at, i.responded_at, i.solved_at, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.case_id = i.case_id
        AND (t.account_id, t.contact_id, t.product_id, t.rep_id, t.kind, t.priority, t.status, t.subject, t.channel,
            t.opened_at, t.response_due_at, t.solution_due_at, t.responded_at, t.solved_at, t.made_up, t.custom)
            IS DISTINCT FROM (i.account_id, i.contact_id, i.product_id, i.rep_id, i.kind, i.priority, i.status, i.subject, i.channel,
                i.opened_at, i.response_due_at, i.solution_due_at, i.responded_at, i.solved_at, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.cases (source, source_key, account_id, contact_id, product_id, rep_id, kind, priority, status, subject, channel,
        opened_at, response_due_at, solution_due_at, responded_at, solved_at, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.account_id, i.contact_id, i.product_id, i.rep_id, i.kind, i.priority, i.status, i.subject, i.channel,
        i.opened_at, i.response_due_at, i.solution_due_at, i.responded_at, i.solved_at, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.case_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

-- Opportunities: one row per sales opportunity.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_opportunities;
CREATE TEMPORARY TABLE staged_opportunities (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    rep_key text,
    name text NOT NULL,
    stage text NOT NULL,
    amount numeric(14, 2) NOT NULL,
    currency char(3) NOT NULL,
    opened_at timestamptz NOT NULL,
    expected_close_on date,
    closed_at timestamptz,
    stage_since timestamptz,
    loss_reason text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; amount and currency are those of its lines, where it has some.
UPDATE staged_opportunities s
SET amount = CASE WHEN l.there THEN t.amount ELSE s.amount END,
    currency = CASE WHEN 'currency' = ANY(:mapped) AND NOT l.there THEN s.currency ELSE t.currency END,
    expected_close_on = CASE WHEN 'expected_close_on' = ANY(:mapped) THEN s.expected_close_on ELSE t.expected_close_on END,
    closed_at = CASE WHEN 'closed_at' = ANY(:mapped) THEN s.closed_at ELSE t.closed_at END,
    stage_since = CASE WHEN 'stage_since' = ANY(:mapped) THEN s.stage_since END,
    loss_reason = CASE WHEN 'loss_reason' = ANY(:mapped) THEN s.loss_reason WHEN s.stage = t.stage THEN t.loss_reason END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    rep_key = CASE WHEN 'rep_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.rep_key ELSE d.source_key END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.opportunities t
LEFT JOIN gcrm.reps d ON d.rep_id = t.rep_id
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM gcrm.opportunity_lines n WHERE n.opportunity_id = t.opportunity_id) AS there) l
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_opportunities s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL
UNION ALL
SELECT s.row_number, 'rep_key' AS field, s.rep_key AS value
FROM staged_opportunities s
WHERE s.rep_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_opportunities s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts). Since when it is in its stage, where the file does not say: of a new one, since it was
-- closed, else opened; of one that is where it was, as before; of one that moved, since it was closed, else now.
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.opportunity_id FROM gcrm.opportunities t WHERE t.source = :source AND t.source_key = s.source_key) AS opportunity_id,
        (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) AS account_id,
        (SELECT r.rep_id FROM gcrm.reps r WHERE r.source = :source AND r.source_key = s.rep_key) AS rep_id,
        s.name,
        s.stage,
        s.amount,
        s.currency,
        s.opened_at,
        s.expected_close_on,
        s.closed_at,
        s.stage_since,
        s.loss_reason,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_opportunities s
), updated AS (
    UPDATE gcrm.opportunities t
    SET (account_id, rep_id, name, stage, amount, currency, opened_at, expected_close_on, closed_at, stage_since, loss_reason, made_up, custom, raw, import_id,
            updated_at)
        = (i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at,
            coalesce(i.stage_since, CASE WHEN i.stage = t.stage THEN greatest(t.stage_since, i.opened_at) ELSE coalesce(i.closed_at, greatest(now(), i.opened_at)) END),
            i.loss_reason, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.opportunity_id = i.opportunity_id
        AND (t.account_id, t.rep_id, t.name, t.stage, t.amount, t.currency, t.opened_at, t.expected_close_on, t.closed_at, t.stage_since, t.loss_reason, t.made_up, t.custom)
            IS DISTINCT FROM (i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at,
                coalesce(i.stage_since, t.stage_since), i.loss_reason, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.opportunities (source, source_key, account_id, rep_id, name, stage, amount, currency, opened_at, expected_close_on, closed_at, stage_since,
        loss_reason, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at,
        coalesce(i.stage_since, i.closed_at, i.opened_at), i.loss_reason, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.opportunity_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

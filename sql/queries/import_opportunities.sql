-- Opportunities: one row per sales opportunity.

-- name: create_stage()#
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
    made_up boolean NOT NULL
) ON COMMIT DROP;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_opportunities s
LEFT JOIN gcrm.account_sources r ON r.source = :source AND r.source_key = s.account_key
WHERE s.account_key IS NOT NULL AND r.source_key IS NULL
UNION ALL
SELECT s.row_number, 'rep_key' AS field, s.rep_key AS value
FROM staged_opportunities s
LEFT JOIN gcrm.reps r ON r.source = :source AND r.source_key = s.rep_key
WHERE s.rep_key IS NOT NULL AND r.source_key IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_opportunities s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        a.account_id,
        rp.rep_id,
        s.name,
        s.stage,
        s.amount,
        s.currency,
        s.opened_at,
        s.expected_close_on,
        s.closed_at,
        s.made_up
    FROM staged_opportunities s
    LEFT JOIN gcrm.account_sources a ON a.source = :source AND a.source_key = s.account_key
    LEFT JOIN gcrm.reps rp ON rp.source = :source AND rp.source_key = s.rep_key
), updated AS (
    UPDATE gcrm.opportunities t
    SET (account_id, rep_id, name, stage, amount, currency, opened_at, expected_close_on, closed_at, made_up, import_id, updated_at)
        = (i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at, i.made_up, :import_id, now())
    FROM incoming i
    WHERE t.source = :source AND t.source_key = i.source_key
        AND (t.account_id, t.rep_id, t.name, t.stage, t.amount, t.currency, t.opened_at, t.expected_close_on, t.closed_at, t.made_up)
            IS DISTINCT FROM (i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at, i.made_up)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.opportunities (source, source_key, account_id, rep_id, name, stage, amount, currency, opened_at, expected_close_on, closed_at, made_up, import_id)
    SELECT :source, i.source_key, i.account_id, i.rep_id, i.name, i.stage, i.amount, i.currency, i.opened_at, i.expected_close_on, i.closed_at, i.made_up, :import_id
    FROM incoming i
    WHERE NOT EXISTS (SELECT FROM gcrm.opportunities t WHERE t.source = :source AND t.source_key = i.source_key)
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

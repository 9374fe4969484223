-- Members of campaigns: one row per account or person that a campaign was sent to, and wave.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_campaign_members;
CREATE TEMPORARY TABLE staged_campaign_members (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    campaign_key text NOT NULL,
    account_key text,
    contact_key text,
    wave text,
    sent_at timestamptz NOT NULL,
    response text NOT NULL,
    responded_at timestamptz,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; of account and contact the one that is not given stays as long as the other does.
UPDATE staged_campaign_members s
SET wave = CASE WHEN 'wave' = ANY(:mapped) THEN s.wave ELSE t.wave END,
    response = CASE WHEN 'response' = ANY(:mapped) THEN s.response ELSE t.response END,
    responded_at = CASE
        WHEN 'responded_at' = ANY(:mapped) THEN s.responded_at
        WHEN t.responded_at >= s.sent_at AND ('response' <> ALL(:mapped) OR s.response <> 'none') THEN t.responded_at
    END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    account_key = CASE
        WHEN 'account_key' = ANY(:mapped) OR a.source IS DISTINCT FROM :source OR k.source_key IS DISTINCT FROM s.contact_key THEN s.account_key
        ELSE a.source_key
    END,
    contact_key = CASE
        WHEN 'contact_key' = ANY(:mapped) OR k.source IS DISTINCT FROM :source
            OR t.account_id IS DISTINCT FROM (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key)
            THEN s.contact_key
        ELSE k.source_key
    END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.campaign_members t
LEFT JOIN gcrm.accounts a ON a.account_id = t.account_id
LEFT JOIN gcrm.contacts k ON k.contact_id = t.contact_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'campaign_key' AS field, s.campaign_key AS value
FROM staged_campaign_members s
WHERE (SELECT r.source_key FROM gcrm.campaigns r WHERE r.source = :source AND r.source_key = s.campaign_key) IS NULL
UNION ALL
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_campaign_members s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL
UNION ALL
SELECT s.row_number, 'contact_key' AS field, s.contact_key AS value
FROM staged_campaign_members s
WHERE s.contact_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_campaign_members s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts). Where no account is given, it is the one that the contact is at.
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.campaign_member_id FROM gcrm.campaign_members t WHERE t.source = :source AND t.source_key = s.source_key) AS campaign_member_id,
        (SELECT r.campaign_id FROM gcrm.campaigns r WHERE r.source = :source AND r.source_key = s.campaign_key) AS campaign_id,
        coalesce(
            (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key),
            (SELECT r.account_id FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key)
        ) AS account_id,
        (SELECT r.contact_id FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) AS contact_id,
        s.wave,
        s.sent_at,
        s.response,
        s.responded_at,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_campaign_members s
), updated AS (
    UPDATE gcrm.campaign_members t
    SET (campaign_id, account_id, contact_id, wave, sent_at, response, responded_at, made_up, custom, raw, import_id, updated_at)
        = (i.campaign_id, i.account_id, i.contact_id, i.wave, i.sent_at, i.response, i.responded_at, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.campaign_member_id = i.campaign_member_id
        AND (t.campaign_id, t.account_id, t.contact_id, t.wave, t.sent_at, t.response, t.responded_at, t.made_up, t.custom)
            IS DISTINCT FROM (i.campaign_id, i.account_id, i.contact_id, i.wave, i.sent_at, i.response, i.responded_at, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.campaign_members (source, source_key, campaign_id, account_id, contact_id, wave, sent_at, response, responded_at, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.campaign_id, i.account_id, i.contact_id, i.wave, i.sent_at, i.response, i.responded_at, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.campaign_member_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

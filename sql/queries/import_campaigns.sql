-- Campaigns: one row per campaign.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_campaigns;
CREATE TEMPORARY TABLE staged_campaigns (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    name text NOT NULL,
    channel text,
    audience text,
    starts_on date NOT NULL,
    ends_on date,
    cost numeric(14, 2),
    currency char(3) NOT NULL,
    attribution_days numeric(6, 2) NOT NULL,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; a last day that would stand before the first is left out.
UPDATE staged_campaigns s
SET channel = CASE WHEN 'channel' = ANY(:mapped) THEN s.channel ELSE t.channel END,
    audience = CASE WHEN 'audience' = ANY(:mapped) THEN s.audience ELSE t.audience END,
    ends_on = CASE WHEN 'ends_on' = ANY(:mapped) THEN s.ends_on WHEN t.ends_on >= s.starts_on THEN t.ends_on END,
    cost = CASE WHEN 'cost' = ANY(:mapped) THEN s.cost ELSE t.cost END,
    currency = CASE WHEN 'currency' = ANY(:mapped) THEN s.currency ELSE t.currency END,
    attribution_days = CASE WHEN 'attribution_days' = ANY(:mapped) THEN s.attribution_days ELSE t.attribution_days END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.campaigns t
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: merge(import_id, source)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.campaign_id FROM gcrm.campaigns t WHERE t.source = :source AND t.source_key = s.source_key) AS campaign_id,
        s.name,
        s.channel,
        s.audience,
        s.starts_on,
        s.ends_on,
        s.cost,
        s.currency,
        s.attribution_days,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_campaigns s
), updated AS (
    UPDATE gcrm.campaigns t
    SET (name, channel, audience, starts_on, ends_on, cost, currency, attribution_days, made_up, custom, raw, import_id, updated_at)
        = (i.name, i.channel, i.audience, i.starts_on, i.ends_on, i.cost, i.currency, i.attribution_days, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.campaign_id = i.campaign_id
        AND (t.name, t.channel, t.audience, t.starts_on, t.ends_on, t.cost, t.currency, t.attribution_days, t.made_up, t.custom)
            IS DISTINCT FROM (i.name, i.channel, i.audience, i.starts_on, i.ends_on, i.cost, i.currency, i.attribution_days, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.campaigns (source, source_key, name, channel, audience, starts_on, ends_on, cost, currency, attribution_days, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.name, i.channel, i.audience, i.starts_on, i.ends_on, i.cost, i.currency, i.attribution_days, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.campaign_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

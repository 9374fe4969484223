-- Orders: one row per order line.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_orders;
CREATE TEMPORARY TABLE staged_orders (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    order_key text NOT NULL,
    account_key text NOT NULL,
    product_key text,
    ordered_at timestamptz NOT NULL,
    channel text,
    quantity numeric(12, 3) NOT NULL,
    revenue numeric(14, 2) NOT NULL,
    cost numeric(14, 2),
    currency char(3) NOT NULL,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has.
UPDATE staged_orders s
SET channel = CASE WHEN 'channel' = ANY(:mapped) THEN s.channel ELSE t.channel END,
    quantity = CASE WHEN 'quantity' = ANY(:mapped) THEN s.quantity ELSE t.quantity END,
    cost = CASE WHEN 'cost' = ANY(:mapped) THEN s.cost ELSE t.cost END,
    currency = CASE WHEN 'currency' = ANY(:mapped) THEN s.currency ELSE t.currency END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    product_key = CASE WHEN 'product_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.product_key ELSE d.source_key END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.orders t
LEFT JOIN gcrm.products d ON d.product_id = t.product_id
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_orders s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL
UNION ALL
SELECT s.row_number, 'product_key' AS field, s.product_key AS value
FROM staged_orders s
WHERE s.product_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.products r WHERE r.source = :source AND r.source_key = s.product_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_orders s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.order_line_id FROM gcrm.orders t WHERE t.source = :source AND t.source_key = s.source_key) AS order_line_id,
        s.order_key,
        (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) AS account_id,
        (SELECT r.product_id FROM gcrm.products r WHERE r.source = :source AND r.source_key = s.product_key) AS product_id,
        s.ordered_at,
        s.channel,
        s.quantity,
        s.revenue,
        s.cost,
        s.currency,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_orders s
), updated AS (
    UPDATE gcrm.orders t
    SET (order_key, account_id, product_id, ordered_at, channel, quantity, revenue, cost, currency, made_up, custom, raw, import_id, updated_at)
        = (i.order_key, i.account_id, i.product_id, i.ordered_at, i.channel, i.quantity, i.revenue, i.cost, i.currency, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.order_line_id = i.order_line_id
        AND (t.order_key, t.account_id, t.product_id, t.ordered_at, t.channel, t.quantity, t.revenue, t.cost, t.currency, t.made_up, t.custom)
            IS DISTINCT FROM (i.order_key, i.account_id, i.product_id, i.ordered_at, i.channel, i.quantity, i.revenue, i.cost, i.currency, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.orders (source, source_key, order_key, account_id, product_id, ordered_at, channel, quantity, revenue, cost, currency, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.order_key, i.account_id, i.product_id, i.ordered_at, i.channel, i.quantity, i.revenue, i.cost, i.currency, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.order_line_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

-- Products: one row per product.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_products;
CREATE TEMPORARY TABLE staged_products (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    unit_price numeric(14, 2),
    unit_cost numeric(14, 2),
    currency char(3),
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has.
UPDATE staged_products s
SET category = CASE WHEN 'category' = ANY(:mapped) THEN s.category ELSE t.category END,
    unit_price = CASE WHEN 'unit_price' = ANY(:mapped) THEN s.unit_price ELSE t.unit_price END,
    unit_cost = CASE WHEN 'unit_cost' = ANY(:mapped) THEN s.unit_cost ELSE t.unit_cost END,
    currency = CASE WHEN 'currency' = ANY(:mapped) THEN s.currency ELSE t.currency END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.products t
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: merge(import_id, source)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.product_id FROM gcrm.products t WHERE t.source = :source AND t.source_key = s.source_key) AS product_id,
        s.name,
        s.category,
        s.unit_price,
        s.unit_cost,
        s.currency,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_products s
), updated AS (
    UPDATE gcrm.products t
    SET (name, category, unit_price, unit_cost, currency, made_up, custom, raw, import_id, updated_at)
        = (i.name, i.category, i.unit_price, i.unit_cost, i.currency, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.product_id = i.product_id
        AND (t.name, t.category, t.unit_price, t.unit_cost, t.currency, t.made_up, t.custom)
            IS DISTINCT FROM (i.name, i.category, i.unit_price, i.unit_cost, i.currency, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.products (source, source_key, name, category, unit_price, unit_cost, currency, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.name, i.category, i.unit_price, i.unit_cost, i.currency, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.product_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

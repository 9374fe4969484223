-- More members of accounts: the municipality, the trading area, the company at the top of a chain of accounts; and those of products.

ALTER TABLE gcrm.account_surroundings ADD COLUMN municipality text;
COMMENT ON COLUMN gcrm.account_surroundings.municipality IS
    'The municipality that covers it (admin_level 8 of the layer districts); where the extract has none, the city of the nearest address.';
-- What is there does not tell it yet: the next `gcrm enrich` renews what comes from the layer districts.
UPDATE gcrm.account_surroundings SET layer_version_ids = ARRAY(
    SELECT layer_version_id FROM unnest(layer_version_ids) AS layer_version_id
    WHERE layer_version_id NOT IN (SELECT layer_version_id FROM gcrm.layer_versions WHERE layer = 'districts')
    ORDER BY layer_version_id
);

CREATE OR REPLACE VIEW gcrm.account_members WITH (security_invoker = true) AS
WITH RECURSIVE companies AS (
    -- Different companies that are called the same stay apart by their keys.
    SELECT account_id, CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || source || '/' || source_key || ')' ELSE name END AS company
    FROM gcrm.accounts
    WHERE parent_account_id IS NULL AND kind = 'company'
    UNION ALL
    -- From the top down: a circle of parents has no top, and so no company.
    SELECT a.account_id, c.company FROM gcrm.accounts a JOIN companies c ON c.account_id = a.parent_account_id
), newest AS (
    -- Of sets of areas that every reader may see; of others a reader sees no area, or those of its own accounts.
    SELECT v.layer_version_id, v.dataset
    FROM gcrm.layer_versions v JOIN gcrm.trade_areas t USING (layer_version_id)
    WHERE v.retired_at IS NULL
    GROUP BY v.layer_version_id, v.dataset
    HAVING bool_and(t.kind <> 'customers' AND t.site_account_id IS NULL)
    ORDER BY v.layer_version_id DESC
    LIMIT 1
), areas AS (
    SELECT m.account_id, n.dataset || '/' || t.name AS trade_area
    FROM newest n
    JOIN gcrm.trade_areas t USING (layer_version_id)
    JOIN gcrm.account_trade_areas m USING (trade_area_id)
    WHERE m.most_likely
)
SELECT
    a.account_id, a.cell, ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude,
    coalesce(a.segment, '(unknown)') AS segment,
    coalesce(s.residence_type, '(unknown)') AS residence_type,
    coalesce(s.district, '(unknown)') AS district,
    coalesce(s.road_class, '(unknown)') AS road_class,
    coalesce(a.territory_id, 0) AS territory_id,
    coalesce(t.name, '(unknown)') AS territory,
    coalesce(r.name, '(unknown)') AS region,
    a.status,
    coalesce(s.municipality, '(unknown)') AS municipality,
    coalesce(w.trade_area, '(unknown)') AS trade_area,
    coalesce(c.company, '(unknown)') AS company
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id)
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
LEFT JOIN gcrm.regions r USING (region_id)
LEFT JOIN areas w ON w.account_id = a.account_id
LEFT JOIN companies c ON c.account_id = a.account_id;
COMMENT ON COLUMN gcrm.account_members.municipality IS 'Municipality that its position lies in.';
COMMENT ON COLUMN gcrm.account_members.trade_area IS
    'Most likely trading area of its position, as SET/NAME: of the set that was loaded or computed last, of those whose areas every reader may see.';
COMMENT ON COLUMN gcrm.account_members.company IS 'The account at the top of its parents, itself where it has none; where that is no company it is not known.';
GRANT SELECT ON gcrm.account_members TO gcrm_reader;

CREATE VIEW gcrm.product_members WITH (security_invoker = true) AS
-- Different products that are called the same stay apart by their keys.
SELECT product_id, category, CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || source || '/' || source_key || ')' ELSE name END AS product
FROM gcrm.products;
COMMENT ON VIEW gcrm.product_members IS 'One row per product: its members in the dimensions of the cubes.';
COMMENT ON COLUMN gcrm.product_members.product_id IS 'The product.';
COMMENT ON COLUMN gcrm.product_members.category IS 'Product category.';
COMMENT ON COLUMN gcrm.product_members.product IS 'Its name, with its key behind it where another product is called the same.';
GRANT SELECT ON gcrm.product_members TO gcrm_writer, gcrm_reader;

-- Trading areas, what lies in them, and what they are computed from.

-- name: create_areas_stage()#
CREATE TEMPORARY TABLE staged_areas (
    feature_number bigint NOT NULL, name text NOT NULL, site_key text, site_name text, site_account_id bigint, site text, band double precision,
    band_unit text, parameters jsonb NOT NULL, properties jsonb NOT NULL, area_km2 double precision NOT NULL, geom text NOT NULL
) ON COMMIT DROP;

-- name: store_areas(version, kind)!
-- The areas of the stage, as those of a version.
INSERT INTO gcrm.trade_areas (
    layer_version_id, feature_number, kind, name, site_key, site_name, site_account_id, site, band, band_unit, parameters, properties,
    area_km2, geom
)
SELECT
    :version, feature_number, :kind, name, site_key, site_name, site_account_id, site::geometry, band, band_unit, parameters, properties,
    area_km2, geom::geometry
FROM staged_areas
ORDER BY feature_number;

-- name: sets()
-- The sets of areas in force: layer_version_id, dataset.
SELECT layer_version_id, dataset FROM gcrm.layer_versions WHERE layer = 'trade_areas' AND retired_at IS NULL ORDER BY dataset;

-- name: areas_of(version)
-- The areas of a version as `Members` takes them.
SELECT trade_area_id, site_key, band, band_unit, area_km2, ST_X(site) AS site_longitude, ST_Y(site) AS site_latitude, geom
FROM gcrm.trade_areas WHERE layer_version_id = :version ORDER BY trade_area_id;

-- name: shapes_named(name)
-- Of each set in force that has areas of this name, or is named before it: dataset, the areas as one.
SELECT v.dataset, ST_Union(t.geom)
FROM gcrm.trade_areas t JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.retired_at IS NULL AND :name IN (t.name, v.dataset || '/' || t.name)
GROUP BY v.dataset
ORDER BY v.dataset;

-- name: names()
-- The areas in force: dataset, name.
SELECT DISTINCT v.dataset, t.name FROM gcrm.trade_areas t JOIN gcrm.layer_versions v USING (layer_version_id) WHERE v.retired_at IS NULL ORDER BY 1, 2;

-- name: probabilities_of(version)
SELECT cell, site_key, probability FROM gcrm.site_probabilities WHERE layer_version_id = :version;

-- name: huff_level(version)$
-- H3 level of the cells of a Huff model; empty where the set is none.
SELECT (parameters ->> 'level')::int FROM gcrm.trade_areas WHERE layer_version_id = :version AND kind = 'huff' LIMIT 1;

-- name: placed_accounts()
SELECT account_id, ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE position IS NOT NULL;

-- name: known_cells()
-- The cells that something is known of.
SELECT cell FROM gcrm.accounts WHERE cell IS NOT NULL UNION SELECT cell FROM gcrm.footfall;

-- name: has_residence()$
-- Whether there is a residence layer.
SELECT to_regclass('gcrm.cell_residence') IS NOT NULL;

-- name: residence_cells()
SELECT DISTINCT cell FROM gcrm.cell_residence;

-- name: outdated_cells(versions)
-- The sets of areas whose cells were compared with other versions of the layers than these: layer_version_id.
SELECT layer_version_id
FROM gcrm.layer_versions v LEFT JOIN gcrm.trade_area_cells c USING (layer_version_id)
WHERE v.layer = 'trade_areas' AND v.retired_at IS NULL AND c.compared_with IS DISTINCT FROM :versions::int[]
ORDER BY layer_version_id;

-- name: cells_compared(version, versions)!
INSERT INTO gcrm.trade_area_cells (layer_version_id, compared_with) VALUES (:version, :versions::int[])
ON CONFLICT (layer_version_id) DO UPDATE SET compared_with = excluded.compared_with;

-- name: create_members_stage()#
CREATE TEMPORARY TABLE staged_members (
    member bigint NOT NULL, trade_area_id bigint NOT NULL, most_likely boolean NOT NULL, probability real, PRIMARY KEY (member, trade_area_id)
) ON COMMIT DROP;

-- name: clear_members_stage()#
TRUNCATE staged_members;

-- name: forget_accounts(version)!
-- What the accounts of the stage do not lie in any more; and rows of areas that are gone.
DELETE FROM gcrm.account_trade_areas m
WHERE NOT EXISTS (SELECT FROM gcrm.trade_areas t WHERE t.trade_area_id = m.trade_area_id)
    OR (m.trade_area_id IN (SELECT trade_area_id FROM gcrm.trade_areas WHERE layer_version_id = :version)
        AND NOT EXISTS (SELECT FROM staged_members s WHERE s.member = m.account_id AND s.trade_area_id = m.trade_area_id));

-- name: forget_moved(version, accounts)!
-- What some accounts, whose areas of the set are in the stage, do not lie in any more.
DELETE FROM gcrm.account_trade_areas m
USING gcrm.trade_areas t
WHERE m.account_id = ANY(:accounts::bigint[]) AND t.trade_area_id = m.trade_area_id AND t.layer_version_id = :version
    AND NOT EXISTS (SELECT FROM staged_members s WHERE s.member = m.account_id AND s.trade_area_id = m.trade_area_id);

-- name: forget_gone(accounts)!
-- Areas of some accounts that are in no set any more.
DELETE FROM gcrm.account_trade_areas m
WHERE m.account_id = ANY(:accounts::bigint[]) AND NOT EXISTS (SELECT FROM gcrm.trade_areas t WHERE t.trade_area_id = m.trade_area_id);

-- name: store_accounts()!
-- What the accounts of the stage lie in, where it is new or differs; but for accounts that are gone since.
INSERT INTO gcrm.account_trade_areas AS m (account_id, trade_area_id, most_likely, probability)
SELECT member, trade_area_id, most_likely, probability FROM staged_members
WHERE EXISTS (SELECT FROM gcrm.accounts a WHERE a.account_id = member)
ON CONFLICT (account_id, trade_area_id) DO UPDATE SET most_likely = excluded.most_likely, probability = excluded.probability
WHERE (m.most_likely, m.probability) IS DISTINCT FROM (excluded.most_likely, excluded.probability);

-- name: forget_cells(version)!
DELETE FROM gcrm.cell_trade_areas m
USING gcrm.trade_areas t
WHERE t.trade_area_id = m.trade_area_id AND t.layer_version_id = :version
    AND NOT EXISTS (SELECT FROM staged_members s WHERE s.member = m.cell AND s.trade_area_id = m.trade_area_id);

-- name: store_cells()!
INSERT INTO gcrm.cell_trade_areas AS m (cell, trade_area_id, most_likely, probability)
SELECT member, trade_area_id, most_likely, probability FROM staged_members
ON CONFLICT (cell, trade_area_id) DO UPDATE SET most_likely = excluded.most_likely, probability = excluded.probability
WHERE (m.most_likely, m.probability) IS DISTINCT FROM (excluded.most_likely, excluded.probability);

-- name: sites(statuses, segments)
-- Accounts with a position as sites: site_key, site_name, site_account_id, geom; empty means all.
SELECT source || '/' || source_key AS site_key, name AS site_name, account_id AS site_account_id, position AS geom
FROM gcrm.accounts
WHERE position IS NOT NULL
    AND (cardinality(:statuses::text[]) = 0 OR status = ANY(:statuses)) AND (cardinality(:segments::text[]) = 0 OR segment = ANY(:segments))
ORDER BY account_id;

-- name: customers()
-- Customers with a position: account_id, parent_account_id, geom.
SELECT account_id, parent_account_id, position AS geom FROM gcrm.accounts WHERE status = 'customer' AND position IS NOT NULL ORDER BY account_id;

-- name: revenue(months)
-- Revenue of each account over the months before the newest order: account_id, currency, revenue.
SELECT account_id, currency, sum(revenue)::float8 AS revenue
FROM gcrm.orders
WHERE ordered_at > (SELECT max(ordered_at) FROM gcrm.orders) - make_interval(months => :months)
GROUP BY account_id, currency;

-- name: figures(dataset)
-- One row per area of a set, or of all sets: what lies in it, as far as the reader may see accounts.
WITH members AS (
    SELECT m.trade_area_id,
        count(*) FILTER (WHERE a.status = 'customer') AS customers,
        count(*) FILTER (WHERE a.status = 'customer' AND a.kind <> 'company') AS private_customers,
        count(*) FILTER (WHERE a.status = 'prospect') AS prospects
    FROM gcrm.account_trade_areas m JOIN gcrm.accounts a USING (account_id)
    GROUP BY m.trade_area_id
)
SELECT t.trade_area_id, v.dataset, t.kind, t.name, t.site_key, t.site_name, t.band, t.band_unit, t.area_km2,
    coalesce(m.customers, 0) AS customers, coalesce(m.private_customers, 0) AS private_customers, coalesce(m.prospects, 0) AS prospects
FROM gcrm.trade_areas t
JOIN gcrm.layer_versions v USING (layer_version_id)
LEFT JOIN members m USING (trade_area_id)
WHERE v.retired_at IS NULL AND (:dataset::text IS NULL OR v.dataset = :dataset)
ORDER BY v.dataset, t.feature_number;

-- name: residence(dataset)
-- Population and households of each area, by the cells whose middle lies in it; of several values of a cell the newest.
WITH newest AS (
    SELECT DISTINCT ON (cell) cell, population, households FROM gcrm.cell_residence ORDER BY cell, layer_version_id DESC
)
SELECT m.trade_area_id, sum(r.population)::float8 AS population, sum(r.households)::float8 AS households,
    sum(r.households * m.probability)::float8 AS expected_households
FROM gcrm.cell_trade_areas m
JOIN gcrm.trade_areas t USING (trade_area_id)
JOIN gcrm.layer_versions v USING (layer_version_id)
JOIN newest r USING (cell)
WHERE v.retired_at IS NULL AND (:dataset::text IS NULL OR v.dataset = :dataset)
GROUP BY m.trade_area_id;

-- name: overlaps(dataset)
-- Each two areas of a set that overlap: trade_area_id, name, other_id, other_name, overlap_km2, share (of the first one's area, 0 to 1).
SELECT t.trade_area_id, t.name, o.trade_area_id AS other_id, o.name AS other_name, part.km2 AS overlap_km2, part.km2 / t.area_km2 AS share
FROM gcrm.trade_areas t
JOIN gcrm.layer_versions v USING (layer_version_id)
JOIN gcrm.trade_areas o ON o.layer_version_id = t.layer_version_id AND o.trade_area_id <> t.trade_area_id AND o.geom && t.geom
CROSS JOIN LATERAL (SELECT ST_Area(ST_CollectionExtract(ST_Intersection(t.geom, o.geom), 3)::geography) / 1e6 AS km2) AS part
WHERE v.retired_at IS NULL AND v.layer = 'trade_areas' AND v.dataset = :dataset AND part.km2 > 0
ORDER BY t.feature_number, share DESC, o.feature_number;

-- name: findings(layer, dataset)
-- What was repaired and refused of the version in force: feature_number, feature_name, problem, outcome.
SELECT f.feature_number, f.feature_name, f.problem, f.outcome
FROM gcrm.layer_findings f JOIN gcrm.layer_versions v USING (layer_version_id)
WHERE v.retired_at IS NULL AND v.layer = :layer AND v.dataset = :dataset
ORDER BY f.feature_number;

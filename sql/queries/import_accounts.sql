-- Accounts: one row per account.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_accounts;
CREATE TEMPORARY TABLE staged_accounts (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    name text NOT NULL,
    segment text,
    parent_key text,
    street text,
    house_number text,
    postcode text,
    city text,
    country_code char(2),
    phone text,
    email text,
    website text,
    tax_number text,
    longitude double precision,
    latitude double precision,
    cell bigint,
    territory_key text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has; a given position only where its address stays.
UPDATE staged_accounts s
SET kind = CASE WHEN 'kind' = ANY(:mapped) THEN s.kind ELSE t.kind END,
    status = CASE WHEN 'status' = ANY(:mapped) THEN s.status ELSE t.status END,
    segment = CASE WHEN 'segment' = ANY(:mapped) THEN s.segment ELSE t.segment END,
    parent_key = CASE WHEN 'parent_key' = ANY(:mapped) OR p.source IS DISTINCT FROM :source THEN s.parent_key ELSE p.source_key END,
    street = CASE WHEN 'street' = ANY(:mapped) THEN s.street ELSE t.street END,
    house_number = CASE WHEN 'house_number' = ANY(:mapped) THEN s.house_number ELSE t.house_number END,
    postcode = CASE WHEN 'postcode' = ANY(:mapped) THEN s.postcode ELSE t.postcode END,
    city = CASE WHEN 'city' = ANY(:mapped) THEN s.city ELSE t.city END,
    country_code = CASE WHEN 'country_code' = ANY(:mapped) THEN s.country_code ELSE t.country_code END,
    phone = CASE WHEN 'phone' = ANY(:mapped) THEN s.phone ELSE t.phone END,
    email = CASE WHEN 'email' = ANY(:mapped) THEN s.email ELSE t.email END,
    website = CASE WHEN 'website' = ANY(:mapped) THEN s.website ELSE t.website END,
    tax_number = CASE WHEN 'tax_number' = ANY(:mapped) THEN s.tax_number ELSE t.tax_number END,
    (longitude, latitude, cell) = (
        SELECT CASE WHEN stays THEN ST_X(t.position) ELSE s.longitude END, CASE WHEN stays THEN ST_Y(t.position) ELSE s.latitude END,
            CASE WHEN stays THEN t.cell ELSE s.cell END
        FROM (VALUES (
            NOT 'longitude' = ANY(:mapped) AND t.geocode_level = 'given'
            AND (NOT 'street' = ANY(:mapped) OR s.street IS NOT DISTINCT FROM t.street)
            AND (NOT 'house_number' = ANY(:mapped) OR s.house_number IS NOT DISTINCT FROM t.house_number)
            AND (NOT 'postcode' = ANY(:mapped) OR s.postcode IS NOT DISTINCT FROM t.postcode)
            AND (NOT 'city' = ANY(:mapped) OR s.city IS NOT DISTINCT FROM t.city)
            AND (NOT 'country_code' = ANY(:mapped) OR s.country_code IS NOT DISTINCT FROM t.country_code)
        )) AS same (stays)
    ),
    territory_key = CASE WHEN 'territory_key' = ANY(:mapped) OR d.source IS DISTINCT FROM :source THEN s.territory_key ELSE d.source_key END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.accounts t
LEFT JOIN gcrm.accounts p ON p.account_id = t.parent_account_id
LEFT JOIN gcrm.territories d ON d.territory_id = t.territory_id AND t.territory_given
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value. A parent may stand in the same chunk; if it is refused, so is its child.
WITH RECURSIVE orphan AS (
    SELECT s.row_number, s.source_key, s.parent_key
    FROM staged_accounts s
    WHERE s.parent_key IS NOT NULL
        AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.parent_key) IS NULL
), homeless AS (
    SELECT s.row_number, s.source_key, s.territory_key
    FROM staged_accounts s
    WHERE s.territory_key IS NOT NULL
        AND (SELECT r.source_key FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) IS NULL
), refused AS (
    SELECT row_number, source_key, 'territory_key' AS field, territory_key AS value
    FROM homeless
    UNION
    SELECT row_number, source_key, 'parent_key' AS field, parent_key AS value
    FROM orphan
    WHERE parent_key NOT IN (SELECT sibling.source_key FROM staged_accounts sibling)
    UNION
    SELECT o.row_number, o.source_key, 'parent_key' AS field, o.parent_key AS value
    FROM orphan o
    JOIN refused ON refused.source_key = o.parent_key
)
SELECT row_number, field, value FROM refused ORDER BY row_number, field DESC;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_accounts s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
-- A changed address forgets the position that was found for the old one.
-- The key of an account that was merged into another updates that one, where the record changed in its source since it was seen last and the other's
-- own record does not stand in the same chunk.
WITH merged AS MATERIALIZED (
    SELECT s.source_key, k.account_id, k.account_key_id, f.fingerprint, f.fingerprint <> k.fingerprint AS changed
    FROM staged_accounts s
    JOIN gcrm.account_keys k ON k.source = :source AND k.source_key = s.source_key,
        gcrm.account_fingerprint(s.kind, s.status, s.name, s.segment, s.street, s.house_number, s.postcode, s.city, s.country_code,
            s.phone, s.email, s.website, s.tax_number) AS f (fingerprint)
), remembered AS (
    UPDATE gcrm.account_keys k SET fingerprint = m.fingerprint FROM merged m WHERE k.account_key_id = m.account_key_id AND m.changed
), incoming AS MATERIALIZED (
    SELECT
        s.*, coalesce(own.account_id, m.account_id) AS account_id, m.account_id IS NOT NULL AS merged,
        CASE WHEN s.cell IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.longitude, s.latitude), 4326) END AS given_position,
        (SELECT r.territory_id FROM gcrm.territories r WHERE r.source = :source AND r.source_key = s.territory_key) AS given_territory_id
    FROM staged_accounts s
    LEFT JOIN LATERAL (SELECT t.account_id FROM gcrm.accounts t WHERE t.source = :source AND t.source_key = s.source_key LIMIT 1) own ON true
    LEFT JOIN merged m ON m.source_key = s.source_key
    WHERE m.source_key IS NULL OR m.changed AND NOT EXISTS (
        SELECT FROM staged_accounts o JOIN gcrm.accounts a ON a.source = :source AND a.source_key = o.source_key WHERE a.account_id = m.account_id)
), compared AS MATERIALIZED (
    SELECT
        i.*,
        (t.street, t.house_number, t.postcode, t.city, t.country_code)
            IS DISTINCT FROM (i.street, i.house_number, i.postcode, i.city, i.country_code) AS moved,
        i.cell IS DISTINCT FROM (CASE WHEN t.geocode_level = 'given' THEN t.cell END)
            OR i.given_position IS DISTINCT FROM (CASE WHEN t.geocode_level = 'given' THEN t.position END) AS placed_anew,
        i.given_territory_id IS DISTINCT FROM (CASE WHEN t.territory_given THEN t.territory_id END) AS assigned_anew,
        (t.kind, t.status, t.name, t.segment, t.phone, t.email, t.website, t.tax_number, t.made_up, t.custom)
            IS DISTINCT FROM (i.kind, i.status, i.name, i.segment, i.phone, i.email, i.website, i.tax_number, i.made_up, i.custom) AS described_anew
    FROM incoming i
    JOIN gcrm.accounts t USING (account_id)
), updated AS (
    UPDATE gcrm.accounts t
    SET kind = c.kind, status = c.status, name = c.name, segment = c.segment, phone = c.phone, email = c.email,
        website = c.website, tax_number = c.tax_number, made_up = c.made_up, custom = CASE WHEN c.merged THEN t.custom || c.custom ELSE c.custom END, raw = c.raw,
        street = c.street, house_number = c.house_number, postcode = c.postcode, city = c.city, country_code = c.country_code,
        position = CASE WHEN c.moved OR c.placed_anew THEN c.given_position ELSE t.position END,
        cell = CASE WHEN c.moved OR c.placed_anew THEN c.cell ELSE t.cell END,
        geocode_level = CASE WHEN c.cell IS NOT NULL THEN 'given' WHEN c.moved OR c.placed_anew THEN NULL ELSE t.geocode_level END,
        geocode_score = CASE WHEN c.cell IS NOT NULL THEN 1 WHEN c.moved OR c.placed_anew THEN NULL ELSE t.geocode_score END,
        geocoded_at = CASE WHEN c.moved OR c.placed_anew THEN (CASE WHEN c.cell IS NOT NULL THEN now() END) ELSE t.geocoded_at END,
        territory_id = CASE WHEN c.given_territory_id IS NOT NULL THEN c.given_territory_id
            WHEN c.moved OR c.placed_anew OR c.assigned_anew THEN NULL ELSE t.territory_id END,
        territory_given = c.given_territory_id IS NOT NULL,
        import_id = :import_id, updated_at = now()
    FROM compared c
    WHERE t.account_id = c.account_id AND (c.moved OR c.placed_anew OR c.assigned_anew OR c.described_anew)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.accounts (
        source, source_key, kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email, website, tax_number,
        position, cell, geocode_level, geocode_score, geocoded_at, territory_id, territory_given, made_up, custom, raw, import_id, created_import_id
    )
    SELECT
        :source, i.source_key, i.kind, i.status, i.name, i.segment, i.street, i.house_number, i.postcode, i.city, i.country_code, i.phone, i.email, i.website, i.tax_number,
        i.given_position, i.cell, CASE WHEN i.cell IS NOT NULL THEN 'given' END, CASE WHEN i.cell IS NOT NULL THEN 1 END,
        CASE WHEN i.cell IS NOT NULL THEN now() END, i.given_territory_id, i.given_territory_id IS NOT NULL, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.account_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

-- name: link(import_id, source)$
-- Parents, once every account of the chunk is there: how many accounts that were unchanged but for their parent.
WITH named AS MATERIALIZED (
    SELECT
        (SELECT t.account_id FROM gcrm.accounts t WHERE t.source = :source AND t.source_key = s.source_key) AS account_id,
        (SELECT p.account_id FROM gcrm.account_sources p WHERE p.source = :source AND p.source_key = s.parent_key) AS parent_account_id
    FROM staged_accounts s
), linked AS (
    UPDATE gcrm.accounts t
    SET parent_account_id = nullif(n.parent_account_id, t.account_id), import_id = :import_id, updated_at = now()
    FROM named n
    JOIN gcrm.accounts before USING (account_id)
    WHERE t.account_id = n.account_id AND before.parent_account_id IS DISTINCT FROM nullif(n.parent_account_id, n.account_id)
    RETURNING before.import_id <> :import_id AS otherwise_unchanged
)
SELECT count(*) FILTER (WHERE otherwise_unchanged) FROM linked;

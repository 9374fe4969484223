-- Contacts: one row per person at an account.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_contacts;
CREATE TEMPORARY TABLE staged_contacts (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    given_name text,
    family_name text,
    role text,
    phone text,
    email text,
    made_up boolean NOT NULL,
    custom jsonb NOT NULL DEFAULT '{}',
    raw jsonb
) ON COMMIT DROP;

-- name: inherit(source, mapped)!
-- Fields that the file does not give keep what the record has.
UPDATE staged_contacts s
SET given_name = CASE WHEN 'given_name' = ANY(:mapped) THEN s.given_name ELSE t.given_name END,
    family_name = CASE WHEN 'family_name' = ANY(:mapped) THEN s.family_name ELSE t.family_name END,
    role = CASE WHEN 'role' = ANY(:mapped) THEN s.role ELSE t.role END,
    phone = CASE WHEN 'phone' = ANY(:mapped) THEN s.phone ELSE t.phone END,
    email = CASE WHEN 'email' = ANY(:mapped) THEN s.email ELSE t.email END,
    made_up = CASE WHEN 'made_up' = ANY(:mapped) THEN s.made_up ELSE t.made_up END,
    custom = (t.custom - :mapped::text[]) || s.custom
FROM gcrm.contacts t
WHERE t.source = :source AND t.source_key = s.source_key;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_contacts s
WHERE s.account_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_contacts s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.contact_id FROM gcrm.contacts t WHERE t.source = :source AND t.source_key = s.source_key) AS contact_id,
        (SELECT r.account_id FROM gcrm.account_sources r WHERE r.source = :source AND r.source_key = s.account_key) AS account_id,
        s.given_name,
        s.family_name,
        s.role,
        s.phone,
        s.email,
        s.made_up,
        s.custom,
        s.raw
    FROM staged_contacts s
), updated AS (
    UPDATE gcrm.contacts t
    SET (account_id, given_name, family_name, role, phone, email, made_up, custom, raw, import_id, updated_at)
        = (i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up, i.custom, i.raw, :import_id, now())
    FROM incoming i
    WHERE t.contact_id = i.contact_id
        AND (t.account_id, t.given_name, t.family_name, t.role, t.phone, t.email, t.made_up, t.custom)
            IS DISTINCT FROM (i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up, i.custom)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.contacts (source, source_key, account_id, given_name, family_name, role, phone, email, made_up, custom, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up, i.custom, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.contact_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

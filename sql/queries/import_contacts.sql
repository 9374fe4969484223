-- Contacts: one row per person at an account.

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_contacts (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    account_key text NOT NULL,
    given_name text,
    family_name text,
    role text,
    phone text,
    email text,
    made_up boolean NOT NULL
) ON COMMIT DROP;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'account_key' AS field, s.account_key AS value
FROM staged_contacts s
LEFT JOIN gcrm.account_sources r ON r.source = :source AND r.source_key = s.account_key
WHERE s.account_key IS NOT NULL AND r.source_key IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_contacts s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        a.account_id,
        s.given_name,
        s.family_name,
        s.role,
        s.phone,
        s.email,
        s.made_up
    FROM staged_contacts s
    LEFT JOIN gcrm.account_sources a ON a.source = :source AND a.source_key = s.account_key
), updated AS (
    UPDATE gcrm.contacts t
    SET (account_id, given_name, family_name, role, phone, email, made_up, import_id, updated_at)
        = (i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up, :import_id, now())
    FROM incoming i
    WHERE t.source = :source AND t.source_key = i.source_key
        AND (t.account_id, t.given_name, t.family_name, t.role, t.phone, t.email, t.made_up)
            IS DISTINCT FROM (i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up)
    RETURNING 1
), created AS (
    INSERT INTO gcrm.contacts (source, source_key, account_id, given_name, family_name, role, phone, email, made_up, import_id)
    SELECT :source, i.source_key, i.account_id, i.given_name, i.family_name, i.role, i.phone, i.email, i.made_up, :import_id
    FROM incoming i
    WHERE NOT EXISTS (SELECT FROM gcrm.contacts t WHERE t.source = :source AND t.source_key = i.source_key)
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, (SELECT count(*) FROM updated) AS updated;

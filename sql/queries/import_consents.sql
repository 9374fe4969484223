-- Consents: one row per consent given or withdrawn; rows are added, never changed.

-- name: create_stage()#
DROP TABLE IF EXISTS staged_consents;
CREATE TEMPORARY TABLE staged_consents (
    row_number bigint NOT NULL,
    source_key text NOT NULL,
    contact_key text NOT NULL,
    purpose text NOT NULL,
    channel text NOT NULL,
    given boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    wording text,
    made_up boolean NOT NULL,
    raw jsonb
) ON COMMIT DROP;

-- name: unresolved(source)
-- Rows whose reference finds no record: row_number, field, value.
SELECT s.row_number, 'contact_key' AS field, s.contact_key AS value
FROM staged_consents s
WHERE s.contact_key IS NOT NULL
    AND (SELECT r.source_key FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) IS NULL;

-- name: refuse(row_numbers)!
-- Takes rows out of the stage.
DELETE FROM staged_consents s USING unnest(:row_numbers::bigint[]) AS refused (row_number) WHERE s.row_number = refused.row_number;

-- name: merge(source, import_id)^
-- Inserts what is new, updates what differs: created, updated (counts).
WITH incoming AS MATERIALIZED (
    SELECT
        s.source_key,
        (SELECT t.consent_id FROM gcrm.consents t WHERE t.source = :source AND t.source_key = s.source_key) AS consent_id,
        (SELECT r.contact_id FROM gcrm.contacts r WHERE r.source = :source AND r.source_key = s.contact_key) AS contact_id,
        s.purpose,
        s.channel,
        s.given,
        s.recorded_at,
        s.wording,
        s.made_up,
        s.raw
    FROM staged_consents s
), created AS (
    INSERT INTO gcrm.consents (source, source_key, contact_id, purpose, channel, given, recorded_at, wording, made_up, raw, import_id, created_import_id)
    SELECT :source, i.source_key, i.contact_id, i.purpose, i.channel, i.given, i.recorded_at, i.wording, i.made_up, i.raw, :import_id, :import_id
    FROM incoming i
    WHERE i.consent_id IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM created) AS created, 0::bigint AS updated;

-- Consent: who said what, and who is never contacted.

-- name: visible(contact_ids)
-- Of some contacts those in the scope, with what they are reached by: contact_id, email, phone.
SELECT contact_id, email, phone FROM gcrm.contacts WHERE contact_id = ANY(:contact_ids::bigint[]);

-- name: statements(contact_ids, purpose)
-- What some contacts said on a purpose (in lower case), or on all where it is empty, oldest first: contact_id, purpose, channel, given, recorded_at, source, wording.
SELECT contact_id, purpose, channel, given, recorded_at, source, wording
FROM gcrm.consents
WHERE contact_id = ANY(:contact_ids::bigint[]) AND (:purpose::text = '' OR lower(btrim(purpose)) = :purpose)
ORDER BY recorded_at, consent_id;

-- name: of_account(account_id, most)
-- The contacts of an account: contact_id, name.
SELECT contact_id, coalesce(nullif(btrim(concat_ws(' ', given_name, family_name)), ''), source_key) AS name
FROM gcrm.contacts
WHERE account_id = :account_id
ORDER BY family_name, given_name, contact_id
LIMIT :most;

-- name: record(contact_id, purpose, channel, given, recorded_at, source, source_key, wording)$
-- Appends a statement: its consent_id.
INSERT INTO gcrm.consents (source, source_key, contact_id, purpose, channel, given, recorded_at, wording, made_up)
SELECT :source, :source_key, contact_id, :purpose, :channel, :given, coalesce(:recorded_at::timestamptz, now()), :wording, made_up
FROM gcrm.contacts
WHERE contact_id = :contact_id
RETURNING consent_id;

-- name: privacy_key()$
-- The key of the hashes.
SELECT key FROM gcrm.privacy_keys;

-- name: suppress(kind, hash, reason)!
-- Puts a hash on the list, unless it is there.
INSERT INTO gcrm.suppressions (kind, hash, reason) VALUES (:kind, :hash, :reason) ON CONFLICT DO NOTHING;

-- name: anybody_suppressed()$
-- Whether the list holds anything.
SELECT EXISTS (SELECT FROM gcrm.suppressions);

-- name: suppressed(kind, hashes)
-- Of some hashes of a kind those on the list: hash.
SELECT hash FROM gcrm.suppressions WHERE kind = :kind AND hash = ANY(:hashes::bytea[]);

-- name: listed(statuses, segments, territories, area, custom)
-- Contacts of accounts by status, segment, territory, area and values of custom fields (JSON, {} for all), each with their account and all ways to reach them; empty means all: contact_id, source, source_key,
-- given_name, family_name, role, account, status, segment, territory, email, phone, street, house_number, postcode, city, country_code.
SELECT
    c.contact_id, c.source, c.source_key, c.given_name, c.family_name, c.role, a.name AS account, a.status, a.segment, t.name AS territory,
    c.email, c.phone, a.street, a.house_number, a.postcode, a.city, a.country_code
FROM gcrm.contacts c
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.territories t USING (territory_id)
WHERE (cardinality(:statuses::text[]) = 0 OR a.status = ANY(:statuses))
    AND (cardinality(:segments::text[]) = 0 OR a.segment = ANY(:segments))
    AND (cardinality(:territories::text[]) = 0 OR t.name = ANY(:territories))
    AND (:area::bytea IS NULL
        OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)))
    AND (:custom::jsonb = '{}' OR a.custom @> :custom::jsonb)
ORDER BY c.source, c.source_key;

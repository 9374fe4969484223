-- Persons: what is held on one, erasure, tombstones.

-- name: hold(object, record_id)$
-- Finds the rows of a contact, a lead, or of an account of one person or household, until the end of the transaction.
SELECT gcrm.hold_person(:object, :record_id);

-- name: held_rows()
-- Those rows: table, key (empty where it is not one number), row (JSON).
SELECT of_table, record_id, record FROM gcrm.held_rows();

-- name: mentioning_rows()
-- Rows of others that mention the person: table, row (JSON).
SELECT of_table, record FROM gcrm.mentioning_rows();

-- name: held_accounts()$
-- The accounts among them.
SELECT gcrm.held_accounts();

-- name: history(objects, record_ids)
-- What records were before, the newest change first: object, record_id, before (JSON), changed_at.
SELECT c.object, c.record_id, c.before, c.changed_at
FROM gcrm.changes c
JOIN unnest(:objects::text[], :record_ids::bigint[]) AS of (object, record_id) USING (object, record_id)
ORDER BY c.change_id DESC;

-- name: shared(contact_ids, account_ids, own_account_ids, mails, phones)
-- Of some mail addresses and telephone numbers those that other contacts and accounts have too (those of the contact's own account apart).
SELECT email FROM gcrm.contacts WHERE lower(email) IN (SELECT lower(m) FROM unnest(:mails::text[]) AS m) AND contact_id <> ALL (:contact_ids::bigint[])
UNION SELECT email FROM gcrm.accounts WHERE lower(email) IN (SELECT lower(m) FROM unnest(:mails::text[]) AS m)
    AND account_id <> ALL (:account_ids::bigint[]) AND account_id <> ALL (:own_account_ids::bigint[])
UNION SELECT phone FROM gcrm.contacts WHERE phone = ANY (:phones::text[]) AND contact_id <> ALL (:contact_ids::bigint[])
UNION SELECT phone FROM gcrm.accounts WHERE phone = ANY (:phones::text[])
    AND account_id <> ALL (:account_ids::bigint[]) AND account_id <> ALL (:own_account_ids::bigint[]);

-- name: warnings(objects, sources, keys)
-- What was doubtful in some records: object, source, source_key, field, value, reason.
SELECT w.object, w.source, w.source_key, w.field, w.value, w.reason
FROM gcrm.warnings w
JOIN unnest(:objects::text[], :sources::text[], :keys::text[]) AS of (object, source, source_key) USING (object, source, source_key)
ORDER BY 1, 2, 3, 4;

-- name: files(import_ids)
-- The files that imports read, where they lie: file_path.
SELECT DISTINCT j.file_path FROM gcrm.imports i JOIN gcrm.jobs j USING (job_id) WHERE i.import_id = ANY (:import_ids::bigint[]) AND j.file_path IS NOT NULL ORDER BY 1;

-- name: refused(pattern, objects, sources, keys)
-- Refused records, waiting or mended, that have a key of the person or one of the addresses (a pattern): quarantine_id, object, source, file_name, row_number, record.
WITH refused AS (
    SELECT q.quarantine_id, q.import_id, q.object, q.source, q.file_name, q.row_number, q.record, q.original, q.value FROM gcrm.quarantine q
    UNION ALL
    SELECT m.quarantine_id, m.import_id, m.object, m.source, m.file_name, (m.refused ->> 'row_number')::bigint, m.refused -> 'record', m.refused -> 'original',
        m.refused ->> 'value'
    FROM gcrm.mended m
)
SELECT r.quarantine_id, r.object, r.source, r.file_name, r.row_number, r.record
FROM refused r
JOIN gcrm.imports i USING (import_id)
WHERE (:pattern::text <> '' AND (r.record::text ~* :pattern OR r.original::text ~* :pattern OR r.value ~* :pattern))
    OR EXISTS (
        SELECT FROM unnest(:objects::text[], :sources::text[], :keys::text[]) AS of (object, source, key)
        WHERE of.source = r.source AND of.key IN (
            r.record ->> (i.mapping #>> ARRAY['fields', rtrim(of.object, 's') || '_key', 'column']),
            r.original ->> (i.mapping #>> ARRAY['fields', rtrim(of.object, 's') || '_key', 'column'])))
ORDER BY r.quarantine_id;

-- name: forget_refused(quarantine_ids)!
-- Deletes refused records, waiting or mended.
WITH mended AS (DELETE FROM gcrm.mended WHERE quarantine_id = ANY (:quarantine_ids::bigint[]))
DELETE FROM gcrm.quarantine WHERE quarantine_id = ANY (:quarantine_ids::bigint[]);

-- name: answers(address_keys)
-- What providers answered about some addresses: provider, address_key, label, level, asked_at.
SELECT provider, address_key, label, level, asked_at FROM gcrm.geocode_answers WHERE address_key = ANY (:address_keys::text[]) ORDER BY provider, address_key;

-- name: forget_answers(address_keys)!
DELETE FROM gcrm.geocode_answers WHERE address_key = ANY (:address_keys::text[]);

-- name: forget_terms(texts)!
-- Words of names and addresses that no account and no contact has any more are not looked for.
DELETE FROM gcrm.search_terms t
WHERE t.term IN (SELECT unnest(gcrm.words_of(part)) FROM unnest(:texts::text[]) AS part)
    AND NOT EXISTS (SELECT FROM gcrm.account_words w WHERE w.words @@ quote_literal(t.term)::tsquery)
    AND NOT EXISTS (SELECT FROM gcrm.contact_words w WHERE w.words @@ quote_literal(t.term)::tsquery);

-- name: forget_flows(contact_ids)!
-- What is withheld of the flows out of the recorded routes of some contacts: it may stand for one of them; sums of ten and more stay.
WITH recorded AS (
    SELECT DISTINCT v.dataset FROM gcrm.tracks t JOIN gcrm.layer_versions v USING (layer_version_id) WHERE t.contact_id = ANY (:contact_ids::bigint[])
), versions AS (
    SELECT layer_version_id FROM gcrm.layer_versions JOIN recorded USING (dataset) WHERE layer IN ('tracks', 'movement', 'road_flows')
), stops AS (
    DELETE FROM gcrm.cell_stops WHERE withheld AND layer_version_id IN (SELECT layer_version_id FROM versions)
), edges AS (
    DELETE FROM gcrm.road_flows WHERE withheld AND layer_version_id IN (SELECT layer_version_id FROM versions)
)
DELETE FROM gcrm.movement WHERE withheld AND layer_version_id IN (SELECT layer_version_id FROM versions);

-- name: release_held()
-- Rows of others that mention the person no longer do: table, what was done, rows.
SELECT * FROM gcrm.release_held();

-- name: scrub_around_held(pattern)
-- Name and addresses of the person leave the texts around: table, what was done, rows.
SELECT * FROM gcrm.scrub_around_held(:pattern);

-- name: delete_held()
-- The rows of the person go: table, what was done, rows.
SELECT * FROM gcrm.delete_held();

-- name: alone()$
-- Waits until no chunk of an import is being stored, and holds back the next ones until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('gcrm.erasure', 0));

-- name: not_alone()$
-- Waits until no erasure is at work, and holds back the next one until the end of the transaction.
SELECT pg_advisory_xact_lock_shared(hashtextextended('gcrm.erasure', 0));

-- name: begin(erasure_id, begun_at, account_ids)!
INSERT INTO gcrm.erasures (erasure_id, begun_at, account_ids) VALUES (:erasure_id, :begun_at, :account_ids) ON CONFLICT DO NOTHING;

-- name: set_tombstone(kind, hash, erasure_id)!
INSERT INTO gcrm.tombstones (kind, hash, erasure_id) VALUES (:kind, :hash, :erasure_id) ON CONFLICT DO NOTHING;

-- name: has_tombstones()$
SELECT EXISTS (SELECT FROM gcrm.tombstones);

-- name: tombstones(kind, hashes)
-- Of some hashes of a kind those of erased persons: hash.
SELECT hash FROM gcrm.tombstones WHERE kind = :kind AND hash = ANY (:hashes::bytea[]);

-- name: unfinished()
-- Erasures whose rows are gone and that are not ended yet: erasure_id, account_ids.
SELECT erasure_id, account_ids
FROM gcrm.erasures e
WHERE finished_at IS NULL AND NOT EXISTS (SELECT FROM gcrm.accounts a WHERE a.account_id = ANY (e.account_ids))
ORDER BY begun_at;

-- name: finish(erasure_id)!
UPDATE gcrm.erasures SET finished_at = now(), account_ids = '{}' WHERE erasure_id = :erasure_id;

-- name: records_of_persons()
-- Every contact, lead that became none, and account of one person or household: object, record_id, source, source_key, name.
SELECT 'contacts' AS object, contact_id AS record_id, source, source_key, btrim(concat_ws(' ', given_name, family_name)) AS name FROM gcrm.contacts
UNION ALL
SELECT 'leads', lead_id, source, source_key, name FROM gcrm.leads WHERE converted_contact_id IS NULL
UNION ALL
SELECT 'accounts', account_id, source, source_key, name FROM gcrm.accounts WHERE kind IN ('person', 'household');

-- name: has_hashes()$
-- Whether anything is hashed with the key of this database.
SELECT EXISTS (SELECT FROM gcrm.tombstones) OR EXISTS (SELECT FROM gcrm.suppressions);

-- name: set_key(key)!
-- Takes over the key of the hashes; by the owner.
UPDATE gcrm.privacy_keys SET key = :key;

-- name: silent(object, days)
-- Contacts, leads that became none, or accounts of one person or household, of whom nothing was heard for so many days: no order, activity, opportunity or statement on consent, and the
-- record is as it was: object, record_id, source, source_key, name.
WITH persons AS (
    SELECT 'contacts' AS object, contact_id AS record_id, account_id, source, source_key, btrim(concat_ws(' ', given_name, family_name)) AS name, updated_at
    FROM gcrm.contacts
    UNION ALL
    SELECT 'leads', lead_id, NULL, source, source_key, name, greatest(received_at, updated_at) FROM gcrm.leads WHERE converted_contact_id IS NULL
    UNION ALL
    SELECT 'accounts', account_id, account_id, source, source_key, name, updated_at FROM gcrm.accounts WHERE kind IN ('person', 'household')
), since AS (
    SELECT now() - make_interval(days => :days::int) AS moment
)
SELECT p.object, p.record_id, p.source, p.source_key, p.name
FROM persons p, since s
WHERE p.object = :object AND p.updated_at < s.moment
    AND NOT EXISTS (SELECT FROM gcrm.orders o WHERE o.account_id = p.account_id AND o.ordered_at >= s.moment)
    AND NOT EXISTS (SELECT FROM gcrm.activities v WHERE v.account_id = p.account_id AND v.happened_at >= s.moment)
    AND NOT EXISTS (SELECT FROM gcrm.opportunities o WHERE o.account_id = p.account_id AND coalesce(o.closed_at, now()) >= s.moment)
    AND NOT EXISTS (
        SELECT FROM gcrm.consents c JOIN gcrm.contacts k USING (contact_id)
        WHERE CASE p.object WHEN 'contacts' THEN k.contact_id = p.record_id ELSE k.account_id = p.account_id END AND c.recorded_at >= s.moment)
ORDER BY p.source, p.source_key;

-- Persons: contacts, leads that became no contact, and accounts of one person or household.

-- name: found(text)
-- Who is meant by a key, by source/key or by a mail address: object, record_id, source, source_key, name.
SELECT 'contacts' AS object, contact_id AS record_id, source, source_key, btrim(concat_ws(' ', given_name, family_name)) AS name
FROM gcrm.contacts
WHERE source_key = :text OR source || '/' || source_key = :text OR lower(email) = lower(:text)
UNION ALL
SELECT 'leads', lead_id, source, source_key, name
FROM gcrm.leads
WHERE converted_contact_id IS NULL AND (source_key = :text OR source || '/' || source_key = :text OR lower(email) = lower(:text))
UNION ALL
SELECT 'accounts', account_id, source, source_key, name
FROM gcrm.accounts
WHERE kind IN ('person', 'household') AND (source_key = :text OR source || '/' || source_key = :text OR lower(email) = lower(:text))
ORDER BY object DESC, source, source_key;

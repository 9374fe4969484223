-- Accounts by the words of their names, addresses, telephone numbers, mail addresses and keys, and by those of their contacts.

-- name: found(text, most, looked_at)
-- The accounts that a text may mean, those that fit best first: account_id, name, status, address, contact (who was found, where it was a contact).
SELECT
    a.account_id, a.name, a.status, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), '')) AS address,
    nullif(concat_ws(' ', k.given_name, k.family_name), '') AS contact
FROM (
    SELECT DISTINCT ON (account_id) account_id, contact_id, step
    FROM gcrm.search_accounts(:text, :looked_at)
    ORDER BY account_id, step, contact_id NULLS FIRST
) f
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.contacts k ON k.contact_id = f.contact_id
ORDER BY f.step > 0 AND a.source_key <> :text, f.step, NOT starts_with(lower(a.name), lower(:text)), lower(a.name), a.account_id
LIMIT :most;

-- name: newest(most)
-- The accounts that came last: columns as of found, without a contact.
SELECT
    account_id, name, status, concat_ws(', ', nullif(concat_ws(' ', street, house_number), ''), nullif(concat_ws(' ', postcode, city), '')) AS address, NULL::text AS contact
FROM gcrm.accounts
ORDER BY account_id DESC
LIMIT :most;

-- name: having(values, most)
-- The accounts that have one of some values (JSON objects of custom field and value), by name: account_id, name, status, address, contact (empty).
SELECT
    account_id, name, status, NULL::text AS contact,
    concat_ws(', ', nullif(concat_ws(' ', street, house_number), ''), nullif(concat_ws(' ', postcode, city), '')) AS address
FROM gcrm.accounts
WHERE custom @> ANY(:values::jsonb[])
ORDER BY lower(name), account_id
LIMIT :most;

-- People at accounts: contacts of an account, and contacts of others who have a role there.

-- name: people(account_id, most)
-- The people of an account, its own contacts first: contact_id, name, role, phone, email, contact_role_id (empty of its own contacts), since, until, holds (today),
-- own_account_id and own_account (of those who have a role only).
SELECT p.*
FROM (
    SELECT
        k.contact_id, coalesce(nullif(btrim(concat_ws(' ', k.given_name, k.family_name)), ''), k.source_key) AS name, k.role, k.phone, k.email,
        NULL::bigint AS contact_role_id, NULL::date AS since, NULL::date AS until, true AS holds, NULL::bigint AS own_account_id, NULL::text AS own_account
    FROM gcrm.contacts k WHERE k.account_id = :account_id
    UNION ALL
    SELECT
        k.contact_id, coalesce(nullif(btrim(concat_ws(' ', k.given_name, k.family_name)), ''), k.source_key), r.role, k.phone, k.email,
        r.contact_role_id, r.since, r.until, r.since <= current_date AND (r.until IS NULL OR current_date < r.until), a.account_id, a.name
    FROM gcrm.contact_roles r
    JOIN gcrm.contacts k USING (contact_id)
    JOIN gcrm.accounts a ON a.account_id = k.account_id
    WHERE r.account_id = :account_id
) p
ORDER BY p.contact_role_id IS NOT NULL, NOT p.holds, p.name, p.contact_id, p.contact_role_id
LIMIT :most;

-- name: elsewhere(contact_ids)
-- The roles of some contacts, the ones of today first: contact_id, contact_role_id, account_id, account, role, since, until, holds (today).
SELECT
    r.contact_id, r.contact_role_id, r.account_id, a.name AS account, r.role, r.since, r.until,
    r.since <= current_date AND (r.until IS NULL OR current_date < r.until) AS holds
FROM gcrm.contact_roles r
JOIN gcrm.accounts a ON a.account_id = r.account_id
WHERE r.contact_id = ANY (:contact_ids::bigint[])
ORDER BY r.contact_id, holds DESC, a.name, r.contact_role_id;

-- name: find(text, most, looked_at)
-- Contacts whose words or whose account's words a text has, those that fit best first: contact_id, name, role, account_id, account.
WITH found AS (SELECT account_id, contact_id, step FROM gcrm.search_accounts(:text, :looked_at))
SELECT k.contact_id, coalesce(nullif(btrim(concat_ws(' ', k.given_name, k.family_name)), ''), k.source_key) AS name, k.role, a.account_id, a.name AS account
FROM (
    SELECT contact_id, min(step) AS step
    FROM (
        SELECT contact_id, step FROM found WHERE contact_id IS NOT NULL
        UNION ALL
        SELECT k.contact_id, f.step + 10 FROM found f JOIN gcrm.contacts k USING (account_id) WHERE f.contact_id IS NULL
    ) AS each
    GROUP BY contact_id
) f
JOIN gcrm.contacts k USING (contact_id)
JOIN gcrm.accounts a ON a.account_id = k.account_id
ORDER BY f.step, name, k.contact_id
LIMIT :most;

-- name: parties(contact_id, account_id)^
-- Whether the reader sees a contact and an account, and whether the account is the contact's own: contact, account, own.
SELECT
    EXISTS (SELECT FROM gcrm.contacts WHERE contact_id = :contact_id) AS contact, EXISTS (SELECT FROM gcrm.accounts WHERE account_id = :account_id) AS account,
    EXISTS (SELECT FROM gcrm.contacts WHERE contact_id = :contact_id AND account_id = :account_id) AS own;

-- name: sees(contact_role_id)$
-- Whether the reader sees a role.
SELECT EXISTS (SELECT FROM gcrm.contact_roles WHERE contact_role_id = :contact_role_id);

-- name: give(contact_id, account_id, role, since, until, actor)$
-- Writes a role down, or gives one of this name another time: its contact_role_id.
WITH changed AS (
    UPDATE gcrm.contact_roles SET since = :since, until = :until, updated_at = now()
    WHERE contact_role_id = (
        SELECT max(contact_role_id) FROM gcrm.contact_roles WHERE contact_id = :contact_id AND account_id = :account_id AND lower(role) = lower(:role)
    )
    RETURNING contact_role_id
), made AS (
    INSERT INTO gcrm.contact_roles (contact_id, account_id, role, since, until, added_by)
    SELECT :contact_id, :account_id, :role, :since, :until, :actor WHERE NOT EXISTS (SELECT FROM changed)
    RETURNING contact_role_id
)
SELECT contact_role_id FROM changed UNION ALL SELECT contact_role_id FROM made;

-- name: end(contact_role_id, until)!
-- Ends a role on a day, or takes the end back.
UPDATE gcrm.contact_roles SET until = :until, updated_at = now() WHERE contact_role_id = :contact_role_id;

-- name: since(contact_role_id)$
-- The first day of a role, held until the end of the transaction.
SELECT since FROM gcrm.contact_roles WHERE contact_role_id = :contact_role_id FOR UPDATE;

-- name: remove(contact_role_id)!
DELETE FROM gcrm.contact_roles WHERE contact_role_id = :contact_role_id;

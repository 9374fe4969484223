-- Partners: who they are, the leads that they have, and the accounts over which two of them may quarrel.

-- name: listing(partner_id)
-- The partners that the reader sees, by name, or one: partner_id, account_id, name, level, area_name, since, until, holds (today), leads (that they have or had and
-- of which nothing else became), won (of them accounts by now), lost (of them rejected).
SELECT
    p.partner_id, p.account_id, a.name, p.level, p.area_name, p.since, p.until, p.since <= current_date AND (p.until IS NULL OR current_date < p.until) AS holds,
    count(l.lead_id) FILTER (WHERE l.status IN ('new', 'working')) AS leads, count(l.lead_id) FILTER (WHERE l.status = 'converted') AS won,
    count(l.lead_id) FILTER (WHERE l.status = 'rejected') AS lost
FROM gcrm.partners p
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.partner_leads h ON h.partner_id = p.partner_id AND h.taken_back_at IS NULL
LEFT JOIN gcrm.leads l ON l.lead_id = h.lead_id
WHERE :partner_id::int IS NULL OR p.partner_id = :partner_id
GROUP BY p.partner_id, a.account_id
ORDER BY a.name, p.partner_id;

-- name: candidates(most)
-- Accounts with the status partner of which nothing is agreed yet, by name: account_id, name.
SELECT a.account_id, a.name
FROM gcrm.accounts a
WHERE a.status = 'partner' AND NOT EXISTS (SELECT FROM gcrm.partners p WHERE p.account_id = a.account_id)
ORDER BY a.name, a.account_id
LIMIT :most;

-- name: for_lead(lead_id)
-- The partners of today for a lead, those in whose area it lies first: partner_id, name, level, near (whether it lies there).
SELECT p.partner_id, a.name, p.level, coalesce(ST_Intersects(p.area, l.position), false) AS near
FROM gcrm.leads l
CROSS JOIN gcrm.partners p
JOIN gcrm.accounts a ON a.account_id = p.account_id
WHERE l.lead_id = :lead_id AND p.since <= current_date AND (p.until IS NULL OR current_date < p.until)
ORDER BY near DESC, a.name, p.partner_id;

-- name: of_lead(lead_id)^
-- The partner that has a lead: partner_id, name, handed_over_at, handed_over_by.
SELECT p.partner_id, a.name, h.handed_over_at, h.handed_over_by
FROM gcrm.partner_leads h
JOIN gcrm.partners p USING (partner_id)
JOIN gcrm.accounts a USING (account_id)
WHERE h.lead_id = :lead_id AND h.taken_back_at IS NULL;

-- name: conflicts(most)
-- Accounts over which partners may quarrel, by name: account_id, name, partners (names, ascending), why (what each claims it by), found (how many there are
-- without the limit). A partner claims what became of a lead that it has, who has the mail address or telephone number of such a lead, and, where somebody else does so
-- too, what lies in its area.
WITH today AS (
    SELECT p.*, a.name FROM gcrm.partners p JOIN gcrm.accounts a USING (account_id) WHERE p.since <= current_date AND (p.until IS NULL OR current_date < p.until)
), handed AS (
    SELECT h.partner_id, l.* FROM gcrm.partner_leads h JOIN gcrm.leads l USING (lead_id) WHERE h.taken_back_at IS NULL AND l.status <> 'rejected'
), claims AS (
    SELECT converted_account_id AS account_id, partner_id, 'a lead became the account' AS why FROM handed WHERE converted_account_id IS NOT NULL
    UNION
    SELECT a.account_id, h.partner_id, 'a lead has its mail address' FROM handed h JOIN gcrm.accounts a ON lower(a.email) = lower(h.email) WHERE a.email IS NOT NULL
    UNION
    SELECT a.account_id, h.partner_id, 'a lead has its telephone number'
    FROM handed h JOIN gcrm.accounts a ON right(translate(a.phone, ' +-/().', ''), 7) = right(translate(h.phone, ' +-/().', ''), 7) WHERE a.phone IS NOT NULL
    UNION
    SELECT a.account_id, one.partner_id, 'it lies in the area'
    FROM today one JOIN today other ON other.partner_id <> one.partner_id AND other.area && one.area AND ST_Intersects(other.area, one.area)
    JOIN gcrm.accounts a ON a.position && ST_Intersection(one.area, other.area) AND ST_Intersects(a.position, one.area) AND ST_Intersects(a.position, other.area)
), quarrels AS (
    SELECT c.account_id, array_agg(DISTINCT t.name ORDER BY t.name) AS partners, array_agg(DISTINCT t.name || ': ' || c.why ORDER BY t.name || ': ' || c.why) AS why
    FROM claims c JOIN today t USING (partner_id)
    GROUP BY c.account_id
    HAVING count(DISTINCT c.partner_id) > 1
)
SELECT q.account_id, a.name, q.partners, q.why, count(*) OVER () AS found
FROM quarrels q JOIN gcrm.accounts a USING (account_id)
ORDER BY a.name, q.account_id
LIMIT :most;

-- name: agree(account_id, level, area, area_name, since, until)$
-- A new partner, or other terms of one: its partner_id.
WITH changed AS (
    UPDATE gcrm.partners SET level = :level, area = ST_Multi(ST_GeomFromWKB(:area::bytea, 4326)), area_name = :area_name, since = :since, until = :until, updated_at = now()
    WHERE partner_id = (SELECT max(partner_id) FROM gcrm.partners WHERE account_id = :account_id)
    RETURNING partner_id
), made AS (
    INSERT INTO gcrm.partners (account_id, level, area, area_name, since, until)
    SELECT :account_id, :level, ST_Multi(ST_GeomFromWKB(:area::bytea, 4326)), :area_name, :since, :until WHERE NOT EXISTS (SELECT FROM changed)
    RETURNING partner_id
)
SELECT partner_id FROM changed UNION ALL SELECT partner_id FROM made;

-- name: account_visible(account_id)$
-- Whether the reader sees an account.
SELECT EXISTS (SELECT FROM gcrm.accounts WHERE account_id = :account_id);

-- name: remove(partner_id)!
DELETE FROM gcrm.partners WHERE partner_id = :partner_id;

-- name: has_leads(partner_id)$
-- Whether leads were ever handed over to a partner.
SELECT EXISTS (SELECT FROM gcrm.partner_leads WHERE partner_id = :partner_id);

-- name: lead_status(lead_id)$
-- Where a lead is, held until the end of the transaction.
SELECT status FROM gcrm.leads WHERE lead_id = :lead_id FOR UPDATE;

-- name: hand_over(partner_id, lead_id, actor)!
INSERT INTO gcrm.partner_leads (partner_id, lead_id, handed_over_by) VALUES (:partner_id, :lead_id, :actor);

-- name: take_back(lead_id)!
UPDATE gcrm.partner_leads SET taken_back_at = now() WHERE lead_id = :lead_id AND taken_back_at IS NULL;

-- name: leads_of(partner_id, most)
-- The leads that a partner has, the newest first: lead_id, name, status, handed_over_at.
SELECT l.lead_id, l.name, l.status, h.handed_over_at
FROM gcrm.partner_leads h JOIN gcrm.leads l USING (lead_id)
WHERE h.partner_id = :partner_id AND h.taken_back_at IS NULL
ORDER BY h.handed_over_at DESC, l.lead_id DESC
LIMIT :most;

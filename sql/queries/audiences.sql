-- Audiences: who fits the rules, what is learned of customers, and the lists that are kept.

-- name: judged(low, high, lows, highs, area, postcodes, territories, statuses, segments, residence_types, within_minutes, bought_within_days, not_bought_for_days, value_at_least, value_at_most, currency, bought, not_bought)
-- The accounts of the reader by the first rule (as of gcrm/crm/audiences.py) that each does not fit: falls_to (empty for those that fit all), accounts (count), kept
-- (their account_ids, ascending, of those that fit all). The rules are asked in this order, and what orders tell only where the record itself fits.
WITH judged AS (
    SELECT
        a.account_id,
        CASE
            WHEN (:low::bigint IS NOT NULL AND coalesce(a.cell NOT BETWEEN :low AND :high, true))
                OR (:lows::bigint[] IS NOT NULL AND NOT EXISTS (
                    SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE a.cell BETWEEN span.first AND span.last))
                OR (:area::bytea IS NOT NULL AND NOT coalesce(
                    a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)), false)) THEN 'area'
            WHEN cardinality(:postcodes::text[]) > 0
                AND NOT EXISTS (SELECT FROM unnest(:postcodes::text[]) AS beginning WHERE starts_with(a.postcode, beginning)) THEN 'postcode'
            WHEN cardinality(:territories::text[]) > 0 AND coalesce(t.name <> ALL(:territories), true) THEN 'territory'
            WHEN cardinality(:statuses::text[]) > 0 AND a.status <> ALL(:statuses) THEN 'status'
            WHEN cardinality(:segments::text[]) > 0 AND coalesce(a.segment <> ALL(:segments), true) THEN 'segment'
            WHEN cardinality(:residence_types::text[]) > 0 AND coalesce(s.residence_type <> ALL(:residence_types), true) THEN 'residence_type'
            WHEN :within_minutes::int IS NOT NULL AND coalesce(s.site_drive_minutes > :within_minutes, true) THEN 'minutes'
            WHEN :bought_within_days::int IS NOT NULL AND NOT EXISTS (
                SELECT FROM gcrm.orders o WHERE o.account_id = a.account_id AND o.ordered_at >= now() - make_interval(days => :bought_within_days)) THEN 'recent'
            WHEN :not_bought_for_days::int IS NOT NULL AND EXISTS (
                SELECT FROM gcrm.orders o WHERE o.account_id = a.account_id AND o.ordered_at >= now() - make_interval(days => :not_bought_for_days)) THEN 'silent'
            WHEN (:value_at_least::numeric IS NOT NULL OR :value_at_most::numeric IS NOT NULL) AND NOT (
                SELECT coalesce(sum(o.revenue), 0) BETWEEN coalesce(:value_at_least::numeric, '-infinity') AND coalesce(:value_at_most::numeric, 'infinity')
                FROM gcrm.orders o
                WHERE o.account_id = a.account_id AND o.ordered_at >= now() - interval '365 days' AND (:currency::text = '' OR o.currency = :currency)
            ) THEN 'value'
            WHEN cardinality(:bought::text[]) > 0 AND NOT EXISTS (
                SELECT FROM gcrm.orders o JOIN gcrm.products p USING (product_id) WHERE o.account_id = a.account_id AND p.category = ANY(:bought)) THEN 'bought'
            WHEN cardinality(:not_bought::text[]) > 0 AND EXISTS (
                SELECT FROM gcrm.orders o JOIN gcrm.products p USING (product_id) WHERE o.account_id = a.account_id AND p.category = ANY(:not_bought)) THEN 'not_bought'
        END AS falls_to
    FROM gcrm.accounts a
    LEFT JOIN gcrm.territories t USING (territory_id)
    LEFT JOIN gcrm.account_surroundings s USING (account_id)
)
SELECT falls_to, count(*) AS accounts, CASE WHEN falls_to IS NULL THEN array_agg(account_id ORDER BY account_id) END AS kept
FROM judged
GROUP BY falls_to;

-- name: contacts(account_ids)
-- The contacts of some accounts with all ways to reach them: contact_id, account_id, source, source_key, given_name, family_name, role, account, status, segment,
-- territory, email, phone, street, house_number, postcode, city, country_code, longitude, latitude.
SELECT
    c.contact_id, c.account_id, c.source, c.source_key, c.given_name, c.family_name, c.role, a.name AS account, a.status, a.segment, t.name AS territory,
    c.email, c.phone, a.street, a.house_number, a.postcode, a.city, a.country_code, ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude
FROM gcrm.contacts c
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.territories t USING (territory_id)
WHERE c.account_id = ANY(:account_ids::bigint[])
ORDER BY c.account_id, c.contact_id;

-- name: features()
-- What a scorecard is learned from, of every account of the reader: account_id, is_customer, segment, residence_type, district, road_class, minutes (by car from the
-- nearest own site).
SELECT a.account_id, a.status = 'customer' AS is_customer, a.segment, s.residence_type, s.district, s.road_class, s.site_drive_minutes AS minutes
FROM gcrm.accounts a
LEFT JOIN gcrm.account_surroundings s USING (account_id);

-- name: places(account_ids)
-- Where some accounts are: cell, accounts (count).
SELECT cell, count(*) AS accounts FROM gcrm.accounts WHERE account_id = ANY(:account_ids::bigint[]) AND cell IS NOT NULL GROUP BY cell;

-- name: choices()^
-- What the rules can name: territories, segments, residence types, categories, currencies (of orders), each ascending.
SELECT
    (SELECT coalesce(array_agg(DISTINCT name), '{}') FROM gcrm.territories WHERE gcrm.scope_is_all() OR territory_id IN (SELECT gcrm.scope_territories())),
    (SELECT coalesce(array_agg(DISTINCT segment), '{}') FROM gcrm.accounts WHERE segment IS NOT NULL),
    (SELECT coalesce(array_agg(DISTINCT residence_type), '{}') FROM gcrm.account_surroundings WHERE residence_type IS NOT NULL),
    (SELECT coalesce(array_agg(DISTINCT category), '{}') FROM gcrm.products WHERE category IS NOT NULL),
    (SELECT coalesce(array_agg(DISTINCT currency), '{}') FROM gcrm.orders);

-- name: audiences(audience_id)
-- The lists, the newest first, or one: audience_id, name, purpose, channel, criteria, held_out, expires_on, campaign_id, created_at, created_by, refreshed_at, and of
-- what the reader sees: contacts (in it), held_out_contacts, came (since it was chosen the time before), went.
SELECT
    l.audience_id, l.name, l.purpose, l.channel, l.criteria, l.held_out, l.expires_on, l.campaign_id, l.created_at, l.created_by, l.refreshed_at,
    count(m.contact_id) FILTER (WHERE m.left_at IS NULL) AS contacts, count(m.contact_id) FILTER (WHERE m.left_at IS NULL AND m.held_out) AS held_out_contacts,
    count(m.contact_id) FILTER (WHERE m.left_at IS NULL AND m.added_at >= l.refreshed_at AND l.refreshed_at > l.created_at) AS came,
    count(m.contact_id) FILTER (WHERE m.left_at >= l.refreshed_at) AS went
FROM gcrm.audiences l
LEFT JOIN gcrm.audience_members m USING (audience_id)
WHERE l.removed_at IS NULL AND (:audience_id::int IS NULL OR l.audience_id = :audience_id)
GROUP BY l.audience_id
ORDER BY l.created_at DESC, l.audience_id DESC;

-- name: members(audience_id)
-- Who is in a list: contact_id, account_id, score, held_out, added_at.
SELECT contact_id, account_id, score, held_out, added_at FROM gcrm.audience_members WHERE audience_id = :audience_id AND left_at IS NULL ORDER BY score DESC NULLS LAST, contact_id;

-- name: add(name, purpose, channel, criteria, held_out, expires_on, created_by)$
-- A new list: its audience_id; nothing where the name is taken.
INSERT INTO gcrm.audiences (name, purpose, channel, criteria, held_out, expires_on, created_by)
VALUES (:name, :purpose, :channel, :criteria, :held_out, :expires_on, :created_by)
ON CONFLICT (name) WHERE removed_at IS NULL DO NOTHING
RETURNING audience_id;

-- name: lock(audience_id)^
-- A list, held until the end of the transaction: name.
SELECT name FROM gcrm.audiences WHERE audience_id = :audience_id AND removed_at IS NULL FOR UPDATE;

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_members (contact_id bigint PRIMARY KEY, account_id bigint NOT NULL, score real, held_out boolean NOT NULL) ON COMMIT DROP;

-- name: choose(audience_id, all_territories, territories)^
-- Who is staged is in the list from now on, and who of the territories is not staged is not: came, went (counts).
WITH put AS (
    INSERT INTO gcrm.audience_members AS m (audience_id, contact_id, account_id, score, held_out)
    SELECT :audience_id, contact_id, account_id, score, held_out FROM staged_members
    ON CONFLICT (audience_id, contact_id) DO UPDATE
    SET account_id = EXCLUDED.account_id, score = EXCLUDED.score, held_out = EXCLUDED.held_out, left_at = NULL,
        added_at = CASE WHEN m.left_at IS NULL THEN m.added_at ELSE now() END
    RETURNING added_at = now() AS new
), went AS (
    UPDATE gcrm.audience_members m SET left_at = now()
    FROM gcrm.accounts a
    WHERE m.audience_id = :audience_id AND m.left_at IS NULL AND a.account_id = m.account_id AND (:all_territories OR a.territory_id = ANY(:territories::int[]))
        AND NOT EXISTS (SELECT FROM staged_members s WHERE s.contact_id = m.contact_id)
    RETURNING 1
), told AS (
    UPDATE gcrm.audiences SET refreshed_at = now() WHERE audience_id = :audience_id
)
SELECT (SELECT count(*) FROM put WHERE new) AS came, (SELECT count(*) FROM went) AS went;

-- name: reaches_beyond(audience_id, territories)$
-- Whether a list holds contacts outside some territories.
SELECT EXISTS (
    SELECT FROM gcrm.audience_members m JOIN gcrm.accounts a USING (account_id)
    WHERE m.audience_id = :audience_id AND m.left_at IS NULL AND coalesce(a.territory_id <> ALL(:territories::int[]), true));

-- name: remove(audience_id)!
-- Removes a list; what was removed more than a day ago is deleted.
WITH gone AS (DELETE FROM gcrm.audiences WHERE removed_at < now() - interval '1 day')
UPDATE gcrm.audiences SET removed_at = now() WHERE audience_id = :audience_id AND removed_at IS NULL;

-- name: restore(audience_id)!
-- Brings a removed list back as it was, unless another one has its name by now.
UPDATE gcrm.audiences l SET removed_at = NULL
WHERE l.audience_id = :audience_id AND l.removed_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM gcrm.audiences o WHERE o.name = l.name AND o.removed_at IS NULL);

-- name: add_campaign(audience_id, cost, currency, source)$
-- A campaign out of a list: its campaign_id; nothing where it became one already.
WITH made AS (
    INSERT INTO gcrm.campaigns (source, source_key, name, channel, audience, starts_on, cost, currency, made_up)
    SELECT :source, 'audience-' || audience_id, name, channel, name, current_date, :cost::numeric, :currency, false
    FROM gcrm.audiences WHERE audience_id = :audience_id AND campaign_id IS NULL
    RETURNING campaign_id
), told AS (
    UPDATE gcrm.audiences SET campaign_id = (SELECT campaign_id FROM made) WHERE audience_id = :audience_id AND EXISTS (SELECT FROM made)
)
SELECT campaign_id FROM made;

-- name: add_campaign_members(campaign_id, source, wave, contact_ids)!
-- Contacts whom a campaign addresses now; those that it addressed before stay as they are.
INSERT INTO gcrm.campaign_members (source, source_key, campaign_id, account_id, contact_id, wave, sent_at, response, made_up)
SELECT :source, :campaign_id || '/' || contact_id, :campaign_id, account_id, contact_id, :wave, now(), 'none', made_up
FROM gcrm.contacts
WHERE contact_id = ANY(:contact_ids::bigint[])
ON CONFLICT (source, source_key) DO NOTHING;

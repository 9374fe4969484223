-- Leads: lists, what a person does with one, and the rules by which they are placed and assigned. A reader sees those of its territories.

-- name: listing(statuses, reps, territories, unassigned, pattern, lead_id, most)
-- Leads, the newest first: lead_id, name, person, company, given_name, family_name, role, phone, email, website, street, house_number, postcode, city,
-- country_code, address, segment, interest, amount, currency, origin, rating, status, rejected_because, received_at, rep_id, rep, territory_id, territory, region,
-- assigned_at, assigned_by, assigned_because, why (it was rejected, else assigned or not), geocode_level, longitude, latitude, converted_at, converted_account_id, converted_opportunity_id, made_up. Empty
-- lists mean all.
SELECT
    l.lead_id, l.name, nullif(concat_ws(' ', l.given_name, l.family_name), '') AS person, l.company, l.given_name, l.family_name, l.role, l.phone, l.email, l.website, l.street, l.house_number, l.postcode, l.city, l.country_code,
    concat_ws(', ', nullif(concat_ws(' ', l.street, l.house_number), ''), nullif(concat_ws(' ', l.postcode, l.city), '')) AS address,
    l.segment, l.interest, l.amount, l.currency, l.origin, l.rating, l.status, l.rejected_because, l.received_at,
    l.rep_id, r.name AS rep, l.territory_id, t.name AS territory, g.name AS region, l.assigned_at, l.assigned_by, l.assigned_because,
    coalesce(l.rejected_because, l.assigned_because) AS why, l.geocode_level, ST_X(l.position) AS longitude, ST_Y(l.position) AS latitude,
    l.converted_at, l.converted_account_id, l.converted_opportunity_id, l.made_up
FROM gcrm.leads l
LEFT JOIN gcrm.reps r USING (rep_id)
LEFT JOIN gcrm.territories t ON t.territory_id = l.territory_id
LEFT JOIN gcrm.regions g ON g.region_id = t.region_id
WHERE (cardinality(:statuses::text[]) = 0 OR l.status = ANY(:statuses))
    AND (cardinality(:reps::int[]) = 0 OR l.rep_id = ANY(:reps))
    AND (cardinality(:territories::int[]) = 0 OR l.territory_id = ANY(:territories))
    AND (NOT :unassigned OR l.rep_id IS NULL)
    AND (:pattern::text IS NULL OR lower(l.name) LIKE :pattern)
    AND (:lead_id::bigint IS NULL OR l.lead_id = :lead_id)
ORDER BY l.received_at DESC, l.lead_id DESC
LIMIT :most;

-- name: counts()
-- How many leads there are by status, and how many of them have no rep: status, leads, unassigned.
SELECT status, count(*) AS leads, count(*) FILTER (WHERE rep_id IS NULL) AS unassigned FROM gcrm.leads GROUP BY status;

-- name: is_visible(lead_id)$
-- Whether the reader sees a lead.
SELECT EXISTS (SELECT FROM gcrm.leads WHERE lead_id = :lead_id);

-- name: by_key(source, source_key)$
-- The lead of a key in a system: lead_id.
SELECT lead_id FROM gcrm.leads WHERE source = :source AND source_key = :source_key;

-- name: status_of(lead_id)^
-- Where a lead is, held until the end of the transaction: status, rejected_because.
SELECT status, rejected_because FROM gcrm.leads WHERE lead_id = :lead_id FOR UPDATE;

-- name: set_status(lead_id, status, rejected_because)!
-- Says what became of a lead.
UPDATE gcrm.leads SET status = :status, rejected_because = :rejected_because, updated_at = now() WHERE lead_id = :lead_id;

-- name: give(lead_id, rep_id, because, actor)!
-- Gives a lead to a rep by hand; where its territory is not known, it is that of the rep.
UPDATE gcrm.leads l
SET rep_id = r.rep_id, assigned_at = now(), assigned_by = :actor, assigned_because = :because, territory_id = coalesce(l.territory_id, r.territory_id),
    territory_given = l.territory_given OR l.territory_id IS NULL AND r.territory_id IS NOT NULL, updated_at = now()
FROM gcrm.reps r
WHERE l.lead_id = :lead_id AND r.rep_id = :rep_id;

-- name: to_convert(lead_id)^
-- What a conversion has to know: status, company, given_name, family_name, role, phone, email, website, street, house_number,
-- postcode, city, country_code, longitude, latitude (as texts, where the position was given), segment, interest, amount, currency, made_up.
SELECT
    status, company, given_name, family_name, role, phone, email, website, street, house_number, postcode, city, country_code,
    CASE WHEN geocode_level = 'given' THEN ST_X(position)::text END AS longitude, CASE WHEN geocode_level = 'given' THEN ST_Y(position)::text END AS latitude,
    segment, interest, amount::text AS amount, currency, made_up
FROM gcrm.leads
WHERE lead_id = :lead_id;

-- name: place_account(lead_id, account_id)!
-- Puts the account of a lead where the lead was found to be, into its territory.
UPDATE gcrm.accounts a
SET position = l.position, cell = l.cell, geocode_level = l.geocode_level, geocode_score = l.geocode_score, geocode_reason = l.geocode_reason,
    geocoded_at = CASE WHEN l.geocode_level IS NOT NULL THEN now() END, territory_id = l.territory_id, territory_given = l.territory_given
FROM gcrm.leads l
WHERE l.lead_id = :lead_id AND a.account_id = :account_id;

-- name: give_opportunity(lead_id, opportunity_id)!
-- Gives an opportunity to the rep of a lead.
UPDATE gcrm.opportunities o SET rep_id = l.rep_id FROM gcrm.leads l WHERE l.lead_id = :lead_id AND o.opportunity_id = :opportunity_id;

-- name: account_key(account_id)^
-- Under which key an account is known: source, source_key.
SELECT source, source_key FROM gcrm.accounts WHERE account_id = :account_id;

-- name: made(source, account_key, contact_key, opportunity_key)^
-- What records became of keys: account_id, contact_id, opportunity_id; empty where there is none.
SELECT
    (SELECT account_id FROM gcrm.account_sources WHERE source = :source AND source_key = :account_key) AS account_id,
    (SELECT contact_id FROM gcrm.contacts WHERE source = :source AND source_key = :contact_key) AS contact_id,
    (SELECT opportunity_id FROM gcrm.opportunities WHERE source = :source AND source_key = :opportunity_key) AS opportunity_id;

-- name: set_converted(lead_id, account_id, contact_id, opportunity_id)!
-- Says what a lead was converted into.
UPDATE gcrm.leads
SET status = 'converted', converted_at = now(), converted_account_id = :account_id, converted_contact_id = :contact_id,
    converted_opportunity_id = :opportunity_id, updated_at = now()
WHERE lead_id = :lead_id;

-- name: open_addresses(after, most, again, lead_ids)
-- The next leads to place, from a key on: lead_id, street, house_number, postcode, city, country_code, updated_at as text; again: also those that were not found.
-- No keys mean all.
SELECT lead_id, street, house_number, postcode, city, country_code, updated_at::text AS updated_at
FROM gcrm.leads
WHERE (geocode_level IS NULL OR :again AND geocode_level = 'none') AND lead_id > :after AND (:lead_ids::bigint[] IS NULL OR lead_id = ANY(:lead_ids))
ORDER BY lead_id
LIMIT :most;

-- name: create_places_stage()#
CREATE TEMPORARY TABLE staged_places (
    lead_id bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    longitude double precision,
    latitude double precision,
    cell bigint,
    geocode_level text NOT NULL,
    geocode_score real,
    geocode_reason text
) ON COMMIT DROP;

-- name: store_places()!
-- Writes where leads are, unless one has changed meanwhile.
UPDATE gcrm.leads l
SET position = CASE WHEN s.cell IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.longitude, s.latitude), 4326) END, cell = s.cell,
    geocode_level = s.geocode_level, geocode_score = s.geocode_score, geocode_reason = s.geocode_reason
FROM staged_places s
WHERE l.lead_id = s.lead_id AND l.updated_at = s.updated_at;

-- name: drop_places_stage()#
DROP TABLE staged_places;

-- name: lock_assignment()$
-- One run of the rules at a time.
SELECT pg_advisory_xact_lock(hashtextextended('gcrm.leads.assign', 0));

-- name: waiting(lead_ids)
-- What the rules look at, in the order in which they came: lead_id, longitude, latitude, territory_id, territory_given, assigned (has a rep already, and only lacks
-- its territory). No keys mean all.
SELECT lead_id, ST_X(position) AS longitude, ST_Y(position) AS latitude, territory_id, territory_given,
    (rep_id IS NOT NULL OR status NOT IN ('new', 'working'))::int AS assigned
FROM gcrm.leads
WHERE (rep_id IS NULL AND status IN ('new', 'working') OR territory_id IS NULL AND position IS NOT NULL)
    AND (:lead_ids::bigint[] IS NULL OR lead_id = ANY(:lead_ids))
ORDER BY received_at, lead_id;

-- name: able()
-- The reps with what the rules ask of them: rep_id, name, territory_id, open_leads, last_assigned (seconds since 1970).
SELECT r.rep_id, r.name, r.territory_id, coalesce(l.open_leads, 0) AS open_leads, coalesce(l.last_assigned, 0) AS last_assigned
FROM gcrm.reps r
LEFT JOIN (
    SELECT rep_id, count(*) FILTER (WHERE status IN ('new', 'working')) AS open_leads, extract(epoch FROM max(assigned_at))::float8 AS last_assigned
    FROM gcrm.leads
    WHERE rep_id IS NOT NULL
    GROUP BY rep_id
) l USING (rep_id);

-- name: territories()
-- The territories: territory_id, name, region_id, region.
SELECT t.territory_id, t.name, t.region_id, g.name AS region FROM gcrm.territories t LEFT JOIN gcrm.regions g USING (region_id);

-- name: boundaries()
-- The boundaries of territories, in the order of their keys: territory_id, boundary (WKB, EPSG:4326).
SELECT territory_id, ST_AsBinary(boundary) AS boundary FROM gcrm.territories WHERE boundary IS NOT NULL ORDER BY territory_id;

-- name: create_assignments_stage()#
DROP TABLE IF EXISTS staged_assignments;
CREATE TEMPORARY TABLE staged_assignments (
    lead_id bigint NOT NULL,
    territory_id int,
    rep_id int,
    because text
) ON COMMIT DROP;

-- name: store_assignments(actor, at)!
-- Writes who got which lead and why. The reason of a lead that nobody got is kept with it.
UPDATE gcrm.leads l
SET territory_id = coalesce(s.territory_id, l.territory_id), rep_id = coalesce(s.rep_id, l.rep_id),
    assigned_at = CASE WHEN s.rep_id IS NOT NULL THEN :at::timestamptz ELSE l.assigned_at END,
    assigned_by = CASE WHEN s.rep_id IS NOT NULL THEN :actor ELSE l.assigned_by END,
    assigned_because = coalesce(s.because, l.assigned_because)
FROM staged_assignments s
WHERE l.lead_id = s.lead_id
    AND (l.territory_id IS DISTINCT FROM coalesce(s.territory_id, l.territory_id) OR s.rep_id IS NOT NULL OR l.assigned_because IS DISTINCT FROM s.because);

-- name: take_back(at)!
-- Takes back what the rules gave in one run, of leads that nobody has begun with.
UPDATE gcrm.leads
SET rep_id = NULL, assigned_at = NULL, assigned_by = NULL, assigned_because = NULL
WHERE assigned_at = :at::timestamptz AND status = 'new';

-- Activities: what is planned, what happened, and the writes of people.

-- name: is_visible(activity_id)$
-- Whether the reader sees an activity.
SELECT EXISTS (SELECT FROM gcrm.activities WHERE activity_id = :activity_id);

-- name: sees_account(account_id)$
-- Whether the reader sees an account.
SELECT EXISTS (SELECT FROM gcrm.accounts WHERE account_id = :account_id);

-- name: unknown_references(account_id, rep_id, contact_id, opportunity_id)
-- What is named and is not there, or belongs to another account: what, key.
SELECT 'rep' AS what, :rep_id::int AS key WHERE :rep_id::int IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.reps WHERE rep_id = :rep_id)
UNION ALL
SELECT 'contact', :contact_id::bigint
WHERE :contact_id::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.people_of(:account_id) p WHERE p.contact_id = :contact_id)
UNION ALL
SELECT 'opportunity', :opportunity_id::bigint
WHERE :opportunity_id::bigint IS NOT NULL
    AND NOT EXISTS (SELECT FROM gcrm.opportunities WHERE opportunity_id = :opportunity_id AND account_id = :account_id);

-- name: create(source, source_key, account_id, rep_id, contact_id, opportunity_id, kind, state, happened_at, due_at, duration_minutes, reminder_minutes, repeat_rule, repeat_from, channel, department, subject, outcome, actor)$
-- A new one: its activity_id.
INSERT INTO gcrm.activities (
    source, source_key, account_id, rep_id, contact_id, opportunity_id, kind, state, happened_at, due_at, duration_minutes, reminder_minutes, repeat_rule,
    repeat_from, channel, department, subject, outcome, created_by, made_up)
SELECT
    :source, :source_key, :account_id, :rep_id, :contact_id, :opportunity_id, :kind, :state, :happened_at, :due_at, :duration_minutes, :reminder_minutes,
    :repeat_rule, :repeat_from, :channel, :department, :subject, :outcome, :actor, a.made_up
FROM gcrm.accounts a
WHERE a.account_id = :account_id
RETURNING activity_id;

-- name: create_next(activity_id, source, source_key, due_at, actor)$
-- The next one of a series, like the one before: its activity_id.
INSERT INTO gcrm.activities (
    source, source_key, account_id, rep_id, contact_id, opportunity_id, kind, state, due_at, duration_minutes, reminder_minutes, repeat_rule, repeat_from, channel,
    department, subject, previous_activity_id, created_by, made_up)
SELECT
    :source, :source_key, account_id, rep_id, contact_id, opportunity_id, kind, 'planned', :due_at, duration_minutes, reminder_minutes, repeat_rule, repeat_from, channel,
    department, subject, activity_id, :actor, made_up
FROM gcrm.activities
WHERE activity_id = :activity_id
RETURNING activity_id;

-- name: plan(activity_id)^
-- The plan of one, held until the end of the transaction: state, kind, due_at, reminder_minutes, repeat_rule, repeat_from.
SELECT state, kind, due_at, reminder_minutes, repeat_rule, repeat_from FROM gcrm.activities WHERE activity_id = :activity_id FOR UPDATE;

-- name: end(activity_id, state, happened_at, outcome)!
-- Ends a planned one: done or cancelled.
UPDATE gcrm.activities SET state = :state, happened_at = :happened_at, outcome = coalesce(:outcome, outcome), updated_at = now()
WHERE activity_id = :activity_id;

-- name: postpone(activity_id, due_at)!
-- Gives a planned one another time; its series stays.
UPDATE gcrm.activities SET due_at = :due_at, updated_at = now() WHERE activity_id = :activity_id;

-- name: assign(activity_id, rep_id)!
-- Gives a planned one to a rep.
UPDATE gcrm.activities SET rep_id = :rep_id, updated_at = now() WHERE activity_id = :activity_id;

-- name: check_in(activity_id, longitude, latitude, at)$
-- Stores where somebody checked in at a visit: metres to its account on the ellipsoid, empty where that has no position.
UPDATE gcrm.activities v
SET checked_in_at = :at, check_in_position = ST_Point(:longitude, :latitude, 4326), updated_at = now(),
    check_in_distance_m = (
        SELECT ST_Distance(ST_Point(:longitude, :latitude, 4326)::geography, a.position::geography) FROM gcrm.accounts a WHERE a.account_id = v.account_id)
WHERE v.activity_id = :activity_id
RETURNING check_in_distance_m;

-- name: remove_untouched(activity_id)!
-- Deletes one that a person made, unless it was changed since or a series went on from it.
DELETE FROM gcrm.activities v
WHERE v.activity_id = :activity_id AND v.created_import_id IS NULL
    AND NOT EXISTS (SELECT FROM gcrm.changes c WHERE c.object = 'activities' AND c.record_id = v.activity_id AND c.undone_at IS NULL)
    AND NOT EXISTS (SELECT FROM gcrm.activities n WHERE n.previous_activity_id = v.activity_id);

-- name: next_of(activity_id)$
-- The next one of the series, where there is one: its activity_id.
SELECT activity_id FROM gcrm.activities WHERE previous_activity_id = :activity_id;

-- name: planned(reps, kinds, low, high, account_id, until, at, activity_id, most)
-- What is planned, what is due first before the rest, behind a time and a key: activity_id, account_id, account, address, longitude, latitude, kind, subject, due_at,
-- duration_minutes, reminder_minutes, repeat_rule, repeat_from, rep_id, rep, contact, phone, channel, department, checked_in_at, check_in_distance_m. Empty lists mean
-- all; low and high are the finest cells of an area.
SELECT
    v.activity_id, v.account_id, a.name AS account, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), '')) AS address,
    ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude, v.kind, v.subject, v.due_at, v.duration_minutes, v.reminder_minutes, v.repeat_rule, v.repeat_from,
    v.rep_id, r.name AS rep, nullif(concat_ws(' ', k.given_name, k.family_name), '') AS contact, coalesce(k.phone, a.phone) AS phone, v.channel, v.department,
    v.checked_in_at, v.check_in_distance_m
FROM gcrm.activities v
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = v.rep_id
LEFT JOIN gcrm.contacts k ON k.contact_id = v.contact_id
WHERE v.state = 'planned'
    AND (cardinality(:reps::int[]) = 0 OR v.rep_id = ANY(:reps))
    AND (cardinality(:kinds::text[]) = 0 OR v.kind = ANY(:kinds))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:account_id::bigint IS NULL OR v.account_id = :account_id)
    AND (:until::timestamptz IS NULL OR v.due_at < :until)
    AND (:at::timestamptz IS NULL OR (v.due_at, v.activity_id) > (:at, :activity_id::bigint))
ORDER BY v.due_at, v.activity_id
LIMIT :most;

-- name: ended(states, reps, kinds, low, high, at, activity_id, most)
-- What is done or cancelled, the newest first, before a time and a key: as of planned, and happened_at, outcome, state.
SELECT
    v.activity_id, v.account_id, a.name AS account, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), '')) AS address,
    ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude, v.kind, v.subject, v.due_at, v.duration_minutes, v.rep_id, r.name AS rep,
    nullif(concat_ws(' ', k.given_name, k.family_name), '') AS contact, v.channel, v.department, v.checked_in_at, v.check_in_distance_m,
    v.happened_at, v.outcome, v.state
FROM gcrm.activities v
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = v.rep_id
LEFT JOIN gcrm.contacts k ON k.contact_id = v.contact_id
WHERE v.happened_at IS NOT NULL AND v.state = ANY(:states::text[])
    AND (cardinality(:reps::int[]) = 0 OR v.rep_id = ANY(:reps))
    AND (cardinality(:kinds::text[]) = 0 OR v.kind = ANY(:kinds))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:at::timestamptz IS NULL OR (v.happened_at, v.activity_id) < (:at, :activity_id::bigint))
ORDER BY v.happened_at DESC, v.activity_id DESC
LIMIT :most;

-- name: reps()
-- The reps of the territories that the reader sees and of none, by name: rep_id, name, email, territory.
SELECT r.rep_id, r.name, r.email, t.name AS territory
FROM gcrm.reps r LEFT JOIN gcrm.territories t USING (territory_id)
WHERE r.territory_id IS NULL OR gcrm.scope_is_all() OR r.territory_id IN (SELECT gcrm.scope_territories())
ORDER BY r.name, r.rep_id;

-- name: partners_of(account_id)
-- Whom an activity with an account can be with, and what it can be about: what (contact or opportunity), key, name.
SELECT 'contact' AS what, k.contact_id AS key, coalesce(nullif(concat_ws(' ', k.given_name, k.family_name), ''), k.role, 'contact') AS name
FROM gcrm.contacts k
WHERE k.contact_id IN (SELECT p.contact_id FROM gcrm.people_of(:account_id) p)
UNION ALL
SELECT 'opportunity', opportunity_id, name FROM gcrm.opportunities WHERE account_id = :account_id AND closed_at IS NULL
ORDER BY what, name, key;

-- name: leads_near(rep_id, longitudes, latitudes, within_m, most)
-- The new leads of a rep near some places, the nearest first: lead_id, name, interest, rating, address, number (of the nearest place, from 1), metres (to it).
SELECT
    l.lead_id, l.name, l.interest, l.rating, concat_ws(', ', nullif(concat_ws(' ', l.street, l.house_number), ''), nullif(concat_ws(' ', l.postcode, l.city), '')) AS address,
    near.number, near.metres
FROM gcrm.leads l
CROSS JOIN LATERAL (
    SELECT place.number, ST_Distance(ST_Point(place.longitude, place.latitude, 4326)::geography, l.position::geography) AS metres
    FROM unnest(:longitudes::float8[], :latitudes::float8[]) WITH ORDINALITY AS place (longitude, latitude, number)
    ORDER BY metres
    LIMIT 1
) near
WHERE l.rep_id = :rep_id AND l.status = 'new' AND l.position IS NOT NULL AND near.metres <= :within_m
ORDER BY near.metres, l.lead_id
LIMIT :most;

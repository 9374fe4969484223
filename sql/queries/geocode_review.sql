-- The review queue of the geocoder.

-- name: reviews(status, most, after)
-- Reviews of a status: account_id, name, address, status, level, score, margin, reason, longitude, latitude, candidates, decided_by, decided_at.
SELECT
    a.account_id, a.name, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), ''), a.country_code),
    r.status, coalesce(a.geocode_level, 'none'), a.geocode_score, a.geocode_margin, a.geocode_reason, ST_X(a.position), ST_Y(a.position), r.candidates, r.decided_by, r.decided_at
FROM gcrm.geocode_reviews r
JOIN gcrm.accounts a USING (account_id)
WHERE r.status = :status AND r.account_id > :after
ORDER BY r.account_id
LIMIT :most;

-- name: last_decisions(most)
-- The reviews decided last, the newest first: columns as of reviews.
SELECT
    a.account_id, a.name, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), ''), a.country_code),
    r.status, coalesce(a.geocode_level, 'none'), a.geocode_score, a.geocode_margin, a.geocode_reason, ST_X(a.position), ST_Y(a.position), r.candidates, r.decided_by, r.decided_at
FROM gcrm.geocode_reviews r
JOIN gcrm.accounts a USING (account_id)
WHERE r.status <> 'open'
ORDER BY r.decided_at DESC, r.account_id DESC
LIMIT :most;

-- name: counts()
-- Reviews by status: status, reviews.
SELECT status, count(*) FROM gcrm.geocode_reviews GROUP BY 1 ORDER BY 1;

-- name: open_candidates(account_id)$
-- The candidates of an open review.
SELECT candidates FROM gcrm.geocode_reviews WHERE account_id = :account_id AND status = 'open' FOR UPDATE;

-- name: keep_correction(account_id, longitude, latitude, cell, decided_by)!
-- From now on the address of a review is always here.
INSERT INTO gcrm.geocode_corrections (address_key, account_id, position, cell, made_by)
SELECT address_key, account_id, ST_SetSRID(ST_MakePoint(:longitude::float8, :latitude::float8), 4326), :cell, :decided_by
FROM gcrm.geocode_reviews WHERE account_id = :account_id AND status = 'open'
ON CONFLICT (address_key) DO UPDATE
SET account_id = EXCLUDED.account_id, position = EXCLUDED.position, cell = EXCLUDED.cell, made_by = EXCLUDED.made_by, made_at = now();

-- name: decide(account_id, always, status, decided_by)!
-- A person decided, on this account or on all open reviews of its address; the position before is kept.
UPDATE gcrm.geocode_reviews r
SET status = :status, decided_at = now(), decided_by = :decided_by,
    before = jsonb_build_object(
        'longitude', ST_X(a.position), 'latitude', ST_Y(a.position), 'cell', a.cell::text, 'level', a.geocode_level, 'score', a.geocode_score,
        'margin', a.geocode_margin, 'reason', a.geocode_reason, 'reference_id', a.geocode_reference_id)
FROM gcrm.accounts a
WHERE a.account_id = r.account_id AND r.status = 'open'
    AND (r.account_id = :account_id
        OR :always::boolean AND r.address_key = (SELECT address_key FROM gcrm.geocode_reviews WHERE account_id = :account_id));

-- name: confirm(account_id, always, longitude, latitude, cell, reason, status, decided_by)!
-- The accounts that were just decided on get the position.
UPDATE gcrm.accounts a
SET position = ST_SetSRID(ST_MakePoint(:longitude::float8, :latitude::float8), 4326), cell = :cell, geocode_level = 'confirmed', geocode_score = 1,
    geocode_margin = NULL, geocode_reason = :reason, geocode_stale = false, geocoded_at = now(),
    territory_id = CASE WHEN a.territory_given THEN a.territory_id END
FROM gcrm.geocode_reviews r
WHERE r.account_id = a.account_id AND r.status = :status AND r.decided_by = :decided_by AND r.decided_at = now()
    AND (r.account_id = :account_id
        OR :always::boolean AND r.address_key = (SELECT address_key FROM gcrm.geocode_reviews WHERE account_id = :account_id));

-- name: dismiss(account_id, decided_by)!
UPDATE gcrm.geocode_reviews SET status = 'dismissed', decided_at = now(), decided_by = :decided_by
WHERE account_id = :account_id AND status = 'open';

-- name: undone_key(account_id)$
-- The address of a decided review.
SELECT address_key FROM gcrm.geocode_reviews WHERE account_id = :account_id AND status <> 'open' FOR UPDATE;

-- name: restore(account_id, address_key)!
-- The positions before a decision come back: of the account, and where its rule held for the address, of the others too.
UPDATE gcrm.accounts a
SET position = CASE WHEN r.before ->> 'longitude' IS NOT NULL
        THEN ST_SetSRID(ST_MakePoint((r.before ->> 'longitude')::float8, (r.before ->> 'latitude')::float8), 4326) END,
    cell = (r.before ->> 'cell')::bigint, geocode_level = r.before ->> 'level', geocode_score = (r.before ->> 'score')::real,
    geocode_margin = (r.before ->> 'margin')::real, geocode_reason = r.before ->> 'reason', geocode_reference_id = (r.before ->> 'reference_id')::int,
    geocoded_at = now(), territory_id = CASE WHEN a.territory_given THEN a.territory_id END
FROM gcrm.geocode_reviews r
WHERE r.account_id = a.account_id AND r.before IS NOT NULL
    AND (r.account_id = :account_id
        OR r.address_key = :address_key AND EXISTS (
            SELECT FROM gcrm.geocode_corrections c WHERE c.address_key = :address_key AND c.account_id = :account_id));

-- name: reopen(account_id, address_key)!
-- The reviews whose positions came back are open again.
UPDATE gcrm.geocode_reviews r
SET status = 'open', decided_at = NULL, decided_by = NULL, before = NULL
FROM gcrm.accounts a
WHERE a.account_id = r.account_id AND (r.account_id = :account_id OR r.address_key = :address_key AND r.status <> 'open' AND a.geocode_level <> 'confirmed');

-- name: drop_correction(account_id, address_key)!
DELETE FROM gcrm.geocode_corrections WHERE address_key = :address_key AND account_id = :account_id;

-- name: mark_corrected()!
-- What was placed by an always-rule is to be placed anew: a rule is gone.
UPDATE gcrm.accounts SET geocode_stale = true
WHERE geocode_level = 'confirmed' AND geocode_reason = 'a person said that this address is always here';

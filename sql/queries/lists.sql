-- The lists of records: which there are, what a person changes in one, and how a change is taken back. The program asks them as a part of a statement that sorts them by
-- a column of `gcrm.crm.lists`, counts them, or gives the page behind a record. Empty lists of members mean all, 0 among keys what has none; keys the records of these
-- keys, NULL for all; pattern what the name is like, in small letters; low to high, and lows to highs, finest cells; area a polygon as WKB, EPSG:4326.

-- name: accounts(keys, pattern, status, kind, segment, territory, low, high, lows, highs, area)
-- The columns of ACCOUNTS, and account_id, territory_id.
SELECT
    a.account_id, a.name, a.status, a.kind, a.segment, a.street, a.house_number, a.postcode, a.city, a.territory_id, t.name AS territory, a.updated_at
FROM gcrm.accounts a
LEFT JOIN gcrm.territories t USING (territory_id)
WHERE (:keys::bigint[] IS NULL OR a.account_id = ANY(:keys))
    AND (:pattern::text IS NULL OR lower(a.name) LIKE :pattern)
    AND (cardinality(:status::text[]) = 0 OR a.status = ANY(:status))
    AND (cardinality(:kind::text[]) = 0 OR a.kind = ANY(:kind))
    AND (cardinality(:segment::text[]) = 0 OR a.segment = ANY(:segment))
    AND (cardinality(:territory::int[]) = 0 OR a.territory_id = ANY(:territory) OR a.territory_id IS NULL AND 0 = ANY(:territory))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:lows::bigint[] IS NULL OR EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE a.cell BETWEEN span.first AND span.last))
    AND (:area::bytea IS NULL OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)));

-- name: leads(keys, pattern, status, rating, territory, rep, low, high, lows, highs, area)
-- The columns of LEADS, and lead_id, territory_id, rep_id.
SELECT
    l.lead_id, l.name, l.company, nullif(concat_ws(' ', l.given_name, l.family_name), '') AS person, l.status, l.rating, l.amount, l.currency, l.received_at,
    l.territory_id, t.name AS territory, l.rep_id, r.name AS rep, coalesce(l.rejected_because, l.assigned_because) AS why
FROM gcrm.leads l
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.reps r USING (rep_id)
WHERE (:keys::bigint[] IS NULL OR l.lead_id = ANY(:keys))
    AND (:pattern::text IS NULL OR lower(l.name) LIKE :pattern)
    AND (cardinality(:status::text[]) = 0 OR l.status = ANY(:status))
    AND (cardinality(:rating::text[]) = 0 OR l.rating = ANY(:rating))
    AND (cardinality(:territory::int[]) = 0 OR l.territory_id = ANY(:territory) OR l.territory_id IS NULL AND 0 = ANY(:territory))
    AND (cardinality(:rep::int[]) = 0 OR l.rep_id = ANY(:rep) OR l.rep_id IS NULL AND 0 = ANY(:rep))
    AND (:low::bigint IS NULL OR l.cell BETWEEN :low AND :high)
    AND (:lows::bigint[] IS NULL OR EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE l.cell BETWEEN span.first AND span.last))
    AND (:area::bytea IS NULL OR l.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(l.position, ST_GeomFromWKB(:area, 4326)));

-- name: opportunities(keys, pattern, stage, commitment, rep, territory, low, high, lows, highs, area)
-- The columns of OPPORTUNITIES, and opportunity_id, account_id, rep_id, territory_id.
SELECT
    o.opportunity_id, o.name, o.account_id, a.name AS account, o.stage, o.amount, o.currency, coalesce(o.probability, s.probability)::float8 AS probability,
    coalesce(o.commitment, s.commitment) AS commitment, o.expected_close_on, o.stage_since, o.rep_id, r.name AS rep, a.territory_id, t.name AS territory
FROM gcrm.opportunities o
JOIN gcrm.stages s USING (stage)
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
WHERE (:keys::bigint[] IS NULL OR o.opportunity_id = ANY(:keys))
    AND (:pattern::text IS NULL OR lower(o.name) LIKE :pattern)
    AND (cardinality(:stage::text[]) = 0 OR o.stage = ANY(:stage))
    AND (cardinality(:commitment::text[]) = 0 OR coalesce(o.commitment, s.commitment) = ANY(:commitment))
    AND (cardinality(:rep::int[]) = 0 OR o.rep_id = ANY(:rep) OR o.rep_id IS NULL AND 0 = ANY(:rep))
    AND (cardinality(:territory::int[]) = 0 OR a.territory_id = ANY(:territory) OR a.territory_id IS NULL AND 0 = ANY(:territory))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:lows::bigint[] IS NULL OR EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE a.cell BETWEEN span.first AND span.last))
    AND (:area::bytea IS NULL OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)));

-- name: cases(keys, pattern, kind, priority, status, rep, territory, low, high, lows, highs, area)
-- The columns of CASES, and case_id, account_id, rep_id, territory_id, responded_at.
SELECT
    c.case_id, c.subject, c.account_id, a.name AS account, c.kind, c.priority, c.status, c.response_due_at, c.solution_due_at, p.name AS product, c.rep_id, r.name AS rep,
    c.opened_at, c.responded_at, c.solved_at, a.territory_id, t.name AS territory
FROM gcrm.cases c
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.products p USING (product_id)
LEFT JOIN gcrm.reps r ON r.rep_id = c.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
WHERE (:keys::bigint[] IS NULL OR c.case_id = ANY(:keys))
    AND (:pattern::text IS NULL OR lower(c.subject) LIKE :pattern)
    AND (cardinality(:kind::text[]) = 0 OR c.kind = ANY(:kind))
    AND (cardinality(:priority::text[]) = 0 OR c.priority = ANY(:priority))
    AND (cardinality(:status::text[]) = 0 OR c.status = ANY(:status))
    AND (cardinality(:rep::int[]) = 0 OR c.rep_id = ANY(:rep) OR c.rep_id IS NULL AND 0 = ANY(:rep))
    AND (cardinality(:territory::int[]) = 0 OR a.territory_id = ANY(:territory) OR a.territory_id IS NULL AND 0 = ANY(:territory))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:lows::bigint[] IS NULL OR EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE a.cell BETWEEN span.first AND span.last))
    AND (:area::bytea IS NULL OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)));

-- name: activities(keys, pattern, kind, state, rep, territory, low, high, lows, highs, area)
-- The columns of ACTIVITIES, and activity_id, account_id, rep_id, territory_id.
SELECT
    v.activity_id, coalesce(v.happened_at, v.due_at) AS at, v.kind, v.state, v.account_id, a.name AS account, v.subject, v.outcome, v.due_at, v.rep_id, r.name AS rep,
    v.channel, v.department, a.territory_id, t.name AS territory
FROM gcrm.activities v
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = v.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
WHERE (:keys::bigint[] IS NULL OR v.activity_id = ANY(:keys))
    AND (:pattern::text IS NULL OR lower(v.subject) LIKE :pattern)
    AND (cardinality(:kind::text[]) = 0 OR v.kind = ANY(:kind))
    AND (cardinality(:state::text[]) = 0 OR v.state = ANY(:state))
    AND (cardinality(:rep::int[]) = 0 OR v.rep_id = ANY(:rep) OR v.rep_id IS NULL AND 0 = ANY(:rep))
    AND (cardinality(:territory::int[]) = 0 OR a.territory_id = ANY(:territory) OR a.territory_id IS NULL AND 0 = ANY(:territory))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:lows::bigint[] IS NULL OR EXISTS (SELECT FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (first, last) WHERE a.cell BETWEEN span.first AND span.last))
    AND (:area::bytea IS NULL OR a.position && ST_GeomFromWKB(:area, 4326) AND ST_Intersects(a.position, ST_GeomFromWKB(:area, 4326)));

-- name: segments()
-- The segments that accounts have, by name.
SELECT DISTINCT segment FROM gcrm.accounts WHERE segment IS NOT NULL ORDER BY segment;

-- name: territories()
-- The territories that the reader sees, by name: territory_id, name.
SELECT territory_id, name
FROM gcrm.territories
WHERE gcrm.scope_is_all() OR territory_id IN (SELECT gcrm.scope_territories())
ORDER BY name, territory_id;

-- name: set_account_text(keys, field, value)!
-- Changes one text of accounts; that of the others stays.
UPDATE gcrm.accounts
SET name = CASE :field::text WHEN 'name' THEN :value::text ELSE name END, status = CASE :field WHEN 'status' THEN :value ELSE status END,
    segment = CASE :field WHEN 'segment' THEN :value ELSE segment END, street = CASE :field WHEN 'street' THEN :value ELSE street END,
    house_number = CASE :field WHEN 'house_number' THEN :value ELSE house_number END, postcode = CASE :field WHEN 'postcode' THEN :value ELSE postcode END,
    city = CASE :field WHEN 'city' THEN :value ELSE city END, updated_at = now()
WHERE account_id = ANY(:keys::bigint[]);

-- name: set_account_territory(keys, territory_id)!
-- Gives accounts to a territory by hand, whatever their positions lie in; empty for that of the position, which the next run of `gcrm enrich` finds.
UPDATE gcrm.accounts
SET territory_id = coalesce(:territory_id::int, territory_id), territory_given = :territory_id::int IS NOT NULL, updated_at = now()
WHERE account_id = ANY(:keys::bigint[]);

-- name: set_lead_rating(keys, rating)!
UPDATE gcrm.leads SET rating = :rating, updated_at = now() WHERE lead_id = ANY(:keys::bigint[]);

-- name: set_lead_amount(keys, amount)!
UPDATE gcrm.leads SET amount = :amount, updated_at = now() WHERE lead_id = ANY(:keys::bigint[]);

-- name: begin(object, field, actor, through)$
-- A set of changes that is about to be made, which the changes of this transaction belong to from now on: change_set_id.
WITH begun AS (
    INSERT INTO gcrm.change_sets (object, field, changed_by, through) VALUES (:object, :field, :actor, :through) RETURNING change_set_id
)
SELECT change_set_id FROM begun, set_config('gcrm.change_set', (SELECT change_set_id::text FROM begun), true);

-- name: count_changes(change_set_id)$
-- How many changes a set has that stand.
SELECT count(*) FROM gcrm.changes WHERE change_set_id = :change_set_id AND undone_at IS NULL;

-- name: forget_set(change_set_id)!
-- Takes a set away that nothing was changed in.
DELETE FROM gcrm.change_sets WHERE change_set_id = :change_set_id;

-- name: set_of(change_set_id)^
-- A set of changes, held until the end of the transaction: object, undone (whether it was taken back).
SELECT object, undone_at IS NOT NULL AS undone FROM gcrm.change_sets WHERE change_set_id = :change_set_id FOR UPDATE;

-- name: records_of_set(change_set_id)
-- The records that a set changed and that are there: record_id.
SELECT DISTINCT record_id FROM gcrm.changes WHERE change_set_id = :change_set_id;

-- name: last_set(object, actor)$
-- The newest set of changes of somebody that stands: change_set_id.
SELECT max(change_set_id) FROM gcrm.change_sets WHERE object = :object AND changed_by = :actor AND undone_at IS NULL;

-- name: undo_set(change_set_id)^
-- Takes the changes of a set back, the newest first, but for those whose record was changed since in the same: restored, kept (counts).
SELECT count(*) FILTER (WHERE undone) AS restored, count(*) FILTER (WHERE NOT undone) AS kept
FROM (
    SELECT gcrm.undo_change(change_id) AS undone
    FROM (SELECT change_id FROM gcrm.changes WHERE change_set_id = :change_set_id AND undone_at IS NULL ORDER BY change_id DESC) made
    OFFSET 0
) each_one;

-- name: end_set(change_set_id, actor)!
-- Says that a set was taken back.
UPDATE gcrm.change_sets SET undone_at = now(), undone_by = :actor WHERE change_set_id = :change_set_id;

-- name: extent()^
-- The box around the accounts that the reader sees, degrees: west, south, east, north; nothing where none has a position.
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box) FROM (SELECT ST_Extent(position) AS box FROM gcrm.accounts) AS around WHERE box IS NOT NULL;

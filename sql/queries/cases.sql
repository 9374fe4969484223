-- Cases: lists, one with what was said and done for it, and the writes of people.

-- name: listing(unsolved, case_id, account_id, reps, kinds, statuses, low, high, until, at, key, most)
-- Cases behind a time and a key: what is unsolved by its solution deadline, else the newest first: case_id, account_id, account, address, longitude, latitude, kind, priority,
-- status, subject, channel, product, rep_id, rep, contact, phone, opened_at, response_due_at, solution_due_at, responded_at, solved_at, comments (count). Empty lists mean
-- all; low and high are the finest cells of an area; until is a time before which one of the deadlines lies.
SELECT
    c.case_id, c.account_id, a.name AS account, concat_ws(', ', nullif(concat_ws(' ', a.street, a.house_number), ''), nullif(concat_ws(' ', a.postcode, a.city), '')) AS address,
    ST_X(a.position) AS longitude, ST_Y(a.position) AS latitude, c.kind, c.priority, c.status, c.subject, c.channel, p.name AS product, c.rep_id, r.name AS rep,
    nullif(concat_ws(' ', k.given_name, k.family_name), '') AS contact, coalesce(k.phone, a.phone) AS phone, c.opened_at, c.response_due_at, c.solution_due_at,
    c.responded_at, c.solved_at, (SELECT count(*) FROM gcrm.activities v WHERE v.case_id = c.case_id) AS comments
FROM gcrm.cases c
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.products p USING (product_id)
LEFT JOIN gcrm.reps r ON r.rep_id = c.rep_id
LEFT JOIN gcrm.contacts k ON k.contact_id = c.contact_id
WHERE (NOT :unsolved OR c.status IN ('new', 'open', 'waiting'))
    AND (:case_id::bigint IS NULL OR c.case_id = :case_id)
    AND (:account_id::bigint IS NULL OR c.account_id = :account_id)
    AND (cardinality(:reps::int[]) = 0 OR c.rep_id = ANY(:reps))
    AND (cardinality(:kinds::text[]) = 0 OR c.kind = ANY(:kinds))
    AND (cardinality(:statuses::text[]) = 0 OR c.status = ANY(:statuses))
    AND (:low::bigint IS NULL OR a.cell BETWEEN :low AND :high)
    AND (:until::timestamptz IS NULL OR c.solution_due_at < :until OR c.responded_at IS NULL AND c.response_due_at < :until)
    AND (:at::timestamptz IS NULL
        OR :unsolved AND (c.solution_due_at, c.case_id) > (:at, :key::bigint)
        OR NOT :unsolved AND (c.opened_at, c.case_id) < (:at, :key::bigint))
ORDER BY CASE WHEN :unsolved THEN c.solution_due_at END, CASE WHEN :unsolved THEN c.case_id END, c.opened_at DESC, c.case_id DESC
LIMIT :most;

-- name: is_visible(case_id)$
-- Whether the reader sees a case.
SELECT EXISTS (SELECT FROM gcrm.cases WHERE case_id = :case_id);

-- name: products()
-- The products, by name: product_id, name.
SELECT product_id, name FROM gcrm.products ORDER BY name, product_id;

-- name: comments(case_id)
-- What was said and done for a case, in order of time: activity_id, at, kind, state, text, who.
SELECT v.activity_id, coalesce(v.happened_at, v.due_at) AS at, v.kind, v.state, concat_ws(': ', v.subject, v.outcome) AS text, coalesce(v.created_by, r.name) AS who
FROM gcrm.activities v
LEFT JOIN gcrm.reps r USING (rep_id)
WHERE v.case_id = :case_id
ORDER BY at, v.activity_id;

-- name: unknown_references(account_id, contact_id, product_id, rep_id)
-- What is named and is not there, or belongs to another account: what, key.
SELECT 'rep' AS what, :rep_id::bigint AS key WHERE :rep_id::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.reps WHERE rep_id = :rep_id)
UNION ALL
SELECT 'product', :product_id::bigint WHERE :product_id::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.products WHERE product_id = :product_id)
UNION ALL
SELECT 'contact', :contact_id::bigint
WHERE :contact_id::bigint IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.people_of(:account_id) p WHERE p.contact_id = :contact_id);

-- name: create(source, source_key, account_id, contact_id, product_id, rep_id, kind, priority, subject, channel, opened_at, response_due_at, solution_due_at, actor)$
-- A new one: its case_id.
INSERT INTO gcrm.cases (
    source, source_key, account_id, contact_id, product_id, rep_id, kind, priority, status, subject, channel, opened_at, response_due_at, solution_due_at, created_by, made_up)
SELECT
    :source, :source_key, :account_id, :contact_id, :product_id, :rep_id, :kind, :priority, 'new', :subject, :channel, :opened_at, :response_due_at, :solution_due_at,
    :actor, a.made_up
FROM gcrm.accounts a
WHERE a.account_id = :account_id
RETURNING case_id;

-- name: standing(case_id)^
-- Where a case stands, held until the end of the transaction: status, opened_at, response_due_at, solution_due_at, responded_at, solved_at.
SELECT status, opened_at, response_due_at, solution_due_at, responded_at, solved_at FROM gcrm.cases WHERE case_id = :case_id FOR UPDATE;

-- name: move(case_id, status, responded_at, solved_at)!
UPDATE gcrm.cases SET status = :status, responded_at = :responded_at, solved_at = :solved_at, updated_at = now() WHERE case_id = :case_id;

-- name: assign(case_id, rep_id)!
UPDATE gcrm.cases SET rep_id = :rep_id, updated_at = now() WHERE case_id = :case_id AND rep_id IS DISTINCT FROM :rep_id;

-- name: set_priority(case_id, priority, response_due_at, solution_due_at)!
UPDATE gcrm.cases
SET priority = :priority, response_due_at = :response_due_at, solution_due_at = :solution_due_at, updated_at = now()
WHERE case_id = :case_id AND priority <> :priority;

-- name: comment(case_id, source, source_key, happened_at, text, department, actor)$
-- A note on a case: its activity_id.
INSERT INTO gcrm.activities (source, source_key, account_id, contact_id, case_id, kind, happened_at, subject, department, created_by, made_up)
SELECT :source, :source_key, c.account_id, c.contact_id, c.case_id, 'note', :happened_at, :text, :department, :actor, c.made_up
FROM gcrm.cases c
WHERE c.case_id = :case_id
RETURNING activity_id;

-- name: remove_untouched(case_id)!
-- Deletes one that a person opened, unless it was changed since or something was said or done for it.
DELETE FROM gcrm.cases c
WHERE c.case_id = :case_id AND c.created_import_id IS NULL
    AND NOT EXISTS (SELECT FROM gcrm.changes h WHERE h.object = 'cases' AND h.record_id = c.case_id AND h.undone_at IS NULL)
    AND NOT EXISTS (SELECT FROM gcrm.activities v WHERE v.case_id = c.case_id);

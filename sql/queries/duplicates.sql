-- Duplicates: the search, the queue, merges, and who a new record may be.

-- name: accounts()
-- What the search looks at: every account, the oldest first.
SELECT account_id, source, source_key, name, street, house_number, postcode, city, country_code, phone, email, website, tax_number, cell, import_id
FROM gcrm.accounts
ORDER BY account_id;

-- name: sizes(import_id)^
-- Accounts that an import wrote last, and the others (counts).
SELECT count(*) FILTER (WHERE import_id = :import_id) AS written, count(*) FILTER (WHERE import_id IS DISTINCT FROM :import_id) AS others FROM gcrm.accounts;

-- name: some_accounts(import_id, most, most_others)
-- The first accounts that an import wrote last, and others that share a telephone number, a mail address, a tax number or an address with one of
-- them, as the search looks at them.
WITH mine AS MATERIALIZED (
    SELECT * FROM gcrm.accounts WHERE import_id = :import_id ORDER BY account_id LIMIT :most
), near AS (
    (SELECT a.account_id FROM mine m JOIN gcrm.accounts a ON a.phone IS NOT NULL
        AND right(translate(a.phone, ' +-/().', ''), 7) = right(translate(m.phone, ' +-/().', ''), 7) LIMIT :most_others)
    UNION
    (SELECT a.account_id FROM mine m JOIN gcrm.accounts a ON a.email IS NOT NULL AND lower(a.email) = lower(m.email) LIMIT :most_others)
    UNION
    (SELECT a.account_id FROM mine m JOIN gcrm.accounts a ON a.tax_number IS NOT NULL
        AND lower(translate(a.tax_number, ' .-/', '')) = lower(translate(m.tax_number, ' .-/', '')) LIMIT :most_others)
    UNION
    (SELECT a.account_id FROM mine m JOIN gcrm.accounts a ON a.postcode = m.postcode AND a.house_number = m.house_number LIMIT :most_others)
)
SELECT account_id, source, source_key, name, street, house_number, postcode, city, country_code, phone, email, website, tax_number, cell, import_id
FROM gcrm.accounts
WHERE account_id IN (SELECT account_id FROM mine UNION SELECT account_id FROM near)
ORDER BY account_id;

-- name: start(import_id, matcher, accounts, compared, found, model, skipped)$
-- Keeps a search: its run_id.
INSERT INTO gcrm.duplicate_runs (import_id, matcher, accounts, compared, found, model, skipped)
VALUES (:import_id, :matcher, :accounts, :compared, :found, :model, :skipped)
RETURNING run_id;

-- name: newest_model()$
-- What the newest search of all accounts by the own matcher estimated.
SELECT model FROM gcrm.duplicate_runs WHERE import_id IS NULL AND matcher = 'own' ORDER BY run_id DESC LIMIT 1;

-- name: create_stage()#
CREATE TEMPORARY TABLE staged_duplicates (
    left_account_id bigint NOT NULL,
    right_account_id bigint NOT NULL,
    score real NOT NULL,
    why jsonb NOT NULL
) ON COMMIT DROP;

-- name: store(run_id, whole)^
-- Puts the staged pairs into the queue: created, updated (counts). What was decided stays; an open pair that a search of all accounts does not find any more goes.
WITH gone AS (
    DELETE FROM gcrm.duplicates d
    WHERE :whole AND d.status = 'open'
        AND NOT EXISTS (SELECT FROM staged_duplicates s WHERE (s.left_account_id, s.right_account_id) = (d.left_account_id, d.right_account_id))
), stored AS (
    INSERT INTO gcrm.duplicates (left_account_id, right_account_id, score, why, run_id)
    SELECT s.left_account_id, s.right_account_id, s.score, s.why, :run_id
    FROM staged_duplicates s
    JOIN gcrm.accounts l ON l.account_id = s.left_account_id
    JOIN gcrm.accounts r ON r.account_id = s.right_account_id
    ON CONFLICT (left_account_id, right_account_id) DO UPDATE SET score = excluded.score, why = excluded.why, run_id = excluded.run_id
    WHERE gcrm.duplicates.status = 'open'
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM stored;

-- name: queue(statuses, least, source, most, skipped, but)
-- Pairs, the most probable first: duplicate_id, score, status, why, decided_at, the two records as JSON, and found (how many there are without the limit).
SELECT
    d.duplicate_id, d.score, d.status, d.why, d.decided_at,
    to_jsonb(l) - ARRAY['position', 'cell'] AS left_record, to_jsonb(r) - ARRAY['position', 'cell'] AS right_record, count(*) OVER () AS found
FROM gcrm.duplicates d
JOIN gcrm.accounts l ON l.account_id = d.left_account_id
JOIN gcrm.accounts r ON r.account_id = d.right_account_id
WHERE d.status = ANY(:statuses) AND d.score >= :least AND (:source::text IS NULL OR l.source = :source OR r.source = :source)
    AND d.duplicate_id <> ALL(:but::bigint[])
ORDER BY d.score DESC, d.duplicate_id
LIMIT :most OFFSET :skipped;

-- name: merges(most)
-- Merges, the newest first: merge_id, account_id, source, source_key, score, automatic, merged_at, undone_at, conflicts.
SELECT merge_id, account_id, source, source_key, score, automatic, merged_at, undone_at, conflicts
FROM gcrm.account_merges
ORDER BY merge_id DESC
LIMIT :most;

-- name: pair(duplicate_id)^
-- One pair: left_account_id, right_account_id, status.
SELECT left_account_id, right_account_id, status FROM gcrm.duplicates WHERE duplicate_id = :duplicate_id FOR UPDATE;

-- name: separate(duplicate_id)!
-- Says that a pair is about two.
UPDATE gcrm.duplicates SET status = 'separate', decided_at = now() WHERE duplicate_id = :duplicate_id;

-- name: separate_accounts(one, other)$
-- Says that two accounts are two, whether they are in the queue or not: the duplicate_id.
INSERT INTO gcrm.duplicates (left_account_id, right_account_id, score, why, status, decided_at)
VALUES (least(:one::bigint, :other::bigint), greatest(:one::bigint, :other::bigint), 0, '{}', 'separate', now())
ON CONFLICT (left_account_id, right_account_id) DO UPDATE SET status = 'separate', decided_at = now()
RETURNING duplicate_id;

-- name: merge(survivor, merged, automatic)$
-- Merges the second account into the first: the merge_id.
SELECT gcrm.merge_accounts(:survivor, :merged, :automatic);

-- name: undo(merge_id)$
-- Takes a merge back: what could not be, as JSON.
SELECT gcrm.undo_merge(:merge_id);

-- name: sure(least)
-- Open pairs from a score up, the most probable first: left_account_id, right_account_id.
SELECT left_account_id, right_account_id FROM gcrm.duplicates WHERE status = 'open' AND score >= :least ORDER BY score DESC, duplicate_id;

-- name: apart(accounts)
-- Pairs among some accounts that somebody said are two: left_account_id, right_account_id.
SELECT left_account_id, right_account_id FROM gcrm.duplicates
WHERE status <> 'open' AND left_account_id = ANY(:accounts::bigint[]) AND right_account_id = ANY(:accounts::bigint[]);

-- name: has_trigrams()$
-- Whether similar names can be found.
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm');

-- name: set_similarity(least, milliseconds)^
-- To the end of the transaction: least similarity of names, and how long a search for them may take.
SELECT set_config('pg_trgm.similarity_threshold', (:least::real)::text, true), set_config('statement_timeout', (:milliseconds::int)::text, true);

-- name: similar_names(name, most)
-- Accounts with a similar name: account_id.
SELECT account_id FROM gcrm.accounts
WHERE lower(name) %% lower(:name)
ORDER BY similarity(lower(name), lower(:name)) DESC
LIMIT :most;

-- name: same_beginning(beginning, most)
-- Accounts whose name begins alike: account_id.
SELECT account_id FROM gcrm.accounts WHERE lower(name) LIKE :beginning || '%%' LIMIT :most;

-- name: same_keys(phone, email, tax_number, postcode, house_number, most)
-- Accounts with the same telephone number, mail address, tax number or address: account_id.
(SELECT account_id FROM gcrm.accounts WHERE phone IS NOT NULL AND right(translate(phone, ' +-/().', ''), 7) = right(translate(:phone, ' +-/().', ''), 7) LIMIT :most)
UNION
(SELECT account_id FROM gcrm.accounts WHERE email IS NOT NULL AND lower(email) = lower(:email) LIMIT :most)
UNION
(SELECT account_id FROM gcrm.accounts WHERE tax_number IS NOT NULL AND lower(translate(tax_number, ' .-/', '')) = lower(translate(:tax_number, ' .-/', '')) LIMIT :most)
UNION
(SELECT account_id FROM gcrm.accounts WHERE postcode = :postcode AND house_number = :house_number LIMIT :most);

-- name: records(accounts)
-- Some accounts as the search looks at them, and the record as JSON.
SELECT account_id, name, street, house_number, postcode, city, country_code, phone, email, website, tax_number, cell, to_jsonb(a) - 'position' AS record
FROM gcrm.accounts a
WHERE account_id = ANY(:accounts::bigint[])
ORDER BY account_id;

-- name: lock_search()$
-- Takes the search, unless somebody searches: whether it was free; held as long as the connection.
SELECT pg_try_advisory_lock(hashtextextended('gcrm.duplicates', 0));

-- name: searches()^
-- The newest search: run_id (0 where there was none yet), found, and whether one runs now.
SELECT
    coalesce(max(run_id), 0) AS run_id,
    coalesce((SELECT found FROM gcrm.duplicate_runs ORDER BY run_id DESC LIMIT 1), 0) AS found,
    EXISTS (
        SELECT FROM pg_locks l, (SELECT hashtextextended('gcrm.duplicates', 0) AS number) AS key
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.classid = ((key.number >> 32) & 4294967295)::oid AND l.objid = (key.number & 4294967295)::oid
    ) AS working
FROM gcrm.duplicate_runs;

-- name: review_figures(waiting)^
-- Pairs that wait, pairs that are two, and accounts that were merged into another.
SELECT
    count(*) FILTER (WHERE status = ANY(:waiting)) AS waiting, count(*) FILTER (WHERE status = 'separate') AS separate,
    (SELECT count(*) FROM gcrm.account_keys) AS merged
FROM gcrm.duplicates;

-- name: review_sources(waiting)
-- Systems that accounts of waiting pairs come from: source.
SELECT DISTINCT a.source
FROM gcrm.duplicates d
JOIN gcrm.accounts a ON a.account_id IN (d.left_account_id, d.right_account_id)
WHERE d.status = ANY(:waiting)
ORDER BY a.source;

-- name: decisions(most)
-- What was decided last and stands: what (merged, separate), key (merge_id or duplicate_id), decided_at, automatic, left_id, left_name,
-- right_id, right_name, right_source, right_key.
(
    SELECT 'merged' AS what, m.merge_id AS key, m.merged_at AS decided_at, m.automatic, a.account_id AS left_id, a.name AS left_name,
        a.account_id AS right_id, m.record ->> 'name' AS right_name, m.source AS right_source, m.source_key AS right_key
    FROM gcrm.account_merges m
    JOIN gcrm.accounts a USING (account_id)
    WHERE m.undone_at IS NULL
    ORDER BY m.merge_id DESC
    LIMIT :most
)
UNION ALL
(
    SELECT 'separate', d.duplicate_id, d.decided_at, false, l.account_id, l.name, r.account_id, r.name, r.source, r.source_key
    FROM gcrm.duplicates d
    JOIN gcrm.accounts l ON l.account_id = d.left_account_id
    JOIN gcrm.accounts r ON r.account_id = d.right_account_id
    WHERE d.status = 'separate'
    ORDER BY d.decided_at DESC
    LIMIT :most
)
ORDER BY decided_at DESC, key DESC
LIMIT :most;

-- name: visible(accounts)
-- Those of some accounts that the reader may see: account_id.
SELECT account_id FROM gcrm.accounts WHERE account_id = ANY(:accounts::bigint[]);

-- name: reopen(duplicate_id)!
-- Lets a pair that somebody told apart wait again.
UPDATE gcrm.duplicates SET status = 'open', decided_at = NULL WHERE duplicate_id = :duplicate_id AND status = 'separate';

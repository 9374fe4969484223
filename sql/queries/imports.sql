-- The journal of imports and the quarantine.

-- name: lock(source, object)$
-- One import of an object from a system at a time; held as long as the connection.
SELECT pg_advisory_lock(hashtextextended('gcrm.import:' || :source || '/' || :object, 0));

-- name: start(job_id, source, object, file_name, file_sha256, mapping)$
-- A new run: its import_id.
INSERT INTO gcrm.imports (job_id, source, object, file_name, file_sha256, mapping)
VALUES (:job_id, :source, :object, :file_name, :file_sha256, :mapping)
RETURNING import_id;

-- name: started(job_id, object)$
-- The run of an object that a job began before: its import_id.
SELECT import_id FROM gcrm.imports WHERE job_id = :job_id AND object = :object;

-- name: finish(rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, rows_warned, rows_skipped, import_id)!
-- Closes a run with its counts.
UPDATE gcrm.imports
SET finished_at = now(), rows_read = :rows_read, rows_created = :rows_created, rows_updated = :rows_updated,
    rows_unchanged = :rows_unchanged, rows_refused = :rows_refused, rows_warned = :rows_warned, rows_skipped = :rows_skipped
WHERE import_id = :import_id;

-- name: ledger(import_id)
-- The chunks that are stored: first_row, rows_read, rows_created, rows_updated, rows_refused, rows_warned, rows_skipped.
SELECT first_row, rows_read, rows_created, rows_updated, rows_refused, rows_warned, rows_skipped
FROM gcrm.import_chunks
WHERE import_id = :import_id;

-- name: enter(import_id, first_row, rows_read, rows_created, rows_updated, rows_refused, rows_warned, rows_skipped)!
-- Enters a chunk into the ledger.
INSERT INTO gcrm.import_chunks (import_id, first_row, rows_read, rows_created, rows_updated, rows_refused, rows_warned, rows_skipped)
VALUES (:import_id, :first_row, :rows_read, :rows_created, :rows_updated, :rows_refused, :rows_warned, :rows_skipped)
ON CONFLICT (import_id, first_row) DO UPDATE
SET rows_read = excluded.rows_read, rows_created = excluded.rows_created, rows_updated = excluded.rows_updated,
    rows_refused = excluded.rows_refused, rows_warned = excluded.rows_warned, rows_skipped = excluded.rows_skipped, stored_at = now();

-- name: is_cancelled(import_id)$
-- Whether somebody asked the import's job to stop.
SELECT j.cancel_requested FROM gcrm.jobs j JOIN gcrm.imports i USING (job_id) WHERE i.import_id = :import_id;

-- name: set_import(import_id)$
-- Names the import as the cause of every change in this transaction, and who asked for it.
SELECT set_config('gcrm.import_id', :import_id::text, true), set_config('gcrm.actor', coalesce((
    SELECT j.created_by FROM gcrm.imports i JOIN gcrm.jobs j USING (job_id) WHERE i.import_id = :import_id::text::bigint), ''), true);

-- name: derive()$
-- What this transaction writes is derived from other records; it is no change of the record, and has no history.
SELECT set_config('gcrm.derived', 'on', true);

-- name: underive()$
-- What this transaction writes from here on is a change of its records again.
SELECT set_config('gcrm.derived', '', true);

-- name: changes_of(job_id, most)
-- Records that a job changed: object, source_key, the columns before, the record after; the first ones.
SELECT c.object, r.source_key, c.before, r.after
FROM gcrm.changes c
JOIN gcrm.imports i USING (import_id)
JOIN LATERAL (
    SELECT a.source_key, to_jsonb(a) AS after FROM gcrm.accounts a WHERE c.object = 'accounts' AND a.account_id = c.record_id
    UNION ALL
    SELECT k.source_key, to_jsonb(k) FROM gcrm.contacts k WHERE c.object = 'contacts' AND k.contact_id = c.record_id
    UNION ALL
    SELECT o.source_key, to_jsonb(o) FROM gcrm.orders o WHERE c.object = 'orders' AND o.order_line_id = c.record_id
    UNION ALL
    SELECT v.source_key, to_jsonb(v) FROM gcrm.activities v WHERE c.object = 'activities' AND v.activity_id = c.record_id
    UNION ALL
    SELECT p.source_key, to_jsonb(p) FROM gcrm.opportunities p WHERE c.object = 'opportunities' AND p.opportunity_id = c.record_id
    UNION ALL
    SELECT l.source_key, to_jsonb(l) FROM gcrm.leads l WHERE c.object = 'leads' AND l.lead_id = c.record_id
    UNION ALL
    SELECT q.source_key, to_jsonb(q) FROM gcrm.cases q WHERE c.object = 'cases' AND q.case_id = c.record_id
    UNION ALL
    SELECT d.source_key, to_jsonb(d) FROM gcrm.products d WHERE c.object = 'products' AND d.product_id = c.record_id
    UNION ALL
    SELECT e.source_key, to_jsonb(e) FROM gcrm.reps e WHERE c.object = 'reps' AND e.rep_id = c.record_id
    UNION ALL
    SELECT g.source_key, to_jsonb(g) FROM gcrm.campaigns g WHERE c.object = 'campaigns' AND g.campaign_id = c.record_id
    UNION ALL
    SELECT m.source_key, to_jsonb(m) FROM gcrm.campaign_members m WHERE c.object = 'campaign_members' AND m.campaign_member_id = c.record_id
    UNION ALL
    SELECT t.source_key, to_jsonb(t) FROM gcrm.territories t WHERE c.object = 'territories' AND t.territory_id = c.record_id
) AS r ON true
WHERE i.job_id = :job_id
ORDER BY c.change_id
LIMIT :most;

-- name: refused_by(job_id, most)
-- Records that a job refused: object, row_number, column_name, value, reason; the first ones.
SELECT q.object, q.row_number, q.column_name, q.value, q.reason
FROM gcrm.quarantine q
JOIN gcrm.imports i USING (import_id)
WHERE i.job_id = :job_id
ORDER BY q.object, q.row_number
LIMIT :most;

-- name: create_seen_keys()#
-- The keys that this run has met; lives as long as the connection.
DROP TABLE IF EXISTS seen_keys, chunk_keys;
CREATE TEMPORARY TABLE seen_keys (source_key text PRIMARY KEY, row_number bigint NOT NULL);
CREATE TEMPORARY TABLE chunk_keys (source_key text NOT NULL, row_number bigint NOT NULL);

-- name: hash_joins(wanted)$
-- Off: a chunk is joined to the tables by their keys; the planner would read a large table whole for each chunk.
SELECT set_config('enable_hashjoin', :wanted, true), set_config('enable_mergejoin', :wanted, true);

-- name: clear_keys()#
TRUNCATE chunk_keys;

-- name: add_keys()!
-- Adds the keys of the chunk to those that were met: how many are new.
INSERT INTO seen_keys (source_key, row_number)
SELECT source_key, min(row_number) FROM chunk_keys GROUP BY source_key ORDER BY source_key
ON CONFLICT (source_key) DO NOTHING;

-- name: repeated_keys()
-- Rows of the chunk whose key this file has had before: row_number, source_key, first_row_number.
SELECT c.row_number, c.source_key, s.row_number AS first_row_number
FROM chunk_keys c
JOIN seen_keys s USING (source_key)
WHERE c.row_number <> s.row_number;

-- name: create_refused_stage()#
DROP TABLE IF EXISTS staged_refused;
CREATE TEMPORARY TABLE staged_refused (
    row_number bigint NOT NULL,
    column_name text NOT NULL,
    value text,
    reason text NOT NULL,
    record jsonb NOT NULL
) ON COMMIT DROP;

-- name: store_refused(import_id, source, object, file_name)!
-- Puts refused rows into quarantine; a row that was refused before is replaced. A retry leaves it with the import of its file and with what stood in
-- the file; a record that was put aside stays there while its file says the same.
WITH run AS (
    SELECT coalesce(j.kind = 'retry', false) AS retry FROM gcrm.imports i LEFT JOIN gcrm.jobs j USING (job_id) WHERE i.import_id = :import_id
)
INSERT INTO gcrm.quarantine AS q (import_id, source, object, file_name, row_number, column_name, value, reason, record, tried_import_id)
SELECT :import_id, :source, :object, :file_name, row_number, column_name, value, reason, record, CASE WHEN run.retry THEN :import_id::bigint END
FROM staged_refused
CROSS JOIN run
ON CONFLICT (source, object, file_name, row_number) DO UPDATE
SET import_id = CASE WHEN excluded.tried_import_id IS NULL THEN excluded.import_id ELSE q.import_id END,
    original = CASE WHEN excluded.tried_import_id IS NOT NULL THEN q.original END,
    edited_at = CASE WHEN excluded.tried_import_id IS NOT NULL THEN q.edited_at END,
    discarded_at = CASE WHEN excluded.tried_import_id IS NULL AND coalesce(q.original, q.record) @> excluded.record THEN q.discarded_at END,
    column_name = excluded.column_name, value = excluded.value, reason = excluded.reason, record = excluded.record,
    tried_import_id = excluded.tried_import_id, quarantined_at = now();

-- name: has_warnings(source, object)$
-- Whether a record of this object from this system has a warning.
SELECT EXISTS (SELECT FROM gcrm.warnings WHERE object = :object AND source = :source);

-- name: create_warnings_stage()#
DROP TABLE IF EXISTS staged_warnings, staged_keys;
CREATE TEMPORARY TABLE staged_warnings (source_key text NOT NULL, field text NOT NULL, value text, reason text NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_keys (source_key text NOT NULL) ON COMMIT DROP;

-- name: store_warnings(import_id, source, object)!
-- The warnings of the stored records take the place of those that they had.
WITH gone AS (
    DELETE FROM gcrm.warnings w USING staged_keys k
    WHERE w.object = :object AND w.source = :source AND w.source_key = k.source_key
        AND NOT EXISTS (SELECT FROM staged_warnings s WHERE s.source_key = w.source_key AND s.field = w.field)
)
INSERT INTO gcrm.warnings (object, source, source_key, field, value, reason, import_id)
SELECT :object, :source, source_key, field, value, reason, :import_id FROM staged_warnings
ON CONFLICT (object, source, source_key, field) DO UPDATE
SET value = excluded.value, reason = excluded.reason, import_id = excluded.import_id;

-- name: forget_mended(source, object, file_name, import_id)!
-- What an earlier run over this file refused and this one did not.
WITH forgotten AS (
    DELETE FROM gcrm.mended WHERE source = :source AND object = :object AND file_name = :file_name
)
DELETE FROM gcrm.quarantine
WHERE source = :source AND object = :object AND file_name = :file_name AND import_id <> :import_id;

-- name: set_mended(source, object, file_name, import_id, row_numbers)!
-- What a retry tried and did not refuse again: it waits no longer, and comes back where the retry is undone.
WITH gone AS (
    DELETE FROM gcrm.quarantine q
    WHERE source = :source AND object = :object AND file_name = :file_name AND row_number = ANY(:row_numbers)
        AND tried_import_id IS DISTINCT FROM :import_id
    RETURNING q.*
)
INSERT INTO gcrm.mended (quarantine_id, import_id, source, object, file_name, source_key, refused)
SELECT gone.quarantine_id, :import_id, gone.source, gone.object, gone.file_name, k.source_key, to_jsonb(gone)
FROM gone
LEFT JOIN seen_keys k USING (row_number)
ON CONFLICT (quarantine_id) DO NOTHING;

-- name: imported(source, object, file_name, file_sha256)$
-- Whether this very file was the last one of its name that was imported to the end.
SELECT coalesce((
    SELECT i.file_sha256 = :file_sha256 AND j.state IS DISTINCT FROM 'undone'
    FROM gcrm.imports i
    LEFT JOIN gcrm.jobs j USING (job_id)
    WHERE i.source = :source AND i.object = :object AND i.file_name = :file_name AND i.finished_at IS NOT NULL
    ORDER BY i.import_id DESC
    LIMIT 1
), false);

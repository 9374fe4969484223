-- The quarantine: refused records that wait, or that somebody put aside.

-- name: files(discarded)
-- Files with refused records, those with most first: object, source, file_name, file_sha256, mapping, records, refused_at (the last time).
SELECT q.object, q.source, q.file_name, i.file_sha256, i.mapping, q.records, q.refused_at
FROM (
    SELECT object, source, file_name, max(import_id) AS import_id, count(*) AS records, max(quarantined_at) AS refused_at
    FROM gcrm.refused(:discarded, NULL, NULL, NULL, NULL, NULL, NULL)
    GROUP BY object, source, file_name
) AS q
JOIN gcrm.imports i USING (import_id)
ORDER BY q.records DESC, q.object, q.source, q.file_name;

-- name: reasons(discarded, object, source, file_name, most)
-- Why records were refused, the most frequent first: object, source, file_name, column_name, rule, records, example (a value).
SELECT object, source, file_name, column_name, gcrm.refusal_rule(reason) AS rule, count(*) AS records, min(left(value, 100)) AS example
FROM gcrm.refused(:discarded, :object, :source, :file_name, NULL, NULL, NULL)
GROUP BY object, source, file_name, column_name, gcrm.refusal_rule(reason)
ORDER BY records DESC, object, source, file_name, column_name, rule
LIMIT :most;

-- name: count(discarded, object, source, file_name, column_name, rule, ids)$
-- How many refused records there are of a selection.
SELECT count(*) FROM gcrm.refused(:discarded, :object, :source, :file_name, :column_name, :rule, :ids);

-- name: discarded()$
-- How many records were put aside.
SELECT count(*) FROM gcrm.quarantine WHERE discarded_at IS NOT NULL;

-- name: records(discarded, object, source, file_name, column_name, rule, ids, most, skipped)
-- Refused records of a selection, in the order of their files: quarantine_id, object, source, file_name, row_number, column_name, value, reason,
-- record, edited.
SELECT quarantine_id, object, source, file_name, row_number, column_name, value, reason, record, edited_at IS NOT NULL AS edited
FROM gcrm.refused(:discarded, :object, :source, :file_name, :column_name, :rule, :ids)
ORDER BY source, object, file_name, row_number
LIMIT :most OFFSET :skipped;

-- name: rows_between(discarded, object, source, file_name, column_name, rule, ids, after, most)
-- The next refused records of one file behind a row: row_number, record, column_name, value, reason.
SELECT row_number, record, column_name, value, reason
FROM gcrm.refused(:discarded, :object, :source, :file_name, :column_name, :rule, :ids)
WHERE row_number > :after
ORDER BY row_number
LIMIT :most;

-- name: to_edit(quarantine_id)^
-- One refused record that waits, locked: record, object, mapping.
SELECT q.record, q.object, i.mapping
FROM gcrm.quarantine q
JOIN gcrm.imports i USING (import_id)
WHERE q.quarantine_id = :quarantine_id AND q.discarded_at IS NULL
FOR UPDATE OF q;

-- name: edit(quarantine_id, record)!
-- Puts another record in the place of a refused one; what stood in the file is kept.
UPDATE gcrm.quarantine
SET record = :record, original = coalesce(original, record), edited_at = now()
WHERE quarantine_id = :quarantine_id;

-- name: discard(object, source, file_name, column_name, rule, ids)
-- Puts waiting records aside: their quarantine_id.
UPDATE gcrm.quarantine SET discarded_at = now()
WHERE quarantine_id IN (SELECT quarantine_id FROM gcrm.refused(false, :object, :source, :file_name, :column_name, :rule, :ids))
RETURNING quarantine_id;

-- name: restore(object, source, file_name, column_name, rule, ids)
-- Takes back what was put aside: its quarantine_id.
UPDATE gcrm.quarantine SET discarded_at = NULL
WHERE quarantine_id IN (SELECT quarantine_id FROM gcrm.refused(true, :object, :source, :file_name, :column_name, :rule, :ids))
RETURNING quarantine_id;

-- name: refused_again(job_ids, most)
-- What retries refused again: file_name, row_number, column_name, value, reason; the first ones.
SELECT q.file_name, q.row_number, q.column_name, q.value, q.reason
FROM gcrm.quarantine q
JOIN gcrm.imports i ON i.import_id = q.tried_import_id
WHERE i.job_id = ANY(:job_ids)
ORDER BY q.tried_import_id, q.row_number
LIMIT :most;

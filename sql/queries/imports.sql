-- The journal of imports and the quarantine.

-- name: lock(source, object)$
-- One import of an object from a system at a time; held as long as the connection.
SELECT pg_advisory_lock(hashtextextended('gcrm.import:' || :source || '/' || :object, 0));

-- name: start(source, object, file_name, file_sha256, mapping)$
-- A new run: its import_id.
INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping)
VALUES (:source, :object, :file_name, :file_sha256, :mapping)
RETURNING import_id;

-- name: finish(rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, import_id)!
-- Closes a run with its counts.
UPDATE gcrm.imports
SET finished_at = now(), rows_read = :rows_read, rows_created = :rows_created, rows_updated = :rows_updated,
    rows_unchanged = :rows_unchanged, rows_refused = :rows_refused
WHERE import_id = :import_id;

-- name: create_seen_keys()#
-- The keys that this run has met; lives as long as the connection.
DROP TABLE IF EXISTS seen_keys;
CREATE TEMPORARY TABLE seen_keys (source_key text PRIMARY KEY, row_number bigint NOT NULL);
CREATE TEMPORARY TABLE chunk_keys (source_key text NOT NULL, row_number bigint NOT NULL) ON COMMIT DELETE ROWS;

-- name: repeated_keys()
-- Rows of the chunk whose key this file has had before: row_number, source_key, first_row_number.
WITH added AS (
    INSERT INTO seen_keys (source_key, row_number)
    SELECT source_key, row_number FROM chunk_keys ORDER BY row_number
    ON CONFLICT (source_key) DO NOTHING
    RETURNING source_key, row_number
)
SELECT c.row_number, c.source_key, coalesce(a.row_number, s.row_number) AS first_row_number
FROM chunk_keys c
LEFT JOIN added a USING (source_key)
LEFT JOIN seen_keys s USING (source_key)
WHERE c.row_number <> coalesce(a.row_number, s.row_number);

-- name: create_refused_stage()#
CREATE TEMPORARY TABLE staged_refused (
    row_number bigint NOT NULL,
    column_name text NOT NULL,
    value text,
    reason text NOT NULL,
    record jsonb NOT NULL
) ON COMMIT DROP;

-- name: store_refused(import_id, source, object, file_name)!
-- Puts refused rows into quarantine; a row that was refused before is replaced.
INSERT INTO gcrm.quarantine (import_id, source, object, file_name, row_number, column_name, value, reason, record)
SELECT :import_id, :source, :object, :file_name, row_number, column_name, value, reason, record
FROM staged_refused
ON CONFLICT (source, object, file_name, row_number) DO UPDATE
SET import_id = excluded.import_id, column_name = excluded.column_name, value = excluded.value, reason = excluded.reason,
    record = excluded.record, quarantined_at = now();

-- name: forget_mended(source, object, file_name, import_id)!
-- What an earlier run over this file refused and this one did not.
DELETE FROM gcrm.quarantine
WHERE source = :source AND object = :object AND file_name = :file_name AND import_id <> :import_id;

-- name: quarantine(object, most)
-- What is in quarantine: object, file_name, row_number, column_name, value, reason.
SELECT object, file_name, row_number, column_name, value, reason
FROM gcrm.quarantine
WHERE (:object::text IS NULL OR object = :object)
ORDER BY object, source, file_name, row_number
LIMIT :most;

-- name: quarantine_count(object)$
-- How many records are in quarantine.
SELECT count(*) FROM gcrm.quarantine WHERE (:object::text IS NULL OR object = :object);

-- name: quarantined_files(object)
-- The files with records in quarantine: object, source, file_name, file_sha256, mapping, records.
SELECT DISTINCT ON (q.object, q.source, q.file_name)
    q.object, q.source, q.file_name, i.file_sha256, i.mapping,
    count(*) OVER (PARTITION BY q.object, q.source, q.file_name) AS records
FROM gcrm.quarantine q
JOIN gcrm.imports i USING (import_id)
WHERE (:object::text IS NULL OR q.object = :object)
ORDER BY q.object, q.source, q.file_name, q.import_id DESC;

-- name: quarantined_records(source, object, file_name)
-- The records of one file that are in quarantine: row_number, record.
SELECT row_number, record FROM gcrm.quarantine
WHERE source = :source AND object = :object AND file_name = :file_name
ORDER BY row_number;

-- name: imported(source, object, file_name, file_sha256)$
-- Whether this very file was the last one of its name that was imported to the end.
SELECT coalesce((
    SELECT file_sha256 = :file_sha256
    FROM gcrm.imports
    WHERE source = :source AND object = :object AND file_name = :file_name AND finished_at IS NOT NULL
    ORDER BY import_id DESC
    LIMIT 1
), false);

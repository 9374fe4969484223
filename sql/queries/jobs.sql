-- Jobs: runs over a file, each of which may feed several objects.

-- name: create(kind, file_name, file_path, file_sha256, mapping, rows_expected, created_by)$
-- A new job, waiting: its job_id.
INSERT INTO gcrm.jobs (kind, file_name, file_path, file_sha256, mapping, rows_expected, created_by, state)
VALUES (:kind, :file_name, :file_path, :file_sha256, :mapping, :rows_expected, :created_by, 'waiting')
RETURNING job_id;

-- name: resumable(file_sha256, mapping)$
-- The newest job over this very file with this very mapping, if it did not come to its end: its job_id.
SELECT job_id
FROM (
    SELECT job_id, state, mapping::jsonb = :mapping::jsonb AS same_mapping
    FROM gcrm.jobs
    WHERE file_sha256 = :file_sha256 AND kind = 'import'
    ORDER BY job_id DESC
    LIMIT 1
) AS newest
WHERE same_mapping AND state IN ('waiting', 'running', 'cancelled', 'failed');

-- name: move(job_id, file_path)!
-- Where the file lies now: what came from standard input lies elsewhere the second time.
UPDATE gcrm.jobs SET file_path = :file_path WHERE job_id = :job_id;

-- name: lock(job_id)$
-- Takes the job, unless somebody works on it: whether it was free; held as long as the connection.
SELECT pg_try_advisory_lock(hashtextextended('gcrm.job:' || :job_id::bigint, 0));

-- name: begin(job_id)!
UPDATE gcrm.jobs
SET state = 'running', started_at = now(), finished_at = NULL, message = NULL, cancel_requested = false
WHERE job_id = :job_id;

-- name: end(job_id, state, message)!
UPDATE gcrm.jobs SET state = :state, message = :message, finished_at = now() WHERE job_id = :job_id;

-- name: cancel(job_id)!
-- Asks a job to stop after the chunk in hand.
UPDATE gcrm.jobs SET cancel_requested = true WHERE job_id = :job_id AND state IN ('waiting', 'running');

-- name: cancelled(job_id)$
-- Whether somebody asked it to stop.
SELECT cancel_requested FROM gcrm.jobs WHERE job_id = :job_id;

-- name: get(job_id)^
-- One job: job_id, kind, file_name, file_path, file_sha256, mapping, state.
SELECT job_id, kind, file_name, file_path, file_sha256, mapping, state FROM gcrm.jobs WHERE job_id = :job_id;

-- name: listing(job_id, most)
-- Jobs, the newest first: job_id, kind, file_name, objects, state, message, rows_expected, rows_read, rows_created, rows_updated,
-- rows_refused, rows_warned, rows_skipped, created_by, created_at, started_at, finished_at, seconds, working (somebody holds its lock).
SELECT
    j.job_id, j.kind, j.file_name, c.objects, j.state, j.message, j.rows_expected,
    coalesce(c.rows_read, 0) AS rows_read, coalesce(c.rows_created, 0) AS rows_created, coalesce(c.rows_updated, 0) AS rows_updated,
    coalesce(c.rows_refused, 0) AS rows_refused, coalesce(c.rows_warned, 0) AS rows_warned, coalesce(c.rows_skipped, 0) AS rows_skipped,
    j.created_by, j.created_at, j.started_at, j.finished_at,
    extract(epoch FROM coalesce(j.finished_at, now()) - j.started_at)::float8 AS seconds,
    EXISTS (
        SELECT FROM pg_locks l, (SELECT hashtextextended('gcrm.job:' || j.job_id, 0) AS number) AS key
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.classid = ((key.number >> 32) & 4294967295)::oid AND l.objid = (key.number & 4294967295)::oid
    ) AS working
FROM gcrm.jobs j
LEFT JOIN LATERAL (
    SELECT
        string_agg(DISTINCT i.object, ', ') AS objects, sum(k.rows_read)::bigint AS rows_read, sum(k.rows_created)::bigint AS rows_created,
        sum(k.rows_updated)::bigint AS rows_updated, sum(k.rows_refused)::bigint AS rows_refused, sum(k.rows_warned)::bigint AS rows_warned,
        sum(k.rows_skipped)::bigint AS rows_skipped
    FROM gcrm.imports i
    LEFT JOIN gcrm.import_chunks k USING (import_id)
    WHERE i.job_id = j.job_id
) AS c ON true
WHERE (:job_id::bigint IS NULL OR j.job_id = :job_id)
ORDER BY j.job_id DESC
LIMIT :most;

-- name: undo_conflicts(job_id)
-- What an undo would leave as it is: object, source, source_key, reason.
SELECT object, source, source_key, reason FROM gcrm.undo_conflicts(:job_id) ORDER BY object, source, source_key;

-- name: undo(job_id)^
-- Takes back what a job did, but for its conflicts: restored, removed, kept (counts).
SELECT restored, removed, kept FROM gcrm.undo_job(:job_id);

-- name: lock_update()$
-- Takes the update of the map, unless somebody is at it: whether it was free; held as long as the connection.
SELECT pg_try_advisory_lock(hashtextextended('gcrm.update', 0));

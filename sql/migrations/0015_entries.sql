-- A record that a person types in is a job too: so it has a history and an undo like a file's.

ALTER TABLE gcrm.jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE gcrm.jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('import', 'retry', 'entry'));
COMMENT ON COLUMN gcrm.jobs.kind IS 'import, retry of what is in quarantine, or entry of a record that a person typed in.';

CREATE OR REPLACE VIEW gcrm.import_counts AS
    SELECT i.import_id, i.source, i.object, i.file_name, i.finished_at, i.rows_read, i.rows_refused, i.rows_warned
    FROM gcrm.imports i
    LEFT JOIN gcrm.jobs j USING (job_id)
    WHERE i.finished_at IS NOT NULL AND j.state IS DISTINCT FROM 'undone' AND coalesce(j.kind, 'import') = 'import';

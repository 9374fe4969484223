-- A record that a person types in is a job too: so it has a history and an undo like a file's.

ALTER TABLE gcrm.jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE gcrm.jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('import', 'retry', 'entry'));
COMMENT ON COLUMN gcrm.jobs.kind IS 'import, retry of what is in quarantine, or entry of a record that a person typed in.';

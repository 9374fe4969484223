-- Quarantine that can be edited, put aside and tried again in part; what the data-quality page counts.

ALTER TABLE gcrm.quarantine
    ADD COLUMN original jsonb,
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN tried_import_id bigint REFERENCES gcrm.imports,
    ADD COLUMN discarded_at timestamptz;
COMMENT ON COLUMN gcrm.quarantine.import_id IS 'The import of the file that refused it.';
COMMENT ON COLUMN gcrm.quarantine.record IS 'The whole record for a retry: as it stood in the file, or as it was edited.';
COMMENT ON COLUMN gcrm.quarantine.original IS 'The record as it stood in the file; empty where it was not edited.';
COMMENT ON COLUMN gcrm.quarantine.edited_at IS 'When it was edited last; empty where it never was.';
COMMENT ON COLUMN gcrm.quarantine.tried_import_id IS 'The retry that refused it again last; empty where none has.';
COMMENT ON COLUMN gcrm.quarantine.discarded_at IS 'When somebody put it aside; empty while it waits.';

CREATE TABLE gcrm.mended (
    quarantine_id bigint PRIMARY KEY,
    import_id     bigint NOT NULL REFERENCES gcrm.imports,
    source        text NOT NULL,
    object        text NOT NULL,
    file_name     text NOT NULL,
    refused       jsonb NOT NULL
);
-- Usage: what an undone retry gives back.
CREATE INDEX mended_import ON gcrm.mended (import_id);
-- Usage: what is forgotten once its file is imported anew.
CREATE INDEX mended_file ON gcrm.mended (source, object, file_name);
COMMENT ON TABLE gcrm.mended IS 'One row per refused record that a retry stored, until its file is imported anew. Source: gcrm quarantine retry.';
COMMENT ON COLUMN gcrm.mended.quarantine_id IS 'Key that it had in quarantine.';
COMMENT ON COLUMN gcrm.mended.import_id IS 'The retry that stored it; where that is undone, it waits again.';
COMMENT ON COLUMN gcrm.mended.source IS 'System the file comes from.';
COMMENT ON COLUMN gcrm.mended.object IS 'What the file holds: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.mended.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.mended.refused IS 'The row of gcrm.quarantine, as JSON.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.mended TO gcrm_writer;

CREATE FUNCTION gcrm.refusal_rule(reason text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(reason, '\mrow \d+', 'row …', 'g');
COMMENT ON FUNCTION gcrm.refusal_rule(text) IS 'A reason without the row that it names, so that records refused for the same reason are counted together.';

CREATE FUNCTION gcrm.refused(
    discarded boolean, wanted_object text, wanted_source text, wanted_file text, wanted_column text, wanted_rule text, wanted_ids bigint[])
    RETURNS SETOF gcrm.quarantine
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT q.* FROM gcrm.quarantine q
        WHERE (q.discarded_at IS NOT NULL) = discarded
            AND (wanted_object IS NULL OR q.object = wanted_object)
            AND (wanted_source IS NULL OR q.source = wanted_source)
            AND (wanted_file IS NULL OR q.file_name = wanted_file)
            AND (wanted_column IS NULL OR q.column_name = wanted_column)
            AND (wanted_rule IS NULL OR gcrm.refusal_rule(q.reason) = wanted_rule)
            AND (wanted_ids IS NULL OR q.quarantine_id = ANY (wanted_ids));
    END;
COMMENT ON FUNCTION gcrm.refused(boolean, text, text, text, text, text, bigint[]) IS
    'Refused records that wait, or that were put aside, of an object, a source, a file, a column, a rule, some keys; empty means all.';
REVOKE EXECUTE ON FUNCTION gcrm.refused(boolean, text, text, text, text, text, bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.refused(boolean, text, text, text, text, text, bigint[]) TO gcrm_writer;

CREATE FUNCTION gcrm.restore_mended() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    WITH back AS (
        DELETE FROM gcrm.mended WHERE import_id IN (SELECT import_id FROM gcrm.imports WHERE job_id = NEW.job_id)
        RETURNING refused
    )
    INSERT INTO gcrm.quarantine OVERRIDING SYSTEM VALUE
    SELECT r.* FROM back CROSS JOIN LATERAL jsonb_populate_record(NULL::gcrm.quarantine, back.refused) AS r
    ON CONFLICT (source, object, file_name, row_number) DO NOTHING;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.restore_mended() IS 'Trigger: what a retry took waits again once the retry is undone.';
CREATE TRIGGER restore_mended AFTER UPDATE OF state ON gcrm.jobs
    FOR EACH ROW WHEN (NEW.state = 'undone' AND NEW.kind = 'retry') EXECUTE FUNCTION gcrm.restore_mended();

CREATE OR REPLACE VIEW gcrm.quarantine_counts AS
    SELECT object, count(*) AS records FROM gcrm.quarantine
    WHERE discarded_at IS NULL
    GROUP BY object;

CREATE VIEW gcrm.refused_columns AS
    SELECT object, source, column_name, count(*) AS records FROM gcrm.quarantine
    WHERE discarded_at IS NULL
    GROUP BY object, source, column_name;
COMMENT ON VIEW gcrm.refused_columns IS 'One row per column at fault of the refused records that wait, for those who may not read the records. Source: gcrm.quarantine.';
COMMENT ON COLUMN gcrm.refused_columns.object IS 'What the files hold: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.refused_columns.source IS 'System the files come from.';
COMMENT ON COLUMN gcrm.refused_columns.column_name IS 'Column of the file (or field of the object) that is at fault.';
COMMENT ON COLUMN gcrm.refused_columns.records IS 'Refused records (count).';

CREATE VIEW gcrm.import_counts AS
    SELECT i.import_id, i.source, i.object, i.file_name, i.finished_at, i.rows_read, i.rows_refused, i.rows_warned
    FROM gcrm.imports i
    LEFT JOIN gcrm.jobs j USING (job_id)
    WHERE i.finished_at IS NOT NULL AND j.state IS DISTINCT FROM 'undone' AND j.kind IS DISTINCT FROM 'retry';
COMMENT ON VIEW gcrm.import_counts IS 'One row per finished import of a file that was not undone, with its counts. Source: gcrm.imports.';
COMMENT ON COLUMN gcrm.import_counts.import_id IS 'The import.';
COMMENT ON COLUMN gcrm.import_counts.source IS 'System the file comes from.';
COMMENT ON COLUMN gcrm.import_counts.object IS 'What the file holds: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.import_counts.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.import_counts.finished_at IS 'End of the run.';
COMMENT ON COLUMN gcrm.import_counts.rows_read IS 'Records read from the file.';
COMMENT ON COLUMN gcrm.import_counts.rows_refused IS 'Records that went to quarantine.';
COMMENT ON COLUMN gcrm.import_counts.rows_warned IS 'Records that were stored with a warning.';
GRANT SELECT ON gcrm.refused_columns, gcrm.import_counts TO gcrm_reader, gcrm_writer;

-- A warning is visible with its account; those of other objects to whoever sees everything.
ALTER TABLE gcrm.warnings ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.warnings FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.warnings TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.warnings FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all())
        OR object = 'accounts' AND (source, source_key) IN (SELECT a.source, a.source_key FROM gcrm.accounts a));
GRANT SELECT ON gcrm.warnings TO gcrm_reader;

CREATE FUNCTION gcrm.age_class(changed timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE
        WHEN changed >= now() - interval '30 days' THEN '30 days'
        WHEN changed >= now() - interval '90 days' THEN '90 days'
        WHEN changed >= now() - interval '1 year' THEN '1 year'
        WHEN changed >= now() - interval '2 years' THEN '2 years'
        ELSE 'older'
    END;
COMMENT ON FUNCTION gcrm.age_class(timestamptz) IS 'How long ago a record changed last: within 30 days, 90 days, 1 year, 2 years, or older.';

CREATE FUNCTION gcrm.lacks(account gcrm.accounts, field text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE field
        WHEN 'name' THEN btrim(account.name) = ''
        WHEN 'segment' THEN account.segment IS NULL
        WHEN 'street' THEN account.street IS NULL
        WHEN 'house_number' THEN account.house_number IS NULL
        WHEN 'postcode' THEN account.postcode IS NULL
        WHEN 'city' THEN account.city IS NULL
        WHEN 'country_code' THEN account.country_code IS NULL
        WHEN 'phone' THEN account.phone IS NULL
        WHEN 'email' THEN account.email IS NULL
        WHEN 'website' THEN account.website IS NULL
        WHEN 'tax_number' THEN account.tax_number IS NULL
        WHEN 'position' THEN account.cell IS NULL
    END;
COMMENT ON FUNCTION gcrm.lacks(gcrm.accounts, text) IS 'Whether an account has nothing in a field that the data-quality page looks at.';

-- Intake: a run over a file is a job that can be stopped, resumed and undone; every change of a record is remembered;
-- what a file said stands beside what was made of it.

CREATE TABLE gcrm.jobs (
    job_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind             text NOT NULL CHECK (kind IN ('import', 'retry')),
    file_name        text NOT NULL,
    file_path        text,
    file_sha256      text NOT NULL,
    mapping          json NOT NULL,
    state            text NOT NULL CHECK (state IN ('waiting', 'running', 'cancelled', 'failed', 'finished', 'undone')),
    message          text,
    rows_expected    bigint,
    cancel_requested boolean NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    started_at       timestamptz,
    finished_at      timestamptz,
    undone_at        timestamptz
);
-- Usage: an earlier job over the same file (resume).
CREATE INDEX jobs_file ON gcrm.jobs (file_sha256);
COMMENT ON TABLE gcrm.jobs IS 'One row per run over a file, which may feed several objects. Source: the program.';
COMMENT ON COLUMN gcrm.jobs.job_id IS 'Key.';
COMMENT ON COLUMN gcrm.jobs.kind IS 'import, or retry of what is in quarantine.';
COMMENT ON COLUMN gcrm.jobs.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.jobs.file_path IS 'Where the file lies, for a resumption; empty for a retry.';
COMMENT ON COLUMN gcrm.jobs.file_sha256 IS 'SHA-256 of the file, in hexadecimal.';
COMMENT ON COLUMN gcrm.jobs.mapping IS 'Object to mapping, as JSON whose order is kept: a joined file may need the one before it.';
COMMENT ON COLUMN gcrm.jobs.state IS 'waiting, running, cancelled, failed, finished or undone; a job that is running without holding its lock was killed.';
COMMENT ON COLUMN gcrm.jobs.message IS 'Why it failed.';
COMMENT ON COLUMN gcrm.jobs.rows_expected IS 'Records that the file is thought to hold, times the objects it feeds (count); empty where nobody knows.';
COMMENT ON COLUMN gcrm.jobs.cancel_requested IS 'True once somebody asked it to stop; it stops after the chunk in hand.';
COMMENT ON COLUMN gcrm.jobs.created_at IS 'When it was asked for.';
COMMENT ON COLUMN gcrm.jobs.started_at IS 'When it began, or was resumed last.';
COMMENT ON COLUMN gcrm.jobs.finished_at IS 'When it ended, well or not.';
COMMENT ON COLUMN gcrm.jobs.undone_at IS 'When it was undone.';

ALTER TABLE gcrm.imports
    ADD COLUMN job_id bigint REFERENCES gcrm.jobs,
    ADD COLUMN rows_warned bigint NOT NULL DEFAULT 0,
    ADD COLUMN rows_skipped bigint NOT NULL DEFAULT 0;
-- Usage: the imports of a job.
CREATE INDEX imports_job ON gcrm.imports (job_id);
COMMENT ON COLUMN gcrm.imports.job_id IS 'The job it belongs to; empty for runs of older versions of the program.';
COMMENT ON COLUMN gcrm.imports.rows_warned IS 'Records that were stored with a warning.';
COMMENT ON COLUMN gcrm.imports.rows_skipped IS 'Records that only repeat a key of this file, where the mapping takes the first of them.';

CREATE TABLE gcrm.import_chunks (
    import_id    bigint NOT NULL REFERENCES gcrm.imports,
    first_row    bigint NOT NULL,
    rows_read    bigint NOT NULL,
    rows_created bigint NOT NULL,
    rows_updated bigint NOT NULL,
    rows_refused bigint NOT NULL,
    rows_warned  bigint NOT NULL,
    rows_skipped bigint NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, first_row)
);
COMMENT ON TABLE gcrm.import_chunks IS 'One row per chunk of a file that is stored; committed with its records, so that a killed import goes on behind it. Source: the program.';
COMMENT ON COLUMN gcrm.import_chunks.import_id IS 'The import.';
COMMENT ON COLUMN gcrm.import_chunks.first_row IS 'Number of its first record in the file.';
COMMENT ON COLUMN gcrm.import_chunks.rows_read IS 'Records in the chunk.';
COMMENT ON COLUMN gcrm.import_chunks.rows_created IS 'Records that were new.';
COMMENT ON COLUMN gcrm.import_chunks.rows_updated IS 'Records that existed and changed.';
COMMENT ON COLUMN gcrm.import_chunks.rows_refused IS 'Records that went to quarantine.';
COMMENT ON COLUMN gcrm.import_chunks.rows_warned IS 'Records that were stored with a warning.';
COMMENT ON COLUMN gcrm.import_chunks.rows_skipped IS 'Records that only repeat a key of this file.';
COMMENT ON COLUMN gcrm.import_chunks.stored_at IS 'When it was stored.';

CREATE TABLE gcrm.warnings (
    object     text NOT NULL,
    source     text NOT NULL,
    source_key text NOT NULL,
    field      text NOT NULL,
    value      text,
    reason     text NOT NULL,
    import_id  bigint NOT NULL REFERENCES gcrm.imports,
    PRIMARY KEY (object, source, source_key, field)
);
COMMENT ON TABLE gcrm.warnings IS 'One row per doubtful value of a record that was stored all the same. Source: gcrm import.';
COMMENT ON COLUMN gcrm.warnings.object IS 'What the record is: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.warnings.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.warnings.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.warnings.field IS 'Field of the object.';
COMMENT ON COLUMN gcrm.warnings.value IS 'The value, as it stood in the file.';
COMMENT ON COLUMN gcrm.warnings.reason IS 'What is doubtful about it and how to mend it.';
COMMENT ON COLUMN gcrm.warnings.import_id IS 'The import that found it.';

CREATE TABLE gcrm.changes (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object     text NOT NULL,
    record_id  bigint NOT NULL,
    import_id  bigint REFERENCES gcrm.imports,
    before     jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz
);
-- Usage: the history of a record.
CREATE INDEX changes_record ON gcrm.changes (object, record_id, change_id);
-- Usage: what an import changed (undo).
CREATE INDEX changes_import ON gcrm.changes (import_id) WHERE import_id IS NOT NULL;
COMMENT ON TABLE gcrm.changes IS 'One row per change of a record: what it was before. Source: triggers on the tables of the CRM.';
COMMENT ON COLUMN gcrm.changes.change_id IS 'Key, in the order of the changes.';
COMMENT ON COLUMN gcrm.changes.object IS 'Table of the record: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.changes.record_id IS 'Key of the record in that table.';
COMMENT ON COLUMN gcrm.changes.import_id IS 'The import that changed it; empty for a change by hand.';
COMMENT ON COLUMN gcrm.changes.before IS 'Column to value before the change, of those columns that changed; geometry as hexadecimal EWKB.';
COMMENT ON COLUMN gcrm.changes.changed_at IS 'When it changed.';
COMMENT ON COLUMN gcrm.changes.undone_at IS 'When the change was undone.';

ALTER TABLE gcrm.accounts ADD COLUMN website text, ADD COLUMN tax_number text;
COMMENT ON COLUMN gcrm.accounts.website IS 'Address of its web pages.';
COMMENT ON COLUMN gcrm.accounts.tax_number IS 'Number under which it pays VAT or other taxes.';

CREATE FUNCTION gcrm.record_tables() RETURNS TABLE (object text, key_column text, rank int)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM (VALUES
            ('territories', 'territory_id', 1), ('reps', 'rep_id', 2), ('products', 'product_id', 3), ('accounts', 'account_id', 4),
            ('contacts', 'contact_id', 5), ('orders', 'order_line_id', 6), ('activities', 'activity_id', 7), ('opportunities', 'opportunity_id', 8),
            ('consents', 'consent_id', 9)) AS t;
    END;
COMMENT ON FUNCTION gcrm.record_tables() IS 'The tables that files feed, with their keys, in the order in which references need them.';

CREATE FUNCTION gcrm.remember_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    -- As JSON a geometry would lose digits.
    exact text := coalesce((
        SELECT '|| jsonb_build_object(' || string_agg(format('%L, %%1$s.%I::text', attname, attname), ', ') || ')'
        FROM pg_attribute WHERE attrelid = TG_RELID AND atttypid = 'geometry'::regtype AND NOT attisdropped), '');
BEGIN
    -- What the program derives from other records (position, territory) is no change of the record, unless it says so;
    -- neither is what an import still adds to a record that it has just made, nor a merge, which keeps a journal of its own.
    IF 'on' IN (coalesce(current_setting('gcrm.derived', true), ''), coalesce(current_setting('gcrm.merging', true), ''))
        OR NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    EXECUTE format($sql$
        INSERT INTO gcrm.changes (object, record_id, import_id, before)
        SELECT %1$L, b.%2$I, nullif(current_setting('gcrm.import_id', true), '')::bigint, d.before
        FROM old_rows b
        JOIN new_rows a USING (%2$I)
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(o.key, o.value) AS before
            FROM jsonb_each(to_jsonb(b) %3$s) o
            JOIN jsonb_each(to_jsonb(a) %4$s) n USING (key)
            WHERE o.value IS DISTINCT FROM n.value AND key NOT IN ('updated_at', 'geocode_stale')
        ) d
        WHERE d.before IS NOT NULL
            AND a.created_import_id IS DISTINCT FROM nullif(current_setting('gcrm.import_id', true), '')::bigint
    $sql$, TG_TABLE_NAME, TG_ARGV[0], format(exact, 'b'), format(exact, 'a'));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.remember_changes() IS 'Trigger: writes what the rows of an UPDATE were before into gcrm.changes. Argument: the key column.';

CREATE FUNCTION gcrm.forget_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    -- A merge keeps what it takes away, for its own undo.
    IF coalesce(current_setting('gcrm.merging', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DELETE FROM gcrm.changes c USING old_rows b WHERE c.object = %L AND c.record_id = b.%I', TG_TABLE_NAME, TG_ARGV[0]);
    DELETE FROM gcrm.warnings w USING old_rows b WHERE w.object = TG_TABLE_NAME AND w.source = b.source AND w.source_key = b.source_key;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.forget_record() IS 'Trigger: with a record go its history and its warnings, so that what is erased is gone. Argument: the key column.';

CREATE FUNCTION gcrm.undo_conflicts(undone_job bigint)
    RETURNS TABLE (object text, record_id bigint, source text, source_key text, reason text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    own_imports bigint[] := ARRAY(SELECT i.import_id FROM gcrm.imports i WHERE i.job_id = undone_job);
    t record;
    r record;
    more bigint;
    found bigint := 1;
BEGIN
    DROP TABLE IF EXISTS pg_temp.undo_conflict;
    CREATE TEMPORARY TABLE undo_conflict (
        object text, record_id bigint, source text, source_key text, reason text, PRIMARY KEY (object, record_id)) ON COMMIT DROP;
    FOR t IN SELECT * FROM gcrm.record_tables() LOOP
        EXECUTE format($sql$
            INSERT INTO undo_conflict
            SELECT %1$L, t.%2$I, t.source, t.source_key, 'was changed since, on ' || to_char(max(c.changed_at), 'YYYY-MM-DD HH24:MI')
            FROM gcrm.%1$I t
            JOIN gcrm.changes c ON c.object = %1$L AND c.record_id = t.%2$I AND c.undone_at IS NULL
                AND (c.import_id IS NULL OR c.import_id <> ALL ($1))
            WHERE t.created_import_id = ANY ($1)
                OR c.change_id > (SELECT min(o.change_id) FROM gcrm.changes o
                    WHERE o.object = %1$L AND o.record_id = t.%2$I AND o.import_id = ANY ($1) AND o.undone_at IS NULL)
            GROUP BY t.%2$I, t.source, t.source_key
        $sql$, t.object, t.key_column) USING own_imports;
    END LOOP;
    -- A record stays where one that stays refers to it, and so on.
    WHILE found > 0 LOOP
        found := 0;
        FOR r IN
            SELECT referred.object AS object, referred.key_column AS key_column, referring.object AS by_object, referring.key_column AS by_key,
                a.attname AS by_column
            FROM pg_constraint f
            JOIN gcrm.record_tables() referred ON f.confrelid = format('gcrm.%I', referred.object)::regclass
            JOIN gcrm.record_tables() referring ON f.conrelid = format('gcrm.%I', referring.object)::regclass
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
            WHERE f.contype = 'f'
        LOOP
            EXECUTE format($sql$
                INSERT INTO undo_conflict
                SELECT %1$L, t.%2$I, t.source, t.source_key, 'has ' || count(*) || ' ' || %3$L || ' that stay'
                FROM gcrm.%1$I t
                JOIN gcrm.%3$I b ON b.%5$I = t.%2$I
                WHERE t.created_import_id = ANY ($1)
                    AND (b.created_import_id IS NULL OR b.created_import_id <> ALL ($1)
                        OR EXISTS (SELECT FROM undo_conflict u WHERE u.object = %3$L AND u.record_id = b.%4$I))
                    -- What the import itself put there, and what is derived, goes with it.
                    AND NOT EXISTS (SELECT FROM gcrm.changes c WHERE c.object = %3$L AND c.record_id = b.%4$I AND c.import_id = ANY ($1)
                        AND c.undone_at IS NULL AND c.before ? %5$L
                        AND NOT EXISTS (SELECT FROM undo_conflict u WHERE u.object = %3$L AND u.record_id = b.%4$I))
                    AND NOT (%3$L = 'accounts' AND %5$L = 'territory_id' AND NOT (to_jsonb(b) ->> 'territory_given')::boolean)
                GROUP BY t.%2$I, t.source, t.source_key
                ON CONFLICT DO NOTHING
            $sql$, r.object, r.key_column, r.by_object, r.by_key, r.by_column) USING own_imports;
            GET DIAGNOSTICS more = ROW_COUNT;
            found := found + more;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT * FROM undo_conflict;
END $$;
COMMENT ON FUNCTION gcrm.undo_conflicts(bigint) IS
    'The records that an undo of a job leaves as they are, since somebody changed them or hung something on them; also in the temporary table undo_conflict.';

CREATE FUNCTION gcrm.undo_job(undone_job bigint) RETURNS TABLE (restored bigint, removed bigint, kept bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    own_imports bigint[] := ARRAY(SELECT i.import_id FROM gcrm.imports i WHERE i.job_id = undone_job);
    t record;
    targets text;
    sources text;
    more bigint;
BEGIN
    restored := 0;
    removed := 0;
    SELECT count(*) INTO kept FROM gcrm.undo_conflicts(undone_job);
    PERFORM set_config('gcrm.derived', 'on', true);
    FOR t IN SELECT * FROM gcrm.record_tables() LOOP
        SELECT string_agg(quote_ident(attname), ', '), string_agg('p.' || quote_ident(attname), ', ') INTO targets, sources
        FROM pg_attribute
        WHERE attrelid = format('gcrm.%I', t.object)::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '';
        EXECUTE format($sql$
            UPDATE gcrm.%1$I t
            SET (%3$s) = (SELECT %4$s FROM jsonb_populate_record(t, m.before) p)
            FROM (
                SELECT c.record_id, jsonb_object_agg(e.key, e.value ORDER BY c.change_id DESC) || jsonb_build_object('updated_at', now()) AS before
                FROM gcrm.changes c
                CROSS JOIN LATERAL jsonb_each(c.before) e
                WHERE c.object = %1$L AND c.import_id = ANY ($1) AND c.undone_at IS NULL
                    AND NOT EXISTS (SELECT FROM undo_conflict u WHERE u.object = c.object AND u.record_id = c.record_id)
                GROUP BY c.record_id
            ) m
            WHERE t.%2$I = m.record_id AND (t.created_import_id IS NULL OR t.created_import_id <> ALL ($1))
        $sql$, t.object, t.key_column, targets, sources) USING own_imports;
        GET DIAGNOSTICS more = ROW_COUNT;
        restored := restored + more;
    END LOOP;
    UPDATE gcrm.changes c SET undone_at = now()
    WHERE c.import_id = ANY (own_imports) AND c.undone_at IS NULL
        AND NOT EXISTS (SELECT FROM undo_conflict u WHERE u.object = c.object AND u.record_id = c.record_id);
    UPDATE gcrm.accounts a SET territory_id = NULL
    FROM gcrm.territories d
    WHERE a.territory_id = d.territory_id AND NOT a.territory_given AND d.created_import_id = ANY (own_imports)
        AND NOT EXISTS (SELECT FROM undo_conflict u WHERE u.object = 'territories' AND u.record_id = d.territory_id);
    FOR t IN SELECT * FROM gcrm.record_tables() ORDER BY rank DESC LOOP
        EXECUTE format($sql$
            DELETE FROM gcrm.%1$I t
            WHERE t.created_import_id = ANY ($1)
                AND NOT EXISTS (SELECT FROM undo_conflict u WHERE u.object = %1$L AND u.record_id = t.%2$I)
        $sql$, t.object, t.key_column) USING own_imports;
        GET DIAGNOSTICS more = ROW_COUNT;
        removed := removed + more;
    END LOOP;
    DELETE FROM gcrm.quarantine q WHERE q.import_id = ANY (own_imports);
    UPDATE gcrm.jobs j SET state = 'undone', undone_at = now() WHERE j.job_id = undone_job;
    PERFORM set_config('gcrm.derived', '', true);
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION gcrm.undo_job(bigint) IS 'Takes back what a job created and changed, but for its conflicts: records restored, removed and kept (counts).';
REVOKE EXECUTE ON FUNCTION gcrm.undo_job(bigint), gcrm.undo_conflicts(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.undo_job(bigint), gcrm.undo_conflicts(bigint) TO gcrm_writer;

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM gcrm.record_tables() LOOP
        -- No foreign key: an import is never taken out of the journal, and a check for each row costs a part of each import.
        EXECUTE format('ALTER TABLE gcrm.%I ADD COLUMN created_import_id bigint, ADD COLUMN raw jsonb', t.object);
        EXECUTE format('UPDATE gcrm.%I SET created_import_id = import_id', t.object);
        -- Usage: what an import created (undo); rows lie in the order of the imports.
        EXECUTE format('CREATE INDEX %I ON gcrm.%I USING brin (created_import_id)', t.object || '_created_import', t.object);
        EXECUTE format('COMMENT ON COLUMN gcrm.%I.created_import_id IS ''The import that brought it first; empty for a record made by hand.''', t.object);
        EXECUTE format('COMMENT ON COLUMN gcrm.%I.raw IS ''Field to text as it stood in the file, of those fields that were cleaned; empty where none was.''', t.object);
        EXECUTE format('CREATE TRIGGER remember AFTER UPDATE ON gcrm.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_changes(%L)', t.object, t.key_column);
        EXECUTE format('CREATE TRIGGER forget AFTER DELETE ON gcrm.%I REFERENCING OLD TABLE AS old_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION gcrm.forget_record(%L)', t.object, t.key_column);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.jobs, gcrm.import_chunks, gcrm.warnings, gcrm.changes TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;

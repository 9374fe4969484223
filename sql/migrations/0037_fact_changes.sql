-- What changed since the facts of the cubes were taken out, so that they need not be taken out as a whole again.

CREATE TABLE gcrm.fact_changes (
    transaction_id xid8 NOT NULL,
    object         text NOT NULL,
    record_ids     bigint[]
);
-- Usage: what changed since a state of the database.
CREATE INDEX fact_changes_transaction ON gcrm.fact_changes (transaction_id);
COMMENT ON TABLE gcrm.fact_changes IS 'One row per statement that changed records whose rows are facts. Source: triggers. `gcrm cube build` reads it, and removes what no extraction needs any more.';
COMMENT ON COLUMN gcrm.fact_changes.transaction_id IS 'The transaction, which is seen whole or not at all in a state of the database.';
COMMENT ON COLUMN gcrm.fact_changes.object IS 'orders or activities.';
COMMENT ON COLUMN gcrm.fact_changes.record_ids IS 'Keys of the records that came, changed or went; empty where the table was truncated, and any may have.';

CREATE TABLE gcrm.extractions (
    facts             text PRIMARY KEY,
    basis             text NOT NULL,
    snapshot          pg_snapshot NOT NULL,
    system_identifier bigint NOT NULL,
    taken_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.extractions IS 'One row per content that the facts of the cubes had when they were taken out. Source: gcrm cube build.';
COMMENT ON COLUMN gcrm.extractions.facts IS 'SHA-256 of the content, in hexadecimal, as the manifest of a version says it.';
COMMENT ON COLUMN gcrm.extractions.basis IS 'SHA-256 of all that says how facts come out of the tables, in hexadecimal.';
COMMENT ON COLUMN gcrm.extractions.snapshot IS 'The newest state of the database in which the facts had this content.';
COMMENT ON COLUMN gcrm.extractions.system_identifier IS 'The cluster of that state: a copy of the database in another one counts its transactions anew.';
COMMENT ON COLUMN gcrm.extractions.taken_at IS 'When they were taken out (UTC).';

CREATE FUNCTION gcrm.note_fact_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP <> 'TRUNCATE' THEN
        -- A key is an identity, which no update changes.
        EXECUTE format('SELECT array_agg(%I) FROM %I', TG_ARGV[0], CASE TG_OP WHEN 'DELETE' THEN 'old_rows' ELSE 'new_rows' END) INTO ids;
        IF ids IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO gcrm.fact_changes (transaction_id, object, record_ids) VALUES (pg_current_xact_id(), TG_TABLE_NAME, ids);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.note_fact_changes() IS 'Trigger: notes the keys of the records that a statement changed; its argument is the column of the key.';

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES ('orders', 'order_line_id'), ('activities', 'activity_id')) AS t (object, key_column) LOOP
        EXECUTE format('CREATE TRIGGER note_insert AFTER INSERT ON gcrm.%I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION gcrm.note_fact_changes(%L)',
            t.object, t.key_column);
        EXECUTE format('CREATE TRIGGER note_update AFTER UPDATE ON gcrm.%I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION gcrm.note_fact_changes(%L)',
            t.object, t.key_column);
        EXECUTE format('CREATE TRIGGER note_delete AFTER DELETE ON gcrm.%I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION gcrm.note_fact_changes(%L)',
            t.object, t.key_column);
        EXECUTE format('CREATE TRIGGER note_truncate AFTER TRUNCATE ON gcrm.%I FOR EACH STATEMENT EXECUTE FUNCTION gcrm.note_fact_changes()', t.object);
        -- Also where a session plays a replica and other triggers rest.
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ALWAYS TRIGGER note_insert, ENABLE ALWAYS TRIGGER note_update, ENABLE ALWAYS TRIGGER note_delete, '
            'ENABLE ALWAYS TRIGGER note_truncate', t.object);
    END LOOP;
END $$;

GRANT SELECT, DELETE ON gcrm.fact_changes TO gcrm_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.extractions TO gcrm_writer;

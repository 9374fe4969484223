-- What is erased is gone also from what a retry took out of the quarantine: it is kept for an undo of the retry, and for nothing else.

ALTER TABLE gcrm.mended ADD COLUMN source_key text;
COMMENT ON COLUMN gcrm.mended.source_key IS 'Key of the record it became; with that record it goes. Empty where a retry of an earlier version of the program stored it.';
-- Usage: what is erased with its record.
CREATE INDEX mended_record ON gcrm.mended (source, object, source_key);

CREATE OR REPLACE FUNCTION gcrm.forget_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    -- A merge keeps what it takes away, for its own undo.
    IF coalesce(current_setting('gcrm.merging', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DELETE FROM gcrm.changes c USING old_rows b WHERE c.object = %L AND c.record_id = b.%I', TG_TABLE_NAME, TG_ARGV[0]);
    DELETE FROM gcrm.warnings w USING old_rows b WHERE w.object = TG_TABLE_NAME AND w.source = b.source AND w.source_key = b.source_key;
    -- An undo of a retry gives back what it took.
    IF coalesce(current_setting('gcrm.derived', true), '') <> 'on' THEN
        DELETE FROM gcrm.mended m USING old_rows b WHERE m.object = TG_TABLE_NAME AND m.source = b.source AND m.source_key = b.source_key;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.forget_record() IS
    'Trigger: with a record go its history, its warnings and what it was in quarantine, so that what is erased is gone. Argument: the key column.';

CREATE FUNCTION gcrm.forget_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    IF 'on' IN (coalesce(current_setting('gcrm.derived', true), ''), coalesce(current_setting('gcrm.merging', true), '')) THEN
        RETURN NULL;
    END IF;
    DELETE FROM gcrm.warnings w USING old_rows b WHERE w.object = 'accounts' AND w.source = b.source AND w.source_key = b.source_key;
    DELETE FROM gcrm.mended m USING old_rows b WHERE m.object = 'accounts' AND m.source = b.source AND m.source_key = b.source_key;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.forget_key() IS 'Trigger: with an account that is erased go the warnings, and what was in quarantine, of those that were merged into it.';
CREATE TRIGGER forget AFTER DELETE ON gcrm.account_keys REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.forget_key();

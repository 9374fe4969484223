-- Custom fields: what an organisation declares in its settings file and keeps of its records besides the columns of gcrm, in one column of each table.

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT object FROM gcrm.record_tables() WHERE object <> 'consents' LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ADD COLUMN custom jsonb NOT NULL DEFAULT ''{}'' CHECK (jsonb_typeof(custom) = ''object'')', t.object);
        EXECUTE format('COMMENT ON COLUMN gcrm.%I.custom IS %L', t.object,
            'Custom field to value (text, number, true or false; days as 2026-03-31), of those that have one; which there are is declared in the settings file.');
    END LOOP;
END $$;
-- Usage: the accounts whose custom fields have some values (lists, exports, search).
CREATE INDEX accounts_custom ON gcrm.accounts USING gin (custom jsonb_path_ops);

CREATE FUNCTION gcrm.custom_values(of_object text, of_record bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    key_of text := (SELECT key_column FROM gcrm.record_tables() WHERE object = of_object);
    found jsonb;
BEGIN
    EXECUTE format('SELECT custom FROM gcrm.%I WHERE %I = $1', of_object, key_of) INTO found USING of_record;
    RETURN found;
END $$;
COMMENT ON FUNCTION gcrm.custom_values(text, bigint) IS 'The custom fields of a record of a table, with the rights of who asks; empty where there is no such record to be seen.';

CREATE FUNCTION gcrm.change_custom_values(of_object text, of_record bigint, replaced text[], given jsonb) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    key_of text := (SELECT key_column FROM gcrm.record_tables() WHERE object = of_object);
    records bigint;
BEGIN
    EXECUTE format('UPDATE gcrm.%I SET custom = (custom - $2) || $3, updated_at = now() WHERE %I = $1 AND custom IS DISTINCT FROM (custom - $2) || $3', of_object, key_of)
        USING of_record, replaced, given;
    GET DIAGNOSTICS records = ROW_COUNT;
    RETURN records > 0;
END $$;
COMMENT ON FUNCTION gcrm.change_custom_values(text, bigint, text[], jsonb) IS
    'Puts some custom fields of a record in the place of what it had in those that are replaced, with the rights of who asks. Whether anything differs then.';

CREATE FUNCTION gcrm.custom_member(custom jsonb, field text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof(custom -> field)
        WHEN 'boolean' THEN CASE WHEN (custom -> field)::boolean THEN 'yes' ELSE 'no' END
        ELSE coalesce(custom ->> field, '(unknown)')
    END;
COMMENT ON FUNCTION gcrm.custom_member(jsonb, text) IS 'The member that a custom field is in the dimensions of the cubes.';

-- A merge takes over what the surviving account lacks of its custom fields, too; merges from before can still be undone.
DO $$
DECLARE
    known text := pg_get_functiondef('gcrm.merge_accounts(bigint, bigint, boolean)'::regprocedure);
    with_custom text := replace(known, 'website = coalesce(a.website, b.website)', 'custom = b.custom || a.custom, website = coalesce(a.website, b.website)');
BEGIN
    IF with_custom = known THEN
        RAISE EXCEPTION 'gcrm.merge_accounts is not as it is known here';
    END IF;
    EXECUTE with_custom;
END $$;
UPDATE gcrm.account_merges
SET record = record || '{"custom": {}}', before = before || '{"custom": {}}', after = after || '{"custom": {}}'
WHERE undone_at IS NULL;

GRANT EXECUTE ON FUNCTION gcrm.custom_values(text, bigint), gcrm.custom_member(jsonb, text) TO gcrm_writer, gcrm_reader;
GRANT EXECUTE ON FUNCTION gcrm.change_custom_values(text, bigint, text[], jsonb) TO gcrm_writer;

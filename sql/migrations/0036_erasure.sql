-- Erasure of persons: what hangs on one is found in the catalogue of the database, so that a table that a later migration adds is erased like the others;
-- tombstones of hashes keep a later import from bringing the person back.

CREATE TABLE gcrm.erasures (
    erasure_id  uuid PRIMARY KEY,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    account_ids bigint[] NOT NULL DEFAULT '{}',
    finished_at timestamptz,
    CHECK (finished_at IS NULL OR account_ids = '{}')
);
COMMENT ON TABLE gcrm.erasures IS 'One row per erasure of a person; it names nobody. Source: gcrm privacy erase.';
COMMENT ON COLUMN gcrm.erasures.erasure_id IS 'Key, the same in the list of tombstones that is kept beside the database.';
COMMENT ON COLUMN gcrm.erasures.begun_at IS 'When the tombstones were set.';
COMMENT ON COLUMN gcrm.erasures.account_ids IS 'Keys of the accounts that cubes may still hold, until they are removed from these too.';
COMMENT ON COLUMN gcrm.erasures.finished_at IS 'When nothing was left; empty where it was broken off: the same command goes on.';

CREATE TABLE gcrm.tombstones (
    kind       text NOT NULL CHECK (kind IN ('key', 'mail', 'phone')),
    hash       bytea NOT NULL CHECK (octet_length(hash) = 32),
    erasure_id uuid NOT NULL REFERENCES gcrm.erasures,
    PRIMARY KEY (kind, hash)
);
COMMENT ON TABLE gcrm.tombstones IS 'One row per key, mail address or telephone number of an erased person; an import refuses the record that has it. Source: gcrm privacy erase.';
COMMENT ON COLUMN gcrm.tombstones.kind IS 'key (object, source and source_key of a record), mail or phone.';
COMMENT ON COLUMN gcrm.tombstones.hash IS 'HMAC-SHA-256 of the normal form, with the key of gcrm.privacy_keys.';
COMMENT ON COLUMN gcrm.tombstones.erasure_id IS 'The erasure that set it.';
GRANT SELECT, INSERT, UPDATE ON gcrm.erasures TO gcrm_writer;
GRANT SELECT, INSERT ON gcrm.tombstones TO gcrm_writer;

-- The condition of before names no schema for the operator of geometry, which no dump can write: a restored database lacked the trigger.
DROP TRIGGER keep_position ON gcrm.accounts;
CREATE TRIGGER keep_position AFTER UPDATE ON gcrm.accounts
    FOR EACH ROW WHEN (OLD.position IS NOT NULL AND coalesce(NOT OLD.position = NEW.position, true))
    EXECUTE FUNCTION gcrm.keep_position();

CREATE FUNCTION gcrm.person_references() RETURNS TABLE (of regclass, field name, refers_to regclass, key name, owners name[], belongs text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH single AS (
            SELECT c.conrelid, c.confrelid, a.attname AS field, k.attname AS key, a.attnotnull
            FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attnum = c.confkey[1]
            WHERE c.contype = 'f' AND c.connamespace = 'gcrm'::regnamespace AND cardinality(c.conkey) = 1 AND c.conparentid = 0
        ), owned AS (
            SELECT s.*, ARRAY(
                SELECT o.field FROM single o
                WHERE o.conrelid = s.conrelid AND o.confrelid = 'gcrm.accounts'::regclass AND o.field <> s.field ORDER BY o.field) AS owners
            FROM single s
        )
        SELECT o.conrelid::regclass, o.field, o.confrelid::regclass, o.key, o.owners,
            CASE
                WHEN o.conrelid = 'gcrm.accounts'::regclass THEN 'false'
                WHEN o.attnotnull OR cardinality(o.owners) = 0 OR EXISTS (
                    SELECT FROM pg_attribute p WHERE p.attrelid = o.conrelid AND p.attname IN ('email', 'phone') AND NOT p.attisdropped) THEN 'true'
                ELSE (
                    SELECT format('(coalesce(%s) IS NULL OR %s)', string_agg(format('r.%I', owner), ', '), string_agg(format('r.%I = ANY ($1)', owner), ' OR '))
                    FROM unnest(o.owners) AS owner)
            END
        FROM owned o
        ORDER BY 1, 2;
    END;
COMMENT ON FUNCTION gcrm.person_references() IS
    'Every column that refers to a row of gcrm, whichever migration made it, and the condition (of the row r and the accounts $1 of the person) under which the row belongs to '
    'the person: it cannot be without, has a mail address or telephone number of its own, or belongs to no other account. Else it only mentions the person, and stays.';

CREATE FUNCTION gcrm.number_key(of regclass) RETURNS name
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT a.attname FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.conrelid = of AND k.contype = 'p' AND cardinality(k.conkey) = 1 AND a.atttypid IN ('bigint'::regtype, 'integer'::regtype);
    END;
COMMENT ON FUNCTION gcrm.number_key(regclass) IS 'The column that is the key of a table where that is one number, by which its history knows a record; empty elsewhere.';

CREATE FUNCTION gcrm.held_accounts() RETURNS bigint[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT account_id FROM gcrm.accounts WHERE ctid = ANY (ARRAY(SELECT at FROM pg_temp.held WHERE of = 'gcrm.accounts'::regclass)) ORDER BY 1);
END $$;
COMMENT ON FUNCTION gcrm.held_accounts() IS 'The accounts among the rows of gcrm.hold_person().';

CREATE FUNCTION gcrm.hold_what_hangs() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    r record;
    more bigint;
    found bigint := 1;
BEGIN
    WHILE found > 0 LOOP
        found := 0;
        FOR r IN SELECT * FROM gcrm.person_references() p WHERE p.belongs <> 'false' AND p.refers_to IN (SELECT h.of FROM held h) LOOP
            EXECUTE format(
                'INSERT INTO held SELECT %1$L::regclass, r.ctid FROM %1$s r WHERE r.%2$I = ANY (ARRAY(SELECT t.%4$I FROM %3$s t '
                'WHERE t.ctid = ANY (ARRAY(SELECT at FROM held WHERE of = %3$L::regclass)))) AND %5$s ON CONFLICT DO NOTHING',
                r.of, r.field, r.refers_to, r.key, r.belongs) USING gcrm.held_accounts();
            GET DIAGNOSTICS more = ROW_COUNT;
            found := found + more;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION gcrm.hold_what_hangs() IS 'Adds to the temporary table held what belongs to the rows in it, and so on.';

CREATE FUNCTION gcrm.hold_person(of_object text, of_record bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.held;
    CREATE TEMPORARY TABLE held (of regclass, at tid, PRIMARY KEY (of, at)) ON COMMIT DROP;
    IF of_object = 'contacts' THEN
        INSERT INTO held SELECT 'gcrm.contacts'::regclass, ctid FROM gcrm.contacts WHERE contact_id = of_record FOR UPDATE;
    ELSE
        INSERT INTO held SELECT 'gcrm.accounts'::regclass, ctid FROM gcrm.accounts WHERE account_id = of_record AND kind IN ('person', 'household') FOR UPDATE;
    END IF;
    PERFORM gcrm.hold_what_hangs();
END $$;
COMMENT ON FUNCTION gcrm.hold_person(text, bigint) IS
    'Finds the rows that belong to a contact, or to an account of one person or household: their tables and places, in the temporary table held, until the end of the transaction.';

CREATE FUNCTION gcrm.held_rows() RETURNS TABLE (of_table text, record_id bigint, record jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT h.of, c.relname, array_agg(h.at) AS places FROM held h JOIN pg_class c ON c.oid = h.of GROUP BY h.of, c.relname ORDER BY c.relname LOOP
        RETURN QUERY EXECUTE format('SELECT %L, %s::bigint, to_jsonb(t) FROM %s t WHERE t.ctid = ANY ($1) ORDER BY t.ctid',
            r.relname, coalesce('t.' || quote_ident(gcrm.number_key(r.of)), 'NULL'), r.of) USING r.places;
    END LOOP;
END $$;
COMMENT ON FUNCTION gcrm.held_rows() IS 'The rows of gcrm.hold_person(): name of the table, key of the row where that is one number, and the row as JSON.';

CREATE FUNCTION gcrm.mentions(of regclass, field name, refers_to regclass, key name) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN format(
        'r.%2$I = ANY (ARRAY(SELECT t.%4$I FROM %3$s t WHERE t.ctid = ANY (ARRAY(SELECT at FROM held WHERE of = %3$L::regclass)))) '
        'AND NOT EXISTS (SELECT FROM held h WHERE h.of = %1$L::regclass AND h.at = r.ctid)', of, field, refers_to, key);
COMMENT ON FUNCTION gcrm.mentions(regclass, name, regclass, name) IS 'The condition under which a row r of others refers by a column to a row of gcrm.hold_person().';

CREATE FUNCTION gcrm.mentioning_rows() RETURNS TABLE (of_table text, record jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT p.*, c.relname FROM gcrm.person_references() p JOIN pg_class c ON c.oid = p.of
        WHERE p.belongs <> 'true' AND p.refers_to IN (SELECT h.of FROM held h) LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(r) FROM %s r WHERE %s', r.relname, r.of, gcrm.mentions(r.of, r.field, r.refers_to, r.key));
    END LOOP;
END $$;
COMMENT ON FUNCTION gcrm.mentioning_rows() IS 'The rows of others that mention the person: name of the table, and the row as JSON.';

CREATE FUNCTION gcrm.release_held() RETURNS TABLE (of_table text, done text, records bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    r record;
    mentions text;
BEGIN
    done := 'no longer mention the person';
    PERFORM set_config('gcrm.derived', 'on', true);
    FOR r IN SELECT p.*, c.relname FROM gcrm.person_references() p JOIN pg_class c ON c.oid = p.of
        WHERE p.belongs <> 'true' AND p.refers_to IN (SELECT h.of FROM held h) LOOP
        mentions := gcrm.mentions(r.of, r.field, r.refers_to, r.key);
        BEGIN
            EXECUTE format('UPDATE %s r SET %I = NULL WHERE %s', r.of, r.field, mentions);
            GET DIAGNOSTICS records = ROW_COUNT;
        EXCEPTION WHEN integrity_constraint_violation THEN
            -- A row that makes no sense without the person goes with the person.
            EXECUTE format('INSERT INTO held SELECT %L::regclass, r.ctid FROM %s r WHERE %s', r.of, r.of, mentions);
            PERFORM gcrm.hold_what_hangs();
            records := 0;
        END;
        of_table := r.relname;
        IF records > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    PERFORM set_config('gcrm.derived', '', true);
END $$;
COMMENT ON FUNCTION gcrm.release_held() IS 'Takes the person out of rows that belong to others and only mention the person: the reference becomes empty, and leaves no history.';

CREATE FUNCTION gcrm.scrubbed(value text, pattern text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(value, pattern, '[erased]', 'gi');
COMMENT ON FUNCTION gcrm.scrubbed(text, text) IS 'A text with [erased] for everything that matches, in capitals or not.';

CREATE FUNCTION gcrm.scrub(of_table regclass, condition text, pattern text, accounts bigint[]) RETURNS bigint
    LANGUAGE plpgsql SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    changed text;
    found text;
    records bigint := 0;
BEGIN
    SELECT
        string_agg(format(CASE WHEN attnotnull OR atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN '%1$I = gcrm.scrubbed(r.%1$I::text, $1)::%2$s'
            ELSE '%1$I = nullif(gcrm.scrubbed(r.%1$I::text, $1), ''[erased]'')' END, attname, format_type(atttypid, NULL)), ', '),
        string_agg(format('r.%I::text ~* $1', attname), ' OR ')
    INTO changed, found
    FROM pg_attribute
    WHERE attrelid = of_table AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname NOT IN ('source', 'source_key', 'fingerprint')
        AND atttypid IN ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype);
    IF changed IS NOT NULL THEN
        EXECUTE format('UPDATE %1$s r SET %2$s WHERE (%3$s) AND (%4$s) AND NOT EXISTS (SELECT FROM held h WHERE h.of = %1$L::regclass AND h.at = r.ctid)',
            of_table, changed, condition, found) USING pattern, accounts;
        GET DIAGNOSTICS records = ROW_COUNT;
    END IF;
    RETURN records;
END $$;
COMMENT ON FUNCTION gcrm.scrub(regclass, text, text, bigint[]) IS
    'Scrubs the text of the rows r of a table that meet a condition (of $2, accounts) and do not belong to the person, in every column but keys of records; a value that is nothing else becomes empty.';

CREATE FUNCTION gcrm.scrub_around_held(pattern text) RETURNS TABLE (of_table text, done text, records bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    accounts bigint[];
    r record;
BEGIN
    done := 'scrubbed of name, mail address and telephone number';
    PERFORM set_config('gcrm.derived', 'on', true);
    SELECT array_agg(account_id) INTO accounts FROM gcrm.contacts
    WHERE ctid = ANY (ARRAY(SELECT at FROM held WHERE of = 'gcrm.contacts'::regclass)) AND account_id <> ALL (gcrm.held_accounts());
    FOR r IN
        SELECT 'gcrm.accounts'::regclass AS of, 'account_id' AS field
        UNION SELECT p.of, p.field::text FROM gcrm.person_references() p WHERE p.refers_to = 'gcrm.accounts'::regclass AND p.field <> 'parent_account_id'
    LOOP
        of_table := (SELECT relname FROM pg_class WHERE oid = r.of);
        IF gcrm.number_key(r.of) IS NOT NULL THEN
            EXECUTE format('UPDATE gcrm.changes c SET before = gcrm.scrubbed(c.before::text, $1)::jsonb FROM %s r '
                'WHERE r.%I = ANY ($2) AND c.object = %L AND c.record_id = r.%I AND c.before::text ~* $1', r.of, r.field, of_table, gcrm.number_key(r.of))
                USING pattern, accounts;
        END IF;
        records := gcrm.scrub(r.of, format('r.%I = ANY ($2)', r.field), pattern, accounts);
        IF records > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    -- What names no record: what runs over files said, views that somebody saved, names of files.
    FOR r IN SELECT t::regclass AS of, t AS name FROM unnest(ARRAY['jobs', 'imports', 'warnings', 'saved_views', 'layer_versions', 'audit']) AS t LOOP
        of_table := r.name;
        records := gcrm.scrub(r.of, 'true', pattern, accounts);
        IF records > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    PERFORM set_config('gcrm.derived', '', true);
END $$;
COMMENT ON FUNCTION gcrm.scrub_around_held(text) IS
    'Takes name, mail addresses and telephone numbers of the person (a regular expression) out of the texts of the accounts that the contact belonged to, of all that hangs on '
    'these, of its history, and of the journals; it leaves no history.';

CREATE FUNCTION gcrm.delete_held() RETURNS TABLE (of_table text, done text, records bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    r record;
    parts text[] := '{}';
    counted text[] := '{}';
BEGIN
    FOR r IN SELECT h.of, c.relname, array_agg(h.at) AS places, gcrm.number_key(h.of) AS key,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = h.of AND attname = 'source_key') AS has_source
        FROM held h JOIN pg_class c ON c.oid = h.of GROUP BY h.of, c.relname ORDER BY c.relname
    LOOP
        IF r.key IS NOT NULL THEN
            EXECUTE format('DELETE FROM gcrm.changes c USING %s t WHERE t.ctid = ANY ($1) AND c.object = %L AND c.record_id = t.%I', r.of, r.relname, r.key) USING r.places;
        END IF;
        IF r.has_source THEN
            EXECUTE format('DELETE FROM gcrm.warnings w USING %s t WHERE t.ctid = ANY ($1) AND w.object = %L AND w.source = t.source AND w.source_key = t.source_key',
                r.of, r.relname) USING r.places;
            EXECUTE format('DELETE FROM gcrm.mended m USING %s t WHERE t.ctid = ANY ($1) AND m.object = %L AND m.source = t.source AND m.source_key = t.source_key',
                r.of, r.relname) USING r.places;
        END IF;
        parts := parts || format('%I AS (DELETE FROM %s t WHERE t.ctid = ANY (ARRAY(SELECT at FROM held WHERE of = %L::regclass)) RETURNING 1)', 'in_' || r.relname, r.of, r.of);
        counted := counted || format('SELECT %L, ''deleted'', (SELECT count(*) FROM %I)', r.relname, 'in_' || r.relname);
    END LOOP;
    -- One statement: what refers to what is looked at when all of it is gone.
    IF cardinality(parts) > 0 THEN
        RETURN QUERY EXECUTE format('WITH %s %s', array_to_string(parts, ', '), array_to_string(counted, ' UNION ALL '));
    END IF;
END $$;
COMMENT ON FUNCTION gcrm.delete_held() IS 'Deletes the rows of gcrm.hold_person() with their history, warnings, and what they were in quarantine.';

DO $$
DECLARE
    name text;
BEGIN
    REVOKE EXECUTE ON FUNCTION gcrm.scrub(regclass, text, text, bigint[]), gcrm.hold_what_hangs() FROM PUBLIC;
    FOREACH name IN ARRAY ARRAY['held_accounts()', 'hold_person(text, bigint)', 'held_rows()', 'mentioning_rows()', 'release_held()', 'scrub_around_held(text)', 'delete_held()'] LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION gcrm.%s FROM PUBLIC', name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION gcrm.%s TO gcrm_writer', name);
    END LOOP;
END $$;

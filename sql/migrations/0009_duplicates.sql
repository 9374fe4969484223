-- Duplicates: the standing queue, merges that can be undone, the keys of merged accounts, and the indexes that find a twin while somebody types.

CREATE TABLE gcrm.duplicate_runs (
    run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id   bigint REFERENCES gcrm.imports ON DELETE SET NULL,
    matcher     text NOT NULL,
    accounts    bigint NOT NULL,
    compared    bigint NOT NULL,
    found       bigint NOT NULL,
    model       jsonb NOT NULL,
    skipped     jsonb NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.duplicate_runs IS 'One row per search for duplicates. Source: gcrm duplicates find.';
COMMENT ON COLUMN gcrm.duplicate_runs.run_id IS 'Key.';
COMMENT ON COLUMN gcrm.duplicate_runs.import_id IS 'The import whose accounts were looked at; empty for all.';
COMMENT ON COLUMN gcrm.duplicate_runs.matcher IS 'What scored the pairs: own or splink.';
COMMENT ON COLUMN gcrm.duplicate_runs.accounts IS 'Accounts that were looked at (count).';
COMMENT ON COLUMN gcrm.duplicate_runs.compared IS 'Pairs that were compared (count).';
COMMENT ON COLUMN gcrm.duplicate_runs.found IS 'Pairs that may be one (count).';
COMMENT ON COLUMN gcrm.duplicate_runs.model IS 'The probabilities that were estimated, and the most frequent words of names, as JSON.';
COMMENT ON COLUMN gcrm.duplicate_runs.skipped IS 'Blocks that were too large to be looked at: kind, blocks, records, largest, as JSON.';
COMMENT ON COLUMN gcrm.duplicate_runs.finished_at IS 'When it ended.';

CREATE TABLE gcrm.duplicates (
    duplicate_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    left_account_id  bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    right_account_id bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    score            real NOT NULL CHECK (score BETWEEN 0 AND 1),
    why              jsonb NOT NULL,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'separate', 'undone')),
    run_id           bigint REFERENCES gcrm.duplicate_runs ON DELETE SET NULL,
    found_at         timestamptz NOT NULL DEFAULT now(),
    decided_at       timestamptz,
    CHECK (left_account_id < right_account_id),
    CHECK ((status = 'open') = (decided_at IS NULL)),
    UNIQUE (left_account_id, right_account_id)
);
-- Usage: the pairs of an account, from its other side; erasing an account.
CREATE INDEX duplicates_right ON gcrm.duplicates (right_account_id);
-- Usage: the queue, the most probable first.
CREATE INDEX duplicates_open ON gcrm.duplicates (score DESC, duplicate_id) WHERE status = 'open';
COMMENT ON TABLE gcrm.duplicates IS 'One row per pair of accounts that may be one. A pair that was merged moves to account_merges. Source: gcrm duplicates find.';
COMMENT ON COLUMN gcrm.duplicates.duplicate_id IS 'Key.';
COMMENT ON COLUMN gcrm.duplicates.left_account_id IS 'The account that came first.';
COMMENT ON COLUMN gcrm.duplicates.right_account_id IS 'The account that came later.';
COMMENT ON COLUMN gcrm.duplicates.score IS 'Probability that they are one, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.duplicates.why IS 'Level to which each field agrees, and its evidence in bits, as JSON.';
COMMENT ON COLUMN gcrm.duplicates.status IS 'open; separate: a person said that they are two, which is remembered for ever; undone: they were merged, and the merge was taken back.';
COMMENT ON COLUMN gcrm.duplicates.run_id IS 'The search that found it last.';
COMMENT ON COLUMN gcrm.duplicates.found_at IS 'When it was found first.';
COMMENT ON COLUMN gcrm.duplicates.decided_at IS 'When somebody decided.';

CREATE TABLE gcrm.account_merges (
    merge_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    survivor_id bigint NOT NULL,
    merged_id   bigint NOT NULL,
    source      text NOT NULL,
    source_key  text NOT NULL,
    score       real,
    why         jsonb,
    automatic   boolean NOT NULL,
    record      jsonb,
    before      jsonb,
    after       jsonb,
    moved       jsonb,
    removed     jsonb,
    pairs       jsonb,
    carried     jsonb,
    merged_at   timestamptz NOT NULL DEFAULT now(),
    undone_at   timestamptz,
    conflicts   jsonb,
    CHECK ((record IS NULL) = (undone_at IS NOT NULL))
);
-- Usage: the merges of an account; erasing an account.
CREATE INDEX account_merges_account ON gcrm.account_merges (account_id);
COMMENT ON TABLE gcrm.account_merges IS 'One row per merge of two accounts, with all that is needed to undo it. Source: gcrm duplicates merge.';
COMMENT ON COLUMN gcrm.account_merges.merge_id IS 'Key.';
COMMENT ON COLUMN gcrm.account_merges.account_id IS 'The account that holds both now.';
COMMENT ON COLUMN gcrm.account_merges.survivor_id IS 'The account that it was merged into; another than account_id where that was merged in its turn.';
COMMENT ON COLUMN gcrm.account_merges.merged_id IS 'The account that is no more.';
COMMENT ON COLUMN gcrm.account_merges.source IS 'System that the merged account came from.';
COMMENT ON COLUMN gcrm.account_merges.source_key IS 'Its key there.';
COMMENT ON COLUMN gcrm.account_merges.score IS 'Probability that they were one, 0 to 1 (no unit); empty where nobody computed it.';
COMMENT ON COLUMN gcrm.account_merges.why IS 'Level to which each field agreed, as JSON.';
COMMENT ON COLUMN gcrm.account_merges.automatic IS 'True where no person looked.';
COMMENT ON COLUMN gcrm.account_merges.record IS 'The merged account as it was; empty after the merge was undone, so that an erased account leaves nothing behind.';
COMMENT ON COLUMN gcrm.account_merges.before IS 'The surviving account as it was; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.after IS 'The surviving account after the merge; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.moved IS 'Keys of the records that were moved, by table and column; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.removed IS 'Rows of which there is one per account, as they were, by table; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.pairs IS 'The pairs of the merged account, as they were; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.carried IS 'Pairs of the surviving account that took over a decision, as they were; empty after an undo.';
COMMENT ON COLUMN gcrm.account_merges.merged_at IS 'When they were merged.';
COMMENT ON COLUMN gcrm.account_merges.undone_at IS 'When the merge was taken back; empty while it stands.';
COMMENT ON COLUMN gcrm.account_merges.conflicts IS 'What could not be taken back, since somebody had changed it in between, as JSON.';

CREATE TABLE gcrm.account_keys (
    account_key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source         text NOT NULL,
    source_key     text NOT NULL,
    account_id     bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    fingerprint    text NOT NULL,
    UNIQUE (source, source_key)
);
-- Usage: the keys of an account; merging and erasing it.
CREATE INDEX account_keys_account ON gcrm.account_keys (account_id);
COMMENT ON TABLE gcrm.account_keys IS 'One row per key of an account that was merged into another: an import that brings the key finds the other. Source: gcrm duplicates merge.';
COMMENT ON COLUMN gcrm.account_keys.account_key_id IS 'Key.';
COMMENT ON COLUMN gcrm.account_keys.source IS 'System that the merged record comes from.';
COMMENT ON COLUMN gcrm.account_keys.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.account_keys.account_id IS 'The account that it is part of now.';
COMMENT ON COLUMN gcrm.account_keys.fingerprint IS 'Fingerprint of the record when it was seen last: only a record that changed in its source changes the account.';

CREATE VIEW gcrm.account_sources WITH (security_invoker = true) AS
SELECT source, source_key, account_id FROM gcrm.accounts
UNION ALL
SELECT source, source_key, account_id FROM gcrm.account_keys;
COMMENT ON VIEW gcrm.account_sources IS 'One row per key under which files know an account: its own, and those of what was merged into it. Source: accounts, account_keys.';
COMMENT ON COLUMN gcrm.account_sources.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.account_sources.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.account_sources.account_id IS 'The account.';

CREATE FUNCTION gcrm.account_fingerprint(
    kind text, status text, name text, segment text, street text, house_number text, postcode text, city text, country_code text,
    phone text, email text, website text, tax_number text
) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5(ROW(kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email, website, tax_number)::text);
COMMENT ON FUNCTION gcrm.account_fingerprint IS 'What a source says about an account, in 32 digits: whether it changed.';

-- Usage: the accounts below an account; merging and erasing it.
CREATE INDEX accounts_parent ON gcrm.accounts (parent_account_id) WHERE parent_account_id IS NOT NULL;
-- Usage: accounts with a telephone number (possible duplicates).
CREATE INDEX accounts_phone ON gcrm.accounts (right(translate(phone, ' +-/().', ''), 7)) WHERE phone IS NOT NULL;
-- Usage: accounts with a mail address (possible duplicates).
CREATE INDEX accounts_email ON gcrm.accounts (lower(email)) WHERE email IS NOT NULL;
-- Usage: accounts with a tax number (possible duplicates).
CREATE INDEX accounts_tax_number ON gcrm.accounts (lower(translate(tax_number, ' .-/', ''))) WHERE tax_number IS NOT NULL;
-- Usage: accounts at an address (possible duplicates).
CREATE INDEX accounts_address ON gcrm.accounts (postcode, house_number) WHERE postcode IS NOT NULL;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        -- Usage: accounts with a similar name (possible duplicates).
        CREATE INDEX accounts_name_trigrams ON gcrm.accounts USING gin (lower(name) gin_trgm_ops);
    ELSE
        -- Usage: accounts whose name begins alike (possible duplicates).
        CREATE INDEX accounts_name ON gcrm.accounts (lower(name) text_pattern_ops);
    END IF;
END $$;

CREATE FUNCTION gcrm.exact_json(of regclass) RETURNS text
    LANGUAGE sql STABLE
    RETURN 'to_jsonb(t)' || coalesce((
        SELECT string_agg(format(' || jsonb_build_object(%L, t.%I::text)', attname, attname), '')
        FROM pg_attribute
        WHERE attrelid = of AND attnum > 0 AND NOT attisdropped AND atttypid = 'geometry'::regtype), '');
COMMENT ON FUNCTION gcrm.exact_json(regclass) IS 'The expression that gives a row t of a table as JSON from which it can be made again to the last bit; to_jsonb rounds geometry.';

CREATE FUNCTION gcrm.account_references() RETURNS TABLE (of regclass, field name, key name, moves boolean)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT c.conrelid::regclass, a.attname, k.attname,
            k.attname IS NOT NULL AND NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisunique AND a.attnum = ANY(i.indkey::int2[]))
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        LEFT JOIN pg_constraint p ON p.conrelid = c.conrelid AND p.contype = 'p' AND cardinality(p.conkey) = 1
        LEFT JOIN pg_attribute k ON k.attrelid = c.conrelid AND k.attnum = p.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = 'gcrm.accounts'::regclass AND c.conrelid <> 'gcrm.duplicates'::regclass
        ORDER BY c.conrelid::regclass::text, a.attname;
    END;
COMMENT ON FUNCTION gcrm.account_references() IS
    'Every column that refers to an account, whichever migration made it: its rows move to the other account, or, where an account has one row only, are kept aside.';

CREATE FUNCTION gcrm.merge_accounts(survivor bigint, merged bigint, is_automatic boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = gcrm, public
    AS $$
DECLARE
    as_json    text := gcrm.exact_json('gcrm.accounts');
    old_record jsonb;
    old_self   jsonb;
    new_self   jsonb;
    reference  record;
    ids        jsonb;
    moved_ids  jsonb := '{}';
    gone_rows  jsonb := '{}';
    old_pairs  jsonb;
    carried_pairs jsonb;
    pair       record;
    new_merge  bigint;
BEGIN
    PERFORM set_config('gcrm.merging', 'on', true);
    PERFORM 1 FROM gcrm.accounts WHERE account_id IN (survivor, merged) ORDER BY account_id FOR UPDATE;
    EXECUTE format('SELECT %s FROM gcrm.accounts t WHERE account_id = $1', as_json) INTO old_self USING survivor;
    EXECUTE format('SELECT %s FROM gcrm.accounts t WHERE account_id = $1', as_json) INTO old_record USING merged;
    IF survivor = merged OR old_self IS NULL OR old_record IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('accounts %s and %s cannot be merged', survivor, merged);
    END IF;
    IF EXISTS (
        WITH RECURSIVE above AS (
            SELECT parent_account_id AS account_id FROM gcrm.accounts WHERE account_id = (SELECT parent_account_id FROM gcrm.accounts WHERE account_id = survivor)
            UNION
            SELECT a.parent_account_id FROM gcrm.accounts a JOIN above USING (account_id)
        )
        SELECT FROM above WHERE account_id = merged
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_recursion', MESSAGE = format('account %s stands two levels above account %s', merged, survivor);
    END IF;
    SELECT * INTO pair FROM gcrm.duplicates WHERE left_account_id = least(survivor, merged) AND right_account_id = greatest(survivor, merged);

    -- The queue: what was said about the merged account is said about the other from now on.
    SELECT jsonb_agg(to_jsonb(d)) INTO old_pairs FROM gcrm.duplicates d WHERE merged IN (left_account_id, right_account_id);
    SELECT jsonb_agg(jsonb_build_object('other', p.other, 'was', to_jsonb(d))) INTO carried_pairs
    FROM (
        SELECT CASE WHEN left_account_id = merged THEN right_account_id ELSE left_account_id END AS other
        FROM gcrm.duplicates WHERE merged IN (left_account_id, right_account_id) AND status <> 'open'
    ) p
    LEFT JOIN gcrm.duplicates d ON d.left_account_id = least(survivor, p.other) AND d.right_account_id = greatest(survivor, p.other)
    WHERE p.other <> survivor;
    INSERT INTO gcrm.duplicates (left_account_id, right_account_id, score, why, status, run_id, found_at, decided_at)
    SELECT least(survivor, o.other), greatest(survivor, o.other), o.score, o.why, o.status, o.run_id, o.found_at, o.decided_at
    FROM (
        SELECT d.*, CASE WHEN left_account_id = merged THEN right_account_id ELSE left_account_id END AS other
        FROM gcrm.duplicates d WHERE merged IN (left_account_id, right_account_id) AND status <> 'open'
    ) o
    WHERE o.other <> survivor
    ON CONFLICT (left_account_id, right_account_id) DO UPDATE SET status = excluded.status, decided_at = excluded.decided_at
    WHERE gcrm.duplicates.status = 'open';
    DELETE FROM gcrm.duplicates WHERE merged IN (left_account_id, right_account_id);

    -- What the surviving account lacks it takes over; an address as a whole, with its position.
    UPDATE gcrm.accounts a
    SET segment = coalesce(a.segment, b.segment), phone = coalesce(a.phone, b.phone), email = coalesce(a.email, b.email),
        website = coalesce(a.website, b.website), tax_number = coalesce(a.tax_number, b.tax_number),
        parent_account_id = CASE WHEN a.parent_account_id = merged THEN nullif(b.parent_account_id, survivor) ELSE a.parent_account_id END,
        updated_at = now()
    FROM gcrm.accounts b
    WHERE a.account_id = survivor AND b.account_id = merged;
    UPDATE gcrm.accounts a
    SET street = b.street, house_number = b.house_number, postcode = b.postcode, city = b.city, country_code = b.country_code, position = b.position, cell = b.cell,
        geocode_level = b.geocode_level, geocode_score = b.geocode_score, geocoded_at = b.geocoded_at,
        territory_id = coalesce(a.territory_id, b.territory_id), territory_given = a.territory_given OR (a.territory_id IS NULL AND b.territory_given)
    FROM gcrm.accounts b
    WHERE a.account_id = survivor AND b.account_id = merged
        AND a.street IS NULL AND a.postcode IS NULL AND a.city IS NULL AND a.position IS NULL;

    FOR reference IN SELECT * FROM gcrm.account_references() LOOP
        IF reference.moves THEN
            EXECUTE format('WITH moved AS (UPDATE %s SET %I = $1 WHERE %I = $2 RETURNING %I AS id) SELECT jsonb_agg(id ORDER BY id) FROM moved',
                reference.of, reference.field, reference.field, reference.key) INTO ids USING survivor, merged;
            IF ids IS NOT NULL THEN
                moved_ids := moved_ids || jsonb_build_object(reference.of || '.' || reference.field, ids);
            END IF;
        ELSE
            EXECUTE format('SELECT jsonb_agg(%s) FROM %s t WHERE %I = $1', gcrm.exact_json(reference.of), reference.of, reference.field) INTO ids USING merged;
            EXECUTE format('DELETE FROM %s WHERE %I = $1', reference.of, reference.field) USING merged;
            IF ids IS NOT NULL THEN
                gone_rows := gone_rows || jsonb_build_object(reference.of || '.' || reference.field, ids);
            END IF;
        END IF;
    END LOOP;

    INSERT INTO gcrm.account_keys (source, source_key, account_id, fingerprint)
    SELECT source, source_key, survivor, gcrm.account_fingerprint(
        kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email, website, tax_number)
    FROM gcrm.accounts WHERE account_id = merged;
    DELETE FROM gcrm.accounts WHERE account_id = merged;
    EXECUTE format('SELECT %s FROM gcrm.accounts t WHERE account_id = $1', as_json) INTO new_self USING survivor;
    INSERT INTO gcrm.account_merges (account_id, survivor_id, merged_id, source, source_key, score, why, automatic, record, before, after, moved, removed, pairs, carried)
    VALUES (survivor, survivor, merged, old_record ->> 'source', old_record ->> 'source_key', pair.score, pair.why, is_automatic,
        old_record, old_self, new_self, moved_ids, gone_rows, coalesce(old_pairs, '[]'), coalesce(carried_pairs, '[]'))
    RETURNING merge_id INTO new_merge;
    PERFORM set_config('gcrm.merging', '', true);
    RETURN new_merge;
END $$;
COMMENT ON FUNCTION gcrm.merge_accounts(bigint, bigint, boolean) IS
    'Merges the second account into the first: all that hangs on it moves, its key stays known, and everything is written down for an undo. Gives the merge_id.';

CREATE FUNCTION gcrm.undo_merge(merge bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = gcrm, public
    AS $$
DECLARE
    as_json   text := gcrm.exact_json('gcrm.accounts');
    done      gcrm.account_merges;
    self      jsonb;
    entry     record;
    one       jsonb;
    back      jsonb;
    changed   text[] := '{}';
    columns   text;
    count_back bigint;
    problems  jsonb := '[]';
    reference record;
BEGIN
    PERFORM set_config('gcrm.merging', 'on', true);
    SELECT * INTO done FROM gcrm.account_merges WHERE merge_id = merge FOR UPDATE;
    IF done.merge_id IS NULL OR done.undone_at IS NOT NULL OR done.account_id <> done.survivor_id THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('merge %s cannot be undone', merge);
    END IF;
    PERFORM 1 FROM gcrm.accounts WHERE account_id = done.account_id FOR UPDATE;
    back := done.record;
    IF back ->> 'parent_account_id' IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.accounts WHERE account_id = (back ->> 'parent_account_id')::bigint) THEN
        back := back || '{"parent_account_id": null}';
        problems := problems || jsonb_build_object('what', 'parent', 'why', 'the account that the merged one belonged to is no more');
    END IF;
    IF EXISTS (
        SELECT FROM gcrm.account_keys k, jsonb_populate_record(NULL::gcrm.accounts, back) b
        WHERE k.source = done.source AND k.source_key = done.source_key AND k.fingerprint <> gcrm.account_fingerprint(
            b.kind, b.status, b.name, b.segment, b.street, b.house_number, b.postcode, b.city, b.country_code, b.phone, b.email, b.website, b.tax_number)
    ) THEN
        problems := problems || jsonb_build_object('what', 'record', 'why', 'an import brought a newer record of it, which went into the other account; import it again');
    END IF;
    DELETE FROM gcrm.account_keys WHERE source = done.source AND source_key = done.source_key;
    INSERT INTO gcrm.accounts OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::gcrm.accounts, back)).*;

    FOR entry IN SELECT key, value FROM jsonb_each(done.moved) LOOP
        SELECT * INTO reference FROM gcrm.account_references() r WHERE r.of || '.' || r.field = entry.key;
        EXECUTE format('WITH back AS (UPDATE %s SET %I = $1 WHERE %I = $2 AND %I IN (SELECT jsonb_array_elements_text($3)::bigint) RETURNING 1) SELECT count(*) FROM back',
            reference.of, reference.field, reference.field, reference.key) INTO count_back USING done.merged_id, done.account_id, entry.value;
        IF count_back < jsonb_array_length(entry.value) THEN
            problems := problems || jsonb_build_object('what', entry.key, 'count', jsonb_array_length(entry.value) - count_back,
                'why', 'these were moved elsewhere or erased since');
        END IF;
    END LOOP;
    FOR entry IN SELECT key, value FROM jsonb_each(done.removed) LOOP
        SELECT * INTO reference FROM gcrm.account_references() r WHERE r.of || '.' || r.field = entry.key;
        FOR one IN SELECT jsonb_array_elements(entry.value) LOOP
            EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::%s, $1)).* ON CONFLICT DO NOTHING', reference.of, reference.of) USING one;
        END LOOP;
    END LOOP;

    -- The surviving account: what nobody changed since is as it was.
    EXECUTE format('SELECT %s FROM gcrm.accounts t WHERE account_id = $1', as_json) INTO self USING done.account_id;
    FOR entry IN SELECT key, value FROM jsonb_each(done.before) LOOP
        IF entry.value IS DISTINCT FROM done.after -> entry.key THEN
            IF self -> entry.key IS NOT DISTINCT FROM done.after -> entry.key THEN
                changed := changed || entry.key;
            ELSIF entry.key NOT IN ('updated_at', 'import_id') THEN
                problems := problems || jsonb_build_object('what', entry.key, 'why', 'it was changed since and stays as it is');
            END IF;
        END IF;
    END LOOP;
    -- An account that an import or a person changed since keeps the time of that change.
    IF self - 'updated_at' IS DISTINCT FROM done.after - 'updated_at' THEN
        changed := array_remove(changed, 'updated_at');
    END IF;
    IF cardinality(changed) > 0 THEN
        SELECT string_agg(format('%I', name), ', ') INTO columns FROM unnest(changed) AS name;
        EXECUTE format('UPDATE gcrm.accounts SET (%s) = (SELECT %s FROM jsonb_populate_record(NULL::gcrm.accounts, $1)) WHERE account_id = $2', columns, columns)
            USING done.before, done.account_id;
    END IF;

    -- The queue as it was, but for the pair itself.
    FOR one IN SELECT jsonb_array_elements(done.carried) LOOP
        DELETE FROM gcrm.duplicates
        WHERE left_account_id = least(done.account_id, (one ->> 'other')::bigint) AND right_account_id = greatest(done.account_id, (one ->> 'other')::bigint)
            AND decided_at < done.merged_at;
        IF one -> 'was' <> 'null' THEN
            INSERT INTO gcrm.duplicates OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::gcrm.duplicates, one -> 'was')).* ON CONFLICT DO NOTHING;
        END IF;
    END LOOP;
    INSERT INTO gcrm.duplicates OVERRIDING SYSTEM VALUE
    SELECT (jsonb_populate_record(NULL::gcrm.duplicates, p)).*
    FROM jsonb_array_elements(done.pairs) AS p
    WHERE EXISTS (SELECT FROM gcrm.accounts WHERE account_id = (p ->> 'left_account_id')::bigint)
        AND EXISTS (SELECT FROM gcrm.accounts WHERE account_id = (p ->> 'right_account_id')::bigint)
    ON CONFLICT DO NOTHING;
    INSERT INTO gcrm.duplicates (left_account_id, right_account_id, score, why, status, decided_at)
    VALUES (least(done.account_id, done.merged_id), greatest(done.account_id, done.merged_id), coalesce(done.score, 1), coalesce(done.why, '{}'), 'undone', now())
    ON CONFLICT (left_account_id, right_account_id) DO UPDATE SET status = 'undone', decided_at = now();
    UPDATE gcrm.account_merges
    SET undone_at = now(), conflicts = problems, record = NULL, before = NULL, after = NULL, moved = NULL, removed = NULL, pairs = NULL, carried = NULL
    WHERE merge_id = merge;
    PERFORM set_config('gcrm.merging', '', true);
    RETURN problems;
END $$;
COMMENT ON FUNCTION gcrm.undo_merge(bigint) IS
    'Takes a merge back: both accounts and all that hangs on them are as they were, but for what somebody changed since, which it gives as JSON.';

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.duplicate_runs, gcrm.duplicates, gcrm.account_merges, gcrm.account_keys TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.duplicates, gcrm.account_keys, gcrm.account_sources TO gcrm_reader;
GRANT SELECT ON gcrm.account_sources TO gcrm_writer;
REVOKE EXECUTE ON FUNCTION gcrm.merge_accounts(bigint, bigint, boolean), gcrm.undo_merge(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.merge_accounts(bigint, bigint, boolean), gcrm.undo_merge(bigint) TO gcrm_writer;

-- A pair is visible to whoever sees both of its accounts, a key to whoever sees its account. A merge holds a whole record that may
-- lie in another territory: staff only.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['duplicates', 'account_merges', 'account_keys'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
CREATE POLICY scope ON gcrm.duplicates FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all())
        OR left_account_id IN (SELECT account_id FROM gcrm.accounts) AND right_account_id IN (SELECT account_id FROM gcrm.accounts));
CREATE POLICY scope ON gcrm.account_keys FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts));

-- Search: the words of accounts and contacts in tables of their own, which neither a new position nor a new territory touches; and the words of addresses, for what
-- is written with a mistake.

CREATE FUNCTION gcrm.words_of(texts text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_remove(string_to_array(
        translate(lower(texts), 'àáâãäåāèéêëēìíîïīñòóôõöøōùúûüūýÿçšž.,;:!?/\|()[]{}<>"`´’“”„&+*=#@_-''', 'aaaaaaaeeeeeiiiiinooooooouuuuuyycsz' || repeat(' ', 33)), ' '), '');
COMMENT ON FUNCTION gcrm.words_of(text) IS 'The words of a text in small letters without accents; signs part them.';

CREATE FUNCTION gcrm.phone_word(phone text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '#' || right(translate(phone, ' +-/().', ''), 7);
COMMENT ON FUNCTION gcrm.phone_word(text) IS 'A telephone number as a word: its last seven digits, which are the same with and without the code of the country.';

-- A word of a tsvector has at most 2,046 bytes.
CREATE FUNCTION gcrm.account_words(name text, street text, house_number text, postcode text, city text, email text, phone text, source_key text) RETURNS tsvector
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN array_to_tsvector(gcrm.words_of(concat_ws(' ', left(name, 400), left(street, 200), left(house_number, 50), left(postcode, 50), left(city, 200), left(email, 300),
        left(source_key, 200))) || CASE WHEN phone IS NULL THEN '{}' ELSE ARRAY[gcrm.phone_word(phone)] END);
COMMENT ON FUNCTION gcrm.account_words IS 'The words that an account is found by.';

CREATE TABLE gcrm.account_words (
    account_id bigint PRIMARY KEY REFERENCES gcrm.accounts ON DELETE CASCADE,
    words      tsvector NOT NULL
);
COMMENT ON TABLE gcrm.account_words IS 'One row per account: the words that it is found by. Source: a trigger on gcrm.accounts.';
COMMENT ON COLUMN gcrm.account_words.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_words.words IS 'Of its name, address, mail address and key, in small letters without accents; # and the last seven digits of its telephone number.';

CREATE TABLE gcrm.contact_words (
    contact_id bigint PRIMARY KEY REFERENCES gcrm.contacts ON DELETE CASCADE,
    words      tsvector NOT NULL
);
COMMENT ON TABLE gcrm.contact_words IS 'One row per contact: the words that it is found by. Source: a trigger on gcrm.contacts.';
COMMENT ON COLUMN gcrm.contact_words.contact_id IS 'The contact.';
COMMENT ON COLUMN gcrm.contact_words.words IS 'Of its name and mail address, in small letters without accents; # and the last seven digits of its telephone number.';

-- Several transactions may add a word at once, and none of them waits for the others: it may stand here more than once.
CREATE TABLE gcrm.address_terms (
    term text NOT NULL
);
COMMENT ON TABLE gcrm.address_terms IS 'Words of the streets and places of accounts, for a search that has a mistake in them. Source: a trigger on gcrm.accounts.';
COMMENT ON COLUMN gcrm.address_terms.term IS 'The word, in small letters without accents.';
-- Usage: whether a word is there.
CREATE INDEX address_terms_term ON gcrm.address_terms (term);

CREATE FUNCTION gcrm.words_of_new_accounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.account_words
    SELECT account_id, gcrm.account_words(name, street, house_number, postcode, city, email, phone, source_key) FROM added;
    INSERT INTO gcrm.address_terms
    SELECT term FROM (
        SELECT DISTINCT unnest(gcrm.words_of(left(place, 400))) AS term FROM (SELECT DISTINCT concat_ws(' ', street, city) AS place FROM added) AS places
    ) AS terms
    WHERE length(term) > 3 AND NOT EXISTS (SELECT FROM gcrm.address_terms t WHERE t.term = terms.term);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.words_of_new_accounts() IS 'Trigger: the words of new accounts.';

CREATE FUNCTION gcrm.words_of_changed_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.account_words
    VALUES (NEW.account_id, gcrm.account_words(NEW.name, NEW.street, NEW.house_number, NEW.postcode, NEW.city, NEW.email, NEW.phone, NEW.source_key))
    ON CONFLICT (account_id) DO UPDATE SET words = excluded.words;
    INSERT INTO gcrm.address_terms
    SELECT DISTINCT term FROM unnest(gcrm.words_of(left(concat_ws(' ', NEW.street, NEW.city), 400))) AS term
    WHERE length(term) > 3 AND NOT EXISTS (SELECT FROM gcrm.address_terms t WHERE t.term = term);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.words_of_changed_account() IS 'Trigger: the words of an account that is called otherwise or lies elsewhere.';

CREATE FUNCTION gcrm.words_of_contact() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.contact_words
    VALUES (NEW.contact_id, gcrm.account_words(concat_ws(' ', NEW.given_name, NEW.family_name), NULL, NULL, NULL, NULL, NEW.email, NEW.phone, NULL))
    ON CONFLICT (contact_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.words_of_contact() IS 'Trigger: the words of a contact.';

CREATE TRIGGER words_of_new AFTER INSERT ON gcrm.accounts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION gcrm.words_of_new_accounts();
CREATE TRIGGER words_of_changed AFTER UPDATE OF name, street, house_number, postcode, city, email, phone, source_key ON gcrm.accounts
    FOR EACH ROW WHEN ((OLD.name, OLD.street, OLD.house_number, OLD.postcode, OLD.city, OLD.email, OLD.phone, OLD.source_key)
        IS DISTINCT FROM (NEW.name, NEW.street, NEW.house_number, NEW.postcode, NEW.city, NEW.email, NEW.phone, NEW.source_key))
    EXECUTE FUNCTION gcrm.words_of_changed_account();
CREATE TRIGGER words_of_new AFTER INSERT ON gcrm.contacts FOR EACH ROW EXECUTE FUNCTION gcrm.words_of_contact();
CREATE TRIGGER words_of_changed AFTER UPDATE OF given_name, family_name, email, phone ON gcrm.contacts
    FOR EACH ROW WHEN ((OLD.given_name, OLD.family_name, OLD.email, OLD.phone) IS DISTINCT FROM (NEW.given_name, NEW.family_name, NEW.email, NEW.phone))
    EXECUTE FUNCTION gcrm.words_of_contact();

INSERT INTO gcrm.account_words
SELECT account_id, gcrm.account_words(name, street, house_number, postcode, city, email, phone, source_key) FROM gcrm.accounts;
INSERT INTO gcrm.contact_words
SELECT contact_id, gcrm.account_words(concat_ws(' ', given_name, family_name), NULL, NULL, NULL, NULL, email, phone, NULL) FROM gcrm.contacts;
INSERT INTO gcrm.address_terms
SELECT DISTINCT term FROM gcrm.accounts CROSS JOIN unnest(gcrm.words_of(left(concat_ws(' ', street, city), 400))) AS term WHERE length(term) > 3;

-- Usage: the accounts and contacts with some words.
CREATE INDEX account_words_words ON gcrm.account_words USING gin (words);
CREATE INDEX contact_words_words ON gcrm.contact_words USING gin (words);
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        -- Usage: words like one that has a mistake in it.
        CREATE INDEX address_terms_trigrams ON gcrm.address_terms USING gin (term gin_trgm_ops);
    END IF;
END $$;

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES ('account_words', 'account_id', 'accounts'), ('contact_words', 'contact_id', 'contacts')) AS t (words, key_column, object) LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', t.words);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', t.words);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', t.words);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.%I TO gcrm_writer', t.words);
    END LOOP;
END $$;
GRANT SELECT, DELETE ON gcrm.address_terms TO gcrm_writer;

-- Conditions on words are not leakproof, and behind a policy no index would serve them: so the scope is asked here, in the same way as by the policy of accounts.
CREATE FUNCTION gcrm.with_words(query tsquery, most int) RETURNS TABLE (account_id bigint, contact_id bigint)
    LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        (
            SELECT a.account_id, NULL::bigint
            FROM gcrm.account_words w JOIN gcrm.accounts a USING (account_id)
            WHERE w.words @@ query AND ((SELECT gcrm.scope_is_all()) OR a.territory_id IN (SELECT gcrm.scope_territories()))
            LIMIT most
        ) UNION ALL (
            SELECT a.account_id, k.contact_id
            FROM gcrm.contact_words w JOIN gcrm.contacts k USING (contact_id) JOIN gcrm.accounts a USING (account_id)
            WHERE w.words @@ query AND ((SELECT gcrm.scope_is_all()) OR a.territory_id IN (SELECT gcrm.scope_territories()))
            LIMIT most
        );
    END;
COMMENT ON FUNCTION gcrm.with_words(tsquery, int) IS 'Accounts of the scope with some words, in no order, and those whose contacts have them: account_id, contact_id.';
REVOKE EXECUTE ON FUNCTION gcrm.with_words(tsquery, int) FROM PUBLIC;

CREATE FUNCTION gcrm.search_accounts(asked text, most int) RETURNS TABLE (account_id bigint, contact_id bigint, step double precision)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = gcrm, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    words text[] := gcrm.words_of(left(asked, 400));
    digits text := translate(asked, ' +-/().', '');
    phone tsquery := CASE WHEN digits ~ '^[0-9]{5,}$' THEN quote_literal(gcrm.phone_word(digits))::tsquery END;
    every boolean := gcrm.scope_is_all();
    query tsquery;
    strange text[];
    mistaken text;
    alike text;
    found_rows int;
    found_before int;
BEGIN
    IF cardinality(words) = 0 THEN
        RETURN;
    END IF;
    -- 0: the name itself, which its words alone might leave among too many.
    RETURN QUERY
        SELECT a.account_id, NULL::bigint, 0::double precision FROM gcrm.accounts a
        WHERE lower(a.name) = lower(asked) AND (every OR a.territory_id IN (SELECT gcrm.scope_territories())) LIMIT most;
    -- 1: whole words, or the telephone number.
    SELECT string_agg(quote_literal(word), ' & ')::tsquery INTO query FROM unnest(words) AS word;
    RETURN QUERY SELECT w.account_id, w.contact_id, 1::double precision FROM gcrm.with_words(coalesce(query || phone, query), most) AS w;
    GET DIAGNOSTICS found_before = ROW_COUNT;
    IF found_before >= most THEN
        RETURN;
    END IF;
    -- 2: words that begin like this; a single letter begins too many.
    SELECT string_agg(quote_literal(word) || CASE WHEN length(word) > 1 THEN ':*' ELSE '' END, ' & ')::tsquery INTO query FROM unnest(words) AS word;
    RETURN QUERY SELECT w.account_id, w.contact_id, 2::double precision FROM gcrm.with_words(query, most) AS w;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_before + found_rows > 0 OR NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        RETURN;
    END IF;
    -- 3: what nobody's words are is written with a mistake: names with something like it, and the other words with words of addresses like it. What is known is taken as it
    -- stands, since common words and beginnings (GmbH) are like a good part of all names.
    SELECT array_agg(word) INTO strange FROM unnest(words) AS word
    WHERE length(word) > 1 AND NOT EXISTS (SELECT FROM gcrm.with_words(quote_literal(word)::tsquery, 1));
    SELECT string_agg(part, ' ') INTO mistaken FROM unnest(string_to_array(lower(asked), ' ')) AS part WHERE gcrm.words_of(part) && strange;
    PERFORM set_config('pg_trgm.similarity_threshold', '0.45', true), set_config('pg_trgm.word_similarity_threshold', '0.34', true);
    RETURN QUERY EXECUTE
        'SELECT a.account_id, NULL::bigint, 5 - word_similarity($1, lower(a.name)) - similarity(lower(a.name), $4) AS step FROM gcrm.accounts a'
        ' WHERE lower(a.name) %> $1 AND ($2 OR a.territory_id IN (SELECT gcrm.scope_territories())) ORDER BY step, a.account_id LIMIT $3'
        USING coalesce(mistaken, lower(asked)), every, most, lower(asked);
    EXECUTE
        'SELECT string_agg(CASE WHEN word <> ALL ($2) THEN quote_literal(word) ELSE ''('' || concat_ws('' | '', quote_literal(word) || '':*'', ('
        '    SELECT string_agg(quote_literal(term), '' | '') FROM ('
        '        SELECT DISTINCT term, similarity(term, word) AS near FROM gcrm.address_terms WHERE length(word) > 3 AND term % word ORDER BY near DESC, term LIMIT 5) AS terms'
        ')) || '')'' END, '' & '') FROM unnest($1) AS word'
        INTO alike USING words, coalesce(strange, '{}');
    RETURN QUERY SELECT w.account_id, w.contact_id, 3::double precision FROM gcrm.with_words(alike::tsquery, most) AS w;
END $$;
COMMENT ON FUNCTION gcrm.search_accounts(text, int) IS
    'Accounts of the scope that a text may mean: account_id, contact_id (whose words they were, else empty), step (0 the name, 1 whole words, 2 beginnings, 3 all words, some with mistakes, 3 to 5 a name like it, the likest first).';
REVOKE EXECUTE ON FUNCTION gcrm.search_accounts(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.search_accounts(text, int) TO gcrm_reader, gcrm_writer;

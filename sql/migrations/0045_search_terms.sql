-- A search with mistakes looks them up among the distinct words of names and addresses: names as a whole are like too many others, since a short word shares its
-- few trigrams with Bau and Service.

ALTER TABLE gcrm.address_terms RENAME TO search_terms;
ALTER INDEX gcrm.address_terms_term RENAME TO search_terms_term;
ALTER INDEX IF EXISTS gcrm.address_terms_trigrams RENAME TO search_terms_trigrams;
COMMENT ON TABLE gcrm.search_terms IS 'Words of the names, streets and places of accounts, and of the names of contacts, for a search that has a mistake in them. Source: triggers on gcrm.accounts and gcrm.contacts.';
COMMENT ON COLUMN gcrm.search_terms.term IS 'The word, in small letters without accents; of four letters and more, without digits.';

CREATE FUNCTION gcrm.terms_of(texts text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT term FROM (SELECT DISTINCT unnest(gcrm.words_of(left(texts, 800))) AS term) AS words WHERE length(term) > 3 AND term !~ '[0-9]';
    END;
COMMENT ON FUNCTION gcrm.terms_of(text) IS 'The distinct words of a text in which a mistake is looked for: shorter ones and numbers are like too many.';

CREATE OR REPLACE FUNCTION gcrm.words_of_new_accounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.account_words
    SELECT account_id, gcrm.account_words(name, street, house_number, postcode, city, email, phone, source_key) FROM added;
    INSERT INTO gcrm.search_terms
    SELECT term FROM (
        SELECT DISTINCT unnest(gcrm.words_of(left(part, 400))) AS term
        FROM (SELECT DISTINCT name AS part FROM added UNION SELECT DISTINCT concat_ws(' ', street, city) FROM added) AS parts
    ) AS terms
    WHERE length(term) > 3 AND term !~ '[0-9]' AND NOT EXISTS (SELECT FROM gcrm.search_terms t WHERE t.term = terms.term);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION gcrm.words_of_changed_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.account_words
    VALUES (NEW.account_id, gcrm.account_words(NEW.name, NEW.street, NEW.house_number, NEW.postcode, NEW.city, NEW.email, NEW.phone, NEW.source_key))
    ON CONFLICT (account_id) DO UPDATE SET words = excluded.words;
    INSERT INTO gcrm.search_terms
    SELECT n.term FROM gcrm.terms_of(concat_ws(' ', NEW.name, NEW.street, NEW.city)) AS n (term) WHERE NOT EXISTS (SELECT FROM gcrm.search_terms t WHERE t.term = n.term);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION gcrm.words_of_contact() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    INSERT INTO gcrm.contact_words
    VALUES (NEW.contact_id, gcrm.account_words(concat_ws(' ', NEW.given_name, NEW.family_name), NULL, NULL, NULL, NULL, NEW.email, NEW.phone, NULL))
    ON CONFLICT (contact_id) DO UPDATE SET words = excluded.words;
    INSERT INTO gcrm.search_terms
    SELECT n.term FROM gcrm.terms_of(concat_ws(' ', NEW.given_name, NEW.family_name)) AS n (term) WHERE NOT EXISTS (SELECT FROM gcrm.search_terms t WHERE t.term = n.term);
    RETURN NULL;
END $$;

INSERT INTO gcrm.search_terms
SELECT term FROM (
    SELECT DISTINCT unnest(gcrm.words_of(left(part, 800))) AS term
    FROM (SELECT name AS part FROM gcrm.accounts UNION SELECT concat_ws(' ', given_name, family_name) FROM gcrm.contacts) AS parts
) AS terms
WHERE length(term) > 3 AND term !~ '[0-9]' AND NOT EXISTS (SELECT FROM gcrm.search_terms t WHERE t.term = terms.term);

CREATE FUNCTION gcrm.terms_like(word text, most int) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = gcrm, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    found text;
    letters numeric := length(word);
    least numeric;
BEGIN
    IF letters > 3 AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        -- A word of n letters has n + 1 trigrams. A wrong letter, which is worse than one too many or too few, leaves n - 2 of them, out of n + 4 that the two have
        -- together; two wrong letters leave n - 5 out of n + 7. Two letters that change places leave fewer; there are few such words, and they are asked for by name.
        FOREACH least IN ARRAY ARRAY[(letters - 2) / (letters + 4), (letters - 5) / (letters + 7)] LOOP
            PERFORM set_config('pg_trgm.similarity_threshold', greatest(0.3, least)::text, true);
            EXECUTE 'SELECT string_agg(quote_literal(term), '' | '') FROM ('
                '(SELECT DISTINCT term, 1 AS near FROM gcrm.search_terms WHERE term IN ('
                '   SELECT overlay($1 PLACING substr($1, i + 1, 1) || substr($1, i, 1) FROM i FOR 2) FROM generate_series(1, length($1) - 1) AS i))'
                ' UNION (SELECT DISTINCT term, similarity(term, $1) AS near FROM gcrm.search_terms WHERE term % $1 ORDER BY near DESC, term LIMIT $2)) AS terms'
                INTO found USING word, most;
            EXIT WHEN found IS NOT NULL;
        END LOOP;
    END IF;
    RETURN '(' || concat_ws(' | ', quote_literal(word) || ':*', found) || ')';
END $$;
COMMENT ON FUNCTION gcrm.terms_like(text, int) IS 'A word and the known words that it may be with one mistake, else with two, the likest of them, as the text of a tsquery.';
REVOKE EXECUTE ON FUNCTION gcrm.terms_like(text, int) FROM PUBLIC;

CREATE FUNCTION gcrm.likest(asked text, query tsquery, most int) RETURNS TABLE (account_id bigint, contact_id bigint, step double precision)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    -- The functions of pg_trgm are named in a text, since a database may be without them.
    RETURN QUERY EXECUTE
        'SELECT w.account_id, w.contact_id, 5 - word_similarity(lower($1), lower(concat_ws('' '', a.name, k.given_name, k.family_name, a.street, a.house_number, a.postcode, a.city)))'
        ' - similarity(lower($1), lower(a.name)) FROM gcrm.with_words($2, $3) AS w JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.contacts k ON k.contact_id = w.contact_id'
        USING asked, query, most;
END $$;
COMMENT ON FUNCTION gcrm.likest(text, tsquery, int) IS 'As gcrm.with_words, each with how unlike a text it is: 3 where it has the text, to 5.';
REVOKE EXECUTE ON FUNCTION gcrm.likest(text, tsquery, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION gcrm.search_accounts(asked text, most int) RETURNS TABLE (account_id bigint, contact_id bigint, step double precision)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = gcrm, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    words text[] := gcrm.words_of(left(asked, 400));
    digits text := translate(asked, ' +-/().', '');
    phone tsquery := CASE WHEN digits ~ '^[0-9]{5,}$' THEN quote_literal(gcrm.phone_word(digits))::tsquery END;
    query tsquery;
    strange text[];
    mended text;
    known text;
    found_rows int;
    found_before int;
BEGIN
    IF cardinality(words) = 0 THEN
        RETURN;
    END IF;
    -- 0: the name itself, which its words alone might leave among too many.
    RETURN QUERY
        SELECT a.account_id, NULL::bigint, 0::double precision FROM gcrm.accounts a
        WHERE lower(a.name) = lower(asked) AND ((SELECT gcrm.scope_is_all()) OR a.territory_id IN (SELECT gcrm.scope_territories())) LIMIT most;
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
    -- 3: what nobody's words are is written with a mistake. What is known is taken as it stands; where all words are known, though nobody has them together, any may be mistaken.
    SELECT array_agg(word) INTO strange FROM unnest(words[:12]) AS word
    WHERE length(word) > 1 AND NOT EXISTS (SELECT FROM gcrm.with_words(quote_literal(word)::tsquery, 1));
    SELECT string_agg(gcrm.terms_like(word, 40), ' & ') INTO mended FROM unnest(coalesce(strange, words[:12])) AS word;
    SELECT string_agg(quote_literal(word), ' & ') INTO known FROM unnest(words) AS word WHERE strange IS NOT NULL AND word <> ALL (strange);
    RETURN QUERY SELECT * FROM gcrm.likest(asked, concat_ws(' & ', mended, known)::tsquery, most);
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows = 0 AND known IS NOT NULL AND mended IS NOT NULL THEN
        RETURN QUERY SELECT * FROM gcrm.likest(asked, mended::tsquery, most);
    END IF;
END $$;
COMMENT ON FUNCTION gcrm.search_accounts(text, int) IS
    'Accounts of the scope that a text may mean: account_id, contact_id (whose words they were, else empty), step (0 the name, 1 whole words, 2 beginnings, 3 to 5 words with mistakes, the likest first).';

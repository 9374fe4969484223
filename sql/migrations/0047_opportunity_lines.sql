-- What an opportunity is about: its lines. They are put and taken back as a whole; where there are some, the amount of the opportunity is their sum.

CREATE TABLE gcrm.opportunity_lines (
    opportunity_id bigint NOT NULL REFERENCES gcrm.opportunities ON DELETE CASCADE,
    line_number    int NOT NULL CHECK (line_number > 0),
    product_id     int NOT NULL REFERENCES gcrm.products,
    quantity       numeric(12, 3) NOT NULL CHECK (quantity > 0),
    price          numeric(14, 2) NOT NULL CHECK (price >= 0),
    discount       numeric(5, 4) NOT NULL CHECK (discount BETWEEN 0 AND 1),
    amount         numeric(14, 2) NOT NULL GENERATED ALWAYS AS (round(quantity * price * (1 - discount), 2)) STORED,
    PRIMARY KEY (opportunity_id, line_number)
);
-- Usage: which opportunities are about a product (undo of an import of products).
CREATE INDEX opportunity_lines_product ON gcrm.opportunity_lines (product_id);
COMMENT ON TABLE gcrm.opportunity_lines IS 'One row per product that an opportunity is about. Source: the page Pipeline, gcrm opportunities set-lines.';
COMMENT ON COLUMN gcrm.opportunity_lines.opportunity_id IS 'The opportunity.';
COMMENT ON COLUMN gcrm.opportunity_lines.line_number IS 'Place of the line in the opportunity, from 1.';
COMMENT ON COLUMN gcrm.opportunity_lines.product_id IS 'The product.';
COMMENT ON COLUMN gcrm.opportunity_lines.quantity IS 'Units of the product (count).';
COMMENT ON COLUMN gcrm.opportunity_lines.price IS 'Price of one unit before the discount, in the currency of the opportunity.';
COMMENT ON COLUMN gcrm.opportunity_lines.discount IS 'Share of the price that is let off, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.opportunity_lines.amount IS 'Quantity times price less the discount, rounded to cents, in the currency of the opportunity.';

-- Nobody writes lines but by gcrm.set_opportunity_lines: so each change of them is one line of the history, and the amount goes with it.
GRANT SELECT ON gcrm.opportunity_lines TO gcrm_writer, gcrm_reader;
ALTER TABLE gcrm.opportunity_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.opportunity_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.opportunity_lines TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.opportunity_lines FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.opportunities o WHERE o.opportunity_id = opportunity_lines.opportunity_id));

CREATE FUNCTION gcrm.lines_of(of_opportunity bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT coalesce(jsonb_agg(to_jsonb(l) - '{opportunity_id, amount}'::text[] ORDER BY l.line_number), '[]')
        FROM gcrm.opportunity_lines l WHERE l.opportunity_id = of_opportunity;
    END;
COMMENT ON FUNCTION gcrm.lines_of(bigint) IS 'The lines of an opportunity as the history keeps them: line_number, product_id, quantity, price, discount.';

CREATE FUNCTION gcrm.put_lines(of_opportunity bigint, given jsonb) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
        DELETE FROM gcrm.opportunity_lines WHERE opportunity_id = of_opportunity;
        INSERT INTO gcrm.opportunity_lines (opportunity_id, line_number, product_id, quantity, price, discount)
        SELECT of_opportunity, l.* FROM jsonb_to_recordset(given) AS l (line_number int, product_id int, quantity numeric, price numeric, discount numeric);
    END;
COMMENT ON FUNCTION gcrm.put_lines(bigint, jsonb) IS 'Puts lines in the place of those that an opportunity has, without a trace; used by gcrm.set_opportunity_lines and gcrm.undo_change.';

CREATE FUNCTION gcrm.set_opportunity_lines(of_opportunity bigint, given jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    before jsonb;
    change bigint;
BEGIN
    SELECT jsonb_build_object('amount', o.amount) INTO before FROM gcrm.opportunities o WHERE o.opportunity_id = of_opportunity FOR UPDATE;
    before := before || jsonb_build_object('lines', gcrm.lines_of(of_opportunity));
    PERFORM gcrm.put_lines(of_opportunity, given);
    IF gcrm.lines_of(of_opportunity) = before -> 'lines' THEN
        RETURN NULL;
    END IF;
    -- The amount is in this change also where it stays the same: an undo of an earlier one would else set it beside the lines.
    PERFORM set_config('gcrm.derived', 'on', true);
    UPDATE gcrm.opportunities o
    SET amount = coalesce((SELECT sum(l.amount) FROM gcrm.opportunity_lines l WHERE l.opportunity_id = o.opportunity_id), o.amount), updated_at = now()
    WHERE o.opportunity_id = of_opportunity;
    PERFORM set_config('gcrm.derived', '', true);
    INSERT INTO gcrm.changes (object, record_id, import_id, changed_by, through, before)
    SELECT 'opportunities', of_opportunity, by.import_id, by.actor, by.through, before FROM gcrm.acting() by
    RETURNING change_id INTO change;
    RETURN change;
END $$;
COMMENT ON FUNCTION gcrm.set_opportunity_lines(bigint, jsonb) IS
    'Puts lines in the place of those that an opportunity has, and makes their sum its amount; without lines the amount stays. The change, empty where nothing differs.';

CREATE FUNCTION gcrm.keep_sum_of_lines() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    NEW.amount := coalesce((SELECT sum(l.amount) FROM gcrm.opportunity_lines l WHERE l.opportunity_id = NEW.opportunity_id), NEW.amount);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION gcrm.keep_sum_of_lines() IS 'Trigger: whoever writes another amount into an opportunity that has lines, it stays their sum.';
CREATE TRIGGER keep_sum_of_lines BEFORE UPDATE OF amount ON gcrm.opportunities
    FOR EACH ROW WHEN (OLD.amount IS DISTINCT FROM NEW.amount) EXECUTE FUNCTION gcrm.keep_sum_of_lines();

-- The same as before, and the lines of an opportunity, which are no column of it.
CREATE OR REPLACE FUNCTION gcrm.undo_change(undone bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
DECLARE
    c gcrm.changes;
    key_of text;
    targets text;
    sources text;
BEGIN
    SELECT * INTO c FROM gcrm.changes WHERE change_id = undone AND undone_at IS NULL AND import_id IS NULL FOR UPDATE;
    IF c.change_id IS NULL OR EXISTS (
        SELECT FROM gcrm.changes l
        WHERE l.object = c.object AND l.record_id = c.record_id AND l.change_id > c.change_id AND l.undone_at IS NULL
            AND l.before ?| ARRAY(SELECT jsonb_object_keys(c.before))) THEN
        RETURN false;
    END IF;
    IF c.object = 'opportunities' AND c.before ? 'lines' THEN
        PERFORM gcrm.put_lines(c.record_id, c.before -> 'lines');
    END IF;
    SELECT t.key_column INTO key_of FROM gcrm.record_tables() t WHERE t.object = c.object;
    SELECT string_agg(quote_ident(key), ', '), string_agg('p.' || quote_ident(key), ', ') INTO targets, sources
    FROM jsonb_object_keys(c.before) AS key WHERE c.object <> 'opportunities' OR key <> 'lines';
    PERFORM set_config('gcrm.derived', 'on', true);
    EXECUTE format('UPDATE gcrm.%1$I t SET (updated_at, %3$s) = (SELECT now(), %4$s FROM jsonb_populate_record(t, $1) p) WHERE t.%2$I = $2',
        c.object, key_of, targets, sources) USING c.before, c.record_id;
    PERFORM set_config('gcrm.derived', '', true);
    UPDATE gcrm.changes SET undone_at = now(), undone_by = nullif(current_setting('gcrm.actor', true), '') WHERE change_id = undone;
    RETURN true;
END $$;

-- A product stays where lines that a person wrote are about it.
DO $$
DECLARE
    known text := pg_get_functiondef('gcrm.undo_conflicts(bigint)'::regprocedure);
    behind text := '-- A record stays where one that stays refers to it, and so on.';
    with_lines text := replace(known, behind, $sql$INSERT INTO undo_conflict
    SELECT 'products', t.product_id, t.source, t.source_key, 'is in lines of ' || count(DISTINCT l.opportunity_id) || ' opportunities'
    FROM gcrm.products t
    JOIN gcrm.opportunity_lines l USING (product_id)
    WHERE t.created_import_id = ANY (own_imports)
    GROUP BY t.product_id, t.source, t.source_key
    ON CONFLICT DO NOTHING;
    $sql$ || behind);
BEGIN
    IF with_lines = known THEN
        RAISE EXCEPTION 'gcrm.undo_conflicts is not as it is known here';
    END IF;
    EXECUTE with_lines;
END $$;

REVOKE EXECUTE ON FUNCTION gcrm.set_opportunity_lines(bigint, jsonb), gcrm.put_lines(bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.set_opportunity_lines(bigint, jsonb) TO gcrm_writer;

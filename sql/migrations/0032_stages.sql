-- Who changed a record and through what; the stages of opportunities as they are declared; each opportunity's way through them.

ALTER TABLE gcrm.changes
    ADD COLUMN changed_by text,
    ADD COLUMN through text CHECK (through IN ('page', 'import', 'command')),
    ADD COLUMN undone_by text;
COMMENT ON COLUMN gcrm.changes.changed_by IS 'Who changed it; empty for changes before this was kept.';
COMMENT ON COLUMN gcrm.changes.through IS 'page, import or command; empty for changes before this was kept.';
COMMENT ON COLUMN gcrm.changes.undone_by IS 'Who undid it; empty where it stands, and where the job that made it was undone.';

ALTER TABLE gcrm.jobs ADD COLUMN created_by text;
COMMENT ON COLUMN gcrm.jobs.created_by IS 'Who asked for it; empty for jobs before this was kept.';

-- The same as before, and who and through what: of an import who asked for its job.
CREATE OR REPLACE FUNCTION gcrm.remember_changes() RETURNS trigger
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
        INSERT INTO gcrm.changes (object, record_id, import_id, changed_by, through, before)
        SELECT %1$L, b.%2$I, by.import_id, by.actor, by.through, d.before
        FROM gcrm.acting() by
        CROSS JOIN old_rows b
        JOIN new_rows a USING (%2$I)
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(o.key, o.value) AS before
            FROM jsonb_each(to_jsonb(b) %3$s) o
            JOIN jsonb_each(to_jsonb(a) %4$s) n USING (key)
            WHERE o.value IS DISTINCT FROM n.value AND key NOT IN ('updated_at', 'geocode_stale')
        ) d
        WHERE d.before IS NOT NULL AND a.created_import_id IS DISTINCT FROM by.import_id
    $sql$, TG_TABLE_NAME, TG_ARGV[0], format(exact, 'b'), format(exact, 'a'));
    RETURN NULL;
END $$;

CREATE FUNCTION gcrm.acting(OUT import_id bigint, OUT actor text, OUT through text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT s.import_id, nullif(current_setting('gcrm.actor', true), ''),
            coalesce(nullif(current_setting('gcrm.through', true), ''), CASE WHEN s.import_id IS NOT NULL THEN 'import' END)
        FROM (SELECT nullif(current_setting('gcrm.import_id', true), '')::bigint AS import_id) s;
    END;
COMMENT ON FUNCTION gcrm.acting() IS 'Who acts in this transaction: the import, the person, and page, import or command; empty where nobody said so.';

CREATE FUNCTION gcrm.undo_change(undone bigint) RETURNS boolean
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
    SELECT t.key_column INTO key_of FROM gcrm.record_tables() t WHERE t.object = c.object;
    SELECT string_agg(quote_ident(key), ', '), string_agg('p.' || quote_ident(key), ', ') INTO targets, sources FROM jsonb_object_keys(c.before) AS key;
    PERFORM set_config('gcrm.derived', 'on', true);
    EXECUTE format('UPDATE gcrm.%1$I t SET (updated_at, %3$s) = (SELECT now(), %4$s FROM jsonb_populate_record(t, $1) p) WHERE t.%2$I = $2',
        c.object, key_of, targets, sources) USING c.before, c.record_id;
    PERFORM set_config('gcrm.derived', '', true);
    UPDATE gcrm.changes SET undone_at = now(), undone_by = nullif(current_setting('gcrm.actor', true), '') WHERE change_id = undone;
    RETURN true;
END $$;
COMMENT ON FUNCTION gcrm.undo_change(bigint) IS
    'Takes back one change by hand: its columns are as they were. False where there is none, or where one of them was changed since.';
REVOKE EXECUTE ON FUNCTION gcrm.undo_change(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gcrm.undo_change(bigint) TO gcrm_writer;

CREATE TABLE gcrm.stages (
    stage        text PRIMARY KEY,
    position     int NOT NULL,
    label        text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('open', 'won', 'lost')),
    probability  numeric(4, 3) NOT NULL CHECK (probability BETWEEN 0 AND 1),
    commitment   text CHECK (commitment IN ('commit', 'best_case', 'pipeline')),
    overdue_days int CHECK (overdue_days > 0),
    moves        text[] NOT NULL,
    UNIQUE (position) DEFERRABLE INITIALLY DEFERRED,
    CHECK (kind = 'open' OR probability = (kind = 'won')::int),
    CHECK ((kind = 'open') = (commitment IS NOT NULL))
);
COMMENT ON TABLE gcrm.stages IS 'One row per stage of opportunities. Source: gcrm/crm/stages.yaml, or the file of `gcrm opportunities stages`.';
COMMENT ON COLUMN gcrm.stages.stage IS 'Name under which opportunities have it.';
COMMENT ON COLUMN gcrm.stages.position IS 'Place on the board, from 1.';
COMMENT ON COLUMN gcrm.stages.label IS 'What people read.';
COMMENT ON COLUMN gcrm.stages.kind IS 'open, won or lost.';
COMMENT ON COLUMN gcrm.stages.probability IS 'Chance of being won, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.stages.commitment IS 'What a forecast counts it as: commit, best_case or pipeline; empty where it is not open.';
COMMENT ON COLUMN gcrm.stages.overdue_days IS 'Days after which an opportunity has been here for too long; empty where there is no limit.';
COMMENT ON COLUMN gcrm.stages.moves IS 'Stages that an opportunity may go to from here.';

CREATE TABLE gcrm.loss_reasons (
    reason   text PRIMARY KEY,
    position int NOT NULL
);
COMMENT ON TABLE gcrm.loss_reasons IS 'One row per reason for which an opportunity may be lost. Source: as of gcrm.stages.';
COMMENT ON COLUMN gcrm.loss_reasons.reason IS 'The reason.';
COMMENT ON COLUMN gcrm.loss_reasons.position IS 'Place in the list, from 1.';

INSERT INTO gcrm.stages (stage, position, label, kind, probability, commitment, overdue_days, moves) VALUES
    ('new', 1, 'New', 'open', 0.1, 'pipeline', 14, '{qualified,proposal,lost}'),
    ('qualified', 2, 'Qualified', 'open', 0.25, 'pipeline', 21, '{new,proposal,negotiation,lost}'),
    ('proposal', 3, 'Proposal', 'open', 0.5, 'best_case', 30, '{qualified,negotiation,won,lost}'),
    ('negotiation', 4, 'Negotiation', 'open', 0.75, 'commit', 30, '{proposal,won,lost}'),
    ('won', 5, 'Won', 'won', 1, NULL, NULL, '{negotiation}'),
    ('lost', 6, 'Lost', 'lost', 0, NULL, NULL, '{qualified}');
INSERT INTO gcrm.loss_reasons (reason, position)
SELECT reason, position FROM unnest(ARRAY['price', 'competitor', 'no budget', 'no need', 'timing', 'no answer', 'other']) WITH ORDINALITY AS r (reason, position);

ALTER TABLE gcrm.opportunities DROP CONSTRAINT opportunities_stage_check;
ALTER TABLE gcrm.opportunities
    ADD FOREIGN KEY (stage) REFERENCES gcrm.stages,
    ADD COLUMN stage_since timestamptz,
    ADD COLUMN loss_reason text,
    ADD COLUMN probability numeric(4, 3) CHECK (probability BETWEEN 0 AND 1),
    ADD COLUMN commitment text CHECK (commitment IN ('commit', 'best_case', 'pipeline')),
    ADD CHECK (stage_since >= opened_at);
ALTER TABLE gcrm.opportunities DISABLE TRIGGER remember;
UPDATE gcrm.opportunities SET stage_since = coalesce(closed_at, opened_at);
ALTER TABLE gcrm.opportunities ENABLE TRIGGER remember;
ALTER TABLE gcrm.opportunities ALTER COLUMN stage_since SET NOT NULL;
-- Usage: the columns of the board, and what a forecast is made of: what is open, by the day on which it is expected to close.
CREATE INDEX opportunities_stage ON gcrm.opportunities (stage, expected_close_on);
COMMENT ON COLUMN gcrm.opportunities.stage IS 'Its stage, one of gcrm.stages.';
COMMENT ON COLUMN gcrm.opportunities.stage_since IS 'When it came into its stage; where a file does not say, when it was closed, else opened.';
COMMENT ON COLUMN gcrm.opportunities.loss_reason IS 'Why it was lost; empty where it was not, or nobody knows.';
COMMENT ON COLUMN gcrm.opportunities.probability IS 'Chance of being won, 0 to 1 (no unit), where somebody said so; else that of its stage holds.';
COMMENT ON COLUMN gcrm.opportunities.commitment IS 'What a forecast counts it as, where somebody said so: commit, best_case or pipeline; else that of its stage holds.';

CREATE FUNCTION gcrm.begin_stage() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.stage_since := coalesce(NEW.closed_at, NEW.opened_at);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION gcrm.begin_stage() IS 'Trigger: since when an opportunity is in its stage, where nobody says so.';
CREATE TRIGGER begin_stage BEFORE INSERT ON gcrm.opportunities
    FOR EACH ROW WHEN (NEW.stage_since IS NULL) EXECUTE FUNCTION gcrm.begin_stage();

CREATE TABLE gcrm.stage_changes (
    stage_change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opportunity_id  bigint NOT NULL REFERENCES gcrm.opportunities ON DELETE CASCADE,
    stage           text NOT NULL,
    changed_at      timestamptz NOT NULL,
    reason          text,
    changed_by      text,
    through         text CHECK (through IN ('page', 'import', 'command')),
    import_id       bigint,
    recorded_at     timestamptz NOT NULL DEFAULT now()
);
-- Usage: the way of an opportunity; where it was at a time (forecasts as they were).
CREATE INDEX stage_changes_opportunity ON gcrm.stage_changes (opportunity_id, changed_at, stage_change_id);
COMMENT ON TABLE gcrm.stage_changes IS
    'One row per arrival of an opportunity in a stage; its last one is where it is. What was undone is not among them, but in gcrm.changes. Source: the trigger of gcrm.opportunities.';
COMMENT ON COLUMN gcrm.stage_changes.stage_change_id IS 'Key.';
COMMENT ON COLUMN gcrm.stage_changes.opportunity_id IS 'The opportunity.';
COMMENT ON COLUMN gcrm.stage_changes.stage IS 'The stage that it came into.';
COMMENT ON COLUMN gcrm.stage_changes.changed_at IS 'When.';
COMMENT ON COLUMN gcrm.stage_changes.reason IS 'Why it was lost, of a loss.';
COMMENT ON COLUMN gcrm.stage_changes.changed_by IS 'Who moved it; empty where nobody said so.';
COMMENT ON COLUMN gcrm.stage_changes.through IS 'page, import or command; empty where nobody said so.';
COMMENT ON COLUMN gcrm.stage_changes.import_id IS 'The import that moved it; empty for a move by hand.';
COMMENT ON COLUMN gcrm.stage_changes.recorded_at IS 'When this row was written.';

INSERT INTO gcrm.stage_changes (opportunity_id, stage, changed_at, reason, import_id)
SELECT opportunity_id, stage, stage_since, loss_reason, import_id FROM gcrm.opportunities ORDER BY opportunity_id;

CREATE FUNCTION gcrm.remember_stages() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (
            SELECT FROM new_rows n JOIN old_rows o USING (opportunity_id)
            WHERE (n.stage, n.stage_since, n.loss_reason) IS DISTINCT FROM (o.stage, o.stage_since, o.loss_reason)) THEN
            RETURN NULL;
        END IF;
        -- Where it was before, it is again: a move that is undone, or a file that knows better, takes away what came after.
        DELETE FROM gcrm.stage_changes c
        USING new_rows n
        JOIN old_rows o USING (opportunity_id)
        LEFT JOIN LATERAL (
            SELECT max(b.stage_change_id) AS stage_change_id FROM gcrm.stage_changes b
            WHERE b.opportunity_id = n.opportunity_id AND b.stage = n.stage AND b.changed_at = n.stage_since AND b.reason IS NOT DISTINCT FROM n.loss_reason
        ) back ON true
        WHERE c.opportunity_id = n.opportunity_id
            AND (n.stage, n.stage_since, n.loss_reason) IS DISTINCT FROM (o.stage, o.stage_since, o.loss_reason)
            AND (c.changed_at > n.stage_since OR c.changed_at = n.stage_since AND (
                c.stage_change_id > back.stage_change_id OR c.stage = n.stage AND c.reason IS DISTINCT FROM n.loss_reason));
    END IF;
    INSERT INTO gcrm.stage_changes (opportunity_id, stage, changed_at, reason, changed_by, through, import_id)
    SELECT n.opportunity_id, n.stage, n.stage_since, n.loss_reason, by.actor, by.through, by.import_id
    FROM new_rows n
    CROSS JOIN gcrm.acting() by
    WHERE NOT EXISTS (
        SELECT FROM (
            SELECT c.stage, c.changed_at, c.reason FROM gcrm.stage_changes c WHERE c.opportunity_id = n.opportunity_id
            ORDER BY c.changed_at DESC, c.stage_change_id DESC LIMIT 1
        ) last
        WHERE (last.stage, last.changed_at) = (n.stage, n.stage_since) AND last.reason IS NOT DISTINCT FROM n.loss_reason);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.remember_stages() IS 'Trigger: keeps the way of opportunities through the stages, whoever moves them.';
CREATE TRIGGER remember_first_stages AFTER INSERT ON gcrm.opportunities REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_stages();
CREATE TRIGGER remember_stages AFTER UPDATE ON gcrm.opportunities REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_stages();

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.stages, gcrm.loss_reasons, gcrm.stage_changes TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.stages, gcrm.loss_reasons, gcrm.stage_changes TO gcrm_reader;
GRANT EXECUTE ON FUNCTION gcrm.acting() TO gcrm_writer;

ALTER TABLE gcrm.stage_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.stage_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.stage_changes TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.stage_changes FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR opportunity_id IN (SELECT opportunity_id FROM gcrm.opportunities));

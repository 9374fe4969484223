-- Activities that people plan and log: what is to be done and when, with whom, through what; a history of each account that is read by its time.

ALTER TABLE gcrm.activities
    ALTER COLUMN happened_at DROP NOT NULL,
    ALTER COLUMN import_id DROP NOT NULL,
    ADD COLUMN state text NOT NULL DEFAULT 'done' CHECK (state IN ('planned', 'done', 'cancelled')),
    ADD COLUMN due_at timestamptz,
    ADD COLUMN duration_minutes int CHECK (duration_minutes BETWEEN 1 AND 10080),
    ADD COLUMN reminder_minutes int CHECK (reminder_minutes BETWEEN 0 AND 43200),
    ADD COLUMN repeat_rule text,
    ADD COLUMN repeat_from timestamptz,
    ADD COLUMN previous_activity_id bigint REFERENCES gcrm.activities ON DELETE SET NULL,
    ADD COLUMN contact_id bigint REFERENCES gcrm.contacts ON DELETE SET NULL,
    ADD COLUMN opportunity_id bigint REFERENCES gcrm.opportunities ON DELETE SET NULL,
    ADD COLUMN channel text,
    ADD COLUMN department text,
    ADD COLUMN checked_in_at timestamptz,
    ADD COLUMN check_in_position geometry(Point, 4326),
    ADD COLUMN check_in_distance_m real CHECK (check_in_distance_m >= 0),
    ADD COLUMN created_by text,
    ADD CHECK ((state = 'planned') = (happened_at IS NULL)),
    ADD CHECK (state <> 'planned' OR due_at IS NOT NULL),
    ADD CHECK ((repeat_rule IS NULL) = (repeat_from IS NULL)),
    ADD CHECK ((checked_in_at IS NULL) = (check_in_position IS NULL)),
    ADD CHECK (check_in_distance_m IS NULL OR check_in_position IS NOT NULL);
COMMENT ON TABLE gcrm.activities IS 'One row per activity with an account, planned, done or cancelled. Source: gcrm import activities, the pages, gcrm activities.';
COMMENT ON COLUMN gcrm.activities.source IS 'System the record comes from; by hand where a person wrote it.';
COMMENT ON COLUMN gcrm.activities.happened_at IS 'When it happened; of a cancelled one when it was cancelled; empty while it is planned.';
COMMENT ON COLUMN gcrm.activities.import_id IS 'The import that wrote it last; empty where a person wrote it.';
COMMENT ON COLUMN gcrm.activities.state IS 'planned, done or cancelled.';
COMMENT ON COLUMN gcrm.activities.due_at IS 'When it is to be done; empty where it was not planned.';
COMMENT ON COLUMN gcrm.activities.duration_minutes IS 'How long it takes, minutes; empty where nobody said.';
COMMENT ON COLUMN gcrm.activities.reminder_minutes IS 'So many minutes before it is due a reminder comes; empty for none.';
COMMENT ON COLUMN gcrm.activities.repeat_rule IS 'RFC 5545 RRULE of its series, by the clock of GCRM_TIME_ZONE; empty where it happens once.';
COMMENT ON COLUMN gcrm.activities.repeat_from IS 'The first time of the series, from which the rule counts.';
COMMENT ON COLUMN gcrm.activities.previous_activity_id IS 'The activity whose completion made it, as the next one of the series.';
COMMENT ON COLUMN gcrm.activities.contact_id IS 'The person it is with.';
COMMENT ON COLUMN gcrm.activities.opportunity_id IS 'The opportunity it is about.';
COMMENT ON COLUMN gcrm.activities.channel IS 'Through what, such as phone, mail, shop or web.';
COMMENT ON COLUMN gcrm.activities.department IS 'Which part of the company did it, such as sales or service.';
COMMENT ON COLUMN gcrm.activities.checked_in_at IS 'When the rep checked in at the visit.';
COMMENT ON COLUMN gcrm.activities.check_in_position IS 'Where the rep checked in, EPSG:4326.';
COMMENT ON COLUMN gcrm.activities.check_in_distance_m IS 'From there to the account on the ellipsoid, metres; empty where the account has no position.';
COMMENT ON COLUMN gcrm.activities.created_by IS 'Who logged or planned it; empty where an import brought it. Who changed it since is in gcrm.changes.';

-- Usage: what a rep has to do (my day, the calendar).
CREATE INDEX activities_planned ON gcrm.activities (rep_id, due_at) WHERE state = 'planned';
-- Usage: the last activities of all, and of a rep (the list).
CREATE INDEX activities_happened ON gcrm.activities (happened_at DESC, activity_id DESC) WHERE happened_at IS NOT NULL;
CREATE INDEX activities_rep ON gcrm.activities (rep_id, happened_at DESC) WHERE happened_at IS NOT NULL;
-- Usage: what is planned with an account.
CREATE INDEX activities_account_planned ON gcrm.activities (account_id, due_at) WHERE state = 'planned';
-- Usage: what came of a record that goes (the references above), and the next one of a series (undo).
CREATE INDEX activities_previous ON gcrm.activities (previous_activity_id) WHERE previous_activity_id IS NOT NULL;
CREATE INDEX activities_contact ON gcrm.activities (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX activities_opportunity ON gcrm.activities (opportunity_id) WHERE opportunity_id IS NOT NULL;
-- Usage: the orders of an account, newest first; the join of accounts and orders under row-level security.
CREATE INDEX orders_account_time ON gcrm.orders (account_id, ordered_at DESC);
DROP INDEX gcrm.orders_account;

-- The same as before, asked for each row by the key of its account: a list of some rows of millions would else first read every account that the reader sees.
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['contacts', 'orders', 'activities', 'opportunities', 'campaign_members'] LOOP
        EXECUTE format(
            'ALTER POLICY scope ON gcrm.%1$I USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = %1$I.account_id))', child);
    END LOOP;
END $$;
ALTER POLICY scope ON gcrm.consents USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.contacts k WHERE k.contact_id = consents.contact_id));

-- What a record was before is for those who see the record; of opportunities it is so already.
CREATE POLICY scope_of_activities ON gcrm.changes FOR SELECT TO gcrm_reader USING (
    CASE object
        WHEN 'accounts' THEN EXISTS (SELECT FROM gcrm.accounts r WHERE r.account_id = record_id)
        WHEN 'contacts' THEN EXISTS (SELECT FROM gcrm.contacts r WHERE r.contact_id = record_id)
        WHEN 'activities' THEN EXISTS (SELECT FROM gcrm.activities r WHERE r.activity_id = record_id)
        ELSE false
    END);

-- The same as before, and what a person changes of a record that a person made, which has no import.
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
        WHERE d.before IS NOT NULL AND (by.import_id IS NULL OR a.created_import_id IS DISTINCT FROM by.import_id)
    $sql$, TG_TABLE_NAME, TG_ARGV[0], format(exact, 'b'), format(exact, 'a'));
    RETURN NULL;
END $$;

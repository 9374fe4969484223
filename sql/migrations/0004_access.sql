-- Who may do what. The writer imports and enriches; the reader looks, within the territories of its scope.
-- The scope is transaction-local: gcrm.territories is 'all' or a comma-separated list of ids, and where it
-- is not set nothing is shown.

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gcrm TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
REVOKE UPDATE, DELETE ON gcrm.consents FROM gcrm_writer;

GRANT SELECT ON ALL TABLES IN SCHEMA gcrm TO gcrm_reader;
REVOKE ALL ON gcrm.tracks, gcrm.imports, gcrm.quarantine FROM gcrm_reader;

CREATE FUNCTION gcrm.scope_is_all() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('gcrm.territories', true) = 'all', false);
COMMENT ON FUNCTION gcrm.scope_is_all() IS 'True where the scope of this transaction covers every territory.';

CREATE FUNCTION gcrm.scope_territories() RETURNS SETOF int
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
    BEGIN ATOMIC
        SELECT id::int FROM unnest(string_to_array(nullif(nullif(current_setting('gcrm.territories', true), ''), 'all'), ',')) AS id;
    END;
COMMENT ON FUNCTION gcrm.scope_territories() IS 'The territories in the scope of this transaction; none where it is not set.';

ALTER TABLE gcrm.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.accounts TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.accounts FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR territory_id IN (SELECT gcrm.scope_territories()));

-- What hangs on an account is visible with the account: the sub-query is itself filtered by the policy above.
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['contacts', 'orders', 'activities', 'opportunities', 'account_surroundings'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', child);
        EXECUTE format(
            'CREATE POLICY scope ON gcrm.%I FOR SELECT TO gcrm_reader '
            'USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts))', child);
    END LOOP;
END $$;

ALTER TABLE gcrm.consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.consents FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.consents TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.consents FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR contact_id IN (SELECT contact_id FROM gcrm.contacts));

-- What hangs on an account is asked for each row by the key of its account, as of activities and orders since 0034: IN made a list of every account that the reader sees.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT p.polrelid::regclass AS child, k.key_column, k.parent
        FROM pg_policy p
        JOIN (VALUES ('account_id', 'accounts'), ('contact_id', 'contacts'), ('opportunity_id', 'opportunities')) AS k (key_column, parent)
            ON pg_get_expr(p.polqual, p.polrelid) LIKE format('(( SELECT gcrm.scope_is_all() AS scope_is_all) OR (%1$s IN ( SELECT %2$s.%1$s%%FROM gcrm.%2$s)))', k.key_column, k.parent)
        WHERE p.polname = 'scope'
    LOOP
        EXECUTE format('ALTER POLICY scope ON %1$s USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.%2$I p WHERE p.%3$I = %1$s.%3$I))',
            t.child, t.parent, t.key_column);
    END LOOP;
END $$;

-- What hangs on an account is asked for each row by the key of its account, as of activities and orders since 0034: IN made a list of every account that the reader sees.
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['account_keys', 'account_positions', 'account_surroundings', 'account_territories', 'account_thematic', 'account_trade_areas',
        'geocode_corrections', 'geocode_reviews'] LOOP
        EXECUTE format(
            'ALTER POLICY scope ON gcrm.%1$I USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = %1$I.account_id))', child);
    END LOOP;
    FOREACH child IN ARRAY ARRAY['contact_ranges', 'contact_routes', 'contact_sites'] LOOP
        EXECUTE format(
            'ALTER POLICY consented ON gcrm.%1$I '
            'USING ((SELECT true FROM gcrm.contacts k WHERE k.contact_id = %1$I.contact_id) AND gcrm.consents_to(contact_id, ''movement''))', child);
    END LOOP;
END $$;
ALTER POLICY scope ON gcrm.stage_changes
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.opportunities o WHERE o.opportunity_id = stage_changes.opportunity_id));
ALTER POLICY scope ON gcrm.changes
    USING (object = 'opportunities' AND (SELECT true FROM gcrm.opportunities o WHERE o.opportunity_id = changes.record_id));
ALTER POLICY scope ON gcrm.sites
    USING ((SELECT gcrm.scope_is_all()) OR account_id IS NULL OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = sites.account_id));
ALTER POLICY scope ON gcrm.trade_areas
    USING ((SELECT gcrm.scope_is_all()) OR site_account_id IS NULL AND kind <> 'customers' OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = trade_areas.site_account_id));
ALTER POLICY scope ON gcrm.duplicates
    USING ((SELECT gcrm.scope_is_all())
        OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = duplicates.left_account_id)
        AND (SELECT true FROM gcrm.accounts a WHERE a.account_id = duplicates.right_account_id));

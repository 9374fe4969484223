-- A lead that became no contact is a person too, of whom everything is told and erased.

CREATE OR REPLACE FUNCTION gcrm.hold_person(of_object text, of_record bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = gcrm, public, pg_temp AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.held;
    CREATE TEMPORARY TABLE held (of regclass, at tid, PRIMARY KEY (of, at)) ON COMMIT DROP;
    CASE of_object
        WHEN 'contacts' THEN
            INSERT INTO held SELECT 'gcrm.contacts'::regclass, ctid FROM gcrm.contacts WHERE contact_id = of_record FOR UPDATE;
        WHEN 'leads' THEN
            INSERT INTO held SELECT 'gcrm.leads'::regclass, ctid FROM gcrm.leads WHERE lead_id = of_record FOR UPDATE;
        WHEN 'accounts' THEN
            INSERT INTO held SELECT 'gcrm.accounts'::regclass, ctid FROM gcrm.accounts WHERE account_id = of_record AND kind IN ('person', 'household') FOR UPDATE;
    END CASE;
    PERFORM gcrm.hold_what_hangs();
END $$;
COMMENT ON FUNCTION gcrm.hold_person(text, bigint) IS
    'Finds the rows that belong to a contact, a lead, or an account of one person or household: their tables and places, in the temporary table held, until the end of the transaction.';

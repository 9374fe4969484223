-- Geocoding writes a position per account: what each of them costs beyond its indexes.

-- The foreign key looked up the same one row again for every account, an eighth of the time of the writing. What it promised holds without it: a
-- reference is never deleted or changed, which the rights below and gcrm.keep_reference() see to; the program writes no key but that of the reference it
-- has just made or read, and the undo of a review the one that stood there before. sql/checks/references_known.sql proves it (gcrm db check).
ALTER TABLE gcrm.accounts DROP CONSTRAINT accounts_geocode_reference_id_fkey;
REVOKE UPDATE, DELETE ON gcrm.geocode_references FROM gcrm_writer;

CREATE FUNCTION gcrm.keep_reference() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE restrict_violation USING MESSAGE = 'a reference of the geocoder is kept as long as the accounts that it placed';
END $$;
COMMENT ON FUNCTION gcrm.keep_reference() IS 'Trigger: refuses to delete or change a reference of the geocoder.';
CREATE TRIGGER keep_reference BEFORE UPDATE OR DELETE ON gcrm.geocode_references
    FOR EACH ROW EXECUTE FUNCTION gcrm.keep_reference();

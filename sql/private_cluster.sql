-- The private cluster only, by its superuser, at every start: the operating system's user signs in as one of
-- the three roles itself, so that a role cannot be laid aside. Everything here can be repeated.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['gcrm_owner', 'gcrm_writer', 'gcrm_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        ELSIF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('ALTER ROLE %I LOGIN', role_name);
        END IF;
    END LOOP;
    -- The reader makes nothing, not even a temporary table.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO gcrm_owner, gcrm_writer, gcrm_reader', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO gcrm_owner, gcrm_writer', current_database());
END $$;

-- Large objects are open to everybody where nobody says otherwise; the reader would have a place to write to.
REVOKE EXECUTE ON FUNCTION lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;

-- By a role that may create roles and extensions, before the first migration, and again before every later one and
-- at every `gcrm db start`. Everything here can be repeated; it runs as one transaction.
CREATE EXTENSION IF NOT EXISTS postgis;

DO $$
DECLARE
    role_name text;
BEGIN
    -- Finds similar names while somebody types. Where the server does not have it, or refuses, names are found by their beginning.
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm' AND installed_version IS NULL) THEN
        BEGIN
            CREATE EXTENSION pg_trgm;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'pg_trgm was not created: %', SQLERRM;
        END;
    END IF;
    -- After an upgrade of the server's packages. Where it is refused, the old version goes on working, and `gcrm doctor` tells.
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis' AND installed_version <> default_version) THEN
        BEGIN
            ALTER EXTENSION postgis UPDATE;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'PostGIS was not updated: %', SQLERRM;
        END;
    END IF;
    FOREACH role_name IN ARRAY ARRAY['gcrm_owner', 'gcrm_writer', 'gcrm_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
        -- A superuser is a member of every role without a grant.
        IF NOT pg_has_role(current_user, role_name, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', role_name, current_user);
        END IF;
    END LOOP;
    -- Not IF NOT EXISTS, which asks for the right to make schemas even where there is nothing to make.
    IF to_regnamespace('gcrm') IS NULL THEN
        CREATE SCHEMA gcrm AUTHORIZATION gcrm_owner;
    END IF;
END $$;

SET LOCAL ROLE gcrm_owner;
GRANT USAGE ON SCHEMA gcrm TO gcrm_writer, gcrm_reader;
COMMENT ON SCHEMA gcrm IS 'The geographic CRM.';

CREATE TABLE IF NOT EXISTS gcrm.schema_migrations (
    number     int PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.schema_migrations IS 'One row per applied migration. Source: the program.';
COMMENT ON COLUMN gcrm.schema_migrations.number IS 'Number of the migration, from 1 without a gap.';
COMMENT ON COLUMN gcrm.schema_migrations.name IS 'Name of its file.';
COMMENT ON COLUMN gcrm.schema_migrations.sha256 IS 'SHA-256 of the file as it was applied, with Unix line ends, in hexadecimal.';
COMMENT ON COLUMN gcrm.schema_migrations.applied_at IS 'When it was applied.';
GRANT SELECT ON gcrm.schema_migrations TO gcrm_writer, gcrm_reader;
RESET ROLE;

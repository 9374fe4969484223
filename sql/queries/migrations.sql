-- name: table_exists()$
-- Whether the table of applied migrations is there (and visible to this role).
SELECT to_regclass('gcrm.schema_migrations') IS NOT NULL;

-- name: applied()
-- The applied migrations, in order.
SELECT number, name, sha256 FROM gcrm.schema_migrations ORDER BY number;

-- name: lock()$
-- Waits until no other process migrates; held to the end of the transaction. The number is arbitrary.
SELECT pg_advisory_xact_lock(7201845233006441);

-- name: become_owner()#
-- What follows in this transaction belongs to the owner.
SET LOCAL ROLE gcrm_owner;

-- name: record(number, name, sha256)!
-- Notes an applied migration.
INSERT INTO gcrm.schema_migrations (number, name, sha256) VALUES (:number, :name, :sha256);

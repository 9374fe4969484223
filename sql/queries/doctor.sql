-- name: postgis()^
-- PostGIS in this database: the version that is installed in it, and the one that the server's programs have.
SELECT installed_version AS installed, default_version AS available FROM pg_available_extensions WHERE name = 'postgis';

-- name: insert_region()!
-- What the reader may not do: add a row.
INSERT INTO gcrm.regions (name) VALUES ('gcrm doctor');

-- name: update_accounts()!
-- What the reader may not do: change a row.
UPDATE gcrm.accounts SET name = name;

-- name: delete_orders()!
-- What the reader may not do: delete a row.
DELETE FROM gcrm.orders;

-- name: create_table()#
-- What the reader may not do: make a table.
CREATE TABLE gcrm.doctor (id int);

-- name: read_tracks()$
-- What the reader may not do: read the recorded routes of movement.
SELECT count(*) FROM gcrm.tracks;

-- name: become_writer()#
-- What the reader may not do: become the writer.
SET ROLE gcrm_writer;

-- Views that somebody saved under a name.

-- name: list_views(page)
-- Those of a page, or all where it is empty, by name.
SELECT name, page, parameters, created_at, changed_at
FROM gcrm.saved_views
WHERE :page::text IS NULL OR page = :page
ORDER BY lower(name), name;

-- name: view(name)^
SELECT name, page, parameters, created_at, changed_at FROM gcrm.saved_views WHERE name = :name;

-- name: save(name, page, parameters)!
-- A new view; none where the name is taken.
INSERT INTO gcrm.saved_views (name, page, parameters) VALUES (:name, :page, :parameters) ON CONFLICT DO NOTHING;

-- name: overwrite(name, page, parameters)!
UPDATE gcrm.saved_views SET page = :page, parameters = :parameters, changed_at = now() WHERE name = :name;

-- name: rename(name, wanted)!
UPDATE gcrm.saved_views SET name = :wanted, changed_at = now() WHERE name = :name;

-- name: delete(name)^
-- The view that was deleted.
DELETE FROM gcrm.saved_views WHERE name = :name RETURNING name, page, parameters, created_at, changed_at;

-- name: restore(name, page, parameters, created_at, changed_at)!
-- A deleted view as it was; none where the name is taken since.
INSERT INTO gcrm.saved_views (name, page, parameters, created_at, changed_at)
VALUES (:name, :page, :parameters, :created_at, :changed_at)
ON CONFLICT DO NOTHING;

-- Of every finished import, what was read was created, updated, unchanged or refused.
SELECT import_id FROM gcrm.imports
WHERE finished_at IS NOT NULL AND rows_read <> rows_created + rows_updated + rows_unchanged + rows_refused;

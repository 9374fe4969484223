-- Of every finished import, what was read was created, updated, unchanged, refused or passed over, and its ledger says the same.
SELECT i.import_id
FROM gcrm.imports i
LEFT JOIN gcrm.import_chunks c USING (import_id)
WHERE i.finished_at IS NOT NULL AND i.job_id IS NOT NULL
GROUP BY i.import_id
HAVING i.rows_read <> i.rows_created + i.rows_updated + i.rows_unchanged + i.rows_refused + i.rows_skipped
    OR i.rows_read <> coalesce(sum(c.rows_read), 0) OR i.rows_created <> coalesce(sum(c.rows_created), 0)
    OR i.rows_updated <> coalesce(sum(c.rows_updated), 0) OR i.rows_refused <> coalesce(sum(c.rows_refused), 0);

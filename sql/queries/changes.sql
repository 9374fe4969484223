-- The history of single records: what a person changed, and how that is taken back.

-- name: last(object, record_id)$
-- The newest change of a record that stands: change_id.
SELECT max(change_id) FROM gcrm.changes WHERE object = :object AND record_id = :record_id AND undone_at IS NULL;

-- name: of(object, record_id)
-- The changes of a record, the newest first: change_id, changed_at, changed_by, through, before, undone_at, undone_by.
SELECT change_id, changed_at, changed_by, through, before, undone_at, undone_by
FROM gcrm.changes
WHERE object = :object AND record_id = :record_id
ORDER BY change_id DESC;

-- name: what(change_id)^
-- What a change is of: object, record_id.
SELECT object, record_id FROM gcrm.changes WHERE change_id = :change_id;

-- name: undo(change_id)$
-- Takes a change by hand back: false where it cannot be.
SELECT gcrm.undo_change(:change_id);

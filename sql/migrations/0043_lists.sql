-- Lists: what a person changes in one, of one record or of many, is one set of changes and is taken back as one; indexes by which lists are sorted.

CREATE TABLE gcrm.change_sets (
    change_set_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object        text NOT NULL,
    field         text NOT NULL,
    changed_by    text NOT NULL,
    through       text NOT NULL CHECK (through IN ('page', 'import', 'command')),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    undone_at     timestamptz,
    undone_by     text
);
-- Usage: the last set of somebody (undo).
CREATE INDEX change_sets_last ON gcrm.change_sets (object, changed_by, change_set_id) WHERE undone_at IS NULL;
COMMENT ON TABLE gcrm.change_sets IS 'One row per change that a person made in a list, of one record or of many at once. Source: the pages, gcrm accounts.';
COMMENT ON COLUMN gcrm.change_sets.change_set_id IS 'Key, in the order of the sets.';
COMMENT ON COLUMN gcrm.change_sets.object IS 'Table of the records: accounts, leads, opportunities, cases or activities.';
COMMENT ON COLUMN gcrm.change_sets.field IS 'The column of the list that was changed.';
COMMENT ON COLUMN gcrm.change_sets.changed_by IS 'Who changed it.';
COMMENT ON COLUMN gcrm.change_sets.through IS 'page, import or command.';
COMMENT ON COLUMN gcrm.change_sets.changed_at IS 'When it was changed.';
COMMENT ON COLUMN gcrm.change_sets.undone_at IS 'When it was taken back; empty while it stands.';
COMMENT ON COLUMN gcrm.change_sets.undone_by IS 'Who took it back.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.change_sets TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;

-- As a default it is known whichever trigger writes the change.
ALTER TABLE gcrm.changes ADD COLUMN change_set_id bigint DEFAULT nullif(current_setting('gcrm.change_set', true), '')::bigint;
-- Usage: what a set changed (undo).
CREATE INDEX changes_set ON gcrm.changes (change_set_id) WHERE change_set_id IS NOT NULL;
COMMENT ON COLUMN gcrm.changes.change_set_id IS 'The set of changes in a list that it belongs to; empty for others.';

-- Usage: the accounts by their names, page by page (list).
CREATE INDEX accounts_by_name ON gcrm.accounts (left(lower(name), 200), account_id);
-- Usage: the activities by their times, planned ones among them, page by page (list).
CREATE INDEX activities_by_time ON gcrm.activities ((coalesce(happened_at, due_at)), activity_id);
-- Usage: the leads inside an area (list).
CREATE INDEX leads_position ON gcrm.leads USING gist (position);
CREATE INDEX leads_cell ON gcrm.leads (cell);

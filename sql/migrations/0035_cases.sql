-- Cases: questions, complaints and faults, with what they are about, their deadlines, and where they stand.

CREATE TABLE gcrm.cases (
    case_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text NOT NULL,
    source_key        text NOT NULL,
    account_id        bigint NOT NULL REFERENCES gcrm.accounts,
    contact_id        bigint REFERENCES gcrm.contacts ON DELETE SET NULL,
    product_id        int REFERENCES gcrm.products,
    rep_id            int REFERENCES gcrm.reps,
    kind              text NOT NULL CHECK (kind IN ('question', 'complaint', 'fault')),
    priority          text NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    status            text NOT NULL CHECK (status IN ('new', 'open', 'waiting', 'solved', 'closed')),
    subject           text NOT NULL,
    channel           text,
    opened_at         timestamptz NOT NULL,
    response_due_at   timestamptz NOT NULL,
    solution_due_at   timestamptz NOT NULL,
    responded_at      timestamptz,
    solved_at         timestamptz,
    made_up           boolean NOT NULL,
    import_id         bigint REFERENCES gcrm.imports,
    created_import_id bigint,
    created_by        text,
    raw               jsonb,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK (responded_at >= opened_at),
    CHECK (solved_at >= opened_at),
    CHECK (solved_at IS NULL OR status IN ('solved', 'closed')),
    CHECK (response_due_at >= opened_at AND solution_due_at >= opened_at)
);
-- Usage: the cases of an account; the join under row-level security.
CREATE INDEX cases_account ON gcrm.cases (account_id, opened_at DESC);
-- Usage: what is not solved, by its deadline (the list, my day).
CREATE INDEX cases_open ON gcrm.cases (solution_due_at, case_id) WHERE status IN ('new', 'open', 'waiting');
-- Usage: the last ones of all (the list).
CREATE INDEX cases_opened ON gcrm.cases (opened_at DESC, case_id DESC);
-- Usage: what came of a contact that goes.
CREATE INDEX cases_contact ON gcrm.cases (contact_id) WHERE contact_id IS NOT NULL;
-- Usage: what an import created (undo); rows lie in the order of the imports.
CREATE INDEX cases_created_import ON gcrm.cases USING brin (created_import_id);
COMMENT ON TABLE gcrm.cases IS 'One row per question, complaint or fault of a customer. Source: gcrm import cases, the pages, gcrm cases.';
COMMENT ON COLUMN gcrm.cases.case_id IS 'Key.';
COMMENT ON COLUMN gcrm.cases.source IS 'System the record comes from; by hand where a person wrote it.';
COMMENT ON COLUMN gcrm.cases.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.cases.account_id IS 'The account; the case lies where the account does.';
COMMENT ON COLUMN gcrm.cases.contact_id IS 'The person who has it.';
COMMENT ON COLUMN gcrm.cases.product_id IS 'The product it is about; empty where it is about none.';
COMMENT ON COLUMN gcrm.cases.rep_id IS 'Who works on it; empty where nobody does yet.';
COMMENT ON COLUMN gcrm.cases.kind IS 'question, complaint or fault.';
COMMENT ON COLUMN gcrm.cases.priority IS 'low, normal, high or urgent.';
COMMENT ON COLUMN gcrm.cases.status IS 'new, open, waiting (for the customer), solved or closed.';
COMMENT ON COLUMN gcrm.cases.subject IS 'What it is about.';
COMMENT ON COLUMN gcrm.cases.channel IS 'Through what it came, such as phone, mail, shop or web.';
COMMENT ON COLUMN gcrm.cases.opened_at IS 'When it came.';
COMMENT ON COLUMN gcrm.cases.response_due_at IS 'Until when somebody has to answer: the hours of its priority from then on.';
COMMENT ON COLUMN gcrm.cases.solution_due_at IS 'Until when it has to be solved: the hours of its priority from then on.';
COMMENT ON COLUMN gcrm.cases.responded_at IS 'When somebody answered first; empty where nobody did.';
COMMENT ON COLUMN gcrm.cases.solved_at IS 'When it was solved; empty while it is not, and where nobody knows.';
COMMENT ON COLUMN gcrm.cases.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.cases.import_id IS 'The import that wrote it last; empty where a person wrote it.';
COMMENT ON COLUMN gcrm.cases.created_import_id IS 'The import that brought it first; empty for a record made by hand.';
COMMENT ON COLUMN gcrm.cases.created_by IS 'Who opened it; empty where an import brought it. Who changed it since is in gcrm.changes.';
COMMENT ON COLUMN gcrm.cases.raw IS 'Field to text as it stood in the file, of those fields that were cleaned; empty where none was.';
COMMENT ON COLUMN gcrm.cases.updated_at IS 'When it changed last.';

ALTER TABLE gcrm.activities ADD COLUMN case_id bigint REFERENCES gcrm.cases ON DELETE SET NULL;
COMMENT ON COLUMN gcrm.activities.case_id IS 'The case it is about: what was said and done for it.';
-- Usage: what was said and done for a case.
CREATE INDEX activities_case ON gcrm.activities (case_id, happened_at) WHERE case_id IS NOT NULL;

-- The tables that files feed, and this one behind them.
DO $$
BEGIN
    EXECUTE (
        SELECT format(
            'CREATE OR REPLACE FUNCTION gcrm.record_tables() RETURNS TABLE (object text, key_column text, rank int) LANGUAGE sql IMMUTABLE PARALLEL SAFE '
            'BEGIN ATOMIC SELECT * FROM (VALUES %s) AS t; END', string_agg(format('(%L, %L, %s)', object, key_column, rank), ', ' ORDER BY rank))
        FROM (SELECT * FROM gcrm.record_tables() UNION ALL SELECT 'cases', 'case_id', max(rank) + 1 FROM gcrm.record_tables()) AS tables);
END $$;

CREATE TRIGGER remember AFTER UPDATE ON gcrm.cases REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_changes('case_id');
CREATE TRIGGER forget AFTER DELETE ON gcrm.cases REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.forget_record('case_id');

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.cases TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.cases TO gcrm_reader;
ALTER TABLE gcrm.cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.cases FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.cases TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.cases FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = cases.account_id));
CREATE POLICY scope_of_cases ON gcrm.changes FOR SELECT TO gcrm_reader
    USING (object = 'cases' AND EXISTS (SELECT FROM gcrm.cases r WHERE r.case_id = record_id));

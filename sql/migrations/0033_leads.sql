-- Leads: who may become a customer, who answers for them and why, and what became of them.

CREATE TABLE gcrm.leads (
    lead_id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source                   text NOT NULL,
    source_key               text NOT NULL,
    company                  text,
    given_name               text,
    family_name              text,
    name                     text NOT NULL GENERATED ALWAYS AS (
        coalesce(company, nullif(btrim(coalesce(given_name, '') || ' ' || coalesce(family_name, '')), ''), email, phone)) STORED,
    role                     text,
    phone                    text,
    email                    text,
    website                  text,
    street                   text,
    house_number             text,
    postcode                 text,
    city                     text,
    country_code             char(2),
    position                 geometry(Point, 4326),
    cell                     bigint,
    geocode_level            text CHECK (geocode_level IN ('given', 'confirmed', 'rooftop', 'interpolated', 'street', 'postcode', 'place', 'none')),
    geocode_score            real CHECK (geocode_score BETWEEN 0 AND 1),
    geocode_reason           text,
    segment                  text,
    interest                 text,
    amount                   numeric(14, 2) CHECK (amount >= 0),
    currency                 char(3) NOT NULL,
    origin                   text,
    rating                   text CHECK (rating IN ('hot', 'warm', 'cold')),
    status                   text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'working', 'converted', 'rejected')),
    rejected_because         text,
    received_at              timestamptz NOT NULL,
    territory_id             int REFERENCES gcrm.territories,
    territory_given          boolean NOT NULL DEFAULT false,
    rep_id                   int REFERENCES gcrm.reps,
    assigned_at              timestamptz,
    assigned_by              text,
    assigned_because         text,
    converted_at             timestamptz,
    converted_account_id     bigint REFERENCES gcrm.accounts ON DELETE SET NULL,
    converted_contact_id     bigint REFERENCES gcrm.contacts ON DELETE SET NULL,
    converted_opportunity_id bigint REFERENCES gcrm.opportunities ON DELETE SET NULL,
    made_up                  boolean NOT NULL,
    import_id                bigint NOT NULL REFERENCES gcrm.imports,
    created_import_id        bigint,
    raw                      jsonb,
    updated_at               timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK ((position IS NULL) = (cell IS NULL)),
    CHECK (rejected_because IS NULL OR status = 'rejected'),
    CHECK (converted_at IS NULL OR status = 'converted')
);
-- Usage: the newest leads, of everybody and within a scope (list).
CREATE INDEX leads_received ON gcrm.leads (received_at DESC, lead_id DESC);
-- Usage: the leads of a territory, the newest first; the join under row-level security.
CREATE INDEX leads_territory ON gcrm.leads (territory_id, received_at DESC);
-- Usage: the leads of a rep, the newest first; how many wait for one (assign).
CREATE INDEX leads_rep ON gcrm.leads (rep_id, received_at DESC) WHERE rep_id IS NOT NULL;
-- Usage: what waits for a rep, and whose territory nobody looked for (assign).
CREATE INDEX leads_to_assign ON gcrm.leads (lead_id)
    WHERE rep_id IS NULL AND status IN ('new', 'working') OR territory_id IS NULL AND position IS NOT NULL;
-- Usage: what waits for a position (assign).
CREATE INDEX leads_to_place ON gcrm.leads (lead_id) WHERE geocode_level IS NULL;
-- Usage: what became of leads (merging and erasing what they became).
CREATE INDEX leads_converted_account ON gcrm.leads (converted_account_id) WHERE converted_account_id IS NOT NULL;
CREATE INDEX leads_converted_contact ON gcrm.leads (converted_contact_id) WHERE converted_contact_id IS NOT NULL;
CREATE INDEX leads_converted_opportunity ON gcrm.leads (converted_opportunity_id) WHERE converted_opportunity_id IS NOT NULL;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        -- Usage: leads whose name has some letters in it (list).
        CREATE INDEX leads_name_trigrams ON gcrm.leads USING gin (lower(name) gin_trgm_ops);
    ELSE
        -- Usage: leads whose name begins with some letters (list).
        CREATE INDEX leads_name ON gcrm.leads (lower(name) text_pattern_ops);
    END IF;
END $$;
COMMENT ON TABLE gcrm.leads IS 'One row per lead: a company or person who may become a customer. Source: gcrm import leads, the page Leads.';
COMMENT ON COLUMN gcrm.leads.lead_id IS 'Key.';
COMMENT ON COLUMN gcrm.leads.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.leads.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.leads.company IS 'Name of the company; empty for a person alone.';
COMMENT ON COLUMN gcrm.leads.given_name IS 'Given name of the person.';
COMMENT ON COLUMN gcrm.leads.family_name IS 'Family name of the person.';
COMMENT ON COLUMN gcrm.leads.name IS 'What it is called: the company, else the person, else the mail address or telephone number.';
COMMENT ON COLUMN gcrm.leads.role IS 'Role of the person at the company.';
COMMENT ON COLUMN gcrm.leads.phone IS 'Telephone number.';
COMMENT ON COLUMN gcrm.leads.email IS 'Mail address.';
COMMENT ON COLUMN gcrm.leads.website IS 'Address of its web pages.';
COMMENT ON COLUMN gcrm.leads.street IS 'Street, with or without the number.';
COMMENT ON COLUMN gcrm.leads.house_number IS 'House number with its suffix.';
COMMENT ON COLUMN gcrm.leads.postcode IS 'Postcode.';
COMMENT ON COLUMN gcrm.leads.city IS 'City or place.';
COMMENT ON COLUMN gcrm.leads.country_code IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN gcrm.leads.position IS 'Position, EPSG:4326; empty where it is not known.';
COMMENT ON COLUMN gcrm.leads.cell IS 'H3 cell of level 10 of the position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.leads.geocode_level IS 'How the position was found, as of gcrm.accounts; empty where nobody tried yet.';
COMMENT ON COLUMN gcrm.leads.geocode_score IS 'How likely the position is right at its level, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.leads.geocode_reason IS 'Why: what of the address agrees with the reference.';
COMMENT ON COLUMN gcrm.leads.segment IS 'Market segment.';
COMMENT ON COLUMN gcrm.leads.interest IS 'What they want, in words.';
COMMENT ON COLUMN gcrm.leads.amount IS 'What it may be worth, in the currency beside it; empty where nobody knows.';
COMMENT ON COLUMN gcrm.leads.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN gcrm.leads.origin IS 'How it came: a campaign, a fair, a form on the web.';
COMMENT ON COLUMN gcrm.leads.rating IS 'hot, warm or cold; empty where nobody said.';
COMMENT ON COLUMN gcrm.leads.status IS 'new, working, converted or rejected.';
COMMENT ON COLUMN gcrm.leads.rejected_because IS 'Why it was rejected; empty where it was not, or nobody knows.';
COMMENT ON COLUMN gcrm.leads.received_at IS 'When it came.';
COMMENT ON COLUMN gcrm.leads.territory_id IS 'The territory it was given to, else that of its position; empty where neither is known.';
COMMENT ON COLUMN gcrm.leads.territory_given IS 'True where the file or a person named the territory; then the position does not change it.';
COMMENT ON COLUMN gcrm.leads.rep_id IS 'The rep who answers for it; empty while it waits for one.';
COMMENT ON COLUMN gcrm.leads.assigned_at IS 'When it was given to that rep.';
COMMENT ON COLUMN gcrm.leads.assigned_by IS 'Who gave it: a person, or who ran the rules.';
COMMENT ON COLUMN gcrm.leads.assigned_because IS 'Why that rep, or why none, in words.';
COMMENT ON COLUMN gcrm.leads.converted_at IS 'When it became a customer; empty where it did not, or nobody knows.';
COMMENT ON COLUMN gcrm.leads.converted_account_id IS 'The account that it became.';
COMMENT ON COLUMN gcrm.leads.converted_contact_id IS 'The contact that its person became; empty where it had none.';
COMMENT ON COLUMN gcrm.leads.converted_opportunity_id IS 'The opportunity that was opened; empty where none was.';
COMMENT ON COLUMN gcrm.leads.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.leads.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.leads.created_import_id IS 'The import that brought it first; empty for a record made by hand.';
COMMENT ON COLUMN gcrm.leads.raw IS 'Field to text as it stood in the file, of those fields that were cleaned; empty where none was.';
COMMENT ON COLUMN gcrm.leads.updated_at IS 'When it changed last.';

CREATE OR REPLACE FUNCTION gcrm.record_tables() RETURNS TABLE (object text, key_column text, rank int)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM (VALUES
            ('territories', 'territory_id', 1), ('reps', 'rep_id', 2), ('products', 'product_id', 3), ('accounts', 'account_id', 4),
            ('contacts', 'contact_id', 5), ('orders', 'order_line_id', 6), ('activities', 'activity_id', 7), ('opportunities', 'opportunity_id', 8),
            ('consents', 'consent_id', 9), ('campaigns', 'campaign_id', 10), ('campaign_members', 'campaign_member_id', 11), ('leads', 'lead_id', 12)) AS t;
    END;

-- Usage: what an import created (undo); rows lie in the order of the imports.
CREATE INDEX leads_created_import ON gcrm.leads USING brin (created_import_id);
CREATE TRIGGER remember AFTER UPDATE ON gcrm.leads REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_changes('lead_id');
CREATE TRIGGER forget AFTER DELETE ON gcrm.leads REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.forget_record('lead_id');

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.leads TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.leads TO gcrm_reader;

-- What lies in no territory is seen by those alone who see every one.
ALTER TABLE gcrm.leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.leads FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.leads TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.leads FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR territory_id IN (SELECT gcrm.scope_territories()));

-- The history of an opportunity is visible with it: a forecast as it was needs it.
GRANT SELECT ON gcrm.changes TO gcrm_reader;
ALTER TABLE gcrm.changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.changes FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.changes TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.changes FOR SELECT TO gcrm_reader
    USING (object = 'opportunities' AND record_id IN (SELECT opportunity_id FROM gcrm.opportunities));

-- Campaigns: what they cost, to whom they were sent, what came back, and the orders that count as theirs.

CREATE TABLE gcrm.campaigns (
    campaign_id       int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text NOT NULL,
    source_key        text NOT NULL,
    name              text NOT NULL,
    channel           text,
    audience          text,
    starts_on         date NOT NULL,
    ends_on           date,
    cost              numeric(14, 2) CHECK (cost >= 0),
    currency          char(3) NOT NULL,
    attribution_days  numeric(6, 2) NOT NULL DEFAULT 30 CHECK (attribution_days BETWEEN 0 AND 3650),
    made_up           boolean NOT NULL,
    import_id         bigint NOT NULL REFERENCES gcrm.imports,
    created_import_id bigint,
    raw               jsonb,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK (ends_on >= starts_on)
);
COMMENT ON TABLE gcrm.campaigns IS 'One row per campaign. Source: gcrm import campaigns.';
COMMENT ON COLUMN gcrm.campaigns.campaign_id IS 'Key.';
COMMENT ON COLUMN gcrm.campaigns.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.campaigns.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.campaigns.name IS 'Name.';
COMMENT ON COLUMN gcrm.campaigns.channel IS 'Channel by which it is sent, such as mail, phone or post.';
COMMENT ON COLUMN gcrm.campaigns.audience IS 'Whom it is meant for, in words.';
COMMENT ON COLUMN gcrm.campaigns.starts_on IS 'First day.';
COMMENT ON COLUMN gcrm.campaigns.ends_on IS 'Last day; empty where it has no end yet.';
COMMENT ON COLUMN gcrm.campaigns.cost IS 'Cost of the whole campaign, in the currency beside it; empty where it is not known.';
COMMENT ON COLUMN gcrm.campaigns.currency IS 'ISO 4217 code; orders in another currency are not attributed to it.';
COMMENT ON COLUMN gcrm.campaigns.attribution_days IS 'Days of 24 hours after sending within which an order of a member counts as its revenue.';
COMMENT ON COLUMN gcrm.campaigns.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.campaigns.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.campaigns.created_import_id IS 'The import that brought it first; empty for a record made by hand.';
COMMENT ON COLUMN gcrm.campaigns.raw IS 'Field to text as it stood in the file, of those fields that were cleaned; empty where none was.';
COMMENT ON COLUMN gcrm.campaigns.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.campaign_members (
    campaign_member_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source             text NOT NULL,
    source_key         text NOT NULL,
    campaign_id        int NOT NULL REFERENCES gcrm.campaigns,
    account_id         bigint NOT NULL REFERENCES gcrm.accounts,
    contact_id         bigint REFERENCES gcrm.contacts,
    wave               text,
    sent_at            timestamptz NOT NULL,
    response           text NOT NULL CHECK (response IN ('none', 'opened', 'answered', 'bought', 'unsubscribed')),
    responded_at       timestamptz,
    made_up            boolean NOT NULL,
    import_id          bigint NOT NULL REFERENCES gcrm.imports,
    created_import_id  bigint,
    raw                jsonb,
    updated_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK (responded_at >= sent_at),
    CHECK (response <> 'none' OR responded_at IS NULL)
);
-- Usage: the campaigns of an account; the orders that count as theirs; the join under row-level security.
CREATE INDEX campaign_members_account ON gcrm.campaign_members (account_id, sent_at);
-- Usage: the members of a campaign.
CREATE INDEX campaign_members_campaign ON gcrm.campaign_members (campaign_id);
-- Usage: erasing a contact.
CREATE INDEX campaign_members_contact ON gcrm.campaign_members (contact_id) WHERE contact_id IS NOT NULL;
COMMENT ON TABLE gcrm.campaign_members IS
    'One row per account or person that a campaign was sent to, and wave; it says who was addressed, not who may be. Source: gcrm import campaign_members.';
COMMENT ON COLUMN gcrm.campaign_members.campaign_member_id IS 'Key.';
COMMENT ON COLUMN gcrm.campaign_members.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.campaign_members.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.campaign_members.campaign_id IS 'The campaign.';
COMMENT ON COLUMN gcrm.campaign_members.account_id IS 'The account; where the file names a contact only, the account that the contact was at.';
COMMENT ON COLUMN gcrm.campaign_members.contact_id IS 'The person; empty where it was sent to the account.';
COMMENT ON COLUMN gcrm.campaign_members.wave IS 'Wave in which it was sent; empty where the campaign has none.';
COMMENT ON COLUMN gcrm.campaign_members.sent_at IS 'When it was sent.';
COMMENT ON COLUMN gcrm.campaign_members.response IS 'none, opened, answered, bought or unsubscribed.';
COMMENT ON COLUMN gcrm.campaign_members.responded_at IS 'When the response came; empty where none did, or nobody knows when.';
COMMENT ON COLUMN gcrm.campaign_members.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.campaign_members.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.campaign_members.created_import_id IS 'The import that brought it first; empty for a record made by hand.';
COMMENT ON COLUMN gcrm.campaign_members.raw IS 'Field to text as it stood in the file, of those fields that were cleaned; empty where none was.';
COMMENT ON COLUMN gcrm.campaign_members.updated_at IS 'When it changed last.';

-- Of the campaigns that an account got before an order and whose days were not over, the one that was sent last has the order; sent at the same moment, the first
-- member has it.
CREATE VIEW gcrm.campaign_orders WITH (security_invoker = true) AS
SELECT DISTINCT ON (o.account_id, o.order_line_id) o.order_line_id, o.account_id, m.campaign_member_id, o.revenue, o.currency
FROM gcrm.campaign_members m
JOIN gcrm.campaigns c USING (campaign_id)
JOIN gcrm.orders o ON o.account_id = m.account_id AND o.currency = c.currency
    AND o.ordered_at >= m.sent_at AND o.ordered_at < m.sent_at + c.attribution_days * interval '24 hours'
ORDER BY o.account_id, o.order_line_id, m.sent_at DESC, m.campaign_member_id;
COMMENT ON VIEW gcrm.campaign_orders IS 'One row per order line that counts as revenue of a campaign, with the one member that it is attributed to. Source: orders, campaign_members.';
COMMENT ON COLUMN gcrm.campaign_orders.order_line_id IS 'The order line.';
COMMENT ON COLUMN gcrm.campaign_orders.account_id IS 'The account of both.';
COMMENT ON COLUMN gcrm.campaign_orders.campaign_member_id IS 'The member: of those whose days were not over the one to whom was sent last before the order.';
COMMENT ON COLUMN gcrm.campaign_orders.revenue IS 'Revenue of the line, in the currency beside it.';
COMMENT ON COLUMN gcrm.campaign_orders.currency IS 'ISO 4217 code: that of the order and of the campaign.';

CREATE OR REPLACE FUNCTION gcrm.record_tables() RETURNS TABLE (object text, key_column text, rank int)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT * FROM (VALUES
            ('territories', 'territory_id', 1), ('reps', 'rep_id', 2), ('products', 'product_id', 3), ('accounts', 'account_id', 4),
            ('contacts', 'contact_id', 5), ('orders', 'order_line_id', 6), ('activities', 'activity_id', 7), ('opportunities', 'opportunity_id', 8),
            ('consents', 'consent_id', 9), ('campaigns', 'campaign_id', 10), ('campaign_members', 'campaign_member_id', 11)) AS t;
    END;

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM gcrm.record_tables() WHERE object IN ('campaigns', 'campaign_members') LOOP
        -- Usage: what an import created (undo); rows lie in the order of the imports.
        EXECUTE format('CREATE INDEX %I ON gcrm.%I USING brin (created_import_id)', t.object || '_created_import', t.object);
        EXECUTE format('CREATE TRIGGER remember AFTER UPDATE ON gcrm.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_changes(%L)', t.object, t.key_column);
        EXECUTE format('CREATE TRIGGER forget AFTER DELETE ON gcrm.%I REFERENCING OLD TABLE AS old_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION gcrm.forget_record(%L)', t.object, t.key_column);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.campaigns, gcrm.campaign_members TO gcrm_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gcrm TO gcrm_writer;
GRANT SELECT ON gcrm.campaign_orders TO gcrm_writer;
GRANT SELECT ON gcrm.campaigns, gcrm.campaign_members, gcrm.campaign_orders TO gcrm_reader;

-- A campaign is nobody's, like a product; who got it is visible with the account.
ALTER TABLE gcrm.campaign_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.campaign_members FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.campaign_members TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.campaign_members FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts));

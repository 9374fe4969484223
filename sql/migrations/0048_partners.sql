-- Partners: resellers with a level, an area and a time, and the leads that were handed over to them.

CREATE TABLE gcrm.partners (
    partner_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    level      text NOT NULL CHECK (level = btrim(level) AND char_length(level) BETWEEN 1 AND 40),
    area       geometry(MultiPolygon, 4326),
    area_name  text,
    since      date NOT NULL,
    until      date CHECK (until > since),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((area IS NULL) = (area_name IS NULL))
);
COMMENT ON TABLE gcrm.partners IS 'One row per partner: a reseller. Source: the page Partners and gcrm partners.';
COMMENT ON COLUMN gcrm.partners.partner_id IS 'Key.';
COMMENT ON COLUMN gcrm.partners.account_id IS 'The account that is the partner.';
COMMENT ON COLUMN gcrm.partners.level IS 'Level, such as gold.';
COMMENT ON COLUMN gcrm.partners.area IS 'Where it sells, EPSG:4326; empty where that is not agreed.';
COMMENT ON COLUMN gcrm.partners.area_name IS 'The same as it was said: an H3 cell, a polygon, a trading area.';
COMMENT ON COLUMN gcrm.partners.since IS 'The first day.';
COMMENT ON COLUMN gcrm.partners.until IS 'The first day on which it is no partner any more; empty for no end.';
COMMENT ON COLUMN gcrm.partners.updated_at IS 'When it was changed last.';
-- Usage: the partner of an account; the partners of a place.
CREATE INDEX partners_account ON gcrm.partners (account_id);
CREATE INDEX partners_area ON gcrm.partners USING gist (area);

CREATE TABLE gcrm.partner_leads (
    partner_lead_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner_id      int NOT NULL REFERENCES gcrm.partners ON DELETE CASCADE,
    lead_id         bigint NOT NULL REFERENCES gcrm.leads ON DELETE CASCADE,
    handed_over_at  timestamptz NOT NULL DEFAULT now(),
    handed_over_by  text NOT NULL,
    taken_back_at   timestamptz CHECK (taken_back_at >= handed_over_at)
);
COMMENT ON TABLE gcrm.partner_leads IS 'One row per time that a lead was handed over to a partner. Source: the page Leads and gcrm partners.';
COMMENT ON COLUMN gcrm.partner_leads.partner_lead_id IS 'Key.';
COMMENT ON COLUMN gcrm.partner_leads.partner_id IS 'The partner.';
COMMENT ON COLUMN gcrm.partner_leads.lead_id IS 'The lead.';
COMMENT ON COLUMN gcrm.partner_leads.handed_over_at IS 'When it was handed over.';
COMMENT ON COLUMN gcrm.partner_leads.handed_over_by IS 'Who handed it over.';
COMMENT ON COLUMN gcrm.partner_leads.taken_back_at IS 'When it was taken back; empty while the partner has it.';
-- Usage: a lead is with one partner at a time.
CREATE UNIQUE INDEX partner_leads_lead ON gcrm.partner_leads (lead_id) WHERE taken_back_at IS NULL;
-- Usage: the leads of a partner.
CREATE INDEX partner_leads_partner ON gcrm.partner_leads (partner_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.partners, gcrm.partner_leads TO gcrm_writer;
GRANT SELECT ON gcrm.partners, gcrm.partner_leads TO gcrm_reader;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['partners', 'partner_leads'] LOOP
        EXECUTE format('ALTER TABLE gcrm.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE gcrm.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY staff ON gcrm.%I TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
CREATE POLICY scope ON gcrm.partners FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = partners.account_id));
CREATE POLICY scope ON gcrm.partner_leads FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.leads l WHERE l.lead_id = partner_leads.lead_id));

-- Audiences: named lists of contacts for a purpose, with the rules that chose them, so that they can be chosen again.

CREATE TABLE gcrm.audiences (
    audience_id  int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL CHECK (name = btrim(name) AND char_length(name) BETWEEN 1 AND 80),
    purpose      text NOT NULL,
    channel      text NOT NULL,
    criteria     jsonb NOT NULL CHECK (jsonb_typeof(criteria) = 'object'),
    held_out     numeric(4, 3) NOT NULL DEFAULT 0 CHECK (held_out BETWEEN 0 AND 0.5),
    expires_on   date NOT NULL,
    campaign_id  int REFERENCES gcrm.campaigns ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    removed_at   timestamptz
);
-- Usage: no two lists have one name.
CREATE UNIQUE INDEX audiences_name ON gcrm.audiences (name) WHERE removed_at IS NULL;
COMMENT ON TABLE gcrm.audiences IS 'One row per list of contacts for a purpose. Source: the page Audiences and gcrm audiences.';
COMMENT ON COLUMN gcrm.audiences.audience_id IS 'Key.';
COMMENT ON COLUMN gcrm.audiences.name IS 'Name, at most 80 characters.';
COMMENT ON COLUMN gcrm.audiences.purpose IS 'What its contacts are contacted for; consent is asked for it.';
COMMENT ON COLUMN gcrm.audiences.channel IS 'By which channel they are contacted.';
COMMENT ON COLUMN gcrm.audiences.criteria IS 'The rules by which it was chosen, as JSON (gcrm/crm/audiences.py).';
COMMENT ON COLUMN gcrm.audiences.held_out IS 'Share of the accounts that is not addressed, to compare with.';
COMMENT ON COLUMN gcrm.audiences.expires_on IS 'From this day on it does not leave any more.';
COMMENT ON COLUMN gcrm.audiences.campaign_id IS 'The campaign that it became; empty where it became none.';
COMMENT ON COLUMN gcrm.audiences.created_at IS 'When it was saved.';
COMMENT ON COLUMN gcrm.audiences.created_by IS 'Who saved it.';
COMMENT ON COLUMN gcrm.audiences.refreshed_at IS 'When its contacts were chosen last.';
COMMENT ON COLUMN gcrm.audiences.removed_at IS 'When it was removed, which can be taken back for a day; then it is gone. Empty while it is there.';

CREATE TABLE gcrm.audience_members (
    audience_member_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    audience_id        int NOT NULL REFERENCES gcrm.audiences ON DELETE CASCADE,
    contact_id         bigint NOT NULL REFERENCES gcrm.contacts ON DELETE CASCADE,
    account_id         bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    score              real,
    held_out           boolean NOT NULL,
    added_at           timestamptz NOT NULL DEFAULT now(),
    left_at            timestamptz,
    UNIQUE (audience_id, contact_id)
);
COMMENT ON TABLE gcrm.audience_members IS 'One row per contact that is or was in an audience. Source: gcrm.audiences, whenever it is chosen.';
COMMENT ON COLUMN gcrm.audience_members.audience_member_id IS 'Key.';
COMMENT ON COLUMN gcrm.audience_members.audience_id IS 'The audience.';
COMMENT ON COLUMN gcrm.audience_members.contact_id IS 'The contact.';
COMMENT ON COLUMN gcrm.audience_members.account_id IS 'The account that the contact is of.';
COMMENT ON COLUMN gcrm.audience_members.score IS 'Points of the scorecard when it was chosen, in bits; empty where nothing could be learned.';
COMMENT ON COLUMN gcrm.audience_members.held_out IS 'Whether the account is not addressed, to compare with.';
COMMENT ON COLUMN gcrm.audience_members.added_at IS 'When the contact came in, the last time.';
COMMENT ON COLUMN gcrm.audience_members.left_at IS 'When the contact did not fit any more; empty while in.';
-- Usage: what hangs on a contact or an account.
CREATE INDEX audience_members_contact ON gcrm.audience_members (contact_id);
CREATE INDEX audience_members_account ON gcrm.audience_members (account_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.audiences, gcrm.audience_members TO gcrm_writer;
GRANT SELECT ON gcrm.audiences, gcrm.audience_members TO gcrm_reader;
ALTER TABLE gcrm.audience_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.audience_members FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.audience_members TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.audience_members FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (SELECT true FROM gcrm.accounts a WHERE a.account_id = audience_members.account_id));

-- A campaign out of an audience comes from no file.
ALTER TABLE gcrm.campaigns ALTER COLUMN import_id DROP NOT NULL;
ALTER TABLE gcrm.campaign_members ALTER COLUMN import_id DROP NOT NULL;
COMMENT ON COLUMN gcrm.campaigns.import_id IS 'The import that wrote it last; empty where it came out of an audience.';
COMMENT ON COLUMN gcrm.campaign_members.import_id IS 'The import that wrote it last; empty where it came out of an audience.';

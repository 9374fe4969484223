-- Roles of a contact at accounts other than the own one: an accountant of several shops, an architect, a landlord.

CREATE TABLE gcrm.contact_roles (
    contact_role_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id      bigint NOT NULL REFERENCES gcrm.contacts ON DELETE CASCADE,
    account_id      bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    role            text NOT NULL CHECK (role = btrim(role) AND char_length(role) BETWEEN 1 AND 80),
    since           date NOT NULL,
    until           date CHECK (until > since),
    added_by        text NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.contact_roles IS 'One row per role of a contact at an account that is not its own. Source: the page Accounts and gcrm contacts.';
COMMENT ON COLUMN gcrm.contact_roles.contact_role_id IS 'Key.';
COMMENT ON COLUMN gcrm.contact_roles.contact_id IS 'The contact.';
COMMENT ON COLUMN gcrm.contact_roles.account_id IS 'The account where the contact has the role.';
COMMENT ON COLUMN gcrm.contact_roles.role IS 'The role there, such as accountant.';
COMMENT ON COLUMN gcrm.contact_roles.since IS 'The first day.';
COMMENT ON COLUMN gcrm.contact_roles.until IS 'The first day on which the contact has it no more; empty for no end.';
COMMENT ON COLUMN gcrm.contact_roles.added_by IS 'Who wrote it down.';
COMMENT ON COLUMN gcrm.contact_roles.updated_at IS 'When it changed last.';
-- Usage: the people of an account; the accounts of a person.
CREATE INDEX contact_roles_account ON gcrm.contact_roles (account_id);
CREATE INDEX contact_roles_contact ON gcrm.contact_roles (contact_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.contact_roles TO gcrm_writer;
GRANT SELECT ON gcrm.contact_roles TO gcrm_reader;
ALTER TABLE gcrm.contact_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.contact_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.contact_roles TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
-- Whoever sees the account and the contact; of a contact of a foreign account nothing is told.
CREATE POLICY scope ON gcrm.contact_roles FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR (
        (SELECT true FROM gcrm.accounts a WHERE a.account_id = contact_roles.account_id)
        AND (SELECT true FROM gcrm.contacts k WHERE k.contact_id = contact_roles.contact_id)
    ));

CREATE FUNCTION gcrm.people_of(of_account bigint) RETURNS TABLE (contact_id bigint, role text, contact_role_id bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT k.contact_id, k.role, NULL::bigint FROM gcrm.contacts k WHERE k.account_id = of_account
        UNION ALL
        SELECT r.contact_id, r.role, r.contact_role_id FROM gcrm.contact_roles r
        WHERE r.account_id = of_account AND r.since <= current_date AND (r.until IS NULL OR current_date < r.until);
    END;
COMMENT ON FUNCTION gcrm.people_of(bigint) IS
    'The people of an account today: its own contacts, and those who have a role there (contact_role_id); one who has several stands there as often.';

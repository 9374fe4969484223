-- Who served which account when. A row says from when on; the next one of the account ends it, so that no time has two territories or, after the first, none.

CREATE TABLE gcrm.account_territories (
    account_id   bigint NOT NULL REFERENCES gcrm.accounts ON DELETE CASCADE,
    since        timestamptz NOT NULL,
    territory_id int REFERENCES gcrm.territories ON DELETE SET NULL,
    PRIMARY KEY (account_id, since)
);
-- Usage: the accounts that a territory served; removing a territory.
CREATE INDEX account_territories_territory ON gcrm.account_territories (territory_id);
COMMENT ON TABLE gcrm.account_territories IS 'One row per account and time from which a territory serves it, until the next row of the account. Source: a trigger on gcrm.accounts.';
COMMENT ON COLUMN gcrm.account_territories.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_territories.since IS 'From when on.';
COMMENT ON COLUMN gcrm.account_territories.territory_id IS 'The territory; empty where none serves it from then on.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.account_territories TO gcrm_writer;
GRANT SELECT ON gcrm.account_territories TO gcrm_reader;
ALTER TABLE gcrm.account_territories ENABLE ROW LEVEL SECURITY;
ALTER TABLE gcrm.account_territories FORCE ROW LEVEL SECURITY;
CREATE POLICY staff ON gcrm.account_territories TO gcrm_owner, gcrm_writer USING (true) WITH CHECK (true);
CREATE POLICY scope ON gcrm.account_territories FOR SELECT TO gcrm_reader
    USING ((SELECT gcrm.scope_is_all()) OR account_id IN (SELECT account_id FROM gcrm.accounts));

-- What is known of the time before: the territory of today, from when the account came in.
INSERT INTO gcrm.account_territories (account_id, since, territory_id)
SELECT account_id, created_at, territory_id FROM gcrm.accounts WHERE territory_id IS NOT NULL;

CREATE FUNCTION gcrm.remember_territory() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = gcrm, public
    AS $$
BEGIN
    INSERT INTO gcrm.account_territories (account_id, since, territory_id) VALUES (NEW.account_id, now(), NEW.territory_id)
    ON CONFLICT (account_id, since) DO UPDATE SET territory_id = excluded.territory_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.remember_territory() IS 'From now on another territory serves the account; within one transaction the last one counts.';

-- A bulk import brings new accounts by the thousand, so these are taken together; of those that change only the ones whose territory does come to the trigger.
CREATE FUNCTION gcrm.remember_territories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = gcrm, public
    AS $$
BEGIN
    INSERT INTO gcrm.account_territories (account_id, since, territory_id)
    SELECT account_id, now(), territory_id FROM added WHERE territory_id IS NOT NULL;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION gcrm.remember_territories() IS 'The territories of new accounts, from now on.';

CREATE TRIGGER territories_of_new AFTER INSERT ON gcrm.accounts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gcrm.remember_territories();
CREATE TRIGGER territory_of_changed AFTER UPDATE OF territory_id ON gcrm.accounts
    FOR EACH ROW WHEN (OLD.territory_id IS DISTINCT FROM NEW.territory_id) EXECUTE FUNCTION gcrm.remember_territory();

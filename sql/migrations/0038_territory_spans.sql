-- Who served an account at the time of a fact, so that measures can be asked as it was, besides as it is.

ALTER TABLE gcrm.account_territories ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN gcrm.account_territories.transaction_id IS 'The transaction that wrote the row, from which a refresh of the cubes sees what changed.';

CREATE OR REPLACE FUNCTION gcrm.remember_territory() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = gcrm, public
    AS $$
BEGIN
    INSERT INTO gcrm.account_territories (account_id, since, territory_id) VALUES (NEW.account_id, now(), NEW.territory_id)
    ON CONFLICT (account_id, since) DO UPDATE SET territory_id = excluded.territory_id, transaction_id = excluded.transaction_id;
    RETURN NULL;
END $$;

-- The other accounts have had one territory for all that is known, that of today; they are left out since they are nearly all.
CREATE VIEW gcrm.account_territory_spans WITH (security_invoker = true) AS
SELECT
    h.account_id,
    CASE WHEN lag(h.since) OVER w IS NULL THEN '-infinity' ELSE h.since END AS since,
    coalesce(lead(h.since) OVER w, 'infinity') AS until,
    coalesce(t.name, '(unknown)') AS territory,
    coalesce(r.name, '(unknown)') AS region
FROM (SELECT account_id FROM gcrm.account_territories GROUP BY account_id HAVING count(*) > 1) AS moved
JOIN gcrm.account_territories h USING (account_id)
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.regions r USING (region_id)
WINDOW w AS (PARTITION BY h.account_id ORDER BY h.since);
COMMENT ON VIEW gcrm.account_territory_spans IS 'One row per time in which a territory served an account, of the accounts that more than one has served; without a gap or an overlap.';
COMMENT ON COLUMN gcrm.account_territory_spans.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.account_territory_spans.since IS 'From when on; of the first -infinity, since nothing is known of the time before it.';
COMMENT ON COLUMN gcrm.account_territory_spans.until IS 'Up to when, itself not in it; of the last infinity.';
COMMENT ON COLUMN gcrm.account_territory_spans.territory IS 'Name of the territory, as it is called today; (unknown) where none served it.';
COMMENT ON COLUMN gcrm.account_territory_spans.region IS 'Name of the region that it belongs to today.';
GRANT SELECT ON gcrm.account_territory_spans TO gcrm_writer, gcrm_reader;

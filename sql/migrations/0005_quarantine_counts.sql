-- How many records wait in quarantine, for those who may not read the records themselves.

CREATE VIEW gcrm.quarantine_counts AS
    SELECT object, count(*) AS records FROM gcrm.quarantine GROUP BY object;
COMMENT ON VIEW gcrm.quarantine_counts IS 'One row per object with refused records. Source: gcrm.quarantine.';
COMMENT ON COLUMN gcrm.quarantine_counts.object IS 'What the files hold: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.quarantine_counts.records IS 'Refused records (count).';

GRANT SELECT ON gcrm.quarantine_counts TO gcrm_reader;

-- The reference that an account was placed with is on record.
SELECT account_id, geocode_reference_id FROM gcrm.accounts a
WHERE geocode_reference_id IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.geocode_references r WHERE r.reference_id = a.geocode_reference_id);

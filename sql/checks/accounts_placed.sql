-- A position has a level that says how it was found, and a level that claims a position has one.
SELECT account_id, geocode_level FROM gcrm.accounts
WHERE (position IS NOT NULL) <> coalesce(geocode_level <> 'none', false);

-- The newest row of who served an account is the territory of today.
SELECT a.account_id FROM gcrm.accounts a
LEFT JOIN LATERAL (SELECT territory_id FROM gcrm.account_territories h WHERE h.account_id = a.account_id ORDER BY since DESC LIMIT 1) AS h ON true
WHERE h.territory_id IS DISTINCT FROM a.territory_id;

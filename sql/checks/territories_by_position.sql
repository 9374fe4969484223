-- An account lies in the territory that its position assigned it to.
SELECT a.account_id FROM gcrm.accounts a
JOIN gcrm.territories t USING (territory_id)
WHERE NOT a.territory_given AND (a.position IS NULL OR NOT ST_Intersects(t.boundary, a.position));

-- Only an account with a position has surroundings.
SELECT s.account_id FROM gcrm.account_surroundings s
JOIN gcrm.accounts a USING (account_id)
WHERE a.position IS NULL;

-- What was said and done for a case is with the account that has the case.
SELECT v.activity_id FROM gcrm.activities v
JOIN gcrm.cases c USING (case_id)
WHERE c.account_id <> v.account_id;

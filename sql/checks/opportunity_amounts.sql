-- The amount of an opportunity with lines is their sum.
SELECT o.opportunity_id, o.amount, sum(l.amount) AS of_lines
FROM gcrm.opportunities o
JOIN gcrm.opportunity_lines l USING (opportunity_id)
GROUP BY o.opportunity_id, o.amount
HAVING o.amount <> sum(l.amount);

-- The facts of the cube customers, out of those of sales and accounts (DuckDB): one row per customer and month, from the month of the first order to that of the last order
-- of all. Whoever ordered within 6 months is active, within 12 dormant, and lost after that; an order behind 12 months or more without one wins a customer back.
WITH bought AS (
    SELECT DISTINCT account_id, month FROM sales SEMI JOIN accounts USING (account_id)
), months AS (
    SELECT account_id, unnest(generate_series(min(month), (SELECT max(month) FROM sales), INTERVAL 1 MONTH))::DATE AS month
    FROM bought
    GROUP BY account_id
), marked AS (
    SELECT
        m.account_id, m.month, b.month IS NOT NULL AS buys,
        max(b.month) OVER (PARTITION BY m.account_id ORDER BY m.month) AS latest,
        max(b.month) OVER (PARTITION BY m.account_id ORDER BY m.month ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM months m
    LEFT JOIN bought b ON b.account_id = m.account_id AND b.month = m.month
), states AS (
    SELECT
        account_id, month,
        CASE
            WHEN buys AND before IS NULL THEN 'new'
            WHEN buys AND datediff('month', before, month) >= 12 THEN 'won back'
            WHEN datediff('month', latest, month) < 6 THEN 'active'
            WHEN datediff('month', latest, month) < 12 THEN 'dormant'
            ELSE 'lost'
        END AS state
    FROM marked
)
SELECT
    a.cell, s.month, s.state, a.segment, a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory,
    a.region, a.company, a.status, a.account_id,
    (s.state IN ('new', 'won back', 'active'))::INTEGER AS active, (s.state = 'dormant')::INTEGER AS dormant, (s.state = 'lost')::INTEGER AS lost,
    (s.state = 'new')::INTEGER AS new, (s.state = 'won back')::INTEGER AS won_back
FROM states s
JOIN accounts a USING (account_id)

-- The facts of the cubes, as they leave the database. What is unknown has a member of its own, so that nothing is missing in a total.

-- name: clock(time_zone)^
-- The time of this transaction, and what the clock says in the time zone, which must be one.
SELECT now(), now() AT TIME ZONE :time_zone;

-- name: sales(time_zone)
-- One row per order line.
COPY (
    SELECT
        a.cell,
        date_trunc('month', o.ordered_at AT TIME ZONE :time_zone)::date AS month,
        coalesce(a.segment, '(unknown)') AS segment,
        coalesce(p.category, '(unknown)') AS category,
        coalesce(o.channel, '(unknown)') AS channel,
        coalesce(s.residence_type, '(unknown)') AS residence_type,
        coalesce(a.territory_id, 0) AS territory_id,
        coalesce(t.name, '(unknown)') AS territory,
        coalesce(r.name, '(unknown)') AS region,
        a.status,
        o.currency,
        o.account_id,
        o.source || '/' || o.order_key AS order_key,
        o.quantity,
        o.revenue,
        o.revenue - o.cost AS margin
    FROM gcrm.orders o
    JOIN gcrm.accounts a USING (account_id)
    LEFT JOIN gcrm.products p USING (product_id)
    LEFT JOIN gcrm.account_surroundings s USING (account_id)
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
    LEFT JOIN gcrm.regions r USING (region_id)
    ORDER BY o.order_line_id
) TO STDOUT (FORMAT csv);

-- name: accounts()
-- One row per account.
COPY (
    SELECT
        a.cell,
        coalesce(a.segment, '(unknown)') AS segment,
        coalesce(s.residence_type, '(unknown)') AS residence_type,
        coalesce(a.territory_id, 0) AS territory_id,
        coalesce(t.name, '(unknown)') AS territory,
        coalesce(r.name, '(unknown)') AS region,
        a.status,
        a.account_id
    FROM gcrm.accounts a
    LEFT JOIN gcrm.account_surroundings s USING (account_id)
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
    LEFT JOIN gcrm.regions r USING (region_id)
    ORDER BY a.account_id
) TO STDOUT (FORMAT csv);

-- name: sources()
-- The layers behind the facts: layer, dataset, source_date, loaded_at.
SELECT layer, dataset, source_date, loaded_at FROM gcrm.layer_versions WHERE retired_at IS NULL ORDER BY layer, dataset;

-- The facts of the cubes, as they leave the database. What is unknown has a member of its own, so that nothing is missing in a total.
-- Those with a key leave as a whole, or only those in the temporary table touched (fact_changes.sql).

-- name: clock(time_zone)^
-- The time of this transaction, and what the clock says in the time zone, which must be one.
SELECT now(), now() AT TIME ZONE :time_zone;

-- name: sales(time_zone, whole)
-- One row per order line.
COPY (
    SELECT
        a.cell,
        date_trunc('month', here.time)::date AS month,
        here.time::date AS day,
        to_char(here.time, 'ID') AS weekday,
        to_char(here.time, 'HH24') AS hour,
        a.segment,
        coalesce(p.category, '(unknown)') AS category,
        coalesce(p.product, '(unknown)') AS product,
        coalesce(o.channel, '(unknown)') AS channel,
        a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region,
        coalesce(served.territory, a.territory) AS territory_then, coalesce(served.region, a.region) AS region_then, a.company, a.status,
        o.currency,
        o.account_id,
        o.source || '/' || o.order_key AS order_key,
        o.quantity,
        o.revenue,
        o.revenue - o.cost AS margin,
        o.order_line_id
    FROM gcrm.orders o
    CROSS JOIN LATERAL (SELECT o.ordered_at AT TIME ZONE :time_zone AS time) AS here
    JOIN gcrm.account_members a USING (account_id)
    LEFT JOIN gcrm.account_territory_spans served ON served.account_id = a.account_id AND served.since <= o.ordered_at AND o.ordered_at < served.until
    LEFT JOIN gcrm.product_members p USING (product_id)
    WHERE :whole OR o.order_line_id = ANY (ARRAY(SELECT record_id FROM pg_temp.touched))
    ORDER BY o.order_line_id
) TO STDOUT (FORMAT csv);

-- name: accounts()
-- One row per account.
COPY (
    SELECT
        a.cell,
        a.segment, a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region, a.company, a.status,
        a.account_id,
        (a.status = 'customer')::int AS customer,
        a.longitude,
        a.latitude
    FROM gcrm.account_members a
    ORDER BY a.account_id
) TO STDOUT (FORMAT csv);

-- name: activities(time_zone, whole)
-- One row per activity that happened.
COPY (
    SELECT
        a.cell,
        date_trunc('month', here.time)::date AS month,
        here.time::date AS day,
        to_char(here.time, 'ID') AS weekday,
        to_char(here.time, 'HH24') AS hour,
        v.kind AS activity,
        coalesce(p.name, '(unknown)') AS rep,
        a.segment, a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region,
        coalesce(served.territory, a.territory) AS territory_then, coalesce(served.region, a.region) AS region_then, a.company, a.status,
        v.account_id,
        v.activity_id
    FROM gcrm.activities v
    CROSS JOIN LATERAL (SELECT v.happened_at AT TIME ZONE :time_zone AS time) AS here
    JOIN gcrm.account_members a USING (account_id)
    LEFT JOIN gcrm.account_territory_spans served ON served.account_id = a.account_id AND served.since <= v.happened_at AND v.happened_at < served.until
    LEFT JOIN gcrm.reps p USING (rep_id)
    WHERE v.state = 'done' AND (:whole OR v.activity_id = ANY (ARRAY(SELECT record_id FROM pg_temp.touched)))
    ORDER BY v.activity_id
) TO STDOUT (FORMAT csv);

-- name: pipeline(time_zone)
-- One row per opportunity.
COPY (
    SELECT
        a.cell,
        date_trunc('month', o.opened_at AT TIME ZONE :time_zone)::date AS month,
        (o.opened_at AT TIME ZONE :time_zone)::date AS day,
        o.stage,
        coalesce(p.name, '(unknown)') AS rep,
        a.segment, a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region,
        coalesce(served.territory, a.territory) AS territory_then, coalesce(served.region, a.region) AS region_then, a.company, a.status,
        o.currency,
        o.account_id,
        o.amount,
        CASE WHEN s.kind = 'open' THEN o.amount ELSE 0 END AS open_amount,
        CASE WHEN s.kind = 'won' THEN o.amount ELSE 0 END AS won_amount,
        (s.kind = 'won')::int AS won,
        (s.kind <> 'open')::int AS closed
    FROM gcrm.opportunities o
    JOIN gcrm.stages s USING (stage)
    JOIN gcrm.account_members a USING (account_id)
    LEFT JOIN gcrm.account_territory_spans served ON served.account_id = a.account_id AND served.since <= o.opened_at AND o.opened_at < served.until
    LEFT JOIN gcrm.reps p USING (rep_id)
    ORDER BY o.opportunity_id
) TO STDOUT (FORMAT csv);

-- name: campaigns(time_zone)
-- One row per member of a campaign, and one per campaign without members. A member's share of the cost reaches from the end of the one before it to its own, both
-- rounded, so that the shares of a campaign add up to its cost.
COPY (
    SELECT
        a.cell,
        date_trunc('month', coalesce((m.sent_at AT TIME ZONE :time_zone)::date, c.starts_on))::date AS month,
        coalesce((m.sent_at AT TIME ZONE :time_zone)::date, c.starts_on) AS day,
        c.name AS campaign,
        coalesce(c.channel, '(unknown)') AS channel,
        coalesce(m.wave, '(unknown)') AS wave,
        coalesce(m.response, '(unknown)') AS response,
        coalesce(a.segment, '(unknown)') AS segment,
        coalesce(a.residence_type, '(unknown)') AS residence_type,
        coalesce(a.district, '(unknown)') AS district,
        coalesce(a.municipality, '(unknown)') AS municipality,
        coalesce(a.road_class, '(unknown)') AS road_class,
        coalesce(a.trade_area, '(unknown)') AS trade_area,
        coalesce(a.territory_id, 0) AS territory_id,
        coalesce(a.territory, '(unknown)') AS territory,
        coalesce(a.region, '(unknown)') AS region,
        coalesce(served.territory, a.territory, '(unknown)') AS territory_then,
        coalesce(served.region, a.region, '(unknown)') AS region_then,
        coalesce(a.company, '(unknown)') AS company,
        coalesce(a.status, '(unknown)') AS status,
        c.currency,
        m.account_id,
        (m.campaign_member_id IS NOT NULL)::int AS member,
        coalesce(m.response IN ('answered', 'bought'), false)::int AS responded,
        coalesce(o.revenue, 0) AS revenue,
        round(c.cost * coalesce(m.number, 1) / coalesce(m.members, 1), 2) - round(c.cost * (coalesce(m.number, 1) - 1) / coalesce(m.members, 1), 2) AS cost
    FROM gcrm.campaigns c
    LEFT JOIN (
        SELECT *, row_number() OVER (PARTITION BY campaign_id ORDER BY campaign_member_id) AS number, count(*) OVER (PARTITION BY campaign_id) AS members
        FROM gcrm.campaign_members
    ) m USING (campaign_id)
    LEFT JOIN (SELECT campaign_member_id, sum(revenue) AS revenue FROM gcrm.campaign_orders GROUP BY campaign_member_id) o USING (campaign_member_id)
    LEFT JOIN gcrm.account_members a USING (account_id)
    LEFT JOIN gcrm.account_territory_spans served ON served.account_id = m.account_id AND served.since <= m.sent_at AND m.sent_at < served.until
    ORDER BY c.campaign_id, m.campaign_member_id
) TO STDOUT (FORMAT csv);

-- name: cases(time_zone)
-- One row per case. Hours run from the opening to the solution, to the last thousandth.
COPY (
    SELECT
        a.cell,
        date_trunc('month', here.time)::date AS month,
        here.time::date AS day,
        to_char(here.time, 'ID') AS weekday,
        to_char(here.time, 'HH24') AS hour,
        c.kind AS case_kind,
        c.priority,
        c.status AS case_status,
        coalesce(d.category, '(unknown)') AS category,
        coalesce(d.product, '(unknown)') AS product,
        coalesce(p.name, '(unknown)') AS rep,
        a.segment, a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region,
        coalesce(served.territory, a.territory) AS territory_then, coalesce(served.region, a.region) AS region_then, a.company, a.status,
        c.account_id,
        (c.kind = 'complaint')::int AS complaint,
        (c.solved_at IS NOT NULL)::int AS solved,
        (c.solved_at IS NOT NULL AND c.solved_at > c.solution_due_at)::int AS solved_late,
        round(coalesce(extract(epoch FROM c.solved_at - c.opened_at), 0) / 3600, 3) AS hours_to_solve
    FROM gcrm.cases c
    CROSS JOIN LATERAL (SELECT c.opened_at AT TIME ZONE :time_zone AS time) AS here
    JOIN gcrm.account_members a USING (account_id)
    LEFT JOIN gcrm.account_territory_spans served ON served.account_id = a.account_id AND served.since <= c.opened_at AND c.opened_at < served.until
    LEFT JOIN gcrm.product_members d USING (product_id)
    LEFT JOIN gcrm.reps p USING (rep_id)
    ORDER BY c.case_id
) TO STDOUT (FORMAT csv);

-- name: surroundings()
-- One row per cell of level 10.
COPY (
    SELECT cell, population, households, dwellings, jobs, buildings, footprint_m2, floor_area_m2 FROM gcrm.cell_surroundings ORDER BY cell
) TO STDOUT (FORMAT csv);

-- name: footfall()
-- One row per cell of level 10, weekday and hour.
COPY (
    SELECT cell, weekday::text, coalesce(to_char(hour, 'FM00'), '(unknown)') AS hour, quality, people FROM gcrm.cell_footfall ORDER BY cell, weekday, hour
) TO STDOUT (FORMAT csv);

-- name: movement()
-- One row per flow of a layer in force that is not withheld.
COPY (
    SELECT
        m.origin_cell AS cell,
        m.destination_cell AS destination,
        coalesce(m.weekday::text, '(unknown)') AS weekday,
        coalesce(to_char(m.hour, 'FM00'), '(unknown)') AS hour,
        coalesce(m.mode, '(unknown)') AS mode,
        m.counted,
        m.quality,
        CASE WHEN m.counted <> 'vehicles' THEN m.trips::numeric(18, 3) END AS trips,
        CASE WHEN m.counted = 'vehicles' THEN m.trips::numeric(18, 3) END AS vehicle_trips
    FROM gcrm.movement m
    JOIN gcrm.layer_versions v USING (layer_version_id)
    WHERE v.retired_at IS NULL AND NOT m.withheld
    ORDER BY m.layer_version_id, m.origin_cell, m.destination_cell, m.weekday, m.hour, m.mode
) TO STDOUT (FORMAT csv);

-- name: sales_source()^
-- What the source says: rows, then the measures of the cube by their names; of the tables themselves, without a join.
SELECT
    count(*) AS rows, count(DISTINCT account_id) AS buyers, count(DISTINCT (source, order_key)) AS orders,
    sum(revenue) AS revenue, sum(revenue - cost) AS margin, sum(quantity) AS quantity
FROM gcrm.orders;

-- name: accounts_source()^
-- The same of accounts.
SELECT count(*) AS rows, count(*) AS accounts, sum((status = 'customer')::int) AS customers FROM gcrm.accounts;

-- name: activities_source()^
-- The same of activities that happened.
SELECT count(*) AS rows, count(*) AS activities, count(DISTINCT account_id) AS contacted FROM gcrm.activities WHERE state = 'done';

-- name: pipeline_source()^
-- The same of opportunities.
SELECT
    count(*) AS rows, count(*) AS opportunities, sum(amount) AS opportunity_amount,
    sum(CASE WHEN kind = 'open' THEN amount ELSE 0 END) AS open_amount,
    sum(CASE WHEN kind = 'won' THEN amount ELSE 0 END) AS won_amount,
    sum((kind = 'won')::int) AS won, sum((kind <> 'open')::int) AS closed
FROM gcrm.opportunities JOIN gcrm.stages USING (stage);

-- name: campaigns_source()^
-- The same of campaigns: an order counts where some campaign was sent to its account in time, whichever of several has it.
SELECT
    members.count + (SELECT count(*) FROM gcrm.campaigns c WHERE NOT EXISTS (SELECT FROM gcrm.campaign_members m WHERE m.campaign_id = c.campaign_id)) AS rows,
    members.count AS members, members.addressed, members.responses,
    (SELECT sum(o.revenue) FROM gcrm.orders o WHERE EXISTS (
        SELECT FROM gcrm.campaign_members m JOIN gcrm.campaigns c USING (campaign_id)
        WHERE m.account_id = o.account_id AND c.currency = o.currency
            AND m.sent_at <= o.ordered_at AND o.ordered_at - m.sent_at < c.attribution_days * interval '24 hours'
    )) AS attributed_revenue,
    (SELECT sum(cost) FROM gcrm.campaigns) AS campaign_cost
FROM (
    SELECT count(*) AS count, count(DISTINCT account_id) AS addressed, count(*) FILTER (WHERE response IN ('answered', 'bought')) AS responses
    FROM gcrm.campaign_members
) AS members;

-- name: cases_source()^
-- The same of cases.
SELECT
    count(*) AS rows, count(*) AS cases, sum((kind = 'complaint')::int) AS complaints, count(DISTINCT account_id) AS accounts_with_cases, count(solved_at) AS cases_solved,
    sum((coalesce(solved_at > solution_due_at, false))::int) AS solved_late,
    sum(round(coalesce(extract(epoch FROM solved_at - opened_at), 0) / 3600, 3)) AS hours_to_solve
FROM gcrm.cases;

-- name: surroundings_source()^
-- The same of the surroundings.
SELECT
    count(*) AS rows, sum(population) AS population, sum(households) AS households, sum(dwellings) AS dwellings, sum(jobs) AS jobs,
    sum(buildings) AS buildings, sum(footprint_m2) AS footprint_m2, sum(floor_area_m2) AS floor_area_m2
FROM gcrm.cell_surroundings;

-- name: footfall_source()^
-- The same of footfall.
SELECT count(*) AS rows, sum(people) AS people_passing FROM gcrm.cell_footfall;

-- name: movement_source()^
-- The same of movement.
SELECT
    count(*) AS rows, sum(trips::numeric(18, 3)) FILTER (WHERE counted <> 'vehicles') AS trips,
    sum(trips::numeric(18, 3)) FILTER (WHERE counted = 'vehicles') AS vehicle_trips
FROM gcrm.movement
WHERE NOT withheld AND layer_version_id IN (SELECT layer_version_id FROM gcrm.layer_versions WHERE retired_at IS NULL);

-- name: customers_source(time_zone)^
-- The same of customers by month: of every account that ordered, from its first month to the last month of all.
WITH bought AS (
    SELECT account_id, extract(year FROM at) * 12 + extract(month FROM at) AS month
    FROM (SELECT account_id, ordered_at AT TIME ZONE :time_zone AS at FROM gcrm.orders) AS ordered
    GROUP BY 1, 2
), spaced AS (
    SELECT account_id, month, month - lag(month) OVER (PARTITION BY account_id ORDER BY month) AS gap FROM bought
), spans AS (
    SELECT
        account_id, min(month) AS first_month, (SELECT max(month) FROM bought) - max(month) AS quiet, (SELECT max(month) FROM bought) AS last_month,
        count(*) FILTER (WHERE gap >= 12) AS won_back
    FROM spaced
    GROUP BY account_id
)
SELECT
    coalesce(sum(last_month - first_month + 1), 0) AS rows, count(*) AS base, count(*) FILTER (WHERE quiet < 6) AS active,
    count(*) FILTER (WHERE quiet >= 6 AND quiet < 12) AS dormant, count(*) FILTER (WHERE quiet >= 12) AS lost, count(*) AS new,
    coalesce(sum(won_back), 0) AS won_back
FROM spans;

-- name: sources()
-- The layers behind the facts: layer, dataset, source_date, loaded_at.
SELECT layer, dataset, source_date, loaded_at FROM gcrm.layer_versions WHERE retired_at IS NULL ORDER BY layer, dataset;

-- Reports on leads and opportunities. A reader sees those of the territories in its scope. `by` says what the member is: rep, territory, region, origin, month, or one
-- empty member for all together. The period goes from the first day of a month to before the first day of another; without either it is open. Empty lists mean all.

-- name: currencies()
-- The currencies of opportunities, in order: currency.
SELECT DISTINCT currency::text FROM gcrm.opportunities ORDER BY 1;

-- name: leads(by, since, before, time_zone, reps, territories, regions)
-- What became of the leads that came in: member, leads, new, working, converted, rejected, decided, days (median, from coming in to the conversion).
SELECT
    CASE :by::text
        WHEN 'rep' THEN coalesce(r.name, '(unknown)') WHEN 'territory' THEN coalesce(t.name, '(unknown)') WHEN 'region' THEN coalesce(g.name, '(unknown)')
        WHEN 'origin' THEN coalesce(l.origin, '(unknown)') WHEN 'month' THEN to_char(l.received_at AT TIME ZONE :time_zone, 'YYYY-MM') ELSE ''
    END AS member,
    count(*) AS leads, count(*) FILTER (WHERE l.status = 'new') AS new, count(*) FILTER (WHERE l.status = 'working') AS working,
    count(*) FILTER (WHERE l.status = 'converted') AS converted, count(*) FILTER (WHERE l.status = 'rejected') AS rejected,
    count(*) FILTER (WHERE l.status IN ('converted', 'rejected')) AS decided,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.converted_at - l.received_at)::float8 / 86400) AS days
FROM gcrm.leads l
LEFT JOIN gcrm.reps r ON r.rep_id = l.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = l.territory_id
LEFT JOIN gcrm.regions g ON g.region_id = t.region_id
WHERE (:since::date IS NULL OR l.received_at >= :since::date::timestamp AT TIME ZONE :time_zone)
    AND (:before::date IS NULL OR l.received_at < :before::date::timestamp AT TIME ZONE :time_zone)
    AND (cardinality(:reps::text[]) = 0 OR r.name = ANY(:reps))
    AND (cardinality(:territories::text[]) = 0 OR t.name = ANY(:territories))
    AND (cardinality(:regions::text[]) = 0 OR g.name = ANY(:regions))
GROUP BY 1
ORDER BY 1;

-- name: closed(by, since, before, time_zone, reps, territories, regions, currency)
-- Opportunities that were won or lost: member, closed, won, lost, closed_amount and won_amount (of the currency), days, fast_days and slow_days (of those that were won:
-- median, first and third quartile of the days from opening to winning).
SELECT
    CASE :by::text
        WHEN 'rep' THEN coalesce(r.name, '(unknown)') WHEN 'territory' THEN coalesce(t.name, '(unknown)') WHEN 'region' THEN coalesce(g.name, '(unknown)')
        WHEN 'month' THEN coalesce(to_char(o.closed_at AT TIME ZONE :time_zone, 'YYYY-MM'), '(unknown)') ELSE ''
    END AS member,
    count(*) AS closed, count(*) FILTER (WHERE s.kind = 'won') AS won, count(*) FILTER (WHERE s.kind = 'lost') AS lost,
    coalesce(sum(o.amount) FILTER (WHERE o.currency = :currency), 0) AS closed_amount,
    coalesce(sum(o.amount) FILTER (WHERE o.currency = :currency AND s.kind = 'won'), 0) AS won_amount,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE s.kind = 'won') AS days,
    percentile_cont(0.25) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE s.kind = 'won') AS fast_days,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE s.kind = 'won') AS slow_days
FROM gcrm.opportunities o
JOIN gcrm.stages s USING (stage)
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
LEFT JOIN gcrm.regions g ON g.region_id = t.region_id
CROSS JOIN LATERAL (SELECT extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400 AS days) d
WHERE s.kind <> 'open'
    AND (:since::date IS NULL OR o.closed_at >= :since::date::timestamp AT TIME ZONE :time_zone)
    AND (:before::date IS NULL OR o.closed_at < :before::date::timestamp AT TIME ZONE :time_zone)
    AND (cardinality(:reps::text[]) = 0 OR r.name = ANY(:reps))
    AND (cardinality(:territories::text[]) = 0 OR t.name = ANY(:territories))
    AND (cardinality(:regions::text[]) = 0 OR g.name = ANY(:regions))
GROUP BY 1
ORDER BY 1;

-- name: stays(by, since, before, time_zone, reps, territories, regions)
-- How long opportunities were in a stage before they left it: member, stage, stays, days (median), slow_days (third quartile); stages in their order.
SELECT
    CASE :by::text
        WHEN 'rep' THEN coalesce(r.name, '(unknown)') WHEN 'territory' THEN coalesce(t.name, '(unknown)') WHEN 'region' THEN coalesce(g.name, '(unknown)')
        WHEN 'month' THEN to_char(w.left_at AT TIME ZONE :time_zone, 'YYYY-MM') ELSE ''
    END AS member,
    coalesce(s.label, w.stage) AS stage, count(*) AS stays,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.days) AS days, percentile_cont(0.75) WITHIN GROUP (ORDER BY d.days) AS slow_days
FROM (
    SELECT opportunity_id, stage, changed_at, lead(changed_at) OVER (PARTITION BY opportunity_id ORDER BY changed_at, stage_change_id) AS left_at
    FROM gcrm.stage_changes
) w
JOIN gcrm.opportunities o USING (opportunity_id)
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.stages s ON s.stage = w.stage
LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
LEFT JOIN gcrm.regions g ON g.region_id = t.region_id
CROSS JOIN LATERAL (SELECT extract(epoch FROM w.left_at - w.changed_at)::float8 / 86400 AS days) d
WHERE w.left_at IS NOT NULL
    AND (:since::date IS NULL OR w.left_at >= :since::date::timestamp AT TIME ZONE :time_zone)
    AND (:before::date IS NULL OR w.left_at < :before::date::timestamp AT TIME ZONE :time_zone)
    AND (cardinality(:reps::text[]) = 0 OR r.name = ANY(:reps))
    AND (cardinality(:territories::text[]) = 0 OR t.name = ANY(:territories))
    AND (cardinality(:regions::text[]) = 0 OR g.name = ANY(:regions))
GROUP BY 1, 2, s.position
ORDER BY 1, s.position, 2;

-- What forecasts are made of: opportunities summed up by all that a forecast looks at. A reader sees those of the accounts in its scope.

-- name: deals(today, since, time_zone, reps, territories)
-- What is open, and what was won since a day: day, currency, commitment (empty where it is won), count, amount, weighted, rep, territory, region. Of what is still to
-- come, the day is the first one of its month that is not past; of what should have come already, the day before today. Empty lists mean all.
SELECT
    d.day, o.currency, CASE WHEN s.kind = 'open' THEN coalesce(o.commitment, s.commitment) END AS commitment,
    count(*) AS count, sum(o.amount) AS amount, sum(o.amount * CASE WHEN s.kind = 'open' THEN coalesce(o.probability, s.probability) ELSE 1 END) AS weighted,
    coalesce(r.name, '(unknown)') AS rep, coalesce(t.name, '(unknown)') AS territory, coalesce(g.name, '(unknown)') AS region
FROM gcrm.opportunities o
JOIN gcrm.stages s USING (stage)
JOIN gcrm.accounts a USING (account_id)
LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
LEFT JOIN gcrm.regions g ON g.region_id = t.region_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN s.kind = 'won' THEN date_trunc('month', o.closed_at AT TIME ZONE :time_zone)::date
        WHEN o.expected_close_on < :today::date THEN :today::date - 1
        ELSE greatest(date_trunc('month', o.expected_close_on)::date, CASE WHEN o.expected_close_on IS NOT NULL THEN :today::date END)
    END AS day
) d
WHERE (s.kind = 'open' OR s.kind = 'won' AND o.closed_at >= :since::date::timestamp AT TIME ZONE :time_zone)
    AND (cardinality(:reps::int[]) = 0 OR o.rep_id = ANY(:reps))
    AND (cardinality(:territories::int[]) = 0 OR a.territory_id = ANY(:territories))
GROUP BY 1, 2, 3, 7, 8, 9;

-- name: known_at(day, time_zone, reps, territories)
-- What was open at the beginning of a day, as it was known then: day (on which it was expected to close), currency, commitment, count, amount, weighted; commitment is
-- empty where the stage of then is not known any more. The stage is that of the opportunity's way, all else what it was before later changes.
WITH moment AS (
    SELECT :day::date::timestamp AT TIME ZONE :time_zone AS at
), was AS (
    SELECT
        o.currency, h.stage, o.closed_at,
        CASE WHEN c.before ? 'amount' THEN (c.before ->> 'amount')::numeric ELSE o.amount END AS amount,
        CASE WHEN c.before ? 'expected_close_on' THEN (c.before ->> 'expected_close_on')::date ELSE o.expected_close_on END AS expected_close_on,
        CASE WHEN c.before ? 'probability' THEN (c.before ->> 'probability')::numeric ELSE o.probability END AS probability,
        CASE WHEN c.before ? 'commitment' THEN c.before ->> 'commitment' ELSE o.commitment END AS commitment
    FROM moment
    JOIN gcrm.opportunities o ON o.opened_at <= moment.at
    JOIN gcrm.accounts a USING (account_id)
    LEFT JOIN LATERAL (
        SELECT w.stage FROM gcrm.stage_changes w
        WHERE w.opportunity_id = o.opportunity_id AND w.changed_at <= moment.at
        ORDER BY w.changed_at DESC, w.stage_change_id DESC
        LIMIT 1
    ) h ON true
    LEFT JOIN LATERAL (
        -- The earliest change of a column has the last word.
        SELECT jsonb_object_agg(e.key, e.value ORDER BY b.change_id DESC) AS before
        FROM gcrm.changes b
        CROSS JOIN LATERAL jsonb_each(b.before) e
        WHERE b.object = 'opportunities' AND b.record_id = o.opportunity_id AND b.changed_at > moment.at AND b.undone_at IS NULL
    ) c ON true
    WHERE (cardinality(:reps::int[]) = 0 OR o.rep_id = ANY(:reps))
        AND (cardinality(:territories::int[]) = 0 OR a.territory_id = ANY(:territories))
        AND (h.stage IS NOT NULL OR o.closed_at IS NULL OR o.closed_at > moment.at)
)
SELECT
    CASE WHEN w.stage IS NULL THEN coalesce((w.closed_at AT TIME ZONE :time_zone)::date, w.expected_close_on) ELSE w.expected_close_on END AS day,
    w.currency, CASE WHEN s.kind = 'open' THEN coalesce(w.commitment, s.commitment) END AS commitment,
    count(*) AS count, sum(w.amount) AS amount, sum(w.amount * coalesce(w.probability, s.probability, 0)) AS weighted
FROM was w
LEFT JOIN gcrm.stages s USING (stage)
WHERE s.kind = 'open' OR s.stage IS NULL
GROUP BY 1, 2, 3;

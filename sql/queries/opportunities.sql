-- Opportunities: the board, lists, and what changes one. A reader sees those of the accounts in its scope.

-- name: listing(stages, reps, territories, overdue, opportunity_id, closed_after, most_of_stage, at)
-- Opportunities, those of a stage that are overdue the longest first, then by amount; of each stage the first ones: opportunity_id, name, account_id, account,
-- stage, position, amount, currency, probability, commitment, expected_close_on, opened_at, closed_at, stage_since, loss_reason, rep_id, rep, territory_id,
-- territory, days (in the stage), days_over (the limit of the stage; 0 within it), made_up. Empty lists mean all; closed ones only after a time.
SELECT * FROM (
    SELECT
        o.opportunity_id, o.name, o.account_id, a.name AS account, o.stage, s.position, o.amount, o.currency,
        coalesce(o.probability, s.probability)::float8 AS probability, coalesce(o.commitment, s.commitment) AS commitment,
        o.expected_close_on, o.opened_at, o.closed_at, o.stage_since, o.loss_reason, o.rep_id, r.name AS rep, a.territory_id, t.name AS territory,
        d.days, greatest(d.days - s.overdue_days, 0) AS days_over, o.made_up,
        row_number() OVER (PARTITION BY o.stage ORDER BY greatest(d.days - s.overdue_days, 0) DESC NULLS LAST, o.amount DESC, o.opportunity_id) AS place
    FROM gcrm.opportunities o
    JOIN gcrm.stages s USING (stage)
    JOIN gcrm.accounts a USING (account_id)
    LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
    CROSS JOIN LATERAL (SELECT extract(epoch FROM :at::timestamptz - o.stage_since)::float8 / 86400 AS days) d
    WHERE (cardinality(:stages::text[]) = 0 OR o.stage = ANY(:stages))
        AND (cardinality(:reps::int[]) = 0 OR o.rep_id = ANY(:reps))
        AND (cardinality(:territories::int[]) = 0 OR a.territory_id = ANY(:territories))
        AND (NOT :overdue OR d.days > s.overdue_days)
        AND (:opportunity_id::bigint IS NULL OR o.opportunity_id = :opportunity_id)
        AND (s.kind = 'open' OR :closed_after::timestamptz IS NULL OR o.closed_at >= :closed_after)
) found
WHERE place <= :most_of_stage
ORDER BY position, place;

-- name: sums(reps, territories, closed_after)
-- What is in each stage, by currency: stage, currency, opportunities, amount. Empty lists mean all; closed ones only after a time.
SELECT o.stage, o.currency, count(*) AS opportunities, sum(o.amount) AS amount
FROM gcrm.opportunities o
JOIN gcrm.stages s USING (stage)
JOIN gcrm.accounts a USING (account_id)
WHERE (cardinality(:reps::int[]) = 0 OR o.rep_id = ANY(:reps))
    AND (cardinality(:territories::int[]) = 0 OR a.territory_id = ANY(:territories))
    AND (s.kind = 'open' OR o.closed_at >= :closed_after)
GROUP BY o.stage, o.currency
ORDER BY o.stage, o.currency;

-- name: is_visible(opportunity_id)$
-- Whether the reader sees an opportunity.
SELECT EXISTS (SELECT FROM gcrm.opportunities WHERE opportunity_id = :opportunity_id);

-- name: progress(opportunity_id)^
-- Where an opportunity is, held until the end of the transaction: stage, stage_since, closed_at, loss_reason.
SELECT stage, stage_since, closed_at, loss_reason FROM gcrm.opportunities WHERE opportunity_id = :opportunity_id FOR UPDATE;

-- name: set_progress(opportunity_id, stage, since, closed_at, loss_reason)!
-- Moves an opportunity.
UPDATE gcrm.opportunities
SET stage = :stage, stage_since = :since, closed_at = :closed_at, loss_reason = :loss_reason, updated_at = now()
WHERE opportunity_id = :opportunity_id;

-- name: terms(opportunity_id)^
-- What is said of an opportunity: amount, expected_close_on, probability, commitment, rep_id.
SELECT amount, expected_close_on, probability::float8 AS probability, commitment, rep_id FROM gcrm.opportunities WHERE opportunity_id = :opportunity_id;

-- name: edit(opportunity_id, amount, expected_close_on, probability, commitment, rep_id)!
-- Changes what a person says of an opportunity.
UPDATE gcrm.opportunities
SET amount = :amount, expected_close_on = :expected_close_on, probability = :probability, commitment = :commitment, rep_id = :rep_id, updated_at = now()
WHERE opportunity_id = :opportunity_id
    AND (amount, expected_close_on, probability, commitment, rep_id) IS DISTINCT FROM (
        :amount::numeric, :expected_close_on::date, :probability::numeric, :commitment::text, :rep_id::int);

-- name: way(opportunity_id)
-- The way of an opportunity through the stages, in order of time: stage, changed_at, reason, changed_by, through.
SELECT stage, changed_at, reason, changed_by, through
FROM gcrm.stage_changes
WHERE opportunity_id = :opportunity_id
ORDER BY changed_at, stage_change_id;

-- name: reps()
-- The reps of the territories that the reader sees and of none: rep_id, name, territory_id, territory, region_id, region.
SELECT r.rep_id, r.name, r.territory_id, t.name AS territory, t.region_id, g.name AS region
FROM gcrm.reps r
LEFT JOIN gcrm.territories t USING (territory_id)
LEFT JOIN gcrm.regions g USING (region_id)
WHERE r.territory_id IS NULL OR gcrm.scope_is_all() OR r.territory_id IN (SELECT gcrm.scope_territories())
ORDER BY r.name, r.rep_id;

-- name: rep_exists(rep_id)$
-- Whether there is such a rep.
SELECT EXISTS (SELECT FROM gcrm.reps WHERE rep_id = :rep_id);

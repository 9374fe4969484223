-- The last row of an opportunity's history is where the opportunity is.
SELECT o.opportunity_id, o.stage, o.stage_since, last.stage AS last_stage, last.changed_at
FROM gcrm.opportunities o
LEFT JOIN LATERAL (
    SELECT c.stage, c.changed_at FROM gcrm.stage_changes c WHERE c.opportunity_id = o.opportunity_id ORDER BY c.changed_at DESC, c.stage_change_id DESC LIMIT 1
) last ON true
WHERE (last.stage, last.changed_at) IS DISTINCT FROM (o.stage, o.stage_since);
